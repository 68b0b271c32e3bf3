"""Prints a line whenever inputs may have come or gone, until its standard input closes: the child of `device_watch.py`.

PulseAudio and PipeWire tell of it; else the names in /dev/snd do; elsewhere there is a line every ten seconds.
"""

import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from livespec.capture.sound_server import News, NoSoundServerError, sound_server
from livespec.capture.worker import end_with_parent

_SETTLE_S = 0.3  # one device brings several sources
_RETRY_S = 1.0
_AWAY_RETRIES = 5  # a server that restarts takes no device with it
_ELSEWHERE_S = 10.0
_SOUND_DEVICES = Path("/dev/snd")


def say() -> None:
    """Something may have changed."""
    os.write(1, b"\n")


def follow_server(*, known: bool) -> bool:
    """Say what a sound server tells, until it goes; whether there was one. known: what it has was listed already."""
    there = False
    try:
        with sound_server("livespec-device-events") as pulse:
            there = True
            news = News(pulse, "source", "server", matters=_is_of_devices)
            if not known:
                say()
            while True:
                news.wait()
                time.sleep(_SETTLE_S)
                say()
    except NoSoundServerError:
        return there


def _is_of_devices(event: Any) -> bool:
    return event.facility == "server" or event.t in ("new", "remove")


def follow_linux() -> None:
    """For ever: the server where there is one, the kernel's devices where there is none."""
    names, away, known = _kernel_devices(), 0, True
    while True:
        if follow_server(known=known):
            away, known = 0, False
        away += 1
        before, names = names, _kernel_devices()
        if away == _AWAY_RETRIES or names != before:
            say()
        time.sleep(_RETRY_S)


def _kernel_devices() -> list[str]:
    return sorted(path.name for path in _SOUND_DEVICES.iterdir()) if _SOUND_DEVICES.is_dir() else []


def main() -> None:
    """Until the parent ends."""
    threading.Thread(target=end_with_parent, daemon=True).start()
    if sys.platform == "linux":
        follow_linux()
    while True:
        time.sleep(_ELSEWHERE_S)
        say()


if __name__ == "__main__":
    main()
