"""Bands of several bins each: mel bands, and the twelve pitch classes. Rows of weights over the bins' power.

Both are librosa's (`librosa.filters.mel` and `librosa.filters.chroma` with their defaults), to the rounding of float32.
"""

from typing import Final

import numpy as np

from livespec.core.arrays import Float32Array, Float64Array
from livespec.core.scales import FrequencyAxis

MELS: Final = 128
CHROMAS: Final = 12
_A4_HZ: Final = 440.0
_A_TO_C: Final = -3  # semitones up to the C above, modulo an octave
_LOUDEST_OCTAVE: Final = 5.0  # above 27.5 / 2 Hz: from A4 up; as Ellis's chroma code weighs octaves
_OCTAVES_WIDE: Final = 2.0


def mel_edges(axis: FrequencyAxis, mels: int = MELS) -> Float64Array:
    """(mels + 2,) Hz: where triangles begin, reach their tops and end, evenly along a mel axis."""
    return axis.frequency(np.linspace(0, 1, mels + 2))


def mel_filters(axis: FrequencyAxis, frequencies: Float64Array, mels: int = MELS, *, area: bool) -> Float32Array:
    """(mels, bins) triangles over bins at `frequencies` in Hz. area: each has area 1, as Slaney's; else height 1."""
    edges = mel_edges(axis, mels)
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    if area:
        triangles *= (2 / (edges[2:] - edges[:-2]))[:, None]
    return triangles.astype(np.float32)


def chroma_filters(frequencies: Float64Array) -> Float32Array:
    """(12, bins): how much of each bin's power belongs to C, C♯ … B, for A4 = 440 Hz.

    Gaussian bumps a semitone wide, of sum 1 in squares over the classes, octaves far from A4 weighing less: Ellis,
    "Chroma feature analysis and synthesis" (2007). frequencies: evenly spaced from 0 Hz.
    """
    octaves = np.log2(np.arange(1, len(frequencies) + 1) * frequencies[1] / (_A4_HZ / 16))  # and of one bin more
    semitones = CHROMAS * np.concatenate([[octaves[0] - 1.5], octaves])  # 0 Hz has no octave: far below the first
    width = np.maximum(np.diff(semitones), 1.0)
    semitones = semitones[:-1]
    apart = semitones - np.arange(CHROMAS)[:, None]
    half = CHROMAS // 2
    apart = np.remainder(apart + half, CHROMAS) - half
    weights = np.exp(-0.5 * (2 * apart / width) ** 2)
    weights /= np.sqrt((weights**2).sum(axis=0))
    weights *= np.exp(-0.5 * ((semitones / CHROMAS - _LOUDEST_OCTAVE) / _OCTAVES_WIDE) ** 2)
    return np.roll(weights, _A_TO_C, axis=0).astype(np.float32)
