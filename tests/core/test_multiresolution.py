import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livespec.core.quantity import level_quantity
from livespec.core.stft import Engine
from livespec.settings import Settings
from tests.support.signals import click, sine_on_bin, tone, white_noise

RATE = 48_000
SEAMS_HZ = (250.0, 1000.0, 4000.0)


def engine(**settings):
    return Engine(Settings(multiresolution=True, **settings), RATE)


def windows_of(samples, n_fft, hop):
    return np.lib.stride_tricks.sliding_window_view(samples, n_fft)[::hop]


def test_left_to_itself_it_has_a_long_window_for_the_bass_and_a_hop_for_the_treble():
    chosen = engine()
    assert (chosen.n_fft, chosen.hop) == (16_384, 512)


@pytest.mark.parametrize("window", ["hann", "blackmanharris", "flattop"])
@pytest.mark.parametrize("octaves", [-0.6, -0.5, -0.25, 0, 0.25, 0.5, 0.6])
@pytest.mark.parametrize("seam", SEAMS_HZ)
def test_a_tone_on_a_seam_keeps_its_level(window, octaves, seam):
    bins = engine(window=window)
    number = round(seam * 2**octaves / bins.bin_hz)
    level = bins.columns(sine_on_bin(number, bins.n_fft, bins.n_fft))
    assert level[number] == pytest.approx(0, abs=0.01)
    assert level[number] == pytest.approx(level.max(), abs=0.01)


@given(st.floats(60, 20_000))
@settings(max_examples=150)
def test_a_tone_anywhere_keeps_its_level_within_the_scalloping(hz):
    bins = ENGINE
    level = bins.columns(tone(hz, RATE, bins.n_fft))
    assert -1.43 <= level.max() <= 0.01
    assert abs(level.argmax() * bins.bin_hz - hz) <= bins.bin_hz * 1.01


def test_a_slow_sweep_across_all_seams_stays_level_within_a_tenth_of_a_db():
    bins = engine(window="flattop")
    hz = np.geomspace(100, 10_000, 400)
    levels = np.array([bins.columns(tone(f, RATE, bins.n_fft)).max() for f in hz])
    assert np.abs(levels).max() <= 0.1


def test_the_floor_of_noise_shows_no_seam():
    """Neighbouring frequencies, a twelfth of an octave apart, differ by less than what an eye sees."""
    noise = white_noise(16_384 + 3000 * 2048, rms=0.1)
    for quantity, limit in (("level", 0.7), ("density", 0.3)):
        bins = engine(quantity=quantity, hop=2048)
        power = np.zeros(bins.bins)
        frames = windows_of(noise, bins.n_fft, bins.hop)
        for first in range(0, len(frames), 100):
            power += (10 ** (bins.columns(frames[first : first + 100]).astype(float) / 10)).sum(axis=0)
        levels = 10 * np.log10(power / len(frames)) + level_quantity(bins).offset_db
        edges = 160 * 2 ** (np.arange(80) / 12)
        index = np.floor(np.log2(np.maximum(bins.frequencies, 1) / 160) * 12).astype(int)
        smooth = np.array([levels[index == n].mean() for n in range(len(edges) - 1)])
        assert np.abs(np.diff(smooth)).max() <= limit
        if quantity == "density":
            expected = 20 * np.log10(0.1 * np.sqrt(2)) - 10 * np.log10(RATE / 2)
            assert smooth == pytest.approx(expected, abs=0.3)


def test_a_click_stands_at_one_moment_at_all_frequencies_and_is_short_in_the_treble():
    bins = engine(hop=128)
    at = 40_000
    frames = windows_of(click(80_000, at), bins.n_fft, bins.hop)
    levels = bins.columns(frames).astype(float)
    times = np.arange(len(frames)) * bins.hop + bins.n_fft / 2
    power = 10 ** (levels / 10)
    for hz, longest in ((100, 6100), (500, 3100), (2000, 1600), (10_000, 900)):
        number = round(hz / bins.bin_hz)
        centre = (power[:, number] * times).sum() / power[:, number].sum()
        assert centre == pytest.approx(at, abs=bins.hop)
        assert np.count_nonzero(levels[:, number] > levels[:, number].max() - 3) * bins.hop <= longest


def test_two_bass_notes_are_apart_and_two_clicks_in_the_treble_as_well():
    bins = engine()
    notes = tone(55.0, RATE, bins.n_fft, 0.4) + tone(65.4, RATE, bins.n_fft, 0.4)
    level = bins.columns(notes)
    low, between, high = (level[round(hz / bins.bin_hz)] for hz in (55.0, 60.2, 65.4))
    assert min(low, high) - between > 6
    two = click(40_000, 20_000) + click(40_000, 20_000 + 4096)
    treble = bins.columns(windows_of(two, bins.n_fft, 256))[:, round(12_000 / bins.bin_hz)]
    centres = np.arange(len(treble)) * 256 + bins.n_fft // 2
    first, middle, second = (treble[np.abs(centres - p).argmin()] for p in (20_000, 22_048, 24_096))
    assert min(first, second) - middle > 20


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("at", [0, 8000, 16_383])
def test_a_bad_sample_spoils_the_whole_column_even_outside_the_short_windows(bad, at):
    sound = white_noise(16_384)
    sound[at] = bad
    assert np.isnan(ENGINE.columns(sound)).all()
    assert np.isfinite(ENGINE.columns(white_noise(16_384))).all()


def test_silence_is_minus_200_and_batches_change_no_bit():
    assert np.all(ENGINE.columns(np.zeros((3, 16_384), np.float32)) == -200)
    frames = windows_of(white_noise(40_000), 16_384, 512)
    assert np.array_equal(ENGINE.columns(frames), np.stack([ENGINE.columns(frame) for frame in frames]))


ENGINE = engine()
