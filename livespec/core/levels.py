"""Level meters: peak, RMS and clipped samples of each channel.

RMS by AES17: a full-scale sine reads 0.00 dBFS, so meter and spectrum agree.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from livespec.core.arrays import Float32Array, Int64Array
from livespec.core.stft import FLOOR_DBFS

CLIP_LEVEL: Final = 1.0 - 2**-15  # the largest 16-bit sample: converters that clip stop here
_AES17: Final = 2.0  # a sine's mean square is half of its peak's square


@dataclass(frozen=True)
class Level:
    """Since the start: peak_dbfs and rms_dbfs of one channel, and how many of its samples clipped."""

    peak_dbfs: float
    rms_dbfs: float
    clipped: int


class Meter:
    """Running levels. One thread calls `push`; `levels` may be read from any."""

    def __init__(self, channels: int) -> None:
        self._peak = np.zeros(channels)
        self._energy = np.zeros(channels)
        self._clipped = np.zeros(channels, np.int64)
        self._samples = np.zeros(channels, np.int64)
        self._begun = False

    def push(self, samples: Float32Array) -> None:
        """Take in samples (channels, n); NaN and infinite ones are left out."""
        taken: int | Int64Array = samples.shape[1]
        finite = np.isfinite(samples)
        if not finite.all():
            samples = np.where(finite, samples, 0)
            taken = np.count_nonzero(finite, axis=1)
        self._samples = self._samples + taken
        self._begun = True
        self._energy += np.einsum("cn,cn->c", samples, samples, dtype=np.float64)
        peaks = np.maximum(samples.max(axis=1), -samples.min(axis=1))
        self._peak = np.maximum(self._peak, peaks)
        if peaks.max() >= CLIP_LEVEL:
            self._clipped = self._clipped + np.count_nonzero(np.abs(samples) >= CLIP_LEVEL, axis=1)

    def levels(self) -> list[Level] | None:
        """One `Level` a channel, or None before the first sample."""
        if not self._begun:
            return None
        rms = np.sqrt(_AES17 * self._energy / np.maximum(self._samples, 1))
        return [
            Level(_dbfs(peak), _dbfs(r), int(clipped))
            for peak, r, clipped in zip(self._peak, rms, self._clipped, strict=True)
        ]


def _dbfs(amplitude: float) -> float:
    return max(FLOOR_DBFS, 20 * float(np.log10(max(amplitude, 1e-30))))
