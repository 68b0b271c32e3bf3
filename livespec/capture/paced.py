"""A source on a thread of this process that hands out blocks when they are due.

Speed 1 is real time; 0 is as fast as the readers follow. It never overwrites what a reader still needs.
"""

import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from livespec.capture.legs import Leg
from livespec.capture.moment import now_ns
from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Reception, SourceInfo
from livespec.core.arrays import Float32Array
from livespec.core.ring import OPENED

_LONGEST_WAIT_S = 0.2


class PacedSource:
    """Subclasses give `info` and `blocks`; the thread that `start` begins owns both.

    Blocks are float32 (n, channels), n at most a quarter of the ring.
    """

    device_latency_ms: float | None = None

    def __init__(self, info: SourceInfo, limit: int | None = None) -> None:
        """limit: samples after which the source ends, if it has as many."""
        self.info = info if limit is None else replace(info, length=min(limit, info.length or limit))
        self.legs: tuple[Leg, ...] = (Leg(speed=info.speed),)
        self._limit = limit
        self.failure: BaseException | None = None
        self._finished = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def blocks(self) -> Iterator[Float32Array]:
        """The sound, block by block."""
        raise NotImplementedError

    @property
    def finished(self) -> bool:
        return self._finished.is_set()

    @property
    def trouble(self) -> str:
        """What is wrong at this moment: nothing can be."""
        return ""

    def start(self, ring: SharedRing, reception: Reception) -> None:
        self._thread = threading.Thread(
            target=self._run, args=(ring, reception), name=f"livespec-source-{self.info.kind}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread not in (None, threading.current_thread()):  # a forgotten stream is collected on any thread
            self._thread.join(timeout=_LONGEST_WAIT_S * 2)  # a read from a pipe may not return: the thread is a daemon

    def _run(self, ring: SharedRing, reception: Reception) -> None:
        try:
            self._deliver(ring, reception)
        except BaseException as error:  # noqa: BLE001 - shown by the session, whatever it is
            self.failure = error
        finally:
            self._finished.set()
            reception.wake.set()

    def _deliver(self, ring: SharedRing, reception: Reception) -> None:
        started: float | None = None
        flags = OPENED
        for block in self._up_to_limit():
            started = started or time.perf_counter()
            if not self._wait_for_room(ring, reception, len(block)):
                return
            if self.info.speed:
                due = started + (ring.end + len(block)) / (self.info.samplerate * self.info.speed)
                late = time.perf_counter() - due
                if late < 0:
                    if self._stopping.wait(-late):
                        return
                elif late > 1.0:  # a pipe that paused: go on from here, do not race to catch up
                    started += late
            if self._stopping.is_set():
                return
            ring.write(block, now_ns(), flags)
            flags = 0
            reception.wake.set()

    def _up_to_limit(self) -> Iterator[Float32Array]:
        left = sys.maxsize if self._limit is None else self._limit
        for block in self.blocks():
            yield block[:left]
            left -= len(block)
            if left <= 0:
                return

    def _wait_for_room(self, ring: SharedRing, reception: Reception, n: int) -> bool:
        room = min(ring.capacity, reception.read_ahead)
        while ring.end + n - reception.needed_from() > room:
            if self._stopping.wait(0.002):
                return False
        return not self._stopping.is_set()
