"""PulseAudio, or PipeWire in its place: asked, and listened to.

Raises nothing of its library's; a server that does not answer may hang whoever asks.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any


class NoSoundServerError(Exception):
    """There is none, or it has gone meanwhile."""


@contextlib.contextmanager
def sound_server(name: str) -> Iterator[Any]:
    """A connection (`pulsectl.Pulse`) of that name; none is started. Raises `NoSoundServerError`, as its block may."""
    try:
        import pulsectl
    except ImportError:
        raise NoSoundServerError from None
    try:
        with pulsectl.Pulse(name, connect=False) as pulse:
            pulse.connect(autospawn=False)
            yield pulse
    except (pulsectl.PulseError, pulsectl.PulseDisconnected):
        raise NoSoundServerError from None


class News:
    """What a server tells of these kinds of things, from here on.

    Also what it tells while it is asked something: pulsectl's own loop would pass that over.
    """

    def __init__(self, pulse: Any, *kinds: str, matters: Callable[[Any], bool] = lambda _event: True) -> None:
        self._pulse = pulse
        self._matters = matters
        self._came = False
        pulse.event_callback_set(self._take)
        pulse.event_mask_set(*kinds)

    def wait(self) -> None:
        """Until something has come since the last call."""
        while not self._came:
            self._pulse.event_listen()
        self._came = False

    def _take(self, event: Any) -> None:
        import pulsectl

        if self._matters(event):
            self._came = True
            raise pulsectl.PulseLoopStop
