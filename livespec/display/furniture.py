"""What stands around the waterfall: ticks, grid, piano keys, colour bar, headings; where banners may be."""

from typing import Final

import numpy as np

from livespec.core.bands import ChromaAxis
from livespec.core.notes import NAMES, frequency_of
from livespec.display.axes import (
    LEAST_OF_SPACING,
    format_time,
    lap_ticks,
    level_ticks,
    note_ticks,
    picture_ticks,
    spectrum_ticks,
    time_spacing,
    time_ticks,
)
from livespec.display.banners import banners_in, without_middle
from livespec.display.layout import Layout, Pane, Rect, scaler
from livespec.display.scene import APART, LONGEST_LABEL_PX, Banner, Box, Frame, Furniture, Label, Palette, Pieces
from livespec.display.text_width import text_width
from livespec.display.theme import RED, Colour, Theme
from livespec.session.clock import Timeline

# Mean widths of a character, for what must fit; the exact width is known only where glyphs are made.
_TITLE_PX: Final = 17
_TITLE_CHARACTER_PX: Final = 9.8
_BOLD: Final = 1.12  # as wide as regular text, at most
_RECORDING_CHARACTER_PX: Final = 8.4
_TEXT_CHARACTER_PX: Final = 6.8
_LEAST_CHARACTERS: Final = 4
_LEAST_OF_PANE: Final = 8
_LOW_PANE_PX: Final = 48
_WIDE_ENOUGH_FOR_BANNERS_PX: Final = 200
_LEAST_OF_NAMES: Final = 15  # characters; figures that lost their middle would be others, and are seldom as long
_HALF_TEXT_PX: Final = 7  # of its height
_HEADINGS_APART_PX: Final = 24
_TIME_PX: Final = 13
_LONGEST_TIME_PX: Final = 76  # as 16:41:17.05
_WHITE_KEY: Final[Colour] = (226, 230, 235)
_BLACK_KEY: Final[Colour] = (24, 28, 34)
_KEY_LINE: Final[Colour] = (150, 158, 168)
_LEAST_KEY_PX: Final = 3  # of an octave too


def backdrop(frame: Frame, layout: Layout) -> tuple[Pieces, ...]:
    """Where sound and spectra are drawn, with lines at the levels of these."""
    low, high = frame.palette.low, frame.palette.high
    areas, lines = [pane.area for pane in layout.panes], []
    for pane in layout.panes:
        if (area := pane.spectrum) is not None:
            areas.append(area)
            for at, _ in spectrum_ticks(low, high, pane.spectrum_px, frame.scale):
                if pane.downwards:
                    lines.append(Rect(area.x, area.y + area.height - 1 - at, area.width, 1))
                else:
                    lines.append(Rect(area.x + at, area.y, 1, area.height))
    theme = frame.theme
    return tuple(
        Pieces(np.array(rectangles, np.float32).reshape(-1, 4), colour)
        for rectangles, colour in ((areas, theme.empty), (lines, theme.gap))
    )


def fixed_furniture(frame: Frame, layout: Layout) -> Furniture:
    """All that stands still, but for what is said over it."""
    boxes: list[Box] = []
    labels = _headings(frame, layout) if layout.headings else []
    for number, pane in enumerate(layout.panes):
        piano = layout.pianos[number] if layout.pianos else None
        _add_frequencies(frame, pane, piano, boxes, labels)
        _add_pane_label(frame, pane, boxes, labels)
        if pane.spectrum is not None:
            labels += _spectrum_labels(frame, pane, pane.spectrum)
    _add_colour_bar(frame, layout, boxes, labels)
    return Furniture(tuple(boxes), tuple(labels))


def said(frame: Frame, layout: Layout) -> Furniture:
    """What must not be missed; where there are no headings, the recording is one of the banners."""
    banners = frame.banners
    if frame.recorded_s is not None and not layout.headings:
        banners = (Banner(recording_text(frame.recorded_s), RED), *banners)
    return banners_in(_area_of_banners(frame, layout), banners, frame.scale)


