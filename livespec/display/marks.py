"""What a person or the sound marks in the picture: markers with what lies between them, peaks, the trigger's events."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from livespec.core.bands import ChromaAxis
from livespec.core.peaks import Peak
from livespec.core.trigger import Event, TriggerRule
from livespec.display.axes import format_measured_hz
from livespec.display.layout import Pane, Rect, scaler
from livespec.display.scene import LINE_EDGE_PX, Box, Furniture, Label, Pieces, Scene, edged
from livespec.display.text_width import text_width
from livespec.display.theme import AMBER
from livespec.session.clock import Timeline

NAMES: Final = ("A", "B")
_CHARACTER_PX: Final = 6.9
_APART_PX: Final = 18
_ARM_PX: Final = 7
_LINE_PX: Final = 26

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


def markers(
    scene: Scene, marked: Sequence[Marker], scale: float, translated: Callable[[str], str] = lambda text: text
) -> Furniture:
    """A cross at each, and what lies between two."""
    px, theme, layout = scaler(scale), scene.theme, scene.layout
    axis = scene.axis
    boxes: list[Box] = []
    labels: list[Label] = []
    seen = False
    if isinstance(axis, ChromaAxis):
        return Furniture()
    for name, marker in zip(NAMES, marked, strict=False):
        place, share = float(axis.place(marker.hz)), (marker.second - scene.start_s) / scene.span_s
        if not (0 <= place < 1 and 0 <= share < 1):
            continue
        seen = True
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
    crosses = Furniture(tuple(boxes), tuple(labels))
    if len(marked) < len(NAMES):
        return crosses
    return joined(crosses, _between(scene, marked, scale, None if seen else translated("A and B are off the picture")))


def _between(scene: Scene, marked: Sequence[Marker], scale: float, unseen: str | None) -> Furniture:
    """It still holds, and is what would be kept, where neither marker is seen; then it says so, and steps back."""
    px, theme, plots = scaler(scale), scene.theme, scene.layout.plots
    lines = [difference(*marked)] if unseen is None else [unseen, difference(*marked)]
    line_px, colour = px(_LINE_PX), theme.accent if unseen is None else theme.faint
    width, height = px(max(text_width(line, 13) for line in lines) + 20), line_px * len(lines)
    area = Rect(plots.x + px(12), plots.y + plots.height - px(12) - height, width, height)
    middle = area.x + width // 2
    labels = [
        Label(line, middle, area.y + line_px * number + line_px // 2, "centre", px(13), colour)
        for number, line in enumerate(lines)
    ]
    return Furniture((Box(*area, theme.background),), tuple(labels))


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
        text = format_measured_hz(peak.frequency_hz)
        width, height = px(text_width(text, 12) + 10), px(16)
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


def triggered(
    scene: Scene, events: Sequence[Event], rule: TriggerRule, timeline: Timeline, scale: float
) -> tuple[Pieces, ...]:
    """A frame around each event, as long as it lasted and as wide as the band; one that lasts is open at its end.

    events: oldest first. Lines lie on whole pixels, where both renderers agree, and only where there is sound.
    """
    runs = [run for layer in scene.layers for run in layer.runs]
    if not runs or isinstance(scene.axis, ChromaAxis):
        return ()
    thick, first = max(1, round(scale)), timeline.position_at(scene.start_s)
    oldest, newest = round(min(run.t0 for run in runs)), round(max(run.t1 for run in runs))
    pieces = [np.empty((0, 4), np.float32)]
    for pane in scene.layout.panes:
        length, px_per_s = pane.frequency_px, pane.time_px / scene.span_s
        places = np.clip(scene.axis.place(np.array([rule.low_hz, rule.high_hz])), 0, 1) * length
        low, high = (min(max(LINE_EDGE_PX, round(place)), length - thick - LINE_EDGE_PX) for place in places.tolist())
        for event in reversed(events):
            if event.end is not None and event.end <= first:
                break
            begin = round((timeline.seconds_at(event.begin) - scene.start_s) * px_per_s)
            end = newest if event.end is None else round((timeline.seconds_at(event.end) - scene.start_s) * px_per_s)
            start, stop = max(begin, oldest, LINE_EDGE_PX), min(end, newest, pane.time_px - LINE_EDGE_PX)
            if stop <= start or high <= low:
                continue
            lines = [(start, place, stop - start, thick) for place in (low, high)]
            if start == begin:
                lines.append((start, low, thick, high - low + thick))
            if event.end is not None and stop == end:
                lines.append((max(start, stop - thick), low, thick, high - low + thick))
            pieces.append(pane.boxes(np.array(lines, np.float32)))
    return edged(np.concatenate(pieces), AMBER)


def joined(*furniture: Furniture) -> Furniture:
    """One after another. Where only one has something it is that one: what stays the same is not made again."""
    furniture = tuple(one for one in furniture if one.boxes or one.labels)
    if len(furniture) < 2:  # noqa: PLR2004
        return furniture[0] if furniture else _NOTHING
    return Furniture(
        tuple(box for one in furniture for box in one.boxes), tuple(label for one in furniture for label in one.labels)
    )
