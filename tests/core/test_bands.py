import numpy as np
import pytest

from livespec.core.bands import BandLevels, ChromaAxis, MelBandAxis
from livespec.core.quantity import RAW, level_quantity
from livespec.core.stft import Engine
from livespec.settings import Settings
from tests.support.signals import tone, white_noise

RATE = 48_000
AXIS = MelBandAxis.of(40.0, 16_000.0)


def bands_of(sound, axis, **settings):
    engine = Engine(Settings(**settings), RATE)
    return BandLevels(axis, engine, level_quantity(engine)).of(engine.columns(sound[None, : engine.n_fft]))[0]


@pytest.mark.parametrize("settings", [{}, {"n_fft": 16384}, {"multiresolution": True}, {"padding": 4}])
@pytest.mark.parametrize("band", [3, 40, 80, 120])
def test_a_tone_lights_its_mel_band_at_its_level(settings, band):
    hz = float(AXIS.frequency((band + 0.5) / 128))
    levels = bands_of(tone(hz, RATE, 1 << 16, 0.5), AXIS, **settings)
    assert levels.argmax() == band
    assert levels.max() == pytest.approx(-6.02, abs=1.2)


def test_the_density_of_white_noise_is_the_same_in_every_mel_band():
    levels = np.mean(
        [10 ** (bands_of(white_noise(4096, 0.1, seed=k), AXIS, quantity="density") / 10) for k in range(200)], axis=0
    )
    expected = 20 * np.log10(0.1) - 10 * np.log10(RATE / 2) + 3.01  # a full-scale sine is 0
    assert 10 * np.log10(levels) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize(("hz", "band"), [(261.63, 0), (440, 9), (880, 9), (1396.9, 5), (3729.3, 10)])
def test_a_note_lights_its_pitch_class_in_every_octave(hz, band):
    assert bands_of(tone(hz, RATE, 4096, 0.5), ChromaAxis()).argmax() == band
    assert ChromaAxis().place(hz) == pytest.approx((band + 0.5) / 12, abs=1e-3)


@pytest.mark.parametrize("axis", [AXIS, ChromaAxis()])
@pytest.mark.parametrize("rows", [7, 12, 128, 720])
def test_rows_show_the_bands_in_their_order_and_leave_out_none(axis, rows):
    bands = 128 if axis is AXIS else 12
    shown = axis.rows(rows, bands, 1.0).apply(np.arange(bands, dtype=np.float32)[None])[0]
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] == bands - 1
    if rows >= bands:
        assert set(np.round(shown)) == set(range(bands))


def test_silence_is_silence_and_no_number_stays_none():
    engine = Engine(Settings(), RATE)
    levels = BandLevels(AXIS, engine, RAW).of(np.stack([np.full(engine.bins, v, np.float32) for v in (-200, np.nan)]))
    assert (levels[0] < -180).all()
    assert np.isnan(levels[1]).all()
