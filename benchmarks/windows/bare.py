"""The least that opens a Qt + vispy window: prints the milliseconds from process start to its first frame."""

import os
import time

import psutil
from vispy import app, gloo

app.use_app("pyside6")


class Bare(app.Canvas):
    """Clears once and ends."""

    def on_draw(self, _event):
        gloo.clear("black")
        self.context.flush_commands()
        self.swap_buffers()
        print((time.time() - psutil.Process().create_time()) * 1000, flush=True)
        os._exit(0)


canvas = Bare(size=(1280, 800), show=True)
canvas.app.run()
