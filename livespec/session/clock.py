"""The time line of a capture: which position was when, and what was lost.

A pure reader of the ring's block log (end position, time of entry, flags), so that it can be tested
without a clock or a device. The newest sample of a block cannot come in before it was captured, so the
earliest arrivals of the last seconds, relative to their positions, fix the clock (a lower envelope).

Late is not lost: after a stall the backlog may still come in. Only when, after that burst, the positions
stay behind the clock have samples been lost; or when the driver says so, or the stream was opened anew.

Owner: the analysis thread calls `update` and `settle`; all else reads what they publish.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Final, NamedTuple

from livespec.capture.legs import Leg, leg_at
from livespec.capture.moment import now_ns
from livespec.core.arrays import BoolArray, Float64Array, Int64Array, RealArray
from livespec.core.ring import OPENED, OVERFLOW, AudioRing
from livespec.session.drift import Drift
from livespec.session.gap_index import Cause, Gap, GapIndex

_BUCKET_S: Final = 0.5
_BUCKETS: Final = 8
_STALL_S: Final = 0.05  # beside two blocks; what only looks like a stall settles without a gap
_SETTLE_S: Final = 0.4
_SETTLE_CALM_S: Final = 0.25
_SETTLE_STEP_S: Final = 0.002
_SETTLE_LONGEST_S: Final = 5.0
_STILL_COMING_S: Final = 0.06  # a backlog is handed out without pauses; blocks of now come at most so far apart
_LOST_AT_LEAST_S: Final = 0.03  # servers move their latency by some milliseconds without losing a sample
_DELAY_LONGEST_S: Final = 0.3
_SILENT_S: Final = 1.0
_LOOK_S: Final = 0.25  # the analysis looks more often; between two looks that are further apart the program was stopped


class _Bucket(NamedTuple):
    opened_at: float
    earliest: float
    latest: float


@dataclass
class _Settling:
    """A disturbance at `position` that may turn out as a gap."""

    position: int
    cause: Cause
    base: float
    since: float
    earliest: float
    improved: float


class Timeline:
    """Seconds since the first sample, holes included, for positions and for the system's clock.

    live: whether what does not come in time is lost. speed: seconds of sound a second; 0: unpaced. legs: what the
    source says of its legs, where it can be steered; each brings its own speed.
    """

    def __init__(
        self,
        samplerate: int,
        *,
        live: bool,
        speed: float = 1.0,
        legs: Callable[[], tuple[Leg, ...]] | None = None,
    ) -> None:
        self.samplerate = samplerate
        self._live = live
        only = (Leg(speed=speed),)
        self._legs = legs or (lambda: only)
        self.leg = self._legs()[0]
        self._index = GapIndex(())
        self.overflows = 0
        self.start_wall_time: float | None = None
        self.drift_ppm: float | None = None
        self._seen_blocks = 0
        self.block = 0  # samples of the newest block
        self._end, self._entered = 0, 0.0
        self._buckets: deque[_Bucket] = deque(maxlen=_BUCKETS)
        self._settling: _Settling | None = None
        self._base: float | None = None
        self._clock: tuple[float, float] | None = None  # speed and base, published together: they mean nothing alone
        self._starting = True
        self._drift = Drift()
        self._looked_s = math.inf
        self._in_vain_s = 0.0  # looked since the newest block, as far as this program was awake

    # ---- the analysis thread ----

    def update(self, ring: AudioRing) -> Int64Array:
        """Take in the blocks that came since the last call; returns their log entries. Several times a second."""
        blocks = ring.blocks  # asked first: what comes from here on is seen now or the next time, never overlooked
        log = ring.block_log(self._seen_blocks)
        log = log[log[:, 0] > self._end]
        self._seen_blocks = blocks
        legs = self._legs()  # asked after the blocks: no block comes before its leg
        for end, entered_ns, flags in log.tolist():
            self._take(end, entered_ns / 1e9, flags, leg_at(legs, self._end))
        self._note_look(came=len(log) > 0)
        return log

    def settle(self) -> None:
        """Decide about a disturbance now: nothing more will come. A backlog that was still coming in is no loss."""
        settling = self._settling
        if settling is None:
            return
        if settling.cause == "lost" and self._entered - settling.improved < _STILL_COMING_S:
            self._settling = None
            return
        self._decide(settling)

    def _note_look(self, *, came: bool) -> None:
        """Only time that we were awake counts: after a stop of the whole program the backlog is still to come."""
        now_s = now_ns() / 1e9
        elapsed_s = min(max(0.0, now_s - self._looked_s), _LOOK_S)
        self._looked_s = now_s
        self._in_vain_s = 0.0 if came else self._in_vain_s + elapsed_s

    def _take(self, end: int, entered: float, flags: int, leg: Leg) -> None:
        if self._settling is not None and flags & OPENED:
            self._decide(self._settling)  # nothing more will come of the stream before: two holes are two gaps
        arrival = entered * (leg.speed or 1.0) - self.seconds_at(end)
        if self._base is None:
            self._base = arrival
            self.start_wall_time = time.time() - now_ns() / 1e9 + entered - end / self.samplerate
        elif self._live:
            self._watch(entered, arrival, flags)
        elif entered - self._entered > _STALL_S + self._block_s:
            self._buckets.clear()  # a file or a pipe that paused goes on where it was
        if leg is not self.leg or end <= leg.due:  # what comes before it is due says nothing of when that is
            self._buckets.clear()
            self._starting = True
            self._drift = Drift()
        self.block = end - self._end
        self._end, self._entered = end, entered
        if self._settling is None:
            self._note(entered, arrival)
        else:
            self._follow(self._settling, entered, arrival)
        assert self._base is not None
        self._clock = leg.speed, self._base
        self.leg = leg

    def _watch(self, entered: float, arrival: float, flags: int) -> None:
        cause: Cause | None = "lost" if entered - self._entered > _STALL_S + 2 * self._block_s else None
        if flags & OVERFLOW:
            self.overflows += 1
            cause = "overflow"
        if flags & OPENED:
            cause = "reopened"
        if cause is None:
            return
        if self._settling is None:
            assert self._base is not None
            # It will be settled within half a second: against the earliest of four, each gap would be too long.
            base = median(bucket.earliest for bucket in self._buckets) if self._buckets else self._base
            self._settling = _Settling(self._end, cause, base, entered, arrival, entered)
        elif cause != "lost":
            self._settling.cause = cause

    def _follow(self, settling: _Settling, entered: float, arrival: float) -> None:
        if arrival < settling.earliest - _SETTLE_STEP_S:
            settling.improved = entered
        settling.earliest = min(settling.earliest, arrival)
        age = entered - settling.since
        calm = age > _SETTLE_S and entered - settling.improved > _SETTLE_CALM_S
        if calm or age > _SETTLE_LONGEST_S:
            self._decide(settling)

    def _decide(self, settling: _Settling) -> None:
        behind_s = settling.earliest - settling.base
        lost = max(0, round(behind_s * self.samplerate))
        if settling.cause == "lost" and behind_s < _LOST_AT_LEAST_S:
            self._settling = None
            return
        self._buckets.clear()
        self._starting = True
        self._drift = Drift()
        self._base = settling.earliest - lost / self.samplerate
        self.gaps = (*self.gaps, Gap(settling.position, lost, settling.cause))
        self._settling = None  # only now: until then, what comes after it is not known to others

    def _note(self, entered: float, arrival: float) -> None:
        if self._buckets and entered - self._buckets[-1].opened_at < _BUCKET_S:
            opened_at, earliest, latest = self._buckets[-1]
            self._buckets[-1] = _Bucket(opened_at, min(earliest, arrival), max(latest, arrival))
        else:
            if len(self._buckets) == _BUCKETS:
                self._drift.note(self._buckets[-1].opened_at, self._buckets[-1].earliest)
                ppm = self._drift.ppm
                self.drift_ppm = self.drift_ppm if ppm is None else ppm
            if self._starting and self._buckets:  # how a stream begins says nothing about how it goes on
                self._starting = False
                self._buckets.clear()
            self._buckets.append(_Bucket(entered, arrival, arrival))
        self._base = min(bucket.earliest for bucket in self._buckets)

    # ---- any thread ----

    @property
    def known_until(self) -> int:
        """Position before which every gap is known: what comes after a disturbance is undecided for a while."""
        settling = self._settling
        return self._end if settling is None else min(self._end, settling.position)

    @property
    def _block_s(self) -> float:
        return self.block / self.samplerate

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """All that are known, oldest first."""
        return self._index.gaps

    @gaps.setter
    def gaps(self, gaps: tuple[Gap, ...]) -> None:
        self._index = GapIndex(gaps)

    def seconds_at(self, position: float) -> float:
        """Time of a position: position / rate plus the holes before it."""
        return (position + self.lost_before(position)) / self.samplerate

    def lost_before(self, position: float) -> int:
        """Samples."""
        return self._index.lost_before(position)

    def gaps_between(self, first: float, last: float) -> tuple[Gap, ...]:
        """Those behind one position, up to another."""
        return self._index.between(first, last)

    def gaps_before_each(self, positions: Int64Array) -> Int64Array:
        """How many gaps lie before each of these positions, (n,)."""
        return self._index.count_before_each(positions)

    def position_at(self, seconds: float) -> int:
        """The inverse of `seconds_at`; within a hole, the position after it."""
        return self._index.position_at(round(seconds * self.samplerate))

    def moment_at(self, position: float) -> datetime:
        """Clock time of a position, in the zone of this machine."""
        return datetime.fromtimestamp((self.start_wall_time or 0.0) + self.seconds_at(position), UTC).astimezone()

    def seconds_of(self, positions: RealArray) -> Float64Array:
        """`seconds_at` of many positions, (n,)."""
        seconds: Float64Array = (positions + self._index.lost_before_each(positions)) / self.samplerate
        return seconds

    def holes(self, start_s: float = 0.0, end_s: float = math.inf) -> list[tuple[float, float]]:
        """(start, end) in seconds of every hole that reaches into a stretch, oldest first."""
        found = self._index.holes(start_s * self.samplerate, end_s * self.samplerate)
        return [(start / self.samplerate, end / self.samplerate) for start, end in found]

    @property
    def delay_s(self) -> float:
        """How late blocks come, one block included, in seconds of sound: what a smooth picture waits for.

        The latest but for one half second: a single hitch is not worth seconds of delay.
        """
        if self._clock is None or not self._clock[0]:
            return 0.0
        speed, base = self._clock
        latest = sorted(bucket.latest for bucket in tuple(self._buckets)) or [base]
        late = latest[max(0, len(latest) - 2)] - base
        return min(max(0.0, late) + self._block_s, _DELAY_LONGEST_S * max(1.0, speed))

    def seconds_now(self) -> float:
        """Where the capture is by the system's clock, in seconds; the last sample where there is no pace."""
        captured = self.seconds_at(self._end)
        if self._clock is None or not self._clock[0]:
            return captured
        speed, base = self._clock
        now = now_ns() / 1e9 * speed - base
        return now if self._live else min(now, captured + self._block_s)

    def is_silent_behind(self, position: int) -> bool:
        """Whether a device has given nothing for a second that we were awake: position is that of its newest sample."""
        if not self._live or position <= 0 or self._in_vain_s < _SILENT_S:
            return False
        return self.seconds_now() - self.seconds_at(position) > _SILENT_S

    def straddles(self, first_positions: Int64Array, n_fft: int) -> BoolArray:
        """Which windows [p, p + n_fft) have a gap inside; (k,) bool."""
        return self._index.straddled(first_positions, n_fft)
