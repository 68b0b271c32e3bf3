"""A recording: the captured samples into sound files, from the ring, on a thread of its own.

A slow disk costs nothing until the ring is lapped; then what was overwritten is a gap like any other. Of a gap that is
no longer than a minute the file has zeros, so that its time stays right; after a longer one a new file begins. A list
beside the file tells of both, and of the device that is heard behind them. A disk that fails ends the recording, not
the session.
"""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from livespec.capture.source import Source
from livespec.core.arrays import Float32Array
from livespec.core.ring import AudioRing, kept_from
from livespec.errors import FileError, UsageError
from livespec.session.clock import Timeline
from livespec.session.folder import make_folder
from livespec.session.sound_file import SoundFileWriter, create, suffix_for
from livespec.settings import RecordFormat, Settings

_POLL_S: Final = 0.05
_SYNC_S: Final = 0.5  # with a block of FLAC, less than the second that a power cut may cost
_LONGEST_ZEROS_S: Final = 60.0
_AT_ONCE: Final = 16_384  # samples


class RecordingPlan(NamedTuple):
    """name: of the file, WAV or FLAC, with the fields {date}, {time}, {device} and {number}; in `folder`.

    split_s: a new file after so many seconds; 0: one file. replaces: whether a file that is there gives way; beside:
    whether the recording goes beside it, with a number behind its name.
    """

    name: str
    sample_format: RecordFormat
    split_s: float = 0.0
    replaces: bool = False
    beside: bool = False
    folder: Path = Path()


def recording_plan(settings: Settings, *, replaces: bool = False) -> RecordingPlan:
    """What the settings say of recordings."""
    return RecordingPlan(settings.record_name, settings.record_format, settings.record_split, replaces)


def recording_plan_of_key(settings: Settings, channels: int, folder: Path) -> RecordingPlan:
    """The same, but into a folder, beside what is there; a name that nobody has chosen is of a kind for this sound."""
    plan = recording_plan(settings)._replace(folder=folder, beside=True)
    if plan.name != Settings().record_name:
        return plan
    return plan._replace(name=str(Path(plan.name).with_suffix(suffix_for(channels, plan.sample_format))))


