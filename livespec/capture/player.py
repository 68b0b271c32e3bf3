"""The player process: sound comes in on standard input and goes to the default output device, nothing else.

Why a process of its own: PortAudio calls can hang for ever, and its callback must not wait for the window. It ends
itself when its standard input closes, whatever PortAudio is doing.

Standard input is a row of messages: a kind (1 byte), the number of bytes that follow (4 bytes, little endian), those.

| kind | what follows                                                                          |
|------|---------------------------------------------------------------------------------------|
| O    | JSON {"turn": n, "samplerate": Hz}: drop what waits, open the device at this rate       |
| D    | float32 (k, 2), interleaved: to be played after what came before                         |
| S    | nothing: be silent at once, close the device                                             |

It answers on standard output, a line of JSON each, always with the turn that it speaks of:
{"event": "heard", "turn": n, "samples": k, "at": s}: the k samples before have been handed to the device, and the
next one will be heard at second s of `perf_counter`, which processes share; {"event": "failed", "reason": …}.
"""

import collections
import json
import os
import queue
import signal
import struct
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from livespec.capture.worker import say

HEAD: Final = struct.Struct("<cI")
CHANNELS: Final = 2
_LONGEST_LATENCY_S: Final = 5.0  # what drivers claim beyond it is nonsense
_LATENCY_S: Final = 0.1  # sound that the device holds: the parent reckons with it, so it may as well be safe
_LOOK_S: Final = 0.1


@dataclass
class Feed:
    """What is to be heard in one turn. The reading thread appends, the callback takes."""

    turn: int
    samplerate: float
    blocks: collections.deque[Any] = field(default_factory=collections.deque)
    used: int = 0  # samples of the first block that have been taken
    samples: int = 0  # that have been taken in all

    def fill(self, out: Any) -> int:
        """The next samples into out (n, CHANNELS) float32, silence after them; returns how many there were."""
        done = 0
        while done < len(out) and self.blocks:
            block = self.blocks[0]
            part = block[self.used : self.used + len(out) - done]
            out[done : done + len(part)] = part
            done += len(part)
            self.used += len(part)
            if self.used == len(block):
                self.blocks.popleft()
                self.used = 0
        out[done:] = 0
        self.samples += done
        return done


def read_messages(stream: BinaryIO, orders: "queue.SimpleQueue[Feed | None]") -> None:
    """Until the stream ends; then end the process at once."""
    import numpy as np

    feed: Feed | None = None
    while len(head := stream.read(HEAD.size)) == HEAD.size:
        kind, count = HEAD.unpack(head)
        body = stream.read(count)
        if kind == b"D" and feed is not None:
            feed.blocks.append(np.frombuffer(body, "<f4").reshape(-1, CHANNELS))
            continue
        if feed is not None:
            feed.blocks.clear()  # silent from the next callback on, however long the device takes to close
        feed = Feed(**json.loads(body)) if kind == b"O" else None
        orders.put(feed)
    os._exit(0)


def play(orders: "queue.SimpleQueue[Feed | None]") -> None:
    """Follow the orders, one turn after another."""
    stream: Any = None
    feed: Feed | None = None
    while True:
        try:
            feed = orders.get(timeout=_LOOK_S)
        except queue.Empty:
            if stream is not None and not stream.active:
                raise RuntimeError("the device is gone") from None
            continue
        while not orders.empty():  # only the last one counts
            feed = orders.get()
        if stream is not None:
            stream.abort()  # what the device still holds is not to be heard
            stream.close()
            stream = None
        if feed is not None:
            stream = opened(feed)


def opened(feed: Feed) -> Any:
    """A stream that plays the feed, started."""
    import sounddevice

    def callback(out: Any, _count: int, times: Any, _status: Any) -> None:
        now = time.perf_counter()
        before = feed.samples
        if not feed.fill(out):
            return
        latency = times.outputBufferDacTime - times.currentTime
        if not 0 < latency < _LONGEST_LATENCY_S:
            latency = stream.latency
        say({"event": "heard", "turn": feed.turn, "samples": before, "at": now + latency})

    if sounddevice.default.device["output"] < 0:
        raise RuntimeError("there is no loudspeaker to play to")
    stream = sounddevice.OutputStream(
        samplerate=feed.samplerate, channels=CHANNELS, dtype="float32", latency=_LATENCY_S, callback=callback
    )
    stream.start()
    return stream


def main() -> None:
    """Play what comes, until the parent goes or the device does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the whole group: the parent decides
    if hasattr(os, "set_blocking"):
        os.set_blocking(1, False)
    orders: queue.SimpleQueue[Feed | None] = queue.SimpleQueue()
    threading.Thread(target=read_messages, args=(sys.stdin.buffer, orders), daemon=True).start()
    try:
        play(orders)
    except Exception as error:  # noqa: BLE001 - every reason goes to the parent
        say({"event": "failed", "reason": str(error).splitlines()[0] if str(error) else type(error).__name__})
    os._exit(1)  # PortAudio's own clean-up may hang


if __name__ == "__main__":
    main()
