import numpy as np
import pytest

from livespec.core.features import features
from livespec.core.stft import Engine
from livespec.settings import Settings
from tests.support.reference_stft import reference_dbfs
from tests.support.signals import sine_on_bin, tone, white_noise

RATE, N_FFT, HOP = 48_000, 1024, 256
ENGINE = Engine(Settings(n_fft=N_FFT, hop=HOP), RATE)


def of(sound):
    frames = np.lib.stride_tricks.sliding_window_view(sound, N_FFT)[::HOP]
    return features(ENGINE.columns(frames), ENGINE.frequencies)


def test_they_are_what_their_definitions_say():
    sound = white_noise(20_000) + tone(3000, RATE, 20_000, 0.1)
    got = of(sound)
    power = 10 ** (reference_dbfs(sound, N_FFT, HOP) / 10)
    for k, column in enumerate(power):
        assert got.centroid_hz[k] == pytest.approx((column * ENGINE.frequencies).sum() / column.sum(), rel=1e-4)
        reached = np.flatnonzero(np.cumsum(column) >= 0.85 * column.sum())[0]
        assert got.roll_off_hz[k] == pytest.approx(ENGINE.frequencies[reached], abs=ENGINE.bin_hz)
        assert got.flatness[k] == pytest.approx(np.exp(np.log(column).mean()) / column.mean(), rel=1e-2)
        if k:
            rise = np.maximum(10 * np.log10(column / power[k - 1]), 0).mean()
            assert got.flux_db[k] == pytest.approx(rise, rel=1e-2)
    assert np.isnan(got.flux_db[0])


def test_a_tone_has_its_frequency_as_centroid_and_noise_is_flat():
    sine = of(sine_on_bin(100, N_FFT, 10_000))
    assert sine.centroid_hz == pytest.approx(100 * RATE / N_FFT, abs=1)
    assert sine.flatness.max() < 1e-6
    noise = of(white_noise(50_000))
    assert noise.centroid_hz.mean() == pytest.approx(RATE / 4, rel=0.02)
    assert noise.roll_off_hz.mean() == pytest.approx(0.85 * RATE / 2, rel=0.02)
    assert 0.4 < noise.flatness.mean() < 0.7  # e to the minus Euler's constant, 0.56


def test_an_onset_shows_in_the_flux():
    sound = white_noise(20_000, rms=1e-4)
    sound[10_000:] += white_noise(10_000, rms=0.1, seed=2)
    got = of(sound)
    assert abs(int(np.nanargmax(got.flux_db)) * HOP + N_FFT - 10_000) < N_FFT


def test_silence_and_gaps_have_no_features():
    levels = np.full((4, ENGINE.bins), -200, np.float32)
    levels[2:] = np.nan
    got = features(levels, ENGINE.frequencies)
    for values in (got.centroid_hz, got.roll_off_hz, got.flatness, got.flux_db):
        assert values.shape == (4,)
        assert np.isnan(values).all()
