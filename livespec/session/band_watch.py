"""The trigger on the columns of a session: an event ends where sound was lost, and another may begin behind it.

What comes after a disturbance is undecided for a while (`Timeline.known_until`): for so long the columns wait here.
The analysis thread's.
"""

import sys
from collections import deque

import numpy as np

from livespec.core.arrays import Float32Array, Float64Array
from livespec.core.stft import Engine
from livespec.core.trigger import BandTrigger
from livespec.session.alerts import Alerts
from livespec.session.clock import Timeline


class BandWatch:
    """Raises `UsageError` where the band does not suit the engine."""

    def __init__(self, alerts: Alerts, engine: Engine, timeline: Timeline) -> None:
        self._alerts, self._timeline = alerts, timeline
        self._engine = engine
        self._trigger = BandTrigger(alerts.plan.rule, engine)
        self._waiting: deque[tuple[int, Float64Array]] = deque()
        self._gaps_before = 0  # the newest column that was not left out

    def change_to(self, engine: Engine) -> None:
        """Columns of another one follow. Raises as above; then those of this one still do."""
        self.follow(sys.maxsize)
        self._trigger = BandTrigger(self._alerts.plan.rule, engine, self._trigger)
        self._engine = engine

    def take(self, first: int, levels: Float32Array) -> None:
        """Columns first …, (channels, k, bins) raw dBFS."""
        self._waiting.append((first, self._trigger.measured(levels)))

    def follow(self, known_until: int) -> None:
        """Look at the columns before a position: there, every gap is known."""
        stop = (known_until - self._engine.n_fft) // self._engine.hop + 1
        while self._waiting and self._waiting[0][0] < stop:
            first, measured = self._waiting.popleft()
            if first + measured.shape[1] > stop:
                self._waiting.appendleft((stop, measured[:, stop - first :]))
            self._look_at(first, measured[:, : stop - first])

    def interrupt(self) -> None:
        """Nothing comes for the time being."""
        self._alerts.note(self._trigger.end())

    def finish(self) -> None:
        """Nothing comes behind what there is."""
        self.follow(sys.maxsize)
        self.interrupt()

    def _look_at(self, first: int, measured: Float64Array) -> None:
        begins = np.arange(first, first + measured.shape[1]) * self._engine.hop
        broken = self._timeline.straddles(begins, self._engine.n_fft)
        pieces = np.where(broken, -1, self._timeline.gaps_before_each(begins))  # those have sound that never was
        for part in np.split(np.arange(len(pieces)), np.flatnonzero(np.diff(pieces)) + 1):
            piece = int(pieces[part[0]])
            if piece < 0:
                continue
            if piece != self._gaps_before:
                self.interrupt()
                self._gaps_before = piece
            self._alerts.note(self._trigger.push(first + int(part[0]), measured[:, part]))
