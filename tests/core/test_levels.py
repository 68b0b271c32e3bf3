import numpy as np
import pytest

from livespec.core.levels import Meter
from tests.support.signals import sine_on_bin, white_noise


def measured(samples, block=1000):
    planar = np.atleast_2d(samples)
    meter = Meter(len(planar))
    for start in range(0, planar.shape[1], block):
        meter.push(planar[:, start : start + block])
    return meter.levels()


def test_a_full_scale_sine_reads_0_dbfs_rms_as_aes17_has_it():
    (level,) = measured(sine_on_bin(100, 4800, 48_000, phase=0.0))  # one sample in 48 is the crest
    assert level.rms_dbfs == pytest.approx(0.0, abs=0.001)
    assert level.peak_dbfs == pytest.approx(0.0, abs=0.001)


def test_a_full_scale_square_wave_reads_3_db_more():
    (level,) = measured(np.sign(sine_on_bin(100, 4800, 48_000)))
    assert level.rms_dbfs == pytest.approx(10 * np.log10(2), abs=0.001)


def test_peak_is_the_largest_magnitude_of_either_sign():
    for samples in ([0.1, -0.5, 0.25], [0.1, 0.5, -0.25]):
        assert measured(np.float32([samples]))[0].peak_dbfs == pytest.approx(20 * np.log10(0.5), abs=1e-4)


def test_channels_are_measured_apart_and_blocks_do_not_matter():
    both = np.stack([white_noise(10_000, rms=0.1), white_noise(10_000, rms=0.01, seed=2)])
    small, large = measured(both, 7), measured(both, 10_000)
    for channel in range(2):
        exact = 10 * np.log10(2 * np.mean(both[channel].astype(np.float64) ** 2))
        assert small[channel].rms_dbfs == pytest.approx(exact, abs=1e-4)
        assert large[channel].rms_dbfs == pytest.approx(exact, abs=1e-4)


def test_samples_at_full_scale_are_counted_as_clipped():
    samples = np.zeros((2, 5000), np.float32)
    samples[0, [1, 2, 4000]] = 1.0, -1.0, 32767 / 32768  # the largest 16-bit sample is where a converter clips
    samples[1, 3] = 0.999
    left, right = measured(samples)
    assert (left.clipped, right.clipped) == (3, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_left_out_of_every_level(bad):
    sine = sine_on_bin(100, 4800, 48_000, amplitude=0.5)
    (expected,) = measured(sine)
    holed = np.insert(sine, slice(0, 48_000, 2), bad)
    (level,) = measured(holed.astype(np.float32))
    assert level.peak_dbfs == expected.peak_dbfs
    assert level.clipped == 0
    assert level.rms_dbfs == pytest.approx(expected.rms_dbfs, abs=0.001)


def test_silence_reads_the_floor_and_nothing_reads_nothing():
    assert measured(np.zeros(100, np.float32))[0].rms_dbfs == -200.0
    assert Meter(2).levels() is None
