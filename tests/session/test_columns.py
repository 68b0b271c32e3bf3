import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livespec.core.stft import Engine
from livespec.session.clock import Timeline
from livespec.session.columns import ColumnStore
from livespec.session.gap_index import Gap
from livespec.settings import Settings
from tests.support.signals import white_noise

N_FFT, HOP, BINS = 1000, 250, 5
ENGINE = Engine(Settings(n_fft=N_FFT, hop=HOP), 48_000)


def levels(count, seed=1):
    return white_noise(count * BINS, rms=20, seed=seed).reshape(count, BINS) - 60


def filled(columns, pooled=1, capacity=200, batches=(1000,), first=0):
    store = ColumnStore(ENGINE, capacity, pooled, bins=BINS)
    done = 0
    for size in (*batches, len(columns)):
        part = columns[done : done + size]
        if len(part):
            store.append(first + done, part[None], np.arange(first + done, first + done + len(part)) + 7)
        done += len(part)
    return store


@given(
    columns=st.integers(1, 150),
    first=st.integers(0, 50),
    pooled=st.integers(1, 9),
    batches=st.lists(st.integers(1, 40), max_size=30),
)
def test_a_cell_is_the_maximum_of_its_columns_on_the_absolute_grid_whatever_the_batches(
    columns, first, pooled, batches
):
    data = levels(columns)
    store = filled(data, pooled, batches=batches, first=first)
    numbers = np.arange(first, first + columns)
    assert store.end == numbers[-1] // pooled + 1
    for cell in range(store.end):
        mine = data[numbers // pooled == cell]
        shown = store.cells(cell, cell + 1)[0]
        assert np.array_equal(shown, mine.max(axis=0)) if len(mine) else np.isnan(shown).all()


def test_the_store_keeps_the_newest_cells_and_shows_nothing_for_older_ones():
    data = levels(250)
    store = filled(data, capacity=100)
    assert (store.oldest, store.end) == (150, 250)
    assert np.array_equal(store.cells(150, 250), data[150:])
    assert np.isnan(store.cells(149, 150)).all()
    assert np.isnan(store.cells(250, 252)).all()


def test_cells_are_copies_that_do_not_change_under_the_reader():
    store = filled(levels(10))
    seen = store.cells(0, 10)
    before = seen.copy()
    store.append(200, levels(10, seed=2)[None], np.zeros(10, np.int64))
    assert np.array_equal(seen, before)


def test_no_cells_at_all_can_be_asked_for():
    store = filled(levels(20))
    assert store.picked(range(7, 7)).shape == store.cells(7, 7).shape == (0, BINS)


def test_a_click_in_one_column_is_still_seen_in_its_pooled_cell():
    data = np.full((64, BINS), -100, np.float32)
    data[37] = -3
    store = filled(data, pooled=8)
    assert store.cells(0, 8).max(axis=1).tolist() == [-100, -100, -100, -100, -3, -100, -100, -100]


def test_a_column_that_is_no_number_makes_its_cell_a_gap():
    data = levels(12)
    data[5] = np.nan
    store = filled(data, pooled=3, batches=[1] * 12)
    assert np.isnan(store.cells(0, 4)).all(axis=1).tolist() == [False, True, False, False]


@pytest.mark.parametrize("pooled", [1, 3])
def test_cells_whose_windows_have_a_gap_inside_are_blanked_and_no_others(pooled):
    store = filled(levels(60), pooled)
    timeline = Timeline(48_000, live=True)
    timeline.gaps = (Gap(5100, 77, "lost"),)
    broken = [k for k in range(60) if k * HOP < 5100 < k * HOP + N_FFT]
    store.mark_gaps(timeline)
    blank = np.isnan(store.cells(0, store.end)[:, 0])
    assert np.flatnonzero(blank).tolist() == sorted({k // pooled for k in broken})
    assert store.rewrites == 1
    store.mark_gaps(timeline)
    assert store.rewrites == 1  # nothing changed: nothing is drawn anew


def test_the_middle_of_a_cell_is_the_middle_of_its_windows_and_can_be_read_backwards():
    assert ColumnStore(ENGINE, 10).centre(4) == 4 * HOP + N_FFT / 2
    four = ColumnStore(ENGINE, 10, 4)
    assert four.centre(2) == np.mean([k * HOP + N_FFT / 2 for k in (8, 9, 10, 11)])
    assert four.cell_at(four.centre(3.25)) == pytest.approx(3.25)


def test_the_time_of_entry_is_that_of_the_first_column_of_a_cell():
    store = filled(levels(12), pooled=4)
    assert [store.entered_ns(cell) for cell in range(3)] == [7, 11, 15]
    assert store.entered_ns(3) is None


@given(
    capacity=st.integers(8, 60),
    pooled=st.integers(1, 4),
    stretches=st.lists(st.tuples(st.booleans(), st.integers(1, 30)), min_size=1, max_size=12),
)
def test_a_store_grows_at_both_ends_and_what_is_a_capacity_away_gives_way(capacity, pooled, stretches):
    data = levels(1200)
    store = ColumnStore(ENGINE, capacity, pooled, bins=BINS)
    begin = end = 600 // pooled
    for older, cells in stretches:
        count = min(cells, capacity, begin if older else len(data) // pooled - end)
        if not count:
            continue
        if older:
            first, stop = begin - count, begin
        else:
            first, stop = end, end + count
        store.append(first * pooled, data[None, first * pooled : stop * pooled], np.zeros(count * pooled, np.int64))
        begin, end = min(begin, first), max(end, stop)
        begin, end = (begin, min(end, begin + capacity)) if older else (max(begin, end - capacity), end)
        assert (store.oldest, store.end) == (begin, end)
    mine = data[begin * pooled : end * pooled].reshape(-1, pooled, BINS).max(axis=1)
    assert np.array_equal(store.cells(begin, end), mine)


def test_every_channel_has_cells_of_its_own():
    store = ColumnStore(ENGINE, 50, 2, bins=BINS, shown=(0, 1, 2))
    data = levels(60).reshape(3, 20, BINS)
    store.append(0, data, np.zeros(20, np.int64))
    for channel in range(3):
        assert np.array_equal(store.cells(0, 10, channel), data[channel].reshape(10, 2, BINS).max(axis=1))
