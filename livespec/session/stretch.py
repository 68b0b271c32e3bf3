"""A stretch of the session, analysed for itself alone: what is on the screen, as numbers.

For any thread: it has an engine of its own and only reads the ring.
"""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array, Float64Array, Int64Array
from livespec.core.calibration import Calibration
from livespec.core.quantity import level_quantity
from livespec.core.ring import AudioRing
from livespec.core.stft import Engine
from livespec.errors import FileError, UsageError
from livespec.session.clock import Timeline
from livespec.session.column_description import column_description
from livespec.session.processing import Processing, filled_store
from livespec.settings import Settings

_MOST_BYTES: Final = 1 << 30


class Stretch(NamedTuple):
    """db: (channels, k, bins) in the unit of the quantity, NaN in gaps; positions, times_s: (k,) of each column.

    times_s: of the middle of its window; labels: of the channels; description: what stands beside the levels in files.
    """

    db: Float32Array
    positions: Int64Array
    times_s: Float64Array
    gap: np.ndarray
    labels: list[str]
    settings: Settings
    description: dict[str, Any]

    @property
    def unit(self) -> str:
        """Of the levels."""
        return str(self.description["units"]).split(" (", maxsplit=1)[0]


def stretch_between(
    ring: AudioRing,
    timeline: Timeline,
    settings: Settings,
    shown: tuple[int, ...] | str,
    labels: list[str],
    calibration: Calibration | None,
    seconds: tuple[float, float],
) -> Stretch:
    """Columns whose middle lies between two seconds of the session, as far as the ring still has them.

    settings: resolved. Raises `UsageError` where there is nothing, or too much for the memory.
    """
    settings = settings if settings.picture == "spectrum" else _of_bins(settings)
    engine = Engine(settings, timeline.samplerate)
    processing = Processing(engine, shown, calibration)
    first, stop = (
        max(0, int(np.ceil((timeline.position_at(second) - engine.n_fft / 2) / engine.hop))) for second in seconds
    )
    if (stop - first) * engine.bins * 4 * processing.channels > _MOST_BYTES:
        raise UsageError("what is on the screen is too much to be written at once", "zoom in, or use --export")
    if stop <= first:
        raise UsageError("there is no sound on the screen to be written")
    store = filled_store(processing, ring, timeline, (first, stop))
    first, stop = store.oldest, store.end
    if stop <= first:
        raise UsageError("there is no sound on the screen to be written")
    quantity = level_quantity(engine, calibration)
    db = np.stack([store.cells(first, stop, channel) for channel in range(store.channels)])
    quantity.apply(db)
    positions = np.arange(first, stop, dtype=np.int64) * engine.hop
    straddling = timeline.straddles(positions, engine.n_fft)
    db[:, straddling] = np.nan
    return Stretch(
        db,
        positions,
        timeline.seconds_of(positions + engine.n_fft / 2),
        straddling,
        labels,
        settings,
        column_description(engine, quantity, timeline),
    )


def _of_bins(settings: Settings) -> Settings:
    return replace(settings, picture="spectrum", pitch=False)


def write_npz(stretch: Stretch, path: Path) -> None:
    """As `--export` writes it. Raises `FileError`."""
    arrays = {
        "db": stretch.db[0] if len(stretch.db) == 1 else stretch.db,
        "times_s": stretch.times_s,
        "positions": stretch.positions,
        "gap": stretch.gap,
        "channels": stretch.labels,
        "settings": json.dumps(stretch.settings.as_dict()),
        **stretch.description,
    }
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **{name: np.asarray(value) for name, value in arrays.items()})
        temporary.replace(path)
    except OSError as error:
        raise _cannot_be_written(temporary, path, error) from error


def write_csv(stretch: Stretch, path: Path) -> None:
    """A line a column: its time, its channel where there are several, a level for each frequency of the first line.

    Raises `FileError`.
    """
    temporary = path.with_name(path.name + ".tmp")
    several = len(stretch.db) > 1
    frequencies = [f"{hz:.6g}" for hz in stretch.description["frequencies_hz"]]
    try:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["time_s", *(["channel"] if several else []), *frequencies])
            for label, levels in zip(stretch.labels, stretch.db, strict=True):
                for second, column in zip(stretch.times_s, levels, strict=True):
                    values = np.char.mod("%.2f", column)
                    writer.writerow([f"{second:.6f}", *([label] if several else []), *values])
        temporary.replace(path)
    except OSError as error:
        raise _cannot_be_written(temporary, path, error) from error


def _cannot_be_written(temporary: Path, path: Path, error: OSError) -> FileError:
    temporary.unlink(missing_ok=True)
    return FileError(f"{path}: cannot be written ({error.strerror})")
