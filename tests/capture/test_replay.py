"""A replay without a window: what it puts into the ring, where, and when."""

import threading
import time
from dataclasses import replace

import numpy as np
import psutil
import pytest
import soundfile

from livespec.capture.legs import Leg, leg_at
from livespec.capture.moment import now_ns
from livespec.capture.player import Feed
from livespec.capture.replay import ReplaySource
from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Reception, Transport
from livespec.core.ring import Geometry
from tests.support.program import wait_until
from tests.support.signals import numbered

RATE, LENGTH = 48_000, 96_000
FAST = 50.0


@pytest.fixture
def path(tmp_path):
    soundfile.write(tmp_path / "numbers.wav", numbered(0, LENGTH, 2), RATE, subtype="FLOAT")
    return tmp_path / "numbers.wav"


@pytest.fixture
def playing(path):
    """playing(Transport, …): a replay that has been started, and its ring; all of it is read at once."""
    begun = []

    def begin(transport, wanted=(1,), limit=None):
        ring = SharedRing.create(Geometry(len(wanted), 20 * LENGTH))
        source = ReplaySource(path, wanted, transport, limit)
        source.start(ring, Reception(threading.Event(), lambda: ring.end))
        begun.append((source, ring))
        return source, ring

    yield begin
    for source, ring in begun:
        source.stop()
        assert not source._thread.is_alive()
        ring.close()


def samples(ring, start=0):
    """The numbers in the ring: which sample of the file lies at each position."""
    out = np.empty((ring.channels, ring.end - start), np.float32)
    assert ring.read(start, out)
    return out[0] / 8


def count(first, stop):
    return np.arange(first, stop, dtype=np.float32)


def stands(ring):
    before = ring.end
    time.sleep(0.1)
    return ring.end == before


def test_it_hands_out_the_file_and_waits_at_its_end(playing):
    source, ring = playing(Transport(speed=FAST))
    wait_until(lambda: source.finished, "the end is there")
    assert np.array_equal(samples(ring), count(0, LENGTH))
    assert source.at == LENGTH
    assert source._thread.is_alive()


def test_a_jump_hands_out_what_lies_before_it_at_once_and_goes_on_from_there_at_its_pace(playing):
    source, ring = playing(Transport())
    wait_until(lambda: ring.end > 2_000, "it plays")
    source.jump(60_000, 30_000)
    assert source.at == 60_000
    wait_until(lambda: not source.jumping, "it has arrived", 0.3)  # in real time it would take 0.6 s
    leg = source.legs[-1]
    wait_until(lambda: ring.end > leg.seam + 40_000, "it plays on")
    wanted = source.legs[-1]
    assert (wanted.seam, wanted.begins) == (leg.seam, 30_000)
    assert np.array_equal(samples(ring, wanted.seam), count(30_000, 30_000 + ring.end - wanted.seam))
    assert np.array_equal(samples(ring)[: wanted.seam], count(0, wanted.seam))  # what was shown before stays
    log = ring.block_log(0)
    due = wanted.seam + 30_000
    (arrived,) = log[log[:, 0] == due, 1]
    paced = log[log[:, 0] > due]
    assert np.all(paced[:, 1] >= arrived + (paced[:, 0] - due) * (1e9 / RATE) - 1e6)


@pytest.mark.parametrize(
    ("target", "begins"), [(-5, 0), (0, 0), (10_000, 0), (LENGTH, LENGTH - 30_000), (10**9, 66_000)]
)
def test_a_jump_stays_within_the_file(playing, target, begins):
    source, ring = playing(Transport(paused=True))
    source.jump(target, 30_000)
    wait_until(lambda: not source.jumping, "it has arrived")
    at = min(max(0, target), LENGTH)
    assert source.at == at
    assert np.array_equal(samples(ring), count(begins, at))


def test_pausing_stands_still_and_goes_on_with_the_next_sample(playing):
    source, ring = playing(Transport())
    wait_until(lambda: ring.end > 5_000, "it plays")
    source.steer(replace(source.transport, paused=True))
    wait_until(lambda: stands(ring), "it stands")
    stood = ring.end
    source.steer(replace(source.transport, paused=False))
    went_on = now_ns()
    wait_until(lambda: ring.end > stood + 5_000, "it goes on")
    assert np.array_equal(samples(ring), count(0, ring.end))
    log = ring.block_log(0)
    after = log[log[:, 0] > stood]
    assert np.all(after[:, 1] >= went_on + (after[:, 0] - stood) * (1e9 / RATE) - 1e6)  # it does not race to catch up


