"""The columns of the picture: a ring of what is on screen, and a bit around it.

Where several columns fall on one pixel, `pooled` of them, on the absolute grid k // pooled, share one
cell by their maximum: a click is still seen, and nothing shimmers while it scrolls.

Owner: the analysis thread writes; the GUI thread reads what lies before `end`.
"""

import numpy as np

from livespec.core.arrays import Float32Array, Int64Array
from livespec.session.clock import Timeline
from livespec.settings import Picture


class ColumnStore:
    """`capacity` cells of `bins` levels. Cell j holds columns j·pooled … (j + 1)·pooled − 1.

    picture: what the levels are of.
    """

    def __init__(
        self, bins: int, capacity: int, pooled: int, n_fft: int, hop: int, picture: Picture = "spectrum"
    ) -> None:
        self.bins, self.capacity, self.pooled, self.picture = bins, capacity, pooled, picture
        self.n_fft, self.hop = n_fft, hop
        self.rewrites = 0  # counts changes to cells that were there before
        self.end = 0  # one past the newest cell
        self._levels = np.full((capacity, bins), np.nan, np.float32)
        self._cell = np.full(capacity, -1, np.int64)
        self._entered_ns = np.zeros(capacity, np.int64)
        self._pitch_hz = np.full(capacity, np.nan, np.float32)

    # ---- the analysis thread ----

    def append(
        self, first: int, columns: Float32Array, entered_ns: Int64Array, pitch_hz: Float32Array | None = None
    ) -> None:
        """Columns first … of levels (k, bins), when the newest sample of each came in, pitches (k,) if any."""
        for offset, (column, entered) in enumerate(zip(columns, entered_ns, strict=True)):
            cell = (first + offset) // self.pooled
            slot = cell % self.capacity
            if self._cell[slot] == cell:
                np.maximum(self._levels[slot], column, out=self._levels[slot])
            else:
                self._levels[slot] = column
                self._cell[slot] = cell
                self._entered_ns[slot] = entered
            if pitch_hz is not None:  # of several columns in a cell, the last
                self._pitch_hz[slot] = pitch_hz[offset]
            self.end = max(self.end, cell + 1)

    def mark_gaps(self, timeline: Timeline) -> None:
        """Blank every cell whose window has a gap inside."""
        whole = (self._cell >= 0) & ~np.isnan(self._levels[:, 0])
        reach = self.n_fft + (self.pooled - 1) * self.hop
        broken = whole & timeline.straddles(self._cell * (self.pooled * self.hop), reach)
        if broken.any():
            self._levels[broken] = np.nan
            self._pitch_hz[broken] = np.nan
            self.rewrites += 1

    # ---- any thread ----

    @property
    def oldest(self) -> int:
        """The oldest cell that can still be read."""
        return max(0, self.end - self.capacity)

    def cells(self, first: int, stop: int) -> Float32Array:
        """A copy of cells first … stop − 1: (n, bins), NaN where nothing is."""
        return self.picked(range(first, stop))

    def picked(self, wanted_cells: range) -> Float32Array:
        """A copy of these cells: (n, bins), NaN where nothing is."""
        wanted = np.asarray(wanted_cells)
        slots = wanted % self.capacity
        out: Float32Array = self._levels[slots]
        out[self._cell[slots] != wanted] = np.nan
        return out

    def pitch_hz(self, first: int, stop: int) -> Float32Array:
        """A copy of the pitches of cells first … stop − 1: (n,), NaN where none is."""
        wanted = np.arange(first, stop)
        slots = wanted % self.capacity
        out: Float32Array = np.where(self._cell[slots] == wanted, self._pitch_hz[slots], np.float32(np.nan))
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
