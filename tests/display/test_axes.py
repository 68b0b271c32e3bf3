import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livespec.core.notes import frequency_of
from livespec.core.scales import FrequencyAxis, is_logarithmic
from livespec.display.axes import (
    format_hz,
    format_level,
    format_measured_hz,
    frequency_ticks,
    lap_ticks,
    level_ticks,
    time_ticks,
)
from livespec.settings import SCALES

HEIGHTS = [240, 400, 700, 1080, 2082]


def hz_of(text):
    if " " not in text:
        return frequency_of(text)
    number, unit = text.split(" ")
    return float(number) * {"Hz": 1, "kHz": 1000}[unit]


def apart(ticks, length_px):
    places = [tick.place * length_px for tick in ticks]
    return min((b - a for a, b in pairwise(places)), default=float("inf"))


@st.composite
def axes(draw):
    scale = draw(st.sampled_from(SCALES))
    fmin = draw(st.just(0.0) | st.floats(0, 20_000))
    return FrequencyAxis.between(scale, fmin, draw(st.floats(fmin + 1, 96_000) | st.floats(fmin + 1, fmin + 50)))


@given(axes(), st.floats(4, 80), st.sampled_from([26, 52]))
def test_frequency_ticks_lie_where_the_axis_has_what_they_say_and_not_on_each_other(axis, spacings, spacing):
    height = spacings * spacing
    ticks = frequency_ticks(axis, height, spacing)
    assert len(ticks) >= 2
    assert apart(ticks, height) >= spacing - 1e-6  # they rise, too
    for tick in ticks:
        assert -1e-9 <= tick.place <= 1 + 1e-9
        assert float(axis.frequency(tick.place)) == pytest.approx(hz_of(tick.text), rel=1e-9, abs=1e-6)
    assert len({tick.text for tick in ticks}) == len(ticks)


@pytest.mark.parametrize("scale", [scale for scale in SCALES if scale not in ("octave", "semitone")])
@pytest.mark.parametrize("height", HEIGHTS)
def test_the_default_axis_has_enough_ticks_to_be_read_and_round_ones(scale, height):
    ticks = frequency_ticks(FrequencyAxis(scale, 0.0 if scale == "linear" else 40.0, 16_000.0), height, 26)
    assert len(ticks) >= 4
    assert 10_000 in [hz_of(tick.text) for tick in ticks]
    assert all(len(f"{hz_of(tick.text):.0f}".rstrip("0")) <= 3 for tick in ticks)  # significant digits


@pytest.mark.parametrize(
    ("fmin", "fmax", "height", "expected"),
    [
        (40, 16_000, 700, "63 Hz, 125 Hz, 250 Hz, 500 Hz, 1 kHz, 2 kHz, 4 kHz, 8 kHz, 16 kHz"),
        (10, 96_000, 300, "16 Hz, 63 Hz, 250 Hz, 1 kHz, 4 kHz, 16 kHz, 64 kHz"),  # room for every second
        (100, 300, 300, "125 Hz, 250 Hz"),
        (70, 120, 200, "70 Hz, 80 Hz, 90 Hz, 100 Hz, 110 Hz, 120 Hz"),  # no band inside
    ],
)
def test_an_octave_axis_names_the_bands_of_octave_filters(fmin, fmax, height, expected):
    """Nominal mid-band frequencies of IEC 61260-1."""
    ticks = frequency_ticks(FrequencyAxis("octave", fmin, fmax), height, 26)
    assert ", ".join(tick.text for tick in ticks) == expected


@pytest.mark.parametrize("scale", ["mel", "log", "bark", "erb"])
@pytest.mark.parametrize(("fmin", "fmax"), [(500, 1600), (100, 900), (600, 1900), (60, 190), (2100, 4900)])
def test_a_stretch_with_few_values_of_1_2_5_has_others(scale, fmin, fmax):
    assert len(frequency_ticks(FrequencyAxis(scale, fmin, fmax), 400, 26)) >= 4


def test_a_narrow_axis_writes_as_many_decimals_as_tell_its_ticks_apart_on_each():
    texts = [tick.text for tick in frequency_ticks(FrequencyAxis("linear", 20_000, 20_002), 240, 40)]
    assert texts == ["20.0000 kHz", "20.0005 kHz", "20.0010 kHz", "20.0015 kHz", "20.0020 kHz"]


@pytest.mark.parametrize("scale", [scale for scale in SCALES if not is_logarithmic(scale)])
def test_an_axis_that_begins_at_0_hz_says_so(scale):
    assert frequency_ticks(FrequencyAxis(scale, 0, 16_000), 400, 26)[0] == (0, "0 Hz")


@pytest.mark.parametrize(
    ("fmin", "fmax", "expected"),
    [
        (40, 16_000, ["C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9"]),
        (100, 1000, ["C3", "E3", "G3", "C4", "E4", "G4", "C5", "E5", "G5"]),
        (250, 540, ["C4", "C#4", "D4", "D#4", "E4", "F4", "F#4", "G4", "G#4", "A4", "A#4", "B4", "C5"]),
    ],
)
def test_a_semitone_axis_names_as_many_notes_as_there_is_room_for(fmin, fmax, expected):
    assert [tick.text for tick in frequency_ticks(FrequencyAxis("semitone", fmin, fmax), 400, 26)] == expected


def test_frequencies_are_written_as_people_do():
    assert [format_hz(hz) for hz in (0, 40, 440, 999, 1000, 2500, 16_000, 22_050)] == [
        "0 Hz", "40 Hz", "440 Hz", "999 Hz", "1 kHz", "2.5 kHz", "16 kHz", "22.05 kHz"
    ]  # fmt: skip


