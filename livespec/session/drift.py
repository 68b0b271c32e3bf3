"""How fast a device's clock runs beside the system's, from when its blocks come in.

A block may come late and never early, so the earliest of many tells the most. That of the first third of the time is
compared with that of the last; what a busy machine holds up for seconds then moves nothing.
"""

from typing import Final, NamedTuple

_EVERY_S: Final = 5.0  # one arrival is kept
_AFTER_S: Final = 120.0  # a millisecond is 12 ppm of the time between the thirds; sooner it would be a guess


class _Arrival(NamedTuple):
    late_s: float
    at: float


class Drift:
    """Of one unbroken stretch of a capture."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._earliest: list[_Arrival] = []

    def note(self, at: float, late_s: float) -> None:
        """The earliest of some blocks: when they came, and how late beside their position in seconds (any zero)."""
        self._began = at if self._began is None else self._began
        arrival = _Arrival(late_s, at)
        if len(self._earliest) > (at - self._began) // _EVERY_S:
            self._earliest[-1] = min(self._earliest[-1], arrival)
        else:
            self._earliest.append(arrival)

    @property
    def ppm(self) -> float | None:
        """More than 0: it is fast. None as long as that is not known."""
        third = len(self._earliest) // 3
        if 3 * third * _EVERY_S < _AFTER_S:
            return None
        first, last = min(self._earliest[:third]), min(self._earliest[-third:])
        return -(last.late_s - first.late_s) / (last.at - first.at) * 1e6
