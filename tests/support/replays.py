"""A sound that says at every moment which second of it one sees or hears, and how to read that from the screen."""

from typing import NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array, Float64Array, Uint8Array
from livespec.display.layout import Rect
from livespec.display.text import ensure_application, rasterise
from livespec.display.theme import DARK
from tests.support.on_screen import is_colour, plot_on
from tests.support.signals import chirp

RATE = 48_000
SPAN_S = 3.0
FMAX = 16_000
LOOK = (
    "--colormap",
    "gray",
    "--range",
    "-80,0",
    "--span",
    f"{SPAN_S:g}",
    "--scale",
    "linear",
    "--fmin",
    "0",
    "--no-peaks",
    "--no-restore",
)
LOUD = 128  # of 255: above −40 dBFS
_LOW_HZ, _HIGH_HZ = 1_000.0, 15_000.0


def rising(seconds: float) -> Float32Array:
    """From 1 to 15 kHz, evenly."""
    return chirp(_LOW_HZ, _HIGH_HZ, RATE, round(seconds * RATE), amplitude=0.5)


class Seen(NamedTuple):
    """seconds: of `rising`, one for each pixel column of the plot, NaN where it is dark."""

    plot: Rect
    seconds: Float64Array

    @property
    def edge_s(self) -> float:
        """What stands at the right edge; NaN where it is dark."""
        return float(np.mean(self.seconds[-30:-10]))

    @property
    def left_s(self) -> float:
        return float(np.mean(self.seconds[10:30]))


def seen(picture: Uint8Array, length_s: float) -> Seen | None:
    """What the picture shows of `rising`; None before the first frame."""
    if not is_colour(picture[[30, 45, 700], [5, 1270, 1270]], DARK.background).all():
        return None
    plot = plot_on(picture)
    area = picture[plot.y : plot.y + plot.height, plot.x : plot.x + plot.width, 1].astype(float)
    area[:48, :200] = 0  # banners
    weight = np.where(area > LOUD, area - LOUD, 0.0)
    total = weight.sum(axis=0)
    rows = np.arange(plot.height)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        row = (weight * rows).sum(axis=0) / total
    hz = (plot.height - 0.5 - row) / plot.height * FMAX
    return Seen(plot, (hz - _LOW_HZ) / (_HIGH_HZ - _LOW_HZ) * length_s)


def tick_columns(picture: Uint8Array, plot: Rect) -> list[int]:
    """Where the time axis has ticks: pixel columns of the plot."""
    row = picture[plot.y + plot.height + 3, plot.x : plot.x + plot.width]
    return np.flatnonzero(is_colour(row, DARK.line)).tolist()


def says(picture: Uint8Array, plot: Rect, column: int, text: str) -> bool:
    """Whether this text stands under a tick of the time axis."""
    ensure_application()
    mask = rasterise(text, 13, bold=False).astype(float)[..., None] / 255
    height, width = mask.shape[:2]
    x, y = plot.x + column - width // 2, plot.y + plot.height + 18 - height // 2
    expected = np.array(DARK.background) + mask * (np.array(DARK.text, float) - np.array(DARK.background))
    return bool(np.abs(picture[y : y + height, x : x + width] - expected).max() <= 2)
