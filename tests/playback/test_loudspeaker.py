"""The playing process against the real PortAudio and a private sound server."""

import time

import numpy as np
import psutil
import pytest

from livespec.playback.loudspeaker import Loudspeaker
from tests.support.program import wait_until
from tests.support.signals import white_noise
from tests.support.virtual_microphone import RATE, VirtualMicrophone, heard_by_this_process

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def server():
    with VirtualMicrophone() as microphone, heard_by_this_process(microphone):
        yield microphone


@pytest.fixture
def speaker(server):
    made = Loudspeaker(RATE, 2)
    yield made
    made.close()


def test_it_knows_when_a_sample_is_heard_and_the_clock_runs_with_it(speaker):
    assert speaker.wait_until_open()
    assert speaker.heard_at(0) is None
    for block in np.split(white_noise(RATE).astype(np.float32), 50):
        speaker.feed(np.stack([block, block], axis=1))
    wait_until(lambda: speaker.heard_at(0) is not None, "it plays", 5)
    first = speaker.heard_at(0)
    assert abs(first - time.perf_counter()) < 0.5
    assert speaker.heard_at(RATE) == pytest.approx(first + 1, abs=0.1)
    time.sleep(0.5)
    assert speaker.heard_at(0) == pytest.approx(first, abs=0.1)
    assert speaker.trouble == ""


def test_what_is_beyond_two_channels_is_left_out(server):
    speaker = Loudspeaker(RATE, 8)
    try:
        assert speaker.wait_until_open()
        speaker.feed(np.zeros((1000, 8), np.float32))
        wait_until(lambda: speaker.heard_at(0) is not None, "it plays", 5)
    finally:
        speaker.close()


def test_closed_it_leaves_no_process(speaker):
    assert speaker.wait_until_open()
    child = psutil.Process(speaker._process.pid)
    speaker.close()
    assert not child.is_running()
    speaker.feed(np.zeros((100, 2), np.float32))  # takes no harm


def test_an_output_that_vanishes_is_told_and_holds_nobody_up():
    with VirtualMicrophone() as own, heard_by_this_process(own):
        speaker = Loudspeaker(RATE, 1)
        try:
            assert speaker.wait_until_open()
            block = np.zeros((RATE // 10, 1), np.float32)
            speaker.feed(block)
            wait_until(lambda: speaker.heard_at(0) is not None, "it plays", 5)
            own.kill()
            began = time.perf_counter()
            while not speaker.trouble and time.perf_counter() - began < 20:
                speaker.feed(block)
                time.sleep(0.05)
            assert speaker.trouble
            assert speaker.heard_at(0) is None
        finally:
            speaker.close()
