"""What a second of sound and the log of its blocks give away."""

import numpy as np
import pytest

from livespec.core.ring import OPENED, OVERFLOW
from livespec.doctor.sound import _flow, _heard
from tests.support.signals import tone

RATE, BLOCK = 48_000, 512


def blocks(count=100, true_rate=RATE, flags=()):
    """The log of blocks that came evenly. flags: (block, flag) beside that of the first."""
    log = np.zeros((count, 3), np.int64)
    log[:, 0] = np.arange(1, count + 1) * BLOCK
    log[:, 1] = log[:, 0] * 1e9 / true_rate
    log[0, 2] = OPENED
    for block, flag in flags:
        log[block, 2] |= flag
    return log


def red(findings):
    return {finding.name: finding.figure for finding in findings if finding.status == "failed"}


def test_an_even_flow_is_well():
    assert not red(_flow(blocks(), RATE))


def test_every_block_that_the_driver_lost_samples_before_is_counted():
    assert red(_flow(blocks(flags=[(3, OVERFLOW), (7, OVERFLOW)]), RATE)) == {"overflows": "2"}


@pytest.mark.parametrize(("named", "true"), [(48_000, 44_100), (44_100, 48_000), (96_000, 48_000)])
def test_a_device_that_runs_at_another_rate_than_it_names_is_red(named, true):
    found = red(_flow(blocks(200, true), named))
    assert found == {f"rate of the samples, {true} Hz": f"{100 * abs(true / named - 1):.1f} % off"}


def test_sound_that_stops_before_the_second_is_full_is_red():
    assert red(_flow(blocks(40), RATE)) == {"sound in 4 s": "0.43 s"}


def test_the_louder_channel_is_told_and_the_worse_offset():
    both = np.stack([tone(1000, RATE, RATE, 0.1), tone(1000, RATE, RATE, 0.5) - np.float32(0.02)])
    found = {finding.name: finding for finding in _heard(both)}
    assert "RMS \N{MINUS SIGN}6.0 dBFS" in found["sound from it"].figure
    assert red(found.values()) == {"DC offset, of full scale": "0.0200"}


def test_one_sample_at_full_scale_is_clipped():
    sound = tone(1000, RATE, RATE, 0.5)[None].copy()
    sound[0, 100] = -1.0
    assert red(_heard(sound)) == {"clipped samples": "1"}
