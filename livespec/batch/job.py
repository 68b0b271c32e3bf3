"""One file's work as a value, and doing it: here, in another process, or on another machine."""

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from livespec.batch.columns import analyse_file, resolved_for
from livespec.errors import LivespecError
from livespec.session.column_archive import ColumnArchive, described
from livespec.session.column_file import ColumnFile
from livespec.settings import Settings

Form = Literal["npz", "zarr", "png"]
FORMS: Final[tuple[Form, ...]] = ("npz", "zarr", "png")
_TOP_DB: Final = 80.0  # of a picture whose range is not said


class Job(NamedTuple):
    """One sound file and where it goes. group: in a Zarr store, else empty."""

    source: Path
    target: Path
    group: str = ""

    @property
    def result(self) -> Path:
        """What there is when it is done."""
        return self.target / self.group


@dataclass(frozen=True)
class Order:
    """What is wanted of every file. features: names of `core.feature_set`."""

    form: Form
    settings: Settings
    features: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """seconds: of sound that were done; error: why it did not come to its end, None where it did."""

    job: Job
    seconds: float
    error: str | None


class StoppedError(Exception):
    """The person wants an end: raised by who is told of the progress."""


def do(job: Job, order: Order, tell: Callable[[float], None]) -> None:
    """Do it; the result appears when it is whole. tell: as of `analyse_file`. Raises `LivespecError`."""
    if order.form == "png":
        _draw(job, order.settings)
    elif order.form == "zarr":
        analyse_file(
            job.source, order.settings, order.features, lambda *of: ColumnArchive(job.target, job.group, *of), tell
        )
    else:
        analyse_file(job.source, order.settings, order.features, lambda *of: ColumnFile(job.target, *of), tell)


def attempt(job: Job, order: Order, tell: Callable[[float], None] = lambda _: None) -> Outcome:
    """Do it, and say how it went; raises nothing, so that the other files are done."""
    told = [0.0]

    def noted(seconds: float) -> None:
        told[0] = seconds
        tell(seconds)

    try:
        do(job, order, noted)
    except StoppedError:
        return Outcome(job, told[0], "stopped")
    except LivespecError as error:
        named = error.message if str(job.source) in error.message else f"{job.source}: {error.message}"
        return Outcome(job, told[0], named)
    except Exception as error:  # noqa: BLE001 - one file's defect is not the others'
        return Outcome(job, told[0], f"{job.source}: a defect of livespec: {type(error).__name__}: {error}")
    return Outcome(job, told[0], None)


def is_done(job: Job, order: Order) -> bool:
    """Whether the result is there, newer than the sound, and of just these settings and features."""
    try:
        if _written_at(job) < job.source.stat().st_mtime:
            return False
        there = _description(job, order.form)
        settings, samplerate = json.loads(str(there["settings"])), int(there["samplerate"])
        features = tuple(str(name) for name in there.get("features", ()))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return False
    wanted = resolved_for(job.source, order.settings, samplerate).as_dict()
    return bool(settings == json.loads(json.dumps(wanted))) and features == order.features


def _written_at(job: Job) -> float:
    return (job.result / "zarr.json" if job.group else job.target).stat().st_mtime


def _description(job: Job, form: Form) -> Mapping[str, Any]:
    if form == "zarr":
        return described(job.target, job.group)
    if form == "png":
        from livespec.figures.plot import read_description

        return read_description(job.target)
    with np.load(job.target, allow_pickle=False) as columns:
        return {name: columns[name] for name in ("settings", "samplerate", "features") if name in columns}


def _draw(job: Job, settings: Settings) -> None:
    """The figure of a file, as `livespec render` makes it, in dBFS."""
    from livespec.figures.overview import overview
    from livespec.figures.plot import render, save

    sound = overview(job.source, settings)
    levels = settings.range if not isinstance(settings.range, str) else (sound.loudest_db - _TOP_DB, sound.loudest_db)
    figure = render(
        [sound], [job.source.stem], scale=settings.scale, fmin=settings.fmin, fmax=settings.fmax, levels=levels,
        colormap_name=settings.colormap, unit=sound.unit, waveform=False,
    )  # fmt: skip
    resolved = resolved_for(job.source, settings, sound.samplerate)
    save(figure, job.target, {"settings": json.dumps(resolved.as_dict()), "samplerate": str(sound.samplerate)})
