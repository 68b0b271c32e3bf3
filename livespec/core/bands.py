"""Columns of bands in place of bins, for pictures: mel bands, or the twelve pitch classes."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from livespec.core.arrays import Float32Array, Float64Array
from livespec.core.filterbank import CHROMAS, MELS, chroma_filters, mel_filters
from livespec.core.quantity import LevelQuantity
from livespec.core.scales import FrequencyAxis, RowMap
from livespec.core.stft import FLOOR_DBFS, Engine

_A4_HZ: Final = 440.0
_A4_CLASS: Final = 9  # C is 0


class MelBandAxis(FrequencyAxis):
    """A mel axis whose rows show mel bands, evenly along it: the middle of band b is at (b + 0.5) / 128."""

    @classmethod
    def of(cls, fmin: float, fmax: float) -> "MelBandAxis":
        """The axis between two frequencies in Hz."""
        return cls("mel", fmin, fmax)

    def rows(self, count: int, bins: int, bin_hz: float) -> RowMap:  # noqa: ARG002 - bands have no distance in Hz
        return _rows_of_bands(count, bins)

    @property
    def triangles(self) -> FrequencyAxis:
        """The axis along which the triangles begin and end, half a band further than the rows."""
        half = 0.5 / MELS
        low, high = self.frequency([-half, 1 + half])
        return FrequencyAxis("mel", max(0.0, float(low)), float(high))


@dataclass(frozen=True)
class ChromaAxis:
    """The octave as one turn: C at the bottom, B at the top, a band each."""

    def place(self, hz: npt.ArrayLike) -> Float64Array:
        """Where a pitch lies: 0 … 1, between the classes if it is out of tune."""
        with np.errstate(divide="ignore", invalid="ignore"):
            semitones = CHROMAS * np.log2(np.asarray(hz, np.float64) / _A4_HZ) + _A4_CLASS
        place: Float64Array = np.remainder(semitones + 0.5, CHROMAS) / CHROMAS
        return place

    def rows(self, count: int, bins: int, bin_hz: float) -> RowMap:  # noqa: ARG002 - as every axis
        band = np.minimum((np.arange(count) + 0.5) / count * bins, bins - 1).astype(np.int32)
        return RowMap(band, band, np.full(count, -1, np.float32))


class BandLevels:
    """Levels of bands from columns of raw dBFS, for one engine and the quantity that is shown.

    Of a level quantity a band has the power of what lies in it: a sine in the middle of a mel band reads what it reads
    in its bin, less what its window spreads beyond a narrow band (at most 1.2 dB). Of a density it has the mean.
    """

    def __init__(self, axis: MelBandAxis | ChromaAxis, engine: Engine, quantity: LevelQuantity) -> None:
        if isinstance(axis, MelBandAxis):
            weights = mel_filters(axis.triangles, engine.frequencies, area=False)
        else:
            weights = chroma_filters(engine.frequencies)
        if engine.settings.quantity == "density":
            weights /= np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        else:
            weights *= (engine.bin_hz / engine.noise_bandwidth_hz).astype(np.float32)
        self._weights: Float32Array = np.ascontiguousarray(weights.T)
        self._offset_db = quantity.offset_db

    @property
    def bands(self) -> int:
        return int(self._weights.shape[1])

    def of(self, columns: Float32Array) -> Float32Array:
        """(k, bands) of columns (k, bins); nothing is below −200, NaN where a column is."""
        power = np.exp((columns + self._offset_db) * np.float32(np.log(10) / 10))
        floor = np.float32(10 ** (FLOOR_DBFS / 10))
        levels: Float32Array = 10 * np.log10(np.maximum(power @ self._weights, floor))
        return levels


def _rows_of_bands(count: int, bands: int) -> RowMap:
    return RowMap.of(FrequencyAxis("linear", -0.5, bands - 0.5), count, bands, 1.0)
