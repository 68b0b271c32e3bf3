"""What has already happened, out of the ring: sound, columns and settings of a stretch, in a folder of their own."""

import json
from pathlib import Path

from livespec.capture.source import Source
from livespec.core.ring import AudioRing
from livespec.session.clock import Timeline
from livespec.session.recorder import RecordingPlan, record_stretch
from livespec.session.sound_file import suffix_for
from livespec.session.stretch import Stretch, write_npz
from livespec.settings import Settings


def write_excerpt(
    ring: AudioRing,
    timeline: Timeline,
    settings: Settings,
    source: Source,
    seconds: tuple[float, float],
    stretch: Stretch,
    folder: Path,
) -> float:
    """The sound between two seconds of the session, as far as it is still there; stretch: the columns of it.

    Returns the seconds of sound. Raises `UsageError` where there is none, `FileError`.
    """
    plan = RecordingPlan(
        f"sound{suffix_for(ring.channels, settings.record_format)}", settings.record_format, folder=folder
    )
    first, stop = (timeline.position_at(second) for second in seconds)
    recorder = record_stretch(plan, ring, timeline, (first, stop), source)
    write_npz(stretch, folder / "columns.npz")
    (folder / "settings.json").write_text(json.dumps(settings.as_dict(), indent=1), encoding="utf-8")
    return recorder.seconds
