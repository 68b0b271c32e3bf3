import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livespec.core.peaks import ColumnPeaks, PeakFinder
from livespec.core.stft import Engine
from livespec.core.window import WINDOWS, make_window
from livespec.settings import Settings
from tests.support.signals import sine_on_bin, white_noise

RATE = 48_000


def finder_and_engine(window, n_fft, padding=1):
    engine = Engine(Settings(n_fft=n_fft, hop=n_fft, window=window, padding=padding), RATE)
    return PeakFinder(make_window(window, n_fft), padding), engine


@pytest.mark.parametrize("window", [*WINDOWS, "kaiser:14", "tukey:0.5"])
@given(
    n_fft=st.sampled_from([512, 1000, 1023, 2048, 4096, 16_384]),
    place=st.floats(0.1, 0.9),
    between=st.floats(-0.5, 0.5),
    phase=st.floats(0, 6),
    padding=st.sampled_from([1, 2, 4]),
)
@settings(max_examples=25)
def test_a_clean_tone_is_found_to_a_twentieth_of_a_bin(window, n_fft, place, between, phase, padding):
    finder, engine = finder_and_engine(window, n_fft, padding)
    number = round(place * n_fft / 2) + between
    levels = engine.columns(sine_on_bin(number, n_fft, n_fft, 0.5, phase))
    (peak,) = finder.find(levels, engine.bin_hz, at_most=1)
    assert peak.frequency_hz == pytest.approx(number * RATE / n_fft, abs=0.05 * RATE / n_fft)
    assert peak.level_db == pytest.approx(20 * np.log10(0.5), abs=0.1 if window == "boxcar" else 0.02)
    assert peak.bin == pytest.approx(peak.frequency_hz / engine.bin_hz)


def test_several_tones_come_strongest_first_and_no_more_than_asked():
    finder, engine = finder_and_engine("blackmanharris", 4096)
    tones = ((300.3, 0.1), (700.0, 0.5), (1111.6, 0.01))
    sound = sum(sine_on_bin(number, 4096, 4096, amplitude) for number, amplitude in tones)
    peaks = finder.find(engine.columns(sound), engine.bin_hz, at_most=3, above_db=-80)
    assert [round(peak.bin, 1) for peak in peaks] == [700.0, 300.3, 1111.6]
    assert [peak.level_db for peak in peaks] == pytest.approx([-6.02, -20, -40], abs=0.02)
    assert len(finder.find(engine.columns(sound), engine.bin_hz, at_most=1)) == 1


@pytest.mark.parametrize("window", ["hann", "blackmanharris", "flattop"])
@pytest.mark.parametrize("n_fft", [4096, 16_384])
def test_with_several_windows_a_tone_is_found_as_finely_as_the_one_that_shows_it_can(window, n_fft):
    engine = Engine(Settings(n_fft=n_fft, hop=n_fft, window=window, multiresolution=True), RATE)
    finder = ColumnPeaks(engine)
    for hz, halvings in ((120.3, 0), (507.7, 1), (2000.9, 2), (5003.1, 3), (11_234.5, 3)):
        levels = engine.columns(sine_on_bin(hz * n_fft / RATE, n_fft, n_fft, 0.5, 0.3))
        (peak, *_) = finder.find(levels, at_most=5, above_db=-40)
        assert peak.frequency_hz == pytest.approx(hz, abs=0.05 * RATE / (n_fft >> halvings))
        assert peak.level_db == pytest.approx(20 * np.log10(0.5), abs=0.05)


def test_where_there_is_no_tone_there_is_no_peak():
    finder, engine = finder_and_engine("hann", 1024)
    assert finder.find(engine.columns(np.zeros(1024, np.float32)), engine.bin_hz) == []
    assert finder.find(np.full(513, np.nan, np.float32), engine.bin_hz) == []
    assert finder.find(engine.columns(np.ones(1024, np.float32)), engine.bin_hz, above_db=-60) == []
    assert finder.find(np.full(513, -20, np.float32), engine.bin_hz) == []


@given(st.integers(0, 1000))
def test_in_noise_every_peak_is_a_loudest_bin_of_its_neighbourhood(seed):
    finder, engine = finder_and_engine("hann", 512)
    levels = engine.columns(white_noise(512, seed=seed))
    peaks = finder.find(levels, engine.bin_hz, at_most=20)
    assert [peak.level_db for peak in peaks] == sorted((peak.level_db for peak in peaks), reverse=True)
    for peak in peaks:
        at = round(peak.bin)
        assert abs(peak.bin - at) <= 0.5
        assert levels[max(0, at - 1) : at + 2].max() <= peak.level_db + 1e-4
