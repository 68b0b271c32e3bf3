import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from livespec.core.scales import FrequencyAxis, RowMap, is_logarithmic
from livespec.core.stft import Engine
from livespec.core.window import figures, make_window
from livespec.settings import SCALES, Settings
from tests.support.reference_stft import to_dbfs
from tests.support.signals import white_noise

RATE, N_FFT = 48_000, 1024
BIN_HZ = RATE / N_FFT


@st.composite
def axes(draw):
    scale = draw(st.sampled_from(SCALES))
    fmin = draw(st.floats(1 if is_logarithmic(scale) else 0, 20_000))
    fmax = draw(st.floats(fmin + 50, 24_000))
    return FrequencyAxis(scale, fmin, fmax)


def mel(hz):
    return float(FrequencyAxis("mel", 0.0, 200 / 3).place(hz))  # 66.7 Hz is 1 mel: places are mels


@pytest.mark.parametrize(
    ("hz", "mels"),  # the values in the documentation of librosa.hz_to_mel and .mel_to_hz, and Slaney's break
    [(60, 0.9), (110, 1.65), (220, 3.3), (440, 6.6), (200, 3.0), (1000, 15.0), (6400, 42.0)],
)
def test_mel_is_slaneys(hz, mels):
    assert mel(hz) == pytest.approx(mels, abs=1e-9)


def place_on(scale, hz, zero, one):
    """Where hz lies, in the unit of the scale: `zero` and `one` are frequencies at 0 and at 1 of it."""
    return float(FrequencyAxis(scale, zero, one).place(hz))


@pytest.mark.parametrize(("hz", "mels"), [(60, 92.6), (110, 164.5), (440, 549.6), (1000, 1000.0), (4000, 2146.1)])
def test_mel_htk_is_htks(hz, mels):
    """2595 log10(1 + f / 700); 1 kHz is 1000 mel."""
    assert 1000 * place_on("mel-htk", hz, 0.0, 1000.0) == pytest.approx(mels, abs=0.1)


@pytest.mark.parametrize(
    ("hz", "barks"),  # Zwicker's band edges and their numbers, which Traunmüller's formula fits to 0.05 Bark from 2 on
    [(300, 3), (510, 5), (1080, 9), (2000, 13), (4400, 18), (6400, 20)],
)
def test_bark_is_the_critical_band_rate(hz, barks):
    zero, one = (1960 * (z + 0.53) / (26.81 - (z + 0.53)) for z in (0, 1))
    assert place_on("bark", hz, zero, one) == pytest.approx(barks, abs=0.06)


@pytest.mark.parametrize("hz", [100.0, 1000.0, 8000.0])
def test_a_step_of_one_on_the_erb_axis_is_one_erb_wide(hz):
    """Glasberg & Moore: the bandwidth at f is 24.7 (4.37 f / 1000 + 1) Hz."""
    one = (10 ** (1 / 21.4) - 1) / 0.00437
    rise = place_on("erb", hz + 0.5, 0.0, one) - place_on("erb", hz - 0.5, 0.0, one)
    assert 1 / rise == pytest.approx(24.7 * (4.37 * hz / 1000 + 1), rel=0.005)


@pytest.mark.parametrize("scale", SCALES)
def test_an_axis_from_0_hz_is_finite_and_has_no_more_than_ten_octaves_where_0_has_no_place(scale):
    axis = FrequencyAxis.between(scale, 0.0, 16_000.0)
    assert axis.fmin == (15.625 if scale in ("log", "octave", "semitone") else 0.0)
    assert np.isfinite(axis.place([axis.fmin, 16_000.0])).all()
    assert FrequencyAxis.between(scale, 40.0, 16_000.0).fmin == 40.0


