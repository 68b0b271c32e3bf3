"""One frame as a value: what is where, in device pixels, y downwards. Both renderers draw exactly this."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array, Uint8Array
from livespec.core.quantity import RAW, LevelQuantity
from livespec.display.axes import lap_ticks, level_ticks, picture_ticks, time_ticks
from livespec.session.clock import Timeline
from livespec.session.columns import ColumnStore
from livespec.session.picture import PictureAxis

Colour = tuple[int, int, int]

# A dark theme made for the colour maps; text on background has a contrast of 11 : 1, faint text 5.6 : 1.
BACKGROUND: Final[Colour] = (14, 17, 22)
EMPTY: Final[Colour] = (20, 24, 31)
LINE: Final[Colour] = (72, 82, 96)
FAINT: Final[Colour] = (139, 149, 161)
TEXT: Final[Colour] = (205, 213, 222)
STRONG: Final[Colour] = (240, 244, 248)
GAP: Final[Colour] = (38, 44, 54)
GAP_STROKE: Final[Colour] = (88, 98, 114)
PITCH: Final[Colour] = (64, 224, 255)
PITCH_EDGE: Final[Colour] = (8, 20, 28)
AMBER: Final[Colour] = (255, 193, 69)
RED: Final[Colour] = (229, 83, 75)

HATCH_PERIOD_PX: Final = 8
HATCH_STROKE_PX: Final = 2
PITCH_EDGE_PX: Final = 1
_PITCH_PX: Final = 3
_PITCH_STEP: Final = 0.08  # of the plot's height: where the next pitch is further away the line breaks

# Mean widths of a character, for what must fit; the exact width is known only where glyphs are made.
_TITLE_CHARACTER_PX: Final = 9.8
_BANNER_CHARACTER_PX: Final = 8.4
_TEXT_CHARACTER_PX: Final = 6.8
_HEADINGS_APART_PX: Final = 24
LONGEST_LABEL_PX: Final = 1024  # device pixels: what the atlas of labels takes


def unit_colour(colour: Colour) -> tuple[float, float, float]:
    """0 … 255 as 0 … 1, for the GPU."""
    red, green, blue = colour
    return red / 255, green / 255, blue / 255


class Rect(NamedTuple):
    """Device pixels from the left and from the top."""

    x: int
    y: int
    width: int
    height: int


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
    """A stretch of the waterfall without a hole: at x0 the (fractional) cell c0, at x1 the cell c1.

    first, last: the cells that it may show.
    """

    x0: float
    x1: float
    c0: float
    c1: float
    first: int
    last: int


class Columns(NamedTuple):
    """The cells oldest … end − 1 of a store: what a frame may show, though the store goes on."""

    store: ColumnStore
    oldest: int
    end: int

    @classmethod
    def now(cls, store: ColumnStore, seam: int = 0) -> "Columns":
        """What the store holds at this moment, from position `seam` on."""
        end = store.end
        return cls(store, max(0, end - store.capacity, -(-seam // (store.hop * store.pooled))), end)


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


@dataclass(frozen=True)
class Scene:
    """A frame. `fixed` is the same object from frame to frame as long as nothing in it changes.

    pitch: (n, 4) x, y, width, height of the line's pieces, drawn over the waterfall with an edge around them.
    """

    width: int
    height: int
    plot: Rect
    axis: PictureAxis
    palette: Palette
    quantity: LevelQuantity
    runs: tuple[Run, ...]
    pitch: Float32Array
    fixed: Furniture
    moving: Furniture
    over: Furniture = Furniture()


@dataclass(frozen=True)
class Banner:
    """A word over the picture that must not be missed."""

    text: str
    colour: Colour


@dataclass(frozen=True)
class Frame:
    """What does not change from one frame to the next: size, title, axes, colours, banners.

    width, height: device pixels; scale: device pixels a logical pixel. clock: clock times on the time axis,
    else time from the start. lap_s: length of a sound that can be jumped about in and repeated, whose own time is
    `ahead_s` ahead of the session's.
    """

    width: int
    height: int
    scale: float
    title: str
    subtitle: str
    axis: PictureAxis
    palette: Palette
    quantity: LevelQuantity = RAW
    clock: bool = True
    lap_s: float | None = None
    ahead_s: float = 0.0
    banners: tuple[Banner, ...] = ()


class SceneBuilder:
    """Turns a `Frame` and a moment into a `Scene`; keeps the furniture of the last frame."""

    def __init__(self) -> None:
        self._frame: Frame | None = None
        self._fixed = Furniture()

    def build(self, frame: Frame, columns: Columns, timeline: Timeline, end_s: float, span_s: float) -> Scene:
        """The picture whose right edge is at `end_s`."""
        if frame is not self._frame:
            self._frame, self._fixed = frame, _furniture(frame)
        plot = plot_area(frame)
        start_s = end_s - span_s
        to_x = _linear(start_s, span_s, plot)
        origin = timeline.start_wall_time if frame.clock else None
        marks, times = _time_marks(frame, plot, start_s, span_s, origin)
        runs = waterfall_runs(columns, timeline, plot, to_x)
        return Scene(
            width=frame.width,
            height=frame.height,
            plot=plot,
            axis=frame.axis,
            palette=frame.palette,
            quantity=frame.quantity,
            runs=runs,
            pitch=pitch_line(columns.store, runs, frame, plot),
            fixed=self._fixed,
            moving=Furniture((*_holes(timeline, plot, to_x), *marks), times),
        )


def plot_area(frame: Frame) -> Rect:
    """Where the waterfall is."""
    px = _scaler(frame.scale)
    left, top, right, bottom = px(72), px(44), px(96), px(34)
    return Rect(left, top, max(16, frame.width - left - right), max(16, frame.height - top - bottom))


def waterfall_runs(columns: Columns, timeline: Timeline, plot: Rect, to_x: Callable[[float], float]) -> tuple[Run, ...]:
    """The visible stretches of columns between the gaps."""
    store, oldest, end = columns
    if end == 0:
        return ()
    rate = timeline.samplerate
    cuts = [(0, 0)]
    lost = 0
    for gap in timeline.gaps:
        lost += gap.samples
        cuts.append((gap.position, lost))
    runs = []
    for (position, lost), following in zip(cuts, [*cuts[1:], None], strict=True):
        first = max(oldest, int(np.ceil(store.cell_at(position))))
        last = end - 1
        if following is not None:
            last = min(last, int(np.ceil(store.cell_at(following[0]))) - 1)
        if last < first:
            continue

        def cell_x(cell: float, lost: int = lost) -> float:
            return to_x((store.centre(cell) + lost) / rate)

        x0, x1 = cell_x(first - 0.5), cell_x(last + 0.5)
        left, right = max(x0, plot.x), min(x1, plot.x + plot.width)
        if right <= left:
            continue
        per_px = (last + 1 - first) / (x1 - x0)
        c0 = first - 0.5 + (left - x0) * per_px
        runs.append(Run(left, right, c0, c0 + (right - left) * per_px, first, last))
    return tuple(runs)


def pitch_line(store: ColumnStore, runs: tuple[Run, ...], frame: Frame, plot: Rect) -> Float32Array:
    """(n, 4): a piece for each cell that has a pitch on the axis, as high as what lies between it and its neighbour."""
    pieces = [np.empty((0, 4), np.float32)]
    thick = frame.scale * _PITCH_PX
    for run in runs:
        first, stop = int(max(run.first, run.c0)), min(run.last, int(run.c1)) + 1
        hz = store.pitch_hz(first, stop)
        voiced = np.isfinite(hz)
        if not voiced.any():
            continue
        place = frame.axis.place(np.where(voiced, hz, 1.0))
        y = plot.y + plot.height * (1 - place)
        near = voiced & np.roll(voiced, -1) & (np.abs(np.roll(y, -1) - y) < _PITCH_STEP * plot.height)
        near[-1] = False
        following = np.where(near, np.roll(y, -1), y)
        px_per_cell = (run.x1 - run.x0) / (run.c1 - run.c0)
        # On whole pixels, where both renderers agree.
        edges = np.clip(run.x0 + (np.arange(first, stop + 1) - 0.5 - run.c0) * px_per_cell, run.x0, run.x1).round()
        top = (np.minimum(y, following) - thick / 2).round()
        bottom = (np.maximum(y, following) + thick / 2).round()
        piece = np.stack([edges[:-1], top, np.diff(edges), bottom - top], axis=1)
        inside = voiced & (place >= 0) & (place <= 1) & (top >= plot.y) & (top + piece[:, 3] <= plot.y + plot.height)
        pieces.append(piece[inside].astype(np.float32))
    return np.concatenate(pieces)


def grown(pieces: Float32Array, px: float) -> Float32Array:
    """Rectangles (n, 4) with so much around them."""
    return pieces + np.array([-px, -px, 2 * px, 2 * px], np.float32)


def _holes(timeline: Timeline, plot: Rect, to_x: Callable[[float], float]) -> list[Box]:
    boxes = []
    for start, end in timeline.holes():
        left = max(plot.x, round(to_x(start)))
        right = min(plot.x + plot.width, round(to_x(end)))
        if right > left:
            boxes.append(Box(left, plot.y, right - left, plot.height, GAP, hatched=True))
    return boxes


def _time_marks(
    frame: Frame, plot: Rect, start_s: float, span_s: float, origin: float | None
) -> tuple[list[Box], tuple[Label, ...]]:
    px = _scaler(frame.scale)
    bottom = plot.y + plot.height
    boxes, labels = [], []
    unit_from = frame.width - px(24) - px(_TEXT_CHARACTER_PX * len(frame.quantity.unit))
    if frame.lap_s is None:
        ticks = time_ticks(start_s, span_s, origin, plot.width, px(96))
    else:
        ticks = lap_ticks(start_s + frame.ahead_s, span_s, frame.lap_s, plot.width, px(96))
    for place, text in ticks:
        x = plot.x + min(round(place * plot.width), plot.width - 1)
        boxes.append(Box(x, bottom, px(1), px(6), LINE))
        if x + px(_TEXT_CHARACTER_PX * len(text) / 2) < unit_from:
            labels.append(Label(text, x, bottom + px(18), "centre", px(13), TEXT))
    return boxes, tuple(labels)


def _furniture(frame: Frame) -> Furniture:
    px = _scaler(frame.scale)
    plot = plot_area(frame)
    bottom = plot.y + plot.height
    boxes: list[Box] = []
    labels = _headings(frame, plot)
    for place, text in picture_ticks(frame.axis, plot.height, px(26)):
        y = bottom - 1 - min(int(place * plot.height), plot.height - 1)
        boxes.append(Box(plot.x - px(6), y, px(6), px(1), LINE))
        labels.append(Label(text, plot.x - px(10), y, "right", px(13), TEXT))
    bar = Rect(plot.x + plot.width + px(16), plot.y, px(14), plot.height)
    boxes += _colour_bar(frame.palette, bar)
    palette = frame.palette
    for place, text in level_ticks(palette.low, palette.high, bar.height, px(40)):
        y = bottom - 1 - min(int(place * bar.height), bar.height - 1)
        boxes.append(Box(bar.x + bar.width, y, px(5), px(1), LINE))
        labels.append(Label(text, bar.x + bar.width + px(40), y, "right", px(13), TEXT))
    labels.append(Label(frame.quantity.unit, frame.width - px(16), bottom + px(18), "right", px(13), FAINT))
    _add_banners(frame, plot, boxes, labels)
    return Furniture(tuple(boxes), tuple(labels))


def _headings(frame: Frame, plot: Rect) -> list[Label]:
    """Title at the left, settings at the right; in a small window the settings go, then the title's end."""
    px = _scaler(frame.scale)
    room = min(frame.width - plot.x - px(16), LONGEST_LABEL_PX) / frame.scale
    title_px, subtitle_px = _TITLE_CHARACTER_PX * len(frame.title), _TEXT_CHARACTER_PX * len(frame.subtitle)
    both = title_px + subtitle_px + _HEADINGS_APART_PX <= room
    title = frame.title if both else _shortened(frame.title, room, _TITLE_CHARACTER_PX)
    labels = [Label(title, plot.x, px(22), "left", px(17), STRONG, bold=True)]
    if both:
        labels.append(Label(frame.subtitle, frame.width - px(16), px(22), "right", px(13), FAINT))
    return labels


