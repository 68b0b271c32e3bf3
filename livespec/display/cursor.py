"""What lies under the pointer, in words and as cross-hairs: frequency, note, level, time; and its overtones."""

import math
from typing import Final, NamedTuple

from livespec.core.bands import ChromaAxis
from livespec.core.notes import NAMES, note_of
from livespec.core.stft import FLOOR_DBFS
from livespec.display.axes import format_measured_hz
from livespec.display.layout import Pane, Rect, scaler
from livespec.display.scene import Box, Furniture, Label, Scene
from livespec.display.text_width import text_width
from livespec.display.theme import RED, Colour

_DIGITS: Final = 5  # of a frequency: a hundredth of a semitone
_READING_PX: Final = 13
_BESIDE_BANNERS_PX, _BELOW_BANNERS_PX = 320, 120  # from the oldest edge, and from the newest
_NUMBER_PX: Final = 11
_AWAY_PX: Final = 14
_OVERTONES: Final = 16
_LASER_PX: Final = 9
# Over the colours of any map.
_LINE: Final[Colour] = (240, 244, 248)
_SHADE: Final[Colour] = (14, 17, 22)


class Reading(NamedTuple):
    """hz: None on a picture of pitch classes; level: None where no sound is; before_s: before the newest edge."""

    hz: float | None
    pitch_class: str
    level: float | None
    before_s: float

    def text(self, unit: str) -> str:
        """As "1.0430 kHz · C6 −6 ct · −32.4 dBFS · −2.31 s"."""
        parts = [] if self.hz is None else [format_measured_hz(self.hz, _DIGITS)]
        parts.append(self.pitch_class)
        if self.level is not None:
            parts.append(f"{self.level:.1f} {unit}" if self.level > FLOOR_DBFS else "silence")
        parts.append(f"-{self.before_s:.2f} s")
        return "  \N{MIDDLE DOT}  ".join(part for part in parts if part).replace("-", "\N{MINUS SIGN}")


def read(scene: Scene, x: int, y: int) -> Reading | None:
    """What a pixel shows; None outside of the panes. x, y: device pixels."""
    pane = scene.layout.pane_at(x, y)
    if pane is None:
        return None
    row = pane.row_at(x, y)
    place = (row + 0.5) / pane.frequency_px
    t = pane.time_at(x, y)
    before_s = (pane.time_px - t) / pane.time_px * scene.span_s
    level = _level(scene, pane, t, row)
    axis = scene.axis
    if isinstance(axis, ChromaAxis):
        return Reading(None, NAMES[int(place * len(NAMES))], level, before_s)
    hz = float(axis.frequency(place))
    return Reading(hz, _note(hz), level, before_s)


def reading_area(scene: Scene, reading: str, x: int, y: int, scale: float) -> Rect:
    """Where the reading of a pixel stands: beside it, inside the panes, and under no banner where that can be."""
    plots, px = scene.layout.plots, scaler(scale)
    away = px(_AWAY_PX)
    width, height = px(text_width(reading, _READING_PX) + 20), px(26)
    banners = [Rect(*box[:4]) for box in scene.said.boxes]
    width = min(width, scene.width - plots.x)
    below = max((banner.y + banner.height for banner in banners), default=plots.y)
    tops = y - away - height, y + away, below
    places = [Rect(left, top, width, height) for top in tops for left in (x + away, x - away - width)]

    def worth(place: Rect) -> tuple[bool, bool, bool]:
        inside = place.within(plots)
        return not inside.holds(x, y), not any(inside.meets(banner) for banner in banners), inside == place

    return max(places, key=worth).within(plots)


def crosshairs(scene: Scene, x: int, y: int, scale: float) -> Furniture:
    """Two lines through a pixel."""
    plots, thick = scene.layout.plots, scaler(scale)(1)
    return Furniture(
        (
            Box(plots.x, y + thick, plots.width, thick, _SHADE),
            Box(x + thick, plots.y, thick, plots.height, _SHADE),
            Box(plots.x, y, plots.width, thick, _LINE),
            Box(x, plots.y, thick, plots.height, _LINE),
        )
    )


