import tracemalloc

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

import livespec
from livespec.errors import FileError, UsageError
from tests.support.reference_stft import reference_dbfs
from tests.support.signals import tone, white_noise

RATE, N_FFT, HOP = 48_000, 1024, 300
SIZE = {"n_fft": N_FFT, "hop": HOP}
SAMPLES = np.stack([tone(1000, RATE, 90_000, 0.5), white_noise(90_000)])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    target = tmp_path_factory.mktemp("sound") / "stereo.wav"
    soundfile.write(target, SAMPLES.T, RATE, subtype="FLOAT")
    return target


def test_a_file_an_array_and_a_stream_give_the_same_bits(path):
    for show in ((1,), (2,), "mix", "diff"):
        of_file = livespec.analyze(path, show=show, **SIZE)
        of_array = livespec.analyze(SAMPLES, RATE, show=show, **SIZE)
        streamed = np.stack([column.db for column in livespec.stream(path, show=show, **SIZE)])
        assert np.array_equal(of_file.db, of_array.db)
        assert np.array_equal(of_file.db, streamed)
    both = livespec.analyze(path, show="all", **SIZE)
    assert both.db.shape == (2, 1 + (90_000 - N_FFT) // HOP, 513)
    assert both.channels == ("1", "2")
    assert np.array_equal(both.db[1], livespec.analyze(path, show=(2,), **SIZE).db)


@pytest.mark.parametrize("channels", [8, 9, 32])
def test_the_mean_of_many_channels_has_the_same_bits_from_everywhere(tmp_path, channels):
    samples = np.stack([white_noise(5000, seed=channel) for channel in range(channels)], axis=1)
    soundfile.write(tmp_path / "many.wav", samples, RATE, subtype="FLOAT")
    streamed = np.stack([column.db for column in livespec.stream(tmp_path / "many.wav", **SIZE)])
    for found in (
        livespec.analyze(tmp_path / "many.wav", **SIZE),
        livespec.analyze(samples.T, RATE, **SIZE),
        livespec.analyze(np.ascontiguousarray(samples.T), RATE, **SIZE),
    ):
        assert np.array_equal(found.db, streamed)


def test_the_numbers_are_those_of_the_definition(path):
    found = livespec.analyze(path, show=(2,), **SIZE)
    exact = reference_dbfs(SAMPLES[1], N_FFT, HOP)
    assert np.abs(found.db - exact)[exact > exact.max(axis=1, keepdims=True) - 60].max() <= 0.01
    assert found.frequencies[1] == RATE / N_FFT
    assert found.times == pytest.approx((np.arange(len(exact)) * HOP + N_FFT / 2) / RATE)
    assert found.positions.tolist() == [k * HOP for k in range(len(exact))]
    assert (found.unit, found.samplerate, found.channels) == ("dBFS", RATE, ("2",))
    assert repr(found) == "<Spectrogram 297 × 513 in dBFS, 0 … 24000 Hz, 1.861 s>"


@given(st.integers(N_FFT, 20_000), st.integers(1, N_FFT))
@settings(max_examples=25)
def test_any_length_has_its_whole_windows_and_no_more(samples, hop):
    found = livespec.analyze(white_noise(samples), RATE, n_fft=N_FFT, hop=hop)
    assert found.db.shape == (1 + (samples - N_FFT) // hop, 513)
    assert np.isfinite(found.db).all()


def test_power_and_amplitude_are_linear(path):
    found = livespec.analyze(path, show=(1,), n_fft=4800, hop=4800)
    assert found.amplitude()[3].max() == pytest.approx(0.5, rel=1e-3)
    assert found.power()[3].max() == pytest.approx(0.25, rel=1e-3)


def test_rows_are_those_of_the_picture(path):
    found = livespec.analyze(path, show=(1,), **SIZE)
    mel = found.rows(64)
    assert mel.shape == (len(found.db), 64)
    assert mel[5].max() == pytest.approx(found.db[5].max())
    linear = found.rows(100, scale="linear", fmin=0, fmax=24_000)
    assert abs(int(linear[5].argmax()) - 100 * 1000 // 24_000) <= 1
    assert livespec.analyze(path, show="all", **SIZE).rows(32).shape == (2, 297, 32)


@pytest.mark.parametrize(("dtype", "loud"), [(np.int16, 2**15), (np.int32, 2**31), (np.uint8, 128)])
def test_integers_are_scaled_by_their_type(dtype, loud):
    sine = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(9600) / RATE)
    samples = np.round(sine * (loud - 1) + (128 if dtype == np.uint8 else 0)).astype(dtype)
    found = livespec.analyze(samples, RATE, n_fft=4800, hop=2400)
    assert found.db.max() == pytest.approx(-6.02, abs=0.1)


def test_a_data_frame_and_an_xarray_carry_their_axes(path):
    found = livespec.analyze(path, show=(1,), **SIZE)
    frame = found.to_dataframe()
    assert frame.shape == found.db.shape
    assert frame.loc[frame.index[3]].idxmax() == found.frequencies[found.db[3].argmax()]
    array = livespec.analyze(path, show="all", **SIZE).to_xarray()
    assert array.dims == ("channel", "time", "frequency")
    assert array.attrs["units"] == "dBFS"
    assert float(array.sel(channel="1").sel(frequency=1000, method="nearest").mean()) > -10
    with pytest.raises(UsageError, match="a data frame is of one channel"):
        livespec.analyze(path, show="all", **SIZE).to_dataframe()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_sample_makes_bad_columns_and_no_others(bad):
    samples = white_noise(10_000)
    samples[5000] = bad
    found = livespec.analyze(samples, RATE, **SIZE)
    spoilt = (found.positions <= 5000) & (found.positions + N_FFT > 5000)
    assert np.array_equal(np.isnan(found.db).all(axis=1), spoilt)
    assert np.array_equal(np.isnan(found.db).any(axis=1), spoilt)


def test_what_cannot_be_analysed_is_said(path, tmp_path):
    with pytest.raises(UsageError, match="samplerate of the samples is not known"):
        livespec.analyze(SAMPLES)
    with pytest.raises(FileError, match="100 samples are shorter than one window"):
        livespec.analyze(np.zeros(100), RATE, **SIZE)
    with pytest.raises(UsageError, match="90000 channels of 2 samples"):
        livespec.analyze(SAMPLES.T, RATE)
    with pytest.raises(UsageError, match="is no sound"):
        livespec.analyze(np.zeros((2, 3, 4)), RATE)
    with pytest.raises(UsageError, match="is at 48000 Hz, not 44100"):
        livespec.analyze(path, 44_100)
    with pytest.raises(UsageError, match="unknown setting"):
        livespec.analyze(path, windw="hann")
    with pytest.raises(FileError, match="no such file"):
        livespec.analyze(tmp_path / "missing.wav")
    for rate in (0, -3):
        with pytest.raises(UsageError, match=f"samplerate = {rate} Hz is out of range"):
            livespec.analyze(SAMPLES, rate)
    for rate in ("48000", 44_100.5, np.nan, [48_000, 44_100]):
        with pytest.raises(UsageError, match="is not a whole number"):
            livespec.analyze(SAMPLES, rate)
    with pytest.raises(UsageError, match="int64 do not say how loud full scale is"):
        livespec.analyze((SAMPLES * 1000).astype(np.int64), RATE)
    with pytest.raises(UsageError, match="no array of sound"):
        livespec.analyze([[0.0, 1.0], [0.0]], RATE)


def test_rows_that_cannot_be_are_refused(path):
    found = livespec.analyze(path, show=(1,), **SIZE)
    for keys, said in (
        ({"count": 0}, "a picture of 0 rows"),
        ({"count": 9, "scale": "foo"}, "scale = 'foo' is not known"),
        ({"count": 9, "fmin": 500, "fmax": 100}, "is not below"),
        ({"count": 9, "fmax": 30_000}, "is above the highest frequency"),
    ):
        with pytest.raises(UsageError, match=said):
            found.rows(**keys)
    assert found.rows(9, scale="log", fmin=0).shape == (297, 9)


def test_settings_may_come_from_numpy_or_from_settings(path):
    found = livespec.analyze(path, n_fft=np.int64(1024), hop=np.int32(300))
    again = livespec.analyze(path, **livespec.Settings(**SIZE).as_dict())
    assert np.array_equal(found.db, again.db)


@pytest.mark.parametrize("rate", [np.int64(RATE), np.array(RATE), 48_000.0])
def test_a_samplerate_may_come_from_numpy(rate):
    found = livespec.analyze(SAMPLES, rate, **SIZE)
    assert type(found.samplerate) is int
    assert np.array_equal(found.db, livespec.analyze(SAMPLES, RATE, **SIZE).db)


@pytest.mark.parametrize("dtype", [np.float64, np.int16])
def test_an_array_is_not_copied_as_a_whole(dtype):
    samples = np.zeros((2, 2_000_000), dtype)
    tracemalloc.start()
    try:
        found = livespec.analyze(samples, RATE, n_fft=1024, hop=1024)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - found.db.nbytes < 3e6


def test_samples_beyond_all_sound_make_columns_of_nan_and_no_warning(recwarn):
    found = livespec.analyze(white_noise(9000) * 1e38, RATE, **SIZE)
    assert np.isnan(found.db).all()
    assert not recwarn.list


def test_features_are_beside_the_levels():
    sound = np.stack([tone(440, RATE, RATE, 0.5), tone(1000, RATE, RATE, 0.25)])
    found = livespec.analyze(sound, RATE, features="pitch,rms,mel,flux", show="all")
    assert set(found.features) == {"mel", "mel_hz", "pitch_hz", "pitch_confidence", "rms", "flux_db"}
    columns = found.db.shape[1]
    assert found.features["mel"].shape == (2, columns, 128)
    assert found.features["pitch_hz"].shape == (2, columns)
    assert found.features["pitch_hz"].mean(axis=1) == pytest.approx([440, 1000], rel=1e-3)
    assert found.features["rms"].mean(axis=1) == pytest.approx([0.5 / np.sqrt(2), 0.25 / np.sqrt(2)], rel=1e-2)
    loudest = found.features["mel_hz"][found.features["mel"][1].mean(axis=0).argmax()]
    assert abs(loudest - 1000) < 60
    mixed = livespec.analyze(sound, RATE, features=["rms"])
    assert mixed.features["rms"].shape == (columns,)
    assert not livespec.analyze(sound, RATE).features
    averaged = livespec.analyze(sound, RATE, features="mel", show="all", averaging="slow", weighting="A")
    assert np.array_equal(averaged.features["mel"], found.features["mel"])  # of the columns as they were
