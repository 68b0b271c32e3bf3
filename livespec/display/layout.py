"""Where everything in the picture is, in device pixels: panes of waterfall, spectra beside them, axes, colour bar.

Time runs to the right, the newest at the right edge, or downwards, the newest at the top. All that is drawn along time
and frequency goes through a `Pane`, so nothing else knows about the two directions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array, Float64Array, Uint32Array

Zone = Literal["plot", "spectrum", "frequency", "time", "levels", "none"]

# Logical pixels.
_LEFT, _TOP, _RIGHT, _BOTTOM = 72, 44, 96, 34
_LEFT_OF_TIMES: Final = 96  # of the longest, as 16:41:17.05
_BARE_TOP: Final = 12
_SPECTRUM: Final = 128
_SPECTRUM_APART: Final = 8
_SPECTRUM_FROM: Final = 620  # narrower windows have none
_BAR_APART, _BAR = 16, 14
_PIANO: Final = 14
_BETWEEN: Final = 8
_LEAST: Final = 16
_HIGH_ENOUGH: Final = 220  # lower windows have no headings


class Rect(NamedTuple):
    """Device pixels from the left and from the top."""

    x: int
    y: int
    width: int
    height: int

    def holds(self, x: float, y: float) -> bool:
        """Whether a place is inside."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height

    def meets(self, other: "Rect") -> bool:
        """Whether they have a place in common."""
        beside = self.x + self.width <= other.x or other.x + other.width <= self.x
        return not (beside or self.y + self.height <= other.y or other.y + other.height <= self.y)

    def within(self, other: "Rect") -> "Rect":
        """Moved into another, at least with its upper left corner."""
        x = max(min(self.x, other.x + other.width - self.width), other.x)
        y = max(min(self.y, other.y + other.height - self.height), other.y)
        return self._replace(x=x, y=y)

    def grown(self, left: int, top: int, right: int, bottom: int) -> "Rect":
        """With so much more at each side."""
        return Rect(self.x - left, self.y - top, self.width + left + right, self.height + top + bottom)


@dataclass(frozen=True)
class Pane:
    """The waterfall of one channel. Along time, 0 is its oldest edge; along frequency, 0 its lowest.

    spectrum: where the spectrum beside it is drawn, None where there is no room.
    """

    area: Rect
    downwards: bool = False
    channel: int = 0
    label: str = ""
    spectrum: Rect | None = None

    @property
    def time_px(self) -> int:
        return self.area.height if self.downwards else self.area.width

    @property
    def frequency_px(self) -> int:
        return self.area.width if self.downwards else self.area.height

    def box(self, time: float, frequency: float, time_px: float, frequency_px: float) -> Rect:
        """A stretch along both as a rectangle of the screen."""
        x, y, width, height = self.boxes(np.array([[time, frequency, time_px, frequency_px]]))[0].round().astype(int)
        return Rect(int(x), int(y), int(width), int(height))

    def boxes(self, stretches: Float64Array | Float32Array) -> Float32Array:
        """(n, 4) time, frequency, lengths along both → (n, 4) x, y, width, height."""
        time, frequency, time_px, frequency_px = np.asarray(stretches).T
        area = self.area
        if self.downwards:
            out = [area.x + frequency, area.y + area.height - time - time_px, frequency_px, time_px]
        else:
            out = [area.x + time, area.y + area.height - frequency - frequency_px, time_px, frequency_px]
        return np.stack(out, axis=1).astype(np.float32)

    def upright(self, spectrum: Uint32Array) -> Uint32Array:
        """(frequencies, levels), the lowest first → (height, width) of the spectrum on the screen."""
        return (spectrum.T if self.downwards else spectrum)[::-1]

    @property
    def spectrum_px(self) -> int:
        """Pixels from the lowest level to the highest."""
        assert self.spectrum is not None
        return self.spectrum.height if self.downwards else self.spectrum.width

    def time_at(self, x: float, y: float) -> float:
        """Pixels from the oldest edge."""
        return self.area.y + self.area.height - y - 0.5 if self.downwards else x + 0.5 - self.area.x

    def row_at(self, x: float, y: float) -> int:
        """The row of a pixel, 0 at the lowest frequency."""
        return int(x - self.area.x) if self.downwards else int(self.area.y + self.area.height - 1 - y)