def _add_frequencies(frame: Frame, pane: Pane, piano: Rect | None, boxes: list[Box], labels: list[Label]) -> None:
    px, theme, area = scaler(frame.scale), frame.theme, pane.area
    length = pane.frequency_px
    apart = px(72) if pane.downwards else px(26)
    if piano is not None and not isinstance(frame.axis, ChromaAxis):
        ticks = note_ticks(frame.axis, length, apart)
        boxes += _piano(frame, pane, piano)
    else:
        ticks = picture_ticks(frame.axis, length, apart)
    beyond = 0 if piano is None else (piano.height if pane.downwards else piano.width)
    below = area.y + area.height + beyond + px(18)
    ends = [label.x + px(_TEXT_CHARACTER_PX * len(label.text) / 2) for label in labels if label.y == below]
    free_from = max(ends, default=-px(4)) + px(4)  # beside those of the panes before
    for place, text in ticks:
        row = min(int(place * length), length - 1)
        if frame.grid:
            boxes.append(Box(*pane.box(0, row, pane.time_px, 1), theme.line))
        if pane.downwards:
            x, y = area.x + row, area.y + area.height + beyond
            boxes.append(Box(x, y, px(1), px(6), theme.line))
            half = px(_TEXT_CHARACTER_PX * len(text) / 2)
            if pane.label:  # not into its neighbour's
                x = area.x + min(max(row, half), length - half)
            if x - half >= free_from:
                labels.append(Label(text, x, below, "centre", px(13), theme.text))
                free_from = x + half + px(4)
        else:
            x, y = area.x - beyond, area.y + area.height - 1 - row
            boxes.append(Box(x - px(6), y, px(6), px(1), theme.line))
            if pane.label:  # not into its neighbour's
                y = min(max(y, area.y + px(_HALF_TEXT_PX)), area.y + area.height - px(_HALF_TEXT_PX))
            labels.append(Label(text, x - px(10), y, "right", px(13), theme.text))


def _piano(frame: Frame, pane: Pane, strip: Rect) -> list[Box]:
    """Keys as wide as semitones where these can be told apart, else lines between octaves."""
    axis, length = frame.axis, pane.frequency_px
    assert not isinstance(axis, ChromaAxis)
    boxes = [Box(*strip, _WHITE_KEY)]
    half = 2 ** (1 / 24)
    for octave in range(11):
        for name in NAMES:
            hz = frequency_of(f"{name}{octave}")
            low, high = (float(axis.place(edge)) * length for edge in (hz / half, hz * half))
            if high <= 0 or low >= length or high - low < _LEAST_KEY_PX / (len(NAMES) if name == "C" else 1):
                continue
            start, stop = max(0, round(low)), min(length, round(high))
            if "#" in name:
                boxes.append(_on_strip(strip, pane, start, stop - start, 0.62, _BLACK_KEY))
            elif name in ("C", "F") and start > 0:
                boxes.append(_on_strip(strip, pane, start, 1, 1.0, _KEY_LINE))
    return boxes


def _on_strip(strip: Rect, pane: Pane, start: int, length: int, share: float, colour: Colour) -> Box:
    """A key: from the side of the picture, over a share of the strip's breadth."""
    if pane.downwards:
        return Box(strip.x + start, strip.y, length, round(strip.height * share), colour)
    breadth = round(strip.width * share)
    return Box(strip.x + strip.width - breadth, strip.y + strip.height - start - length, breadth, length, colour)


def _add_pane_label(frame: Frame, pane: Pane, boxes: list[Box], labels: list[Label]) -> None:
    if not pane.label:
        return
    label, corner = _pane_label(frame, pane)
    boxes.append(Box(*corner, frame.theme.background))
    labels.append(label)


