"""`livespec.stream`: real sources, real threads."""

import asyncio
import gc
import itertools
import threading
import time

import numpy as np
import pytest
import soundfile

import livespec
from livespec.capture.moment import now_ns
from livespec.capture.paced import PacedSource
from livespec.capture.source import SourceInfo
from livespec.core.stft import Engine
from livespec.errors import DeviceError, FileError, UsageError
from livespec.session.clock import _Settling
from livespec.session.stream import ColumnStream
from livespec.settings import Settings
from tests.support.program import wait_until
from tests.support.signals import white_noise

RATE, N_FFT, HOP = 48_000, 1024, 300
SIZE = {"n_fft": N_FFT, "hop": HOP}


@pytest.fixture
def sound(tmp_path):
    samples = np.stack([white_noise(50_000), white_noise(50_000, seed=2)], axis=1)
    path = tmp_path / "noise.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return path, samples


def columns_of(samples, **settings):
    frames = np.lib.stride_tricks.sliding_window_view(samples, N_FFT)[::HOP]
    return Engine(Settings(**SIZE, **settings), RATE).columns(frames)


def nothing_runs():
    return not [thread for thread in threading.enumerate() if thread.name.startswith("livespec")]


def test_a_file_comes_column_by_column_and_to_the_last_bit(sound):
    path, samples = sound
    columns = list(livespec.stream(path, show=(2,), **SIZE))
    assert np.array_equal(np.stack([column.db for column in columns]), columns_of(samples[:, 1]))
    assert [column.position for column in columns] == [k * HOP for k in range(len(columns))]
    assert columns[3].time_s == pytest.approx((3 * HOP + N_FFT / 2) / RATE)
    assert nothing_runs()


def test_columns_are_the_callers_own(sound):
    stream = livespec.stream(sound[0], **SIZE)
    first = next(stream)
    kept = first.db.copy()
    first.db[:] = 0
    rest = [column.db for column in stream]
    assert np.array_equal(rest[5], columns_of(sound[1].mean(axis=1).astype(np.float32))[6])
    assert not np.array_equal(kept, first.db)


def test_several_channels_come_together_and_batches_are_as_long_as_asked(sound):
    path, samples = sound
    stream = livespec.stream(path, show="all", **SIZE)
    assert (stream.samplerate, len(stream.frequencies), stream.unit) == (RATE, 513, "dBFS")
    batches = list(stream.batches(50))
    assert [batch.shape for batch in batches[:-1]] == [(2, 50, 513)] * (len(batches) - 1)
    together = np.concatenate(batches, axis=1)
    for channel in range(2):
        assert np.array_equal(together[channel], columns_of(samples[:, channel]))
    (mono,) = {batch.shape[1] for batch in livespec.stream(path, **SIZE).batches(1)}
    assert mono == 513


def test_ways_of_taking_columns_can_be_mixed_and_lose_nothing(sound):
    path, samples = sound
    stream = livespec.stream(path, show=(1,), **SIZE)
    got = [next(stream).db, *next(stream.batches(5)), *next(stream.batches(7)), next(stream).db]

    async def rest():
        return [column.db async for column in stream]

    got += asyncio.run(rest())
    assert np.array_equal(got, columns_of(samples[:, 0]))


def test_a_column_that_is_kept_keeps_no_others(sound):
    for column in (next(livespec.stream(sound[0], **SIZE)), next(livespec.stream(sound[0], show="all", **SIZE))):
        assert column.db.base is None


def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path):
    soundfile.write(tmp_path / "long.wav", np.zeros(60 * 8000), 8000)
    with livespec.stream(tmp_path / "long.wav", **SIZE) as stream:
        assert stream._ring.capacity < 15 * 8000
        assert sum(1 for _ in stream) == 1 + (60 * 8000 - N_FFT) // HOP


def test_a_slow_reader_of_a_file_loses_nothing(sound):
    path, samples = sound
    stream = livespec.stream(path, show=(1,), history=0, span=0.1, **SIZE)
    got = []
    for column in stream:
        got.append(column.db)
        if len(got) % 40 == 0:
            time.sleep(0.05)
    assert np.array_equal(got, columns_of(samples[:, 0]))
    assert stream.skipped == 0


