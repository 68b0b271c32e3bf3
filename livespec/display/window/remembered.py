"""What the window remembers from run to run: its place and size, what is open, and the settings that were changed.

One JSON file in the user's state folder. What another version or a damaged file says is left aside, value by value: the
window always opens.
"""

import contextlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from livespec.config import parse
from livespec.errors import UsageError
from livespec.settings import KEYS, Settings

_SCHEMA: Final = 1
# What belongs to a device or to one moment is not for the next run.
_NOT_REMEMBERED: Final = (
    "source", "device", "channels", "show", "samplerate", "fmin", "fmax", "sensitivity", "calibration",
    "history", "history_mb", "fullscreen", "presenter",
)  # fmt: skip


@dataclass(frozen=True)
class Remembered:
    """geometry: Qt's, in base 64. controls: whether the dock is shown; hinted: whether the first-run hint was seen."""

    settings: dict[str, Any] = field(default_factory=dict)
    geometry: str = ""
    controls: bool = False
    hinted: bool = False


def state_file() -> Path:
    """Where it is kept."""
    from platformdirs import user_state_path

    return user_state_path("livespec") / "window.json"


def recall() -> Remembered:
    """What there is to be remembered; nothing where the file is not there or makes no sense."""
    try:
        found = json.loads(state_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Remembered()
    if not isinstance(found, dict) or found.get("schema") != _SCHEMA:
        return Remembered()
    geometry, settings = found.get("geometry"), found.get("settings")
    return Remembered(
        settings=_valid(settings) if isinstance(settings, dict) else {},
        geometry=geometry if isinstance(geometry, str) else "",
        controls=found.get("controls") is True,
        hinted=found.get("hinted") is True,
    )


def remember(state: Remembered) -> None:
    """For the next run; a folder that cannot be written is no reason to trouble anybody."""
    path = state_file()
    content = {"schema": _SCHEMA, **state.__dict__}
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".tmp")
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
        temporary.replace(path)


def changed_settings(before: dict[str, Any], first: Settings, now: Settings) -> dict[str, Any]:
    """What was remembered, and what is another value now than when the session began."""
    return before | {
        key: getattr(now, key)
        for key in KEYS
        if key not in _NOT_REMEMBERED and getattr(now, key) != getattr(first, key)
    }


def _valid(settings: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in settings.items():
        if key not in KEYS or key in _NOT_REMEMBERED or value is None:
            continue
        with contextlib.suppress(UsageError, TypeError, ValueError):
            parsed = parse(key, value)
            Settings(**{**out, key: parsed})
            out[key] = parsed
    return out
