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
from typing import Final, Self

from livespec.capture.player import CHANNELS, HEAD
from livespec.core.arrays import Float32Array
from livespec.errors import DeviceError

_SILENCE_S: Final = 1.0  # a device that plays says so for every buffer
_OPENING_S: Final = 5.0  # it is still to be opened, perhaps hangs
_TICK_S: Final = 0.1
_REPORTS: Final = 15  # their median is when sound is heard: single ones are up to 30 ms off while a stream begins


class Loudspeaker:
    """The default output device. Sound is played in turns; each has a speed of its own, like a tape."""

    ahead_s: Final = 0.25  # sound of a turn to be sent before it is heard: a busy machine must not make it stutter

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
        self._reports: collections.deque[tuple[int, int, float]] = collections.deque(maxlen=_REPORTS)
        self._newest: tuple[int, int, float] | None = None
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
        reports = [report for report in self._reports.copy() if report[0] == self._turn]
        if reports and reports[-1] is not self._newest:
            self._newest, self._silent_s = reports[-1], 0.0
        began = [at - before / self._samplerate for _, before, at in reports]
        if self._reason or self._process.poll() is not None:
            raise _not_heard(self._reason or "the player process ended")
        if self._silent_s > (_SILENCE_S if began else _OPENING_S):
            raise _not_heard("the output device does not answer")
        return statistics.median(began) + samples / self._samplerate if began else None

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
                    self._reports.append((report["turn"], report["samples"], report["at"]))


def _not_heard(reason: str) -> DeviceError:
    return DeviceError(f"no sound is heard: {reason}", "press H to try again")
