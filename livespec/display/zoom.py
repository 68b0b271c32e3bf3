"""Zooming and moving along the axes, as arithmetic on settings."""

from dataclasses import replace
from typing import Final

from livespec.core.scales import FrequencyAxis, is_logarithmic
from livespec.settings import LIMITS, Settings

# Of one press of a key:
KEY_STEP: Final = 0.1  # of what is shown
KEY_ZOOM: Final = 1.25
_LOWEST_HZ: Final = 1.0
_NARROWEST: Final = 1 / 200  # of all there is
SPANS_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)


def zoomed_frequency(settings: Settings, factor: float, place: float) -> Settings:
    """Around a place (0 … 1) of the axis; factor: more than 1 is nearer. settings: resolved."""
    axis, (least, most) = _axis(settings), _ends(settings)
    low, high = place - place / factor, place + (1 - place) / factor
    if high - low < _NARROWEST * (most - least):
        return settings
    return _between(settings, axis, max(low, least), min(high, most))


def moved_frequency(settings: Settings, places: float) -> Settings:
    """By so much of the axis, as far as there is something."""
    axis, (least, most) = _axis(settings), _ends(settings)
    by = min(max(places, least), most - 1)
    return _between(settings, axis, by, 1 + by)


def zoomed_span(settings: Settings, factor: float) -> Settings:
    """More than 1 is nearer; no wider than what the history can hold."""
    low, high, _ = LIMITS["span"]
    return replace(settings, span=min(max(settings.span / factor, low), max(settings.history, settings.span), high))


def _axis(settings: Settings) -> FrequencyAxis:
    assert settings.fmin is not None
    assert settings.fmax is not None
    return FrequencyAxis.between(settings.scale, settings.fmin, settings.fmax)


def _ends(settings: Settings) -> tuple[float, float]:
    """Places of the lowest and the highest frequency there is."""
    assert settings.samplerate is not None
    axis = _axis(settings)
    highest = settings.samplerate / 2
    lowest = max(_LOWEST_HZ, highest / 1024) if is_logarithmic(settings.scale) else 0.0
    return min(0.0, float(axis.place(lowest))), max(1.0, float(axis.place(highest)))


def _between(settings: Settings, axis: FrequencyAxis, low: float, high: float) -> Settings:
    assert settings.samplerate is not None
    fmin, fmax = (float(axis.frequency(place)) for place in (low, high))
    return replace(settings, fmin=max(0.0, fmin), fmax=min(fmax, settings.samplerate / 2))
