import re
from dataclasses import FrozenInstanceError, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livespec.errors import UsageError
from livespec.settings import KEYS, Settings


@pytest.mark.parametrize(
    ("key", "value", "low", "high", "unit"),
    [
        ("n_fft", 8, 16, 1 << 20, "samples"),
        ("n_fft", 1 << 21, 16, 1 << 20, "samples"),
        ("n_fft", True, 16, 1 << 20, "samples"),
        ("hop", 0, 1, 1 << 20, "samples"),
        ("samplerate", 99, 100, 1_536_000, "Hz"),
        ("fmin", -1.0, 0, 768_000, "Hz"),
        ("fmax", 0.5, 1, 768_000, "Hz"),
        ("span", 0.0, 0.1, 3600, "s"),
        ("span", 1e9, 0.1, 3600, "s"),
        ("span", float("nan"), 0.1, 3600, "s"),
        ("span", "long", 0.1, 3600, "s"),
        ("history", -1.0, 0, 86_400, "s"),
        ("history", float("inf"), 0, 86_400, "s"),
        ("history_mb", 0.0, 1, 1 << 20, "MB"),
        ("range", (-20.0, -90.0), -250, 200, "dB"),
        ("range", (-300.0, 0.0), -250, 200, "dB"),
        ("range", (float("nan"), 0.0), -250, 200, "dB"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_key_and_its_range(key, value, low, high, unit):
    with pytest.raises(UsageError) as caught:
        Settings(**{key: value})
    assert caught.value.message.startswith(f"{key} = ")
    assert key in caught.value.hint
    assert unit in caught.value.hint.split()
    assert {low, high} <= {float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", caught.value.hint)}
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("scale", "mell", "linear, log, octave, semitone, erb, bark, mel-htk, mel"),
        ("precision", "quad", "single, double"),
        ("channels", (), "numbers from 1"),
        ("channels", (0,), "numbers from 1"),
        ("channels", (1, 1), "each once"),
        ("show", (0,), "channel numbers"),
        ("show", "left", "all, mix, diff"),
    ],
)
def test_a_word_or_number_that_is_not_known_is_refused_with_those_that_are(key, value, allowed):
    with pytest.raises(UsageError) as caught:
        Settings(**{key: value})
    assert caught.value.message.startswith(f"{key} = ")
    assert key in caught.value.hint
    assert allowed in caught.value.hint


def test_a_mistyped_word_brings_the_nearest_one():
    with pytest.raises(UsageError, match=r"scale = 'liner' is not known: did you mean 'linear'\?"):
        Settings(scale="liner")


def test_values_that_exclude_each_other_are_refused_together():
    with pytest.raises(UsageError, match="hop = 2048 is longer than n_fft = 1024"):
        Settings(n_fft=1024, hop=2048)
    with pytest.raises(UsageError, match="fmin = 500 Hz is not below fmax = 400 Hz"):
        Settings(fmin=500.0, fmax=400.0)


@pytest.mark.parametrize(
    ("rate", "n_fft", "hop"),
    [
        (8_000, 2048, 256), (16_000, 2048, 256), (24_000, 2048, 256),
        (32_000, 4096, 512), (44_100, 4096, 512), (48_000, 4096, 512),
        (88_200, 8192, 1024), (96_000, 8192, 1024),
        (176_400, 16_384, 2048), (192_000, 16_384, 2048),
    ],
)  # fmt: skip
def test_the_default_window_follows_the_rate(rate, n_fft, hop):
    chosen = Settings().at_rate(rate)
    assert (chosen.n_fft, chosen.hop) == (n_fft, hop)


def test_a_window_alone_brings_an_eighth_of_it_as_hop_and_given_values_stay():
    assert Settings(n_fft=1000).at_rate(48_000).hop == 125
    assert Settings(n_fft=16).at_rate(48_000).hop == 2
    chosen = Settings(n_fft=1000, hop=7).at_rate(192_000)
    assert (chosen.n_fft, chosen.hop) == (1000, 7)


def test_the_axis_goes_from_40_hz_to_16_khz_within_what_the_rate_can_hold():
    assert (Settings().at_rate(48_000).fmin, Settings().at_rate(48_000).fmax) == (40.0, 16_000.0)
    assert Settings().at_rate(8_000).fmax == 4_000.0
    assert Settings(scale="linear").at_rate(48_000).fmin == 0.0
    assert Settings().at_rate(100).fmin < Settings().at_rate(100).fmax


def test_a_frequency_above_half_the_rate_is_refused_with_the_highest_there_is():
    with pytest.raises(UsageError, match="fmax = 25000 Hz is above the highest frequency of 48000 Hz sound, 24000 Hz"):
        Settings(fmax=25_000.0).at_rate(48_000)
    with pytest.raises(UsageError, match="fmin = 5000 Hz is not below fmax = 4000 Hz"):
        Settings(fmin=5_000.0).at_rate(8_000)


@given(st.integers(100, 1_536_000), st.sampled_from(["linear", "log", "mel"]))
def test_the_defaults_fit_any_rate(rate, scale):
    chosen = Settings(scale=scale).at_rate(rate)
    assert 0 <= chosen.fmin < chosen.fmax <= rate / 2
    assert 1 <= chosen.hop <= chosen.n_fft
    assert chosen.at_rate(rate) == chosen  # what is filled in stays


def test_settings_are_a_value():
    with pytest.raises(FrozenInstanceError):
        Settings().span = 3.0
    assert replace(Settings(), span=3.0) == Settings(span=3.0)
    assert KEYS == tuple(field.name for field in fields(Settings)) == tuple(Settings().as_dict())
