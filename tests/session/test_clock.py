"""Simulated captures: blocks with their arrival times, as a device and its server would give them."""

import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livespec.core.ring import OPENED, OVERFLOW, AudioRing
from livespec.session import clock
from livespec.session.clock import Timeline
from livespec.session.gap_index import Gap

RATE, BLOCK = 48_000, 480  # blocks of 10 ms


@dataclass
class Capture:
    """Blocks of a device whose clock is off by `ppm`, handed over up to `jitter_s` late.

    lost: (start, length) in seconds that never come. stalled: (start, length) during which nothing is handed
    over, and then the backlog, at `catch_up` times the pace of the sound. flags: block number → flags.
    """

    seconds: float = 8.0
    ppm: float = 0.0
    jitter_s: float = 0.002
    lost: tuple[tuple[float, float], ...] = ()
    stalled: tuple[tuple[float, float], ...] = ()
    catch_up: float = 1000.0
    flags: dict[int, int] = field(default_factory=dict)
    seed: int = 1
    began_at: float = 1000.0

    def run(self, *, live: bool = True, speed: float = 1.0) -> Timeline:
        timeline = Timeline(RATE, live=live, speed=speed)
        ring = AudioRing.in_memory(1, 2 * BLOCK, BLOCK)
        silence = np.zeros((BLOCK, 1), np.float32)
        late = np.random.default_rng(self.seed).uniform(0, self.jitter_s, round(self.seconds * 100))
        arrived = 0.0
        for number, delay in enumerate(late):
            captured = (number + 1) * BLOCK / RATE / (1 + self.ppm * 1e-6)
            if any(start <= captured < start + length for start, length in self.lost):
                continue
            arrival = captured + delay
            for start, length in self.stalled:
                if start <= arrival < start + length:
                    arrival = start + length
            arrived = max(arrived + BLOCK / RATE / self.catch_up, arrival)
            ring.write(silence, round((self.began_at + arrived) * 1e9), self.flags.get(number, 0))
            if number % 7 == 0:
                timeline.update(ring)
        timeline.update(ring)
        timeline.settle()
        return timeline


def test_a_block_that_comes_while_the_log_is_read_is_not_overlooked():
    class Busy(AudioRing):
        def block_log(self, first):
            log = super().block_log(first)
            if self.blocks < 4:
                self.write(np.zeros((BLOCK, 1), np.float32), self.blocks * 10_000_000, OVERFLOW)
            return log

    ring = Busy.in_memory(1, 4 * BLOCK, BLOCK)
    ring.write(np.zeros((BLOCK, 1), np.float32), 0, OPENED)
    timeline = Timeline(RATE, live=True)
    seen = np.concatenate([timeline.update(ring) for _ in range(5)])
    assert seen[:, 0].tolist() == [BLOCK, 2 * BLOCK, 3 * BLOCK, 4 * BLOCK]
    assert timeline.overflows == 3


@given(st.floats(0, 0.05), st.integers(0, 1000))
def test_blocks_that_come_in_bursts_are_no_gap(jitter_s, seed):
    timeline = Capture(jitter_s=jitter_s, seed=seed).run()
    assert timeline.gaps == ()
    assert timeline.overflows == 0


@given(st.floats(1, 4), st.floats(0.01, 4.5), st.floats(0, 0.03), st.integers(0, 1000))
def test_late_is_not_lost(start, length, jitter_s, seed):
    timeline = Capture(seconds=10, stalled=((start, length),), jitter_s=jitter_s, seed=seed).run()
    assert timeline.gaps == ()


@given(st.floats(1, 4), st.floats(0.25, 30), st.floats(0, 0.02), st.integers(0, 1000))
def test_samples_that_never_come_are_one_gap_of_the_right_length_at_the_right_place(start, length, jitter_s, seed):
    timeline = Capture(seconds=start + length + 4, lost=((start, length),), jitter_s=jitter_s, seed=seed).run()
    ((position, samples, cause),) = timeline.gaps
    assert cause == "lost"
    blocks_before = sum((number + 1) * BLOCK / RATE < start for number in range(500))
    assert position == blocks_before * BLOCK
    assert samples / RATE == pytest.approx(length, abs=0.01 + 0.005)  # whole blocks are lost, and the jitter


@given(st.floats(0.5, 2), st.floats(2, 50))
def test_a_backlog_that_comes_in_slowly_is_not_lost_either(length, catch_up):
    timeline = Capture(seconds=10, stalled=((3.0, length),), catch_up=catch_up).run()
    assert timeline.gaps == ()


