"""`to_decibels` against librosa itself."""

import warnings

import librosa
import numpy as np
import pytest

import livespec
from livespec.capture.demo import synthesise_bar
from livespec.errors import UsageError
from tests.support.signals import chirp, click, tone, white_noise

RATE = 22_050
SIGNALS = {
    "noise": white_noise(30_000),
    "guitar": tone(220, RATE, 30_000, 0.5) + tone(441.3, RATE, 30_000, 0.2) + white_noise(30_000, rms=1e-4),
    "chirp": chirp(20, 11_000, RATE, 30_000, 0.9),
    "click": click(9_000, 4_000),
    "music": synthesise_bar(4, 48_000),
    "offset": np.full(9_000, 0.3, np.float32),
    "quiet": white_noise(9_000, rms=1e-7),
    "short": white_noise(300),
    "silence": np.zeros(5_000, np.float32),
}
SIZES = [{}, {"n_fft": 4096, "hop": 512}, {"n_fft": 1000, "hop": 250}, {"n_fft": 511, "hop": 100}]


def of_librosa(signal, n_fft=2048, hop=None, window="hann", *, center=True, ref=np.max, top_db=80.0):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of short signals, which it pads all the same
        spectra = librosa.stft(signal, n_fft=n_fft, hop_length=hop, window=window, center=center)
    return librosa.amplitude_to_db(np.abs(spectra), ref=ref, top_db=top_db)


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("size", SIZES)
def test_the_decibels_are_librosas(name, size):
    theirs, ours = of_librosa(SIGNALS[name], **size), livespec.to_decibels(SIGNALS[name], **size)
    assert ours.shape == theirs.shape
    assert ours.dtype == np.float32
    assert np.abs(ours - theirs).max() <= 0.01


def test_every_keyword_does_what_librosas_does():
    sound = SIGNALS["guitar"]
    for ours, theirs in (
        ({"center": False}, {"center": False}),
        ({"top_db": 40.0}, {"top_db": 40.0}),
        ({"reference": 1.0}, {"ref": 1.0}),
        ({"window": "blackmanharris"}, {"window": "blackmanharris"}),
    ):
        got, expected = livespec.to_decibels(sound, **ours), of_librosa(sound, **theirs)
        assert got.shape == expected.shape
        assert np.abs(got - expected).max() <= 0.01
    unlimited, expected = livespec.to_decibels(sound, top_db=None), of_librosa(sound, top_db=None)
    near = expected > expected.max(axis=0) - 80
    assert np.abs(unlimited - expected)[near].max() <= 0.01


def test_what_is_no_signal_is_refused():
    for signal, said in (
        (np.zeros((2, 9000)), "is no signal"),
        (np.zeros(0), "is no signal"),
    ):
        with pytest.raises(UsageError, match=said):
            livespec.to_decibels(signal)
    with pytest.raises(UsageError, match="shorter than one window"):
        livespec.to_decibels(np.zeros(100), center=False)
