import gc
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livespec.capture.shared_ring import SharedRing
from livespec.core.ring import BLOCK_LOG_LENGTH, OVERFLOW, AudioRing, Geometry
from tests.support.signals import numbered, white_noise


@st.composite
def histories(draw):
    """A ring's shape, and the sizes of the blocks that are written into it."""
    channels = draw(st.integers(1, 4))
    margin = draw(st.integers(1, 40))
    capacity = margin + draw(st.integers(1, 60))
    sizes = draw(st.lists(st.integers(1, capacity - margin), min_size=1, max_size=40))
    return channels, capacity, margin, sizes


def written(channels, capacity, margin, sizes):
    """The ring, and the model: every sample that ever went in, (channels, samples)."""
    ring = AudioRing.in_memory(channels, capacity, margin)
    history = np.random.default_rng(sum(sizes)).standard_normal((sum(sizes), channels)).astype(np.float32)
    done = 0
    for size in sizes:
        ring.write(history[done : done + size], entered_ns=done)
        done += size
    return ring, history.T


@given(histories())
def test_every_stretch_that_one_view_can_hold_is_what_was_written_there(history):
    ring, model = written(*history)
    assert (ring.oldest, ring.end) == (max(0, model.shape[1] - ring.capacity), model.shape[1])
    for start in range(ring.oldest, ring.end):
        longest = min(ring.contiguous(start), ring.end - start)
        assert ring.contiguous(start) >= ring.margin
        assert np.array_equal(ring.view(start, longest), model[:, start : start + longest])
        assert ring.still_valid(start)


@given(histories(), st.data())
def test_read_gathers_any_stretch_that_is_held_across_the_end_of_the_ring(history, data):
    ring, model = written(*history)
    start = data.draw(st.integers(ring.oldest, ring.end - 1))
    n = data.draw(st.integers(1, ring.end - start))
    out = np.empty((ring.channels, n), np.float32)
    assert ring.read(start, out)
    assert np.array_equal(out, model[:, start : start + n])


@given(histories())
def test_samples_that_are_not_yet_there_are_refused_and_of_those_that_are_gone_it_is_told(history):
    ring, _ = written(*history)
    gone = ring.oldest - 1
    assert not ring.still_valid(ring.end - ring.capacity - 1)
    for start, n in ((ring.end, 1), (ring.oldest, ring.end - ring.oldest + 1), (-1, 1)):
        with pytest.raises(ValueError, match=r"not among|not contiguous"):
            ring.view(start, n)
    if gone >= 0:
        assert not ring.read(gone, np.empty((ring.channels, 1), np.float32))


def test_a_view_becomes_invalid_with_the_block_that_overwrites_its_first_sample():
    ring = AudioRing.in_memory(1, 100, 10)
    ring.write(numbered(0, 90), 0)
    ring.write(numbered(90, 10), 0)
    assert ring.still_valid(0)
    ring.write(numbered(100, 1), 0)
    assert not ring.still_valid(0)
    assert ring.still_valid(1)


def test_a_view_is_the_ring_itself_and_not_a_copy():
    ring = AudioRing.in_memory(2, 100, 10)
    ring.write(numbered(0, 50, 2), 0)
    assert np.shares_memory(ring.view(5, 20), ring._samples)


def test_each_block_is_logged_with_its_end_its_time_and_its_flags():
    ring = AudioRing.in_memory(1, 64, 8)
    ring.write(numbered(0, 5), 111)
    ring.write(numbered(5, 7), 222, OVERFLOW)
    assert ring.blocks == 2
    assert ring.block_log(0).tolist() == [[5, 111, 0], [12, 222, OVERFLOW]]
    assert ring.block_log(1).tolist() == [[12, 222, OVERFLOW]]
    assert len(ring.block_log(2)) == 0


def test_the_log_keeps_the_newest_blocks_in_order_after_it_has_wrapped():
    ring = AudioRing.in_memory(1, 64, 8)
    total = BLOCK_LOG_LENGTH + 1000
    for number in range(total):
        ring.write(np.zeros((1, 1), np.float32), number)
    log = ring.block_log(0)
    assert len(log) >= BLOCK_LOG_LENGTH // 2
    assert log[-1].tolist() == [total, total - 1, 0]
    assert np.all(np.diff(log[:, 1]) == 1)


@pytest.mark.parametrize("channels", [1, 2, 8])
def test_write_makes_no_sample_buffer(channels):
    ring = AudioRing.in_memory(channels, 100_000, 65_536)
    block = np.ones((16_384, channels), np.float32)
    for _ in range(8):  # past the wrap
        ring.write(block, 0)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for _ in range(20):
            ring.write(block, 0)
        grown = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert grown < 4096 < block.nbytes  # a few views and numbers, whatever the block's size


