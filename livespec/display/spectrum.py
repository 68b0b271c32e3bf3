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
from livespec.display.scene import Graph, Palette
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


def spectrum_graph(
    spectrum: Spectrum, rows: RowMap, offset_db: Float32Array, palette: Palette, pane: Pane, theme: Theme
) -> Graph:
    """The filled spectrum of now, and the lines of the mean and of what was held. rows: of the pane."""
    assert pane.spectrum is not None
    levels = rows.apply(np.stack(spectrum) + offset_db)
    length = pane.spectrum_px
    share = (levels - palette.low) / (palette.high - palette.low)
    at = np.nan_to_num(np.round(np.clip(share, 0, 1) * (length - 1)))
    now, held, mean = at
    place = np.arange(length, dtype=np.int16)
    pixels = np.where(place < now.astype(np.int16)[:, None], Graph.pixel_of(theme.now), Graph.pixel_of(theme.empty))
    for line, colour in ((mean, theme.average), (held, theme.accent)):
        low, high = _line(line)
        beyond = (place - low.astype(np.int16)[:, None]).view(np.uint16)  # below the lowest it is a large number
        length_px = np.where(line > 0, high - low, 0).astype(np.uint16)
        np.copyto(pixels, Graph.pixel_of(colour), where=beyond < length_px[:, None])
    return Graph(pane.spectrum, pane.upright(pixels))


def _line(at: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Where a line through the levels begins and ends in each row: each spans to half-way to its neighbours."""
    before, after = np.roll(at, 1), np.roll(at, -1)
    before[0], after[-1] = at[0], at[-1]
    low = np.floor(np.minimum(at, np.minimum(at + before, at + after) / 2))
    high = np.ceil(np.maximum(at, np.maximum(at + before, at + after) / 2))
    return low, np.maximum(high, low + 1)
