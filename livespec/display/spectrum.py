"""The live spectrum beside the waterfall: now, the highest of the last seconds, and their mean power.

Worked out of the columns that are on screen, so it is right for any moment that is looked at. Whole stretches of cells
are looked at once; what is left is a handful of cells a frame.
"""

from typing import Final, NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array, Float64Array
from livespec.core.averaging import to_decibels, to_power
from livespec.core.scales import RowMap
from livespec.display.layout import Pane
from livespec.display.scene import Palette, Pieces
from livespec.display.theme import Theme
from livespec.session.columns import ColumnStore

HOLD_S: Final = 3.0
_STRETCH: Final = 16
_KEPT: Final = 384  # stretches: of eight channels for longer than what is held


class Spectrum(NamedTuple):
    """Raw levels of a moment, (bins,) each; NaN in a gap."""

    now: Float32Array
    held: Float32Array
    mean: Float32Array


class _Stretch(NamedTuple):
    highest: Float32Array
    power: Float64Array
    cells: int


class SpectrumFinder:
    """Of one store's channels; the GUI thread's."""

    def __init__(self, store: ColumnStore) -> None:
        self._store, self._rewrites = store, store.rewrites
        self._known: dict[tuple[int, int], _Stretch] = {}

    def at(self, cell: int, oldest: int, channel: int = 0) -> Spectrum:
        """At a cell, and of the seconds before it, from the cell `oldest` on."""
        store = self._store
        if store.rewrites != self._rewrites or len(self._known) > _KEPT:
            self._rewrites = store.rewrites
            self._known.clear()
        held_cells = max(1, round(HOLD_S * store.engine.samplerate / (store.hop * store.pooled)))
        first, stop = max(oldest, cell + 1 - held_cells), cell + 1
        stretches = []
        while first < stop:
            end = min(stop, (first // _STRETCH + 1) * _STRETCH)
            stretches.append(self._stretch(first, end, channel))
            first = end
        now = store.cells(cell, cell + 1, channel)[0]
        held = np.fmax.reduce([one.highest for one in stretches])
        mean = np.sum([one.power for one in stretches], axis=0) / max(1, sum(one.cells for one in stretches))
        mean = mean.astype(np.float32)
        with np.errstate(divide="ignore"):
            to_decibels(mean)
        return Spectrum(now, held, mean)

    def _stretch(self, first: int, stop: int, channel: int) -> _Stretch:
        whole = stop - first == _STRETCH and stop < self._store.end  # the newest cell may still grow
        key = first, channel
        if whole and key in self._known:
            return self._known[key]
        cells = self._store.cells(first, stop, channel)
        there = ~np.isnan(cells[:, 0])
        power = cells[there]
        to_power(power)
        highest = np.fmax.reduce(cells, axis=0)
        out = _Stretch(highest, power.sum(axis=0, dtype=np.float64), int(there.sum()))
        if whole:
            self._known[key] = out
        return out


def spectrum_pieces(
    spectrum: Spectrum, rows: RowMap, offset_db: Float32Array, palette: Palette, pane: Pane, theme: Theme
) -> tuple[Pieces, ...]:
    """The filled spectrum of now, and the lines of the mean and of what was held. rows: of the pane."""
    levels = rows.apply(np.stack(spectrum) + offset_db)
    length = pane.spectrum_px
    share = (levels - palette.low) / (palette.high - palette.low)
    at = np.round(np.clip(share, 0, 1) * (length - 1)).astype(np.float64)
    now, held, mean = at
    frequency = np.arange(levels.shape[1], dtype=np.float64)
    out = []
    sounding = np.isfinite(now) & (now > 0)
    if sounding.any():
        out.append(Pieces(pane.bars(frequency[sounding], np.zeros(sounding.sum()), now[sounding]), theme.now))
    for line, colour in ((mean, theme.average), (held, theme.accent)):
        known = np.isfinite(line) & (line > 0)
        if known.any():
            out.append(Pieces(_line(frequency, line, known, pane), colour))
    return tuple(out)


def _line(frequency: Float64Array, at: Float64Array, known: np.ndarray, pane: Pane) -> Float32Array:
    """A line through the levels: each row spans to half-way to its neighbours."""
    filled = np.where(known, at, 0.0)
    before, after = np.roll(filled, 1), np.roll(filled, -1)
    before[0], after[-1] = filled[0], filled[-1]
    low = np.floor(np.minimum(filled, np.minimum(filled + before, filled + after) / 2))
    high = np.ceil(np.maximum(filled, np.maximum(filled + before, filled + after) / 2))
    length = np.maximum(1.0, high - low)
    return pane.bars(frequency[known], low[known], length[known])
