"""Frequency scales, and which bins a row of the picture shows.

A row spans a stretch of frequency. Where bin centres lie in it, it shows the loudest of them; where none
does, it shows the level between its two neighbours. So a tone never disappears, on any scale at any height.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from livespec.core.arrays import Float32Array, Float64Array, Int32Array, Int64Array
from livespec.settings import Scale


class FrequencyScale(Protocol):
    """A strictly rising mapping from Hz to where it lies on the axis, and back."""

    def forward(self, hz: Float64Array) -> Float64Array: ...
    def inverse(self, place: Float64Array) -> Float64Array: ...


class Linear:
    """Hz themselves."""

    def forward(self, hz: Float64Array) -> Float64Array:
        return np.asarray(hz, np.float64)

    def inverse(self, place: Float64Array) -> Float64Array:
        return np.asarray(place, np.float64)


class Logarithmic:
    """Octaves above 1 Hz; 0 Hz lies infinitely far below."""

    def forward(self, hz: Float64Array) -> Float64Array:
        with np.errstate(divide="ignore"):
            return np.log2(hz)

    def inverse(self, place: Float64Array) -> Float64Array:
        return np.exp2(place)


class MelSlaney:
    """Mel as in Slaney's Auditory Toolbox (1998), librosa's default: linear below 1 kHz, then logarithmic."""

    _HZ_PER_MEL: Final = 200 / 3
    _BREAK_HZ: Final = 1000.0
    _BREAK_MEL: Final = _BREAK_HZ / _HZ_PER_MEL
    _LOG_STEP: Final = float(np.log(6.4) / 27)

    def forward(self, hz: Float64Array) -> Float64Array:
        hz = np.asarray(hz, np.float64)
        above = self._BREAK_MEL + np.log(np.maximum(hz, self._BREAK_HZ) / self._BREAK_HZ) / self._LOG_STEP
        return np.where(hz < self._BREAK_HZ, hz / self._HZ_PER_MEL, above)

    def inverse(self, place: Float64Array) -> Float64Array:
        place = np.asarray(place, np.float64)
        above = self._BREAK_HZ * np.exp(self._LOG_STEP * (np.maximum(place, self._BREAK_MEL) - self._BREAK_MEL))
        return np.where(place < self._BREAK_MEL, place * self._HZ_PER_MEL, above)


class MelHtk:
    """Mel as in HTK (Young et al., The HTK Book, equation 5.13), after O'Shaughnessy 1987: 1000 mel at 1 kHz."""

    _MELS: Final = 2595.0
    _HZ: Final = 700.0

    def forward(self, hz: Float64Array) -> Float64Array:
        return self._MELS * np.log10(1 + np.asarray(hz, np.float64) / self._HZ)

    def inverse(self, place: Float64Array) -> Float64Array:
        return self._HZ * (10 ** (np.asarray(place, np.float64) / self._MELS) - 1)


class Bark:
    """Critical-band rate by Traunmüller 1990 (J. Acoust. Soc. Am. 88, equation 6), without its corrections at the ends.

    Those bend the scale below 2 and above 20.1 Bark; without them it has one smooth inverse.
    """

    _BARKS: Final = 26.81
    _HZ: Final = 1960.0
    _SHIFT: Final = 0.53

    def forward(self, hz: Float64Array) -> Float64Array:
        hz = np.asarray(hz, np.float64)
        return self._BARKS * hz / (self._HZ + hz) - self._SHIFT

    def inverse(self, place: Float64Array) -> Float64Array:
        shifted = np.asarray(place, np.float64) + self._SHIFT
        return self._HZ * shifted / (self._BARKS - shifted)


class Erb:
    """ERB-rate by Glasberg & Moore 1990 (Hearing Research 47): equivalent rectangular bandwidths below a frequency."""

    _ERBS: Final = 21.4
    _PER_HZ: Final = 0.00437

    def forward(self, hz: Float64Array) -> Float64Array:
        return self._ERBS * np.log10(1 + self._PER_HZ * np.asarray(hz, np.float64))

    def inverse(self, place: Float64Array) -> Float64Array:
        return (10 ** (np.asarray(place, np.float64) / self._ERBS) - 1) / self._PER_HZ


# "octave" and "semitone" are the logarithmic scale; their ticks differ.
_SCALES: Final[dict[Scale, FrequencyScale]] = {
    "linear": Linear(),
    "log": Logarithmic(),
    "octave": Logarithmic(),
    "semitone": Logarithmic(),
    "erb": Erb(),
    "bark": Bark(),
    "mel-htk": MelHtk(),
    "mel": MelSlaney(),
}


