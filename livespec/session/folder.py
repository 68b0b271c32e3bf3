"""The folder that something goes into, made where it is missing."""

from pathlib import Path

from livespec.errors import FileError


def make_folder(folder: Path, to_be: str) -> None:
    """And those above it. to_be: "recorded", "saved". Raises `FileError` where something else stands there; OSError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise FileError(
            f"{folder} is no folder: nothing can be {to_be} there", "move it away, or choose another name"
        ) from None
