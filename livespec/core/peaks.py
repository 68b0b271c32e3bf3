"""The strongest tones of a column, finer than its bins.

Through the amplitudes at a local maximum and on either side, where the main lobe has fallen to about a half, goes a
parabola. Where its vertex lies depends on the window function and on where the tone really is between the bins; the
window's own transform says how. So it is looked up backwards, and a clean tone is found to a few thousandths of a bin
with every window function.
"""

from itertools import pairwise, starmap
from typing import Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from livespec.core.arrays import Float32Array, Float64Array
from livespec.core.stft import Engine

_TABLE_STEPS: Final = 256
_FURTHEST_BINS: Final = 0.75  # a flat top's maximum may be read beside the tone
_WIDEST_BINS: Final = 3  # half of the widest main lobe
_LONGEST: Final = 1024  # samples of the window function that the table is made from: its shape is what counts


class Peak(NamedTuple):
    """A tone: its frequency, its level in the unit of the column, and where between the bins it lies."""

    frequency_hz: float
    level_db: float
    bin: float


class PeakFinder:
    """For columns of one window function, (n_fft,). padding: transform length over window length."""

    def __init__(self, function: Float64Array, padding: int = 1) -> None:
        self._padding = padding
        sides = np.arange(1, _WIDEST_BINS * padding + 1)
        self._side = int(sides[np.abs(_response(function, sides / padding) - 0.5).argmin()])
        offsets = np.linspace(0, _FURTHEST_BINS, _TABLE_STEPS + 1)  # windows are symmetric
        side = self._side / padding
        below, middle, above = (_response(function, offsets + k) for k in (side, 0, -side))
        self._vertex = np.maximum.accumulate(_vertex(below / middle, above / middle))
        self._offset = offsets
        self._lost_db = -20 * np.log10(middle)

    def find(self, levels: Float32Array, bin_hz: float, at_most: int = 5, above_db: float = -120.0) -> list[Peak]:
        """The strongest local maxima, strongest first. levels: (bins,) dB; above_db: what is lower is none.

        bin_hz: distance of the bins. A column of NaN has none; within the main lobe of DC and of the end there is none.
        """
        at = self._maxima(levels, above_db)[:at_most]
        ratios = 10 ** ((levels[at + np.array([[-self._side], [self._side]])].astype(np.float64) - levels[at]) / 20)
        vertex = _vertex(*ratios)
        offset = np.interp(np.abs(vertex), self._vertex, self._offset)
        level = levels[at] + np.interp(offset, self._offset, self._lost_db)
        places = at + np.sign(vertex) * offset * self._padding
        peaks = [Peak(float(p * bin_hz), float(db), float(p)) for p, db in zip(places, level, strict=True)]
        return sorted(peaks, key=lambda peak: -peak.level_db)

    def _maxima(self, levels: Float32Array, above_db: float) -> np.ndarray:
        """Bins that nothing within half a main lobe exceeds, strongest first."""
        reach = max(self._padding, self._side)
        if len(levels) <= 2 * reach:
            return np.empty(0, np.intp)
        middle = levels[reach:-reach]
        highest = sliding_window_view(levels, 2 * reach + 1).max(axis=1)
        peaked = (middle == highest) & (middle > levels[: -2 * reach]) & (middle >= levels[2 * reach :])
        found = np.flatnonzero(peaked & (middle > above_db)) + reach
        found = found[np.diff(found, prepend=-reach) > reach]  # of equal neighbours the first
        return found[np.argsort(-levels[found], kind="stable")]


class ColumnPeaks:
    """Finds the tones in columns of an engine; of several windows each where most of the power is taken from it."""

    def __init__(self, engine: Engine) -> None:
        self._bin_hz = engine.bin_hz
        most = np.argmax([band.share for band in engine.bands], axis=0)  # rises from band to band
        edges = np.searchsorted(most, np.arange(len(engine.bands) + 1)).tolist()
        finders = [PeakFinder(band.function, engine.transform_length // len(band.function)) for band in engine.bands]
        self._parts = list(zip(starmap(range, pairwise(edges)), finders, strict=True))

    def find(self, levels: Float32Array, at_most: int, above_db: float) -> list[Peak]:
        """As `PeakFinder.find`."""
        found: list[Peak] = []
        for bins, finder in self._parts:
            peaks = finder.find(levels, self._bin_hz, len(levels), above_db)
            found += [peak for peak in peaks if round(peak.bin) in bins]
        return sorted(found, key=lambda peak: -peak.level_db)[:at_most]


def _response(function: Float64Array, bins: Float64Array) -> Float64Array:
    """Amplitude of a tone so many window bins beside the bin that is read, 1 at 0."""
    shape = function[:: max(1, len(function) // _LONGEST)]
    phase = np.exp(-2j * np.pi * bins[:, None] * np.arange(len(shape)) / len(shape))
    response: Float64Array = np.abs(phase @ shape) / shape.sum()
    return response


def _vertex(below: Float64Array, above: Float64Array) -> Float64Array:
    """Where the parabola through (−1, below), (0, 1), (1, above) has its vertex."""
    bend = below - 2 + above
    return np.where(bend < 0, 0.5 * (below - above) / np.where(bend < 0, bend, -1), 0.0)
