import threading
import time

import numpy as np
import pytest

from livespec.capture.demo import DemoSource, synthesise_bar
from livespec.capture.moment import now_ns
from livespec.capture.paced import PacedSource
from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Reception, SourceInfo
from livespec.core.ring import OPENED, Geometry
from tests.support.signals import numbered

RATE = 48_000


class Numbered(PacedSource):
    """Samples that say their position."""

    def __init__(self, samples, block, speed=0.0):
        super().__init__(SourceInfo("stdin", "numbers", RATE, (1,), speed=speed))
        self._samples, self._block = samples, block

    def blocks(self):
        for start in range(0, self._samples, self._block):
            yield numbered(start, min(self._block, self._samples - start))


@pytest.fixture
def ring():
    made = SharedRing.create(Geometry(1, 20_000, 8_000))
    yield made
    made.close()


def test_a_source_that_can_wait_never_overwrites_what_a_reader_still_needs(ring):
    source, needed = Numbered(200_000, 1_500), [0]
    source.start(ring, Reception(threading.Event(), lambda: needed[0]))
    try:
        while needed[0] < 200_000:
            n = min(ring.end - needed[0], 700)
            if not n:
                time.sleep(0.0005)
                continue
            seen = ring.view(needed[0], n).copy()
            assert ring.still_valid(needed[0])
            assert np.array_equal(seen[0], numbered(needed[0], n)[:, 0])
            needed[0] += n
    finally:
        source.stop()
    assert source.finished
    assert source.failure is None


def test_a_source_that_nobody_reads_stops_at_once_all_the_same(ring):
    source = Numbered(10_000_000, 1_000)
    source.start(ring, Reception(threading.Event(), lambda: 0))
    give_up = time.monotonic() + 10
    while ring.end < 10_000:
        assert time.monotonic() < give_up
        time.sleep(0.001)
    source.stop()
    assert source.finished
    assert ring.end <= ring.capacity
    assert not source._thread.is_alive()
    source.stop()  # may be said twice


def test_only_the_first_block_opens_the_stream_and_each_wakes_the_readers(ring):
    woken = threading.Event()
    source = Numbered(5_000, 1_000)
    source.start(ring, Reception(woken, lambda: ring.end))
    source._thread.join(10)
    assert ring.block_log(0)[:, 2].tolist() == [OPENED, 0, 0, 0, 0]
    assert woken.is_set()


def test_at_speed_1_no_block_comes_before_its_last_sample_is_due(ring):
    source = Numbered(9_600, 480, speed=1.0)
    began = now_ns()
    source.start(ring, Reception(threading.Event(), lambda: ring.end))
    source._thread.join(10)
    log = ring.block_log(0)
    assert len(log) == 20
    due = began + log[:, 0] * (1e9 / RATE)
    assert np.all(log[:, 1] >= due - 1e6)


def test_an_error_in_the_blocks_is_kept_and_ends_the_source(ring):
    class Broken(Numbered):
        def blocks(self):
            yield numbered(0, 10)
            raise ZeroDivisionError

    source, woken = Broken(0, 1), threading.Event()
    source.start(ring, Reception(woken, lambda: ring.end))
    source._thread.join(10)
    assert source.finished
    assert isinstance(source.failure, ZeroDivisionError)
    assert woken.is_set()
    assert ring.end == 10


# ---- the demo signal ----


def first_samples(source, samples):
    out, done = [], 0
    for block in source.blocks():
        out.append(block)
        done += len(block)
        if done >= samples:
            return np.concatenate(out)[:samples]
    return None


def test_the_demo_signal_is_the_same_to_the_last_bit_each_time():
    one = first_samples(DemoSource(0.0, None), 5 * RATE)
    synthesise_bar.cache_clear()
    other = first_samples(DemoSource(0.0, None), 5 * RATE)
    assert one.dtype == np.float32
    assert one.shape == (5 * RATE, 1)
    assert np.array_equal(one, other)


@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_the_demo_signal_is_loud_enough_to_see_and_never_clips(rate):
    piece = np.concatenate([synthesise_bar(bar, rate) for bar in range(8)])
    assert 0.2 < np.abs(piece).max() < 0.999
    assert np.isfinite(piece).all()
    quietest = np.sqrt(np.mean(piece.reshape(-1, rate // 4) ** 2, axis=1)).min()
    assert quietest > 1e-3


def test_the_demo_signal_says_what_it_is():
    info = DemoSource(1.0, None).info
    assert (info.kind, info.samplerate, info.channels, info.length, info.live) == ("demo", RATE, (1,), None, False)
