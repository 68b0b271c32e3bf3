"""Sound files that are whole at any moment: what was synchronised can be played, whatever ends the program.

WAV is written here, because its header must be right all along: sizes are brought up to date with every `sync`, and a
chunk is kept free that becomes `ds64` (RF64, EBU Tech 3306) beyond 4 GiB. FLAC is encoded by libsndfile; its number of
samples (STREAMINFO, RFC 9639) is written by us with every `sync`, and by the encoder at the end.
"""

import contextlib
import errno
import io
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

import numpy as np

from livespec.core.arrays import Float32Array
from livespec.errors import UsageError
from livespec.settings import RecordFormat

_FLAC_BLOCK: Final = 4096  # of libFLAC's default level; the encoder keeps one, and a sample, to itself
_FLAC_CHANNELS: Final = 8
_BEGINNING: Final = 4096  # bytes without which there is no use in beginning a file
_FLAC_TOTAL_AT: Final = 21  # four bits of this byte, and the four bytes behind it
_LARGEST_RIFF: Final = (1 << 32) - 1
_UNKNOWN: Final = 0xFFFF_FFFF  # the size of an RF64's chunk that ds64 has
_EXTENSIBLE: Final = 0xFFFE
_PCM, _IEEE_FLOAT = 1, 3
_SUBFORMAT: Final = bytes.fromhex("000000001000800000aa00389b71")  # the GUID behind its first two bytes


class SoundFileWriter(Protocol):
    """Raises OSError where the disk does not do its part. frames: written; of one that has failed, what is in it."""

    frames: int

    def write(self, samples: Float32Array) -> None:
        """Append samples (channels, n) in −1 … 1."""

    def sync(self) -> None:
        """Let the file say what it has, on the disk."""

    def close(self) -> None:
        """Complete it."""


def create(path: Path, samplerate: int, channels: int, sample_format: RecordFormat) -> SoundFileWriter:
    """A new file, WAV or FLAC by its suffix. Raises OSError; `UsageError` for what the format lacks."""
    check_format(path, channels, sample_format)
    kind = _Flac if path.suffix.lower() == ".flac" else _Wav
    return kind(path, samplerate, channels, sample_format)


def suffix_for(channels: int, sample_format: RecordFormat) -> str:
    """FLAC where it can hold this."""
    return ".wav" if sample_format == "float" or channels > _FLAC_CHANNELS else ".flac"


def check_format(path: Path, channels: int, sample_format: RecordFormat) -> None:
    """Raises `UsageError` where a file of that name cannot hold this."""
    suffix = path.suffix.lower()
    if suffix == ".flac" and sample_format == "float":
        raise UsageError("FLAC has no floating-point samples", "use --record-format 24, or a name that ends in .wav")
    if suffix == ".flac" and channels > _FLAC_CHANNELS:
        raise UsageError(f"FLAC has 8 channels at most, not {channels}", "use a name that ends in .wav")


def as_integers(samples: Float32Array, bits: int) -> np.ndarray:
    """Samples (channels, n) as whole numbers (n, channels), clipped; what is no number is 0."""
    full = 1 << (bits - 1)
    numbers = np.nan_to_num(samples.T, nan=0.0, posinf=1.0, neginf=-1.0)  # first: numpy warns of a cast of NaNs
    scaled = numbers.astype(np.float64) * full
    return np.ascontiguousarray(np.clip(np.rint(scaled), -full, full - 1), "<i4")


class _File(io.FileIO):
    """trouble: why libsndfile could not write, which learns only that it could not."""

    trouble: OSError | None = None

    def __init__(self, path: Path) -> None:
        super().__init__(path, "x")
        self._counts_names = os.fstat(self.fileno()).st_nlink > 0  # not every file system does

    def write_all(self, data: bytes) -> None:
        left = memoryview(data)
        while left:  # a disk that is full takes a part first
            left = left[super().write(left) :]

    def sync(self) -> None:
        """Let the disk have it. Raises OSError, also where the file was deleted: nobody would ever find it."""
        os.fsync(self.fileno())
        if self._counts_names and not os.fstat(self.fileno()).st_nlink:
            raise FileNotFoundError(errno.ENOENT, "it was deleted")

    def write(self, data: Any, /) -> int:  # libsndfile's, into which nothing can be raised
        try:
            self.write_all(data)
        except OSError as error:
            self.trouble = error
            return 0
        return len(data)


def _new_file(path: Path) -> _File:
    """An empty one, where it has room to begin; none is left behind where it has not."""
    file = _File(path)
    try:
        file.write_all(bytes(_BEGINNING))
    except OSError:
        file.close()
        path.unlink()
        raise
    file.seek(0)
    file.truncate()
    return file


