"""Where a sound server has our stream.

When a device goes, PulseAudio and PipeWire move its streams to another one without a word; a person may move them too.
Of a device that is not there PipeWire gives another one, without a word as well.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from livespec.capture.sound_server import News, NoSoundServerError, sound_server

_SETTLE_S = 0.1  # the stream is moved a moment before its source is gone


def channels_of(source: str) -> int | None:
    """Of the server's source of that name; None where there is no server to ask. Raises ValueError where it is gone."""
    try:
        with sound_server("livespec-look") as pulse:
            found = next((one.channel_count for one in pulse.source_list() if one.name == source), None)
    except NoSoundServerError:
        return None
    if found is None:
        raise ValueError(f"{source} is not there")
    return int(found)


def follow_moves(source: str, moved: Callable[[str], None], gone: Callable[[], None]) -> None:
    """Until the source is gone or the server is. moved: to an input of this description, while the other is there.

    source: the server's name of what this process records.
    """
    try:
        with sound_server("livespec-moves") as pulse:
            news = News(pulse, "source", "source_output")
            while True:
                at = _our_source(pulse)
                if at is not None and at.name != source:
                    if source in _names(pulse):
                        time.sleep(_SETTLE_S)
                    if source not in _names(pulse):
                        gone()
                        return
                    source = at.name
                    moved(at.description)
                news.wait()
    except NoSoundServerError:
        return


def _names(pulse: Any) -> list[str]:
    return [source.name for source in pulse.source_list()]


def _our_source(pulse: Any) -> Any:
    """What this process records at this moment; None where it records nothing."""
    ours = str(os.getpid())
    at = [one.source for one in pulse.source_output_list() if one.proplist.get("application.process.id") == ours]
    return next((source for source in pulse.source_list() if source.index in at), None)
