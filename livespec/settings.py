"""Every choice a person can make about the picture, as one value that does not change.

A `Settings` is complete and checked when it exists; a change is a new one (`dataclasses.replace`).
Cheap to import: no numpy, no I/O. The field names are the command line's flags with `_` for `-`
and the keys of the TOML files.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from livespec.errors import UsageError, suggestion

Precision = Literal["single", "double"]
Scale = Literal["linear", "log", "mel"]
Show = tuple[int, ...] | Literal["all", "mix", "diff"]

SCALES: tuple[Scale, ...] = get_args(Scale)
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
SHOW_WORDS = ("all", "mix", "diff")

# Smallest, largest, unit.
LIMITS: Mapping[str, tuple[float, float, str]] = {
    "samplerate": (100, 1_536_000, "Hz"),
    "n_fft": (16, 1 << 20, "samples"),
    "hop": (1, 1 << 20, "samples"),
    "fmin": (0, 768_000, "Hz"),
    "fmax": (1, 768_000, "Hz"),
    "span": (0.1, 3600, "s"),
    "history": (0, 86_400, "s"),
    "history_mb": (1, 1 << 20, "MB"),
}
FULL_RANGE_DBFS = (-200.0, 60.0)
FMIN_DEFAULT_HZ, FMAX_DEFAULT_HZ = 40.0, 16_000.0
START_RANGE_DBFS = (-100.0, -20.0)

# STFT size where nothing is said: 85 ms up to 48 kHz, and about the same time above and below.
_N_FFT_BY_RATE = ((24_000, 2048), (63_999, 4096), (128_000, 8192))
_N_FFT_ABOVE = 16_384
_HOPS_PER_WINDOW = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The analysis and its picture. `None` means "choose for me" (see `at_rate`).

    Raises `UsageError` for a value out of range; its message names the key.
    """

    source: str | None = None
    device: str | None = None
    channels: tuple[int, ...] | Literal["all"] | None = None
    show: Show | None = None
    samplerate: int | None = None
    n_fft: int | None = None
    hop: int | None = None
    window: str = "hann"
    precision: Precision = "single"
    scale: Scale = "mel"
    fmin: float | None = None
    fmax: float | None = None
    range: tuple[float, float] | Literal["auto"] = "auto"
    colormap: str = "magma"
    span: float = 10.0
    history: float = 600.0
    history_mb: float = 512.0
    fullscreen: bool = False

    def __post_init__(self) -> None:
        for key in LIMITS:
            _check_number(key, getattr(self, key))
        _check_word("precision", self.precision, PRECISIONS)
        _check_word("scale", self.scale, SCALES)
        if self.fmin is not None and self.fmax is not None and self.fmin >= self.fmax:
            raise UsageError(
                f"fmin = {self.fmin:g} Hz is not below fmax = {self.fmax:g} Hz", "lower fmin or raise fmax"
            )
        if self.hop is not None and self.n_fft is not None and self.hop > self.n_fft:
            raise UsageError(
                f"hop = {self.hop} is longer than n_fft = {self.n_fft}: samples between the windows would be lost",
                f"use a hop from 1 to {self.n_fft}",
            )
        if self.range != "auto":
            _check_range(self.range)
        _check_channels(self.channels)
        _check_show(self.show)

    def at_rate(self, samplerate: int) -> "Settings":
        """The same settings with n_fft, hop and fmax filled in for a sampling rate in Hz.

        Raises `UsageError` where a given frequency or hop does not fit that rate.
        """
        n_fft = self.n_fft or _default_n_fft(samplerate)
        hop = self.hop or max(1, n_fft // _HOPS_PER_WINDOW)
        nyquist = samplerate / 2
        fmin = self.fmin if self.fmin is not None else (0.0 if self.scale == "linear" else FMIN_DEFAULT_HZ)
        if self.fmin is None:
            fmin = min(fmin, nyquist / 8)
        fmax = self.fmax if self.fmax is not None else _default_fmax(fmin, nyquist)
        if fmax > nyquist:
            raise UsageError(
                f"fmax = {fmax:g} Hz is above the highest frequency of {samplerate} Hz sound, {nyquist:g} Hz",
                f"use --fmax {nyquist:g} or less",
            )
        if fmin >= fmax:
            raise UsageError(f"fmin = {fmin:g} Hz is not below fmax = {fmax:g} Hz", "lower --fmin or raise --fmax")
        return replace(self, samplerate=samplerate, n_fft=n_fft, hop=hop, fmin=fmin, fmax=fmax)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


KEYS: tuple[str, ...] = tuple(field.name for field in fields(Settings))


def _default_n_fft(samplerate: int) -> int:
    return next((n for limit, n in _N_FFT_BY_RATE if samplerate <= limit), _N_FFT_ABOVE)


def _default_fmax(fmin: float, nyquist: float) -> float:
    """16 kHz is what people hear; who begins in its upper octave wants all there is."""
    return nyquist if fmin >= FMAX_DEFAULT_HZ / 2 else min(FMAX_DEFAULT_HZ, nyquist)


def limits_of(key: str) -> str:
    """What a number may be, as a hint."""
    low, high, unit = LIMITS[key]
    return f"{key} goes from {low} to {high} {unit}"


def _check_number(key: str, value: float | None) -> None:
    if value is None:
        return
    low, high, unit = LIMITS[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageError(f"{key} = {value!r} is not a number", limits_of(key))
    if not low <= value <= high:
        raise UsageError(f"{key} = {value} {unit} is out of range", limits_of(key))


def _check_word(key: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        near = suggestion(str(value), list(known))
        raise UsageError(
            f"{key} = {value!r} is not known{': ' + near if near else ''}",
            f"{key} is one of {', '.join(known)}",
        )


def _check_range(value: tuple[float, float]) -> None:
    low, high = value
    if not (FULL_RANGE_DBFS[0] <= low < high <= FULL_RANGE_DBFS[1]):
        raise UsageError(
            f"range = {low:g},{high:g} is not a range of levels",
            f"range is 'auto' or LOW,HIGH in dBFS with {FULL_RANGE_DBFS[0]:g} <= LOW < HIGH <= {FULL_RANGE_DBFS[1]:g}",
        )


def _check_channels(value: tuple[int, ...] | str | None) -> None:
    if isinstance(value, tuple) and (not value or min(value) < 1 or len(set(value)) != len(value)):
        raise UsageError(
            f"channels = {','.join(map(str, value))} does not name channels",
            "channels is 'all' or numbers from 1, each once: 1,2",
        )


def _check_show(value: tuple[int, ...] | str | None) -> None:
    if isinstance(value, str) and value not in SHOW_WORDS:
        raise UsageError(f"show = {value!r} is not known", "show is all, mix, diff or channel numbers: 1,2")
    if isinstance(value, tuple) and (not value or min(value) < 1 or len(set(value)) != len(value)):
        raise UsageError(
            f"show = {','.join(map(str, value))} does not name channels",
            "show is all, mix, diff or channel numbers: 1,2",
        )
