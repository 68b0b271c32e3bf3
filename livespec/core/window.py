"""Window functions, periodic, and what they do to levels.

Cosine sums are made here; every other window of `scipy.signal.windows` comes from there, imported only when asked for
(it costs half a second). A window is named with its parameters: "kaiser:14", "taylor:4:30".
"""

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
    """What a window wants to know. halves: in halves of the window, so that a value suits every n_fft."""

    name: str
    low: float
    high: float
    default: float | None = None
    whole: bool = False
    halves: bool = False


# scipy's windows beside those above, each with its parameters.
_SCIPY: Final[dict[str, tuple[Parameter, ...]]] = {
    "barthann": (),
    "bartlett": (),
    "bohman": (),
    "chebwin": (Parameter("attenuation in dB", 45, 300, 100),),
    "cosine": (),
    "dpss": (Parameter("half bandwidth in bins", 0.5, 100, 3),),
    "exponential": (Parameter("decay", 0.01, 100, 0.5, halves=True),),
    "gaussian": (Parameter("standard deviation", 0.01, 100, 0.4, halves=True),),
    "general_cosine": (Parameter("coefficients", -1, 1),),
    "general_gaussian": (Parameter("power", 0.1, 20), Parameter("standard deviation", 0.01, 100, halves=True)),
    "general_hamming": (Parameter("coefficient", 0.1, 1, 0.54),),
    "kaiser": (Parameter("beta", 0, 100, 14),),
    "kaiser_bessel_derived": (Parameter("beta", 0, 100, 4),),
    "lanczos": (),
    "parzen": (),
    "taylor": (Parameter("side lobes", 1, 100, 4, whole=True), Parameter("their level in dB", 10, 200, 30)),
    "triang": (),
    "tukey": (Parameter("tapered share", 0, 1, 0.5),),
}
_EXAMPLES: Final = {"general_gaussian": "general_gaussian:1.5:0.4", "general_cosine": "general_cosine:0.5:0.5"}
_MOST_COEFFICIENTS: Final = 12


@dataclass(frozen=True)
class WindowFigures:
    """coherent_gain: the mean; noise_bandwidth_bins: ENBW; scalloping_db: loss half-way between two bins."""

    coherent_gain: float
    noise_bandwidth_bins: float
    scalloping_db: float


def make_window(name: str, n_fft: int) -> Float64Array:
    """The periodic window (n_fft,). name: one of `WINDOWS`, or scipy's name with parameters as `kaiser:14`.

    Raises `UsageError` for a name that does not exist and a parameter that is missing, out of range or too much.
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
    if word not in _SCIPY or (word in WINDOWS and written):
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
    if not np.isfinite(window).all() or window.sum() <= 0:
        raise UsageError(f"window = {name!r} is no usable window of {n_fft} samples", f"for example {_example(word)}")
    return np.asarray(window, np.float64)


def _parameters(name: str, word: str, written: list[str], n_fft: int) -> list[float]:
    """The parameters as scipy takes them, what is left out by its default."""
    wanted = _SCIPY[word]
    hint = f"for example --window {_example(word)}"
    if word == "general_cosine":
        wanted = wanted * min(max(len(written), 1), _MOST_COEFFICIENTS)
    if len(written) > len(wanted):
        takes = "no parameter" if not wanted else f"{len(wanted)}: {', '.join(p.name for p in wanted)}"
        raise UsageError(f"window = {name!r} has {len(written)} parameters, {word} takes {takes}", hint)
    values = []
    for number, parameter in enumerate(wanted):
        text = written[number] if number < len(written) else None
        if text is None and word not in _DEFAULTED:
            raise UsageError(f"window = {name!r} lacks its parameter, {parameter.name}", hint)
        try:
            value = float(text) if text is not None else float(parameter.default or 0)
        except ValueError:
            raise UsageError(f"window = {name!r}: {text!r} is not a number", hint) from None
        high = min(parameter.high, (n_fft - 1) / 2) if word == "dpss" else parameter.high
        if not parameter.low <= value <= high or (parameter.whole and value != int(value)):
            kind = "a whole number " if parameter.whole else ""
            unit = " (in halves of the window)" if parameter.halves else ""
            raise UsageError(
                f"window = {name!r}: its {parameter.name} is {kind}from {parameter.low:g} to {high:g}{unit}", hint
            )
        value *= n_fft / 2 if parameter.halves else 1
        values.append(int(value) if parameter.whole else value)
    return values


# These have a meaning without parameters, in scipy as well.
_DEFAULTED: Final = ("taylor", "tukey")


def _example(word: str) -> str:
    defaults = [f"{p.default:g}" for p in _SCIPY[word] if p.default is not None]
    return _EXAMPLES.get(word, ":".join([word, *defaults]))
