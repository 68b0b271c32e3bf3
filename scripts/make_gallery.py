"""Makes the pictures of the README and the documentation from the demo signal, with the program's own renderer.

    .venv/bin/python scripts/make_gallery.py

The same pictures each time: the signal is deterministic, and the clock on the time axis is set to noon. The
first picture of the README is the real window instead, and needs a display:

    .venv/bin/livespec --source demo --duration 19.2 --screenshot docs/images/livespec.png
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from livespec.capture.demo import DemoSource
from livespec.config import load
from livespec.display.headless import HeadlessCanvas
from livespec.display.image import render, save_png
from livespec.display.text import ensure_application
from livespec.display.view import View, view_request
from livespec.session.monitor import Monitor

_FOLDER = Path(__file__).parent.parent / "docs" / "images"
_RATE = 48_000
_SECONDS = 16  # twice through the chords: the second time with the sweep
_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()

# Name → preset, flags, and size.
_PICTURES: dict[str, tuple[str | None, dict[str, str], int, int]] = {
    "music": ("music", {}, 880, 495),
    "bass": ("bass", {}, 880, 495),
    "mel": (None, {"picture": "mel"}, 880, 495),
    "chroma": (None, {"picture": "chroma", "n_fft": "8192", "hop": "1024"}, 880, 495),
}


def draw(preset: str | None, flags: dict[str, str], width: int, height: int) -> np.ndarray:
    """The last picture of a run on the demo signal: (height, width, 3)."""
    settings = load(preset, None, flags).at_rate(_RATE)
    source = DemoSource(0, _RATE, _SECONDS * _RATE)
    monitor = Monitor(source, settings, view_request(settings, _RATE, width))
    monitor.start()
    while monitor.poll():
        time.sleep(0.01)
    monitor.stop()
    monitor.timeline.start_wall_time = _NOON - _SECONDS
    scene, _ = View(monitor).scene(width, height, 1.0)
    try:
        canvas = HeadlessCanvas(width, height)
    except Exception:  # noqa: BLE001 - without EGL, numpy draws the same picture
        return render(scene)
    pixels = canvas.render(scene)
    canvas.close()
    return pixels


def main() -> None:
    """Draw and save all of them."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    application = ensure_application()
    _FOLDER.mkdir(parents=True, exist_ok=True)
    for name, look in _PICTURES.items():
        path = _FOLDER / f"{name}.png"
        save_png(draw(*look), path)
        print(f"{path}: {path.stat().st_size // 1000} kB")
    del application


if __name__ == "__main__":
    main()
