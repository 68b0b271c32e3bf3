import contextlib
import io
import os
import struct
import subprocess
import sys
import threading

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Reception
from livespec.capture.stdin import FORMATS, StdinSource
from livespec.core.ring import Geometry
from livespec.errors import FileError, UsageError
from tests.support.signals import white_noise

RATE = 44_100


class Dribble(io.RawIOBase):
    """A pipe that hands over a few bytes at a time, never on a sample's boundary."""

    def __init__(self, data, step=7):
        self._data, self._step, self._at = data, step, 0

    def readable(self):
        return True

    def read(self, n=-1):
        n = len(self._data) if n < 0 else n
        part = self._data[self._at : self._at + min(n, self._step)]
        self._at += len(part)
        return part

    read1 = read


def sound_of(source):
    """All that a source hands over, (samples, channels)."""
    blocks = list(source.blocks())
    return np.concatenate(blocks) if blocks else np.empty((0, len(source.info.channels)), np.float32)


def raw(data, name, channels=1, stream=io.BytesIO):
    return sound_of(StdinSource((channels,), 0.0, name, RATE, stream(data)))


def wav(samples, subtype="PCM_16", **keys):
    out = io.BytesIO()
    soundfile.write(out, samples, RATE, format=keys.get("format", "WAV"), subtype=subtype)
    return out.getvalue()


def piped(data, wanted=None, stream=io.BytesIO):
    return StdinSource(wanted, 0.0, None, None, stream(data))


# ---- raw samples ----


def test_integers_are_fractions_of_full_scale_exactly():
    assert raw(struct.pack("<5h", 0, 1, -1, 32767, -32768), "s16le").ravel().tolist() == [
        0, 2**-15, -(2**-15), 32767 / 32768, -1.0
    ]  # fmt: skip
    assert raw(bytes([0, 128, 129, 255]), "u8").ravel().tolist() == [-1.0, 0.0, 1 / 128, 127 / 128]
    s24 = b"".join(value.to_bytes(3, "little", signed=True) for value in (0, 1, -1, 8388607, -8388608))
    assert raw(s24, "s24le").ravel().tolist() == [0, 2**-23, -(2**-23), 8388607 / 8388608, -1.0]
    assert raw(struct.pack("<3i", 1 << 30, -(1 << 31), 1 << 8), "s32le").ravel().tolist() == [0.5, -1.0, 2**-23]


@given(st.lists(st.floats(width=32), max_size=50))
def test_floats_come_through_bit_for_bit(values):
    sent = np.array(values, "<f4")
    got = raw(sent.tobytes(), "f32le").ravel()
    assert got.tobytes() == sent.tobytes()
    assert np.array_equal(raw(sent.astype("<f8").tobytes(), "f64le").ravel(), sent, equal_nan=True)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_samples_that_are_torn_between_two_reads_are_put_together(name, channels):
    data = np.random.default_rng(1).integers(0, 63, 30 * channels * FORMATS[name].sample_bytes, np.uint8).tobytes()
    whole = raw(data, name, channels)
    assert whole.shape == (30, channels)
    assert np.array_equal(raw(data, name, channels, Dribble), whole, equal_nan=True)
    assert np.array_equal(
        raw(data + b"\x01" * (FORMATS[name].sample_bytes * channels - 1), name, channels), whole, equal_nan=True
    )  # a half sample at the end is none


def test_channels_are_interleaved():
    assert raw(struct.pack("<6h", 1, 2, 3, 4, 5, 6), "s16le", 2).T.tolist() == [
        [1 / 32768, 3 / 32768, 5 / 32768],
        [2 / 32768, 4 / 32768, 6 / 32768],
    ]


@pytest.mark.parametrize(
    ("wanted", "pcm", "rate", "message"),
    [
        ((1,), "s16", RATE, "did you mean 's16le'"),
        (None, "s16le", RATE, "need their rate and channels"),
        ((1,), "s16le", None, "need their rate and channels"),
    ],
)
def test_raw_samples_without_what_must_be_known_are_refused(wanted, pcm, rate, message):
    with pytest.raises(UsageError, match=message):
        StdinSource(wanted, 0.0, pcm, rate, io.BytesIO(b"\0" * 100))


