"""The pitch of a voice or a melody: its fundamental frequency, and how sure that is.

De Cheveigné & Kawahara, "YIN, a fundamental frequency estimator for speech and music" (J. Acoust. Soc. Am. 111, 2002):
the period at which sound is most like itself, steps 1 to 5.
"""

import math
from typing import Final, NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array, Float64Array

LOWEST_HZ: Final = 65.4  # C2, of a bass voice
HIGHEST_HZ: Final = 2093.0  # C7
VOICED: Final = 0.8  # confidence from which a pitch is one
_THRESHOLD: Final = 0.1  # of the paper: the first period so good is taken, not the best, which may be its double
_PERIODS: Final = 4  # of the lowest pitch in a frame: more would blur what glides


class Pitch(NamedTuple):
    """(k,) each. hz: NaN where there is no sound; confidence: 1 of a sound that repeats exactly, near 0 of noise."""

    hz: Float32Array
    confidence: Float32Array


class PitchFinder:
    """For windows of n_fft samples, of which the middle counts. Short ones raise the lowest pitch to two periods."""

    def __init__(self, n_fft: int, samplerate: int) -> None:
        self._samplerate = samplerate
        self._longest = min(math.ceil(samplerate / LOWEST_HZ), n_fft // 2 - 1)
        self._shortest = max(2, math.floor(samplerate / HIGHEST_HZ))
        length = min(n_fft, _PERIODS * self._longest)
        self._frame = slice((n_fft - length) // 2, (n_fft - length) // 2 + length)
        self._compared = length - self._longest  # samples that every period is judged by
        from scipy import fft  # three times numpy's start-up time: not on the way to the first frame

        self._fft = fft
        self._transform = fft.next_fast_len(length + self._longest, real=True)

    def find(self, windows: Float32Array) -> Pitch:
        """Pitches of (k, n_fft) samples."""
        if self._longest <= self._shortest + 1:  # no window for any pitch
            return Pitch(np.full(len(windows), np.nan, np.float32), np.zeros(len(windows), np.float32))
        difference = self._difference(windows[:, self._frame].astype(np.float64))
        lags = np.arange(1, self._longest + 1)
        mean = np.cumsum(difference[:, 1:], axis=1) / lags
        with np.errstate(divide="ignore", invalid="ignore"):
            unlike = difference[:, 1:] / mean  # the paper's d′, of lags 1 …
        first = self._shortest - 1
        inner = unlike[:, first:-1]
        trough = (inner <= unlike[:, first - 1 : -2]) & (inner < unlike[:, first + 1 :]) & (inner < _THRESHOLD)
        found = trough.any(axis=1)
        known = np.asarray(np.isfinite(unlike).all(axis=1))
        best = np.argmin(np.where(known[:, None], inner, 0.0), axis=1)
        at = np.where(found, np.argmax(trough, axis=1), best) + first
        rows = np.arange(len(unlike))
        before, here, after = unlike[rows, at - 1], unlike[rows, at], unlike[rows, at + 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = (before - after) / (2 * (before - 2 * here + after))
        shift = np.where(np.abs(shift) < 1, shift, 0.0)
        hz = np.where(known, self._samplerate / (at + 1 + shift), np.nan)
        confidence = np.where(known, np.clip(1 - here, 0, 1), 0.0)
        return Pitch(hz.astype(np.float32), confidence.astype(np.float32))

    def _difference(self, frames: Float64Array) -> Float64Array:
        """(k, longest + 1): squares of x[j] − x[j + lag], summed over the same j for every lag."""
        n = self._compared
        beginning = self._fft.rfft(frames[:, :n], self._transform)
        whole = self._fft.rfft(frames, self._transform)
        alike = self._fft.irfft(beginning.conj() * whole, self._transform)[:, : self._longest + 1]
        energy = np.cumsum(np.pad(frames**2, ((0, 0), (1, 0))), axis=1)
        shifted = energy[:, n : n + self._longest + 1] - energy[:, : self._longest + 1]
        # Rounding leaves some 1e-16 of the energy: nothing beside what sound does, and never below zero.
        difference: Float64Array = np.maximum(shifted[:, :1] + shifted - 2 * alike, 0.0)
        return difference
