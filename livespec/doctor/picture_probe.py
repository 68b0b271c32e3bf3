"""Prints what OpenGL can do on this machine, one finding a line as JSON, and ends: the child behind `picture.py`.

Draws the demo signal without a screen, and compares it with numpy's picture.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from livespec.capture.demo import synthesise_bar
from livespec.core.scales import FrequencyAxis
from livespec.core.stft import Engine
from livespec.display.colormaps import colormap
from livespec.display.headless import HeadlessCanvas
from livespec.display.image import render
from livespec.display.scene import Columns, Frame, Palette, Scene, Shown
from livespec.display.scene_builder import SceneBuilder
from livespec.display.text import ensure_application
from livespec.doctor.finding import Finding, judged
from livespec.session.clock import Timeline
from livespec.session.columns import ColumnStore
from livespec.settings import Settings

_RATE: Final = 48_000
_SIZE: Final = (1280, 800)
_FRAMES: Final = 30
_SPAN_S: Final = 6.0
_FRAME_MS: Final = 50.0  # three of the sixty frames of a second
_ALIKE: Final = 2  # of 255
_UNLIKE_PERCENT: Final = 0.1
_DRIVER: Final = "update the graphics driver; LIBGL_ALWAYS_SOFTWARE=1 draws without it"


def probe() -> Iterator[Finding]:
    """OpenGL, its speed and its exactness."""
    scene = _demo_picture()
    ensure_application()
    try:
        canvas = HeadlessCanvas(*_SIZE)
    except (RuntimeError, OSError) as error:  # no EGL
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        yield Finding("OpenGL without a screen", "absent", reason, "", "pictures are then drawn by numpy")
        return
    try:
        yield from _on_gpu(canvas, scene)
    finally:
        canvas.close()


def _on_gpu(canvas: HeadlessCanvas, scene: Scene) -> Iterator[Finding]:
    from vispy.gloo import gl

    renderer, version, largest = (
        gl.glGetParameter(name) for name in (gl.GL_RENDERER, gl.GL_VERSION, gl.GL_MAX_TEXTURE_SIZE)
    )
    yield Finding("OpenGL renderer", "ok", str(renderer))
    yield Finding("OpenGL version, largest texture", "ok", f"{str(version).split()[0]}, {largest}")
    drawn = canvas.render(scene).astype(int)
    durations = []
    for _ in range(_FRAMES):
        began = time.perf_counter()
        canvas.draw(scene)
        durations.append(1000 * (time.perf_counter() - began))
    size = f"{_SIZE[0]} \N{MULTIPLICATION SIGN} {_SIZE[1]}"
    yield judged(f"a still frame of {size}", float(np.median(durations)), _FRAME_MS, "{:.1f} ms", _DRIVER)
    apart = np.abs(drawn - render(scene)).max(axis=2) > _ALIKE
    yield judged("pixels unlike numpy's picture", 100 * float(apart.mean()), _UNLIKE_PERCENT, "{:.3f} %", _DRIVER)


def _demo_picture() -> Scene:
    engine = Engine(Settings(), _RATE)
    sound = np.concatenate([synthesise_bar(bar, _RATE) for bar in range(4)])
    levels = engine.columns(sliding_window_view(sound, engine.n_fft)[:: engine.hop])
    store = ColumnStore(engine, len(levels) + 8)
    store.append(0, levels[None], np.zeros(len(levels), np.int64))
    frame = Frame(
        *_SIZE, 1.0, "Self-test", "the demo signal", FrequencyAxis("mel", 40.0, 16_000.0),
        Palette(colormap("magma"), -100.0, -20.0), clock=False,
    )  # fmt: skip
    timeline = Timeline(_RATE, live=False)
    end_s = store.centre(store.end - 1) / _RATE
    shown = Shown(Columns.now(store), frame.axis)
    return SceneBuilder().build(frame, [shown], timeline, end_s, _SPAN_S)


if __name__ == "__main__":
    for finding in probe():
        print(json.dumps(asdict(finding)), flush=True)  # noqa: T201 - its answer to the parent