def test_a_jump_while_it_is_paused_hands_out_the_lead_in_alone(playing):
    source, ring = playing(Transport(paused=True))
    source.jump(50_000, 20_000)
    wait_until(lambda: not source.jumping, "it has arrived")
    time.sleep(0.1)
    assert np.array_equal(samples(ring), count(30_000, 50_000))


def test_a_loop_goes_round_without_a_seam_until_it_is_let_go(playing):
    source, ring = playing(Transport(speed=FAST, loop=True))
    wait_until(lambda: ring.end > 2.5 * LENGTH, "it has gone round")
    assert not source.finished
    source.steer(replace(source.transport, loop=False))
    wait_until(lambda: source.finished, "it ends with the file")
    assert ring.end % LENGTH == 0
    assert np.array_equal(samples(ring), np.tile(count(0, LENGTH), ring.end // LENGTH))
    assert {leg.seam for leg in source.legs} == {0}


def test_from_its_end_it_goes_on_by_a_jump_or_by_being_repeated(playing):
    source, ring = playing(Transport(speed=FAST))
    wait_until(lambda: source.finished, "the end is there")
    source.jump(LENGTH - 500, 0)
    wait_until(lambda: source.finished and ring.end == LENGTH + 500, "the end is there again")
    source.steer(replace(source.transport, loop=True))
    wait_until(lambda: ring.end > LENGTH + 20_000, "it goes round")
    assert np.array_equal(samples(ring, LENGTH + 500)[:10_000], count(0, 10_000))


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_another_speed_holds_from_the_next_sample_on(playing, speed):
    source, ring = playing(Transport())
    wait_until(lambda: ring.end > 5_000, "it plays")
    source.steer(replace(source.transport, speed=speed))
    wait_until(lambda: source.legs[-1].speed == speed, "it is steered")
    leg = source.legs[-1]
    wait_until(lambda: ring.end > leg.position + 20_000, "it plays on")
    assert np.array_equal(samples(ring), count(0, ring.end))
    log = ring.block_log(0)
    after = log[log[:, 0] > leg.position]
    slope = np.polyfit(after[:, 1] / 1e9, after[:, 0] / RATE, 1)[0]
    assert slope == pytest.approx(speed, rel=0.05)


def test_the_limit_counts_what_was_played_and_not_what_led_in(playing):
    source, ring = playing(Transport(speed=4.0), limit=30_000)
    assert source.info.length == 30_000
    assert source.length == LENGTH
    wait_until(lambda: ring.end > 2_000, "it plays")
    source.jump(50_000, 20_000)
    wait_until(lambda: source.finished, "the limit is reached")
    assert ring.end == 30_000 + 20_000


def test_the_channels_that_were_asked_for_go_into_the_ring(playing):
    source, ring = playing(Transport(speed=FAST), wanted=(2,))
    wait_until(lambda: source.finished, "the end is there")
    assert np.array_equal(samples(ring), count(0, LENGTH) + 1 / 8)


def test_a_hundred_jumps_one_after_another_leave_nothing_and_the_last_one_counts(playing):
    before = threading.active_count(), psutil.Process().num_fds()
    source, ring = playing(Transport(speed=FAST))
    threads = threading.active_count()
    for number in range(100):
        source.jump(number * 900, 5_000)
        time.sleep(0.001 * (number % 4))
    wait_until(lambda: not source.jumping, "the last has arrived")
    assert source.at >= 99 * 900
    assert len(source.legs) <= 16
    assert threading.active_count() == threads
    seam = source.legs[-1].seam
    assert np.array_equal(samples(ring, seam)[:5_000], count(99 * 900 - 5_000, 99 * 900))
    source.stop()
    assert threading.active_count() == before[0]
    assert psutil.Process().num_fds() <= before[1] + 2  # the ring's; its file is closed


def test_the_leg_of_a_position_is_the_newest_that_has_begun():
    legs = (Leg(0), Leg(100, speed=2.0), Leg(100, speed=4.0), Leg(300))
    assert [leg_at(legs, position) for position in (0, 99, 100, 299, 300, 10**9)] == [
        *(legs[0], legs[0], legs[2], legs[2], legs[3], legs[3])
    ]


def test_a_feed_is_played_in_its_order_and_silence_comes_after_it():
    feed = Feed(1, RATE)
    for block in np.split(numbered(0, 10, 2), [3, 7]):
        feed.blocks.append(block)
    out = np.full((4, 2), 9, np.float32)
    assert [feed.fill(out), feed.fill(out)] == [4, 4]
    assert np.array_equal(out, numbered(4, 4, 2))
    assert feed.fill(out) == 2
    assert np.array_equal(out, np.concatenate([numbered(8, 2, 2), np.zeros((2, 2), np.float32)]))
    assert feed.fill(out) == 0
    assert not out.any()
    assert feed.samples == 10
