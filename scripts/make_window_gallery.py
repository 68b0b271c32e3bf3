"""Makes docs/gallery: the real window on a virtual screen, in each of its modes, as a person sees it.

    .venv/bin/python scripts/make_window_gallery.py [NAME …]

Needs what `make test` installs: xvfb, xdotool, imagemagick.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.program import Program, bare_environment
from tests.support.virtual_screen import ScreenWindow, VirtualScreen

_FOLDER = Path(__file__).parent.parent / "docs" / "gallery"
_RATE = 48_000
_FULL_S = 11.0  # the picture is full after ten seconds

Act = Callable[[ScreenWindow], None]


def _keys(*names: str) -> Act:
    return lambda window: window.keys(*names) if names else None


def _frozen_with_markers(window: ScreenWindow) -> None:
    window.keys("space", "Left", "Left")
    time.sleep(0.5)
    window.click(400, 620)
    window.click(760, 430)
    window.point(620, 540)


def _overtones(window: ScreenWindow) -> None:
    window.point(700, 700)
    window.key("o")


# Name → flags, and what is then done. Sizes are those of the window.
_MODES: dict[str, tuple[tuple[str, ...], Act]] = {
    "window": ((), _keys()),
    "controls": ((), _keys("d")),
    "light": (("--theme", "light"), _keys("d")),
    "downwards": (("--direction", "down", "--scale", "log"), _keys("g")),
    "frozen": (("--scale", "log"), _frozen_with_markers),
    "notes": (("--scale", "semitone", "--fmin", "60", "--fmax", "2000", "--n-fft", "16384", "--pitch"), _overtones),
    "channels": (("eight.wav", "--channels", "all", "--show", "all", "--colormap", "viridis"), _keys()),
    "replay": (("eight.wav", "--show", "1", "--span", "5"), _keys("shift+Right")),
    "presenter": (("--presenter",), _keys()),
    "small": ((), _keys("x")),
    "keys": ((), _keys("F1")),
}


def draw(screen: VirtualScreen, folder: Path, flags: tuple[str, ...], act: Act) -> np.ndarray:
    """The window in a mode: (height, width, 3)."""
    source = () if flags and flags[0].endswith(".wav") else ("--source", "demo")
    environment = bare_environment(folder) | screen.environment
    program = Program((*source, *flags, "--no-restore"), environment, folder)
    try:
        window = screen.window_of(program)
        time.sleep(_FULL_S)
        act(window)
        time.sleep(1.5)
        picture = screen.capture()
    finally:
        program.clean_up()
    rows, columns = picture.any(axis=(1, 2)).nonzero()[0], picture.any(axis=(0, 2)).nonzero()[0]
    return picture[: rows[-1] + 1, : columns[-1] + 1]


def main() -> None:
    """Draw and save those that are named, or all."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, VirtualScreen() as screen:
        folder = Path(name)
        soundfile.write(folder / "eight.wav", _eight_channels(), _RATE)
        for mode in sys.argv[1:] or _MODES:
            picture = Image.fromarray(draw(screen, folder, *_MODES[mode]))
            path = _FOLDER / f"{mode}.webp"
            picture.save(path, quality=88, method=6)  # as PNG four times as large
            print(f"{path}: {path.stat().st_size // 1000} kB")


def _eight_channels() -> np.ndarray:
    """Sixty seconds: in each channel a sweep of its own, with its overtones."""
    second = np.arange(60 * _RATE) / _RATE
    channels = []
    for number in range(8):
        hz = 150 * 2 ** (1.5 + 1.5 * np.sin(2 * np.pi * second / (6 + number) + number))
        phase = 2 * np.pi * np.cumsum(hz) / _RATE
        channels.append(sum(0.2 / k * np.sin(k * phase) for k in range(1, 7)))
    noise = np.random.default_rng(1).standard_normal((len(second), 8)) * 1e-3
    return np.stack(channels, axis=1) + noise


if __name__ == "__main__":
    main()
