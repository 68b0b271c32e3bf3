"""The live spectrum beside the waterfall: now, the highest of the last seconds, and their mean power.

Worked out of the columns that are on screen, so it is right for any moment that is looked at. Whole stretches of cells
are looked at once; what is left is a handful of cells a frame.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array, Int16Array, Uint8Array
from livespec.core.averaging import to_decibels, to_power
from livespec.core.scales import RowMap
from livespec.display.axes import spectrum_ticks
from livespec.display.layout import Pane
from livespec.display.scene import Graph, Palette
from livespec.display.theme import Theme, pixels_of
from livespec.session.columns import ColumnStore

HOLD_S: Final = 3.0
_STRETCH: Final = 16  # cells


class Spectrum(NamedTuple):
    """Raw levels of a moment, (bins,) each; NaN in a gap."""

    now: Float32Array
    held: Float32Array
    mean: Float32Array


class _Stretch(NamedTuple):
    """Of `cells` cells that are there."""

    highest: Float32Array
    power: Float32Array
    cells: int

    @classmethod
    def joined(cls, parts: Sequence["_Stretch"]) -> "_Stretch":
        """Several as one."""
        highest = np.fmax.reduce([part.highest for part in parts])
        return cls(highest, np.sum([part.power for part in parts], axis=0), sum(part.cells for part in parts))


class _Whole(NamedTuple):
    """Stretches by their numbers, and all of them as one."""

    numbers: range
    stretches: list[_Stretch]
    joined: _Stretch


class SpectrumFinder:
    """Of one store's channels; the GUI thread's."""

    def __init__(self, store: ColumnStore) -> None:
        self._store, self._rewrites = store, store.rewrites
        self._known: dict[int, _Whole] = {}  # by channel

    def at(self, cell: int, oldest: int, channel: int = 0) -> Spectrum:
        """At a cell, and of the seconds before it, from the cell `oldest` on."""
        store, rewrites = self._store, self._store.rewrites
        if rewrites != self._rewrites:
            self._rewrites = rewrites
            self._known.clear()
        held_cells = max(1, round(HOLD_S * store.engine.samplerate / (store.hop * store.pooled)))
        first, stop = max(oldest, cell + 1 - held_cells), cell + 1
        whole = range(-(-first // _STRETCH), cell // _STRETCH)  # of cells that do not grow any more
        if whole:
            before, after = (first, whole.start * _STRETCH), (whole.stop * _STRETCH, stop)
            parts = [self._look(*before, channel)] if before[0] < before[1] else []
            parts += [self._joined(whole, channel), self._look(*after, channel)]
        else:
            parts = [self._look(first, stop, channel)]
        held, power, cells = _Stretch.joined(parts)
        now = store.cells(cell, stop, channel)[0]
        mean = power / np.float32(max(1, cells))
        with np.errstate(divide="ignore"):
            to_decibels(mean)
        return Spectrum(now, held, mean)

    def _joined(self, numbers: range, channel: int) -> _Stretch:
        """These whole stretches as one; most of them were looked at before."""
        known = self._known.get(channel)
        if known is not None and known.numbers == numbers:
            return known.joined
        before = {} if known is None else dict(zip(known.numbers, known.stretches, strict=True))
        stretches = [
            before.get(number) or self._look(number * _STRETCH, (number + 1) * _STRETCH, channel) for number in numbers
        ]
        self._known[channel] = _Whole(numbers, stretches, _Stretch.joined(stretches))
        return self._known[channel].joined

    def _look(self, first: int, stop: int, channel: int) -> _Stretch:
        """At each of the cells first … stop − 1."""
        cells = self._store.cells(first, stop, channel)
        there = ~np.isnan(cells[:, 0])
        power = cells[there]
        to_power(power)
        return _Stretch(np.fmax.reduce(cells, axis=0), power.sum(axis=0), len(power))


def spectrum_graph(
    spectrum: Spectrum, rows: RowMap, offset_db: Float32Array, palette: Palette, pane: Pane, theme: Theme, scale: float
) -> Graph:
    """The filled spectrum of now, lines at round levels, and over these the mean and what was held.

    rows: of the pane; scale: device pixels in a logical one.
    """
    assert pane.spectrum is not None
    levels = rows.apply(np.stack(spectrum) + offset_db)
    length = pane.spectrum_px
    levels -= palette.low
    levels *= (length - 1) / (palette.high - palette.low)
    at = np.nan_to_num(np.clip(levels, 0, length - 1).round(), copy=False).astype(np.int16)
    low, high = _lines(at[1:])
    reach = _reach(length)
    held, mean = reach[high] ^ reach[low]
    drawn = reach[at[0]] + 2 * mean + 4 * held
    drawn[:, [at for at, _ in spectrum_ticks(palette.low, palette.high, length, scale)]] += 8
    lines = [*2 * [theme.average], *4 * [theme.accent]]  # the later over the earlier
    colours = [theme.empty, theme.now, *lines, theme.gap, theme.gap, *lines]
    return Graph(pane.spectrum, pane.upright(pixels_of(np.array(colours)).take(drawn)))


def _lines(at: Int16Array) -> tuple[Int16Array, Int16Array]:
    """(lines, rows): where each begins and ends in a row; it spans to half-way to its neighbours. None at 0."""
    before, after = np.concatenate([at[:, :1], at[:, :-1]], axis=1), np.concatenate([at[:, 1:], at[:, -1:]], axis=1)
    low = np.minimum(at, (at + np.minimum(before, after)) >> 1)
    high = np.maximum(low + 1, (at + np.maximum(before, after) + 1) >> 1)
    return low, np.where(at > 0, np.maximum(high, at), low)


@lru_cache(maxsize=8)
def _reach(length: int) -> Uint8Array:
    """(length + 1, length): row n is 1 in its first n places."""
    return (np.arange(length) < np.arange(length + 1)[:, None]).astype(np.uint8)
