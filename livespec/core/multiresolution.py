"""Several windows for one column: long ones for the bass, short ones for the treble, without a seam.

All windows are centred on the same moment and transformed at the same length, so they share one clock and one grid
of bins; zero-padding interpolates the shorter ones. Each is scaled for itself (a full-scale sine reads 0 dBFS with
every one of them), and where two meet their powers are mixed over an octave.
"""

from typing import Final, NamedTuple

import numpy as np

from livespec.core.arrays import Float64Array
from livespec.core.window import make_window

_SEAMS_HZ: Final = (250.0, 1000.0, 4000.0)
_FADE_OCTAVES: Final = 1.0


class Band(NamedTuple):
    """One window of a column.

    start: first sample of the window within the column's n_fft; function: (length,) window function, unscaled;
    share: (bins,) how much of each bin's power is taken from it, 0 … 1.
    """

    start: int
    function: Float64Array
    share: Float64Array


def single_band(window: str, n_fft: int, bins: int) -> tuple[Band, ...]:
    """One window for all frequencies."""
    return (Band(0, make_window(window, n_fft), np.ones(bins)),)


def octave_bands(window: str, n_fft: int, frequencies_hz: Float64Array) -> tuple[Band, ...]:
    """Windows of n_fft, n_fft / 2, / 4 and / 8 samples, from the bass upwards. Raises `UsageError` for the window."""
    lower = np.array([_risen(frequencies_hz, seam) for seam in _SEAMS_HZ])
    shares = [1 - lower[0], *(lower[:-1] - lower[1:]), lower[-1]]
    bands = []
    for halvings, share in enumerate(shares):
        length = max(1, n_fft >> halvings)
        bands.append(Band((n_fft - length) // 2, make_window(window, length), share))
    return tuple(bands)


def _risen(frequencies_hz: Float64Array, seam_hz: float) -> Float64Array:
    """From 0 below a seam to 1 above it, a raised cosine over the octaves around it."""
    octaves = np.log2(np.maximum(frequencies_hz, 1e-3) / seam_hz)
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(octaves / _FADE_OCTAVES + 0.5, 0, 1))
