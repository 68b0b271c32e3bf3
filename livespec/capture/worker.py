"""The capture process: PortAudio on one side, the shared ring on the other, nothing else.

Why a process of its own: PortAudio calls can hang for ever, its device list is frozen while it runs, and
nothing the window does may delay a callback. The parent kills it when it hangs; it ends itself when its
standard input closes.

It talks on standard output, a line at a time: an empty line is "a block is in the ring"; any other is JSON,
{"event": "opened", …} or {"event": "failed", …}.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from livespec.capture.shared_ring import SharedRing
from livespec.core.ring import OPENED, OVERFLOW, Geometry

_TOUCH_AHEAD_S = 5
_TOUCH_STEP_SAMPLES = 1 << 18


@dataclass(frozen=True)
class CaptureOrder:
    """What to capture. pick: indices of the opened channels that go into the ring."""

    handle: str
    channels: int
    capacity: int
    margin: int
    device: int
    opened_channels: int
    pick: list[int]
    samplerate: int
    blocksize: int

    def to_argument(self) -> str:
        return json.dumps(asdict(self))


def say(message: dict[str, Any] | None = None) -> None:
    """One line to the parent, in one write, so that lines of two threads never mix.

    Does not wait: a parent that has not read 64 KB of wake-ups needs no more of them.
    """
    with contextlib.suppress(BlockingIOError):
        os.write(1, b"\n" if message is None else json.dumps(message).encode() + b"\n")


def end_with_parent() -> None:
    """Wait for standard input to close, then end at once, whatever PortAudio is doing."""
    while os.read(0, 64):
        pass
    os._exit(0)


def capture(order: CaptureOrder) -> None:
    """Open the stream and keep it until it ends."""
    import numpy as np
    import sounddevice

    ring = SharedRing.attach(order.handle, Geometry(order.channels, order.capacity, order.margin))
    everything = order.pick == list(range(order.opened_channels))
    picked = np.empty((order.blocksize, len(order.pick)), np.float32)
    state = {"flags": OPENED}

    def callback(samples: Any, count: int, _times: Any, status: Any) -> None:
        entered_ns = time.perf_counter_ns()
        flags = state["flags"] | (OVERFLOW if status.input_overflow else 0)
        state["flags"] = 0
        if not everything:
            samples = np.take(samples, order.pick, axis=1, out=picked[:count], mode="clip")
        ring.write(samples, entered_ns, flags)
        say()

    def touch(start: int, stop: int) -> None:
        for at in range(start, stop, _TOUCH_STEP_SAMPLES):
            ring.touch(at, min(_TOUCH_STEP_SAMPLES, stop - at))
            time.sleep(0.002)

    at = ring.end % ring.capacity
    touch(at, min(at + _TOUCH_AHEAD_S * order.samplerate, ring.capacity))
    stream = sounddevice.InputStream(
        device=order.device,
        channels=order.opened_channels,
        samplerate=order.samplerate,
        blocksize=order.blocksize,
        dtype="float32",
        latency="low",
        callback=callback,
    )
    stream.start()
    say({"event": "opened", "latency_ms": stream.latency * 1000, "samplerate": stream.samplerate})
    touch(0, ring.capacity + ring.margin)
    while stream.active:
        time.sleep(0.1)
    say({"event": "failed", "reason": "the stream ended"})


def main() -> None:
    """Capture as the first argument orders, until the parent or the stream ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the whole group: the parent decides
    if hasattr(os, "set_blocking"):
        os.set_blocking(1, False)
    threading.Thread(target=end_with_parent, daemon=True).start()
    order = CaptureOrder(**json.loads(sys.argv[1]))
    try:
        capture(order)
    except Exception as error:  # noqa: BLE001 - every reason goes to the parent
        say({"event": "failed", "reason": str(error).splitlines()[0] if str(error) else type(error).__name__})
    os._exit(1)  # PortAudio's own clean-up may hang


if __name__ == "__main__":
    main()
