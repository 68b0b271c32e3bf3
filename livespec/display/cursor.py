"""What lies under the pointer, in words and as cross-hairs: frequency, note, level, time."""

import math
from typing import Final, NamedTuple

from livespec.core.bands import ChromaAxis
from livespec.core.notes import NAMES, note_of
from livespec.core.stft import FLOOR_DBFS
from livespec.display.axes import format_hz
from livespec.display.scene import BACKGROUND, STRONG, Box, Furniture, Label, Rect, Scene
from livespec.session.columns import ColumnStore

_DIGITS: Final = 5  # of a frequency: a hundredth of a semitone
_CHARACTER_PX: Final = 6.9
_AWAY_PX: Final = 14


class Reading(NamedTuple):
    """hz: None on a picture of pitch classes; level: None where no sound is; before_s: before the right edge."""

    hz: float | None
    pitch_class: str
    level: float | None
    before_s: float

    def text(self, unit: str) -> str:
        """As "1.0430 kHz · C6 −6 ct · −32.4 dBFS · −2.31 s"."""
        parts = [] if self.hz is None else [format_hz(self.hz, _DIGITS)]
        parts.append(self.pitch_class)
        if self.level is not None:
            parts.append(f"{self.level:.1f} {unit}" if self.level > FLOOR_DBFS else "silence")
        parts.append(f"-{self.before_s:.2f} s")
        return "  \N{MIDDLE DOT}  ".join(part for part in parts if part).replace("-", "\N{MINUS SIGN}")


def read(scene: Scene, store: ColumnStore, bin_hz: float, span_s: float, x: int, y: int) -> Reading | None:
    """What a pixel shows; None outside of the picture. x, y: device pixels."""
    plot = scene.plot
    if not (plot.x <= x < plot.x + plot.width and plot.y <= y < plot.y + plot.height):
        return None
    row = plot.y + plot.height - 1 - y
    place = (row + 0.5) / plot.height
    before_s = (plot.x + plot.width - x - 0.5) / plot.width * span_s
    level = _level(scene, store, bin_hz, x, row)
    if isinstance(scene.axis, ChromaAxis):
        return Reading(None, NAMES[int(place * len(NAMES))], level, before_s)
    hz = float(scene.axis.frequency(place))
    return Reading(hz, _note(hz), level, before_s)


def crosshairs(scene: Scene, reading: str, x: int, y: int, scale: float) -> Furniture:
    """Two lines through a pixel and the reading beside it, inside the picture."""
    plot = scene.plot
    thick, away = max(1, round(scale)), round(_AWAY_PX * scale)
    width, height = round((len(reading) * _CHARACTER_PX + 20) * scale), round(26 * scale)
    left = x + away if x + away + width <= plot.x + plot.width else max(plot.x, x - away - width)
    top = y - away - height if y - away - height >= plot.y else min(y + away, plot.y + plot.height - height)
    area = Rect(left, top, min(width, plot.width), height)
    return Furniture(
        (
            Box(plot.x, y, plot.width, thick, STRONG),
            Box(x, plot.y, thick, plot.height, STRONG),
            Box(*area, BACKGROUND),
        ),
        (Label(reading, area.x + area.width // 2, area.y + height // 2, "centre", round(13 * scale), STRONG),),
    )


def _level(scene: Scene, store: ColumnStore, bin_hz: float, x: int, row: int) -> float | None:
    """Of the cell and row that the pixel shows."""
    for run in scene.runs:
        if not run.x0 <= x + 0.5 < run.x1:
            continue
        cell = run.c0 + (x + 0.5 - run.x0) * (run.c1 - run.c0) / (run.x1 - run.x0)
        nearest = min(max(round(cell), run.first), run.last)
        rows = scene.axis.rows(scene.plot.height, store.bins, bin_hz)
        levels = rows.apply(store.cells(nearest, nearest + 1) + scene.quantity.offset_db)
        value = float(levels[0, row])
        return None if math.isnan(value) else value
    return None


def _note(hz: float) -> str:
    if not hz > 0:
        return ""
    note = note_of(hz)
    return f"{note.name}{note.octave} {round(note.cents):+d} ct"