@dataclass(frozen=True)
class Layout:
    """plots: what all panes cover together; bar: of colours; pianos: keys of each pane; headings: if there are any."""

    panes: tuple[Pane, ...]
    plots: Rect
    bar: Rect
    pianos: tuple[Rect, ...]
    headings: bool

    @property
    def downwards(self) -> bool:
        return self.panes[0].downwards

    def pane_at(self, x: float, y: float) -> Pane | None:
        """The pane under a place."""
        return next((pane for pane in self.panes if pane.area.holds(x, y)), None)

    def nearest_pane(self, x: float, y: float) -> Pane:
        """The pane under or beside a place."""

        def away(pane: Pane) -> float:
            middle = pane.area.y + pane.area.height / 2, pane.area.x + pane.area.width / 2
            return abs(x - middle[1]) if self.downwards else abs(y - middle[0])

        return min(self.panes, key=away)

    def zone(self, x: float, y: float, scale: float) -> Zone:
        """What a place belongs to."""
        px = scaler(scale)
        if self.pane_at(x, y) is not None:
            return "plot"
        if any(pane.spectrum is not None and pane.spectrum.holds(x, y) for pane in self.panes):
            return "spectrum"
        if self.bar.grown(px(6), px(10), px(60), px(10)).holds(x, y):
            return "levels"
        left_of, below = x < self.plots.x, y >= self.plots.y + self.plots.height
        if left_of != below and (left_of or x < self.plots.x + self.plots.width):
            return "frequency" if left_of != self.downwards else "time"
        return "none"


@dataclass(frozen=True)
class Wanted:
    """What a layout must have room for. panes: channels' labels."""

    panes: tuple[str, ...] = ("",)
    downwards: bool = False
    spectrum: bool = False
    piano: bool = False


def layout_of(width: int, height: int, scale: float, wanted: Wanted) -> Layout:
    """The layout of a canvas of so many device pixels; scale: of them in a logical one."""
    px = scaler(scale)
    headings = height >= px(_HIGH_ENOUGH)
    left = px(_LEFT_OF_TIMES if wanted.downwards else _LEFT)
    top, right, bottom = px(_TOP if headings else _BARE_TOP), px(_RIGHT), px(_BOTTOM)
    beside = px(_SPECTRUM) + px(_SPECTRUM_APART)
    spectrum = wanted.spectrum and (height if wanted.downwards else width) >= px(_SPECTRUM_FROM) * (
        0.6 if wanted.downwards else 1
    )
    keys = px(_PIANO) if wanted.piano else 0
    if wanted.downwards:
        top += beside if spectrum else 0
        bottom += keys
    else:
        right += beside if spectrum else 0
        left += keys
    plots = Rect(left, top, max(_LEAST, width - left - right), max(_LEAST, height - top - bottom))
    bar_y, bar_height = plots.y, plots.height
    if wanted.downwards and spectrum:
        bar_y, bar_height = plots.y - beside, plots.height + beside
    bar = Rect(
        width - right + px(_BAR_APART) + (beside if spectrum and not wanted.downwards else 0),
        bar_y,
        px(_BAR),
        bar_height,
    )
    panes, pianos = [], []
    for number, (label, area) in enumerate(zip(wanted.panes, _split(plots, wanted, px(_BETWEEN)), strict=True)):
        where = None
        if spectrum and wanted.downwards:
            where = Rect(area.x, plots.y - beside, area.width, px(_SPECTRUM))
        elif spectrum:
            where = Rect(plots.x + plots.width + px(_SPECTRUM_APART), area.y, px(_SPECTRUM), area.height)
        panes.append(Pane(area, wanted.downwards, number, label, where))
        if wanted.piano:
            down, beyond = wanted.downwards, area.y + area.height
            pianos.append(
                Rect(area.x, beyond, area.width, keys) if down else Rect(area.x - keys, area.y, keys, area.height)
            )
    return Layout(tuple(panes), plots, bar, tuple(pianos), headings)


def _split(plots: Rect, wanted: Wanted, between: int) -> list[Rect]:
    """Panes one over the other, or side by side where time runs downwards."""
    count = len(wanted.panes)
    whole = plots.width if wanted.downwards else plots.height
    between = min(between, max(0, (whole - _LEAST * count) // max(1, count)))
    edges = [round(n * (whole + between) / count) for n in range(count + 1)]
    out = []
    for start, stop in pairwise(edges):
        length = max(1, stop - start - between)
        if wanted.downwards:
            out.append(Rect(plots.x + start, plots.y, length, plots.height))
        else:
            out.append(Rect(plots.x, plots.y + start, plots.width, length))
    return out


def scaler(scale: float) -> Callable[[float], int]:
    """Logical pixels → device pixels, at least one."""
    return lambda logical: max(1, round(logical * scale))