# Ten octaves: what people hear.
_LOG_AXIS_RATIO: Final = 1024


def is_logarithmic(scale: Scale) -> bool:
    """Whether 0 Hz has no place on it."""
    return isinstance(_SCALES[scale], Logarithmic)


@dataclass(frozen=True)
class FrequencyAxis:
    """A frequency scale between two frequencies, laid along 0 (fmin) … 1 (fmax)."""

    scale: Scale
    fmin: float
    fmax: float

    @classmethod
    def between(cls, scale: Scale, fmin: float, fmax: float) -> "FrequencyAxis":
        """The axis of two frequencies in Hz, fmin from 0; where 0 has no place, it begins ten octaves below its end."""
        lowest = fmax / _LOG_AXIS_RATIO if is_logarithmic(scale) else 0.0
        return cls(scale, max(fmin, lowest), fmax)

    def place(self, hz: npt.ArrayLike) -> Float64Array:
        """Where frequencies lie: 0 at fmin, 1 at fmax."""
        low, high = self._ends()
        return (_SCALES[self.scale].forward(np.asarray(hz, np.float64)) - low) / (high - low)

    def frequency(self, place: npt.ArrayLike) -> Float64Array:
        """The frequencies in Hz at these places."""
        low, high = self._ends()
        return _SCALES[self.scale].inverse(low + np.asarray(place, np.float64) * (high - low))

    def rows(self, count: int, bins: int, bin_hz: float) -> "RowMap":
        """Which of so many bins each row shows."""
        return RowMap.of(self, count, bins, bin_hz)

    def _ends(self) -> tuple[float, float]:
        low, high = _SCALES[self.scale].forward(np.array([self.fmin, self.fmax]))
        return float(low), float(high)


@dataclass(frozen=True)
class RowMap:
    """Which bins each row shows, row 0 at fmin.

    first, last: (rows,) int32. Where `between` (rows,) is negative the row shows the loudest of bins
    first … last; else it lies at that fraction of the way from bin `first` to bin `last`.
    """

    first: Int32Array
    last: Int32Array
    between: Float32Array

    @classmethod
    def of(cls, axis: FrequencyAxis, rows: int, bins: int, bin_hz: float) -> "RowMap":
        """The map of `rows` rows along an axis, for bins 0 … bins − 1 that are bin_hz apart."""
        edges = axis.frequency(np.arange(rows + 1) / rows) / bin_hz
        centres = axis.frequency((np.arange(rows) + 0.5) / rows) / bin_hz
        first = np.ceil(edges[:-1])
        last = np.ceil(edges[1:]) - 1  # a bin on an edge belongs to the row above
        last[-1] = np.floor(edges[-1] + 1e-9)
        inside = last >= first
        below = np.clip(np.floor(centres), 0, bins - 1)
        above = np.clip(below + 1, 0, bins - 1)
        fraction = np.clip(centres - below, 0, 1)
        return cls(
            first=np.clip(np.where(inside, first, below), 0, bins - 1).astype(np.int32),
            last=np.clip(np.where(inside, last, above), 0, bins - 1).astype(np.int32),
            between=np.where(inside, -1, fraction).astype(np.float32),
        )

    def apply(self, columns: Float32Array) -> Float32Array:
        """Levels of the rows. columns: (k, bins) dBFS; returns (k, rows), NaN where the column is."""
        out = np.empty((len(columns), len(self.first)), columns.dtype)
        loudest, ends, mixed = self._kinds
        if len(loudest):
            padded = np.concatenate([columns, columns[:, -1:]], axis=1)  # so that last + 1 is an index
            out[:, loudest] = np.maximum.reduceat(padded, ends, axis=1)[:, ::2]
        low, high = columns[:, self.first[mixed]], columns[:, self.last[mixed]]
        out[:, mixed] = low + (high - low) * self.between[mixed]
        return out

    @cached_property
    def _kinds(self) -> tuple[Int64Array, Int32Array, Int64Array]:
        """The rows that show the loudest of their bins, where these begin and end, in turn, and the other rows."""
        inside = self.between < 0
        ends = np.stack([self.first[inside], self.last[inside] + 1], axis=1).ravel()
        return np.flatnonzero(inside), ends, np.flatnonzero(~inside)
