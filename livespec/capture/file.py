"""Sound files, by soundfile: WAV, FLAC, Ogg, MP3, AIFF and what else libsndfile reads."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from livespec.capture.paced import PacedSource
from livespec.capture.source import SourceInfo
from livespec.core.arrays import Float32Array
from livespec.errors import FileError, UsageError
from livespec.settings import LIMITS

if TYPE_CHECKING:
    import soundfile

_BLOCK_REAL_TIME = 512
_BLOCK_FAST = 8192


def choose_channels(
    wanted: tuple[int, ...] | str | None, present: int, name: str, default: tuple[int, ...] | None = None
) -> tuple[int, ...]:
    """The channel numbers to capture of the `present` ones; default: all. Raises `UsageError` for one too many."""
    everything = tuple(range(1, present + 1))
    if wanted is None:
        return default or everything
    if isinstance(wanted, str):
        return everything
    if max(wanted) > present:
        has = "1 channel" if present == 1 else f"{present} channels"
        raise UsageError(
            f"channel {max(wanted)} of {name}: it has {has}",
            f"use --channels with numbers from 1 to {present}, or all",
        )
    return wanted


class FileSource(PacedSource):
    """Raises `FileError` on construction where the file is missing, empty, or no sound."""

    def __init__(
        self, path: Path, wanted: tuple[int, ...] | str | None, speed: float, limit: int | None = None
    ) -> None:
        self._sound = open_sound(path)
        channels = choose_channels(wanted, self._sound.channels, path.name)
        self._pick = [number - 1 for number in channels]
        super().__init__(
            SourceInfo("file", str(path), self._sound.samplerate, channels, speed=speed, length=self._sound.frames),
            limit,
        )

    def blocks(self) -> Iterator[Float32Array]:
        with self._sound:
            yield from read_blocks(self._sound, self._pick, _BLOCK_REAL_TIME if self.info.speed else _BLOCK_FAST)


def open_sound(path: Path) -> "soundfile.SoundFile":
    """The file, opened for reading. Raises `FileError` where it is missing, empty, or no sound."""
    import soundfile

    if not path.exists():
        raise FileError(f"{path}: no such file", "check the name, or run 'livespec --help' for the commands")
    if path.is_dir():
        try:
            os.scandir(path).close()
        except OSError as error:
            raise FileError(f"{path}: is a folder that cannot be read ({error.strerror})", "leave it out") from error
        raise FileError(f"{path}: is a folder", "name a sound file in it")
    if not path.is_file():  # opening a pipe may wait for ever
        raise FileError(f"{path}: is no regular file", "a pipe is read as standard input: livespec - < PIPE")
    try:
        sound = soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else path)  # any bytes may be a name
    except (soundfile.LibsndfileError, OSError, RuntimeError) as error:
        raise FileError(f"{path}: {reason(error)}", "WAV, FLAC, Ogg, MP3 and AIFF files can be read") from error
    low, high, _ = LIMITS["samplerate"]
    if sound.frames == 0 or not low <= sound.samplerate <= high:
        sound.close()
        raise FileError(f"{path}: {'has no samples' if not sound.frames else f'at {sound.samplerate} Hz is no sound'}")
    return sound


def reason(error: Exception) -> str:
    """libsndfile's own words without the path and the exception's name."""
    words = str(getattr(error, "error_string", error)).strip().rstrip(".").lower()
    return "its header makes no sense" if "sf_info" in words else words  # no channels, no rate


def read_blocks(sound: "soundfile.SoundFile", pick: list[int], length: int) -> Iterator[Float32Array]:
    """Blocks (n <= length, channels) float32 up to the end. Raises `FileError` where it cannot be read on."""
    import soundfile

    everything = pick == list(range(sound.channels))
    while True:
        try:
            block = sound.read(length, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise FileError(f"{os.fsdecode(sound.name)}: cannot be read on: {reason(error)}") from error
        if not len(block):
            return
        yield block if everything else block[:, pick]