def _shortened(text: str, room_px: float, character_px: float) -> str:
    most = max(4, int(room_px / character_px))
    return text if len(text) <= most else text[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _colour_bar(palette: Palette, bar: Rect) -> list[Box]:
    index = np.round(np.linspace(len(palette.colours) - 1, 0, bar.height)).astype(int)
    starts = np.flatnonzero(np.diff(index, prepend=-1))
    heights = np.diff(starts, append=bar.height)
    return [
        Box(bar.x, bar.y + int(start), bar.width, int(height), tuple(palette.colours[index[start]].tolist()))
        for start, height in zip(starts, heights, strict=True)
    ]


def _add_banners(frame: Frame, plot: Rect, boxes: list[Box], labels: list[Label]) -> None:
    px = _scaler(frame.scale)
    y = plot.y + px(12)
    for banner in frame.banners:
        text = _shortened(banner.text, plot.width / frame.scale - 56, _BANNER_CHARACTER_PX)
        width = px(round(len(text) * _BANNER_CHARACTER_PX) + 28)
        boxes.append(Box(plot.x + px(12), y, width, px(28), banner.colour))
        labels.append(Label(text, plot.x + px(12) + width // 2, y + px(14), "centre", px(14), BACKGROUND, bold=True))
        y += px(36)


def _scaler(scale: float) -> Callable[[float], int]:
    return lambda logical: max(1, round(logical * scale))


def _linear(start_s: float, span_s: float, plot: Rect) -> Callable[[float], float]:
    return lambda second: plot.x + (second - start_s) / span_s * plot.width
