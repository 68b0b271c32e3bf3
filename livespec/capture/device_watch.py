"""The inputs of this machine, again whenever they change.

PortAudio's own list is frozen while it runs, so each listing is a child's that ends at once (`devices`). When to look
again is another child's to say (`device_events`), which may hang with the sound server that it listens to.
"""

import subprocess
import sys
import threading
from collections.abc import Callable

from livespec.capture.devices import InputDevice, list_devices
from livespec.errors import DeviceError


class DeviceWatch:
    """changed: called on the watch's own thread, with the inputs of now: once at the start, then with every change."""

    def __init__(self, changed: Callable[[list[InputDevice]], None]) -> None:
        self._changed = changed
        self._child: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()

    def start(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "livespec.capture.device_events"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        threading.Thread(target=self._watch, args=(self._child,), name="livespec-devices", daemon=True).start()

    def close(self) -> None:
        """End the child; the thread ends with it."""
        self._closing.set()
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def _watch(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        seen = self._look(None)
        with child.stdin, child.stdout as lines:
            for _ in lines:
                seen = self._look(seen)

    def _look(self, seen: list[InputDevice] | None) -> list[InputDevice] | None:
        try:
            now = list_devices()
        except DeviceError:  # a server that does not answer now may do so the next time
            return seen
        if now != seen and not self._closing.is_set():
            self._changed(now)
        return now
