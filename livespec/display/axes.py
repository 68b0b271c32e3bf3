"""Ticks: where they are and what they say."""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from livespec.core.bands import ChromaAxis
from livespec.core.filterbank import CHROMAS
from livespec.core.notes import NAMES, frequency_of
from livespec.core.scales import FrequencyAxis

_SPECTRUM_SPACING_PX = 34


class Tick(NamedTuple):
    """place: 0 … 1 along the axis."""

    place: float
    text: str


_TIME_STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
_TO_BE_READ = 4
_LEVEL_STEPS_DB = (1, 2, 5, 10, 20, 30, 50, 100, 200, 500)
LEAST_OF_SPACING = 0.7  # of the wanted spacing, at least, where laps meet
_ROUNDING_S = 1e-6


# IEC 61260-1: nominal mid-band frequencies of octave filters, from 16 Hz to 16 kHz; beyond by doubling. Two neighbours
# are an octave apart; the nearest, by their nominal values, 16 and 31.5 Hz.
_OCTAVE_BANDS_HZ = (
    *(16 / 2**n for n in range(5, 0, -1)), 16, 31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16_000,
    *(16_000 * 2**n for n in range(1, 6)),
)  # fmt: skip
_FEWEST_OCTAVES = math.log2(31.5 / 16)
# Notes of an octave to name, by the fewest semitones between two of them.
_NOTES = ((1, NAMES), (2, ("C", "D", "E", "G", "A")), (3, ("C", "E", "G")), (5, ("C", "G")))


def picture_ticks(axis: FrequencyAxis | ChromaAxis, length_px: float, spacing_px: float) -> list[Tick]:
    """Ticks of a picture's vertical axis, lowest first: pitch classes of chroma, else frequencies."""
    if isinstance(axis, FrequencyAxis):
        return frequency_ticks(axis, length_px, spacing_px)
    every = next((n for n in (1, 2, 3, 4, 6) if n * length_px / CHROMAS >= spacing_px), CHROMAS)
    return [Tick((n + 0.5) / CHROMAS, name) for n, name in enumerate(NAMES) if n % every == 0]


def frequency_ticks(axis: FrequencyAxis, length_px: float, spacing_px: float) -> list[Tick]:
    """Ticks at least `spacing_px` apart on an axis of `length_px`, lowest first.

    1–2–5 values in Hz and kHz; octave bands or notes where the scale is one of those and the axis has two of them. A
    stretch too narrow for any of these has round values a step apart. Two ticks at least where the axis is four
    spacings long.
    """
    ticks: list[Tick] = []
    for named, enough in _choices(axis, length_px, spacing_px):
        inside = [(hz, text) for hz, text in named if axis.fmin <= hz <= axis.fmax]
        spaced = _spaced([Tick(float(axis.place(hz)), text) for hz, text in inside], length_px, spacing_px)
        ticks = max(ticks, spaced, key=len)
        if len(spaced) >= enough:
            break
    return ticks


def note_ticks(axis: FrequencyAxis, length_px: float, spacing_px: float) -> list[Tick]:
    """As `frequency_ticks`, by the names of notes, whatever the scale."""
    inside = [(hz, text) for hz, text in _notes(axis, length_px, spacing_px) if axis.fmin <= hz <= axis.fmax]
    ticks = _spaced([Tick(float(axis.place(hz)), text) for hz, text in inside], length_px, spacing_px)
    return ticks if len(ticks) > 1 else frequency_ticks(axis, length_px, spacing_px)


def _choices(axis: FrequencyAxis, length_px: float, spacing_px: float) -> Iterator[tuple[list[tuple[float, str]], int]]:
    """What the ticks may be, (Hz, text), the best first, and how many of them are enough."""
    if axis.scale == "semitone":
        yield _notes(axis, length_px, spacing_px), 2
    elif axis.scale == "octave":
        yield _octave_bands(axis, length_px, spacing_px), 2
    if axis.scale != "linear":
        yield _one_two_five(axis), max(2, min(_TO_BE_READ, math.floor(length_px / spacing_px / 3)))
    for named in _round_steps(axis, length_px, spacing_px):
        yield named, 2


