import numpy as np
import pytest

from livespec.display.autorange import AutoRange
from tests.support.signals import white_noise

STEP_S = 0.5


def rows(quiet, loud, count=20_000, seed=1):
    """Levels of displayed rows: evenly spread from quiet to loud."""
    return np.random.default_rng(seed).uniform(quiet, loud, (1, count)).astype(np.float32)


def followed(levels, start=(-100.0, -20.0), seconds=60.0):
    ranging = AutoRange(start)
    seen = [start]
    for _ in range(round(seconds / STEP_S)):
        ranging.follow(levels, STEP_S)
        seen.append((ranging.low, ranging.high))
    return seen


def test_silence_does_not_move_the_range():
    for silence in (
        np.full((4, 100), -200, np.float32),
        np.full((4, 100), np.nan, np.float32),
        rows(-120, -80),
        np.empty((0, 100), np.float32),
    ):
        assert set(followed(silence)) == {(-100.0, -20.0)}


def test_the_range_comes_to_rest_around_the_10th_and_the_995th_per_mille():
    low, high = followed(rows(-90, -10))[-1]
    quiet, loud = -90 + 0.1 * 80, -90 + 0.995 * 80
    assert low == pytest.approx(quiet - 5, abs=1)
    assert high == pytest.approx(loud + 6, abs=1)


def test_a_lone_tone_in_silence_keeps_a_colour_of_its_own_and_a_click_changes_nothing():
    levels = np.random.default_rng(2).uniform(-130, -110, (40, 500)).astype(np.float32)
    levels[:, 200] = -6
    assert followed(levels)[-1] == (-96, -6)
    clicked = rows(-90, -10).reshape(400, 50)
    clicked[40] = 0
    assert followed(clicked)[-1][1] == pytest.approx(followed(rows(-90, -10))[-1][1], abs=1)


@pytest.mark.parametrize(("quiet", "loud"), [(-180, -5), (-30, -20), (-60, -59), (-199, 20)])
def test_the_range_is_never_narrower_than_50_db_nor_wider_than_90(quiet, loud):
    for low, high in followed(rows(quiet, loud))[1:]:
        assert 49 <= high - low <= 91  # whole decibels are shown
    low, high = followed(rows(quiet, loud))[-1]
    assert 50 - 1 <= high - low <= 90 + 1


def test_gaps_do_not_count():
    levels = rows(-90, -10)
    holed = np.concatenate([levels, np.full((1, levels.size), np.nan, np.float32)], axis=0)
    assert followed(holed) == followed(levels)


def test_the_range_takes_its_place_at_once_and_then_moves_by_6_db_a_second_at_most():
    ranging = AutoRange((-100.0, -20.0))
    ranging.follow(rows(-100, -60), STEP_S)
    before = (ranging.low, ranging.high)
    assert before != (-100.0, -20.0)
    moved = 0.0
    for step in range(1, 40):
        ranging.follow(rows(-60, 0), STEP_S)
        now = (ranging.low, ranging.high)
        # Whole decibels are shown, half a decibel beside the range that glides.
        assert abs(now[0] - before[0]) <= 6 * STEP_S * step + 1
        assert abs(now[1] - before[1]) <= 6 * STEP_S * step + 1
        moved = now[1] - before[1]
    assert moved > 50  # it does get there


def test_the_range_holds_still_while_the_sound_stays_as_it_is():
    ranging = AutoRange((-100.0, -20.0))
    changes = sum(ranging.follow(rows(-90, -10, seed=seed), STEP_S) for seed in range(200))
    assert changes <= 2


def test_a_move_is_told_and_only_a_move():
    ranging = AutoRange((-100.0, -20.0))
    for seed in range(20):
        before = ranging.low, ranging.high
        told = ranging.follow(-40 + 20 * white_noise(5000, rms=1, seed=seed)[None], STEP_S)
        assert told == (before != (ranging.low, ranging.high))
