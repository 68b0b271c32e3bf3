"""What keys and the transport do to a replay, and when its picture stands. Knows neither OpenGL nor Qt."""

import time
from dataclasses import replace
from typing import Final

from livespec.capture.replay import ReplaySource
from livespec.capture.source import Transport
from livespec.core.framing import column_count
from livespec.session.monitor import Monitor

JUMP_S: Final = 5.0  # of a key
FAR_JUMP_S: Final = 30.0
SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
_NOTE_S: Final = 4.0


class Steering:
    """The GUI thread's. span_s: what the picture shows."""

    def __init__(self, monitor: Monitor, source: ReplaySource) -> None:
        self._monitor, self._source = monitor, source
        self._rate = source.info.samplerate
        self.span_s = monitor.settings.span
        self._shown = source.legs[-1]
        self._note = ("", 0.0)

    @classmethod
    def of(cls, monitor: Monitor) -> "Steering | None":
        """The steering of a session whose source can be steered."""
        return cls(monitor, monitor.source) if isinstance(monitor.source, ReplaySource) else None

    # ---- what keys do ----

    def toggle_pause(self) -> None:
        """Stand still, or go on; at the end, from the start."""
        again = self._source.finished and self._allowed("jumps")
        self._source.steer(replace(self.asked, paused=not (self.asked.paused or again)))
        if again:
            self.seek_to(0.0)

    def seek_by(self, seconds: float) -> None:
        self.seek_to(self.at_s + seconds)

    def seek_to(self, second: float) -> None:
        """Show what lies before this second of the file, and go on from there."""
        if self._allowed("jumps"):
            store = self._monitor.analysis.store
            lead_in = round(self.span_s * self._rate) + store.n_fft + store.hop
            self._source.jump(round(second * self._rate), lead_in)

    def toggle_loop(self) -> None:
        if self.asked.loop or self._allowed("repeats"):
            self._source.steer(replace(self.asked, loop=not self.asked.loop))

    def set_speed(self, speed: float) -> None:
        self._source.steer(replace(self.asked, speed=speed))

    def slower(self) -> None:
        self.set_speed(max((speed for speed in SPEEDS if speed < self.asked.speed), default=self.asked.speed))

    def faster(self) -> None:
        self.set_speed(min((speed for speed in SPEEDS if speed > self.asked.speed), default=self.asked.speed))

    def toggle_listen(self) -> None:
        self._source.steer(replace(self.asked, listen=not self.asked.listen))

    def _allowed(self, what: str) -> bool:
        if self._monitor.exporting:
            self._note = f"No {what} during an export: it is one unbroken run", time.perf_counter() + _NOTE_S
        return not self._monitor.exporting

    # ---- what others show ----

    @property
    def asked(self) -> Transport:
        """What is asked of the replay at this moment."""
        return self._source.transport

    @property
    def playing(self) -> bool:
        return not (self.asked.paused or self._source.finished)

    @property
    def at_s(self) -> float:
        """Second of the file that comes next."""
        return self._source.at / self._rate

    @property
    def length_s(self) -> float:
        return self._source.length / self._rate

    @property
    def note(self) -> str:
        """Why the last wish was refused, for some seconds; else empty."""
        text, until = self._note
        return text if time.perf_counter() < until else ""

    @property
    def rests(self) -> bool:
        """Whether it is paused where the picture shows it."""
        return self.asked.paused and not self._source.jumping and self._source.legs[-1] is self._shown

    def stands(self) -> bool:
        """Whether this frame shows what the last one did: it is paused, or on its way to another moment."""
        leg, timeline = self._source.legs[-1], self._monitor.timeline
        if leg is self._shown:
            return self.asked.paused or self._source.jumping
        begun = timeline.leg is leg or self.asked.paused or self._source.finished
        if self._source.jumping or not begun or timeline.known_until < leg.due or not self._analysed(leg.seam):
            return True
        self._shown = leg
        return False

    def _analysed(self, seam: int) -> bool:
        """Whether the picture has all windows that are whole."""
        monitor = self._monitor
        store = monitor.analysis.store
        newest = column_count(monitor.ring.end, store.n_fft, store.hop) - 1
        return newest * store.hop < seam or store.end > newest // store.pooled