# ---- WAV ----


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("container", ["WAV", "WAVEX"])
@pytest.mark.parametrize("stream", [io.BytesIO, Dribble])
def test_wav_is_read_as_soundfile_reads_it(subtype, container, stream):
    data = wav(white_noise(3000, rms=0.2).reshape(-1, 2), subtype, format=container)
    source = piped(data, stream=stream)
    expected, _ = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    assert (source.info.kind, source.info.samplerate, source.info.channels) == ("stdin", RATE, (1, 2))
    assert np.array_equal(sound_of(source), expected)


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_size_that_a_pipe_could_not_know_is_not_believed(size):
    data = bytearray(wav(white_noise(3000)))
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", size)
    data[4:8] = struct.pack("<I", size)
    assert len(sound_of(piped(bytes(data)))) == 3000


def test_what_stands_behind_the_sound_is_no_sound():
    data = wav(white_noise(3000)) + b"LIST" + struct.pack("<I", 400) + b"\x55" * 400
    assert len(sound_of(piped(data))) == 3000


def test_chunks_before_the_sound_are_skipped_with_their_padding():
    data = wav(white_noise(300))
    at = data.index(b"data")
    extra = b"bext" + struct.pack("<I", 5) + b"12345" + b"\0"
    assert len(sound_of(piped(data[:at] + extra + data[at:]))) == 300


def test_channels_are_picked_and_one_too_many_is_refused():
    data = wav(np.tile(np.float32([0.25, 0.5, 0.75]), (100, 1)), "FLOAT")
    source = piped(data, wanted=(3, 1))
    assert source.info.channels == (3, 1)
    assert sound_of(source)[0].tolist() == [0.75, 0.25]
    with pytest.raises(UsageError, match="channel 4 of standard input: it has 3 channels"):
        piped(data, wanted=(4,))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "standard input is empty"),
        (b"RIFF", "is not WAV"),
        (b"OggS" + b"\0" * 100, "is not WAV"),
        (wav(np.zeros(10))[:20], "header is broken"),
        (wav(np.zeros(10))[:36], "header is broken"),
        (wav(np.zeros(10)).replace(b"fmt ", b"fmx "), "header is broken"),
        (wav(np.zeros(10)).replace(b"fmt \x10\0\0\0", b"fmt \xff\xff\xff\xff"), "broken"),
        (wav(np.zeros(10), "ULAW"), "WAV of code 7 with 8 bits cannot be read"),
    ],
)
def test_a_broken_header_is_told_and_not_played(data, message):
    with pytest.raises(FileError, match=message):
        piped(data)


@given(st.binary(max_size=120), st.integers(0, 60))
def test_no_bytes_whatever_are_more_than_a_file_error(garbage, kept):
    with contextlib.suppress(FileError):
        list(piped(wav(np.zeros(10))[:kept] + garbage).blocks())


def test_a_pipe_that_stays_open_ends_with_its_limit():
    receive, send = os.pipe()
    ring = SharedRing.create(Geometry(1, 70_000))
    with os.fdopen(receive, "rb", buffering=0) as stream, os.fdopen(send, "wb", buffering=0) as pipe:
        source = StdinSource((1,), 0.0, "s16le", RATE, stream, duration_s=1024 / RATE)
        pipe.write(b"\1\0" * 1024)  # all that was asked for; and the sender neither sends more nor ends
        woken = threading.Event()
        source.start(ring, Reception(woken, lambda: ring.end))
        ended = source._finished.wait(5)
        got = ring.end
    source.stop()
    ring.close()
    assert got == 1024
    assert ended


_WAITING = """
import threading
from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Reception
from livespec.capture.stdin import StdinSource
from livespec.core.ring import Geometry
ring = SharedRing.create(Geometry(1, 70_000))
source = StdinSource((1,), 0.0, "s16le", 44_100)
source.start(ring, Reception(threading.Event(), lambda: ring.end))
source.stop()
print("stopped", flush=True)
"""


def test_a_process_that_waits_for_a_silent_pipe_can_end():
    child = subprocess.Popen([sys.executable, "-c", _WAITING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "stopped\n"
        assert child.wait(timeout=10) == 0  # though its standard input is still open
    finally:
        child.kill()
        child.communicate()
