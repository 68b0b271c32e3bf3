import numpy as np
import pytest
from scipy.signal import get_window

from livespec.core.window import WINDOWS, figures, make_window
from livespec.errors import UsageError
from tests.support.reference_stft import reference_amplitudes
from tests.support.signals import sine_on_bin

# Coherent gain, ENBW in bins, scalloping loss in dB. Harris 1978, Table 1 (Hann, Blackman, rectangle);
# Heinzel, Rüdiger & Schilling 2002 (Hamming, where Harris's scalloping is a misprint; Blackman-Harris, Nuttall4c);
# D'Antona & Ferrero 2006 (flat top).
LITERATURE = [
    ("boxcar", 1.00, 1.00, 3.92),
    ("hann", 0.50, 1.50, 1.42),
    ("hamming", 0.54, 1.3628, 1.7514),
    ("blackman", 0.42, 1.73, 1.10),
    ("blackmanharris", 0.35875, 2.0044, 0.8256),
    ("nuttall", 0.3635819, 1.9761, 0.8506),
    ("flattop", 0.2156, 3.77, 0.01),
]


@pytest.mark.parametrize(("name", "gain", "bandwidth", "scalloping"), LITERATURE)
def test_the_figures_of_a_window_are_those_of_the_literature(name, gain, bandwidth, scalloping):
    found = figures(make_window(name, 4096))
    assert found.coherent_gain == pytest.approx(gain, abs=0.006)
    assert found.noise_bandwidth_bins == pytest.approx(bandwidth, abs=0.006)
    assert found.scalloping_db == pytest.approx(scalloping, abs=0.006)


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("n_fft", [16, 1000, 1023, 4096])
def test_a_window_is_scipys_periodic_one(name, n_fft):
    assert np.allclose(make_window(name, n_fft), get_window(name, n_fft, fftbins=True), rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", [*WINDOWS, "kaiser:8.6"])
def test_scalloping_is_what_a_tone_between_two_bins_loses(name):
    spec = ("kaiser", 8.6) if ":" in name else name
    level = reference_amplitudes(sine_on_bin(1024.5, 4096, 4096), 4096, 4096, spec)[0].max()
    assert figures(make_window(name, 4096)).scalloping_db == pytest.approx(-20 * np.log10(level), abs=0.003)


def test_scipys_windows_take_parameters():
    assert np.array_equal(make_window("kaiser:14", 512), get_window(("kaiser", 14.0), 512, fftbins=True))
    assert np.array_equal(make_window("cosine", 512), get_window("cosine", 512, fftbins=True))


@pytest.mark.parametrize("name", ["hanning-window", "kaiser", "kaiser:x", "tukey:9:9", "", ":", "kaiser:nan"])
def test_an_unknown_window_or_parameter_is_refused_by_name(name):
    with pytest.raises(UsageError) as caught:
        make_window(name, 512)
    assert f"window = {name!r}" in caught.value.message
    assert caught.value.hint


def test_a_mistyped_window_brings_the_nearest_one():
    with pytest.raises(UsageError, match="did you mean 'blackman'"):
        make_window("blakman", 512)
