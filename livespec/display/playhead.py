"""What time it is at the right edge of the picture: smooth, though blocks come in bursts."""

import time
from typing import Final

from livespec.capture.legs import Leg
from livespec.session.clock import Timeline

_CATCH_UP: Final = 0.05  # at most 5 % faster or slower than the sound
_GAIN_PER_S: Final = 1.0
_JUMP_S: Final = 0.5
_BEGINNING_S: Final = 1.5


class Playhead:
    """Follows the time line's clock, less the delay within which blocks come in. The GUI thread's.

    at: the second from which it goes on, where one was shown before.
    """

    def __init__(self, timeline: Timeline, speed: float, at: float | None = None) -> None:
        self._timeline, self._speed = timeline, speed
        self._at = at
        self._looked = time.perf_counter()

    def following(self, leg: Leg, *, joined: bool) -> "Playhead":
        """The one for another leg; joined: it goes on from where this one is."""
        return Playhead(self._timeline, leg.speed, self._at if joined else None)

    def advance(self, extra_delay_s: float) -> float:
        """Seconds of the session that have surely come in by now. extra_delay_s: what the analysis adds."""
        now = time.perf_counter()
        elapsed, self._looked = (now - self._looked) * self._speed, now
        target = self._timeline.seconds_now() - self._timeline.delay_s - extra_delay_s
        beginning = self._timeline.seconds_now() < _BEGINNING_S  # how late blocks come is not known yet
        if self._at is None or beginning or abs(target - self._at) > _JUMP_S:
            self._at = target
            return target
        correction = (target - self._at - elapsed) * min(1.0, _GAIN_PER_S * elapsed)
        limit = _CATCH_UP * elapsed
        self._at += elapsed + max(-limit, min(limit, correction))
        return self._at
