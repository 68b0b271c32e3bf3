"""Plays clicks into the virtual loudspeaker and watches the screen; prints the delays in ms as JSON.

usage: python -m benchmarks.windows.click_observer CLICKS
"""

import contextlib
import fcntl
import json
import os
import queue
import subprocess
import sys
import threading
import time

import numpy as np
from PySide6.QtGui import QGuiApplication, QImage

RATE = 48_000
BLOCK = 240  # 5 ms
FLOOR = 3e-4
CLICK_BLOCKS = 6
LEVEL_10_DB = 255 * 10 / 80  # both programs show 80 dB from black to white
TIMEOUT_S = 1.5


class Loudspeaker(threading.Thread):
    """Feeds noise at real time; a click begins with the next block after `click`."""

    def __init__(self):
        super().__init__(daemon=True)
        self.player = subprocess.Popen(
            ["pacat", "--playback", "--device=vsink", "--raw", "--format=float32le", f"--rate={RATE}", "--channels=1",
             "--latency-msec=20", "--process-time-msec=5"],
            stdin=subprocess.PIPE, bufsize=0,
        )  # fmt: skip
        # A pipe of a page, never waited for: else, on a busy machine, sound that is late waits in it before each click.
        fcntl.fcntl(self.player.stdin, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(self.player.stdin.fileno(), False)
        self.orders = queue.SimpleQueue()
        self.played = queue.SimpleQueue()
        self.ended = False

    def run(self):
        rng = np.random.default_rng(1)
        due, loud = time.perf_counter(), 0
        while not self.ended:
            ordered = not self.orders.empty()
            gain = 0.5 if loud or ordered else FLOOR
            now = time.perf_counter()
            with contextlib.suppress(BlockingIOError):
                os.write(self.player.stdin.fileno(), (gain * rng.standard_normal(BLOCK)).astype(np.float32).tobytes())
                if ordered:
                    self.orders.get()
                    loud = CLICK_BLOCKS
                    self.played.put(now)
                loud = max(0, loud - 1)
            due = max(due + BLOCK / RATE, now)
            time.sleep(max(0.0, due - time.perf_counter()))
        self.player.kill()


def main():
    application = QGuiApplication(["observer"])
    view = application.primaryScreen()

    def strip():
        """Mean brightness of each pixel column of a band through the picture."""
        image = view.grabWindow(0, 100, 150, 1200, 60).toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return pixels[:, : image.width()].mean(axis=0)

    speaker = Loudspeaker()
    speaker.start()
    time.sleep(4)
    edge = _newest_column(strip, speaker)
    rng = np.random.default_rng(2)
    delays = []
    for _ in range(int(sys.argv[1])):
        time.sleep(float(rng.uniform(0.5, 0.8)))
        before = strip()[edge - 20 : edge + 4].max()
        speaker.orders.put(None)
        played = speaker.played.get()
        while (now := time.perf_counter()) - played < TIMEOUT_S:
            if strip()[edge - 20 : edge + 4].max() > before + LEVEL_10_DB:
                delays.append((time.perf_counter() - played) * 1000)
                break
        else:
            raise SystemExit(f"click not seen within {now - played:.1f} s")
    speaker.ended = True
    print(json.dumps(delays))


def _newest_column(strip, speaker):
    """Where on the screen a click appears first; clicks until the program is there to show it."""
    for _ in range(20):
        time.sleep(1.0)
        before = strip()
        speaker.orders.put(None)
        deadline = speaker.played.get() + TIMEOUT_S
        while time.perf_counter() < deadline:
            risen = np.flatnonzero(strip() > before + 2 * LEVEL_10_DB)
            if len(risen):
                time.sleep(1.0)  # the click scrolls away
                return int(risen[-1])
    raise SystemExit("no click on the screen")


if __name__ == "__main__":
    main()
