import contextlib

import numpy as np
import pytest
import scipy.signal.windows
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import get_window

from livespec.core.stft import Engine
from livespec.core.window import WINDOWS, figures, make_window
from livespec.errors import UsageError
from livespec.settings import Settings
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


# Every window of scipy with parameters: as it is named here, and as scipy makes it of 512 samples.
OF_SCIPY = {
    "barthann": "barthann",
    "bartlett": "bartlett",
    "bohman": "bohman",
    "chebwin:100": ("chebwin", 100),
    "cosine": "cosine",
    "dpss:3": ("dpss", 3),
    "exponential:0.5": ("exponential", None, 128),
    "gaussian:0.4": ("gaussian", 0.4 * 256),
    "general_cosine:0.5:0.3:0.2": ("general_cosine", [0.5, 0.3, 0.2]),
    "general_gaussian:1.5:0.4": ("general_gaussian", 1.5, 0.4 * 256),
    "general_hamming:0.6": ("general_hamming", 0.6),
    "kaiser:14": ("kaiser", 14),
    "kaiser_bessel_derived:4": None,
    "lanczos": "lanczos",
    "parzen": "parzen",
    "taylor": ("taylor", 4, 30),
    "taylor:6:40": ("taylor", 6, 40),
    "triang": "triang",
    "tukey": ("tukey", 0.5),
    "tukey:0.2": ("tukey", 0.2),
}


def test_every_window_of_scipy_is_here():
    named = {name.split(":")[0] for name in [*OF_SCIPY, *WINDOWS]}
    assert named == set(scipy.signal.windows.__all__) - {"get_window"}


@pytest.mark.parametrize(("name", "spec"), [(name, spec) for name, spec in OF_SCIPY.items() if spec is not None])
def test_a_window_of_scipy_is_its_periodic_form(name, spec):
    assert np.array_equal(make_window(name, 512), get_window(spec, 512, fftbins=True))


@pytest.mark.parametrize("name", [*OF_SCIPY, *WINDOWS])
@pytest.mark.parametrize("n_fft", [512, 4096, 65_536])
def test_a_full_scale_sine_reads_0_dbfs_and_no_warning_is_given(name, n_fft, recwarn):
    engine = Engine(Settings(n_fft=n_fft, window=name), 48_000)
    level = engine.columns(sine_on_bin(n_fft // 8, n_fft, n_fft))
    assert level[n_fft // 8] == pytest.approx(0.0, abs=0.01)
    assert not recwarn.list


@pytest.mark.parametrize("name", ["gaussian:0.4", "exponential:0.5", "general_gaussian:1.5:0.4", "kaiser:14", "dpss:3"])
def test_a_window_is_the_same_shape_at_any_length(name):
    short, long = (figures(make_window(name, n_fft)) for n_fft in (1024, 8192))
    assert short.noise_bandwidth_bins == pytest.approx(long.noise_bandwidth_bins, rel=0.01)
    assert short.scalloping_db == pytest.approx(long.scalloping_db, abs=0.02)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kaiser", "lacks its parameter, beta"),
        ("kaiser:x", "'x' is not a number"),
        ("kaiser:nan", "its beta is from 0 to 100"),
        ("kaiser:-1", "its beta is from 0 to 100"),
        ("kaiser:inf", "its beta is from 0 to 100"),
        ("kaiser:14:2", "has 2 parameters, kaiser takes 1: beta"),
        ("bartlett:3", "has 1 parameters, bartlett takes no parameter"),
        ("tukey:2", "its tapered share is from 0 to 1"),
        ("gaussian:0", "its standard deviation is from 0.01 to 100 (in halves of the window)"),
        ("general_gaussian:1.5", "lacks its parameter, standard deviation"),
        ("chebwin:20", "its attenuation in dB is from 45 to 300"),
        ("dpss:0", "its half bandwidth in bins is from 0.5"),
        ("dpss:50", "to 15.5"),
        ("taylor:2.5", "its side lobes is a whole number"),
        ("general_cosine", "lacks its parameter, coefficients"),
        ("general_cosine:-1", "is no usable window of 32 samples"),
        ("hann:3", "is not known"),
        ("hanning-window", "is not known"),
        ("", "is not known"),
        (":", "is not known"),
    ],
)
def test_a_window_or_parameter_that_cannot_be_is_refused_with_what_can(name, said, recwarn):
    with pytest.raises(UsageError) as caught:
        make_window(name, 32)
    assert caught.value.message.startswith(f"window = {name!r}")
    assert said in caught.value.message
    assert caught.value.hint
    assert not recwarn.list


def test_a_window_without_a_periodic_form_needs_an_even_length():
    with pytest.raises(UsageError, match="needs an even n_fft, not 33"):
        make_window("kaiser_bessel_derived:4", 33)


@given(
    st.sampled_from([*OF_SCIPY, *WINDOWS, "boxcer"]),
    st.text(alphabet="0123456789.:-einfa", max_size=8),
    st.integers(16, 99),
)
def test_whatever_is_written_the_answer_is_a_window_or_a_usage_error(name, more, n_fft):
    with contextlib.suppress(UsageError):  # anything else escapes
        window = make_window(f"{name.split(':')[0]}:{more}", n_fft)
        assert window.shape == (n_fft,)
        assert window.sum() > 0


def test_a_mistyped_window_brings_the_nearest_one():
    for wrong, right in (("blakman", "blackman"), ("keiser:14", "kaiser")):
        with pytest.raises(UsageError, match=f"did you mean '{right}'"):
            make_window(wrong, 512)
