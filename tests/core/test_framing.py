import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livespec.core.framing import Framer, column_count, shown_channels
from livespec.core.ring import AudioRing
from tests.support.signals import numbered, white_noise


def ring_of(samples, channels=1, capacity=20_000, margin=4_000, block=997):
    ring = AudioRing.in_memory(channels, capacity, margin)
    for start in range(0, samples, block):
        ring.write(numbered(start, min(block, samples - start), channels), 0)
    return ring


@given(
    n_fft=st.integers(1, 900),
    hop=st.integers(1, 900),
    samples=st.integers(0, 3000),
    batch=st.integers(1, 40),
    block=st.integers(1, 700),
)
def test_column_k_is_the_samples_from_k_hops_on(n_fft, hop, samples, batch, block):
    ring = ring_of(samples, capacity=4000, margin=1000, block=block)
    framer = Framer(ring, n_fft, hop, (0,), batch=batch)
    starts = []
    for frames in framer:
        for offset, window in enumerate(frames.samples[0]):
            start = (frames.first + offset) * hop
            assert np.array_equal(window, numbered(start, n_fft)[:, 0])
            starts.append(start)
    assert starts == list(range(0, samples - n_fft + 1, hop))
    assert column_count(samples, n_fft, hop) == len(starts)


def test_windows_are_views_into_the_ring_and_cannot_be_written_to():
    ring = ring_of(15_000, channels=3)
    for shown in ((0,), (0, 1, 2), (1, 2)):
        frames = Framer(ring, 1024, 128, shown).take()
        assert frames.samples.shape == (len(shown), 32, 1024)
        assert np.shares_memory(frames.samples, ring._samples)
        assert not frames.samples.flags.writeable


def test_windows_are_right_on_every_lap_of_the_ring():
    ring = AudioRing.in_memory(2, 5000, 1000)
    framer = Framer(ring, 1000, 300, (0, 1))
    columns = 0
    for start in range(0, 60_000, 700):
        ring.write(numbered(start, 700, 2), 0)
        for first, samples in framer:
            for offset in range(samples.shape[1]):
                expected = numbered((first + offset) * 300, 1000, 2).T
                assert np.array_equal(samples[:, offset], expected)
                columns += 1
    assert columns == column_count(ring.end, 1000, 300) > 190


def test_a_window_longer_than_the_margin_is_gathered_across_the_end_of_the_ring():
    ring = AudioRing.in_memory(1, 6000, 500)
    framer = Framer(ring, 4500, 1111, (0,))
    columns = 0
    for start in range(0, 60_000, 250):
        ring.write(numbered(start, 250), 0)
        for first, samples in framer:
            for offset in range(samples.shape[1]):
                assert np.array_equal(samples[0, offset], numbered((first + offset) * 1111, 4500)[:, 0])
                columns += 1
    assert columns == column_count(60_000, 4500, 1111)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ((2,), lambda planar: planar[2:3]),
        ((2, 0), lambda planar: planar[[2, 0]]),
        ((0, 2), lambda planar: planar[[0, 2]]),
        ("mix", lambda planar: planar.mean(axis=0, keepdims=True)),
        ("diff", lambda planar: (planar[:1] - planar[1:2]) / 2),
    ],
)
def test_the_shown_channels_are_picked_or_mixed(shown, expected):
    planar = np.stack([white_noise(3000, seed=seed) for seed in range(3)])
    ring = AudioRing.in_memory(3, 4000, 1000)
    ring.write(planar.T, 0)
    frames = Framer(ring, 500, 170, shown).take()
    wanted = expected(planar.astype(np.float64))
    for column in range(frames.samples.shape[1]):
        assert np.allclose(frames.samples[:, column], wanted[:, column * 170 : column * 170 + 500], rtol=0, atol=3e-8)


def test_windows_that_the_writer_overtook_are_told():
    ring = ring_of(20_000)
    framer = Framer(ring, 1000, 500, (0,))
    frames = framer.take(1)
    assert framer.valid(frames)
    ring.write(numbered(20_000, 1), 0)
    assert not framer.valid(frames)


def test_a_framer_that_was_overtaken_goes_on_where_a_whole_batch_is_there():
    ring = ring_of(20_000)
    framer = Framer(ring, 1000, 500, (0,), batch=4)
    assert framer.skip_overwritten() == 0
    ring.write(numbered(20_000, 1200), 0)
    assert framer.skip_overwritten() == 8  # 1200 are gone, and the next 2500 are for a batch: 4000 is behind them
    assert framer.skip_overwritten() == 0
    assert np.array_equal(framer.take().samples[0, 0], numbered(4000, 1000)[:, 0])


def test_a_framer_that_was_overtaken_goes_no_further_than_the_newest_window():
    ring = ring_of(5_000, capacity=5_000)
    framer = Framer(ring, 4600, 100, (0,), batch=32)
    ring.write(numbered(5_000, 20), 0)
    assert framer.skip_overwritten() == 5
    assert framer.take() is None
    ring.write(numbered(5_020, 100), 0)
    assert np.array_equal(framer.take().samples[0, 0], numbered(500, 4600)[:, 0])


@pytest.mark.parametrize("hop", [500, 1000, 2500])
def test_a_framer_whose_batch_is_longer_than_the_ring_keeps_most_of_what_is_there(hop):
    ring = ring_of(20_000)
    framer = Framer(ring, 1000, hop, (0,), batch=32)
    ring.write(numbered(20_000, 1200), 0)
    skipped = framer.skip_overwritten()
    assert 1200 + 20_000 / 16 <= skipped * hop < 1200 + 20_000 / 8 + hop
    taken = [frames.first + offset for frames in framer for offset in range(frames.samples.shape[1])]
    assert taken == list(range(skipped, column_count(ring.end, 1000, hop)))


def test_columns_that_are_left_out_are_counted_and_never_taken_twice():
    framer = Framer(ring_of(10_000), 1000, 500, (0,))
    assert framer.skip_to(7) == 7
    assert framer.skip_to(3) == 0
    assert framer.take(1).first == 7


def test_show_speaks_in_channel_numbers_and_the_framer_in_indices():
    assert shown_channels("all", 3) == (0, 1, 2)
    assert shown_channels((3, 1), 3) == (2, 0)
    assert shown_channels("mix", 2) == "mix"
    assert shown_channels("mix", 1) == (0,)
