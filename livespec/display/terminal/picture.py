"""The plots of a `Scene` for a terminal: the reference's pixels, two to a cell, that move by whole columns."""

import math
from dataclasses import replace
from typing import Final

from livespec.core.arrays import Uint8Array
from livespec.display.image import render
from livespec.display.scene import Furniture, Layer, Run, Scene
from livespec.display.theme import AMBER, PITCH
from livespec.display.view import View

_SCALE: Final = 1 / 3  # of what is meant for screens: the pitch line is one pixel thick, margins are small
_ROUNDING: Final = 1e-6
_TRIES: Final = 4  # a higher scene may have headings, and so other margins


class Picture:
    """One thread's."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._around = 0, 0  # pixels of a scene beside and above or below its plots: learnt from those before

    def draw(self, width: int, height: int) -> tuple[Scene, Uint8Array]:
        """A scene whose plots are so large, and their pixels (height, width, 3)."""
        for _ in range(_TRIES):
            scene, _ = self._view.scene(width + self._around[0], height + self._around[1], _SCALE)
            plots = scene.layout.plots
            if (plots.width, plots.height) == (width, height):
                break
            self._around = scene.width - plots.width, scene.height - plots.height
        bare = replace(
            scene,
            layers=tuple(Layer(layer.shown, tuple(_on_columns(run) for run in layer.runs)) for layer in scene.layers),
            # Lines without their edges, which would be as wide as two of them.
            pieces=tuple(piece for piece in scene.pieces if piece.colour in (PITCH, AMBER)),
            graphs=(),
            fixed=Furniture(),
            moving=Furniture(tuple(box for box in scene.moving.boxes if box.hatched)),
            over=Furniture(),
            said=Furniture(),
        )
        return scene, render(bare)[plots.y : plots.y + plots.height, plots.x : plots.x + plots.width]


def _on_columns(run: Run) -> Run:
    """The same run less than a pixel earlier, so that a column shows the same sound as long as it is to be seen.

    Between two frames a picture then stands, or moves by whole columns, which a terminal can do by itself.
    """
    per_px = (run.c1 - run.c0) / (run.t1 - run.t0)
    at = (run.c0 + (0.5 - run.t0) * per_px) / per_px  # of the plot's first pixel, in pixels since cell 0
    earlier = (at - math.floor(at + _ROUNDING)) * per_px
    return run._replace(c0=run.c0 - earlier, c1=run.c1 - earlier)
