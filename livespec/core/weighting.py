"""Frequency weightings of sound level meters: Z, A and C by the analytic curves of IEC 61672-1:2013, annex E."""

from typing import Final

import numpy as np
import numpy.typing as npt

from livespec.core.arrays import Float64Array
from livespec.settings import Weighting

# Pole frequencies in Hz (equations E.1 to E.5, to more digits than the standard prints).
_F1, _F2, _F3, _F4 = 20.598997, 107.65265, 737.86223, 12194.217
_REFERENCE_HZ: Final = 1000.0  # here every weighting is 0 dB
_LOWEST_DB: Final = -200.0  # 0 Hz has no level; what is below −200 dB is silence anyway


def weighting_db(weighting: Weighting, frequencies_hz: npt.ArrayLike) -> Float64Array:
    """What a weighting adds to a level at these frequencies, in dB (same shape); nothing below −200.

    >>> weighting_db("A", [100.0, 1000.0]).round(1).tolist()
    [-19.1, 0.0]
    """
    hz = np.asarray(frequencies_hz, np.float64)
    gain = _GAINS[weighting](hz) / _GAINS[weighting](np.array(_REFERENCE_HZ))
    levels: Float64Array = 20 * np.log10(np.maximum(gain, 10 ** (_LOWEST_DB / 20)))
    return levels


def _z(hz: Float64Array) -> Float64Array:
    return np.ones_like(hz)


def _c(hz: Float64Array) -> Float64Array:
    return _F4**2 * hz**2 / ((hz**2 + _F1**2) * (hz**2 + _F4**2))


def _a(hz: Float64Array) -> Float64Array:
    return _c(hz) * hz**2 / np.sqrt((hz**2 + _F2**2) * (hz**2 + _F3**2))


_GAINS: Final = {"Z": _z, "A": _a, "C": _c}
