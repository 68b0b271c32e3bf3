import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livespec.core.averaging import make_averager
from livespec.settings import averaging_of
from tests.support.signals import white_noise

COLUMN_S = 0.01
BINS = 5
WAYS = ["fast", "slow", "exp:0.05", "mean:1", "mean:7", "mean:50", "max", "max:20"]


def averager(way, column_s=COLUMN_S):
    return make_averager(averaging_of(way), column_s)


def averaged(way, columns, first=0, batch=13):
    """(k, bins) through a fresh second stage, batch by batch."""
    stage, out = averager(way), columns[None].astype(np.float32)
    for k in range(0, len(columns), batch):
        stage.push(first + k, out[:, k : k + batch])
    return out[0]


def noise_levels(count, seed=1):
    power = white_noise(count * BINS, seed=seed).reshape(count, BINS).astype(np.float64) ** 2
    return np.maximum(10 * np.log10(power + 1e-30), -200)


def mean_power_db(levels):
    return 10 * np.log10(np.mean(10 ** (levels.astype(np.float64) / 10), axis=0))


@pytest.mark.parametrize("way", [way for way in WAYS if way != "max"])
def test_what_does_not_change_reads_as_it_is(way):
    steady = np.tile(np.float32([-3, -60, -120, -180, -200]), (300, 1))
    assert averaged(way, steady) == pytest.approx(steady, abs=2e-3)


def test_fast_and_slow_fall_as_the_standard_says():
    """IEC 61672-1, 5.8.3: after the sound stops the level falls by 34.7 dB/s (fast) and 4.3 dB/s (slow)."""
    burst = np.full((400, 1), -200.0)
    burst[:200] = 0
    for way, per_second in (("fast", 34.74), ("slow", 4.343)):
        levels = averaged(way, burst)[:, 0]
        assert (levels[210] - levels[260]) / 0.5 == pytest.approx(per_second, rel=0.002)


def test_a_long_burst_reaches_its_level_in_fast_as_the_formula_says():
    burst = np.full((100, 1), -200.0)
    burst[10:] = 0
    levels = averaged("fast", burst)[:, 0]
    after = np.arange(1, 91) * COLUMN_S
    assert levels[10:] == pytest.approx(10 * np.log10(1 - np.exp(-after / 0.125)), abs=0.01)


@given(st.integers(1, 60), st.integers(1, 200), st.integers(0, 1 << 40))
def test_the_mean_is_that_of_the_last_columns_power(count, batch, first):
    levels = noise_levels(150)
    out = averaged(f"mean:{count}", levels, first, batch)
    for k in (0, 1, count - 1, count, 77, 149):
        if k < 150:
            assert out[k] == pytest.approx(mean_power_db(levels[max(0, k + 1 - count) : k + 1]), abs=1e-3)


def test_the_mean_of_silence_after_a_loud_sound_is_silence():
    levels = np.full((500, 1), -200.0)
    levels[:100] = 0
    assert averaged("mean:8", levels)[150:] == pytest.approx(-200, abs=1e-3)


def test_no_mean_is_less_than_the_least_level():
    levels = np.full((300, BINS), -200.0)
    levels[:80] = noise_levels(80) + 20
    assert np.min(averaged("mean:50", levels)) >= -200.001  # nor NaN


def test_hold_keeps_the_highest_and_sinks_as_fast_as_is_said():
    levels = np.full((300, 1), -100.0)
    levels[50] = -10
    held = averaged("max", levels)[:, 0]
    assert np.all(held[:50] == -100)
    assert np.all(held[50:] == -10)
    sinking = averaged("max:20", levels)[:, 0]
    assert sinking[50:290] == pytest.approx(-10 - 0.2 * np.arange(240), abs=0.01)


@pytest.mark.parametrize("way", [way for way in WAYS if way != "max"])
@given(start=st.integers(0, 200), extra=st.integers(0, 100), batch=st.integers(1, 40))
def test_a_stretch_analysed_again_after_its_warm_up_reads_as_it_did_live(way, start, extra, batch):
    warm_up = averager(way).warm_up
    levels = noise_levels(warm_up + 400)
    levels[: warm_up // 2 + 20] += 60  # what was loud long ago
    live = averaged(way, levels)[warm_up + start + extra :]
    again = averaged(way, levels[start + extra :], start + extra, batch)[warm_up:]
    assert np.abs(live - again).max() <= 0.01
    if way.startswith("mean"):
        assert np.array_equal(live, again)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("batch", [1, 2, 50])
def test_the_size_of_batches_changes_no_bit(way, batch):
    levels = noise_levels(120)
    assert np.array_equal(averaged(way, levels, batch=120), averaged(way, levels, batch=batch))


@pytest.mark.parametrize("way", WAYS)
def test_a_column_that_is_no_number_stays_so_and_spoils_no_other(way):
    levels = noise_levels(60)
    levels[30] = np.nan
    out = averaged(way, levels)
    assert np.isnan(out[30]).all()
    assert np.isfinite(np.delete(out, 30, axis=0)).all()
    if not way.startswith("max"):  # what was before a gap is no part of what comes after it
        assert np.array_equal(out[31:], averaged(way, levels[31:], 31))


@pytest.mark.parametrize("way", WAYS)
def test_channels_are_averaged_each_for_itself(way):
    both = np.stack([noise_levels(40, 1), noise_levels(40, 2)]).astype(np.float32)
    both[1, 20] = np.nan
    each = [averaged(way, channel) for channel in both]
    averager(way).push(0, both)
    assert np.array_equal(both, each, equal_nan=True)
