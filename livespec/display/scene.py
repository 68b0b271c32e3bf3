"""One frame as a value: what is where, in device pixels, y downwards. Both renderers draw exactly this."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array, Int64Array, Uint8Array, Uint32Array
from livespec.core.quantity import RAW, LevelQuantity
from livespec.display.layout import Layout, Rect, Wanted, layout_of
from livespec.display.theme import DARK, LINE_EDGE, Colour, Theme
from livespec.session.columns import ColumnStore
from livespec.session.picture import PictureAxis

HATCH_PERIOD_PX: Final = 8
HATCH_STROKE_PX: Final = 2
LINE_EDGE_PX: Final = 1
APART: Final = "  ·  "  # settings in the subtitle
LONGEST_LABEL_PX: Final = 1024  # device pixels: what the atlas of labels takes


class Box(NamedTuple):
    """A filled rectangle; hatched ones show a gap."""

    x: int
    y: int
    width: int
    height: int
    colour: Colour
    hatched: bool = False


class Label(NamedTuple):
    """One line of text; y is its middle."""

    text: str
    x: int
    y: int
    anchor: Literal["left", "centre", "right"]
    size_px: int
    colour: Colour
    bold: bool = False

    def left(self, width: int) -> int:
        """Where it begins, when its mask is so wide."""
        return self.x - {"left": 0, "centre": width // 2, "right": width}[self.anchor]


class Run(NamedTuple):
    """A stretch of the waterfall without a hole: at t0 the (fractional) cell c0, at t1 the cell c1.

    t0, t1: pixels from the oldest edge of a pane; first, last: the cells that it may show.
    """

    t0: float
    t1: float
    c0: float
    c1: float
    first: int
    last: int

    def cell_at(self, t: float) -> float:
        """The cell (fractional) at a pixel."""
        return self.c0 + (t - self.t0) * (self.c1 - self.c0) / (self.t1 - self.t0)


class Columns(NamedTuple):
    """The cells oldest … end − 1 of a store: what a frame may show, though the store goes on."""

    store: ColumnStore
    oldest: int
    end: int

    @classmethod
    def now(cls, store: ColumnStore, seam: int = 0) -> "Columns":
        """What the store holds at this moment, from position `seam` on."""
        end = store.end
        return cls(store, max(store.oldest, -(-seam // (store.hop * store.pooled))), end)


class Shown(NamedTuple):
    """Columns and how they are drawn. hold: as they stand, without what has come in since."""

    columns: Columns
    axis: PictureAxis
    quantity: LevelQuantity = RAW
    hold: bool = False


class Layer(NamedTuple):
    """What is shown, and where along time."""

    shown: Shown
    runs: tuple[Run, ...]


class Pieces(NamedTuple):
    """Rectangles (n, 4) x, y, width, height of one colour, whole pixels."""

    rectangles: Float32Array
    colour: Colour


def edged(rectangles: Float32Array, colour: Colour) -> tuple[Pieces, ...]:
    """Lines with a dark edge, that can be seen over every colour; none where there are no rectangles."""
    if not len(rectangles):
        return ()
    edge = np.array([-1, -1, 2, 2], np.float32) * LINE_EDGE_PX
    return Pieces(rectangles + edge, LINE_EDGE), Pieces(rectangles, colour)


class Graph(NamedTuple):
    """A drawing that fills a rectangle. pixels: (height, width), each as `pixels_of` makes it of a colour."""

    area: Rect
    pixels: Uint32Array


@dataclass(frozen=True)
class Furniture:
    """Boxes, then labels over them."""

    boxes: tuple[Box, ...] = ()
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, eq=False)
class Palette:
    """How levels become colours: (256, 3) from `low` to `high`, in the unit of the quantity shown.

    Each is itself alone: arrays do not compare.
    """

    colours: Uint8Array
    low: float
    high: float

    def indices(self, levels: Float32Array) -> Int64Array:
        """Which colour each level has; the first where there is none (NaN)."""
        share = (levels - np.float32(self.low)) / np.float32(self.high - self.low)
        share = np.fmin(np.fmax(share, 0), 1)  # unlike clip, these take the number where the other is none
        index: Int64Array = np.floor(share * np.float32(len(self.colours) - 1) + np.float32(0.5)).astype(np.int64)
        return index


@dataclass(frozen=True)
class Scene:
    """A frame. From below: backdrop, layers, pieces, graphs, and the furniture: moving, fixed, over, said.

    `backdrop`, `fixed` and `said` are the same objects from frame to frame as long as nothing in them changes.
    layers: the later over the earlier; pieces: lines over the waterfall; graphs: the spectra; said: what must not be
    missed. start_s, span_s: the stretch of the session that is shown.
    """

    width: int
    height: int
    layout: Layout
    theme: Theme
    palette: Palette
    layers: tuple[Layer, ...]
    start_s: float
    span_s: float
    backdrop: tuple[Pieces, ...]
    pieces: tuple[Pieces, ...]
    moving: Furniture
    fixed: Furniture
    over: Furniture = Furniture()
    said: Furniture = Furniture()
    graphs: tuple[Graph, ...] = ()

    @property
    def plot(self) -> Rect:
        """The first pane's."""
        return self.layout.panes[0].area

    @property
    def axis(self) -> PictureAxis:
        """Of the topmost layer."""
        return self.layers[-1].shown.axis

    @property
    def quantity(self) -> LevelQuantity:
        """Of the topmost layer."""
        return self.layers[-1].shown.quantity

    @property
    def runs(self) -> tuple[Run, ...]:
        """Of the topmost layer."""
        return self.layers[-1].runs


@dataclass(frozen=True)
class Banner:
    """A word over the picture that must not be missed."""

    text: str
    colour: Colour


@dataclass(frozen=True)
class Frame:
    """What does not change from one frame to the next: size, title, axes, colours, banners.

    width, height: device pixels; scale: device pixels a logical pixel. clock: clock times on the time axis, else time
    from the start. lap_s: length of a sound that can be jumped about in and repeated, whose own time is `ahead_s` ahead
    of the session's. automatic: the range follows the sound; held: the colour bar is being looked at.
    """

    width: int
    height: int
    scale: float
    title: str
    subtitle: str
    axis: PictureAxis
    palette: Palette
    quantity: LevelQuantity = RAW
    theme: Theme = DARK
    wanted: Wanted = field(default_factory=Wanted)
    grid: bool = False
    automatic: bool = False
    grips: bool = False
    clock: bool = True
    lap_s: float | None = None
    ahead_s: float = 0.0
    recorded_s: int | None = None
    banners: tuple[Banner, ...] = ()

    @cached_property
    def layout(self) -> Layout:
        """Where everything is."""
        return layout_of(self.width, self.height, self.scale, self.wanted)
