"""What a person or the sound marks in the picture: two markers with what lies between them, and the strongest peaks."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from livespec.core.bands import ChromaAxis
from livespec.core.peaks import Peak
from livespec.display.axes import format_hz
from livespec.display.layout import Pane, Rect, scaler
from livespec.display.scene import Box, Furniture, Label, Scene

NAMES: Final = ("A", "B")
_CHARACTER_PX: Final = 6.9
_APART_PX: Final = 18
_ARM_PX: Final = 7


_NOTHING: Final = Furniture()


class Marker(NamedTuple):
    """second: of the session; level: where there was sound."""

    second: float
    hz: float
    level: float | None


def difference(one: Marker, other: Marker) -> str:
    """As "Δ  +440.0 Hz · +1.250 s · −12.0 dB"."""
    hz, seconds = other.hz - one.hz, other.second - one.second
    parts = [f"{hz / 1000:+.3f} kHz" if abs(hz) >= 1000 else f"{hz:+.1f} Hz", f"{seconds:+.3f} s"]  # noqa: PLR2004
    if one.level is not None and other.level is not None:
        parts.append(f"{other.level - one.level:+.1f} dB")

    return "\N{GREEK CAPITAL LETTER DELTA}  " + "  \N{MIDDLE DOT}  ".join(parts).replace("-", "\N{MINUS SIGN}")


def markers(scene: Scene, marked: Sequence[Marker], scale: float) -> Furniture:
    """A cross at each, and what lies between two."""
    px, theme, layout = scaler(scale), scene.theme, scene.layout
    axis = scene.axis
    boxes: list[Box] = []
    labels: list[Label] = []
    if isinstance(axis, ChromaAxis):
        return Furniture()
    for name, marker in zip(NAMES, marked, strict=False):
        place, share = float(axis.place(marker.hz)), (marker.second - scene.start_s) / scene.span_s
        if not (0 <= place < 1 and 0 <= share < 1):
            continue
        for pane in layout.panes:
            at = pane.box(share * pane.time_px, place * pane.frequency_px, 1, 1)
            arm = px(_ARM_PX)
            boxes += [
                Box(at.x - arm - 1, at.y - 1, 2 * arm + 3, px(1) + 2, theme.background),
                Box(at.x - 1, at.y - arm - 1, px(1) + 2, 2 * arm + 3, theme.background),
                Box(at.x - arm, at.y, 2 * arm + 1, px(1), theme.accent),
                Box(at.x, at.y - arm, px(1), 2 * arm + 1, theme.accent),
                Box(at.x + px(4), at.y - px(20), px(16), px(16), theme.background),
            ]
            labels.append(Label(name, at.x + px(12), at.y - px(12), "centre", px(12), theme.accent, bold=True))
    if len(marked) == len(NAMES):
        text = difference(*marked)
        area = Rect(
            layout.plots.x + px(12),
            layout.plots.y + layout.plots.height - px(38),
            px(len(text) * _CHARACTER_PX + 20),
            px(26),
        )
        boxes.append(Box(*area, theme.background))
        labels.append(Label(text, area.x + area.width // 2, area.y + area.height // 2, "centre", px(13), theme.accent))
    return Furniture(tuple(boxes), tuple(labels))


def peak_labels(scene: Scene, pane: Pane, peaks: Sequence[Peak], scale: float) -> Furniture:
    """The frequency of each peak at the newest edge; of two that are close, the stronger."""
    px, theme = scaler(scale), scene.theme
    axis = scene.axis
    if isinstance(axis, ChromaAxis):
        return Furniture()
    taken: list[int] = []
    boxes, labels = [], []
    free = pane.frequency_px  # the name of a pane stands where the newest edge and the highest frequency meet
    if pane.label:
        free -= px(_CHARACTER_PX * len(pane.label) + 60) if pane.downwards else px(36)
    for peak in peaks:
        row = int(float(axis.place(peak.frequency_hz)) * pane.frequency_px)
        apart = px(88 if pane.downwards else _APART_PX)
        if not 0 <= row < free or any(abs(row - other) < apart for other in taken):
            continue
        taken.append(row)
        text = format_hz(peak.frequency_hz)
        width, height = px(len(text) * _CHARACTER_PX + 10), px(16)
        at = pane.box(pane.time_px - 1, row, 1, 1)
        if pane.downwards:
            x = min(max(at.x - width // 2, pane.area.x), pane.area.x + pane.area.width - width)
            area = Rect(x, at.y + px(6), width, height)
        else:
            y = min(max(at.y - height // 2, pane.area.y), pane.area.y + pane.area.height - height)
            area = Rect(at.x - px(8) - width, y, width, height)
        boxes += [Box(*area, theme.background), Box(*pane.box(pane.time_px - px(6), row, px(6), 1), theme.accent)]
        labels.append(Label(text, area.x + width // 2, area.y + height // 2, "centre", px(12), theme.text))
    return Furniture(tuple(boxes), tuple(labels))


def joined(*furniture: Furniture) -> Furniture:
    """One after another. Where only one has something it is that one: what stays the same is not made again."""
    furniture = tuple(one for one in furniture if one.boxes or one.labels)
    if len(furniture) < 2:  # noqa: PLR2004
        return furniture[0] if furniture else _NOTHING
    return Furniture(
        tuple(box for one in furniture for box in one.boxes), tuple(label for one in furniture for label in one.labels)
    )
