"""One way to draw the demo signal for some seconds; prints processor time and frames as JSON.

usage: python -m benchmarks.windows.way livespec|widget|recolour|naive
"""

import json
import sys
import time
from dataclasses import replace

import psutil
from PySide6.QtCore import QTimer
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QMainWindow

from livespec.capture.demo import DemoSource
from livespec.display.view import View, view_request
from livespec.display.window.main_window import Ending, MainWindow, Rooms, make_application
from livespec.session.monitor import Monitor
from livespec.settings import Settings

WIDTH, HEIGHT = 870, 570
RATE = 48_000
WARM_UP_S, MEASURED_S = 11, 5  # the picture is full after 10 s


def main():
    way = sys.argv[1]
    application = make_application()
    settings = Settings(source="demo", range=(-100, -20)).at_rate(RATE)
    monitor = Monitor(DemoSource(1.0, RATE), settings, view_request(settings, RATE, WIDTH))
    monitor.start()
    window, frames = {"livespec": livespec, "recolour": recolour, "widget": widget, "naive": naive}[way](monitor)
    window.resize(WIDTH, HEIGHT)
    window.show()
    process = psutil.Process()
    marks = []

    def mark():
        times = process.cpu_times()
        marks.append((time.perf_counter(), times.user + times.system, frames()))

    QTimer.singleShot(WARM_UP_S * 1000, mark)
    QTimer.singleShot((WARM_UP_S + MEASURED_S) * 1000, lambda: (mark(), application.quit()))
    application.exec()
    (t0, cpu0, n0), (t1, cpu1, n1) = marks
    print(json.dumps({"cpu_ms_per_frame": (cpu1 - cpu0) / (n1 - n0) * 1000, "fps": (n1 - n0) / (t1 - t0)}), flush=True)
    monitor.stop()


def livespec(monitor):
    return main_window(monitor), lambda: monitor.view_figures.frames


def main_window(monitor):
    return MainWindow(monitor, Ending(), Rooms(reopen=None, closed=None, save_figure=None, restore=False))


def recolour(monitor):
    window, frames = livespec(monitor)
    paint = window._picture._paint

    def paint_all_anew():
        for waterfall in window._picture._canvas._waterfalls.values():
            if (look := waterfall._look) is not None:
                waterfall._look = look._replace(palette=replace(look.palette))  # as if the colours had changed
        paint()

    window._picture._paint = paint_all_anew
    return window, frames


def widget(monitor):
    from vispy.gloo import gl

    from livespec.display.canvas import Canvas

    class Host(QOpenGLWidget):
        drawn = 0

        def initializeGL(self):
            self.view = View(monitor)
            self.canvas = Canvas()

        def paintGL(self):
            gl.glGetError()  # Qt leaves one behind
            scene, _ = self.view.scene(self.width(), self.height(), 1.0)
            self.canvas.draw(scene)
            self.drawn += 1

    host = Host()
    return _in_main_window(host, host.update), lambda: host.drawn


def naive(monitor):
    import numpy as np
    from vispy import app, scene

    app.use_app("pyside6")
    canvas = scene.SceneCanvas(keys=None, show=False)
    view = canvas.central_widget.add_view()
    store = monitor.analysis.store
    picture = np.full((store.bins, store.capacity), -200, np.float32)
    image = scene.visuals.Image(picture, cmap="viridis", clim=(-100, -20), parent=view.scene)
    view.camera = scene.PanZoomCamera(rect=(0, 0, store.capacity, store.bins))
    state = {"drawn": 0, "end": 0}

    def tick():
        store = monitor.analysis.store
        new = store.cells(max(state["end"], store.end - picture.shape[1]), store.end)
        state["end"] = store.end
        if len(new):
            picture[:, : -len(new)] = picture[:, len(new) :]
            picture[:, -len(new) :] = new.T
        image.set_data(picture)
        canvas.update()

    canvas.events.draw.connect(lambda _event: state.update(drawn=state["drawn"] + 1))
    return _in_main_window(canvas.native, tick), lambda: state["drawn"]


def _in_main_window(central, tick):
    window = QMainWindow()
    window.setCentralWidget(central)
    window.timer = QTimer(window)
    window.timer.timeout.connect(tick)
    window.timer.start(16)
    return window


if __name__ == "__main__":
    main()
