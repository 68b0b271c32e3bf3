"""Changes settings in livespec's window after a minute of the demo signal; prints as JSON how long each took."""

import json
import time

from PySide6.QtCore import QTimer

from benchmarks.windows.way import RATE, main_window
from livespec.capture.demo import DemoSource
from livespec.display.view import view_request
from livespec.display.window.main_window import make_application
from livespec.session.monitor import Monitor
from livespec.settings import Settings

SPAN_S = 60
CHANGES = (
    {"n_fft": 8192},
    {"hop": 512},
    {"window": "blackmanharris"},
    {"averaging": "mean:4"},
    {"n_fft": 2048},
    {"averaging": "off"},
    {"picture": "mel"},
    {"picture": "spectrum"},
    {"multiresolution": True},
    {"multiresolution": False},
    {"scale": "log"},
    {"range": (-90, -30)},
    {"colormap": "viridis"},
    {"weighting": "A"},
    {"fmax": 8000.0},
)
OF_DRAWING = {"scale", "range", "colormap", "weighting", "fmax"}
BETWEEN_S = 1.5


class Changes:
    """One after another; looks at every frame that is shown."""

    def __init__(self, monitor, window, application):
        self.monitor, self.window, self.application = monitor, window, application
        self.left, self.times = list(CHANGES), {}
        self.asked, self.frames = None, 0
        window._picture.frameSwapped.connect(self.shown)
        QTimer.singleShot((SPAN_S + 2) * 1000, self.next)

    def next(self):
        if not self.left:
            self.application.quit()
            return
        change = self.left.pop(0)
        self.name = ", ".join(f"{key} {value}" for key, value in change.items())
        self.before, self.of_drawing = self.monitor.analysis.store, set(change) <= OF_DRAWING
        self.first = None
        self.asked = time.perf_counter()
        self.window._panels.view.change(**change)

    def shown(self):
        if self.asked is None:
            return
        now = (time.perf_counter() - self.asked) * 1000
        there = self.of_drawing or self.window._picture._store_shown is not self.before
        if there and self.first is None:
            self.first = now
        if there and not self.monitor.analysis.filling:
            self.times[self.name] = {"first_ms": self.first, "complete_ms": now}
            self.asked = None
            QTimer.singleShot(round(BETWEEN_S * 1000), self.next)


def main():
    application = make_application()
    settings = Settings(source="demo", span=SPAN_S, range=(-100, -20)).at_rate(RATE)
    monitor = Monitor(DemoSource(1.0, RATE), settings, view_request(settings, RATE, 1000))
    monitor.start()
    window = main_window(monitor)
    window.show()
    changes = Changes(monitor, window, application)
    application.exec()
    if window.failure is not None:
        raise window.failure
    print(json.dumps({"changes": changes.times, "skipped_columns": monitor.analysis.skipped_columns}), flush=True)
    monitor.stop()


if __name__ == "__main__":
    main()
