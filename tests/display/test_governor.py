"""Frames on machines and screens that are described by arithmetic: no clock runs here."""

import numpy as np
import pytest

from livespec.display.governor import PACES, Governor, Pacer

LOOK_S = 0.25


def after(governor, seconds, machine_fps, begin=0.0, frames=0):
    """Its pace after so long on a machine that draws at most so many frames a second; the time, the frames."""
    for look in range(round(seconds / LOOK_S)):
        now = begin + look * LOOK_S
        frames += min(governor.pace.frames, machine_fps) * LOOK_S
        governor.look(now, round(frames))
    return governor.pace, begin + seconds, frames


@pytest.mark.parametrize(
    ("machine_fps", "pace"),
    [(500, PACES[0]), (50, PACES[0]), (40, PACES[1]), (25, PACES[1]), (18, PACES[2]), (12, PACES[3])],
)
def test_a_slow_machine_gets_fewer_frames_and_no_fewer_than_it_can(machine_fps, pace):
    governor = Governor()
    assert after(governor, 18, machine_fps)[0] == pace
    assert governor.slowed == (pace != PACES[0])


def test_coarser_textures_come_after_fewer_frames_and_there_is_an_end():
    governor, seen, time, frames = Governor(), [], 0.0, 0.0
    for _ in range(100):
        pace, time, frames = after(governor, 1, 2, time, frames)
        seen.append(pace)
    assert seen[-1] == PACES[-1]
    assert sorted(set(seen), key=seen.index) == list(PACES)
    assert [pace.detail for pace in PACES] == sorted(pace.detail for pace in PACES)


def test_a_hitch_changes_nothing_and_a_machine_that_is_free_again_is_given_all():
    governor = Governor()
    _, time, frames = after(governor, 6, 60)
    _, time, frames = after(governor, 1, 0, time, frames)
    pace, time, frames = after(governor, 6, 60, time, frames)
    assert pace == PACES[0]
    pace, time, frames = after(governor, 6, 25, time, frames)
    assert pace == PACES[1]
    pace, time, frames = after(governor, 30, 60, time, frames)
    assert pace == PACES[0]


def test_it_does_not_go_to_and_fro_where_more_is_in_vain():
    governor, changes, time, frames, before = Governor(), 0, 0.0, 0.0, PACES[0]
    for _ in range(600):
        pace, time, frames = after(governor, 1, 35, time, frames)
        changes += pace != before
        before = pace
    assert pace == PACES[1]
    assert changes <= 10


def test_a_window_that_was_hidden_is_not_taken_for_slow():
    governor = Governor()
    _, time, frames = after(governor, 6, 60)
    governor.rest()
    pace, *_ = after(governor, 4, 60, time + 60, frames)
    assert pace == PACES[0]


@pytest.mark.parametrize(
    ("refresh_hz", "every"), [(59.94, 1), (60.0, 1), (60.1, 1), (75.0, 1), (119.88, 2), (144.0, 2), (30.0, 1)]
)
@pytest.mark.parametrize("begin_s", [0.0, 0.004, 0.012])
def test_frames_are_equally_many_refreshes_of_the_screen_apart(refresh_hz, every, begin_s):
    painting_s, refresh_s = 0.002, 1 / refresh_hz
    pacer, now, swaps = Pacer(begin_s), begin_s, []
    for _ in range(3000):
        due = pacer.next(now, 60, refresh_hz)
        swap = np.ceil((now + painting_s) / refresh_s) * refresh_s
        pacer.swapped(swap - now - painting_s)
        swaps.append(swap)
        now = max(due, swap)
    assert (np.round(np.diff(swaps[300:]) / refresh_s) == every).all()


@pytest.mark.parametrize("refresh_hz", [60.0, 0.0, -1.0])
def test_without_a_screen_that_waits_frames_are_even(refresh_hz):
    pacer, now, dues = Pacer(0.0), 0.0, []
    for _ in range(600):
        due = pacer.next(now, 60, refresh_hz)
        pacer.swapped(0.001)
        dues.append(due)
        now = due
    assert np.ptp(np.diff(dues)) < 1e-9
    assert np.diff(dues).mean() == pytest.approx(1 / 60, rel=0.004)