def test_a_stall_in_which_a_part_was_lost_is_a_gap_of_that_part():
    timeline = Capture(seconds=10, stalled=((3.0, 2.0),), lost=((4.0, 0.5),)).run()
    ((_, samples, cause),) = timeline.gaps
    assert cause == "lost"
    assert samples / RATE == pytest.approx(0.5, abs=0.012)


def test_two_losses_are_two_gaps_and_time_runs_through_both():
    timeline = Capture(seconds=14, lost=((3.0, 1.0), (8.0, 2.0))).run()
    assert [gap.cause for gap in timeline.gaps] == ["lost", "lost"]
    assert [gap.samples / RATE for gap in timeline.gaps] == pytest.approx([1.0, 2.0], abs=0.01)
    assert timeline.seconds_at(11 * RATE) == pytest.approx(14.0, abs=0.02)  # 11 s of samples, 3 s of holes


def test_what_the_driver_calls_an_overflow_is_one_however_short():
    timeline = Capture(lost=((3.0, 0.02),), flags={301: OVERFLOW}).run()
    ((position, samples, cause),) = timeline.gaps
    assert cause == "overflow"
    assert position == 299 * BLOCK
    assert samples / RATE == pytest.approx(0.02, abs=0.005)
    assert timeline.overflows == 1


def test_a_stream_that_was_opened_anew_is_a_gap_by_that_cause():
    timeline = Capture(seconds=10, lost=((3.0, 0.8),), flags={0: OPENED, 379: OPENED}).run()
    ((_, samples, cause),) = timeline.gaps
    assert cause == "reopened"
    assert samples / RATE == pytest.approx(0.8, abs=0.01)


def test_the_first_block_of_a_capture_is_no_gap():
    assert Capture(flags={0: OPENED}).run().gaps == ()


@pytest.mark.parametrize("ppm", [-200, -40, 0, 40, 200])
def test_a_clock_that_is_off_is_no_gap_and_its_drift_is_told(ppm):
    timeline = Capture(seconds=180, ppm=ppm, jitter_s=0.005).run()
    assert timeline.gaps == ()
    assert timeline.drift_ppm == pytest.approx(ppm, abs=5)


def test_a_loss_after_minutes_of_drift_is_still_measured_right():
    timeline = Capture(seconds=130, ppm=200, lost=((120.0, 1.0),)).run()
    ((_, samples, _),) = timeline.gaps
    assert samples / RATE == pytest.approx(1.0, abs=0.012)


def test_drift_is_unknown_until_it_could_be_measured():
    assert Capture(seconds=100).run().drift_ppm is None


@given(st.floats(0.2, 5), st.floats(0.2, 5))
@settings(max_examples=10)
def test_a_pipe_that_pauses_loses_nothing(start, length):
    timeline = Capture(seconds=14, lost=((start, length),)).run(live=False)  # nothing is made, so nothing is lost
    assert timeline.gaps == ()
    assert timeline.seconds_at(RATE) == 1.0


def test_the_delay_that_a_smooth_picture_waits_for_covers_the_latest_block_and_no_more():
    timeline = Capture(jitter_s=0.03).run()
    assert 0.035 < timeline.delay_s <= 0.041  # up to 30 ms late, and the block itself


def timeline_with(*gaps):
    timeline = Timeline(1000, live=True)
    timeline.gaps = tuple(Gap(*gap) for gap in gaps)
    return timeline


def test_the_time_of_a_position_is_its_samples_and_the_holes_before_it():
    timeline = timeline_with((1000, 500, "lost"), (3000, 2000, "overflow"))
    assert timeline.seconds_at(999) == 0.999
    assert timeline.seconds_at(1000) == 1.5
    assert timeline.seconds_at(2999) == 3.499
    assert timeline.seconds_at(3000) == 5.5
    assert timeline.holes() == [(1.0, 1.5), (3.5, 5.5)]


@given(
    st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 3000)), max_size=6, unique_by=lambda gap: gap[0]),
    st.integers(0, 8000),
)
def test_the_position_of_a_time_is_the_one_that_has_it_and_in_a_hole_the_one_behind(gaps, position):
    timeline = timeline_with(*((at, samples, "lost") for at, samples in sorted(gaps)))
    assert timeline.position_at(timeline.seconds_at(position)) == position
    for (start, end), (at, _) in zip(timeline.holes(), sorted(gaps), strict=True):
        assert timeline.position_at((start + end) / 2) == at


# (position, samples) of each
GAPS = st.lists(st.tuples(st.integers(1, 5000), st.integers(0, 3000)), max_size=6, unique_by=lambda gap: gap[0])