def _one_two_five(axis: FrequencyAxis) -> list[tuple[float, str]]:
    lowest = max(axis.fmin, axis.fmax / 10_000)  # finer than a pixel where the axis begins at 0 Hz
    decades = range(math.floor(math.log10(lowest)), math.ceil(math.log10(axis.fmax)) + 1)
    values = [0.0, *(m * 10.0**d for d in decades for m in (1, 2, 5))]
    return [(hz, format_hz(hz)) for hz in values]


def _octave_bands(axis: FrequencyAxis, length_px: float, spacing_px: float) -> list[tuple[float, str]]:
    """All bands, or every second, third … where there is less room; 1 kHz is always one of them."""
    octave_px = length_px / math.log2(axis.fmax / axis.fmin)
    every = math.ceil(spacing_px / (_FEWEST_OCTAVES * octave_px))
    return [(hz, format_hz(hz)) for hz in _OCTAVE_BANDS_HZ[_OCTAVE_BANDS_HZ.index(1000) % every :: every]]


def _notes(axis: FrequencyAxis, length_px: float, spacing_px: float) -> list[tuple[float, str]]:
    """(Hz, name) of as many notes of an octave as there is room for, from the lowest C0 up."""
    semitone_px = length_px * math.log(2) / 12 / math.log(axis.fmax / axis.fmin)
    names = next((names for apart, names in _NOTES if apart * semitone_px >= spacing_px), ("C",))
    octaves = range(math.floor(math.log2(axis.fmax / frequency_of("C0"))) + 1)
    notes = [f"{name}{octave}" for octave in octaves for name in names]
    return [(frequency_of(note), note) for note in notes]


def _round_steps(axis: FrequencyAxis, length_px: float, spacing_px: float) -> Iterator[list[tuple[float, str]]]:
    """Multiples of a 1–2–5 step that suits the spacing, then of finer ones: a short axis may miss the first."""
    least = (axis.fmax - axis.fmin) * spacing_px / length_px
    for finer in (1, 2, 5, 10, 20, 50, 100):
        step = _nice_step(least / finer)
        multiples = range(math.ceil(axis.fmin / step), math.floor(axis.fmax / step) + 1)
        yield [(n * step, _format_hz_in_steps(n * step, step)) for n in multiples]


def level_ticks(low: float, high: float, length_px: float, spacing_px: float) -> list[Tick]:
    """Round levels in dB, lowest first."""
    least = (high - low) * spacing_px / length_px
    step = next((step for step in _LEVEL_STEPS_DB if step >= least), _LEVEL_STEPS_DB[-1])
    values = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
    return [Tick(float((value - low) / (high - low)), format_level(float(value))) for value in values]


@lru_cache(maxsize=32)
def spectrum_ticks(low: float, high: float, length_px: int, scale: float) -> tuple[tuple[int, str], ...]:
    """Round levels along a spectrum: pixels from its lowest, and what they read."""
    ticks = level_ticks(low, high, length_px, _SPECTRUM_SPACING_PX * scale)
    return tuple((min(int(place * length_px), length_px - 1), text) for place, text in ticks)


def time_ticks(start_s: float, span_s: float, origin: float | None, length_px: float, spacing_px: float) -> list[Tick]:
    """Ticks of the stretch start_s … start_s + span_s of a session.

    origin: wall-clock time (seconds since 1970) of second 0, for clock times; None for minutes and seconds.
    """
    least = span_s * spacing_px / length_px
    step = next((s for s in _TIME_STEPS_S if s >= least), _TIME_STEPS_S[-1])
    offset = 0.0 if origin is None else origin + _utc_offset_s(origin)
    first = math.ceil((start_s + offset) / step)
    ticks = []
    for n in range(first, math.floor((start_s + span_s + offset) / step) + 1):
        second = n * step - offset
        if origin is None and second < -step / 1000:
            continue
        ticks.append(Tick((second - start_s) / span_s, format_time(n * step, step, clock=origin is not None)))
    return ticks


def time_spacing(
    span_s: float, length_px: float, spacing_px: float, sure_px: float, least_px: Callable[[float], float]
) -> float:
    """The wanted spacing, or less where else two ticks would not always lie in `sure_px` of the axis.

    least_px: how far apart ticks must be, by the seconds between them.
    """
    px_per_s = length_px / span_s
    at = min(bisect_left(_TIME_STEPS_S, spacing_px / px_per_s), len(_TIME_STEPS_S) - 1)
    step, finer = _TIME_STEPS_S[at], _TIME_STEPS_S[max(0, at - 1)]
    closer_px = (1 - _ROUNDING_S) * finer * px_per_s
    if 2 * step * px_per_s <= sure_px or closer_px < least_px(finer):
        return spacing_px
    return min(spacing_px, closer_px)


