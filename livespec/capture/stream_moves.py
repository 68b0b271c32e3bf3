"""Where a sound server has our stream.

When a device goes, PulseAudio and PipeWire move its streams to another one without a word; a person may move them too.
"""

import os
import time
from collections.abc import Callable
from typing import Any

_SETTLE_S = 0.1  # the stream is moved a moment before its source is gone


def follow_moves(source: str, moved: Callable[[str], None], gone: Callable[[], None]) -> None:
    """Until the source is gone or the server is. moved: to an input of this description, while the other is there.

    source: the server's name of what this process records.
    """
    try:
        import pulsectl
    except ImportError:
        return

    def heard(_event: Any) -> None:
        raise pulsectl.PulseLoopStop

    try:
        with pulsectl.Pulse("livespec-moves", connect=False) as pulse:
            pulse.connect(autospawn=False)
            pulse.event_mask_set("source", "source_output")
            pulse.event_callback_set(heard)
            while True:
                at, names = _our_source(pulse), [one.name for one in pulse.source_list()]
                if at is not None and at.name != source:
                    if source not in names:
                        gone()
                        return
                    time.sleep(_SETTLE_S)
                    if source in [one.name for one in pulse.source_list()]:
                        source = at.name
                        moved(at.description)
                    continue
                pulse.event_listen()
    except (pulsectl.PulseError, pulsectl.PulseDisconnected):
        return


def _our_source(pulse: Any) -> Any:
    """What this process records at this moment; None where it records nothing."""
    ours = str(os.getpid())
    at = [one.source for one in pulse.source_output_list() if one.proplist.get("application.process.id") == ours]
    return next((source for source in pulse.source_list() if source.index in at), None)
