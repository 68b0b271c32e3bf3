"""The ways to make columns of dBFS: what each peer needs to do the same thing, as its documentation says.

All get the same float32 sound and give dB of a periodic Hann STFT, windows of n_fft, `hop` apart, whole windows only.
What can be made once is made once. A peer that is not installed is left out.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from livespec.core.arrays import Float32Array
from livespec.core.fft import make_transform
from livespec.core.stft import Engine
from livespec.errors import UsageError
from livespec.settings import FFT_LIBRARIES, FftLibrary, Settings

RATE: Final = 48_000
_FLOOR: Final = 1e-10
_AUDIOFLUX_LONGEST: Final = 4096  # beyond, audioflux 0.1.9 and MKL in one process end in a segmentation fault

OURS: Final = "livespec"
LIMIT: Final = "bare scipy FFT"
LOOP: Final = "numpy loop"


class Task(NamedTuple):
    """sound: (n_fft + (count − 1) · hop,) float32."""

    sound: Float32Array
    n_fft: int
    hop: int

    @property
    def columns(self) -> int:
        """How many columns it has."""
        return 1 + (len(self.sound) - self.n_fft) // self.hop

    @property
    def frames(self) -> Float32Array:
        """The windows, (count, n_fft), a view."""
        return sliding_window_view(self.sound, self.n_fft)[:: self.hop]

    @property
    def window(self) -> np.ndarray:
        """Periodic Hann, (n_fft,) float64."""
        return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.n_fft) / self.n_fft)


Work = Callable[[], Any]
Maker = Callable[[Task], Work]


def task(n_fft: int, count: int) -> Task:
    """Noise and two tones, a hop of n_fft / 8."""
    hop = n_fft // 8
    samples = n_fft + (count - 1) * hop
    t = np.arange(samples) / RATE
    tones = 0.3 * np.sin(2 * np.pi * 1000 * t) + 0.1 * np.sin(2 * np.pi * 7003 * t)
    noise = 0.01 * np.random.default_rng(1).standard_normal(samples)
    return Task((tones + noise).astype(np.float32), n_fft, hop)


def contenders(given: Task) -> dict[str, Work]:
    """Everything that is installed, by name: work that returns (count, bins) dB."""
    return dict(_available(given))


def limits(given: Task) -> dict[str, Work]:
    """The bare FFTs of the same batch, without window and without decibels."""
    batch = np.ascontiguousarray(given.frames)
    from scipy.fft import rfft

    found: dict[str, Work] = {LIMIT: lambda: rfft(batch, axis=-1)}
    for library in FFT_LIBRARIES[1:]:
        try:
            transform = make_transform(library, given.columns, given.n_fft, np.dtype(np.float32))
        except UsageError:
            continue
        transform.frames[: given.columns] = batch
        found[f"bare {library} FFT"] = transform.spectra(given.columns)
    return found


def disagreement_db(levels: Any, given: Task) -> float:
    """How far from float64 the loud bins (60 dB) are, at most."""
    amplitude = np.abs(np.fft.rfft(given.frames.astype(np.float64) * given.window)) * 2 / given.window.sum()
    exact = 20 * np.log10(np.maximum(amplitude, _FLOOR))
    got = np.asarray(levels, np.float64)
    if got.shape != exact.shape:
        return float("inf")
    loud = exact > exact.max() - 60
    loud[:, [0, -1]] = False  # of DC and Nyquist opinions differ
    return float(np.abs(got - exact)[loud].max())


def _available(given: Task) -> Iterator[tuple[str, Work]]:
    for library in FFT_LIBRARIES:
        try:
            yield OURS if library == "scipy" else f"{OURS} {library}", _engine(given, library)
        except UsageError:
            continue
    yield LOOP, _numpy_loop(given)
    yield "numpy batch", _numpy_batch(given)
    yield "scipy ShortTimeFFT", _short_time_fft(given)
    for name, make in _OPTIONAL.items():
        try:
            yield name, make(given)
        except ImportError:
            continue


def _engine(given: Task, library: FftLibrary) -> Work:
    engine = Engine(Settings(n_fft=given.n_fft, hop=given.hop, fft=library), RATE)
    frames, out = given.frames, np.empty((given.columns, engine.bins), np.float32)

    def work() -> Float32Array:
        engine.columns_into(frames, out)
        return out

    return work


def _numpy_loop(given: Task) -> Work:
    """As the plain program does it: a window after the other, in float64."""
    window = given.window
    scale = 2 / window.sum()
    out = np.empty((given.columns, given.n_fft // 2 + 1))

    def work() -> np.ndarray:
        for k in range(given.columns):
            spectrum = np.fft.rfft(given.sound[k * given.hop : k * given.hop + given.n_fft] * window)
            out[k] = 20 * np.log10(np.maximum(np.abs(spectrum) * scale, _FLOOR))
        return out

    return work


def _numpy_batch(given: Task) -> Work:
    window = (given.window * 2 / given.window.sum()).astype(np.float32)
    return lambda: 20 * np.log10(np.maximum(np.abs(np.fft.rfft(given.frames * window)), np.float32(_FLOOR)))


def _short_time_fft(given: Task) -> Work:
    from scipy.signal import ShortTimeFFT

    transform = ShortTimeFFT(given.window, given.hop, RATE, fft_mode="onesided2X", scale_to="magnitude")
    first = given.n_fft // 2 // given.hop

    def work() -> np.ndarray:
        spectra = transform.stft(given.sound, p0=first, p1=first + given.columns)
        levels: np.ndarray = 20 * np.log10(np.maximum(np.abs(spectra), _FLOOR)).T
        return levels

    return work


def _librosa(given: Task) -> Work:
    import librosa

    scale = 2 / given.window.sum()

    def work() -> np.ndarray:
        spectra = librosa.stft(given.sound, n_fft=given.n_fft, hop_length=given.hop, window="hann", center=False)
        return np.asarray(librosa.amplitude_to_db(np.abs(spectra) * scale, ref=1.0, amin=_FLOOR, top_db=None)).T

    return work


def _torch(given: Task) -> Work:
    import torch

    torch.set_num_threads(1)
    sound, window = torch.from_numpy(given.sound), torch.from_numpy(given.window.astype(np.float32))
    scale = float(2 / given.window.sum())

    def work() -> Any:
        spectra = torch.stft(sound, given.n_fft, given.hop, window=window, center=False, return_complex=True)
        return (20 * torch.log10(torch.clamp(spectra.abs() * scale, min=_FLOOR))).T

    return work


def _audioflux(given: Task) -> Work:
    if given.n_fft > _AUDIOFLUX_LONGEST:
        raise ImportError("audioflux ends the process when MKL is loaded beside it")
    import audioflux

    transform = audioflux.STFT(
        radix2_exp=given.n_fft.bit_length() - 1,
        window_type=audioflux.type.WindowType.HANN,
        slide_length=given.hop,
    )
    scale = np.float32(2 / given.window.sum())
    return lambda: 20 * np.log10(np.maximum(np.abs(transform.stft(given.sound)) * scale, np.float32(_FLOOR))).T


def _spectrofast(given: Task) -> Work:
    import spectrofast

    sound = given.sound.astype(np.float64)  # what it works in
    quantity: dict[str, Any] = {"detrend": False, "scaling": "spectrum", "mode": "magnitude", "planner": "estimate"}
    size = {"nperseg": given.n_fft, "noverlap": given.n_fft - given.hop}

    def work() -> np.ndarray:
        _, _, magnitude = spectrofast.spectrogram(sound, fs=RATE, window="hann", **size, **quantity)
        levels: np.ndarray = 20 * np.log10(np.maximum(magnitude * 4, _FLOOR)).T
        return levels

    return work


_OPTIONAL: Final[dict[str, Maker]] = {
    "librosa": _librosa,
    "torch.stft": _torch,
    "audioflux": _audioflux,
    "spectrofast": _spectrofast,
}
