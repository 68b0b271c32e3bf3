import numpy as np
import pytest

from livespec.core.levels import Meter, Needles
from tests.support.signals import sine_on_bin, white_noise

RATE = 48_000


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


def test_the_first_and_the_last_clipped_sample_are_known_by_position():
    samples = np.zeros((3, 6000), np.float32)
    samples[0, [100, 999, 1000, 4321]] = 1.0
    samples[1, 5999] = -1.0
    meter = Meter(3)
    for start in range(0, 6000, 1000):
        meter.push(samples[:, start : start + 1000], 70_000 + start)
    assert meter.clipping.first.tolist() == [70_100, 75_999, -1]
    assert meter.clipping.last.tolist() == [74_321, 75_999, -1]
    assert meter.clipping.samples.tolist() == [4, 1, 0]


def test_a_true_peak_that_is_held_anew_is_that_of_what_comes_then():
    loud, quiet = (sine_on_bin(1200, 4800, 9600, amplitude, np.pi / 4)[None].repeat(2, 0) for amplitude in (0.9, 0.1))
    meter = Meter(2)
    meter.push(loud)
    meter.hold_anew(1)
    assert meter.held_true_peaks_dbtp == [pytest.approx(20 * np.log10(0.9), abs=0.3), -200.0]
    meter.push(0.0 * quiet)  # the filter still has some of the samples before
    meter.hold_anew(1)
    meter.push(quiet)
    assert meter.held_true_peaks_dbtp == [pytest.approx(20 * np.log10(level), abs=0.3) for level in (0.9, 0.1)]
    assert meter.levels()[1].true_peak_dbtp == pytest.approx(20 * np.log10(0.9), abs=0.3)


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


def test_true_peak_finds_what_lies_between_the_samples():
    """The sine of a quarter of the sampling rate whose samples all lie 3 dB below its crest."""
    sine = sine_on_bin(1200, 4800, 48_000, phase=np.pi / 4)
    (level,) = measured(sine)
    assert level.peak_dbfs == pytest.approx(-3.01, abs=0.01)
    assert level.true_peak_dbtp == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("hz", [60, 997, 5000, 10_000, 14_000, 18_000])
@pytest.mark.parametrize("phase", [0.0, 0.5, 1.2])
def test_true_peak_is_as_exact_as_the_recommendation_asks(hz, phase):
    """BS.1770-4, annex 2: four times oversampling reads at most 0.69 dB low, and its filter at most 0.4 dB high."""
    sine = 0.5 * np.sin(2 * np.pi * hz / 48_000 * np.arange(48_000) + phase)
    sine[:4800] *= np.linspace(0, 1, 4800)  # a sudden beginning really does reach higher between its samples
    (level,) = measured(sine.astype(np.float32))
    assert -0.69 <= level.true_peak_dbtp - 20 * np.log10(0.5) <= 0.4
    assert level.true_peak_dbtp >= level.peak_dbfs


@pytest.mark.parametrize("block", [1, 3, 11, 12, 13, 500])
def test_true_peak_does_not_depend_on_blocks(block):
    sound = white_noise(4000, rms=0.2)
    (whole,), (parts,) = measured(sound, 4000), measured(sound, block)
    assert parts.true_peak_dbtp == pytest.approx(whole.true_peak_dbtp, abs=1e-5)
    assert whole.true_peak_dbtp > whole.peak_dbfs


def test_crest_is_peak_over_rms():
    assert measured(sine_on_bin(100, 4800, 48_000, 0.3, 0.0))[0].crest_db == pytest.approx(3.01, abs=0.01)
    assert measured(np.sign(sine_on_bin(100, 4800, 48_000)))[0].crest_db == pytest.approx(0.0, abs=0.01)


def test_the_offset_is_the_mean_however_small():
    samples = sine_on_bin(100, 4800, 480_000, amplitude=0.9) + np.float32(1e-4)
    assert measured(samples)[0].dc_offset == pytest.approx(1e-4, rel=0.01)
    both = measured(np.stack([samples, -samples]))
    assert both[1].dc_offset == pytest.approx(-both[0].dc_offset)


def needle_after(samples, block=512):
    needles = Needles(1, RATE)
    for start in range(0, len(samples), block):
        needles.push(samples[None, start : start + block])
    return float(needles.now.peak_dbfs[0]), float(needles.now.rms_dbfs[0])


@pytest.mark.parametrize("block", [64, 512, 4096])
def test_a_needle_falls_by_20_db_in_1_7_s_and_the_rms_to_a_tenth_in_a_quarter_of_a_second_and_more(block):
    tone = sine_on_bin(100, 4096, 2 * RATE, 1.0)
    assert needle_after(tone, block) == pytest.approx((0, 0), abs=0.1)
    silence = np.zeros(round(1.7 * RATE), np.float32)
    assert needle_after(np.concatenate([tone, silence]), block)[0] == pytest.approx(-20, abs=0.6)
    quiet = np.zeros(round(0.3 * RATE), np.float32)  # one time constant: e⁻¹ of the power
    assert needle_after(np.concatenate([tone, quiet]), block)[1] == pytest.approx(-4.34, abs=0.6)


def test_needles_tell_of_zeros_and_of_an_offset():
    needles = Needles(3, RATE)
    sound = np.stack([np.zeros(RATE), np.full(RATE, 0.02), white_noise(RATE)]).astype(np.float32)
    for _ in range(12):
        needles.push(sound)
    assert needles.now.zeros_s == pytest.approx([12, 0, 0])
    assert needles.now.offset == pytest.approx([0, 0.02, 0], abs=0.001)
    sound[0, 500] = 1e-9
    needles.push(sound)
    assert needles.now.zeros_s[0] == 0


def test_needles_bear_silence_and_samples_that_are_no_numbers():
    assert needle_after(np.zeros(RATE, np.float32)) == (-200, -200)
    broken = np.full(RATE, 0.5, np.float32)
    broken[::7] = np.nan
    peak, rms = needle_after(broken)
    assert peak == pytest.approx(-6.02, abs=0.01)
    assert np.isfinite(rms)