def lap_ticks(start_s: float, span_s: float, lap_s: float, length_px: float, spacing_px: float) -> list[Tick]:
    """Ticks of a sound of `lap_s` that may be played round and round; start_s counts on from its first beginning."""
    ticks: list[Tick] = []
    least = LEAST_OF_SPACING * spacing_px / length_px
    every = max(1, math.ceil(least * span_s / lap_s))  # short laps: not each has room
    first = max(0, math.floor(start_s / lap_s) // every * every)
    for lap in range(first, math.floor((start_s + span_s) / lap_s) + 1, every):
        begins_s = lap * lap_s
        for tick in time_ticks(start_s - begins_s, span_s, None, length_px, spacing_px):
            second = start_s - begins_s + tick.place * span_s
            if not -_ROUNDING_S <= second < lap_s:
                continue
            while second < _ROUNDING_S and ticks and tick.place - ticks[-1].place < least:
                ticks.pop()  # where a lap begins is worth more than where one is about to end
            if not ticks or tick.place - ticks[-1].place >= least:
                ticks.append(tick)
    return ticks


def format_hz(hz: float, digits: int = 4) -> str:
    """As 40 Hz, 1 kHz, 2.5 kHz, with so many significant digits at most."""
    return f"{hz / 1000:.{digits}g} kHz" if hz >= 1000 else f"{hz:.{digits}g} Hz"  # noqa: PLR2004


def format_measured_hz(hz: float, digits: int = 4) -> str:
    """As 440.0 Hz or 1.043 kHz, with just so many significant digits: what is measured anew keeps its width."""
    kilo = float(f"{hz:.{digits}g}") >= 1000  # noqa: PLR2004
    return f"{hz / 1000:#.{digits}g} kHz" if kilo else f"{hz:#.{digits}g} Hz"


def _format_hz_in_steps(hz: float, step: float) -> str:
    """With the decimals that multiples of the step need, each with as many."""
    unit, name = (1000, "kHz") if hz >= 1000 else (1, "Hz")  # noqa: PLR2004
    return f"{hz / unit:.{max(0, -math.floor(math.log10(step / unit) + 1e-9))}f} {name}"


def format_level(level: float, digits: int = 0) -> str:
    """With a real minus sign, as wide as a digit."""
    return f"{level:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def format_time(second: float, step: float, *, clock: bool) -> str:
    """As 16:41:17.5 or 1:17.5, with the decimals that a step needs."""
    digits = max(0, math.ceil(-math.log10(step) - 1e-9)) if step < 1 else 0
    whole = math.floor(second + 0.5 * 10.0**-digits)
    fraction = f"{second - whole + 1e-9:.{digits}f}"[1:] if digits else ""
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if clock:
        return f"{hours % 24:02d}:{minutes:02d}:{seconds:02d}{fraction}"
    return f"{hours}:{minutes:02d}:{seconds:02d}{fraction}" if hours else f"{minutes}:{seconds:02d}{fraction}"


@lru_cache(maxsize=8)
def _utc_offset_s(wall_time: float) -> float:
    offset = datetime.fromtimestamp(wall_time).astimezone().utcoffset()
    return offset.total_seconds() if offset else 0.0


def _nice_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= least * (1 - 1e-9))


def _spaced(ticks: list[Tick], length_px: float, spacing_px: float) -> list[Tick]:
    """Round numbers first: a tick stays when it is far enough from those that are already there."""
    kept: list[Tick] = []
    for tick in sorted(ticks, key=_roundness):
        if all(abs(tick.place - other.place) * length_px >= spacing_px for other in kept):
            kept.append(tick)
    return sorted(kept)


def _roundness(tick: Tick) -> tuple[int, bool, bool]:
    """Smaller is rounder: few digits beside zeros at the ends, then 1, then 5."""
    digits = tick.text.split(" ")[0].replace(".", "").strip("0")
    return len(digits), not digits.startswith("1"), not digits.startswith("5")
