"""Time of a frame without a screen, through EGL, the wait for the GPU included: livespec's canvas, and vispy's Image.

Both scroll the same columns, two in a frame, and take turns; what each draws is finished when its time is taken.
"""

import time

import numpy as np

from livespec.core.stft import Engine
from livespec.display.headless import HeadlessCanvas
from livespec.display.scene import Columns, Shown
from livespec.display.scene_builder import SceneBuilder
from livespec.display.text import ensure_application
from livespec.settings import Settings
from tests.support.pictures import RATE, Picture, noisy_levels

SIZES = ((870, 570), (1920, 1080), (3840, 2160))
SPAN_S, COLUMNS, WARM_UP, FRAMES = 10.0, 2, 30, 150
ENGINE = Engine(Settings().at_rate(RATE), RATE)


def run():
    ensure_application()
    table = {}
    print(f"headless: {renderer()}; milliseconds of a frame, p50 and p95")
    print(f"{'':<14} {'livespec':>16} {'vispy Image':>16} {'livespec/this':>14}")
    for width, height in SIZES:
        ways = {"livespec": livespec(width, height), "vispy": naive(width, height)}
        taken = {way: [] for way in ways}
        for number in range(WARM_UP + FRAMES):
            levels = noisy_levels(COLUMNS, number, ENGINE.bins)
            for way, draw in ways.items():
                began = time.perf_counter()
                draw(levels)
                taken[way].append(time.perf_counter() - began)
        p50, p95 = ({way: 1e3 * np.percentile(taken[way][WARM_UP:], p) for way in ways} for p in (50, 95))
        ours, theirs = (f"{p50[way]:>9.2f} {p95[way]:>6.2f}" for way in ways)
        print(f"{f'{width} × {height}':<14} {ours} {theirs} {p50['livespec'] / p50['vispy']:>14.2f}")
        table[f"{width}x{height}"] = {"p50_ms": p50, "p95_ms": p95, "ratio": p50["livespec"] / p50["vispy"]}
    return table


def renderer():
    from vispy.gloo import gl

    canvas = HeadlessCanvas(16, 16)
    name = gl.glGetParameter(gl.GL_RENDERER)
    canvas.close()
    return name


def livespec(width, height):
    picture = Picture(width, height, span_s=SPAN_S, engine=ENGINE)
    picture.add(noisy_levels(1000, bins=ENGINE.bins))
    canvas = HeadlessCanvas(width, height)
    frame, builder = picture.frame(), SceneBuilder()

    def draw(levels):
        picture.add(levels)
        shown = Shown(Columns.now(picture.store), picture.axis, picture.quantity)
        end_s = picture.timeline.seconds_at(picture.store.centre(picture.columns / picture.pooled - 1))
        canvas.draw(builder.build(frame, [shown], picture.timeline, end_s, SPAN_S))

    return draw


def naive(width, height):
    from vispy import app, scene
    from vispy.gloo import gl

    canvas = scene.SceneCanvas(size=(width, height), app=app.Application("egl"), show=False, dpi=96)
    view = canvas.central_widget.add_view()
    store = Picture(width, height, span_s=SPAN_S, engine=ENGINE).store
    levels = np.full((store.bins, store.capacity), -200, np.float32)
    image = scene.visuals.Image(levels, cmap="magma", clim=(-100, 0), parent=view.scene)
    view.camera = scene.PanZoomCamera(rect=(0, 0, store.capacity, store.bins))

    def draw(new):
        canvas.set_current()
        levels[:, : -len(new)] = levels[:, len(new) :]
        levels[:, -len(new) :] = new.T
        image.set_data(levels)
        canvas.events.draw()
        canvas.context.flush_commands()
        gl.glFinish()

    return draw
