"""Events of a band, against sounds whose levels and times are known."""

import numpy as np
import pytest

from livespec.core.stft import Engine
from livespec.core.trigger import BandTrigger, TriggerRule
from livespec.errors import UsageError
from livespec.settings import Settings
from tests.support.signals import sine_on_bin, white_noise

RATE, N_FFT, HOP = 48_000, 2048, 512


def columns_of(sound, window="hann"):
    engine = Engine(Settings(n_fft=N_FFT, hop=HOP, window=window), RATE)
    return engine, engine.push(sound[None].astype(np.float32))


def events_of(sound, rule, at_once=7, window="hann"):
    engine, columns = columns_of(sound, window)
    columns = columns.reshape(1, -1, engine.bins)
    trigger, out = BandTrigger(rule, engine), []
    for first in range(0, columns.shape[1], at_once):
        out += trigger.push(first, trigger.measured(columns[:, first : first + at_once]))
    return out + trigger.end()


def beeps(*spans, level_db=-20.0, seconds=6.0, number=200):
    tone = sine_on_bin(number, N_FFT, round(seconds * RATE), 10 ** (level_db / 20))
    out = white_noise(len(tone), rms=1e-4)
    for start, stop in spans:
        out[round(start * RATE) : round(stop * RATE)] += tone[round(start * RATE) : round(stop * RATE)]
    return out


RULE = TriggerRule(4000, 6000, -30)


@pytest.mark.parametrize("window", ["hann", "blackmanharris", "flattop"])
def test_a_sine_in_the_band_reads_its_level_and_its_frequency(window):
    _, event = events_of(beeps((1, 2)), RULE, window=window)
    assert event.level_db == pytest.approx(-20, abs=0.1)
    assert event.frequency_hz == pytest.approx(200 * RATE / N_FFT)


def test_an_event_is_where_the_sound_is():
    began, ended = events_of(beeps((1.0, 2.5)), RULE)
    assert began.end is None
    assert ended.begin == began.begin
    assert began.begin <= 1.0 * RATE <= began.begin + N_FFT
    assert ended.end - N_FFT <= 2.5 * RATE <= ended.end


def test_what_is_quieter_or_beside_the_band_is_none():
    assert not events_of(beeps((1, 2), level_db=-31), RULE)
    assert not events_of(beeps((1, 2), number=400), RULE)


def test_pauses_shorter_than_the_hold_do_not_part_an_event():
    assert len(events_of(beeps((1, 1.5), (1.8, 2.5)), RULE)) == 2
    assert len(events_of(beeps((1, 1.5), (2.5, 3)), RULE)) == 4


def test_a_level_that_swings_around_the_threshold_is_one_event():
    sound = beeps((1, 5), level_db=-29.0)
    sound *= 10 ** (2 * np.sin(2 * np.pi * np.arange(len(sound)) / RATE) / 20)
    assert len(events_of(sound, RULE)) == 2


def test_what_lasts_at_the_end_ends_there():
    began, ended = events_of(beeps((5, 6)), RULE)
    assert began.end is None
    assert 6 * RATE - HOP - N_FFT <= ended.end <= 6 * RATE


def test_an_event_goes_on_when_the_window_is_changed_in_its_midst():
    sound, other = beeps((1, 4)), Engine(Settings(n_fft=2 * N_FFT, hop=HOP), RATE)
    engine, columns = columns_of(sound, "hann")
    columns = columns.reshape(1, -1, engine.bins)
    half = round(2.5 * RATE) // HOP
    before = BandTrigger(RULE, engine)
    (began,) = before.push(0, before.measured(columns[:, :half]))
    after = BandTrigger(RULE, other, before)
    longer = other.columns(np.lib.stride_tricks.sliding_window_view(sound, 2 * N_FFT)[::HOP].copy())
    (ended,) = after.push(half, after.measured(longer[None, half:]))
    assert ended.begin == began.begin
    assert 4 * RATE <= ended.end <= 4 * RATE + 3 * N_FFT


@pytest.mark.parametrize("at_once", [1, 3, 64, 10_000])
def test_it_does_not_matter_how_many_columns_come_at_once(at_once):
    sound = beeps((0.5, 1), (2, 2.1), (3, 5))
    assert events_of(sound, RULE, at_once) == events_of(sound, RULE, 1)


def test_a_band_between_two_bins_is_refused():
    with pytest.raises(UsageError, match="no bin"):
        BandTrigger(TriggerRule(1000.0, 1000.5, -30), Engine(Settings(n_fft=N_FFT, hop=HOP), RATE))
