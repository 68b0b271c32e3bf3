"""The engine: windows of samples in, columns of levels out.

Numbers (docs/numerics.md): dBFS, a full-scale sine on a bin centre reads 0.00 dBFS with every window;
DC and Nyquist are not doubled; nothing is below −200 dBFS; a window with a NaN or infinite sample gives
a column of NaN. A column depends on its samples alone, not on how they arrived.

Use an `Engine` from one thread: it works in arrays that it made once.
"""

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from livespec.core.arrays import Float32Array, Float64Array, RealArray
from livespec.core.fft import RowTransform, Spectra, make_transform
from livespec.core.multiresolution import Band, octave_bands, single_band
from livespec.errors import UsageError
from livespec.settings import Settings

FLOOR_DBFS: Final = -200.0

_MOST_ROWS: Final = 32
_BATCH_BYTES: Final = 1 << 20  # rows at one time: what stays in the cache from one step to the next
# In place of a window's zeros: inf · 0 would raise a warning, and a bad sample there would not be seen.
_NEARLY_ZERO: Final = 1e-30
# Sound is transformed so many times as loud: a power of two costs no bit, and samples too small for normal floats
# (denormals: here 1.5 × the time, on some processors 10 ×) become normal ones.
_LOUDER: Final = 2.0**30


class _Work(NamedTuple):
    """One band: where its window begins, its function (length,), its transform, its bins and their shares of power."""

    first: int
    function: RealArray
    transform: RowTransform
    bins: slice
    share: RealArray


class _Batch(NamedTuple):
    """Views of the work arrays for one shape of batch; made once, for making them costs a tenth of an FFT.

    products: where each band's windows go, spectra: what transforms them; shaped: power in the shape of the batch;
    first: DC.
    """

    products: tuple[RealArray, ...]
    spectra: tuple[Spectra, ...]
    amplitude: RealArray
    shaped: RealArray
    power: RealArray
    first: RealArray
    floor: RealArray
    scale: RealArray


