"""The window on the demo signal, as OpenGL draws it, against numpy's drawing of the same scenes; as JSON, a line each.

usage: python -m tests.support.window_pixels SECONDS
"""

import json
import sys

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage

from livespec.capture.demo import DemoSource
from livespec.display.image import render
from livespec.display.view import view_request
from livespec.display.window.main_window import Ending, MainWindow, Rooms, make_application
from livespec.session.monitor import Monitor
from livespec.settings import Settings

RATE, WIDTH, HEIGHT = 48_000, 900, 600


def main():
    application = make_application()
    settings = Settings(source="demo", range=(-100, -20), span=2.0).at_rate(RATE)
    monitor = Monitor(DemoSource(1.0, RATE), settings, view_request(settings, RATE, WIDTH))
    monitor.start()
    window = MainWindow(monitor, Ending(), Rooms(reopen=None, closed=None, save_figure=None, restore=False))
    window.resize(WIDTH, HEIGHT)
    window.show()

    def compare():
        drawn = pixels_of(window._picture.snapshot())  # draws a frame of its own
        scene = window._view.scene_shown
        apart = np.abs(drawn.astype(int) - render(scene)).max(axis=2)
        capacity = scene.layers[-1].shown.columns.store.capacity
        seam = any(run.c0 // capacity != run.c1 // capacity for run in scene.runs)
        print(json.dumps({"unlike": float((apart > 2).mean()), "seam": seam}), flush=True)

    timer = QTimer()
    timer.timeout.connect(compare)
    timer.start(250)
    QTimer.singleShot(round(1000 * float(sys.argv[1])), lambda: (timer.stop(), window.close()))
    application.exec()
    monitor.stop()


def pixels_of(image):
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()  # the image goes


if __name__ == "__main__":
    main()
