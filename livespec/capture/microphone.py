"""The parent's side of the capture process: starts it, watches it, replaces it.

Two threads: one passes the child's lines on, one (the supervisor) owns the child's life. Neither touches
the ring. A child that dies, hangs in opening, or sends nothing for a second is killed and replaced; where
the replacement goes on, the ring's block log says `OPENED`, and the session makes the hole a gap.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from typing import Any, Final, Self

from livespec.capture.devices import InputDevice
from livespec.capture.legs import Leg
from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Reception, SourceInfo
from livespec.capture.worker import CaptureOrder
from livespec.errors import DeviceError

_BLOCK: Final = 512
_TICK_S: Final = 0.05
_SILENCE_S: Final = 1.0  # a running stream that says nothing for so long is dead
_OPENING_S: Final = 3.0  # a stream that is open but has said nothing yet, or hangs in opening
_BACK_OFF_S: Final = (0.0, 0.1, 0.25, 0.5, 1.0)


class MicrophoneSource:
    """Captures channels of one input device at one rate."""

    finished = False
    legs = (Leg(),)

    def __init__(self, device: InputDevice, channels: tuple[int, ...], samplerate: int) -> None:
        self.info = SourceInfo("mic", device.description, samplerate, channels, live=True, noisy=not device.monitor)
        self.failure: BaseException | None = None
        self.trouble = ""
        self.device_latency_ms: float | None = None
        self._device = device
        self._stopping = threading.Event()
        self._supervisor: threading.Thread | None = None

    def start(self, ring: SharedRing, reception: Reception) -> None:
        order = CaptureOrder(
            handle=ring.handle,
            channels=ring.channels,
            capacity=ring.capacity,
            margin=ring.margin,
            device=self._device.open_with,
            opened_channels=max(self.info.channels) if self._device.pulse_source is None else self._device.channels,
            pick=[number - 1 for number in self.info.channels],
            samplerate=self.info.samplerate,
            blocksize=_BLOCK,
        )
        self._supervisor = threading.Thread(
            target=self._supervise,
            args=(order, ring, reception),
            name="livespec-capture-supervisor",
            daemon=True,
        )
        self._supervisor.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._supervisor not in (None, threading.current_thread()):  # a forgotten stream is collected on any thread
            self._supervisor.join(timeout=2)

    # ---- the supervisor's thread ----

    def _supervise(self, order: CaptureOrder, ring: SharedRing, reception: Reception) -> None:
        attempts = 0
        try:
            while not self._stopping.is_set():
                before = ring.end
                with _Child(order, ring, self._device.pulse_source, reception.wake) as child:
                    reason = self._watch(child, ring)
                if self._stopping.is_set():
                    return
                if ring.end == 0 and child.refused:
                    self.failure = _refused(self.info.name, reason)
                    return
                attempts = 0 if ring.end > before else min(attempts + 1, len(_BACK_OFF_S) - 1)
                why = "cannot be opened" if child.refused else reason  # PortAudio's words say little to a person
                self.trouble = f"{self.info.name}: {why}; trying again"
                self._stopping.wait(_BACK_OFF_S[attempts])
        except BaseException as error:  # noqa: BLE001 - shown by the session, whatever it is
            self.failure = error
        finally:
            reception.wake.set()

    def _watch(self, child: "_Child", ring: SharedRing) -> str:
        """Follow one child until it is of no more use; returns why."""
        first, blocks = ring.blocks, ring.blocks
        silent = 0.0
        last_look = time.perf_counter()
        while not self._stopping.wait(_TICK_S):
            now = time.perf_counter()
            # Only time that we were awake counts: after a stop of the whole program nobody is to blame.
            silent += min(now - last_look, 2 * _TICK_S)
            last_look = now
            if ring.blocks != blocks:
                blocks, silent = ring.blocks, 0.0
                self.trouble = ""
            for message in child.messages():
                if message["event"] == "failed":
                    child.refused = True
                    return str(message["reason"])
                self.device_latency_ms = message["latency_ms"]
            if not child.alive:
                return "the capture process ended"
            if silent > (_SILENCE_S if blocks != first else _OPENING_S):
                return "no sound arrives"
            if silent > _SILENCE_S:
                self.trouble = f"{self.info.name}: no sound arrives"
        return "stopped"


def _refused(name: str, reason: str) -> DeviceError:
    return DeviceError(f"{name} cannot be opened: {reason}", "'livespec devices' says what there is")


class _Child:
    """One capture process and the thread that reads its lines."""

    def __init__(self, order: CaptureOrder, ring: SharedRing, pulse_source: str | None, wake: threading.Event) -> None:
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PULSE_PROP_application.name": "livespec"}
        if pulse_source is not None:
            environment["PULSE_SOURCE"] = pulse_source
        posix: dict[str, Any] = {} if sys.platform == "win32" else {"pass_fds": ring.inherited}
        self.refused = False
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "livespec.capture.worker", order.to_argument()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # ALSA writes there whenever it looks at a device
            env=environment,
            **posix,
        )
        self._messages: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._wake = wake
        threading.Thread(target=self._listen, name="livespec-capture-listener", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def messages(self) -> list[dict[str, Any]]:
        """What the child said since the last call."""
        out = []
        with contextlib.suppress(queue.Empty):
            while True:
                out.append(self._messages.get_nowait())
        return out

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._wake.set()
                if line != b"\n":
                    self._messages.put(json.loads(line))
