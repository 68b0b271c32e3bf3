"""`livespec.to_decibels`: the numbers of the textbook figure, as librosa gives them.

That is `librosa.amplitude_to_db(numpy.abs(librosa.stft(signal)), ref=numpy.max)`: the signal is padded with zeros by
half a window on both sides, so that frame t is centred on sample t · hop; levels are relative to the loudest, and
nothing is more than `top_db` below it. Magnitudes are those of the bare transform, not of a full-scale sine.
"""

from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from livespec.core.arrays import Float32Array
from livespec.core.stft import Engine
from livespec.core.window import make_window
from livespec.errors import UsageError
from livespec.settings import Settings

N_FFT: Final = 2048
HOP: Final = 512
TOP_DB: Final = 80.0
_LEAST_MAGNITUDE: Final = 1e-5  # librosa's amin
_ANY_RATE: Final = 48_000  # of no consequence to levels
_FRAMES_AT_ONCE: Final = 64
_TWICE_DB: Final = 20 * float(np.log10(2))


def to_decibels(
    signal: npt.ArrayLike,
    n_fft: int = N_FFT,
    hop: int | None = None,
    window: str = "hann",
    *,
    center: bool = True,
    reference: float | Literal["max"] = "max",
    top_db: float | None = TOP_DB,
) -> Float32Array:
    """Decibels of a signal, (n_fft // 2 + 1, frames) float32, the same as librosa's.

    signal: (n,) samples; hop: n_fft / 4 unless given; center: pad half a window on both sides, else whole windows only;
    reference: the magnitude that reads 0 dB, "max" for the largest; top_db: nothing lies further below the loudest,
    None for no limit. Raises `UsageError`.

    >>> import numpy as np, livespec
    >>> guitar = np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)
    >>> decibels = livespec.to_decibels(guitar)
    >>> decibels.shape, float(decibels.max()), float(decibels.min())
    ((1025, 44), 0.0, -80.0)
    """
    samples = np.asarray(signal, np.float32)
    if samples.ndim != 1 or not samples.size:
        raise UsageError(f"an array of shape {samples.shape} is no signal", "use (n,) samples of one channel")
    step = max(1, n_fft // 4) if hop is None else hop
    engine = Engine(Settings(n_fft=n_fft, hop=step, window=window), _ANY_RATE)
    if center:
        samples = np.pad(samples, n_fft // 2)
    if len(samples) < n_fft:
        raise UsageError(f"{len(samples)} samples are shorter than one window ({n_fft})", "use center=True")
    decibels = _magnitudes_db(engine, samples)
    floor = 20 * float(np.log10(_LEAST_MAGNITUDE))
    np.maximum(decibels, floor, out=decibels)
    decibels -= max(floor, float(decibels.max()) if reference == "max" else 20 * float(np.log10(reference)))
    if top_db is not None:
        np.maximum(decibels, decibels.max() - top_db, out=decibels)
    return np.ascontiguousarray(decibels.T)


def _magnitudes_db(engine: Engine, samples: Float32Array) -> Float32Array:
    """20 log10 |X| of all whole windows, (frames, bins)."""
    frames = sliding_window_view(samples, engine.n_fft)[:: engine.hop]
    decibels = np.empty((len(frames), engine.bins), np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        for first in range(0, len(frames), _FRAMES_AT_ONCE):
            stop = first + _FRAMES_AT_ONCE
            engine.columns_into(frames[first:stop], decibels[first:stop])
    decibels += np.float32(20 * np.log10(make_window(engine.settings.window, engine.n_fft).sum() / 2))
    decibels[:, engine.unmirrored] += np.float32(_TWICE_DB)
    return decibels
