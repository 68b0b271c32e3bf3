"""The parent's side of the playing process: feeds it, and knows which sample is heard when."""

import contextlib
import json
import queue
import subprocess
import sys
import threading
from typing import Any, Final, NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array

MOST_CHANNELS: Final = 2
_OPENING_S: Final = 3.0
_STUCK_S: Final = 1.0
_BLOCKS_WAITING: Final = 64


class _Report(NamedTuple):
    """Sample `position` is heard at `heard_at`, of `time.perf_counter`."""

    position: int
    heard_at: float


class Loudspeaker:
    """The default output, in a process of its own. `trouble`: why nothing is heard, empty while all is well."""

    def __init__(self, samplerate: int, channels: int) -> None:
        self._samplerate = samplerate
        self._channels = min(channels, MOST_CHANNELS)
        self.trouble = ""
        self._opened = threading.Event()
        self._report: _Report | None = None
        self._fed: queue.Queue[bytes] = queue.Queue(_BLOCKS_WAITING)
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "livespec.playback.worker", str(samplerate), str(self._channels)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for work in (self._listen, self._write):
            threading.Thread(target=work, name="livespec-loudspeaker", daemon=True).start()

    def wait_until_open(self) -> bool:
        """False, with `trouble`, where there is no output or it cannot be opened."""
        if not self._opened.wait(_OPENING_S):
            self.trouble = "the output does not answer"
        return not self.trouble

    def feed(self, block: Float32Array) -> None:
        """Samples (n, channels) to be heard after those before; what is beyond two channels is left out."""
        try:
            self._fed.put(np.ascontiguousarray(block[:, : self._channels]).tobytes(), timeout=_STUCK_S)
        except queue.Full:
            self.trouble = self.trouble or "the output does not take the sound"

    def heard_at(self, position: int) -> float | None:
        """When a sample is heard, in seconds of `time.perf_counter`; None while that is not known."""
        report = self._report
        if report is None or self.trouble:
            return None
        return report.heard_at + (position - report.position) / self._samplerate

    def close(self) -> None:
        """At once: what was not heard yet is not heard any more."""
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(queue.Full):
            self._fed.put_nowait(b"")

    def _write(self) -> None:
        """Until nothing is fed any more, or nobody takes it."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as pipe:
            while data := self._fed.get():
                pipe.write(data)
                pipe.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(ValueError), self._process.stdout as pipe:  # killed in the middle of a line
            for line in pipe:
                self._heed(json.loads(line))
        if not self.trouble:
            self.trouble = "the output is gone"
        self._opened.set()

    def _heed(self, message: dict[str, Any]) -> None:
        if "taken" in message:
            self._report = _Report(message["taken"], message["heard_at"])
            return
        if message["event"] == "failed":
            self.trouble = f"no sound can be played: {message['reason']}"
        self._opened.set()
