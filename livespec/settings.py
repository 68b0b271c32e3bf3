"""Every choice a person can make about the picture, as one value that does not change.

A `Settings` is complete and checked when it exists; a change is a new one (`dataclasses.replace`).
Cheap to import: no numpy, no I/O. The field names are the command line's flags with `_` for `-`
and the keys of the TOML files.
"""

import re
import string
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, NamedTuple, get_args

from livespec.errors import UsageError, suggestion

Precision = Literal["single", "double"]
Scale = Literal["linear", "log", "octave", "semitone", "erb", "bark", "mel-htk", "mel"]
FftLibrary = Literal["scipy", "fftw", "mkl"]
Quantity = Literal["level", "density"]
Reference = Literal["peak", "rms"]
Weighting = Literal["Z", "A", "C"]
Picture = Literal["spectrum", "mel", "chroma"]
Direction = Literal["right", "down"]
ThemeName = Literal["auto", "dark", "light"]
RecordFormat = Literal["16", "24", "float"]
SampleFormat = Literal["float32", "int32", "int16"]
Show = tuple[int, ...] | Literal["all", "mix", "diff"]

SCALES: tuple[Scale, ...] = get_args(Scale)
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
FFT_LIBRARIES: tuple[FftLibrary, ...] = get_args(FftLibrary)
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
REFERENCES: tuple[Reference, ...] = get_args(Reference)
WEIGHTINGS: tuple[Weighting, ...] = get_args(Weighting)
PICTURES: tuple[Picture, ...] = get_args(Picture)
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
THEMES: tuple[ThemeName, ...] = get_args(ThemeName)
RECORD_FORMATS: tuple[RecordFormat, ...] = get_args(RecordFormat)
SAMPLE_FORMATS: tuple[SampleFormat, ...] = get_args(SampleFormat)
LOOPBACK = "loopback"  # as a device: the input that carries what the computer plays
SHOW_WORDS = ("all", "mix", "diff")
RECORD_FIELDS = ("date", "time", "device", "number")

# Smallest, largest, unit.
LIMITS: Mapping[str, tuple[float, float, str]] = {
    "samplerate": (100, 1_536_000, "Hz"),
    "n_fft": (16, 1 << 20, "samples"),
    "hop": (1, 1 << 20, "samples"),
    "padding": (1, 16, "times"),
    "fmin": (0, 768_000, "Hz"),
    "fmax": (1, 768_000, "Hz"),
    "span": (0.1, 3600, "s"),
    "history": (0, 86_400, "s"),
    "history_mb": (1, 1 << 20, "MB"),
    "sensitivity": (-150, 20, "dBFS"),
    "record_split": (0, 86_400, "s"),
    "keep_last": (1, 3600, "s"),
    "trigger_hold": (0, 3600, "s"),
    "trigger_around": (0, 300, "s"),
}
_DEVICE_LATENCY_MS = (1, 2000)
LONGEST_TRANSFORM = 1 << 21
FULL_RANGE_DB = (-250.0, 200.0)  # dBFS to dB SPL
FMIN_DEFAULT_HZ, FMAX_DEFAULT_HZ = 40.0, 16_000.0
START_RANGE_DBFS = (-100.0, -20.0)

# STFT size where nothing is said: 85 ms up to 48 kHz, and about the same time above and below.
_N_FFT_BY_RATE = ((24_000, 2048), (63_999, 4096), (128_000, 8192))
_N_FFT_ABOVE = 16_384
_HOPS_PER_WINDOW = 8

# Multi-resolution: n_fft is the longest window, for the bass; the shortest has an eighth of it.
_MULTIRESOLUTION_LONGER = 4
_MULTIRESOLUTION_HOPS = 32


class Averaging(NamedTuple):
    """What is done to columns after the transform. amount: time constant in s, number of columns, or decay in dB/s."""

    kind: Literal["off", "exponential", "mean", "hold"]
    amount: float = 0.0