def reading_box(scene: Scene, reading: str, x: int, y: int, scale: float) -> Furniture:
    """What is read at a pixel, beside it."""
    area, size_px = reading_area(scene, reading, x, y, scale), scaler(scale)(_READING_PX)
    middle = area.x + area.width // 2, area.y + area.height // 2
    return Furniture(
        (Box(*area, scene.theme.background),), (Label(reading, *middle, "centre", size_px, scene.theme.strong),)
    )


def laser(x: int, y: int, scale: float) -> Furniture:
    """A bright disc, for who presents."""
    radius = scaler(scale)(_LASER_PX)
    boxes = []
    for dy in range(-radius, radius + 1):
        half = round(math.sqrt(radius**2 - dy**2))
        boxes.append(Box(x - half, y + dy, 2 * half + 1, 1, RED))
    return Furniture(tuple(boxes))


def overtones(scene: Scene, x: int, y: int, scale: float, taken: Rect | None = None) -> Furniture:
    """Lines at the multiples of the frequency under a pixel, each with its number where it has room.

    taken: where no number may be; nor is there one under a banner.
    """
    pane = scene.layout.pane_at(x, y)
    axis = scene.axis
    if pane is None or isinstance(axis, ChromaAxis):
        return Furniture()
    px, theme = scaler(scale), scene.theme
    hz = float(axis.frequency((pane.row_at(x, y) + 0.5) / pane.frequency_px))
    lines, numbers, labels = [], [], []
    others = [Rect(*box[:4]) for box in scene.said.boxes] + ([] if taken is None else [taken])
    for number in range(2, _OVERTONES + 1):
        row = int(float(axis.place(number * hz)) * pane.frequency_px)
        if not 0 <= row < pane.frequency_px:
            break
        line = pane.box(0, row, pane.time_px, 1)
        lines.append(Box(*line, theme.accent))
        text = f"{number}\N{MULTIPLICATION SIGN}"
        width, height = px(text_width(text, _NUMBER_PX) + 8), px(16)
        if pane.downwards:
            beside = min(px(_BELOW_BANNERS_PX), pane.time_px // 2)
            area = Rect(line.x - width // 2, pane.area.y + beside - height // 2, width, height)
        else:
            beside = min(px(_BESIDE_BANNERS_PX), pane.time_px // 2)
            area = Rect(line.x + beside - width // 2, line.y - height // 2, width, height)
        area = area.within(pane.area)
        if any(area.meets(other) for other in others):
            continue
        others.append(area)
        numbers.append(Box(*area, theme.background))
        middle = area.x + area.width // 2, area.y + area.height // 2
        labels.append(Label(text, *middle, "centre", px(_NUMBER_PX), theme.accent))
    return Furniture((*lines, *numbers), tuple(labels))


def _level(scene: Scene, pane: Pane, t: float, row: int) -> float | None:
    """Of the cell and row that the pixel shows, in the topmost layer that shows one."""
    for layer in reversed(scene.layers):
        shown = layer.shown
        store = shown.columns.store
        if pane.channel >= store.channels:
            continue
        for run in layer.runs:
            if not run.t0 <= t < run.t1:
                continue
            nearest = min(max(round(run.cell_at(t)), run.first), run.last)
            rows = shown.axis.rows(pane.frequency_px, store.bins, store.bin_hz)
            levels = rows.apply(store.cells(nearest, nearest + 1, pane.channel) + shown.quantity.offset_db)
            value = float(levels[0, row])
            return None if math.isnan(value) else value
    return None


def _note(hz: float) -> str:
    if not hz > 0:
        return ""
    note = note_of(hz)
    return f"{note.name}{note.octave} {round(note.cents):+d} ct"