class _Wav:
    def __init__(self, path: Path, samplerate: int, channels: int, sample_format: RecordFormat) -> None:
        self.frames = 0
        self._samplerate, self._channels = samplerate, channels
        self._bits = 32 if sample_format == "float" else int(sample_format)
        self._tag = _IEEE_FLOAT if sample_format == "float" else _PCM
        self._file = _new_file(path)
        self._file.write_all(self._header())

    def write(self, samples: Float32Array) -> None:
        if self._tag == _IEEE_FLOAT:
            data = np.ascontiguousarray(samples.T, "<f4").tobytes()
        elif self._bits == 16:  # noqa: PLR2004
            data = as_integers(samples, 16).astype("<i2").tobytes()
        else:
            data = as_integers(samples, 24).view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        self._file.write_all(data)
        self.frames += samples.shape[1]

    def sync(self) -> None:
        self._file.sync()  # first the sound, then what says that it is there
        self._file.seek(0)
        self._file.write_all(self._header())
        self._file.seek(0, os.SEEK_END)
        self._file.sync()

    def close(self) -> None:
        with contextlib.closing(self._file):
            if self.frames * self._frame_bytes % 2:
                self._file.write_all(b"\0")  # chunks begin at even places
            self.sync()

    @property
    def _frame_bytes(self) -> int:
        return self._channels * self._bits // 8

    def _header(self) -> bytes:
        frame, rate = self._frame_bytes, self._samplerate
        tag = struct.pack("<H", self._tag) + _SUBFORMAT
        form = struct.pack(
            "<HHIIHHHHI", _EXTENSIBLE, self._channels, rate, rate * frame, frame, self._bits, 22, self._bits, 0
        )
        data = self.frames * frame
        chunks = b"fmt " + struct.pack("<I", 40) + form + tag
        chunks += b"fact" + struct.pack("<II", 4, min(self.frames, _UNKNOWN)) + b"data"
        riff = 4 + 36 + len(chunks) + 4 + data + data % 2
        if riff <= _LARGEST_RIFF:
            head = b"RIFF" + struct.pack("<I", riff) + b"WAVE" + b"JUNK" + struct.pack("<I", 28) + bytes(28)
            return head + chunks + struct.pack("<I", data)
        sizes = struct.pack("<QQQI", riff, data, self.frames, 0)
        head = b"RF64" + struct.pack("<I", _UNKNOWN) + b"WAVE" + b"ds64" + struct.pack("<I", 28) + sizes
        return head + chunks + struct.pack("<I", _UNKNOWN)


class _Flac:
    def __init__(self, path: Path, samplerate: int, channels: int, sample_format: RecordFormat) -> None:
        import soundfile

        self.frames = 0
        self._bits = int(sample_format)
        self._disk = _new_file(path)
        self._file: Any = soundfile.SoundFile(
            self._disk, "w", samplerate, channels, subtype=f"PCM_{sample_format}", format="FLAC"
        )
        self._header: BinaryIO = path.open("r+b", buffering=0)

    def write(self, samples: Float32Array) -> None:
        with self._saying_why():
            self._file.write(as_integers(samples, self._bits) << (32 - self._bits))
        before = self._encoded
        self.frames += samples.shape[1]
        if before == 0 < self._encoded:  # readers take a length of 0 for one that is not known
            self.sync()

    def sync(self) -> None:
        there = self._encoded
        self._disk.sync()
        self._header.seek(_FLAC_TOTAL_AT)
        read = self._header.read(1)
        if not read:  # libsndfile has not written its own yet: no sound has come
            return
        before = read[0]
        self._header.seek(_FLAC_TOTAL_AT)
        self._header.write(bytes([before & 0xF0 | there >> 32]) + struct.pack(">I", there & _UNKNOWN))
        os.fsync(self._header.fileno())

    def close(self) -> None:
        with contextlib.closing(self._header), contextlib.closing(self._disk):
            try:
                with self._saying_why():
                    self._file.close()
            except (OSError, RuntimeError):  # libFLAC then says nothing of the length
                self.sync()
                self.frames = self._encoded
                raise
            self._disk.sync()

    @contextlib.contextmanager
    def _saying_why(self) -> Iterator[None]:
        try:
            yield
        except (RuntimeError, AssertionError):  # it asserts that all was written
            if self._disk.trouble is None:
                raise
        if self._disk.trouble is not None:
            raise self._disk.trouble

    @property
    def _encoded(self) -> int:
        return max(0, (self.frames - 1) // _FLAC_BLOCK) * _FLAC_BLOCK