def _pane_label(frame: Frame, pane: Pane) -> tuple[Label, Rect]:
    """The name of a pane and its place, inside of it; beside banners it leaves two thirds of the width to them.

    In a low pane it is small, and "channel 3" is 3.
    """
    px, area = scaler(frame.scale), pane.area
    is_low = area.height < px(_LOW_PANE_PX)
    size, height, around, apart = (10, 14, 4, 2) if is_low else (12, 20, 6, 6)
    room_px = area.width / frame.scale - 4 * apart if pane.downwards else area.width / 3 / frame.scale - 2 * apart
    name = pane.label.removeprefix("channel ") if is_low else pane.label
    text = _name_fitting(name, max(1, int(room_px / _TEXT_CHARACTER_PX)))
    width = px(text_width(text, size) + 2 * around)
    below = min(px(apart), (area.height - px(height)) // 2)  # in a pane that is hardly as high, in its middle
    corner = Rect(area.x + area.width - width - px(apart), area.y + below, width, px(height))
    middle = corner.x + corner.width // 2, corner.y + corner.height // 2
    return Label(text, *middle, "centre", px(size), frame.theme.text), corner


def _name_fitting(name: str, most: int) -> str:
    """Without its middle; where too little would be left, the last word of it: "channel 3" is 3."""
    if len(name) <= most:
        return name
    return without_middle(name, most - 1) if most >= _LEAST_OF_PANE else name.rsplit(maxsplit=1)[-1][:most]


def _spectrum_labels(frame: Frame, pane: Pane, spectrum: Rect) -> list[Label]:
    """What its levels read, under the last spectrum, or left of the first."""
    px, colour, palette, plots = scaler(frame.scale), frame.theme.faint, frame.palette, frame.layout.plots
    ticks = spectrum_ticks(palette.low, palette.high, pane.spectrum_px, frame.scale)
    if pane.downwards:
        bottom = spectrum.y + spectrum.height - 1
        return [
            Label(text, spectrum.x - px(10), bottom - at, "right", px(11), colour)
            for at, text in ticks
            if not pane.channel
        ]
    if pane.area.y + pane.area.height < plots.y + plots.height:
        return []
    y, edge = spectrum.y + spectrum.height + px(14), px(12)
    inside = [tick for tick in ticks if edge < tick[0] < spectrum.width - edge]
    return [Label(text, spectrum.x + at, y, "centre", px(11), colour) for at, text in inside]


def _add_colour_bar(frame: Frame, layout: Layout, boxes: list[Box], labels: list[Label]) -> None:
    px, theme, palette, bar = scaler(frame.scale), frame.theme, frame.palette, layout.bar
    boxes += _colours(palette, bar)
    bottom = bar.y + bar.height
    for place, text in level_ticks(palette.low, palette.high, bar.height, px(40)):
        y = bottom - 1 - min(int(place * bar.height), bar.height - 1)
        boxes.append(Box(bar.x + bar.width, y, px(5), px(1), theme.line))
        labels.append(Label(text, bar.x + bar.width + px(40), y, "right", px(13), theme.text))
    if frame.grips:
        for y in (bar.y - px(2), bottom - px(2)):
            boxes.append(Box(bar.x - px(4), y, bar.width + px(8), px(4), theme.accent))
        middle = bar.y + bar.height // 2
        boxes.append(Box(bar.x - px(4), middle - px(8), px(2), px(16), theme.accent))
        boxes.append(Box(bar.x + bar.width + px(2), middle - px(8), px(2), px(16), theme.accent))
    if frame.automatic and layout.headings:
        labels.append(Label("auto", bar.x + bar.width // 2, bar.y - px(8), "centre", px(11), theme.faint))
    labels.append(Label(frame.quantity.unit, frame.width - px(16), frame.height - px(16), "right", px(13), theme.faint))


def _colours(palette: Palette, bar: Rect) -> list[Box]:
    index = np.round(np.linspace(len(palette.colours) - 1, 0, bar.height)).astype(int)
    starts = np.flatnonzero(np.diff(index, prepend=-1))
    heights = np.diff(starts, append=bar.height)
    return [
        Box(bar.x, bar.y + int(start), bar.width, int(height), tuple(palette.colours[index[start]].tolist()))
        for start, height in zip(starts, heights, strict=True)
    ]


def _headings(frame: Frame, layout: Layout) -> list[Label]:
    """Title at the left, settings at the right. Without room these are shortened, then go; then the title's end.

    A recording is told of behind the title: nothing moves when it begins.
    """
    px, left, theme = scaler(frame.scale), layout.plots.x, frame.theme
    longest = LONGEST_LABEL_PX / frame.scale
    recording = "" if frame.recorded_s is None else recording_text(frame.recorded_s)
    recording_px = _RECORDING_CHARACTER_PX * len(recording) + _HEADINGS_APART_PX if recording else 0
    room = (frame.width - left - px(16)) / frame.scale - recording_px
    title = _shortened(frame.title, min(room, longest), _TITLE_CHARACTER_PX)
    title_px = _BOLD * text_width(title, _TITLE_PX)
    labels = [Label(title, left, px(22), "left", px(_TITLE_PX), theme.strong, bold=True)]
    if recording:
        at = left + px(title_px + _HEADINGS_APART_PX)
        labels.append(Label(recording, at, px(22), "left", px(14), RED, bold=True))
    room -= max(title_px, _TITLE_CHARACTER_PX * len(title)) + _HEADINGS_APART_PX
    subtitle = _shortened_settings(frame.subtitle, int(min(room, longest) / _TEXT_CHARACTER_PX))
    if subtitle:
        labels.append(Label(subtitle, frame.width - px(16), px(20), "right", px(13), theme.faint))
    return labels


def _shortened_settings(text: str, most: int) -> str:
    """The longest of them, names of channels, without its middle; empty where too little of it would be left."""
    too_many = len(text) - most
    if too_many <= 0:
        return text
    longest = max(text.split(APART), key=len)
    kept = len(longest) - too_many - 1
    return text.replace(longest, without_middle(longest, kept)) if kept >= _LEAST_OF_NAMES else ""


def recording_text(seconds: int) -> str:
    """As "● REC 0:12:07"."""
    return f"\N{BLACK CIRCLE} REC {seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _shortened(text: str, room_px: float, character_px: float) -> str:
    most = max(_LEAST_CHARACTERS, int(room_px / character_px))
    return text if len(text) <= most else text[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _area_of_banners(frame: Frame, layout: Layout) -> Rect:
    """Beside the names of the panes; where time runs downwards, below them and what stands at the newest edge.

    Where the panes are too narrow to read a word in, all of the picture.
    """
    px, plots = scaler(frame.scale), layout.plots
    if plots.width < px(_WIDE_ENOUGH_FOR_BANNERS_PX):
        return Rect(px(8), px(8), frame.width - px(16), frame.height - px(8))
    left, top, right = plots.x + px(12), plots.y + px(12), plots.x + plots.width
    if layout.downwards:
        top = plots.y + px(36)
    else:
        right = min([right, *(_pane_label(frame, pane)[1].x for pane in layout.panes if pane.label)])
    return Rect(left, top, right - px(12) - left, plots.y + plots.height - top)


def holes(timeline: Timeline, layout: Layout, start_s: float, px_per_s: float, theme: Theme) -> list[Box]:
    """Sound that was lost, to scale."""
    boxes = []
    for start, end in timeline.holes(start_s, start_s + layout.panes[0].time_px / px_per_s):
        for pane in layout.panes:
            t0, t1 = max(0, round((start - start_s) * px_per_s)), min(pane.time_px, round((end - start_s) * px_per_s))
            if t1 > t0:
                boxes.append(Box(*pane.box(t0, 0, t1 - t0, pane.frequency_px), theme.gap, hatched=True))
    return boxes


def time_marks(
    frame: Frame, layout: Layout, start_s: float, span_s: float, origin: float | None, end: int
) -> tuple[list[Box], tuple[Label, ...]]:
    """Ticks of the time axis with their labels. origin: as of `time_ticks`; end: `end_of_times`."""
    px, theme, plots = scaler(frame.scale), frame.theme, layout.plots
    length = layout.panes[0].time_px
    apart = px(36) if layout.downwards else _time_spacing(frame, layout, start_s + span_s, span_s, origin, end)
    if frame.lap_s is None:
        ticks = time_ticks(start_s, span_s, origin, length, apart)
    else:
        ticks = lap_ticks(start_s + frame.ahead_s, span_s, frame.lap_s, length, apart)
    boxes: list[Box] = []
    labels: list[Label] = []
    bottom = plots.y + plots.height
    for place, text in ticks:
        t = min(round(place * length), length - 1)
        if frame.grid:
            boxes += [Box(*pane.box(t, 0, 1, pane.frequency_px), theme.line) for pane in layout.panes]
        if layout.downwards:
            y = bottom - 1 - t
            boxes.append(Box(plots.x - px(6), y, px(6), px(1), theme.line))
            labels.append(Label(text, plots.x - px(8), y, "right", px(13), theme.text))
            continue
        x = plots.x + t
        boxes.append(Box(x, bottom, px(1), px(6), theme.line))
        if x + px(text_width(text, _TIME_PX) / 2) <= end:
            labels.append(Label(text, x, bottom + px(18), "centre", px(_TIME_PX), theme.text))
    return boxes, tuple(labels)


def end_of_times(frame: Frame, layout: Layout) -> int:
    """Where what stands right of the times begins: levels under a spectrum, or the unit of the colour bar."""
    px = scaler(frame.scale)
    unit_from = frame.width - px(24) - px(_TEXT_CHARACTER_PX * len(frame.quantity.unit))
    pane = layout.panes[-1]
    levels = [] if pane.spectrum is None else _spectrum_labels(frame, pane, pane.spectrum)
    return min([unit_from, *(label.x - px(text_width(label.text, 11) / 2 + 4) for label in levels)])


def _time_spacing(frame: Frame, layout: Layout, end_s: float, span_s: float, origin: float | None, end: int) -> float:
    """Closer than would look best where else there were not always two times that have room."""
    px, length = scaler(frame.scale), layout.panes[0].time_px
    sure = min(length, end - layout.plots.x - px(_LONGEST_TIME_PX) // 2)
    among_laps = 1.0 if frame.lap_s is None else LEAST_OF_SPACING

    def least(step: float) -> float:
        text = format_time(end_s, step, clock=origin is not None)
        return px(text_width(text, _TIME_PX) + 3) / among_laps

    return time_spacing(span_s, length, px(96), sure, least)
