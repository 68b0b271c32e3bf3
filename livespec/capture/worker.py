"""The capture process: PortAudio on one side, the shared ring on the other, nothing else.

Why a process of its own: PortAudio calls can hang for ever, its device list is frozen while it runs, and
nothing the window does may delay a callback. The parent kills it when it hangs; it ends itself when its
standard input closes.

It talks on standard output, a line at a time: an empty line is "a block is in the ring"; any other is JSON:
{"event": "opened", …}, {"event": "moved", "to": an input}, {"event": "refused", "reason": PortAudio's words}, or
{"event": "ended", "reason": ours}.
"""

import contextlib
import json
import os
import re
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from livespec.capture.moment import now_ns
from livespec.capture.shared_ring import SharedRing
from livespec.capture.stream_moves import channels_of, follow_moves
from livespec.core.ring import OPENED, OVERFLOW, Geometry

_TOUCH_AHEAD_S = 5
_TOUCH_STEP_SAMPLES = 1 << 18


# A device's name changes with the socket that it is plugged into: "USB Audio (hw:1,0)", "Microphone (2- USB Audio)".
_SOCKET = re.compile(r"\(hw:\d+,\d+\)|\b\d+- ")
_SCALES = {"float32": 1.0, "int32": 2.0**-31, "int16": 2.0**-15}


class Opening(NamedTuple):
    """How a device is opened. latency: "low", "high" or seconds; sample_format: what is asked of the driver.

    exclusive: for this program alone, past the system's mixer and its resampling.
    """

    latency: str | float = "low"
    sample_format: str = "float32"
    exclusive: bool = False


@dataclass(frozen=True)
class CaptureOrder:
    """What to capture. device: its name as PortAudio has it; pick: indices of the opened channels to keep."""

    handle: str
    channels: int
    capacity: int
    margin: int
    host_api: str
    device: str
    opened_channels: int
    pick: list[int]
    samplerate: int
    blocksize: int
    opening: Opening

    def to_argument(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_argument(cls, argument: str) -> "CaptureOrder":
        order = json.loads(argument)
        return cls(**order | {"opening": Opening(*order["opening"])})


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


def index_of(device: str, host_api: str, devices: list[dict[str, Any]], host_apis: list[str]) -> int:
    """Where PortAudio lists an input now; after it was plugged in again its index is another, and a part of its name.

    Raises ValueError where it is not there.
    """
    inputs = [entry for entry in devices if entry["max_input_channels"] > 0 and host_apis[entry["hostapi"]] == host_api]
    same = [entry for entry in inputs if entry["name"] == device]
    same = same or [entry for entry in inputs if _SOCKET.sub("", entry["name"]) == _SOCKET.sub("", device)]
    if not same:
        raise ValueError(f"{device} is not there")
    return int(same[0]["index"])


def channels_now(source: str, order: CaptureOrder) -> int:
    """Of a device that is there again. Raises ValueError where the server would have to make up some of them.

    Its rate is not looked at: that of a source at rest may be another one than it will run at.
    """
    channels = channels_of(source)
    if channels is None:
        return order.opened_channels
    if channels <= max(order.pick):
        raise ValueError(f"it has {channels} channel{'s' if channels > 1 else ''} now")
    return channels


def host_options(host_api: str, *, exclusive: bool, pick: list[int]) -> Any:
    """What PortAudio is told beside the usual, by the system behind it; None: nothing.

    ASIO opens the picked channels alone, and is exclusive anyway.
    """
    import sounddevice

    if host_api == "ASIO":
        return sounddevice.AsioSettings(pick)
    if exclusive and host_api == "Windows WASAPI":
        return sounddevice.WasapiSettings(exclusive=True)
    if exclusive and host_api == "Core Audio":
        return sounddevice.CoreAudioSettings(change_device_parameters=True, fail_if_conversion_required=True)
    return None


def capture(order: CaptureOrder) -> None:
    """Open the stream and keep it until it ends."""
    import numpy as np
    import sounddevice

    ring = SharedRing.attach(order.handle, Geometry(order.channels, order.capacity, order.margin))
    api, opening = order.host_api, order.opening
    source = os.environ.get("PULSE_SOURCE")
    host_apis = [entry["name"] for entry in sounddevice.query_hostapis()]
    index = index_of(order.device, api, list(sounddevice.query_devices()), host_apis)
    pick, opened_channels = order.pick, order.opened_channels
    if source is not None and ring.end:  # the first time it was just listed
        opened_channels = channels_now(source, order)
    options = host_options(api, exclusive=opening.exclusive, pick=pick)
    if api == "ASIO":
        pick, opened_channels = list(range(len(pick))), len(pick)
    everything = pick == list(range(opened_channels))
    scale = _SCALES[opening.sample_format]
    picked = np.empty((order.blocksize, len(pick)), opening.sample_format)
    scaled = np.empty((order.blocksize, len(pick)), np.float32)
    state = {"flags": OPENED}

    def callback(samples: Any, count: int, _times: Any, status: Any) -> None:
        entered_ns = now_ns()
        flags = state["flags"] | (OVERFLOW if status.input_overflow else 0)
        state["flags"] = 0
        if not everything:
            samples = np.take(samples, pick, axis=1, out=picked[:count], mode="clip")
        if scale != 1.0:
            samples = np.multiply(samples, scale, out=scaled[:count], casting="same_kind")
        ring.write(samples, entered_ns, flags)
        say()

    def touch(start: int, stop: int) -> None:
        for at in range(start, stop, _TOUCH_STEP_SAMPLES):
            ring.touch(at, min(_TOUCH_STEP_SAMPLES, stop - at))
            time.sleep(0.002)

    at = ring.end % ring.capacity
    touch(at, min(at + _TOUCH_AHEAD_S * order.samplerate, ring.capacity))
    stream = sounddevice.InputStream(
        device=index,
        channels=opened_channels,
        samplerate=order.samplerate,
        blocksize=order.blocksize,
        dtype=opening.sample_format,
        latency=opening.latency,
        extra_settings=options,
        callback=callback,
    )
    stream.start()
    say({"event": "opened", "latency_ms": stream.latency * 1000, "samplerate": stream.samplerate})
    if source is not None:
        threading.Thread(target=watch_source, args=(source,), daemon=True).start()
    touch(0, ring.capacity + ring.margin)
    while stream.active:
        time.sleep(0.1)
    end("the stream ended")


def watch_source(source: str) -> None:
    """Nobody else would say that the sound comes from another device now."""
    follow_moves(source, lambda to: say({"event": "moved", "to": to}), lambda: end("the device has gone"))


def end(reason: str) -> None:
    """Say why, and end at once: PortAudio's own clean-up may hang."""
    say({"event": "ended", "reason": reason})
    os._exit(1)


def main() -> None:
    """Capture as the first argument orders, until the parent or the stream ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the whole group: the parent decides
    if hasattr(os, "set_blocking"):
        os.set_blocking(1, False)
    threading.Thread(target=end_with_parent, daemon=True).start()
    order = CaptureOrder.from_argument(sys.argv[1])
    try:
        capture(order)
    except Exception as error:  # noqa: BLE001 - every reason goes to the parent
        say({"event": "refused", "reason": str(error).splitlines()[0] if str(error) else type(error).__name__})
    os._exit(1)


if __name__ == "__main__":
    main()
