"""The plot of a `Scene` for a terminal: the reference's pixels, two to a cell, that move by whole columns."""

import math
from dataclasses import replace
from typing import Final

from livespec.core.arrays import Uint8Array
from livespec.display.image import render
from livespec.display.scene import PITCH, Furniture, Rect, Run, Scene
from livespec.display.view import View

_SCALE: Final = 1 / 3  # of what is meant for screens: the pitch line is one pixel thick, margins are small
_ROUNDING: Final = 1e-6


class Picture:
    """One thread's. bin_hz: of the engine."""

    def __init__(self, view: View, bin_hz: float) -> None:
        self._view, self._bin_hz = view, bin_hz
        self._around = 0, 0  # pixels of a scene beside and above or below its plot: learnt from the first

    def draw(self, width: int, height: int) -> tuple[Scene, Uint8Array]:
        """A scene whose plot is so large, and the plot's pixels (height, width, 3)."""
        scene, columns = self._view.scene(width + self._around[0], height + self._around[1], _SCALE)
        plot = scene.plot
        if (plot.width, plot.height) != (width, height):
            self._around = scene.width - plot.width, scene.height - plot.height
            scene, columns = self._view.scene(width + self._around[0], height + self._around[1], _SCALE)
            plot = scene.plot
        bare = replace(
            scene,
            runs=tuple(_on_columns(run, plot) for run in scene.runs),
            pitch=scene.pitch[:0],
            fixed=Furniture(),
            moving=Furniture(tuple(box for box in scene.moving.boxes if box.hatched)),
            over=Furniture(),
        )
        pixels = render(bare, columns.store, self._bin_hz)
        for x, y, across, high in scene.pitch.astype(int):  # without its edge, which would be as wide as two of it
            pixels[y : y + high, x : x + across] = PITCH
        return scene, pixels[plot.y : plot.y + plot.height, plot.x : plot.x + plot.width]


def _on_columns(run: Run, plot: Rect) -> Run:
    """The same run less than a pixel earlier, so that a column shows the same sound as long as it is to be seen.

    Between two frames a picture then stands, or moves by whole columns, which a terminal can do by itself.
    """
    per_px = (run.c1 - run.c0) / (run.x1 - run.x0)
    at = (run.c0 + (plot.x + 0.5 - run.x0) * per_px) / per_px  # of the plot's first pixel, in pixels since cell 0
    earlier = (at - math.floor(at + _ROUNDING)) * per_px
    return run._replace(c0=run.c0 - earlier, c1=run.c1 - earlier)
