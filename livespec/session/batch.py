"""Sound files to column files: the same columns as live, streamed, so that memory does not grow with the length."""

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from livespec.capture.file import choose_channels, open_sound, read_blocks
from livespec.capture.source import SourceInfo
from livespec.core.framing import choose, column_count
from livespec.core.quantity import level_quantity
from livespec.core.stft import Engine
from livespec.errors import FileError
from livespec.session.calibration import load_calibration
from livespec.session.clock import Timeline
from livespec.session.column_file import ColumnFile
from livespec.session.opening import shown_of, too_short
from livespec.settings import Settings

_COLUMNS_AT_ONCE: Final = 64
# What libsndfile reads, by the ends of names that people give.
SOUND_SUFFIXES: Final = (
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64",
    ".rf64",
)  # fmt: skip


def analyse_file(path: Path, target: Path, settings: Settings, tell: Callable[[float], None]) -> int:
    """Write the columns of a sound file to an NPZ; returns how many there are.

    tell: called now and then with the seconds of sound that are done. The target appears when it is complete.
    Raises `LivespecError`.
    """
    with open_sound(path) as file:
        picked = choose_channels(settings.channels, file.channels, path.name)
        info = SourceInfo("file", str(path), file.samplerate, picked, length=file.frames)
        resolved = replace(settings, source=str(path)).at_rate(file.samplerate)
        engine = Engine(resolved, file.samplerate)
        if not column_count(file.frames, engine.n_fft, engine.hop):
            raise too_short(str(path), file.frames, engine.n_fft)
        shown = shown_of(info, settings.show)
        labels = [shown] if isinstance(shown, str) else [str(picked[index]) for index in shown]
        columns = ColumnFile(
            target,
            engine,
            level_quantity(engine, load_calibration(settings)),
            len(labels),
            Timeline(file.samplerate, live=False),
        )
        count = 0
        try:
            samples = 0
            for block in read_blocks(file, [number - 1 for number in picked], _COLUMNS_AT_ONCE * engine.hop):
                with np.errstate(invalid="ignore", over="ignore"):  # samples that are no numbers are told by NaN
                    levels = engine.columns(engine.windows(choose(block.T, shown)))
                columns.append(levels)
                count += levels.shape[1]
                samples += len(block)
                tell(samples / file.samplerate)
            columns.finish({"channels": labels, "settings": resolved.as_dict()})
        finally:
            columns.discard()
        return count


def is_done(path: Path, target: Path, settings: Settings) -> bool:
    """Whether a target has the columns of just these settings, and is newer than the sound."""
    try:
        if target.stat().st_mtime < path.stat().st_mtime:
            return False
        with np.load(target, allow_pickle=False) as columns:
            there = json.loads(str(columns["settings"]))
            samplerate = int(columns["samplerate"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return False
    wanted = replace(settings, source=str(path)).at_rate(samplerate).as_dict()
    return bool(there == json.loads(json.dumps(wanted)))


def sound_files(words: list[str]) -> Iterator[tuple[Path, Path]]:
    """Each sound file that the words name, and its place below the folder that was named (else its name alone).

    A word is a file, a folder (searched with all below it), or a pattern with * or ?. Raises `FileError` where it names
    nothing.
    """
    for word in words:
        path = Path(word)
        if path.is_dir():
            found = [
                file for file in sorted(path.rglob("*")) if file.suffix.lower() in SOUND_SUFFIXES and file.is_file()
            ]
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
