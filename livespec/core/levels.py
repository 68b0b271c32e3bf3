"""Level meters: peak, true peak, RMS, crest factor, offset and clipped samples of each channel.

RMS by AES17: a full-scale sine reads 0.00 dBFS, so meter and spectrum agree. True peak by ITU-R BS.1770: what the
waveform reaches between the samples.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from livespec.core.arrays import BoolArray, Float32Array, Float64Array, Int64Array
from livespec.core.stft import FLOOR_DBFS

CLIP_LEVEL: Final = 1.0 - 2**-15  # the largest 16-bit sample: converters that clip stop here
_AES17: Final = 2.0  # a sine's mean square is half of its peak's square
_PEAK_FALL_DB_PER_S: Final = 20 / 1.7
_RMS_S: Final = 0.3
_OFFSET_S: Final = 3.0

# ITU-R BS.1770-4, annex 2: the interpolating filter for four times the sampling rate, two of its four phases. The
# other two are these backwards.
_PHASES: Final = (
    (
        0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625,
        0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500,
    ),
    (
        -0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250,
        0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375,
    ),
)  # fmt: skip
_TAPS: Final = len(_PHASES[0])
_FILTER: Final = np.array([*_PHASES, *(phase[::-1] for phase in _PHASES)], np.float32).T.copy()  # (taps, phases)
_LARGEST_GAIN: Final = float(np.abs(_FILTER).sum(axis=0).max())
_SAMPLES_AT_ONCE: Final = 4096


@dataclass(frozen=True)
class Level:
    """Since the start, of one channel.

    peak_dbfs, true_peak_dbtp: of the samples, and between them; rms_dbfs: AES17; crest_db: peak over RMS, 3.01 of a
    sine; dc_offset: mean, of full scale; clipped: samples at the converter's end.
    """

    peak_dbfs: float
    true_peak_dbtp: float
    rms_dbfs: float
    crest_db: float
    dc_offset: float
    clipped: int


class Clipping(NamedTuple):
    """Samples at the converter's end of each channel, (channels,): how many, positions of the first and the last.

    Where there are none, the positions are −1.
    """

    samples: Int64Array
    first: Int64Array
    last: Int64Array


class Meter:
    """Running levels. One thread calls `push`; all else may be called from any. clipping: so far."""

    def __init__(self, channels: int) -> None:
        nowhere = np.full(channels, -1)
        self.clipping = Clipping(np.zeros(channels, np.int64), nowhere, nowhere)
        self._peak = np.zeros(channels)
        self._true_peak = np.zeros(channels)
        self._held_true_peak = np.zeros(channels)
        self._to_hold_anew = np.zeros(channels, bool)
        self._energy = np.zeros(channels)
        self._sum = np.zeros(channels)
        self._samples = np.zeros(channels, np.int64)
        self._before = np.zeros((channels, _TAPS - 1), np.float32)
        self._begun = False

    def push(self, samples: Float32Array, position: int = 0) -> None:
        """Take in samples (channels, n) from a position on; NaN and infinite ones are left out."""
        taken: int | Int64Array = samples.shape[1]
        finite = np.isfinite(samples)
        if not finite.all():
            samples = np.where(finite, samples, 0)
            taken = np.count_nonzero(finite, axis=1)
        self._samples = self._samples + taken
        self._begun = True
        self._energy += np.einsum("cn,cn->c", samples, samples, dtype=np.float64)
        self._sum += samples.sum(axis=1, dtype=np.float64)
        peaks = np.maximum(samples.max(axis=1), -samples.min(axis=1))
        self._peak = np.maximum(self._peak, peaks)
        if peaks.max() >= CLIP_LEVEL:
            self._note_clipping(np.abs(samples) >= CLIP_LEVEL, position)
        for channel in np.flatnonzero(self._to_hold_anew):
            self._held_true_peak[channel] = 0.0
            self._to_hold_anew[channel] = False
        for first in range(0, samples.shape[1], _SAMPLES_AT_ONCE):
            self._find_true_peaks(samples[:, first : first + _SAMPLES_AT_ONCE])

    def _note_clipping(self, clipped: BoolArray, position: int) -> None:
        """clipped: which samples (channels, n) from a position on."""
        before, anywhere = self.clipping, clipped.any(axis=1)
        first, behind_last = clipped.argmax(axis=1), clipped.shape[1] - clipped[:, ::-1].argmax(axis=1)
        self.clipping = Clipping(
            before.samples + np.count_nonzero(clipped, axis=1),
            np.where(anywhere & (before.first < 0), position + first, before.first),
            np.where(anywhere, position + behind_last - 1, before.last),
        )

    def _find_true_peaks(self, samples: Float32Array) -> None:
        """Oversample the channels that may reach higher than what is held."""
        joined = np.concatenate([self._before, samples], axis=1)
        self._before = joined[:, samples.shape[1] :].copy()
        reach = np.abs(joined).max(axis=1)
        self._held_true_peak = np.maximum(self._held_true_peak, reach)
        for channel in np.flatnonzero(reach * _LARGEST_GAIN > self._held_true_peak):
            between = np.ascontiguousarray(sliding_window_view(joined[channel], _TAPS)) @ _FILTER
            self._held_true_peak[channel] = max(self._held_true_peak[channel], np.abs(between).max())
        self._true_peak = np.maximum(self._true_peak, self._held_true_peak)

    def hold_anew(self, channel: int) -> None:
        """Let the held true peak of a channel be that of what comes from now on."""
        self._to_hold_anew[channel] = True

    @property
    def held_true_peaks_dbtp(self) -> list[float]:
        """Of each channel, since the start or since it was to be held anew."""
        return [_dbfs(peak) for peak in np.where(self._to_hold_anew, 0.0, self._held_true_peak).tolist()]

    def levels(self) -> list[Level] | None:
        """One `Level` a channel, or None before the first sample."""
        if not self._begun:
            return None
        samples = np.maximum(self._samples, 1)
        rms = np.sqrt(self._energy / samples)
        return [
            Level(
                peak_dbfs=_dbfs(peak),
                true_peak_dbtp=_dbfs(true_peak),
                rms_dbfs=_dbfs(np.sqrt(_AES17) * r),
                crest_db=_dbfs(peak) - _dbfs(r) if r > 0 else 0.0,
                dc_offset=float(mean),
                clipped=int(clipped),
            )
            for peak, true_peak, r, mean, clipped in zip(
                self._peak, self._true_peak, rms, self._sum / samples, self.clipping.samples, strict=True
            )
        ]


class Needle(NamedTuple):
    """What a meter's needle shows of each channel, (channels,) in dBFS: the peak as it falls, the RMS of a moment.

    zeros_s: for how long nothing but zeros came; offset: the mean of the last seconds, of full scale.
    """

    peak_dbfs: Float64Array
    rms_dbfs: Float64Array
    zeros_s: Float64Array
    offset: Float64Array


class Needles:
    """Levels as a person reads them from a moving meter. One thread pushes; `now` may be read from any.

    Peaks rise at once and fall by 20 dB in 1.7 s (IEC 60268-10, type I); the RMS is averaged over 300 ms (the
    integration of a VU meter, IEC 60268-17).
    """

    def __init__(self, channels: int, samplerate: int) -> None:
        self._samplerate = samplerate
        self._peak = np.zeros(channels)
        self._square = np.zeros(channels)
        self._zeros_s = np.zeros(channels)
        self._offset = np.zeros(channels)
        floor = np.full(channels, FLOOR_DBFS)
        self.now = Needle(floor, floor, np.zeros(channels), np.zeros(channels))

    def push(self, samples: Float32Array) -> None:
        """Take in samples (channels, n); NaN and infinite ones count as none."""
        finite = np.isfinite(samples)
        if not finite.all():
            samples = np.where(finite, samples, 0)
        n = samples.shape[1]
        elapsed_s = n / self._samplerate
        fallen = self._peak * 10 ** (-_PEAK_FALL_DB_PER_S * elapsed_s / 20)
        highest, lowest = samples.max(axis=1), samples.min(axis=1)
        self._peak = np.maximum(fallen, np.maximum(highest, -lowest))
        self._zeros_s = np.where((highest == 0) & (lowest == 0), self._zeros_s + elapsed_s, 0.0)
        self._offset = self._offset + (samples.mean(axis=1) - self._offset) * -np.expm1(-elapsed_s / _OFFSET_S)
        mean_square = np.einsum("cn,cn->c", samples, samples, dtype=np.float64) / n
        self._square += (mean_square - self._square) * -np.expm1(-elapsed_s / _RMS_S)
        with np.errstate(divide="ignore"):
            peak, rms = 20 * np.log10(self._peak), 10 * np.log10(_AES17 * self._square)
        levels = np.maximum(peak, FLOOR_DBFS), np.maximum(rms, FLOOR_DBFS)
        self.now = Needle(*levels, self._zeros_s, self._offset)


def _dbfs(amplitude: float) -> float:
    return max(FLOOR_DBFS, 20 * float(np.log10(max(amplitude, 1e-30))))
