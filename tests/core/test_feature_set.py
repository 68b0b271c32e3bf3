import warnings

import librosa
import numpy as np
import pytest

from livespec.core.feature_set import FEATURES, FeatureSet, feature_names
from livespec.core.features import features
from livespec.core.pitch import VOICED, PitchFinder
from livespec.core.stft import Engine
from livespec.errors import UsageError
from livespec.settings import Settings
from tests.support.signals import tone, white_noise

RATE, N_FFT, HOP = 22_050, 2048, 512


def plucked(hz, seconds=1.0, rate=RATE):
    t = np.arange(round(seconds * rate)) / rate
    partials = range(1, int(rate / 2.2 / hz))
    return sum(0.5 * np.sin(2 * np.pi * k * hz * t + k) * np.exp(-2 * k * t) / k for k in partials).astype(np.float32)


SOUND = np.concatenate([plucked(hz) for hz in (110, 220, 329.6, 523.3)]) + white_noise(4 * RATE, 1e-3)


def of(sound, *names, rate=RATE, n_fft=N_FFT, hop=HOP, blocks=1):
    engine = Engine(Settings(n_fft=n_fft, hop=hop), rate)
    wanted = FeatureSet(names, engine)
    windows = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float32), n_fft)[::hop]
    parts = [wanted.push(part[None], engine.columns(part[None])) for part in np.array_split(windows, blocks)]
    return {name: np.concatenate([part[name][0] for part in parts]) for name in parts[0]}


@pytest.mark.parametrize(("rate", "n_fft", "hop"), [(RATE, N_FFT, HOP), (48_000, 4096, 512), (16_000, 400, 160)])
def test_mel_and_mfcc_are_librosas(rate, n_fft, hop):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the lowest bands of short windows are empty
        power = librosa.feature.melspectrogram(
            y=SOUND, sr=rate, n_fft=n_fft, hop_length=hop, center=False, win_length=n_fft
        )
    mel = librosa.power_to_db(power, top_db=None)
    got = of(SOUND, "mel", "mfcc", rate=rate, n_fft=n_fft, hop=hop)
    assert got["mel"].shape == mel.T.shape
    assert np.abs(got["mel"] - mel.T).max() < 0.01
    assert np.abs(got["mfcc"] - librosa.feature.mfcc(S=mel, n_mfcc=20).T).max() < 0.02


def test_chroma_is_librosas():
    got = of(SOUND, "chroma")["chroma"]
    expected = librosa.feature.chroma_stft(y=SOUND, sr=RATE, n_fft=N_FFT, hop_length=HOP, center=False, tuning=0.0)
    assert np.abs(got - expected.T).max() < 1e-4
    assert not of(np.zeros(4096), "chroma")["chroma"].any()
    assert [int(k) for k in got[[10, 50, 95, 140]].argmax(axis=1)] == [9, 9, 4, 0]  # A, A, E, C


def test_rms_and_zero_crossings_are_librosas():
    got = of(SOUND, "rms", "zcr", "envelope")
    rms = librosa.feature.rms(y=SOUND, frame_length=N_FFT, hop_length=HOP, center=False)[0]
    zcr = librosa.feature.zero_crossing_rate(SOUND, frame_length=N_FFT, hop_length=HOP, center=False)[0]
    assert np.abs(got["rms"] - rms).max() < 1e-6
    assert np.array_equal(got["zcr"], zcr.astype(np.float32))
    assert got["envelope"][0] == np.abs(SOUND[:N_FFT]).max()


def test_the_pitch_of_notes_is_theirs_and_librosas():
    got = of(SOUND, "pitch")
    voiced = got["pitch_confidence"] > VOICED
    assert voiced.mean() > 0.8
    _, flag, _ = librosa.pyin(SOUND, fmin=65.4, fmax=2093, sr=RATE, frame_length=N_FFT, hop_length=HOP, center=False)
    f0 = librosa.yin(SOUND, fmin=65.4, fmax=2093, sr=RATE, frame_length=N_FFT, hop_length=HOP, center=False)
    both = voiced & flag
    assert both.mean() > 0.8
    cents = 1200 * np.abs(np.log2(got["pitch_hz"][both] / f0[both]))
    assert np.median(cents) < 3
    for second, hz in enumerate((110, 220, 329.6, 523.3)):
        middle = round((second + 0.3) * RATE / HOP)
        assert 1200 * np.log2(got["pitch_hz"][middle] / hz) == pytest.approx(0, abs=2)


@pytest.mark.parametrize("hz", [66, 82.4, 110, 440, 1000, 2000])
def test_pitch_is_true_to_three_cents_from_c2_to_c7(hz):
    windows = np.lib.stride_tricks.sliding_window_view(plucked(hz, 0.5, 48_000), 4096)[::512]
    found = PitchFinder(4096, 48_000).find(windows)
    assert np.abs(1200 * np.log2(found.hz / hz)).max() < 3
    assert found.confidence.min() > 0.9


def test_noise_silence_and_no_numbers_have_no_pitch():
    find = PitchFinder(4096, 48_000).find
    noise = np.lib.stride_tricks.sliding_window_view(white_noise(48_000).astype(np.float32), 4096)[::512]
    assert find(noise).confidence.max() < VOICED / 2
    for value in (0.0, 0.3, np.nan):
        found = find(np.full((2, 4096), value, np.float32))
        assert np.isnan(found.hz).all()
        assert not found.confidence.any()
    assert np.isnan(PitchFinder(16, 48_000).find(np.ones((1, 16), np.float32)).hz).all()


def test_all_of_them_do_not_depend_on_the_blocks():
    whole, parts = of(SOUND, *FEATURES), of(SOUND, *FEATURES, blocks=7)
    assert set(whole) == {
        "mel", "mfcc", "chroma", "pitch_hz", "pitch_confidence", "rms", "zcr", "envelope",
        "centroid_hz", "rolloff_hz", "flatness", "flux_db",
    }  # fmt: skip
    for name, values in whole.items():
        assert values.dtype == np.float32
        assert np.allclose(values, parts[name], rtol=1e-4, atol=1e-5, equal_nan=True), name
    engine = Engine(Settings(n_fft=N_FFT, hop=HOP), RATE)
    windows = np.lib.stride_tricks.sliding_window_view(SOUND, N_FFT)[::HOP]
    expected = features(engine.columns(windows), engine.frequencies)
    assert np.allclose(whole["flux_db"], expected.flux_db.astype(np.float32), equal_nan=True)


def test_a_sample_that_is_no_number_makes_its_column_none():
    sound = tone(440, RATE, RATE, 0.5)
    sound[10_000] = np.nan
    with np.errstate(invalid="ignore"):
        got = of(sound, *FEATURES)
    hit = 10_000 // HOP
    for name in ("mel", "mfcc", "chroma", "pitch_hz", "rms", "zcr", "envelope", "centroid_hz"):
        assert np.isnan(got[name][hit]).all(), name
        assert np.isfinite(got[name][-1]).all(), name


def test_a_wrong_name_is_told_with_the_near_one():
    with pytest.raises(UsageError, match=r"'mfc'.*mfcc"):
        feature_names("mel,mfc")
    assert feature_names("rms, mel") == ("mel", "rms")
    assert feature_names("all") == FEATURES