# Time constants of sound level meters: IEC 61672-1, "fast" and "slow".
_AVERAGING_WORDS = {
    "off": Averaging("off"),
    "fast": Averaging("exponential", 0.125),
    "slow": Averaging("exponential", 1.0),
    "max": Averaging("hold", 0.0),
}
# Prefix → kind, smallest and largest amount.
_AVERAGING_PREFIXES: Mapping[str, tuple[Literal["exponential", "mean", "hold"], float, float]] = {
    "exp": ("exponential", 0.001, 60.0),
    "mean": ("mean", 1, 4096),
    "max": ("hold", 0.1, 1000.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The analysis and its picture. `None` means "choose for me" (see `at_rate`).

    Raises `UsageError` for a value out of range; its message names the key.
    """

    source: str | None = None
    device: str | None = None
    stand_in: bool = False
    channels: tuple[int, ...] | Literal["all"] | None = None
    channel_names: tuple[str, ...] = ()
    show: Show | None = None
    samplerate: int | None = None
    device_latency: str = "low"
    sample_format: SampleFormat = "float32"
    exclusive: bool = False
    n_fft: int | None = None
    hop: int | None = None
    window: str = "hann"
    precision: Precision = "single"
    padding: int = 1
    multiresolution: bool = False
    fft: FftLibrary = "scipy"
    averaging: str = "off"
    quantity: Quantity = "level"
    reference: Reference = "peak"
    weighting: Weighting = "Z"
    sensitivity: float | None = None
    calibration: str | None = None
    picture: Picture = "spectrum"
    pitch: bool = False
    scale: Scale = "mel"
    fmin: float | None = None
    fmax: float | None = None
    range: tuple[float, float] | Literal["auto"] = "auto"
    colormap: str = "magma"
    span: float = 10.0
    direction: Direction = "right"
    trace: bool = True
    peaks: bool = True
    grid: bool = False
    piano: bool = False
    theme: ThemeName = "auto"
    history: float = 600.0
    history_mb: float = 512.0
    record_name: str = "livespec {date} {time}.flac"
    record_format: RecordFormat = "24"
    record_split: float = 0.0
    keep_last: float = 30.0
    trigger: str | None = None
    trigger_hold: float = 0.5
    trigger_around: float = 2.0
    trigger_log: str | None = None
    trigger_clips: str | None = None
    trigger_command: str | None = None
    trigger_url: str | None = None
    fullscreen: bool = False
    presenter: bool = False

    def __post_init__(self) -> None:
        for key in LIMITS:
            _check_number(key, getattr(self, key))
        _check_word("precision", self.precision, PRECISIONS)
        _check_word("fft", self.fft, FFT_LIBRARIES)
        _check_word("quantity", self.quantity, QUANTITIES)
        _check_word("reference", self.reference, REFERENCES)
        _check_word("weighting", self.weighting, WEIGHTINGS)
        _check_word("picture", self.picture, PICTURES)
        _check_word("scale", self.scale, SCALES)
        _check_word("direction", self.direction, DIRECTIONS)
        _check_word("theme", self.theme, THEMES)
        _check_word("record_format", self.record_format, RECORD_FORMATS)
        _check_word("sample_format", self.sample_format, SAMPLE_FORMATS)
        device_latency_of(self.device_latency)
        _check_record_name(self.record_name)
        if self.trigger is not None:
            trigger_of(self.trigger)
        if self.trigger_url is not None and not self.trigger_url.startswith(("http://", "https://")):
            raise UsageError(
                f"trigger_url = {self.trigger_url!r} is no web address", "begin it with http:// or https://"
            )
        _check_recording_and_trigger(self)
        averaging_of(self.averaging)
        if self.fmin is not None and self.fmax is not None and self.fmin >= self.fmax:
            raise UsageError(
                f"fmin = {self.fmin:g} Hz is not below fmax = {self.fmax:g} Hz", "lower fmin or raise fmax"
            )
        if self.hop is not None and self.n_fft is not None and self.hop > self.n_fft:
            raise UsageError(
                f"hop = {self.hop} is longer than n_fft = {self.n_fft}: samples between the windows would be lost",
                f"use a hop from 1 to {self.n_fft}",
            )
        if self.n_fft is not None and self.n_fft * self.padding > LONGEST_TRANSFORM:
            raise UsageError(
                f"n_fft = {self.n_fft} padded {self.padding} times is longer than {LONGEST_TRANSFORM} samples",
                "use a smaller n_fft or padding",
            )
        if self.range != "auto":
            _check_range(self.range)
        _check_channels(self.channels)
        _check_show(self.show)

    def at_rate(self, samplerate: int) -> "Settings":
        """The same settings with n_fft, hop and fmax filled in for a sampling rate in Hz.

        Raises `UsageError` where a given frequency or hop does not fit that rate.
        """
        _check_number("samplerate", samplerate)
        longer, hops = (
            (_MULTIRESOLUTION_LONGER, _MULTIRESOLUTION_HOPS) if self.multiresolution else (1, _HOPS_PER_WINDOW)
        )
        n_fft = self.n_fft or _default_n_fft(samplerate) * longer
        hop = self.hop or max(1, n_fft // hops)
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

    def channel_name(self, number: int) -> str:
        """What a channel is called: the name that it was given, else its number."""
        named = self.channel_names[number - 1 : number]
        return named[0] if named and named[0] else str(number)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


KEYS: tuple[str, ...] = tuple(field.name for field in fields(Settings))


def _default_n_fft(samplerate: int) -> int:
    return next((n for limit, n in _N_FFT_BY_RATE if samplerate <= limit), _N_FFT_ABOVE)


def _default_fmax(fmin: float, nyquist: float) -> float:
    """16 kHz is what people hear; who begins in its upper octave wants all there is."""
    return nyquist if fmin >= FMAX_DEFAULT_HZ / 2 else min(FMAX_DEFAULT_HZ, nyquist)


def averaging_of(text: str) -> Averaging:
    """The averaging that a setting names. Raises `UsageError`.

    >>> averaging_of("slow"), averaging_of("mean:8")
    (Averaging(kind='exponential', amount=1.0), Averaging(kind='mean', amount=8.0))
    """
    if text in _AVERAGING_WORDS:
        return _AVERAGING_WORDS[text]
    prefix, _, written = text.partition(":")
    hint = "averaging is off, fast, slow, exp:SECONDS, mean:COLUMNS, max, or max:DB_PER_SECOND"
    if prefix not in _AVERAGING_PREFIXES:
        near = suggestion(prefix, [*_AVERAGING_WORDS, *_AVERAGING_PREFIXES])
        raise UsageError(f"averaging = {text!r} is not known{': ' + near if near else ''}", hint)
    kind, low, high = _AVERAGING_PREFIXES[prefix]
    try:
        amount = float(written)
    except ValueError:
        raise UsageError(f"averaging = {text!r}: {written!r} is not a number", hint) from None
    if not low <= amount <= high or (kind == "mean" and amount != int(amount)):
        whole = "a whole number " if kind == "mean" else ""
        raise UsageError(f"averaging = {text!r} is out of range", f"{prefix}: takes {whole}from {low:g} to {high:g}")
    return Averaging(kind, amount)


def device_latency_of(text: str) -> str | float:
    """What a device is asked for: "low", "high", or seconds. Raises `UsageError`.

    >>> device_latency_of("low"), device_latency_of("20")
    ('low', 0.02)
    """
    if text in ("low", "high"):
        return text
    low, high = _DEVICE_LATENCY_MS
    try:
        ms = float(text)
    except ValueError:
        ms = -1.0
    if not low <= ms <= high:
        raise UsageError(
            f"device_latency = {text!r} is not a latency", f"use low, high, or milliseconds from {low:g} to {high:g}"
        )
    return ms / 1000


def trigger_of(text: str) -> tuple[float, float, float]:
    """Lowest and highest frequency in Hz and the level in dBFS that a trigger names. Raises `UsageError`.

    >>> trigger_of("2000-8000:-40")
    (2000.0, 8000.0, -40.0)
    """
    found = re.fullmatch(r"([0-9.]+)-([0-9.]+):(-?[0-9.]+)", text.replace(" ", ""))
    try:
        low, high, level = (float(part) for part in found.groups()) if found else (1.0, 0.0, 0.0)
    except ValueError:
        low, high, level = 1.0, 0.0, 0.0
    if low >= high:
        raise UsageError(
            f"trigger = {text!r} is not understood", "write LOW-HIGH:LEVEL, as 2000-8000:-40 (Hz and dBFS)"
        )
    return low, high, level


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


def _check_recording_and_trigger(settings: Settings) -> None:
    if 0 < settings.record_split < 1:
        raise UsageError(
            f"record_split = {settings.record_split:g} s is too short for a file", "use 1 or more, or 0 for one file"
        )
    if settings.trigger_log is not None and not settings.trigger_log.lower().endswith((".csv", ".jsonl")):
        raise UsageError(
            f"trigger_log = {settings.trigger_log!r}: logs are CSV or JSON Lines", "end it in .csv or .jsonl"
        )


def _check_record_name(name: str) -> None:
    hint = f"the fields are {', '.join(f'{{{field}}}' for field in RECORD_FIELDS)}; {{{{ is a brace"
    stem = name.replace("\\", "/").rpartition("/")[2]
    try:
        fields = [(field, spec or "") for _, field, spec, _ in string.Formatter().parse(name) if field is not None]
        wrong = next((field for field, _ in fields if field not in RECORD_FIELDS), None)
        if wrong is None:
            name.format(**(dict.fromkeys(RECORD_FIELDS, "") | {"number": 1}))
        # Braces in braces hang on what the fields will be, and c makes a control character of a number.
        understood = not any("{" in spec or spec.endswith("c") for _, spec in fields)
    except (ValueError, KeyError, IndexError, AttributeError):
        wrong, understood = None, False
    if not understood:
        raise UsageError(f"record_name = {name!r}: its braces are not understood", hint)
    if wrong is not None:
        near = suggestion(wrong, list(RECORD_FIELDS))
        raise UsageError(f"record_name = {name!r}: {{{wrong}}} is not known{': ' + near if near else ''}", hint)
    if not name.lower().endswith((".wav", ".flac")) or stem.lower() in (".wav", ".flac"):
        raise UsageError(f"record_name = {name!r}: recordings are WAV or FLAC", "use a name that ends in .wav or .flac")


def _check_range(value: tuple[float, float]) -> None:
    low, high = value
    if not (FULL_RANGE_DB[0] <= low < high <= FULL_RANGE_DB[1]):
        raise UsageError(
            f"range = {low:g},{high:g} is not a range of levels",
            f"range is 'auto' or LOW,HIGH in dB with {FULL_RANGE_DB[0]:g} <= LOW < HIGH <= {FULL_RANGE_DB[1]:g}",
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
