"""The columns of the picture: a ring of what is on screen, and a bit around it.

Where several columns fall on one pixel, `pooled` of them, on the absolute grid k // pooled, share one
cell by their maximum: a click is still seen, and nothing shimmers while it scrolls.

Owner: the analysis thread writes; the GUI thread reads what lies from `oldest` to before `end`.
"""

import numpy as np

from livespec.core.arrays import Float32Array, Int64Array
from livespec.core.pooling import loudest_of_runs
from livespec.core.stft import Engine
from livespec.session.clock import Timeline
from livespec.settings import Picture


class ColumnStore:
    """`capacity` cells of `bins` levels of each channel. Cell j holds columns j·pooled … (j + 1)·pooled − 1.

    engine: what made the columns; picture: what they show, in `bins` levels (None: one of each bin);
    shown: of which channels, as a `Framer` takes them. has_pitches: whether any were ever put here.
    """

    def __init__(
        self,
        engine: Engine,
        capacity: int,
        pooled: int = 1,
        picture: Picture = "spectrum",
        *,
        bins: int | None = None,
        shown: tuple[int, ...] | str = (0,),
    ) -> None:
        self.engine, self.capacity, self.pooled, self.picture = engine, capacity, pooled, picture
        self.bins = engine.bins if bins is None else bins
        self.shown = shown
        self.channels = channels = 1 if isinstance(shown, str) else len(shown)
        self.n_fft, self.hop, self.bin_hz = engine.n_fft, engine.hop, engine.bin_hz
        self.rewrites = 0  # counts changes to cells that were there before
        self.end = 0  # one past the newest cell
        self._begin: int | None = None  # the oldest that was ever asked to be here
        self.has_pitches = False
        self._levels = np.empty((channels, capacity, self.bins), np.float32)  # valid where `_cell` says so
        self._cell = np.full(capacity, -1, np.int64)
        self._entered_ns = np.zeros(capacity, np.int64)
        self._pitch_hz = np.full((channels, capacity), np.nan, np.float32)

    # ---- the analysis thread ----

    def append(
        self, first: int, columns: Float32Array, entered_ns: Int64Array, pitch_hz: Float32Array | None = None
    ) -> None:
        """Columns first … of levels (channels, k, bins), when the newest sample of each came in, pitches (channels, k).

        They may also lie before those that are there, next to them; what is a capacity away from them gives way.
        """
        count = columns.shape[1]
        if not count:
            return
        cells = np.arange(first // self.pooled, (first + count - 1) // self.pooled + 1)[-self.capacity :]
        starts = np.maximum(cells * self.pooled - first, 0)
        pooled = loudest_of_runs(columns, starts)
        oldest, newest = int(cells[0]), int(cells[-1])
        if self._begin is not None and oldest < self._begin:
            self.end = min(self.end, oldest + self.capacity)
        slots = cells % self.capacity
        there = self._cell[slots] == cells
        self._levels[:, slots[there]] = np.maximum(self._levels[:, slots[there]], pooled[:, there])
        self._levels[:, slots[~there]] = pooled[:, ~there]
        self._entered_ns[slots[~there]] = entered_ns[starts[~there]]
        if pitch_hz is not None:
            self.has_pitches = True
            last = np.append(starts[1:], count) - 1  # of several columns in a cell
            self._pitch_hz[:, slots] = pitch_hz[:, last]
        self._cell[slots] = cells
        self.end = max(self.end, newest + 1)  # published last: what lies before it is in place
        self._begin = oldest if self._begin is None else max(min(self._begin, oldest), self.end - self.capacity)

    def prepend(self, other: "ColumnStore") -> None:
        """The cells of another store of the same kind that lie just before these."""
        cells = np.arange(other.oldest, min(other.end, self.oldest))
        if not len(cells):
            return
        self.has_pitches = self.has_pitches or other.has_pitches
        self.end = min(self.end, int(cells[0]) + self.capacity)
        slots, reach = cells % self.capacity, (int(cells[0]), int(cells[-1]) + 1)
        for channel in range(self.channels):
            self._levels[channel, slots] = other.cells(*reach, channel)
            self._pitch_hz[channel, slots] = other.pitch_hz(*reach, channel)
        self._entered_ns[slots] = 0
        self._cell[slots] = cells
        self._begin = int(cells[0])

    def mark_gaps(self, timeline: Timeline) -> None:
        """Blank every cell whose window has a gap inside."""
        whole = (self._cell >= 0) & ~np.isnan(self._levels[0, :, 0])
        reach = self.n_fft + (self.pooled - 1) * self.hop
        broken = whole & timeline.straddles(self._cell * (self.pooled * self.hop), reach)
        if broken.any():
            self._levels[:, broken] = np.nan
            self._pitch_hz[:, broken] = np.nan
            self.rewrites += 1

    # ---- any thread ----

    @property
    def oldest(self) -> int:
        """The oldest cell that can be read."""
        return max(self._begin or 0, self.end - self.capacity)

    def cells(self, first: int, stop: int, channel: int = 0) -> Float32Array:
        """A copy of cells first … stop − 1 of a channel: (n, bins), NaN where nothing is."""
        return self.picked(range(first, stop), channel)

    def picked(self, wanted_cells: range, channel: int = 0) -> Float32Array:
        """A copy of these cells: (n, bins), NaN where nothing is."""
        wanted = np.arange(wanted_cells.start, wanted_cells.stop, wanted_cells.step)
        slots = wanted % self.capacity
        out: Float32Array = self._levels[channel, slots]
        out[self._cell[slots] != wanted] = np.nan
        return out

    def pitch_hz(self, first: int, stop: int, channel: int = 0) -> Float32Array:
        """A copy of the pitches of cells first … stop − 1: (n,), NaN where none is."""
        wanted = np.arange(first, stop)
        slots = wanted % self.capacity
        there = self._cell[slots] == wanted
        out: Float32Array = np.where(there, self._pitch_hz[channel, slots], np.float32(np.nan))
        return out

    def entered_ns(self, cell: int) -> int | None:
        """When the newest sample of the cell's first column came in."""
        slot = cell % self.capacity
        return int(self._entered_ns[slot]) if self._cell[slot] == cell else None

    def centre(self, cell: float) -> float:
        """Position (in samples, fractional) of the middle of a cell."""
        return (cell * self.pooled + (self.pooled - 1) / 2) * self.hop + self.n_fft / 2

    def cell_at(self, position: float) -> float:
        """The cell (fractional) whose middle lies at a position: the inverse of `centre`."""
        return ((position - self.n_fft / 2) / self.hop - (self.pooled - 1) / 2) / self.pooled