class Engine:
    """A short-time Fourier transform to dBFS for one `Settings` at one sampling rate.

    bands: the window functions of a column.
    `columns` and `columns_into` take windows; `push` takes sound as it comes and keeps what the next window needs.
    Samples beyond 10²⁸ or signalling NaNs make numpy warn; `numpy.errstate` around the call costs a twentieth of it.
    Raises `UsageError` where the settings do not fit the rate, or their FFT library is not there.

    >>> import numpy as np
    >>> engine = Engine(Settings(n_fft=1024, hop=512), samplerate=48_000)
    >>> sine = np.sin(2 * np.pi * 3_000 * np.arange(4_800) / 48_000)
    >>> columns = engine.push(sine)
    >>> columns.shape, round(float(columns[0].max()), 2), float(engine.frequencies[columns[0].argmax()])
    ((8, 513), 0.0, 3000.0)
    """

    def __init__(self, settings: Settings, samplerate: int) -> None:
        resolved = settings.at_rate(samplerate)
        assert resolved.n_fft is not None
        assert resolved.hop is not None
        self.settings = resolved
        self.samplerate = samplerate
        self.n_fft: int = resolved.n_fft
        self.hop: int = resolved.hop
        self.transform_length = self.n_fft * resolved.padding
        self.bins = self.transform_length // 2 + 1
        self.bands: tuple[Band, ...] = (
            octave_bands(resolved.window, self.n_fft, self.frequencies)
            if resolved.multiresolution
            else single_band(resolved.window, self.n_fft, self.bins)
        )
        real: np.dtype[np.floating] = np.dtype(np.float32 if resolved.precision == "single" else np.float64)
        self._most_rows = min(_MOST_ROWS, max(4, _BATCH_BYTES // (self.transform_length * real.itemsize)))
        self._work = tuple(self._work_of(band, real) for band in self.bands)
        self._function = self._work[0].function
        self._amplitude = np.empty((self._most_rows, self.bins), real)
        self._power = np.empty_like(self._amplitude) if len(self.bands) > 1 else self._amplitude
        # Of one band the amplitude becomes decibels, of several their mixed power.
        exponent = 1 if len(self.bands) == 1 else 2
        self._decibels_per_neper = np.array(20 / exponent / np.log(10), real)
        # A scale for each number, not for each bin: 2 × cheaper.
        self._scale = np.full(self._amplitude.shape, _LOUDER**-exponent, real)
        self._scale[:, self.unmirrored] /= 2**exponent
        self._floor = np.exp(FLOOR_DBFS / self._decibels_per_neper) / self._scale
        self._batches: dict[tuple[int, ...], _Batch] = {}
        self._waiting: Float32Array = np.empty((0, 0), np.float32)

    def _work_of(self, band: Band, real: np.dtype[np.floating]) -> _Work:
        # In the window: coherent gain and one-sided factor, so that |X| of a full-scale sine is `_LOUDER`.
        function = band.function * (2 * _LOUDER / band.function.sum())
        function[function == 0] = _NEARLY_ZERO
        transform = make_transform(self.settings.fft, self._most_rows, self.transform_length, real)
        used = np.flatnonzero(band.share)
        bins = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 0)
        return _Work(band.start, function.astype(real), transform, bins, band.share[bins].astype(real))

    @property
    def unmirrored(self) -> list[int]:
        """DC and, for even lengths, Nyquist: the bins that do not stand for a negative frequency too."""
        return [0, self.bins - 1] if self.transform_length % 2 == 0 else [0]

    @property
    def bin_hz(self) -> float:
        """Distance of neighbouring bins in Hz."""
        return self.samplerate / self.transform_length

    @property
    def frequencies(self) -> Float64Array:
        """Centre frequency of each bin in Hz, (bins,) float64."""
        return np.arange(self.bins, dtype=np.float64) * self.bin_hz

    @property
    def column_s(self) -> float:
        """Time from one column to the next in seconds."""
        return self.hop / self.samplerate

    @property
    def noise_bandwidth_hz(self) -> Float64Array:
        """Equivalent noise bandwidth of each bin in Hz, (bins,): Harris 1978, equation 11."""
        bandwidths = [
            band.share * self.samplerate * np.sum(band.function**2) / band.function.sum() ** 2 for band in self.bands
        ]
        return np.sum(bandwidths, axis=0)  # type: ignore[no-any-return]

    def columns(self, frames: Float32Array) -> Float32Array:
        """dBFS of every bin. frames: (…, n_fft) samples in −1 … 1; returns a new (…, bins) float32 array."""
        out = np.empty((*frames.shape[:-1], self.bins), np.float32)
        self.columns_into(frames, out)
        return out

    def columns_into(self, frames: Float32Array, out: Float32Array) -> None:
        """`columns` into an array that is there. frames: (…, n_fft), at most three dimensions; out: (…, bins)."""
        if frames.ndim == 1:
            frames, out = frames[None], out[None]
        if not frames.size:
            return
        if frames.ndim == 2:  # noqa: PLR2004
            if len(frames) <= self._most_rows:
                self._transform(frames, out)
                return
            for first in range(0, len(frames), self._most_rows):
                stop = first + self._most_rows
                self._transform(frames[first:stop], out[first:stop])
            return
        channels, count = frames.shape[:2]
        if count >= self._most_rows:
            for channel, channel_out in zip(frames, out, strict=True):
                self.columns_into(channel, channel_out)
            return
        together = self._most_rows // max(1, count)  # of few columns those of several channels fill a batch
        for first in range(0, channels, together):
            stop = first + together
            self._transform(frames[first:stop], out[first:stop])

    def push(self, block: npt.ArrayLike) -> Float32Array:
        """Columns that a block of sound completes, those of `hop` after `hop` since the first block.

        block: (n,) samples, any n; returns (k, bins), k >= 0, the caller's own. Or (channels, n) → (channels, k, bins).
        Raises `UsageError` where the number of channels changes.
        """
        samples = np.asarray(block, np.float32)
        columns = self.columns(self.windows(samples[None] if samples.ndim == 1 else samples))
        return columns[0] if samples.ndim == 1 else columns

    def windows(self, block: Float32Array) -> Float32Array:
        """The windows that a block completes; what the next ones need is kept.

        block: (channels, n); returns (channels, k, n_fft), a view, k >= 0. Raises `UsageError` where the number of
        channels changes.
        """
        if block.ndim != 2 or (self._waiting.size and len(block) != len(self._waiting)):  # noqa: PLR2004
            raise UsageError(
                f"a block of shape {block.shape} after one of {len(self._waiting)} channels",
                "push (n,) samples, or (channels, n) with the same channels each time",
            )
        sound = np.concatenate([self._waiting, block], axis=1) if self._waiting.size else block
        count = max(0, 1 + (sound.shape[1] - self.n_fft) // self.hop)
        self._waiting = sound[:, count * self.hop :].copy()
        if not count:
            return np.empty((len(block), 0, self.n_fft), np.float32)
        return sliding_window_view(sound, self.n_fft, axis=1)[:, :: self.hop]

    # ---- one batch ----

    def _transform(self, frames: Float32Array, out: Float32Array) -> None:
        """(k, n_fft) → (k, bins), or (channels, k, n_fft) → (channels, k, bins), at most `_most_rows` rows."""
        batch = self._batches.get(frames.shape[:-1]) or self._make_batch(frames.shape[:-1])
        products, spectra, amplitude, shaped, power, first, floor, scale = batch
        if len(products) == 1:
            np.multiply(frames, self._function, products[0])  # gather and window in one pass
            np.absolute(spectra[0](), amplitude)
        else:
            self._mix(frames, batch)
        whole = math.isfinite(sum(first.tolist()))
        np.maximum(power, floor, out=power)  # by an array: 4 × cheaper than by a number
        np.multiply(power, scale, power)
        np.log(power, power)  # natural: 4 × cheaper than log10 without AVX-512
        np.multiply(shaped, self._decibels_per_neper, out)
        if not whole:  # one bad sample reaches every bin
            out[~np.isfinite(out[..., 0])] = np.nan

    def _mix(self, frames: Float32Array, batch: _Batch) -> None:
        """The power of every band's window into `batch.power`, each with its share."""
        batch.power[:] = 0
        for work, product, spectra in zip(self._work, batch.products, batch.spectra, strict=True):
            first, function, _, bins, share = work
            np.multiply(frames[..., first : first + len(function)], function, product)
            power = batch.amplitude[:, bins]
            np.absolute(spectra()[:, bins], power)
            with np.errstate(over="ignore"):  # samples of 10¹⁹ are no sound
                np.multiply(power, power, power)
            np.multiply(power, share, power)
            batch.power[:, bins] += power

    def _make_batch(self, shape: tuple[int, ...]) -> _Batch:
        rows = math.prod(shape)
        power = self._power[:rows]
        batch = _Batch(
            products=tuple(
                work.transform.frames[:rows].reshape(*shape, -1)[..., : len(work.function)] for work in self._work
            ),
            spectra=tuple(work.transform.spectra(rows) for work in self._work),
            amplitude=self._amplitude[:rows],
            power=power,
            shaped=power.reshape(*shape, self.bins),
            first=power[:, 0],
            floor=self._floor[:rows],
            scale=self._scale[:rows],
        )
        self._batches[shape] = batch
        return batch
