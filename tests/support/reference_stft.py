"""The spectrogram from its definition, in float64, with numpy and scipy's windows alone."""

import numpy as np
from scipy.signal import get_window

from livespec.core.arrays import Float64Array


def reference_amplitudes(samples: np.ndarray, n_fft: int, hop: int, window: str | tuple = "hann") -> Float64Array:
    """(columns, bins) of amplitudes: a full-scale sine on a bin centre is 1.

    One-sided: every bin but DC and, for even n_fft, Nyquist stands for its mirror image too.
    """
    shape = np.asarray(get_window(window, n_fft, fftbins=True), np.float64)
    starts = range(0, len(samples) - n_fft + 1, hop)
    frames = np.stack([np.asarray(samples[start : start + n_fft], np.float64) for start in starts])
    amplitudes = np.abs(np.fft.rfft(frames * shape)) / shape.sum()
    last_doubled = n_fft // 2 if n_fft % 2 == 0 else n_fft // 2 + 1
    amplitudes[:, 1:last_doubled] *= 2
    return amplitudes


def reference_dbfs(samples: np.ndarray, n_fft: int, hop: int, window: str | tuple = "hann") -> Float64Array:
    """`reference_amplitudes` in dBFS, nothing below −200."""
    return to_dbfs(reference_amplitudes(samples, n_fft, hop, window))


def to_dbfs(amplitudes: Float64Array) -> Float64Array:
    """20 log10, nothing below −200."""
    return 20 * np.log10(np.maximum(amplitudes, 1e-10))
