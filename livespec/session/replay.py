"""A file as a person plays it: pause, seek, loop, speed, heard or not.

Each of these is a new start of the session at another place: the source delivers what lies before that place at once,
so that the picture is full, and goes on from there at its pace. Owner: the GUI thread.
"""

from typing import Final

from livespec.capture.file import FileSource
from livespec.session.monitor import Monitor

SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)


class Replay:
    """Of a monitor whose source is a file with a pace. `loop`: whether it begins anew at its end."""

    def __init__(self, monitor: Monitor, source: FileSource, *, loop: bool, listen: bool) -> None:
        self._monitor, self._source = monitor, source
        self.loop, self.listen = loop, listen
        self.speed = source.info.speed
        self.paused = False
        self.length_s = source.whole_s
        self.refused = ""
        self._paused_at = 0.0

    @property
    def position_s(self) -> float:
        """Where in the file it is."""
        if self.paused:
            return self._paused_at
        source = self._source
        position = max(self._monitor.ring.end, source.at_once)
        return min(source.info.origin_s + position / source.info.samplerate, self.length_s)

    @property
    def at_end(self) -> bool:
        """Whether it has come to its end."""
        return not self.paused and self._source.finished

    def look_after(self) -> None:
        """Now and then: begin anew where it loops."""
        if self.loop and self.at_end and not self._monitor.filling:
            self.seek(0.0)

    def toggle_pause(self) -> None:
        """Stand, or go on; from the start where it was at its end."""
        if self.paused:
            self.paused = False
            self.seek(self._paused_at)
        elif self.at_end:
            self.seek(0.0)
        else:
            self._paused_at = self.position_s
            self.paused = True
            self._source.stop()

    def seek(self, second: float) -> None:
        """Go to a place in the file. While all of it is exported it cannot be left."""
        second = min(max(0.0, second), self.length_s)
        if self._monitor.exports:
            self.refused = "--export writes one unbroken run: the file cannot be left"
            return
        self._paused_at = second
        self._start(second)

    def skip(self, seconds: float) -> None:
        """Go so far on, or back."""
        self.seek(self.position_s + seconds)

    def set_speed(self, speed: float) -> None:
        """Seconds of sound a second."""
        if self._monitor.exports:
            self.seek(self.position_s)
            return
        self.speed = speed
        self._start(self.position_s)

    def step_speed(self, steps: int) -> None:
        """The next faster of `SPEEDS`, or the next slower."""
        beyond = [speed for speed in SPEEDS if (speed > self.speed if steps > 0 else speed < self.speed)]
        if beyond:
            self.set_speed(min(beyond) if steps > 0 else max(beyond))

    def toggle_listen(self) -> None:
        """Hear it, or not."""
        if self._monitor.exports:
            self.seek(self.position_s)
            return
        self.listen = not self.listen
        self._start(self.position_s)

    def _start(self, second: float) -> None:
        settings, engine = self._monitor.settings, self._monitor.engine
        lead_s = settings.span + engine.n_fft / engine.samplerate
        self._source = self._source.again(second, lead_s, self.speed, listen=self.listen, hold=self.paused)
        self._monitor.restart(self._source)
