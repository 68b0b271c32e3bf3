"""Ticks: where they are and what they say."""

import math
from datetime import datetime
from typing import NamedTuple

import numpy as np

from livespec.core.scales import FrequencyAxis


class Tick(NamedTuple):
    """place: 0 … 1 along the axis."""

    place: float
    text: str


_TIME_STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


def frequency_ticks(axis: FrequencyAxis, length_px: float, spacing_px: float) -> list[Tick]:
    """1–2–5 values in Hz and kHz, at least `spacing_px` apart on an axis of `length_px`, lowest first."""

    def ticks_at(values: list[float]) -> list[Tick]:
        return _spaced([Tick(float(axis.place(hz)), format_hz(hz)) for hz in values], length_px, spacing_px)

    if axis.scale != "linear":
        decades = range(math.ceil(math.log10(axis.fmax)) + 1)
        ticks = ticks_at([m * 10.0**d for d in decades for m in (1, 2, 5) if axis.fmin <= m * 10.0**d <= axis.fmax])
        if len(ticks) > 1:  # else it is a narrow stretch between two of these
            return ticks
    step = _nice_step((axis.fmax - axis.fmin) * spacing_px / length_px)
    return ticks_at([n * step for n in range(math.ceil(axis.fmin / step), math.floor(axis.fmax / step) + 1)])


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
