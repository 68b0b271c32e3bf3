"""Ticks: where they are and what they say."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import numpy as np

from livespec.core.notes import NAMES, frequency_of
from livespec.core.scales import FrequencyAxis


class Tick(NamedTuple):
    """place: 0 … 1 along the axis."""

    place: float
    text: str


_TIME_STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


# IEC 61260-1: nominal mid-band frequencies of octave filters, from 16 Hz to 16 kHz; beyond by doubling.
_OCTAVE_BANDS_HZ = (
    *(16 / 2**n for n in range(5, 0, -1)), 16, 31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16_000,
    *(16_000 * 2**n for n in range(1, 6)),
)  # fmt: skip
# Notes of an octave to name, by the fewest semitones between two of them.
_NOTES = ((1, NAMES), (2, ("C", "D", "E", "G", "A")), (3, ("C", "E", "G")), (5, ("C", "G")))


def frequency_ticks(axis: FrequencyAxis, length_px: float, spacing_px: float) -> list[Tick]:
    """Ticks at least `spacing_px` apart on an axis of `length_px`, lowest first.

    1–2–5 values in Hz and kHz; octave bands or notes where the scale is one of those. A stretch too narrow for two
    of them has evenly spaced ones.
    """

    def ticks_at(named: Iterable[tuple[float, str]]) -> list[Tick]:
        inside = [(hz, text) for hz, text in named if axis.fmin <= hz <= axis.fmax]
        return _spaced([Tick(float(axis.place(hz)), text) for hz, text in inside], length_px, spacing_px)

    if axis.scale == "semitone":
        ticks = ticks_at(_notes(axis, length_px, spacing_px))
    elif axis.scale == "octave":
        ticks = ticks_at((hz, format_hz(hz)) for hz in _OCTAVE_BANDS_HZ)
    elif axis.scale == "linear":
        ticks = []
    else:
        decades = range(math.ceil(math.log10(axis.fmax)) + 1)
        ticks = ticks_at((m * 10.0**d, format_hz(m * 10.0**d)) for d in decades for m in (1, 2, 5))
    if len(ticks) > 1:
        return ticks
    step = _nice_step((axis.fmax - axis.fmin) * spacing_px / length_px)
    wanted = range(math.ceil(axis.fmin / step), math.floor(axis.fmax / step) + 1)
    return ticks_at((n * step, format_hz(n * step)) for n in wanted)


def _notes(axis: FrequencyAxis, length_px: float, spacing_px: float) -> list[tuple[float, str]]:
    """(Hz, name) of as many notes of an octave as there is room for, from the lowest C0 up."""
    semitone_px = length_px * math.log(2) / 12 / math.log(axis.fmax / axis.fmin)
    names = next((names for apart, names in _NOTES if apart * semitone_px >= spacing_px), ("C",))
    octaves = range(math.floor(math.log2(axis.fmax / frequency_of("C0"))) + 1)
    return [(frequency_of(f"{name}{octave}"), f"{name}{octave}") for octave in octaves for name in names]


def level_ticks(low: float, high: float, length_px: float, spacing_px: float) -> list[Tick]:
    """Round levels in dB, lowest first."""
    step = max(1.0, _nice_step((high - low) * spacing_px / length_px))
    values = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
    return [Tick(float((value - low) / (high - low)), format_level(float(value))) for value in values]


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
        ticks.append(Tick((second - start_s) / span_s, _format_time(n * step, step, clock=origin is not None)))
    return ticks


def format_hz(hz: float) -> str:
    """As 40 Hz, 1 kHz, 2.5 kHz."""
    return f"{hz / 1000:.4g} kHz" if hz >= 1000 else f"{hz:.4g} Hz"  # noqa: PLR2004


def format_level(level: float) -> str:
    """With a real minus sign, as wide as a digit."""
    return f"{level:.0f}".replace("-", "\N{MINUS SIGN}")


def _format_time(second: float, step: float, *, clock: bool) -> str:
    digits = max(0, math.ceil(-math.log10(step) - 1e-9)) if step < 1 else 0
    whole = math.floor(second + 0.5 * 10.0**-digits)
    fraction = f"{second - whole + 1e-9:.{digits}f}"[1:] if digits else ""
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if clock:
        return f"{hours % 24:02d}:{minutes:02d}:{seconds:02d}{fraction}"
    return f"{hours}:{minutes:02d}:{seconds:02d}{fraction}" if hours else f"{minutes}:{seconds:02d}{fraction}"


def _utc_offset_s(wall_time: float) -> float:
    offset = datetime.fromtimestamp(wall_time).astimezone().utcoffset()
    return offset.total_seconds() if offset else 0.0


def _nice_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= least * (1 - 1e-9))


def _spaced(ticks: list[Tick], length_px: float, spacing_px: float) -> list[Tick]:
    """Round numbers first: a tick stays when it is far enough from those that are already there."""
    kept: list[Tick] = []
    for tick in sorted(ticks, key=lambda t: (not t.text.startswith("1"), not t.text.startswith("5"))):
        if all(abs(tick.place - other.place) * length_px >= spacing_px for other in kept):
            kept.append(tick)
    return sorted(kept)
