"""The playing process: samples from standard input, PortAudio on the other side, nothing else.

A process of its own, because PortAudio calls can hang for ever. It ends itself when its standard input closes. It talks
on standard output, a line of JSON at a time: {"event": "opened"}, {"event": "failed", …}, and with every block that the
device takes {"taken": frames before it, "heard_at": when its first sample will be heard}.
"""

import json
import os
import signal
import sys
import threading
import time
from collections import deque
from typing import Any

_READ_BYTES = 1 << 16
_FLOAT_BYTES = 4


def say(message: dict[str, Any]) -> None:
    """One line to the parent."""
    os.write(1, json.dumps(message).encode() + b"\n")


class Supply:
    """What was read and is not played yet. One thread puts in, PortAudio's takes out."""

    def __init__(self) -> None:
        self._parts: deque[bytes] = deque()
        self._used = 0  # bytes of the first part

    def read_on(self) -> None:
        """Until standard input closes; then the process ends, whatever PortAudio is doing."""
        while part := os.read(0, _READ_BYTES):
            self._parts.append(part)
        os._exit(0)

    def take(self, out: memoryview) -> int:
        """Fill as much as there is; returns bytes."""
        filled = 0
        while filled < len(out) and self._parts:
            part = self._parts[0]
            n = min(len(part) - self._used, len(out) - filled)
            out[filled : filled + n] = part[self._used : self._used + n]
            filled += n
            self._used += n
            if self._used == len(part):
                self._parts.popleft()
                self._used = 0
        return filled


def play(samplerate: int, channels: int) -> None:
    """Open the stream and keep it until it ends."""
    import sounddevice

    supply = Supply()
    threading.Thread(target=supply.read_on, daemon=True).start()
    state = {"taken": 0}
    frame_bytes = channels * _FLOAT_BYTES

    def callback(out: Any, count: int, times: Any, _status: Any) -> None:
        now = time.perf_counter()
        filled = supply.take(memoryview(out))
        out[filled:] = bytes(count * frame_bytes - filled)
        if filled:
            delay = times.outputBufferDacTime - times.currentTime
            say({"taken": state["taken"], "heard_at": now + (delay if delay > 0 else stream.latency)})
            state["taken"] += filled // frame_bytes

    stream = sounddevice.RawOutputStream(
        samplerate=samplerate, channels=channels, dtype="float32", latency="low", callback=callback
    )
    stream.start()
    say({"event": "opened"})
    while stream.active:
        time.sleep(0.1)
    say({"event": "failed", "reason": "the stream ended"})


def main() -> None:
    """Play at the rate and with the channels of the arguments, until the parent or the stream ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the whole group: the parent decides
    try:
        play(int(sys.argv[1]), int(sys.argv[2]))
    except Exception as error:  # noqa: BLE001 - every reason goes to the parent
        say({"event": "failed", "reason": str(error).splitlines()[0] if str(error) else type(error).__name__})
    os._exit(1)  # PortAudio's own clean-up may hang


if __name__ == "__main__":
    main()
