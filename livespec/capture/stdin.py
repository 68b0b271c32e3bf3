"""Standard input: a WAV stream, or raw PCM of a stated format.

ssh host arecord -f S16_LE -r 48000 -c 1 -t raw | livespec - --format s16le --samplerate 48000 --channels 1
"""

import struct
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, NamedTuple

import numpy as np

from livespec.capture.paced import PacedSource
from livespec.capture.source import SourceInfo
from livespec.core.arrays import Float32Array
from livespec.errors import FileError, UsageError, suggestion

_BLOCK: Final = 512
_UNKNOWN_SIZE: Final = 0x7F000000  # what programs write that do not know the length lies above, or is 0


class PcmFormat(NamedTuple):
    """Bytes of a sample, and how (n,) of them become float32 in −1 … 1."""

    sample_bytes: int
    decode: Callable[[bytes], Float32Array]


def _integers(dtype: str, bits: int) -> PcmFormat:
    scale = np.float32(1 / 2 ** (bits - 1))
    return PcmFormat(bits // 8, lambda data: np.frombuffer(data, dtype).astype(np.float32) * scale)


def _decode_s24(data: bytes) -> Float32Array:
    three = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.int32)
    value = (three[:, 0] << 8) | (three[:, 1] << 16) | (three[:, 2] << 24)  # in the upper bytes: the sign comes free
    return (value / 2**31).astype(np.float32)


FORMATS: Final = {
    "f32le": PcmFormat(4, lambda data: np.frombuffer(data, "<f4").astype(np.float32)),
    "f64le": PcmFormat(8, lambda data: np.frombuffer(data, "<f8").astype(np.float32)),
    "s16le": _integers("<i2", 16),
    "s24le": PcmFormat(3, _decode_s24),
    "s32le": _integers("<i4", 32),
    "u8": PcmFormat(1, lambda data: (np.frombuffer(data, np.uint8).astype(np.float32) - 128) * np.float32(1 / 128)),
}

_WAVE_PCM, _WAVE_FLOAT, _WAVE_EXTENSIBLE = 1, 3, 0xFFFE
_BY_WAVE_CODE: Final = {
    (_WAVE_PCM, 8): "u8",
    (_WAVE_PCM, 16): "s16le",
    (_WAVE_PCM, 24): "s24le",
    (_WAVE_PCM, 32): "s32le",
    (_WAVE_FLOAT, 32): "f32le",
    (_WAVE_FLOAT, 64): "f64le",
}


class StdinSource(PacedSource):
    """Reads to the end of the sound; a size in a WAV header that a program could not know is not believed.

    Raises `UsageError` or `FileError` on construction.
    """

    def __init__(
        self,
        wanted: tuple[int, ...] | str | None,
        speed: float,
        pcm: str | None,
        samplerate: int | None,
        stream: BinaryIO | None = None,
        duration_s: float | None = None,
    ) -> None:
        # Unbuffered: a thread that waits in a buffered read holds its lock, and the interpreter could not end.
        self._stream = stream or open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115
        self._bytes = sys.maxsize
        if pcm is None:
            name, rate, present, self._bytes = _read_wav_header(self._stream)
            if samplerate not in (None, rate):
                raise UsageError(
                    f"standard input is at {rate} Hz, not {samplerate} Hz", "leave the samplerate to the stream"
                )
            samplerate = rate
            from livespec.capture.file import choose_channels

            channels = choose_channels(wanted, present, "standard input")
        else:
            if pcm not in FORMATS:
                near = suggestion(pcm, list(FORMATS))
                raise UsageError(
                    f"format = {pcm!r} is not known{': ' + near if near else ''}",
                    f"use {', '.join(FORMATS)}, or pipe WAV",
                )
            if samplerate is None or not isinstance(wanted, tuple):
                raise UsageError(
                    "raw samples on standard input need their rate and channels",
                    "for example: livespec - --format s16le --samplerate 48000 --channels 1",
                )
            name, present = pcm, max(wanted) if len(wanted) > 1 else wanted[0]
            channels = tuple(range(1, present + 1))
        self._format = FORMATS[name]
        self._present = present
        self._pick = [number - 1 for number in channels]
        limit = None if duration_s is None else round(duration_s * samplerate)
        super().__init__(SourceInfo("stdin", "standard input", int(samplerate), channels, speed=speed), limit)

    def blocks(self) -> Iterator[Float32Array]:
        frame_bytes = self._format.sample_bytes * self._present
        rest, left = b"", self._bytes
        while data := self._stream.read(min(_BLOCK * frame_bytes, left)):
            left -= len(data)
            data = rest + data
            whole = len(data) // frame_bytes * frame_bytes
            data, rest = data[:whole], data[whole:]
            if data:
                yield self._format.decode(data).reshape(-1, self._present)[:, self._pick]


def _read_wav_header(stream: BinaryIO) -> tuple[str, int, int, int]:
    """(format name, samplerate, channels, bytes of sound), the stream left at the first sample."""
    start = _read_exactly(stream, 12)
    if not start:
        raise FileError("standard input is empty", "pipe a WAV stream, or raw samples with --format")
    if len(start) < 12 or start[:4] not in (b"RIFF", b"RF64") or start[8:] != b"WAVE":  # noqa: PLR2004
        raise FileError("standard input is not WAV", "for raw samples say --format s16le --samplerate HZ --channels N")
    found: tuple[str, int, int] | None = None
    while len(head := _read_exactly(stream, 8)) == 8:  # noqa: PLR2004
        kind, size = struct.unpack("<4sI", head)
        if kind == b"data":
            if found is None:
                break
            return (*found, size if 0 < size < _UNKNOWN_SIZE else sys.maxsize)
        body = _read_exactly(stream, size + size % 2)
        if kind == b"fmt " and len(body) >= 16:  # noqa: PLR2004
            code, channels, rate, _, _, bits = struct.unpack("<HHIIHH", body[:16])
            if code == _WAVE_EXTENSIBLE and len(body) >= 26:  # noqa: PLR2004
                code = struct.unpack("<H", body[24:26])[0]
            name = _BY_WAVE_CODE.get((code, bits))
            if name is None or channels < 1 or rate < 1:
                raise FileError(
                    f"standard input: WAV of code {code} with {bits} bits cannot be read",
                    "pipe 16, 24 or 32-bit PCM or float",
                )
            found = name, rate, channels
    raise FileError("standard input: the WAV header is broken")


def _read_exactly(stream: BinaryIO, n: int) -> bytes:
    """n bytes, or fewer at the end: a pipe hands out what it has."""
    out = b""
    while len(out) < n and (data := stream.read(n - len(out))):
        out += data
    return out
