"""The parent's side of the capture process: starts it, watches it, replaces it.

Two threads: one passes the child's lines on, one (the supervisor) owns the child's life. Neither touches
the ring. When a child is replaced is `recovery`'s to say; where the replacement goes on, the ring's block log says
`OPENED`, and the session makes the hole a gap.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import Any, Final

from livespec.capture.devices import InputDevice, default_microphone, list_devices
from livespec.capture.legs import Leg
from livespec.capture.recovery import Look, Recovery, State
from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Reception, SourceInfo
from livespec.capture.worker import CaptureOrder, Opening
from livespec.errors import DeviceError

_BLOCK: Final = 512
_TICK_S: Final = 0.05
_STAND_IN_TIMEOUT_S: Final = 1.5
_LAST_WORDS_S: Final = 0.5
_LOOK_FOR_OWN_S: Final = 5.0  # while another device stands in
_USUAL: Final = Opening()


class MicrophoneSource:
    """Captures channels of one input device at one rate.

    stand_in: while the device is gone, the system's default input takes its place, where it has the rate and channels.
    """

    finished = False
    legs = (Leg(),)

    def __init__(
        self,
        device: InputDevice,
        channels: tuple[int, ...],
        samplerate: int,
        opening: Opening = _USUAL,
        *,
        stand_in: bool = False,
    ) -> None:
        self.info = SourceInfo("mic", device.description, samplerate, channels, live=True, noisy=not device.monitor)
        self.failure: BaseException | None = None
        self.trouble = ""
        self.device_latency_ms: float | None = None
        self._device, self._opening, self._may_stand_in = device, opening, stand_in
        self._standing_in: InputDevice | None = None
        self._looked_for_own = 0.0
        self._stopping = threading.Event()
        self._supervisor: threading.Thread | None = None

    def start(self, ring: SharedRing, reception: Reception) -> None:
        self._supervisor = threading.Thread(
            target=self._supervise, args=(ring, reception), name="livespec-capture-supervisor", daemon=True
        )
        self._supervisor.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._supervisor not in (None, threading.current_thread()):  # a forgotten stream is collected on any thread
            self._supervisor.join(timeout=2)

    # ---- the supervisor's thread ----

    def _supervise(self, ring: SharedRing, reception: Reception) -> None:
        recovery = Recovery()
        child: _Child | None = None
        last_look = time.perf_counter()
        try:
            while not self._stopping.is_set():
                now = time.perf_counter()
                # Only time that we were awake counts: after a stop of the whole program nobody is to blame.
                elapsed_s, last_look = min(now - last_look, 2 * _TICK_S), now
                before = recovery.state
                recovery.look(self._look(child, ring, elapsed_s))
                if recovery.state is State.REFUSED:
                    self.failure = _refused(self._device, recovery.trouble)
                    return
                if recovery.wants_process and child is None:
                    child = self._begin(ring, reception, stand_in=recovery.wants_stand_in)
                elif child is not None and not recovery.wants_process:
                    child.end()
                    child = None
                self.trouble = self._said_of(recovery)
                if recovery.state is before:
                    self._stopping.wait(_TICK_S)
        except BaseException as error:  # noqa: BLE001 - shown by the session, whatever it is
            self.failure = error
        finally:
            if child is not None:
                child.end()
            reception.wake.set()

    def _look(self, child: "_Child | None", ring: SharedRing, elapsed_s: float) -> Look:
        if child is None:
            return Look(elapsed_s, ring.blocks)
        ended = None if child.alive else "the capture process ended"  # asked before its words: it may say why
        refusal = None
        for message in child.messages():
            match message["event"]:
                case "opened":
                    self.device_latency_ms = message["latency_ms"]
                case "moved":
                    self.info = self.info.hearing(message["to"], ring.end)
                case "refused":
                    refusal = message["reason"]
                case "ended":
                    ended = message["reason"]
        if ended is None and self._own_is_back():
            ended = f"back to {self._device.description}"
        return Look(elapsed_s, ring.blocks, ended, refusal)

    def _said_of(self, recovery: Recovery) -> str:
        if recovery.trouble:
            return f"{self.info.name}: {recovery.trouble}"
        if self._standing_in is not None:
            return f"{self._device.description} is gone: {self._standing_in.description} stands in"
        return ""

    def _own_is_back(self) -> bool:
        """Whether the device itself is there again; looked for now and then, and only while another one stands in."""
        now = time.perf_counter()
        if self._standing_in is None or now - self._looked_for_own < _LOOK_FOR_OWN_S:
            return False
        self._looked_for_own = now
        try:
            return self._device.name in [device.name for device in list_devices(_STAND_IN_TIMEOUT_S)]
        except DeviceError:
            return False

    def _begin(self, ring: SharedRing, reception: Reception, *, stand_in: bool) -> "_Child":
        self._standing_in = self._stand_in() if self._may_stand_in and stand_in else None
        self._looked_for_own = time.perf_counter()
        device = self._standing_in or self._device
        self.info = replace(self.info.hearing(device.description, ring.end), noisy=not device.monitor)
        return _Child(self._order(device, ring), ring, device.pulse_source, reception.wake)

    def _stand_in(self) -> InputDevice | None:
        """The default input of now, where it is another one that can give the same channels at the same rate."""
        try:
            device = default_microphone(list_devices(_STAND_IN_TIMEOUT_S))
        except DeviceError:
            return None
        fits = (
            device is not None
            and device.name != self._device.name
            and device.channels >= max(self.info.channels)
            and self.info.samplerate in (device.samplerate, *device.rates)
        )
        return device if fits else None

    def _order(self, device: InputDevice, ring: SharedRing) -> CaptureOrder:
        host_api, name = device.open_with
        return CaptureOrder(
            handle=ring.handle,
            channels=ring.channels,
            capacity=ring.capacity,
            margin=ring.margin,
            host_api=host_api,
            device=name,
            opened_channels=max(self.info.channels) if device.pulse_source is None else device.channels,
            pick=[number - 1 for number in self.info.channels],
            samplerate=self.info.samplerate,
            blocksize=_BLOCK,
            opening=self._opening,
        )


def _refused(device: InputDevice, reason: str) -> DeviceError:
    rates = ", ".join(f"{rate / 1000:g}" for rate in device.rates)
    takes = f"it has {device.channels} channel{'s' if device.channels > 1 else ''}"
    return DeviceError(
        f"{device.description} cannot be opened: {reason}",
        f"{takes}{f' at {rates} kHz' if rates else ''}; another program may be using it",
    )


class _Child:
    """One capture process and the thread that reads its lines."""

    def __init__(self, order: CaptureOrder, ring: SharedRing, pulse_source: str | None, wake: threading.Event) -> None:
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PULSE_PROP_application.name": "livespec"}
        if pulse_source is not None:
            environment["PULSE_SOURCE"] = pulse_source
        posix: dict[str, Any] = {} if sys.platform == "win32" else {"pass_fds": ring.inherited}
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
        self._listener = threading.Thread(target=self._listen, name="livespec-capture-listener", daemon=True)
        self._listener.start()

    def end(self) -> None:
        """At once, whatever PortAudio is doing."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def messages(self) -> list[dict[str, Any]]:
        """What the child said since the last call; of one that has ended, all of it."""
        if not self.alive:
            self._listener.join(_LAST_WORDS_S)
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