class Recorder:
    """Run `run` in a thread, then `finish` once; or `record_until` and `close`. begin: position of the first sample.

    since_s: the second of the session before which nothing is wanted; what lies between `begin` and then may still be
    undecided, as in an outage. files: what was written to, the last one now; trouble: what ended it before its time.
    """

    def __init__(
        self, plan: RecordingPlan, ring: AudioRing, timeline: Timeline, begin: int, source: Source, since_s: float = 0.0
    ) -> None:
        self._plan, self._ring, self._timeline, self._source = plan, ring, timeline, source
        self._device = source.info.title
        self._position = begin
        self._early = max(0, round((since_s - timeline.seconds_at(begin)) * timeline.samplerate))  # not wanted yet
        self._gaps_bridged = sum(gap.position <= begin for gap in timeline.gaps)
        self._split = round(plan.split_s * timeline.samplerate)
        self._gaps: list[dict[str, Any]] = []
        self._synced = time.perf_counter()
        self._frames_before = 0
        self._ended = threading.Event()
        self._silent: Counter[str] = Counter()  # samples that were overwritten, by the file that has zeros for them
        self._left_out: Counter[str] = Counter()  # by the list that tells of them
        self.files: list[Path] = []
        self.trouble: FileError | None = None
        self._file = self._begin_file()

    @property
    def needed_from(self) -> int:
        """Position of the oldest sample that is still to be recorded."""
        return self._ring.end if self.trouble is not None else self._position

    @property
    def seconds(self) -> float:
        """Length of all that is recorded."""
        return (self._frames_before + self._file.frames) / self._timeline.samplerate

    @property
    def overwritten(self) -> int:
        """Samples that were captured, but gone before they were written."""
        return sum(dict(self._silent).values()) + sum(dict(self._left_out).values())

    @property
    def shortfall(self) -> str:
        """In words, what the disk was too slow for, and in which file; empty where it took everything."""
        rate, said = self._timeline.samplerate, []
        silent, left_out = dict(self._silent), dict(self._left_out)  # the recorder's thread goes on meanwhile
        if silent:
            said.append(f"{sum(silent.values()) / rate:.1f} s are silence in {_names(silent)}")
        if left_out:
            said.append(f"{sum(left_out.values()) / rate:.1f} s are missing, as told in {_names(left_out)}")
        return f"The disk or the program was too slow: {'; '.join(said)}" if said else ""

    def run(self, stopping: threading.Event) -> None:
        """Until `stopping`, or the end of the recording."""
        while not (stopping.wait(_POLL_S) or self._ended.is_set() or self.trouble is not None):
            self.record_until(self._timeline.known_until)

    def end(self) -> None:
        """Let `run` come to an end; `finish` then takes what is left."""
        self._ended.set()

    def finish(self) -> None:
        """Record what there is, and complete the file."""
        self.record_until(self._timeline.known_until)
        self.close()

    def record_until(self, limit: int) -> None:
        """A position before which every gap is known."""
        if self.trouble is None:
            self._guarded(lambda: self._record_until(limit))

    def close(self) -> None:
        """Complete the file; one without a sample goes."""
        if self.trouble is None:
            self._guarded(self._complete)

    # ---- samples ----

    def _record_until(self, limit: int) -> None:
        while True:
            gaps = self._timeline.gaps[self._gaps_bridged :]
            gap = gaps[0] if gaps and gaps[0].position <= limit else None
            self._copy(limit if gap is None else gap.position)
            if gap is None:
                break
            self._gaps_bridged += 1
            self._bridge(gap.samples - self._too_early(gap.samples), gap.cause, gap.position)
        if time.perf_counter() - self._synced > _SYNC_S:
            self._file.sync()
            self._synced = time.perf_counter()

    def _too_early(self, samples: int) -> int:
        """How many of the next ones, captured or lost, lie before the moment that the recording begins with."""
        early = min(samples, self._early)
        self._early -= early
        return early

    def _copy(self, stop: int) -> None:
        self._position += self._too_early(max(0, stop - self._position))
        while self._position < stop:
            samples = self._samples(min(stop - self._position, _AT_ONCE))
            if samples is None:
                self._skip_what_was_overwritten()
            else:
                self._write(samples)
                self._position += samples.shape[1]

    def _samples(self, most: int) -> Float32Array | None:
        """The next ones; None where they were overwritten."""
        start = self._position
        samples = self._ring.view(start, min(most, self._ring.contiguous(start))).copy()
        return samples if self._ring.still_valid(start) else None

    def _skip_what_was_overwritten(self) -> None:
        """To where there is a quarter of a second before it is overwritten, too."""
        before = self._position
        self._position = min(max(kept_from(self._ring, self._timeline.samplerate), before + 1), self._ring.end)
        self._bridge(self._position - before, "overwritten", self._position)

    def _bridge(self, samples: int, cause: str, position: int) -> None:
        """Sound that is not there. position: of the first sample behind it, which another device may have given."""
        zeros = samples <= _LONGEST_ZEROS_S * self._timeline.samplerate
        device = self._source.info.heard_at(position)
        gap = {"sample": self._file.frames, "lost": samples, "cause": cause, "zeros": zeros, "device": device}
        self._gaps.append(gap)
        self._write_gaps()
        overwritten = cause == "overwritten"
        if not zeros:
            if overwritten:
                self._left_out[_list_beside(self.files[-1]).name] += samples
            if self._file.frames:
                self._next_file()
            return
        while samples > 0:
            count = min(samples, _AT_ONCE)
            if overwritten:
                self._silent[self.files[-1].name] += count
            self._write(np.zeros((self._ring.channels, count), np.float32))
            samples -= count

    def _write(self, samples: Float32Array) -> None:
        while self._split and self._file.frames + samples.shape[1] > self._split:
            fits = self._split - self._file.frames
            self._file.write(samples[:, :fits])
            samples = samples[:, fits:]
            self._next_file()
        self._file.write(samples)

    # ---- files ----

    def _begin_file(self) -> SoundFileWriter:
        path = self._new_path()
        try:
            if self._plan.replaces:
                path.unlink(missing_ok=True)
                _list_beside(path).unlink(missing_ok=True)
            make_folder(path.parent, "recorded")
            made = create(path, self._timeline.samplerate, self._ring.channels, self._plan.sample_format)
        except FileExistsError:
            raise FileError(
                f"{path} is there already, and a recording replaces nothing", "choose another name, or use --force"
            ) from None
        except OSError as error:
            raise FileError(f"{path}: cannot be recorded to ({error.strerror})") from error
        self.files.append(path)
        self._gaps = []
        return made

    def _new_path(self) -> Path:
        number = len(self.files) + 1
        path = self._plan.folder / path_of(self._plan.name, datetime.now().astimezone(), self._device, number)
        elsewhere = number > 1 or self._plan.beside
        if path in self.files or (elsewhere and path.exists()):  # a name without {number}, or in the same second
            names = (path.with_name(f"{path.stem}-{n}{path.suffix}") for n in range(max(number, 2), 100_000))
            path = next(name for name in names if not name.exists())
        return path

    def _next_file(self) -> None:
        self._file.close()
        frames = self._file.frames
        self._file = self._begin_file()
        self._frames_before += frames

    def _complete(self) -> None:
        self._file.close()
        self._discard_if_empty()

    def _discard_if_empty(self) -> None:
        if not self._file.frames:
            path = self.files.pop()
            path.unlink(missing_ok=True)
            _list_beside(path).unlink(missing_ok=True)

    def _write_gaps(self) -> None:
        path = _list_beside(self.files[-1])
        temporary = path.with_name(path.name + ".tmp")
        temporary.write_text(json.dumps(self._gaps, indent=1), encoding="utf-8")
        temporary.replace(path)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (OSError, RuntimeError) as error:  # libsndfile's is a RuntimeError
            reason = getattr(error, "strerror", None) or str(error).rstrip(".")
            path = self.files[-1]
            with contextlib.suppress(OSError, RuntimeError, ValueError):  # the last where closing it has failed
                self._file.close()
            self._discard_if_empty()
            left = [file for file in self.files if file.exists()]
            place = "the file" if path in left else "the files before it"
            hint = f"what was recorded until then is in {place}" if left else ""
            self.trouble = FileError(f"{path}: the recording has ended ({reason})", hint)
        except FileError as error:
            self.trouble = error


