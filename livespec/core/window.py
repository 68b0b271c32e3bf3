"""Window functions, periodic, and what they do to levels.

Cosine sums are made here; every other window of `scipy.signal.windows` comes from there, imported only when asked for
(it costs half a second). A window is named with its parameters: "kaiser:14", "taylor:4:30". A parameter that is a
length is in halves of the window, not in samples as scipy has it: "gaussian:0.4" is one shape at every n_fft.
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

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


class Parameter(NamedTuple):
    """What a window wants to know, and what it may be. halves: a length, in halves of the window."""

    name: str
    low: float
    high: float
    whole: bool = False
    halves: bool = False


class ScipyWindow(NamedTuple):
    """example: the name with parameters that are of use; optional: they hold where none are written."""

    example: str
    parameters: tuple[Parameter, ...] = ()
    optional: bool = False


_BETA: Final = Parameter("beta", 0, 100)
_DEVIATION: Final = Parameter("standard deviation", 0.01, 100, halves=True)

# scipy's windows beside those above. Below 45 dB scipy warns that chebwin is of no use; a Hamming sum with less than
# 0.37 shows more beside a tone than on it.
_SCIPY: Final[dict[str, ScipyWindow]] = {
    "barthann": ScipyWindow("barthann"),
    "bartlett": ScipyWindow("bartlett"),
    "bohman": ScipyWindow("bohman"),
    "chebwin": ScipyWindow("chebwin:100", (Parameter("attenuation in dB", 45, 300),)),
    "cosine": ScipyWindow("cosine"),
    "dpss": ScipyWindow("dpss:3", (Parameter("half bandwidth in bins", 0.5, 100),)),
    "exponential": ScipyWindow("exponential:0.5", (Parameter("decay", 0.01, 100, halves=True),)),
    "gaussian": ScipyWindow("gaussian:0.4", (_DEVIATION,)),
    "general_cosine": ScipyWindow("general_cosine:0.5:0.5", (Parameter("coefficient", -1, 1),)),
    "general_gaussian": ScipyWindow("general_gaussian:1.5:0.4", (Parameter("power", 0.1, 20), _DEVIATION)),
    "general_hamming": ScipyWindow("general_hamming:0.54", (Parameter("coefficient", 0.37, 1),)),
    "kaiser": ScipyWindow("kaiser:14", (_BETA,)),
    "kaiser_bessel_derived": ScipyWindow("kaiser_bessel_derived:4", (_BETA,)),
    "lanczos": ScipyWindow("lanczos"),
    "parzen": ScipyWindow("parzen"),
    "taylor": ScipyWindow(
        "taylor:4:30",
        (Parameter("number of side lobes", 1, 100, whole=True), Parameter("side lobe level in dB", 10, 200)),
        optional=True,
    ),
    "triang": ScipyWindow("triang"),
    "tukey": ScipyWindow("tukey:0.5", (Parameter("tapered share", 0, 1),), optional=True),
}
_MOST_COEFFICIENTS: Final = 12  # of general_cosine, which takes as many as are written
_FEWEST_SAMPLES: Final = 2.0  # with less of them in effect there are no frequencies to tell apart
_HIGHEST_RIPPLE_DB: Final = 0.1  # of a flat top, above what a tone on a bin reads


@dataclass(frozen=True)
class WindowFigures:
    """coherent_gain: the mean; noise_bandwidth_bins: ENBW; scalloping_db: loss half-way between two bins."""

    coherent_gain: float
    noise_bandwidth_bins: float
    scalloping_db: float


def make_window(name: str, n_fft: int) -> Float64Array:
    """The periodic window (n_fft,). name: one of `WINDOWS`, or scipy's name with parameters as `kaiser:14`.

    Raises `UsageError` for a name that does not exist, a parameter that is missing, out of range or too much, and
    a window of which no level could be read.
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
    word, *written = name.split(":")
    if word in WINDOWS:
        raise UsageError(f"window = {name!r}: {word} takes no parameter", f"use --window {word}")
    if word not in _SCIPY:
        near = suggestion(word, [*WINDOWS, *_SCIPY])
        raise UsageError(
            f"window = {name!r} is not known{': ' + near if near else ''}",
            f"use {', '.join(WINDOWS)}, or a window of scipy with its parameters: kaiser:14",
        )
    values = _parameters(name, word, written, n_fft)
    from scipy.signal import windows

    make = getattr(windows, word)
    if word == "kaiser_bessel_derived":  # made for transforms that overlap by half: it has no periodic form
        if n_fft % 2:
            raise UsageError(f"window = {name!r} needs an even n_fft, not {n_fft}", "use another n_fft or window")
        window = make(n_fft, *values)
    elif word == "general_cosine":
        window = make(n_fft, values, sym=False)
    elif word == "exponential":
        window = make(n_fft, None, *values, sym=False)
    else:
        window = make(n_fft, *values, sym=False)
    window = np.asarray(window, np.float64)
    if not _is_usable(window):
        raise UsageError(
            f"window = {name!r} is no usable window of {n_fft} samples", f"for example --window {_SCIPY[word].example}"
        )
    return window


def _is_usable(window: Float64Array) -> bool:
    """Whether levels can be read with it: no bin shows more than the tone's own, and it is not a single sample."""
    total = window.sum()
    if not np.isfinite(window).all() or total <= 0 or total**2 < _FEWEST_SAMPLES * np.sum(window**2):
        return False
    if window.min() >= 0:  # then its transform is largest at 0
        return True
    half_bins = np.abs(np.fft.rfft(window, 2 * len(window)))
    return bool(half_bins.max() <= total * 10 ** (_HIGHEST_RIPPLE_DB / 20))


def _parameters(name: str, word: str, written: list[str], n_fft: int) -> list[float]:
    """The parameters as scipy takes them."""
    example, parameters, optional = _SCIPY[word]
    hint = f"for example --window {example}"
    most = len(parameters)
    if word == "general_cosine":
        most = _MOST_COEFFICIENTS
        parameters *= min(max(len(written), 1), most)
    if len(written) > most:
        names = dict.fromkeys(parameter.name for parameter in parameters)
        takes = f"{most} at most: {', '.join(names)}" if most else "none"
        raise UsageError(f"window = {name!r} has {len(written)} parameters; {word} takes {takes}", hint)
    if optional:
        written = written + example.split(":")[1 + len(written) :]
    values = []
    for number, parameter in enumerate(parameters):
        high = min(parameter.high, (n_fft - 1) / 2) if word == "dpss" else parameter.high
        kind = "whole number" if parameter.whole else "number"
        unit = " (in halves of the window)" if parameter.halves else ""
        allowed = f"{parameter.name}, a {kind} from {parameter.low:g} to {high:g}{unit}"
        if number >= len(written):
            raise UsageError(f"window = {name!r} lacks its {allowed}", hint)
        try:
            value = float(written[number])
        except ValueError:
            value = math.nan
        if not parameter.low <= value <= high or (parameter.whole and value != int(value)):
            raise UsageError(f"window = {name!r}: {written[number]!r} is not its {allowed}", hint)
        value *= n_fft / 2 if parameter.halves else 1
        values.append(int(value) if parameter.whole else value)
    return values
