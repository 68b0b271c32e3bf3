import contextlib
import math
import subprocess
import sys

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


# Harris 1978, Table 1; a Kaiser's beta is pi times his alpha. Gaussian, exponential and Dolph-Chebyshev windows are
# held by their formulas, below.
HARRIS = [
    ("triang", 0.50, 1.33, 1.82),
    ("bartlett", 0.50, 1.33, 1.82),
    ("cosine", 0.64, 1.23, 2.10),
    ("tukey:0.25", 0.88, 1.10, 2.96),
    ("tukey:0.5", 0.75, 1.22, 2.24),
    ("tukey:0.75", 0.63, 1.36, 1.73),
    ("bohman", 0.41, 1.79, 1.02),
    ("parzen", 0.38, 1.92, 0.90),
    (f"kaiser:{2.0 * np.pi}", 0.49, 1.50, 1.46),
    (f"kaiser:{2.5 * np.pi}", 0.44, 1.65, 1.20),
    (f"kaiser:{3.0 * np.pi}", 0.40, 1.80, 1.02),
    (f"kaiser:{3.5 * np.pi}", 0.37, 1.93, 0.89),
]


@pytest.mark.parametrize(("name", "gain", "bandwidth", "scalloping"), HARRIS)
def test_the_figures_of_scipys_windows_are_those_that_harris_published(name, gain, bandwidth, scalloping):
    found = figures(make_window(name, 4096))
    assert found.coherent_gain == pytest.approx(gain, abs=0.006)
    assert found.noise_bandwidth_bins == pytest.approx(bandwidth, abs=0.006)
    assert found.scalloping_db == pytest.approx(scalloping, abs=0.0075)


@pytest.mark.parametrize("sigma", [0.25, 0.4, 0.5])
def test_a_gaussians_parameter_is_its_standard_deviation_in_halves_of_the_window(sigma):
    """The integral of the bell from −1 to 1, and of its square."""
    found = figures(make_window(f"gaussian:{sigma}", 4096))
    gain = sigma * math.sqrt(math.pi / 2) * math.erf(1 / (sigma * math.sqrt(2)))
    power = sigma * math.sqrt(math.pi) / 2 * math.erf(1 / sigma)
    assert found.coherent_gain == pytest.approx(gain, abs=1e-6)
    assert found.noise_bandwidth_bins == pytest.approx(power / gain**2, abs=1e-4)


@pytest.mark.parametrize("decay", [0.2, 0.5, 1.0])
def test_an_exponentials_parameter_is_its_decay_in_halves_of_the_window(decay):
    """The integral of exp(−x / decay) from 0 to 1, and of its square."""
    found = figures(make_window(f"exponential:{decay}", 4096))
    gain = decay * (1 - math.exp(-1 / decay))
    power = decay / 2 * (1 - math.exp(-2 / decay))
    assert found.coherent_gain == pytest.approx(gain, abs=1e-6)
    assert found.noise_bandwidth_bins == pytest.approx(power / gain**2, abs=1e-4)


@pytest.mark.parametrize("attenuation", [60, 80, 100])
def test_a_chebyshev_windows_side_lobes_are_as_far_down_as_it_says(attenuation):
    """But for the last sample, which the periodic form leaves out: it costs what that sample alone weighs, at most."""
    whole = scipy.signal.windows.chebwin(513, attenuation)
    spectrum = np.abs(np.fft.rfft(make_window(f"chebwin:{attenuation}", 512), 16 * 512)) / whole.sum()
    side_lobes = spectrum[16 * 8 :].max()  # the main lobe ends 4 bins from its middle
    promised = 10 ** (-attenuation / 20)
    assert promised <= side_lobes <= 1.0001 * (promised + whole[-1] / whole.sum())


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
        ("kaiser", "lacks its beta, a number from 0 to 100"),
        ("kaiser:", "'' is not its beta, a number from 0 to 100"),
        ("kaiser:x", "'x' is not its beta, a number from 0 to 100"),
        ("kaiser:nan", "'nan' is not its beta, a number from 0 to 100"),
        ("kaiser:-1", "'-1' is not its beta, a number from 0 to 100"),
        ("kaiser:inf", "'inf' is not its beta, a number from 0 to 100"),
        ("kaiser:14:2", "has 2 parameters; kaiser takes 1 at most: beta"),
        ("bartlett:3", "has 1 parameters; bartlett takes none"),
        ("tukey:2", "'2' is not its tapered share, a number from 0 to 1"),
        ("gaussian:0", "its standard deviation, a number from 0.01 to 100 (in halves of the window)"),
        ("general_gaussian:1.5", "lacks its standard deviation, a number"),
        ("chebwin:-5", "its attenuation in dB, a number from 45 to 300"),
        ("dpss:0", "its half bandwidth in bins, a number from 0.5"),
        ("dpss:50", "to 15.5"),
        ("taylor:2.5", "its number of side lobes, a whole number from 1 to 100"),
        ("general_cosine", "lacks its coefficient, a number from -1 to 1"),
        ("general_cosine" + 13 * ":0.5", "takes 12 at most: coefficient"),
        ("general_cosine:-1", "is no usable window of 32 samples"),
        ("general_cosine:0.001:1", "is no usable window of 32 samples"),
        ("general_hamming:0.3", "its coefficient, a number from 0.37 to 1"),
        ("gaussian:0.01", "is no usable window of 32 samples"),
        ("hann:3", "hann takes no parameter"),
        ("hanning-window", "is not known"),
        ("", "is not known"),
        (":", "is not known"),
    ],
)
def test_a_window_or_parameter_that_cannot_be_is_refused_with_what_can(name, said, recwarn):
    """On windows of 32 samples. Unusable: a bin beside the tone's reads more than its own, or one sample is all."""
    with pytest.raises(UsageError) as caught:
        make_window(name, 32)
    assert caught.value.message.startswith(f"window = {name!r}")
    assert said in caught.value.message
    assert caught.value.hint
    assert not recwarn.list


def test_a_kaiser_bessel_derived_window_is_scipys_whose_squares_add_up_to_1_half_a_window_apart():
    window = make_window("kaiser_bessel_derived:4", 512)
    assert np.array_equal(window, scipy.signal.windows.kaiser_bessel_derived(512, 4))
    assert window[:256] ** 2 + window[256:] ** 2 == pytest.approx(1)  # Princen & Bradley 1986


@pytest.mark.parametrize(
    "name", [*OF_SCIPY, *WINDOWS, "general_hamming:0.37", "general_cosine:1:1:0.5", "general_cosine:0.3:0.6"]
)
def test_no_window_that_is_taken_shows_a_tone_above_its_level(name):
    """A full-scale tone at any twentieth of a bin, in any bin: 0 dBFS, and a flat top's ripple."""
    try:
        window = make_window(name, 256)
    except UsageError:
        return
    assert np.abs(np.fft.rfft(window, 20 * 256)).max() <= window.sum() * 10 ** (0.1 / 20)


def test_neither_a_cosine_sum_nor_a_suggestion_waits_for_scipy():
    code = (
        "import sys\n"
        "from livespec.core.window import WINDOWS, figures, make_window\n"
        "from livespec.errors import UsageError\n"
        "for name in WINDOWS: figures(make_window(name, 64))\n"
        "try: make_window('keiser:14', 64)\n"
        "except UsageError as error: assert 'kaiser' in error.message\n"
        "assert not any(name.split('.')[0] == 'scipy' for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


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
