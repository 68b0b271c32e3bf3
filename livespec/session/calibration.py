"""The calibration that the settings name, read from its file."""

from pathlib import Path
from typing import Final

from livespec.core.calibration import Calibration, parse_correction
from livespec.errors import FileError
from livespec.settings import Settings

_LARGEST_BYTES: Final = 1_000_000


def load_calibration(settings: Settings) -> Calibration | None:
    """None where the settings name neither a sensitivity nor a file. Raises `FileError`."""
    if settings.calibration is None:
        return None if settings.sensitivity is None else Calibration(settings.sensitivity)
    path = Path(settings.calibration).expanduser()
    frequencies_hz, response_db = parse_correction(_text(path), str(path))
    return Calibration(settings.sensitivity, frequencies_hz, response_db)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise FileError(f"{path}: is too large for the correction of a microphone")
        content = path.read_bytes()
    except FileNotFoundError:
        raise FileError(f"{path}: no such file", "--calibration names the correction file of the microphone") from None
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror})") from error
    if b"\0" in content:
        raise FileError(f"{path}: is no text file", "--calibration takes a text of frequencies and decibels")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")
