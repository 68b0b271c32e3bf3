"""What the mouse does to the picture, by where it is: the panes, an axis, the colour bar. Knows no Qt; device pixels.

| where          | wheel                          | drag               | click, double-click      |
|----------------|--------------------------------|--------------------|--------------------------|
| panes          | back in time                   | time and frequency | a marker                 |
|                | Ctrl: zoom time                |                    |                          |
|                | Shift: zoom frequency          |                    |                          |
| frequency axis | zoom frequency                 | frequency          | double: all frequencies  |
| time axis      | zoom time                      | time               | double: now              |
| colour bar     | the range, up or down          | an end, or both    | double: automatic        |
"""

from dataclasses import dataclass
from typing import Final

from livespec.display.layout import Pane, Zone
from livespec.display.view import View

_STEP: Final = 1.2  # of a notch of the wheel
_SCROLL: Final = 1 / 12  # of the span
_RANGE_STEP_DB: Final = 2.0
_STILL_PX: Final = 4  # a press that moves no further is a click
_END: Final = 0.2  # of the colour bar: what takes hold of an end


@dataclass
class _Drag:
    zone: Zone
    x: float
    y: float
    low: float
    high: float
    held: str = ""
    moved: bool = False


class Gestures:
    """The GUI thread's. scale: device pixels in a logical one."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._drag: _Drag | None = None

    def zone(self, x: int, y: int, scale: float) -> Zone:
        """What is under the pointer, or what is being dragged."""
        return self._drag.zone if self._drag is not None else self._view.zone(x, y, scale)

    def hover(self, x: int, y: int, scale: float) -> None:
        self._view.pointer = x, y
        self._view.grips = self.zone(x, y, scale) == "levels"

    def leave(self) -> None:
        self._view.pointer = None
        self._view.grips = self._drag is not None and self._drag.zone == "levels"

    def press(self, x: int, y: int, scale: float) -> None:
        zone = self._view.zone(x, y, scale)
        self._drag = _Drag(zone, x, y, *self._view.range)
        scene = self._view.scene_shown
        if zone == "levels" and scene is not None:
            bar = scene.layout.bar
            place = (bar.y + bar.height - y) / bar.height
            self._drag.held = "high" if place > 1 - _END else "low" if place < _END else "both"

    def move(self, x: int, y: int, scale: float) -> None:
        """With the button down."""
        drag, scene = self._drag, self._view.scene_shown
        if drag is None or scene is None:
            return
        if not drag.moved and abs(x - drag.x) + abs(y - drag.y) < _STILL_PX * scale:
            return
        drag.moved = True
        dx, dy = x - drag.x, y - drag.y
        if drag.zone == "levels":
            self._drag_range(drag, -dy / scene.layout.bar.height)
            return
        if drag.zone in ("plot", "frequency", "time"):
            pane = scene.layout.nearest_pane(x, y)
            along_time, along_frequency = (-dy, dx) if pane.downwards else (dx, -dy)
            if drag.zone != "frequency" and along_time:
                self._view.scroll(-along_time / pane.time_px * scene.span_s)
            if drag.zone != "time" and along_frequency:
                self._view.move_frequency(-along_frequency / pane.frequency_px)
            drag.x, drag.y = x, y

    def release(self, x: int, y: int) -> None:
        drag, self._drag = self._drag, None
        if drag is not None and not drag.moved and drag.zone == "plot":
            self._view.mark(x, y)

    def double_click(self, x: int, y: int, scale: float) -> None:
        zone = self._view.zone(x, y, scale)
        if zone == "levels":
            self._view.change(range="auto")
        elif zone == "time":
            self._view.to_now()
        elif zone == "frequency":
            self._view.reset_frequency()

    def wheel(self, x: int, y: int, scale: float, notches: float, *, control: bool, shift: bool) -> None:
        """notches: away from the person is more than 0."""
        zone, scene = self._view.zone(x, y, scale), self._view.scene_shown
        if scene is None or not notches:
            return
        pane = scene.layout.nearest_pane(x, y)
        if zone == "levels":
            low, high = self._view.range
            self._view.set_range(low + _RANGE_STEP_DB * notches, high + _RANGE_STEP_DB * notches)
        elif zone == "frequency" or (zone == "plot" and shift):
            place = (pane.row_at(x, y) + 0.5) / pane.frequency_px
            self._view.zoom_frequency(_STEP**notches, min(max(place, 0.0), 1.0))
        elif zone == "time" or (zone == "plot" and control):
            self._view.zoom_time(_STEP**notches, _share(pane, x, y))
        elif zone in ("plot", "spectrum"):
            self._view.scroll(-notches * _SCROLL * scene.span_s)

    def _drag_range(self, drag: _Drag, places: float) -> None:
        by = places * (drag.high - drag.low)
        low, high = drag.low, drag.high
        if drag.held in ("low", "both"):
            low += by
        if drag.held in ("high", "both"):
            high += by
        self._view.set_range(low, high)


def _share(pane: Pane, x: int, y: int) -> float:
    return min(max(pane.time_at(x, y) / pane.time_px, 0.0), 1.0)
