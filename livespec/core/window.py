"""Window functions, periodic, and what they do to levels.

Cosine sums are made here; every other window comes from `scipy.signal`, imported only when asked for
(it costs half a second).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from livespec.core.arrays import Float64Array
from livespec.errors import UsageError, suggestion

# Coefficients a_k of sum (-1)^k a_k cos(2πkn/N). Harris 1978 (Proc. IEEE 66), Nuttall 1981 (IEEE
# ASSP 29), flat top: D'Antona & Ferrero 2006 as in scipy.
_COSINE_SUMS: Final[dict[str, tuple[float, ...]]] = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
}
WINDOWS: Final = tuple(_COSINE_SUMS)


@dataclass(frozen=True)
class WindowFigures:
    """coherent_gain: the mean; noise_bandwidth_bins: ENBW; scalloping_db: loss half-way between two bins."""

    coherent_gain: float
    noise_bandwidth_bins: float
    scalloping_db: float


def make_window(name: str, n_fft: int) -> Float64Array:
    """The periodic window (n_fft,). name: one of `WINDOWS`, or scipy's name with parameters as `kaiser:14`.

    Raises `UsageError` for a name or parameter that does not exist.
    """
    coefficients = _COSINE_SUMS.get(name)
    if coefficients is None:
        return _from_scipy(name, n_fft)
    phase = 2 * np.pi * np.arange(n_fft) / n_fft
    return np.sum([(-1) ** k * a * np.cos(k * phase) for k, a in enumerate(coefficients)], axis=0)  # type: ignore[no-any-return]


def figures(window: Float64Array) -> WindowFigures:
    """Coherent gain, equivalent noise bandwidth and scalloping loss (Harris 1978, equations 11 and 15)."""
    n = len(window)
    total = window.sum()
    half_bin = np.abs(np.sum(window * np.exp(-1j * np.pi * np.arange(n) / n)))
    return WindowFigures(
        coherent_gain=float(total / n),
        noise_bandwidth_bins=float(n * np.sum(window**2) / total**2),
        scalloping_db=float(-20 * np.log10(half_bin / total)),
    )


def _from_scipy(name: str, n_fft: int) -> Float64Array:
    from scipy.signal import get_window

    word, *parameters = name.split(":")
    try:
        spec: Any = (word, *(float(p) for p in parameters)) if parameters else word
        window = np.asarray(get_window(spec, n_fft, fftbins=True), np.float64)
    except (ValueError, TypeError) as error:
        near = suggestion(word, list(WINDOWS))
        raise UsageError(
            f"window = {name!r} is not known{': ' + near if near else f' ({error})'}",
            f"use {', '.join(WINDOWS)}, or scipy's name with its parameters: kaiser:14",
        ) from None
    if not np.isfinite(window).all() or window.sum() <= 0:
        raise UsageError(f"window = {name!r} is no usable window of {n_fft} samples", "check its parameters")
    return window
