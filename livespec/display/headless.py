"""A `Scene` on the GPU without a screen, through vispy's EGL backend."""

import os
from typing import Any

import numpy as np

from livespec.core.arrays import Uint8Array
from livespec.display.scene import Scene


class HeadlessCanvas:
    """Raises `RuntimeError` (or OSError) where there is no EGL, or no float textures."""

    def __init__(self, width: int, height: int) -> None:
        os.environ.setdefault("EGL_PLATFORM", "surfaceless")
        from vispy import app

        from livespec.display.canvas import Canvas
        from livespec.display.painted import has_float_textures

        self._app = app.Application("egl")
        # dpi: not looked for with programs of the X server's, which complain where there is none.
        self._vispy: Any = app.Canvas(size=(width, height), app=self._app, show=False, dpi=96)
        self._vispy.set_current()
        if not has_float_textures():
            raise RuntimeError("this OpenGL has no float textures")
        self.canvas = Canvas()

    def draw(self, scene: Scene) -> None:
        """One frame; returns when the GPU has done it."""
        from vispy.gloo import gl

        self._vispy.set_current()
        self.canvas.draw(scene)
        self._vispy.context.flush_commands()
        gl.glFinish()

    def render(self, scene: Scene) -> Uint8Array:
        """One frame as (height, width, 3) pixels."""
        from vispy import gloo

        self.draw(scene)
        pixels = gloo.read_pixels((0, 0, scene.width, scene.height), alpha=False)
        return np.ascontiguousarray(pixels)

    def close(self) -> None:
        self._vispy.close()
