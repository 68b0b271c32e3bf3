"""A file as if it were live, and steered: paused, jumped about in, repeated, faster or slower, heard.

A jump to a moment hands out what lies before it as fast as the readers follow (the lead-in), then goes on from there
at its pace. Positions stay dense: the ring holds what was shown, in the order in which it was.
"""

import collections
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from livespec.capture.file import choose_channels, open_sound, read_blocks
from livespec.capture.legs import Leg
from livespec.capture.loudspeaker import Loudspeaker
from livespec.capture.moment import now_ns
from livespec.capture.paced import PacedSource
from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Reception, SourceInfo, Transport
from livespec.core.arrays import Float32Array
from livespec.errors import DeviceError

_BLOCK: Final = 512
_BLOCK_LEAD_IN: Final = 8192
_LOOK_S: Final = 0.05
_LATE_S: Final = 1.0
_DRAWING_S: Final = 0.02  # from the ring to the screen, on software OpenGL
_LEGS_KEPT: Final = 16
_TOLD_S: Final = 8.0  # why nothing is heard; that nothing is, the transport shows


@dataclass(frozen=True)
class _Jump:
    """To a sample of the file, after so many samples before it."""

    target: int
    lead_in: int


class ReplaySource(PacedSource):
    """`steer` and `jump` may be called from any thread. Raises `FileError` as `FileSource` does.

    limit: samples after which it ends, lead-ins not counted. `finished` once the end is reached; a jump, or being asked
    to repeat, goes on from there.
    """

    def __init__(
        self, path: Path, wanted: tuple[int, ...] | str | None, transport: Transport, limit: int | None = None
    ) -> None:
        self._sound = open_sound(path)
        channels = choose_channels(wanted, self._sound.channels, path.name)
        self._pick = [number - 1 for number in channels]
        self._everything = self._pick == list(range(self._sound.channels))
        self.length: int = self._sound.frames
        rate: int = self._sound.samplerate
        info = SourceInfo("file", str(path), rate, channels, speed=transport.speed, length=self.length)
        super().__init__(info, limit)
        self._left = limit
        self.transport = transport
        self._at = 0  # the next sample of the file
        self._jump: _Jump | None = None
        self._orders = threading.Lock()
        self._changed = threading.Event()
        self._ended = False
        self._not_heard = ("", 0.0)
        self._loudspeaker: Loudspeaker | None = None

    # ---- any thread ----

    def steer(self, transport: Transport) -> None:
        """What is asked from now on. Whether to repeat is looked at where the sound ends: nothing is interrupted."""
        with self._orders:
            before, self.transport = self.transport, transport
            self._not_heard = ("", 0.0)
            if self._ended or replace(before, loop=transport.loop) != transport:
                self._changed.set()

    def jump(self, target: int, lead_in: int) -> None:
        """Go on from sample `target` of the file, with `lead_in` samples before it at once (fewer at its start)."""
        with self._orders:
            self._jump = _Jump(min(max(0, target), self.length), lead_in)
            self._changed.set()

    @property
    def at(self) -> int:
        """The sample of the file that comes next, or is to come after a jump that was asked for."""
        jump = self._jump
        return self._at if jump is None else jump.target

    @property
    def trouble(self) -> str:
        """Why it is not heard although that was asked for, for some seconds."""
        text, until = self._not_heard
        return text if time.perf_counter() < until else ""

    @property
    def jumping(self) -> bool:
        """Whether a jump was asked for that has not arrived."""
        return self._jump is not None

    @property
    def finished(self) -> bool:
        return self._ended or super().finished

    def stop(self) -> None:
        self._stopping.set()
        self._changed.set()
        super().stop()

    # ---- its own thread ----

    def _deliver(self, ring: SharedRing, reception: Reception) -> None:
        try:
            with self._sound:
                self._follow_orders(ring, reception)
        finally:
            self._mute()

    def _follow_orders(self, ring: SharedRing, reception: Reception) -> None:
        while not self._stopping.is_set():
            with self._orders:
                self._changed.clear()
                transport, jump = self.transport, self._jump
            if jump is not None and not self._lead_in(ring, reception, transport, jump):
                continue
            if not transport.listen:
                self._mute()
            if transport.paused:
                self._changed.wait()
            elif self._play(ring, reception, transport):
                self._wait_at_the_end(reception)

    def _wait_at_the_end(self, reception: Reception) -> None:
        self._ended = True
        reception.wake.set()
        while not (self._stopping.is_set() or self._jump or (self.transport.loop and self._left != 0)):
            self._changed.wait()
            self._changed.clear()
        self._ended = False

    def _lead_in(self, ring: SharedRing, reception: Reception, transport: Transport, jump: _Jump) -> bool:
        """What lies before the target of a jump; False where another came meanwhile."""
        begins = max(0, jump.target - jump.lead_in)
        self._at = begins
        start = ring.end
        self._publish(Leg(start, start + jump.target - begins, transport.speed, start, begins))
        for block in self._blocks(_BLOCK_LEAD_IN):
            part = block[: jump.target - self._at]
            if not len(part):
                break
            if self._jump is not jump or not self._wait_for_room(ring, reception, len(part)):
                return False
            self._write(ring, reception, part)
        with self._orders:
            if self._jump is jump:
                self._jump = None
                return True
        return False

    def _play(self, ring: SharedRing, reception: Reception, transport: Transport) -> bool:
        """At its pace until something else is asked for; True at the end of the sound."""
        rate = self.info.samplerate * transport.speed
        pace = self._clock_of(transport, rate)
        self._publish(self._going_on(ring.end, transport.speed))
        waiting: collections.deque[Float32Array] = collections.deque()
        sent = done = behind = 0
        if transport.listen:
            behind = reception.behind + round(_DRAWING_S * rate)
            pace.feed(self._before(behind))
        blocks = self._blocks(_BLOCK)
        try:
            while not self._changed.is_set():
                while not waiting or sent - done < behind + pace.ahead_s * rate:
                    block = next(blocks)[: None if self._left is None else self._left - (sent - done)]
                    if not len(block):
                        break
                    pace.feed(block)
                    waiting.append(block)
                    sent += len(block)
                if not waiting:
                    if self._due(pace.heard_at(done + behind)):
                        return True
                    continue
                n = len(waiting[0])
                if not self._due(pace.heard_at(done + n)) or not self._wait_for_room(ring, reception, n):
                    continue
                self._write(ring, reception, waiting.popleft())
                done += n
                if self._left is not None:
                    self._left -= n
        except DeviceError as error:
            self._mute()
            with self._orders:
                self.transport = replace(self.transport, listen=False)
                self._not_heard = error.message, time.perf_counter() + _TOLD_S
        finally:
            pace.silence()
        return False

    def _due(self, at: float | None) -> bool:
        """Whether that moment has come; waits for it a little."""
        wait = _LOOK_S if at is None else min(_LOOK_S, at - time.perf_counter())
        return wait <= 0 or (not self._changed.wait(wait) and at is not None and time.perf_counter() >= at)

    def _clock_of(self, transport: Transport, rate: float) -> "Loudspeaker | _ComputersClock":
        if not transport.listen:
            return _ComputersClock(rate)
        if self._loudspeaker is None:
            self._loudspeaker = Loudspeaker()
        self._loudspeaker.begin(rate)
        return self._loudspeaker

    def _mute(self) -> None:
        if self._loudspeaker is not None:
            with self._loudspeaker:
                self._loudspeaker = None

    def _blocks(self, longest: int) -> Iterator[Float32Array]:
        """(n, channels of the file), from the next sample on; round and round while that is asked for, else empty."""
        everything = list(range(self._sound.channels))
        self._sound.seek(self._at)
        while True:
            yield from read_blocks(self._sound, everything, longest)
            if self.transport.loop:
                self._sound.seek(0)
            else:
                yield np.empty((0, len(everything)), np.float32)

    def _before(self, samples: int) -> Float32Array:
        """(samples, channels of the file): what lies before the next sample, silence before the start."""
        out = np.zeros((samples, self._sound.channels), np.float32)
        count = min(samples, self._at)
        if count:
            self._sound.seek(self._at - count)
            out[samples - count :] = next(read_blocks(self._sound, list(range(self._sound.channels)), count))
        return out

    def _write(self, ring: SharedRing, reception: Reception, block: Float32Array) -> None:
        ring.write(block if self._everything else block[:, self._pick], now_ns())
        at = self._at + len(block)
        self._at = at if at <= self.length else at - self.length
        reception.wake.set()

    def _publish(self, leg: Leg) -> None:
        self.legs = (*self.legs[1 - _LEGS_KEPT :], leg)

    def _going_on(self, position: int, speed: float) -> Leg:
        before = self.legs[-1]
        return Leg(position, position, speed, before.seam, before.begins)


class _ComputersClock:
    """The pace of a replay that nobody hears. samplerate: samples a second of the computer's clock."""

    ahead_s: Final = 0.0

    def __init__(self, samplerate: float) -> None:
        self._samplerate = samplerate
        self._began = time.perf_counter()

    def feed(self, block: Float32Array) -> None:
        """Nobody hears it."""

    def silence(self) -> None:
        """It is silent."""

    def heard_at(self, samples: int) -> float:
        """When so many samples are due; what comes far too late moves the clock, nothing races to catch up."""
        due = self._began + samples / self._samplerate
        late = time.perf_counter() - due
        if late > _LATE_S:
            self._began += late
        return due