def test_it_can_be_awaited(sound):
    path, samples = sound

    async def both():
        async def listen(channel):
            return [column.db async for column in livespec.stream(path, show=(channel,), **SIZE)]

        return await asyncio.gather(listen(1), listen(2))

    for channel, got in enumerate(asyncio.run(both())):
        assert np.array_equal(got, columns_of(samples[:, channel]))
    assert nothing_runs()


def test_a_task_that_is_cancelled_leaves_nothing_running():
    async def listen():
        async for _ in livespec.stream("demo", **SIZE):
            pass

    async def impatient():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(listen(), 0.3)

    asyncio.run(impatient())
    wait_until(nothing_runs, "nothing runs", 2)


@pytest.mark.parametrize("way", ["break", "close", "with", "error", "forget"])
def test_whatever_ends_it_leaves_nothing_running(way):
    stream = livespec.stream("demo", speed=0, **SIZE)
    if way == "break":
        for _ in stream:
            break
        del stream
    elif way == "close":
        next(stream)
        stream.close()
        assert list(stream) == []
    elif way == "with":
        with stream:
            next(stream)
    elif way == "error":
        with pytest.raises(ZeroDivisionError, match="mine"), stream:
            raise ZeroDivisionError("mine")
    else:
        next(stream)
        del stream
        gc.collect()
    wait_until(nothing_runs, "nothing runs", 2)


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_stream_that_is_collected_on_the_thread_of_its_source_leaves_nothing_running():
    class Collecting(PacedSource):
        def blocks(self):
            yield white_noise(5000)[:, None]
            forgotten.wait(5)
            gc.collect()
            yield white_noise(500)[:, None]

    forgotten = threading.Event()
    stream = ColumnStream(Collecting(SourceInfo("demo", "demo", RATE, (1,), speed=0)), Settings(**SIZE))
    stream.itself = stream
    next(stream)
    gc.disable()
    try:
        del stream
        forgotten.set()
        wait_until(nothing_runs, "nothing runs", 2)
    finally:
        gc.enable()


class Device(PacedSource):
    """A device: it does not wait for its readers."""

    def __init__(self, sound, block=10_000):
        super().__init__(SourceInfo("mic", "device", RATE, (1,), live=True, speed=0))
        self._blocks = [sound[start : start + block, None] for start in range(0, len(sound), block)]
        self.all_read = threading.Event()

    def blocks(self):
        yield from self._blocks
        self.all_read.wait(5)

    def _wait_for_room(self, *_):
        return True


@pytest.fixture
def heard():
    """heard(sound): a stream of a device that has delivered all of it, and does not end before it is told to."""
    devices, streams = [], []

    def listen(sound, duration=None, **keys):
        devices.append(Device(sound))
        streams.append(ColumnStream(devices[-1], Settings(**SIZE, **keys), duration))
        wait_until(lambda: streams[-1]._ring.end == len(sound), "all sound is there", 5)
        return devices[-1], streams[-1]

    yield listen
    for device, stream in zip(devices, streams, strict=True):
        device.all_read.set()
        stream.close()


def test_a_gap_that_is_known_late_is_never_made_up(heard):
    """Columns after a disturbance wait until it is decided whether sound was lost."""
    device, stream = heard(white_noise(60_000))
    stream._timeline.update(stream._ring)
    now = now_ns() / 1e9
    stream._timeline._settling = _Settling(30_000, "overflow", base=0.0, since=now, earliest=0.1, improved=now)
    early = list(itertools.chain.from_iterable(iter(lambda: stream._take(over=False), [])))
    assert early[-1].position + N_FFT <= 30_000 < early[-1].position + N_FFT + HOP
    device.all_read.set()
    late = list(stream)
    assert stream.gaps[0][:2] == (30_000, round(0.1 * RATE))
    straddling = [column for column in late if column.position < 30_000]
    assert straddling
    assert all(np.isnan(column.db).all() for column in straddling)
    after = next(column for column in late if column.position >= 30_000)
    assert np.isfinite(after.db).all()
    assert after.time_s == pytest.approx((after.position + N_FFT / 2) / RATE + 0.1)


