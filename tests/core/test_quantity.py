import numpy as np
import pytest
from scipy.signal import welch

from livespec.core.calibration import Calibration
from livespec.core.quantity import level_quantity
from livespec.core.stft import Engine
from livespec.settings import Settings
from tests.support.signals import sine_on_bin, white_noise

RATE, N_FFT = 48_000, 4096


def quantity(calibration=None, **settings):
    engine = Engine(Settings(n_fft=N_FFT, hop=1024, **settings), RATE)
    return engine, level_quantity(engine, calibration)


def mean_levels(engine, offered, sound):
    frames = np.lib.stride_tricks.sliding_window_view(sound, N_FFT)[:: engine.hop]
    power = 10 ** ((engine.columns(frames).astype(float) + offered.offset_db) / 10)
    return 10 * np.log10(power.mean(axis=0))


@pytest.mark.parametrize(
    ("settings", "unit", "sine"),
    [
        ({}, "dBFS", 0.0),
        ({"reference": "rms"}, "dBFS rms", -3.0103),
        ({"weighting": "A"}, "dBFS A", None),
        ({"reference": "rms", "weighting": "C"}, "dBFS rms C", None),
    ],
)
def test_a_full_scale_sine_reads_what_the_unit_says(settings, unit, sine):
    engine, offered = quantity(**settings)
    assert offered.unit == unit
    level = (engine.columns(sine_on_bin(85, N_FFT, N_FFT)) + offered.offset_db)[85]  # 996 Hz
    assert level == pytest.approx(-3.0103 if settings.get("reference") == "rms" else 0.0, abs=0.03)
    if sine is not None:
        assert level == pytest.approx(sine, abs=0.001)


@pytest.mark.parametrize("window", ["hann", "boxcar", "flattop", "kaiser:14"])
@pytest.mark.parametrize("padding", [1, 4])
def test_white_noise_reads_its_density_whatever_window_and_padding(window, padding):
    engine, offered = quantity(quantity="density", window=window, padding=padding)
    rms = 0.05
    levels = mean_levels(engine, offered, white_noise(1_500_000, rms=rms))
    expected = 10 * np.log10(2 * rms**2 / (RATE / 2))  # relative to the power of a full-scale sine, 1/2
    assert offered.unit == "dBFS/Hz"
    assert levels[5 * padding : -5 * padding].mean() == pytest.approx(expected, abs=0.03)


def test_density_is_that_of_welch_in_every_bin_dc_and_nyquist_too():
    sound = white_noise(40_000) + np.float32(0.01)
    engine, offered = quantity(quantity="density", reference="rms", precision="double")
    levels = mean_levels(engine, offered, sound)
    count = 1 + (len(sound) - N_FFT) // 1024
    _, density = welch(
        sound[: N_FFT + (count - 1) * 1024].astype(float),
        RATE, "hann", N_FFT, N_FFT - 1024, detrend=False, scaling="density",
    )  # fmt: skip
    assert offered.unit == "dBFS rms/Hz"
    assert levels == pytest.approx(10 * np.log10(density), abs=1e-3)


def test_the_sum_of_density_over_the_band_is_the_rms_of_the_noise():
    engine, offered = quantity(quantity="density")
    noise = white_noise(500_000, rms=0.1)
    levels = mean_levels(engine, offered, noise)
    total = 10 * np.log10((10 ** (levels / 10)).sum() * engine.bin_hz)
    assert total == pytest.approx(20 * np.log10(0.1 * np.sqrt(2)), abs=0.05)


def test_sound_pressure_is_said_only_when_the_sensitivity_is_known():
    response = np.array([100.0, 10_000.0]), np.array([0.0, 2.0])
    _, uncalibrated = quantity(Calibration(None, *response))
    assert uncalibrated.unit == "dBFS"
    assert uncalibrated.offset_db[-1] == pytest.approx(-2)
    engine, calibrated = quantity(Calibration(-26.0, np.array([]), np.array([])))
    assert calibrated.unit == "dB SPL"
    level = (engine.columns(sine_on_bin(85, N_FFT, N_FFT, 10 ** (-26 / 20))) + calibrated.offset_db)[85]
    assert level == pytest.approx(94, abs=0.01)
    for reference in ("peak", "rms"):  # a sound pressure is an RMS value in itself
        _, weighted = quantity(Calibration(-26.0, *response), weighting="A", reference=reference)
        assert weighted.unit == "dB SPL A"
    assert quantity(Calibration(-26.0, *response), quantity="density")[1].unit == "dB SPL/Hz"
