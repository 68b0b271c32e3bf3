"""What has already happened, out of the ring: sound, columns and settings of a stretch, in a folder of their own."""

import shutil
from pathlib import Path

from livespec.capture.source import Source
from livespec.core.ring import AudioRing, kept_from
from livespec.errors import FileError, UsageError
from livespec.session.clock import Timeline
from livespec.session.folder import make_folder
from livespec.session.recorder import RecordingPlan, record_stretch
from livespec.session.sound_file import suffix_for
from livespec.session.stats import write_json
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

    folder: a new one; it is whole or it goes again. Returns the seconds of sound. Raises `UsageError` where there is
    none, `FileError`.
    """
    plan = RecordingPlan(
        f"sound{suffix_for(ring.channels, settings.record_format)}", settings.record_format, folder=folder
    )
    first, stop = (timeline.position_at(second) for second in seconds)
    make_folder(folder.parent, "saved")
    folder.mkdir()
    try:
        recorder = record_stretch(
            plan, ring, timeline, (max(first, kept_from(ring, timeline.samplerate)), stop), source
        )
        write_npz(stretch, folder / "columns.npz")
        write_json(folder / "settings.json", settings.as_dict())
    except UsageError:
        folder.rmdir()
        raise
    except FileError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise FileError(f"nothing is kept: {error.message}") from error
    return recorder.seconds
