"""The parent's side of the player process: sends it the sound, and knows when each sample of it is heard.

Owner: the source's thread. Two threads of its own serve the pipes, so that a child that hangs holds nobody up.
"""

import collections
import contextlib
import json
import os
import queue
import statistics
import subprocess
import sys
import threading
import time
from typing import Final, NamedTuple, Self

from livespec.capture.player import CHANNELS, HEAD
from livespec.core.arrays import Float32Array
from livespec.errors import DeviceError

_SILENCE_S: Final = 1.0  # a device that plays says so for every buffer
_OPENING_S: Final = 5.0  # it is still to be opened, perhaps hangs
_TICK_S: Final = 0.1
_REPORTS: Final = 15  # their median is when sound is heard: single ones are up to 30 ms off while a stream begins
_FRESH_S: Final = 1.0  # reports from before that say nothing of now: the program or the device may have stood still
_AHEAD_S: Final = 0.25  # a busy machine must not make it stutter


class _Report(NamedTuple):
    """So many samples of a turn have gone to the device; the next will be heard at a second of `perf_counter`."""

    turn: int
    samples: int
    at: float
    came_at: float


class Loudspeaker:
    """The default output device. Sound is played in turns; each has a speed of its own, like a tape."""

    def __init__(self) -> None:
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PULSE_PROP_application.name": "livespec"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "livespec.capture.player"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # ALSA writes there whenever it looks at a device
            env=environment,
        )
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._turn = 0
        self._samplerate = 1.0
        self._reports: collections.deque[_Report] = collections.deque(maxlen=_REPORTS)
        self._newest: _Report | None = None
        self._reason = ""
        self._silent_s = 0.0
        self._looked = time.perf_counter()
        for name, work in (("sender", self._send_on), ("listener", self._listen)):
            threading.Thread(target=work, name=f"livespec-player-{name}", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._outgoing.put(None)
        self._process.kill()
        self._process.wait()

    # ---- the source's thread ----

    def begin(self, samplerate: float) -> None:
        """A new turn: what was still to be heard of the one before is dropped."""
        self._turn += 1
        self._samplerate = samplerate
        self._silent_s, self._looked = 0.0, time.perf_counter()
        self._message(b"O", json.dumps({"turn": self._turn, "samplerate": samplerate}).encode())

    def feed(self, block: Float32Array) -> None:
        """The next samples (n, channels) of the turn: the first two channels, or the only one on both sides."""
        both = block[:, :CHANNELS] if block.shape[1] >= CHANNELS else block.repeat(CHANNELS, axis=1)
        self._message(b"D", both.astype("<f4").tobytes())

    def silence(self) -> None:
        """Be silent at once."""
        self._turn += 1
        self._message(b"S", b"")

    def heard_at(self, samples: int) -> float | None:
        """When so many samples of the turn will have been heard, by `perf_counter`; None before that is known.

        Raises `DeviceError` where the device plays nothing; ask several times a second.
        """
        now = time.perf_counter()
        # Only time that we were awake counts: after a stop of the whole program nobody is to blame.
        self._silent_s += min(now - self._looked, 2 * _TICK_S)
        self._looked = now
        reports = [report for report in self._reports.copy() if report.turn == self._turn]
        if reports and reports[-1] is not self._newest:
            self._newest, self._silent_s = reports[-1], 0.0
        if self._reason or self._process.poll() is not None:
            raise _not_heard(self._reason or "the player process ended")
        if self._silent_s > (_SILENCE_S if reports else _OPENING_S):
            raise _not_heard("the output device does not answer")
        began = [report.at - report.samples / self._samplerate for report in reports if now - report.came_at < _FRESH_S]
        return statistics.median(began) + samples / self._samplerate if began else None

    @property
    def ahead_s(self) -> float:
        """How far ahead of being heard sound is to be sent, in seconds: more where the device holds more."""
        return _AHEAD_S + (0.0 if self._newest is None else max(0.0, self._newest.at - self._newest.came_at))

    def _message(self, kind: bytes, body: bytes) -> None:
        self._outgoing.put(HEAD.pack(kind, len(body)) + body)

    # ---- the pipes' threads ----

    def _send_on(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as pipe:  # it has ended: the listener knows why
            while (message := self._outgoing.get()) is not None:
                pipe.write(message)
                pipe.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                report = json.loads(line)
                if report["event"] == "failed":
                    self._reason = report["reason"]
                else:
                    said = report["turn"], report["samples"], report["at"]
                    self._reports.append(_Report(*said, time.perf_counter()))


def _not_heard(reason: str) -> DeviceError:
    return DeviceError(f"no sound is heard: {reason}", "press H to try again")
