"""Sound files, by soundfile: WAV, FLAC, Ogg, MP3, AIFF and what else libsndfile reads."""

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from livespec.capture.paced import PacedSource
from livespec.capture.source import SourceInfo
from livespec.core.arrays import Float32Array
from livespec.errors import FileError, UsageError
from livespec.playback.loudspeaker import Loudspeaker
from livespec.settings import LIMITS

if TYPE_CHECKING:
    import soundfile

_BLOCK_REAL_TIME = 512
_BLOCK_FAST = 8192
_FED_AHEAD_S = 0.3  # so much may this process be late before what is heard stutters


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
    """Raises `FileError` on construction where the file is missing, empty, or no sound.

    start: the first sample of the file to deliver; at_once: how many from there come as fast as they can. listen:
    whether what comes after that is heard; it is then due when it is.
    """

    def __init__(
        self,
        path: Path,
        wanted: tuple[int, ...] | str | None,
        speed: float,
        limit: int | None = None,
        *,
        start: int = 0,
        at_once: int = 0,
        listen: bool = False,
    ) -> None:
        sound = open_sound(path)
        channels = choose_channels(wanted, sound.channels, path.name)
        self._sound, self._path, self._wanted = sound, path, wanted
        self._pick = [number - 1 for number in channels]
        self._start, self._end = start, sound.frames if limit is None else min(sound.frames, limit)
        self._listen = listen
        self._loudspeaker: Loudspeaker | None = None
        info = SourceInfo(
            "file", str(path), sound.samplerate, channels, speed=speed, length=sound.frames - start,
            origin_s=start / sound.samplerate,
        )  # fmt: skip
        super().__init__(info, None if limit is None else max(1, limit - start), at_once)

    @property
    def whole_s(self) -> float:
        """Length of the file in seconds, or of what is to be delivered of it."""
        return float(self._end / self.info.samplerate)

    def again(self, second: float, lead_s: float, speed: float, *, listen: bool, hold: bool) -> "FileSource":
        """The same file from a second on, with so much of what lies before it at once. hold: that alone."""
        rate = self.info.samplerate
        at = min(max(0, round(second * rate)), self._end)
        start = max(0, at - round(lead_s * rate))
        limit = at if hold else self._end
        return FileSource(self._path, self._wanted, speed, limit, start=start, at_once=at - start, listen=listen)

    def blocks(self) -> Iterator[Float32Array]:
        paced = _BLOCK_REAL_TIME if self.info.speed else _BLOCK_FAST
        with self._sound:
            self._sound.seek(self._start)
            left = self.at_once
            while (
                left > 0
                and (block := next(read_blocks(self._sound, self._pick, min(left, _BLOCK_FAST)), None)) is not None
            ):
                yield block
                left -= len(block)
            paced_blocks = read_blocks(self._sound, self._pick, paced)
            yield from self._heard(paced_blocks) if self._listen else paced_blocks

    def heard_at(self, position: int) -> float | None:
        return None if self._loudspeaker is None else self._loudspeaker.heard_at(position - self.at_once)

    def stop(self) -> None:
        super().stop()
        if self._loudspeaker is not None:
            self._loudspeaker.close()

    def _heard(self, blocks: Iterator[Float32Array]) -> Iterator[Float32Array]:
        """Feeds the loudspeaker ahead of what is handed on. Where it fails, `trouble` says so, and the clock rules."""
        speaker = Loudspeaker(round(self.info.samplerate * self.info.speed), len(self._pick))
        self._loudspeaker = speaker
        if not speaker.wait_until_open():
            self.trouble = speaker.trouble
            yield from blocks
            return
        waiting: deque[Float32Array] = deque()
        ahead = 0
        for block in blocks:
            if not speaker.trouble:
                speaker.feed(block)
            elif not self._stopping.is_set():
                self.trouble = speaker.trouble
            waiting.append(block)
            ahead += len(block)
            if ahead > _FED_AHEAD_S * self.info.samplerate * self.info.speed:
                ahead -= len(waiting[0])
                yield waiting.popleft()
        yield from waiting


def open_sound(path: Path) -> "soundfile.SoundFile":
    """The file, opened for reading. Raises `FileError` where it is missing, empty, or no sound."""
    import soundfile

    if not path.exists():
        raise FileError(f"{path}: no such file", "check the name, or run 'livespec --help' for the commands")
    if path.is_dir():
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
