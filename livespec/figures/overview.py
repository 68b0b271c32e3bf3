"""A sound file of any length as one picture's worth of columns: streamed, pooled by maximum, in constant memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from livespec.capture.file import choose_channels, open_sound, read_blocks
from livespec.capture.source import SourceInfo
from livespec.core.arrays import Float32Array
from livespec.core.framing import choose
from livespec.core.pooling import loudest_of_runs
from livespec.core.quantity import level_quantity
from livespec.core.stft import Engine
from livespec.session.calibration import load_calibration
from livespec.session.opening import shown_of
from livespec.settings import Settings

_MOST_COLUMNS: Final = 4096  # more than a figure has pixels
_COLUMNS_AT_ONCE: Final = 64
_TWICE_DB: Final = np.float32(20 * np.log10(2))


@dataclass(frozen=True, eq=False)
class Overview:
    """One channel (or mixture) of a file.

    db: (columns, bins) in `unit`, each the maximum of `pooled` columns of the transform; column_s: time from one to the
    next; lowest, highest: (columns,) of the samples, −1 … 1.
    """

    name: str
    db: Float32Array
    column_s: float
    pooled: int
    samplerate: int
    n_fft: int
    seconds: float
    unit: str
    lowest: Float32Array
    highest: Float32Array

    @property
    def loudest_db(self) -> float:
        """Of all cells; 0 where there is no number."""
        return float(np.nanmax(self.db)) if np.isfinite(self.db).any() else 0.0

    def bare(self) -> "Overview":
        """As decibels of the bare transform's magnitudes, from a full-scale sine's: DC and Nyquist are doubled."""
        db = self.db.copy()
        db[:, [0, -1] if self.n_fft % 2 == 0 else [0]] += _TWICE_DB
        return replace(self, db=db)


def below_the_loudest(sounds: Sequence[Overview]) -> list[Overview]:
    """As `to_decibels` gives them, 0 dB the loudest of all of them together."""
    bare = [sound.bare() for sound in sounds]
    loudest = np.float32(max(sound.loudest_db for sound in bare))
    return [replace(sound, db=sound.db - loudest) for sound in bare]


def overview(path: Path, settings: Settings) -> Overview:
    """The whole file, padded by half a window on both sides. Raises `LivespecError`.

    settings: as for a run; shown is the mean of the channels, or the first of `show`.
    """
    with open_sound(path) as file:
        picked = choose_channels(settings.channels, file.channels, path.name)
        info = SourceInfo("file", str(path), file.samplerate, picked, length=file.frames)
        engine = Engine(settings, file.samplerate)
        quantity = level_quantity(engine, load_calibration(settings))
        shown = shown_of(info, settings.show)
        blocks = read_blocks(file, [number - 1 for number in picked], _COLUMNS_AT_ONCE * engine.hop)
        sound = (choose(block.T, shown)[0] for block in blocks)
        count = 1 + file.frames // engine.hop
        pooled = -(-count // _MOST_COLUMNS)
        db = np.full((-(-count // pooled), engine.bins), -np.inf, np.float32)
        edges = np.repeat(np.array([[np.inf], [-np.inf]], np.float32), len(db), axis=1)
        done = samples = 0
        for block in _padded(_edges_of(sound, edges, pooled * engine.hop), engine.n_fft // 2):
            with np.errstate(invalid="ignore", over="ignore"):
                columns = engine.columns(engine.windows(block[None]))[0]
            if len(columns):
                cells = np.minimum(np.arange(done, done + len(columns)) // pooled, len(db) - 1)
                firsts = np.flatnonzero(np.diff(cells, prepend=-1))
                db[cells[firsts]] = np.maximum(db[cells[firsts]], loudest_of_runs(columns, firsts))
            done += len(columns)
            samples += len(block)
        quantity.apply(db)
        edges[:, edges[0] > edges[1]] = 0.0  # a last cell that has nothing but padding
        return Overview(
            name=path.stem,
            db=db[: max(1, -(-done // pooled))],
            column_s=pooled * engine.column_s,
            pooled=pooled,
            samplerate=file.samplerate,
            n_fft=engine.n_fft,
            seconds=(samples - 2 * (engine.n_fft // 2)) / file.samplerate,
            unit=quantity.unit,
            lowest=edges[0],
            highest=edges[1],
        )


def _padded(sound: Iterator[Float32Array], samples: int) -> Iterator[Float32Array]:
    yield np.zeros(samples, np.float32)
    yield from sound
    yield np.zeros(samples, np.float32)


def _edges_of(sound: Iterator[Float32Array], edges: Float32Array, per_cell: int) -> Iterator[Float32Array]:
    """Passes the sound on and notes the lowest and highest sample of each cell in edges, (2, cells)."""
    position = 0
    for block in sound:
        cells = np.minimum(np.arange(position, position + len(block)) // per_cell, edges.shape[1] - 1)
        firsts = np.flatnonzero(np.diff(cells, prepend=-1))
        for row, reduce in zip(edges, (np.minimum, np.maximum), strict=True):
            row[cells[firsts]] = reduce(row[cells[firsts]], reduce.reduceat(block, firsts))
        position += len(block)
        yield block