@given(GAPS, st.integers(1, 700), st.integers(1, 300))
def test_a_window_straddles_a_gap_when_it_has_samples_from_both_sides(gaps, n_fft, hop):
    timeline = timeline_with(*((position, samples, "lost") for position, samples in sorted(gaps)))
    firsts = np.arange(0, 6000, hop)
    straddling = timeline.straddles(firsts, n_fft)
    for first, found in zip(firsts.tolist(), straddling, strict=True):
        assert found == any(first < position <= first + n_fft - 1 for position, _ in gaps)


def test_two_reopenings_within_half_a_second_are_two_gaps():
    lost = ((2.0, 0.3), (2.5, 0.25))
    opened = dict.fromkeys((0, 229, 274), OPENED)
    gaps = Capture(seconds=6, lost=lost, flags=opened).run().gaps
    assert [gap.cause for gap in gaps] == ["reopened", "reopened"]
    assert [gap.samples / RATE for gap in gaps] == pytest.approx([0.3, 0.25], abs=0.015)


def test_an_end_in_the_middle_of_a_backlog_invents_no_gap():
    # Two seconds late, caught up with at four times the pace of the sound: it ends before that is done.
    timeline = Capture(seconds=3.2, stalled=((1.0, 2.0),), catch_up=4.0).run()
    assert timeline.gaps == ()


def test_the_errors_of_many_gaps_do_not_add_up():
    """Each is measured in half a second of blocks that come up to 30 ms late: too long as often as too short."""
    errors_s = []
    for seed in range(40):
        opened = {599: OPENED}
        timeline = Capture(seconds=8, lost=((5.0, 1.0),), jitter_s=0.03, flags=opened, seed=seed).run()
        (gap,) = timeline.gaps
        errors_s.append(gap.samples / RATE - 1.0)
    assert np.abs(errors_s).max() < 0.01
    assert abs(np.mean(errors_s)) < 0.001


@given(GAPS, st.floats(0, 8), st.floats(0, 3))
def test_of_a_stretch_there_are_the_holes_that_reach_into_it(gaps, start_s, lasts_s):
    timeline = timeline_with(*((position, samples, "lost") for position, samples in sorted(gaps)))
    reaching = {hole for hole in timeline.holes() if hole[1] > start_s and hole[0] < start_s + lasts_s}
    assert reaching <= set(timeline.holes(start_s, start_s + lasts_s)) <= set(timeline.holes())


def test_a_night_of_gaps_costs_hardly_more_than_one():
    one, many = (timeline_with(*((1000 * n, 10, "lost") for n in range(1, 1 + count))) for count in (1, 20_000))
    positions = np.arange(0, 4_000_000, 4000)
    assert fastest(many.straddles, positions, 4096) < 20 * fastest(one.straddles, positions, 4096)
    assert fastest(many.seconds_of, positions) < 20 * fastest(one.seconds_of, positions)


def fastest(ask, *of):
    def once():
        began = time.perf_counter()
        ask(*of)
        return time.perf_counter() - began

    return min(once() for _ in range(5))


@pytest.fixture
def watched(monkeypatch):
    """`watched.passes(seconds)`, a look every 0.1 s; `watched.stops(seconds)`, without one; `watched.gives(blocks)`."""
    now_s = [1000.0]
    monkeypatch.setattr(clock, "now_ns", lambda: round(now_s[0] * 1e9))
    ring = AudioRing.in_memory(1, RATE, BLOCK)
    timeline = Timeline(RATE, live=True)

    def passes(seconds):
        for _ in range(round(seconds * 10)):
            now_s[0] += 0.1
            timeline.update(ring)

    def stops(seconds):
        now_s[0] += seconds

    def gives(blocks):
        for _ in range(blocks):
            now_s[0] += BLOCK / RATE
            ring.write(np.zeros((BLOCK, 1), np.float32), round(now_s[0] * 1e9))
            timeline.update(ring)

    gives(100)
    return SimpleNamespace(
        passes=passes, stops=stops, gives=gives, is_silent=lambda: timeline.is_silent_behind(ring.end)
    )


def test_a_device_is_silent_that_has_given_nothing_for_a_second_and_no_more_once_it_gives_again(watched):
    watched.passes(0.9)
    assert not watched.is_silent()
    watched.passes(0.3)
    assert watched.is_silent()
    watched.gives(1)
    watched.stops(5)
    watched.passes(0.1)
    assert not watched.is_silent()


@pytest.mark.parametrize("stopped_s", [1.5, 4, 3600])
def test_while_the_program_itself_was_stopped_nobody_was_silent(watched, stopped_s):
    watched.passes(0.3)
    watched.stops(stopped_s)
    assert not watched.is_silent()  # asked before the analysis thread has looked
    watched.passes(0.4)
    assert not watched.is_silent()
    watched.passes(0.5)
    assert watched.is_silent()