def test_a_reader_of_a_device_that_is_overrun_counts_what_it_skipped(heard):
    device, stream = heard(white_noise(800_000), history=0, span=0.1)
    device.all_read.set()
    got = list(stream)
    assert stream.skipped > 0
    assert got
    assert stream.skipped + len(got) == 1 + (800_000 - N_FFT) // HOP
    assert {gap.cause for gap in stream.gaps} == {"overwritten"}
    assert sum(gap.samples for gap in stream.gaps) == stream.skipped * HOP
    behind = {gap.position for gap in stream.gaps}
    jumps = [b.position for a, b in itertools.pairwise(got) if b.position != a.position + HOP]
    assert behind >= set(jumps)


def test_what_is_overtaken_at_work_is_a_gap_where_it_was_also_where_the_duration_ends(heard):
    device, stream = heard(white_noise(60_000), 0.1)
    device.all_read.set()
    stream._framer.valid = lambda _frames: False  # the writer was there first
    assert stream._take(over=True) == []
    whole = 1 + (round(0.1 * RATE) - N_FFT) // HOP
    assert stream.gaps == ((whole * HOP, whole * HOP, "overwritten"),)
    assert stream.skipped == whole


@pytest.mark.parametrize("duration", [0.1, 0.5, 0.777])
def test_the_duration_of_a_device_is_kept_by_a_reader_that_is_behind_too(heard, duration):
    _, stream = heard(white_noise(60_000), duration)
    assert sum(1 for _ in stream) == 1 + (round(duration * RATE) - N_FFT) // HOP


def test_what_was_heard_just_before_a_source_broke_down_is_not_lost():
    class Ending(Device):
        """Its last sound comes, and it breaks down, in the moment in which it is asked how it is."""

        def blocks(self):
            self.all_read.wait(5)
            yield from self._blocks
            self.broken = DeviceError("it has gone")

        broken = None

        @property
        def failure(self):
            self.all_read.set()
            self._finished.wait(5)
            return self.broken

        @failure.setter
        def failure(self, _):
            pass

    stream = ColumnStream(Ending(white_noise(5000)), Settings(**SIZE))
    got = [next(stream) for _ in range(1 + (5000 - N_FFT) // HOP)]
    assert got
    with pytest.raises(DeviceError, match="it has gone"):
        next(stream)


def test_averages_and_units_are_those_of_the_settings(sound):
    stream = livespec.stream(sound[0], averaging="mean:4", quantity="density", weighting="a", **SIZE)
    assert stream.unit == "dBFS A/Hz"
    whole = livespec.analyze(sound[0], averaging="mean:4", quantity="density", weighting="a", **SIZE)
    assert np.array_equal([column.db for column in stream], whole.db)


def test_what_is_wrong_is_raised_where_it_is_taken(tmp_path):
    with pytest.raises(FileError, match="no such file"):
        livespec.stream(tmp_path / "missing.wav")
    with pytest.raises(UsageError, match="unknown setting 'nfft'"):
        livespec.stream("demo", nfft=3)
    with pytest.raises(UsageError, match="hop = 9999"):
        livespec.stream("demo", n_fft=1024, hop=9999)
    soundfile.write(tmp_path / "short.wav", np.zeros(100), RATE)
    with pytest.raises(FileError, match="100 samples are shorter than one window"):
        livespec.stream(tmp_path / "short.wav")

    for keys, said in (
        ({"duration": 0}, "duration = 0 s"),
        ({"duration": -1}, "duration = -1 s"),
        ({"speed": -1}, "speed = -1"),
    ):
        with pytest.raises(UsageError, match=said):
            livespec.stream("demo", **keys)
    with pytest.raises(UsageError, match="a ndarray is no source"):
        livespec.stream(np.zeros(5000))
    with livespec.stream("demo", speed=0) as stream, pytest.raises(UsageError, match="a batch of 0 columns"):
        next(stream.batches(0))

    class Broken(Device):
        def blocks(self):
            yield from self._blocks
            raise DeviceError("it has gone")

    stream = ColumnStream(Broken(white_noise(5000)), Settings(**SIZE))
    got = [next(stream) for _ in range(1 + (5000 - N_FFT) // HOP)]  # nothing of what was heard is lost
    assert got
    with pytest.raises(DeviceError, match="it has gone"):
        next(stream)
    assert nothing_runs()
