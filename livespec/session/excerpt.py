"""What has already happened, out of the ring: sound, columns and settings of a stretch, in a folder of their own."""

import json
from pathlib import Path

from livespec.core.ring import AudioRing
from livespec.errors import UsageError
from livespec.session.clock import Timeline
from livespec.session.recorder import Recorder, RecordingPlan
from livespec.session.stretch import Stretch, write_npz
from livespec.settings import Settings


def write_excerpt(
    ring: AudioRing,
    timeline: Timeline,
    settings: Settings,
    title: str,
    seconds: tuple[float, float],
    stretch: Stretch,
    folder: Path,
) -> float:
    """The sound between two seconds of the session, as far as it is still there; stretch: the columns of it.

    Returns the seconds of sound. Raises `UsageError` where there is none, `FileError`.
    """
    first, stop = (timeline.position_at(second) for second in seconds)
    spare = timeline.samplerate // 4 if ring.oldest else 0
    first, stop = max(first, ring.oldest + spare), min(stop, timeline.known_until)
    if stop <= first:
        raise UsageError("there is no sound to be saved")
    suffix = ".wav" if settings.record_format == "float" or ring.channels > 8 else ".flac"  # noqa: PLR2004 - FLAC's most
    plan = RecordingPlan(f"sound{suffix}", settings.record_format, folder=folder)
    recorder = Recorder(plan, ring, timeline, first, title, ring.channels)
    recorder.record_until(stop)
    recorder.close()
    if recorder.trouble is not None:
        raise recorder.trouble
    write_npz(stretch, folder / "columns.npz")
    (folder / "settings.json").write_text(json.dumps(settings.as_dict(), indent=1), encoding="utf-8")
    return recorder.seconds