class Crowd:
    """One writer and several readers at once, on a ring whose samples say where they are."""

    def __init__(self, readers):
        self.ring = AudioRing.in_memory(2, 12_000, 4_000)
        self.errors, self.checked, self.overtaken = [], [0] * readers, [0] * readers
        self._stop = threading.Event()

    def write(self, laps=400):
        """Many laps, and until each reader has often looked and been overtaken."""
        source = numbered(0, 1 << 20, 2)
        for size in np.random.default_rng(1).integers(1, 8000, 100_000).tolist():
            at = self.ring.end % (1 << 20)
            self.ring.write(source[at : at + size], 0)
            enough = self.ring.end > laps * self.ring.capacity and min(self.checked) > 50 and min(self.overtaken) > 5
            if enough or self.errors:
                break
        self._stop.set()

    def read(self, number):
        random, ring = np.random.default_rng(number), self.ring
        while not self._stop.is_set():
            oldest, end = ring.oldest, ring.end
            if end - oldest < 2:
                continue
            # As often as not at the very edge that the writer is about to overwrite.
            start = oldest if random.random() < 0.5 else int(random.integers(oldest, end - 1))
            n = int(random.integers(1, min(end - start, 4000) + 1))
            held = self._held(start, n)
            if held is None:
                self.overtaken[number] += 1
                continue
            self.checked[number] += 1
            if not np.array_equal(held, numbered(start, n, 2).T):
                self.errors.append((start, n))
                return

    def _held(self, start, n):
        """A copy of a stretch if it was valid to the end, as every reader must ask."""
        held = self.ring.view(start, n).copy()
        return held if self.ring.still_valid(start) else None


def test_no_reader_ever_holds_a_torn_stretch_that_is_still_valid():
    crowd = Crowd(readers=3)
    threads = [threading.Thread(target=crowd.write)]
    threads += [threading.Thread(target=crowd.read, args=(number,)) for number in range(3)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not crowd.errors
    assert min(crowd.checked) > 50
    assert min(crowd.overtaken) > 5


_CHILD = """
import sys
import numpy as np
from livespec.capture.shared_ring import SharedRing
from livespec.core.ring import Geometry
ring = SharedRing.attach(sys.argv[1], Geometry(2, 5000, 1000))
sys.stdin.readline()
seen = ring.view(ring.oldest, ring.end - ring.oldest).copy()
ring.write(np.full((3, 2), 0.5, np.float32), 77)
print(seen.shape[1], float(seen[0, 0]), float(seen[1, -1]), flush=True)
"""


def test_a_child_process_sees_the_samples_and_writes_for_its_parent():
    ring = SharedRing.create(Geometry(2, 5000, 1000))
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, ring.handle],
        pass_fds=ring.inherited,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    ring.write(numbered(0, 4000, 2), 0)  # after the child has been started: it is the same memory, not a copy
    answer, _ = child.communicate("now\n", timeout=30)
    assert answer.split() == ["4000", "0.0", str(float(3999 * 8 + 1))]
    assert ring.end == 4003
    assert ring.view(4000, 3).tolist() == [[0.5] * 3] * 2
    assert ring.block_log(1).tolist() == [[4003, 77, 0]]
    ring.close()


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="asks Linux which memory is mapped")
def test_the_memory_is_gone_with_the_ring():
    def mapped():
        return {line for line in Path("/proc/self/maps").read_text().splitlines() if "livespec-ring" in line}

    gc.collect()
    others = mapped()
    ring = SharedRing.create(Geometry(1, 5000, 1000))
    ring.write(numbered(0, 10), 0)
    (mine,) = mapped() - others
    ring.close()
    ring.close()  # may be said twice
    assert ring.view(0, 10)[0, 9] == 72  # what is held stays readable
    del ring
    gc.collect()
    assert mine not in mapped()


@pytest.mark.parametrize("samples", [50_000, 150_000, 262_144, 400_001])
def test_what_is_forgotten_is_neither_readable_nor_in_memory(samples):
    memory = np.zeros(Geometry(2, 131_072).nbytes, np.uint8)
    ring = AudioRing(memory, Geometry(2, 131_072))
    sound = white_noise(2 * samples).reshape(-1, 2)
    for start in range(0, samples, 5000):
        ring.write(sound[start : start + 5000], 0)
    position = samples - 10_000
    ring.forget(position)
    assert ring.oldest == position
    assert not ring.still_valid(position - 1)
    assert np.array_equal(ring.view(position, 10_000).T, sound[position:])
    left = np.count_nonzero(ring._samples[:, : ring.capacity])
    about_to_be_overwritten = 0 if samples < ring.capacity else 32_768 + 4096
    assert left <= 2 * (10_000 + about_to_be_overwritten)
    ring.write(sound[:40_000], 0)  # the writer goes on
    assert np.array_equal(ring.view(samples, 40_000).T, sound[:40_000])