def _names(files: dict[str, int]) -> str:
    first, *others = files
    return f"{first} and {len(others)} more" if others else first


def _list_beside(path: Path) -> Path:
    """Of the gaps of a recording."""
    return path.with_name(f"{path.name}.gaps.json")


def record_stretch(
    plan: RecordingPlan, ring: AudioRing, timeline: Timeline, positions: tuple[int, int], source: Source
) -> Recorder:
    """What has already happened, whole on return; what is not there any more is a gap like any other.

    Raises `UsageError` where nothing is there, `FileError`.
    """
    first, stop = positions[0], min(positions[1], timeline.known_until)
    if stop <= max(first, kept_from(ring, timeline.samplerate)):
        raise UsageError("there is no sound to be saved")
    recorder = Recorder(plan, ring, timeline, first, source)
    recorder.record_until(stop)
    recorder.close()
    if recorder.trouble is not None:
        raise recorder.trouble
    return recorder


def path_of(name: str, moment: datetime, device: str, number: int) -> Path:
    """The file that a name with fields stands for."""
    values: dict[str, str | int] = {
        "date": f"{moment:%Y-%m-%d}",
        "time": f"{moment:%H.%M.%S}",
        "device": "".join("_" if c in '/\\:*?"<>|' else c for c in device),
        "number": number,
    }
    return Path(name.format(**values)).expanduser()