@given(st.floats(-200, 40), st.floats(10, 200), st.sampled_from(HEIGHTS))
def test_level_ticks_lie_where_the_colour_bar_has_that_level(low, span, height):
    ticks = level_ticks(low, low + span, height, 40)
    assert apart(ticks, height) >= 40 - 1e-6 or span * 40 / height < 1  # never finer than a decibel
    for place, text in ticks:
        level = float(text.replace("\N{MINUS SIGN}", "-"))
        assert low + place * span == pytest.approx(level, abs=1e-6)
        assert 0 <= place <= 1 + 1e-9


def test_what_is_measured_has_as_many_digits_whatever_it_is():
    assert [format_measured_hz(hz) for hz in (440, 439.96, 99.999, 999.98, 1760, 12_345.6, 0)] == [
        *("440.0 Hz", "440.0 Hz", "100.0 Hz", "1.000 kHz", "1.760 kHz", "12.35 kHz", "0.000 Hz"),
    ]


def test_levels_have_a_real_minus_sign():
    assert (format_level(-20), format_level(0.0), format_level(5)) == ("−20", "0", "5")


def seconds_of(text):
    total = 0.0
    for part in text.split(":"):
        total = total * 60 + float(part)
    return total


@given(
    st.floats(-5, 40_000), st.sampled_from([0.1, 0.5, 1, 5, 10, 60, 600, 3600]), st.sampled_from([320, 640, 1140, 3700])
)
def test_minute_ticks_say_the_second_where_they_lie(start, span, width):
    ticks = time_ticks(start, span, None, width, 96)
    assert apart(ticks, width) >= 96 - 1e-6
    for place, text in ticks:
        assert start + place * span == pytest.approx(seconds_of(text), abs=0.0051)
        assert -1e-9 <= place <= 1 + 1e-9
        assert seconds_of(text) >= 0  # before the start there is no time


@given(st.floats(0, 40_000), st.sampled_from([1, 10, 60, 600, 3600]), st.floats(1.5e9, 2e9))
def test_clock_ticks_say_the_time_of_day_of_where_they_lie(start, span, origin):
    ticks = time_ticks(start, span, origin, 1140, 96)
    assert ticks
    assert apart(ticks, 1140) >= 96 - 1e-3
    for place, text in ticks:
        at = origin + start + place * span
        clock = time.localtime(round(at * 100) / 100)
        since_midnight = clock.tm_hour * 3600 + clock.tm_min * 60 + clock.tm_sec + at % 1
        off = abs(seconds_of(text) - since_midnight) % 86_400
        assert (
            min(off, 86_400 - off, abs(off - 3600), abs(off - 1)) < 0.01
        )  # an hour: summer time begins in the session


@pytest.mark.parametrize(
    ("start", "span", "expected"),
    [
        (0.0, 10.0, ["0:00", "0:01", "0:02", "0:03", "0:04", "0:05", "0:06", "0:07", "0:08", "0:09", "0:10"]),
        (55.0, 10.0, ["0:55", "0:56", "0:57", "0:58", "0:59", "1:00", "1:01", "1:02", "1:03", "1:04", "1:05"]),
        (3595.0, 10.0, ["59:55", "59:56", "59:57", "59:58", "59:59", "1:00:00", "1:00:01", "1:00:02", "1:00:03",
                        "1:00:04", "1:00:05"]),
        (0.8, 0.65, ["0:00.8", "0:00.9", "0:01.0", "0:01.1", "0:01.2", "0:01.3", "0:01.4"]),
        (-3.0, 5.0, ["0:00.0", "0:00.5", "0:01.0", "0:01.5", "0:02.0"]),
    ],
)  # fmt: skip
def test_minutes_and_seconds_are_written_as_people_do(start, span, expected):
    assert [tick.text for tick in time_ticks(start, span, None, 1140, 96)] == expected


@pytest.mark.parametrize("scale", ["log", "mel"])
def test_a_narrow_axis_has_ticks_too(scale):
    assert len(frequency_ticks(FrequencyAxis(scale, 210, 480), 700, 26)) >= 2


def test_a_sound_that_is_repeated_has_its_own_time_in_every_lap():
    ticks = lap_ticks(start_s=5.5, span_s=6, lap_s=4, length_px=1200, spacing_px=96)
    seconds = [(round(5.5 + tick.place * 6, 6), tick.text) for tick in ticks]
    assert seconds == [
        *((5.5, "0:01.5"), (6, "0:02.0"), (6.5, "0:02.5"), (7, "0:03.0"), (7.5, "0:03.5")),
        *((8, "0:00.0"), (8.5, "0:00.5"), (9, "0:01.0"), (9.5, "0:01.5"), (10, "0:02.0"), (10.5, "0:02.5")),
        *((11, "0:03.0"), (11.5, "0:03.5")),
    ]


@pytest.mark.parametrize("lap_s", [0.1, 0.37, 3.3, 1000.0])
def test_ticks_of_laps_are_never_crowded_and_none_lies_before_the_start(lap_s):
    for start_s in (tenths / 10 for tenths in range(-100, 120, 7)):
        places = [tick.place for tick in lap_ticks(start_s, 10, lap_s, 1100, 96)]
        assert all(start_s + place * 10 >= -1e-6 for place in places)
        assert all((after - before) * 1100 > 60 for before, after in pairwise(places))
        assert len(places) > 5 or start_s < 0