@pytest.mark.parametrize("scale", SCALES)
def test_a_scale_rises_and_can_be_read_backwards_up_to_the_highest_frequency_there_is(scale):
    axis = FrequencyAxis.between(scale, 0.0, 768_000.0)
    hz = np.linspace(axis.fmin, axis.fmax, 30_000).reshape(100, 300)
    places = axis.place(hz)
    assert places.shape == hz.shape
    assert (np.diff(places.ravel()) > 0).all()
    assert axis.frequency(places) == pytest.approx(hz, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("scale", ["octave", "semitone"])
def test_the_musical_scales_are_logarithmic(scale):
    places = FrequencyAxis(scale, 55, 880).place([55, 110, 220, 440, 880])
    assert places == pytest.approx([0, 0.25, 0.5, 0.75, 1])


def test_octaves_are_equal_on_the_log_axis_and_hertz_on_the_linear():
    octaves = FrequencyAxis("log", 100, 1600).place([100, 200, 400, 800, 1600])
    assert octaves == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert FrequencyAxis("linear", 100, 500).place([100, 200, 500]) == pytest.approx([0, 0.25, 1])


@given(axes(), st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_every_scale_rises_from_fmin_to_fmax_and_can_be_read_backwards(axis, places):
    assert axis.frequency([0, 1]) == pytest.approx([axis.fmin, axis.fmax], abs=1e-6)
    hz = axis.frequency(places)
    assert axis.place(hz) == pytest.approx(places, abs=1e-9)
    order = np.argsort(places, kind="stable")
    assert np.all(np.diff(np.asarray(hz)[order]) >= 0)
    assert np.all(np.diff(axis.frequency(np.linspace(0, 1, 200))) > 0)


@given(axes(), st.integers(64, 4320), st.floats(0, 1), st.sampled_from(["hann", "boxcar", "blackmanharris"]))
@settings(max_examples=200)
def test_a_tone_keeps_its_level_within_the_scalloping_on_any_scale_at_any_height(axis, rows, place, window):
    hz = float(axis.frequency(place))
    assume(axis.fmin + BIN_HZ / 2 < hz < axis.fmax - BIN_HZ / 2)  # its nearest bin is on the axis
    # The transform of a complex tone: a real one's, without what its mirror image adds.
    shape = make_window(window, N_FFT)
    spectrum = np.fft.fft(shape * np.exp(2j * np.pi * hz / RATE * np.arange(N_FFT)))[: N_FFT // 2 + 1]
    columns = to_dbfs(np.abs(spectrum) / shape.sum())[None].astype(np.float32)
    shown = RowMap.of(axis, rows, N_FFT // 2 + 1, BIN_HZ).apply(columns)[0]
    at = min(int(axis.place(hz) * rows), rows - 1)
    level = shown[max(0, at - 1) : at + 2].max()  # where a row ends between the tone and its bin, the next one has it
    assert -figures(shape).scalloping_db - 0.01 <= level <= 0.001


@given(axes(), st.integers(64, 4320))
def test_every_bin_between_fmin_and_fmax_is_in_some_row_and_none_outside(axis, rows):
    mapped = RowMap.of(axis, rows, N_FFT // 2 + 1, BIN_HZ)
    seen = {number for first, last in zip(mapped.first, mapped.last, strict=True) for number in range(first, last + 1)}
    inside = {n for n in range(N_FFT // 2 + 1) if axis.fmin + 1e-6 <= n * BIN_HZ <= axis.fmax - 1e-6}
    assert inside <= seen
    assert all(axis.fmin - BIN_HZ < n * BIN_HZ < axis.fmax + BIN_HZ for n in seen)


@given(axes(), st.integers(1, 600), st.integers(2, 60))
def test_apply_is_the_maximum_or_the_interpolation_that_the_map_says(axis, rows, bins):
    bin_hz = 24_000 / (bins - 1)
    mapped = RowMap.of(axis, rows, bins, bin_hz)
    columns = white_noise(3 * bins, rms=30).reshape(3, bins) - 60
    columns[1] = np.nan
    shown = mapped.apply(columns)
    for row in range(rows):
        low_hz, high_hz = axis.frequency([row / rows, (row + 1) / rows])
        inside = [n for n in range(bins) if low_hz + 1e-6 < n * bin_hz < high_hz - 1e-6]
        for column in (0, 2):
            if inside:
                assert shown[column, row] >= columns[column, inside].max()
            elif mapped.between[row] >= 0:
                middle = float(axis.frequency((row + 0.5) / rows)) / bin_hz
                expected = np.interp(middle, np.arange(bins), columns[column])
                assert shown[column, row] == pytest.approx(expected, abs=1e-3)
    assert np.isnan(shown[1]).all()


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("rows", [64, 500, 512, 1999, 4320])
def test_the_bin_on_the_upper_end_of_the_axis_is_in_the_highest_row(scale, rows):
    mapped = RowMap.of(FrequencyAxis(scale, 8 * BIN_HZ, RATE / 2), rows, N_FFT // 2 + 1, BIN_HZ)
    columns = np.full((1, N_FFT // 2 + 1), -100, np.float32)
    columns[0, -1] = -3
    assert mapped.apply(columns)[0, -1] == -3


def test_a_row_shows_the_loudest_of_its_bins_and_not_their_mean():
    axis = FrequencyAxis("linear", 0, 24_000)
    columns = np.full((1, 513), -100, np.float32)
    columns[0, [100, 101, 300]] = -3, -20, -10
    shown = RowMap.of(axis, 64, 513, BIN_HZ).apply(columns)[0]
    assert shown[12] == -3  # bins 96 … 103
    assert shown[37] == -10  # bins 296 … 303
    assert np.count_nonzero(shown > -100) == 2


def test_a_click_between_bins_of_a_fine_picture_is_a_straight_line():
    axis = FrequencyAxis("linear", 0, 4 * BIN_HZ)
    columns = np.float32([[0, -10, -20, -30, -40, -50]])
    shown = RowMap.of(axis, 400, 6, BIN_HZ).apply(columns)[0]
    middles = (np.arange(400) + 0.5) / 100
    within = np.abs(middles - np.round(middles)) > 0.006  # rows that hold a bin centre show that bin
    assert shown[within] == pytest.approx(-10 * middles[within], abs=1e-3)


def test_an_engine_and_a_row_map_agree_where_a_frequency_is():
    engine = Engine(Settings(n_fft=N_FFT, hop=N_FFT), RATE)
    assert engine.bin_hz == BIN_HZ
    assert engine.frequencies[-1] == RATE / 2
