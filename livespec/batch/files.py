"""Which sound files the words on a command line name."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from livespec.errors import FileError

# What libsndfile reads, by the ends of names that people give.
SOUND_SUFFIXES: Final = (
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64",
    ".rf64",
)  # fmt: skip


def _below(folder: Path) -> Iterator[Path]:
    """Sound files, and the folders that cannot be read: who opens them is told why."""
    closed: list[Path] = []
    for place, _, names in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        files = (Path(place, name) for name in names if Path(name).suffix.lower() in SOUND_SUFFIXES)
        yield from (file for file in files if file.is_file())
    yield from closed


def sound_files(words: list[str]) -> Iterator[tuple[Path, Path]]:
    """Each sound file that the words name, and its place below the folder that was named (else its name alone).

    A word is a file, a folder (searched with all below it), or a pattern with * or ?. Raises `FileError` where it names
    nothing.
    """
    for word in words:
        path = Path(word)
        if path.is_dir():
            found = sorted(_below(path))
            if not found:
                raise FileError(f"{path}: has no sound files", f"they end in {', '.join(SOUND_SUFFIXES)}")
            yield from ((file, file.relative_to(path)) for file in found)
        elif path.exists() or not any(sign in word for sign in "*?["):
            yield path, Path(path.name)
        else:
            found = sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor))))
            if not found:
                raise FileError(f"{word}: no file has such a name")
            yield from ((file, Path(file.name)) for file in found if file.is_file())
