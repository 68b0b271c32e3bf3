"""TOML files, presets, and which of them wins.

Precedence: flag > --config file > preset > the user's file > what the window remembers > built-in. Every wrong key
or value is answered with file, line, what is allowed and the nearest known name.
"""

import re
import tomllib
from numbers import Integral
from pathlib import Path
from typing import Any

from livespec.errors import FileError, UsageError, suggestion
from livespec.settings import KEYS, LIMITS, Settings, limits_of

_PACKAGE = Path(__file__).parent
_CHECKOUT_CONFIG = _PACKAGE.parent / "config"


def default_file() -> Path:
    """The commented file with every key: in the wheel, or in the checkout."""
    packed = _PACKAGE / "_default.toml"
    return packed if packed.exists() else _CHECKOUT_CONFIG / "default.toml"


def presets() -> dict[str, Path]:
    """Name → file of every preset: in the wheel, or in the checkout."""
    packed = _PACKAGE / "_presets"
    folder = packed if packed.exists() else _CHECKOUT_CONFIG / "presets"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def user_file() -> Path:
    """Where the user's own settings live (it need not exist)."""
    from platformdirs import user_config_path

    return user_config_path("livespec") / "livespec.toml"


def load(
    preset: str | None, config: Path | None, flags: dict[str, Any], remembered: dict[str, Any] | None = None
) -> Settings:
    """Settings from all layers. flags: key → value of what was given on the command line; remembered: by the window.

    Raises `UsageError` for a wrong key or value, `FileError` for a file that cannot be read.
    """
    values: dict[str, Any] = dict(remembered or {})
    mine = user_file()
    if mine.exists():
        values |= read(mine)
    if preset is not None:
        values |= read(_preset_file(preset))
    if config is not None:
        values |= read(config)
    return Settings(**(values | parse_flags(flags)))


def read(path: Path) -> dict[str, Any]:
    """Checked key → value of one TOML file. Raises `UsageError` with file and line, or `FileError`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: cannot be read ({error})") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{path}, line {line_of(key, text)}"
        if key not in KEYS:
            near = suggestion(key, list(KEYS))
            raise UsageError(f"{where}: unknown key {key!r}", near or f"the keys are {', '.join(KEYS)}")
        try:
            values[key] = parse(key, value)
            if key == "calibration":  # beside the file that names it, wherever that is read from
                values[key] = str(path.parent / Path(values[key]).expanduser())
            Settings(**{key: values[key]})
        except UsageError as error:
            raise UsageError(f"{where}: {error.message}", error.hint) from error
    try:
        Settings(**values)
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", error.hint) from error
    return values


def parse_flags(flags: dict[str, Any]) -> dict[str, Any]:
    """Settings from the texts of the command line. Raises `UsageError`."""
    return {key: parse(key, number(key, value) if key in LIMITS else value) for key, value in flags.items()}


def from_keywords(keywords: dict[str, Any]) -> Settings:
    """Settings from Python, in the types or the texts of a TOML file; no file is read. Raises `UsageError`.

    >>> from_keywords({"n_fft": 2048, "range": "-90,-20"}).range
    (-90.0, -20.0)
    """
    for key in keywords:
        if key not in KEYS:
            near = suggestion(key, list(KEYS))
            raise UsageError(f"unknown setting {key!r}", near or f"the settings are {', '.join(KEYS)}")
    return Settings(**{key: parse(key, value) for key, value in keywords.items() if value is not None})


def number(key: str, text: str) -> float:
    """The number that a text writes; whole where the key asks for it. Raises `UsageError`."""
    whole = key in _WHOLE_KEYS
    try:
        return int(text) if whole else float(text)
    except ValueError:
        hint = limits_of(key) if key in LIMITS else ""
        raise UsageError(f"{key} = {text!r} is not a {'whole ' if whole else ''}number", hint) from None


def parse(key: str, value: Any) -> Any:
    """A value as a flag or a TOML file writes it, in the type that `Settings` holds.

    >>> parse("range", "-90,-20"), parse("channels", "1,2"), parse("show", "mix")
    ((-90.0, -20.0), (1, 2), 'mix')
    """
    parser = _PARSERS.get(key)
    if parser is not None:
        return parser(key, value)
    if key in _SWITCH_KEYS and not isinstance(value, bool):
        raise UsageError(f"{key} = {value!r} is not true or false")
    if key in _WHOLE_KEYS:
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise UsageError(f"{key} = {value!r} is not a whole number", limits_of(key))
        return int(value)
    if key in _TEXT_KEYS and not isinstance(value, str):
        raise UsageError(f"{key} = {value!r} is not text", f'write it in quotes: {key} = "{value}"')
    return value


_WHOLE_KEYS = {"samplerate", "n_fft", "hop", "padding"}
_SWITCH_KEYS = {
    "multiresolution",
    "pitch",
    "trace",
    "peaks",
    "grid",
    "piano",
    "fullscreen",
    "presenter",
    "stand_in",
    "exclusive",
}
_TEXT_KEYS = {
    "source",
    "window",
    "precision",
    "fft",
    "averaging",
    "quantity",
    "reference",
    "calibration",
    "scale",
    "direction",
    "theme",
    "colormap",
    "sample_format",
    "record_name",
    "record_format",
    "trigger",
    "trigger_log",
    "trigger_clips",
    "trigger_command",
    "trigger_url",
}


def _parse_device(key: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise UsageError(f"{key} = {value!r} is not a device", "give its name, a part of it, or its index")
    return str(value)


def _parse_latency(key: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise UsageError(f"{key} = {value!r} is not a latency", "use low, high, or milliseconds")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _parse_names(key: str, value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)) or not all(isinstance(part, str) for part in parts):
        raise UsageError(
            f"{key} = {value!r} does not name channels", f'write one name a channel: {key} = ["Left", "Right"]'
        )
    return tuple(part.strip() for part in parts)


def _parse_weighting(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{key} = {value!r} is not text", f'write it in quotes: {key} = "A"')
    return value.upper()


def _parse_range(key: str, value: Any) -> tuple[float, float] | str:
    if value == "auto":
        return "auto"
    parts = value.split(",") if isinstance(value, str) else value
    try:
        low, high = (float(part) for part in parts)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(
            f"{key} = {value!r} is not a range of levels", "range is 'auto' or LOW,HIGH in dBFS: -90,-20"
        ) from None
    return low, high


def _parse_channels(key: str, value: Any) -> tuple[int, ...] | str:
    words = ("all", "mix", "diff") if key == "show" else ("all",)
    if value in words:
        return str(value)
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [value]
    if not all(type(part) is int or (isinstance(part, str) and part.strip().isdecimal()) for part in parts):
        raise UsageError(
            f"{key} = {value!r} does not name channels",
            f"{key} is {', '.join(words)} or channel numbers: 1,2",
        )
    return tuple(int(part) for part in parts)


_PARSERS = {
    "device": _parse_device,
    "device_latency": _parse_latency,
    "channel_names": _parse_names,
    "weighting": _parse_weighting,
    "range": _parse_range,
    "channels": _parse_channels,
    "show": _parse_channels,
}


def _preset_file(name: str) -> Path:
    known = presets()
    if name not in known:
        near = suggestion(name, list(known))
        raise UsageError(f"no preset {name!r}{': ' + near if near else ''}", f"the presets are {', '.join(known)}")
    return known[name]


def line_of(key: str, text: str) -> int:
    """Line of a top-level key, bare or quoted, or of the table that carries its name; 1 if not found."""
    pattern = re.compile(rf"""^\s*(\[\s*)?["']?{re.escape(key)}["']?\s*[\].=]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 1)
