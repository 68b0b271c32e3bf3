"""How often a frame is drawn, and how finely: as this machine can, without beating against its screen.

A machine that is too slow gets fewer frames a second, then coarser textures; sound, columns and numbers stay what they
are. Knows no clock: moments are handed in, in seconds.
"""

from typing import Final, NamedTuple


class Pace(NamedTuple):
    """frames: a second; detail: rows of the picture that share one (1: each its own)."""

    frames: float
    detail: int


PACES: Final = (Pace(60, 1), Pace(30, 1), Pace(20, 1), Pace(15, 1), Pace(15, 2), Pace(10, 4))
_LOOK_S: Final = 2.0
_REACHED: Final = 0.75  # of the wanted frames: less is too slow
_FIRST_TRY_S: Final = 20.0
_LONGEST_TRY_S: Final = 600.0
_GAIN: Final = 0.1
_EAGER: Final = 0.997
_AFTER_REFRESH_S: Final = 0.003
_MOST_LATER_S: Final = 0.002
_SLOWEST_SCREEN_HZ: Final = 24.0


class Governor:
    """One thread's. `pace` is what to draw at."""

    def __init__(self) -> None:
        self._step = 0
        self._slow = False
        self._since: tuple[float, int] | None = None
        self._try_after = _FIRST_TRY_S
        self._slowed_at = 0.0

    @property
    def pace(self) -> Pace:
        return PACES[self._step]

    @property
    def slowed(self) -> bool:
        """Whether this machine cannot do what it should."""
        return self._step > 0

    def rest(self) -> None:
        """Nothing is drawn for a while: what comes next is measured anew."""
        self._since = None
        self._slow = False

    def look(self, now: float, frames: int) -> None:
        """A few times a second. frames: drawn so far."""
        if not frames:
            return  # it is just beginning
        if self._since is None:
            self._since = now, frames
            return
        began, before = self._since
        if now - began < _LOOK_S:
            return
        self._since = now, frames
        reached = (frames - before) / (now - began)
        slow, self._slow = self._slow, reached < _REACHED * self.pace.frames
        if slow and self._slow and self._step < len(PACES) - 1:  # twice running: once is a hitch
            self._slow = False
            if self._slowed_at and now - self._slowed_at < 2 * self._try_after:
                self._try_after = min(2 * self._try_after, _LONGEST_TRY_S)  # the last try was in vain
            self._step += 1
            self._slowed_at = now
        elif self._step and now - self._slowed_at > self._try_after:
            self._step -= 1
            self._slowed_at = now


class Pacer:
    """When the next frame is due: evenly, a whole number of the screen's refreshes apart, and a little after one.

    A swap that waits for the refresh tells how much too early its frame was asked for. So frames are asked for a trace
    too fast, and later whenever that waiting is long: none is shown twice or left out by turns.
    """

    def __init__(self, now: float) -> None:
        self.due = now
        self._waited_s = 0.0

    def swapped(self, waited_s: float) -> None:
        """A frame was handed to the screen, which took so long."""
        self._waited_s = waited_s

    def next(self, now: float, frames: float, refresh_hz: float) -> float:
        """The moment of the next frame; frames: wanted a second."""
        refresh_hz = refresh_hz if refresh_hz >= _SLOWEST_SCREEN_HZ else frames
        period_s = max(1, round(refresh_hz / frames)) / refresh_hz
        later_s = min(max(0.0, _GAIN * (self._waited_s - _AFTER_REFRESH_S)), _MOST_LATER_S)
        self._waited_s = 0.0
        self.due = max(self.due + _EAGER * period_s + later_s, now)
        return self.due
