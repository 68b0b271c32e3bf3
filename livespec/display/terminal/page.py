"""What stands where on the terminal: the picture, its axes, a status line, and the keys where they are asked for."""

from typing import Final

from livespec.display.axes import format_level, picture_ticks
from livespec.display.furniture import recording_text
from livespec.display.scene import Scene
from livespec.display.steering import Steering
from livespec.display.terminal.blocks import Depth, blocks, colour
from livespec.display.terminal.cells import BLANK, Cells, one_wide
from livespec.display.terminal.changes import Scrolled
from livespec.display.terminal.picture import Picture
from livespec.display.theme import AMBER, DARK, RED, Colour
from livespec.display.view import View
from livespec.session.monitor import Monitor

AXIS: Final = 10  # columns left of the picture: a frequency, and its tick
BELOW: Final = 2  # lines below it: times, and the status
_SMALLEST: Final = (AXIS + 16, BELOW + 8)  # columns and lines; a plot has 16 pixels at least
_TICKS_APART_PX: Final = 4  # two lines
_SHORTEST_TITLE: Final = 8
_APART: Final = "  "

_KEYS: Final = (
    ("Space", "freeze, or go on"),
    ("M", "frequency scale"),
    ("V", "picture: bins, mel bands, chroma"),
    ("T", "pitch line"),
    ("A", "hold the range of levels, or not"),
    ("C", "colours"),
    (". ,", "longer, shorter window"),
    ("Up, Down", "frequencies; with Shift nearer, further"),
    ("+ -", "time nearer, further"),
    ("0", "frequencies and time as they were"),
)
_KEYS_OF_CHANNELS: Final = (("1 … 8", "one channel alone, or as before; 9: all"),)
_KEYS_OF_WHAT_IS_LIVE: Final = (
    ("Left, Right", "back, ahead; with Shift a screen"),
    ("End", "to now"),
    ("R", "record, and stop"),
    ("L", "save what has already happened"),
)
_KEYS_OF_A_REPLAY: Final = (
    ("Left, Right", "5 s; with Shift 30 s"),
    ("Home", "to the start"),
    ("[ ]", "slower, faster; Backspace: 1"),
    ("R", "repeat, or not"),
    ("H", "hear it, or not"),
)
_LAST_KEYS: Final = (("?", "these keys; Esc closes them"), ("Q", "quit"))


class Page:
    """One thread's. depth: how many colours there are. `keys_shown`: over the picture."""

    def __init__(self, monitor: Monitor, view: View, depth: Depth) -> None:
        self._monitor, self._view, self._depth = monitor, view, depth
        self._picture = Picture(view)
        self.keys_shown = False

    def drawn(self, columns: int, lines: int, fps: float) -> tuple[Cells, Scrolled | None]:
        """Everything, and which part of it scrolls; of a terminal too small for a picture the status alone."""
        cells = Cells.filled(lines, columns, BLANK, self._colour(DARK.background))
        if columns < _SMALLEST[0] or lines < _SMALLEST[1]:
            self._write(cells, lines - 1, 0, f"{_SMALLEST[0]} × {_SMALLEST[1]} at least", AMBER)
            return cells, None
        bottom = lines - BELOW
        scene, pixels = self._picture.draw(columns - AXIS, 2 * bottom)
        cells.put(0, AXIS, blocks(pixels, self._depth))
        self._write_frequencies(cells, scene, bottom)
        self._write_times(cells, scene, bottom)
        self._write_status(cells, scene, lines - 1, fps)
        if self.keys_shown:
            self._write_keys(cells)
        return cells, Scrolled(0, bottom, AXIS)

    # ---- parts ----

    def _write_frequencies(self, cells: Cells, scene: Scene, bottom: int) -> None:
        height = 2 * bottom
        for place, text in picture_ticks(scene.axis, height, _TICKS_APART_PX):
            line = (height - 1 - min(int(place * height), height - 1)) // 2
            self._write(cells, line, 0, f"{text:>{AXIS - 1}}\N{BOX DRAWINGS LIGHT VERTICAL AND LEFT}", DARK.text)

    def _write_times(self, cells: Cells, scene: Scene, line: int) -> None:
        """Each left of its tick: there is always room."""
        plot = scene.layout.plots
        for label in scene.moving.labels:
            below = label.y >= plot.y + plot.height
            if below and plot.x <= label.x < plot.x + plot.width:
                text = f"{label.text}\N{BOX DRAWINGS LIGHT VERTICAL}"
                self._write(cells, line, AXIS + label.x - plot.x + 1 - len(text), text, DARK.text)

    def _write_status(self, cells: Cells, scene: Scene, line: int, fps: float) -> None:
        """What must not be missed, then what is shown; at the right what is counted, which is never left out."""
        width = cells.shape[1]
        counted = f" {self._counted(fps)} "
        room = width - len(counted)
        column = 0
        for text, ink in self._warnings():
            part = _shortened(f" {text} ", room - column)
            self._write(cells, line, column, part, ink)
            column += len(part)
        rest = _APART.join(self._shown(scene))
        most = max(room - column - len(rest) - 2 - len(_APART), _SHORTEST_TITLE)
        title = _shortened(self._monitor.source.info.title, most)
        self._write(cells, line, column, _shortened(f" {title}{_APART}{rest} ", room - column), DARK.text)
        self._write(cells, line, width - len(counted), counted, DARK.faint)

    def _warnings(self) -> list[tuple[str, Colour]]:
        monitor, view, steering = self._monitor, self._view, self._view.steering
        out: list[tuple[str, Colour]] = []
        if monitor.recorded_s is not None:
            out.append((recording_text(monitor.recorded_s), RED))
        if (noted := view.noted) is not None:
            out.append((noted.text, noted.colour))
        out += [(text, RED) for text in view.troubles]
        if monitor.alerts is not None and monitor.alerts.lasts:
            out.append((f"TRIGGERED {monitor.alerts.count}", AMBER))
        if steering is not None and steering.note:
            out.append((steering.note, AMBER))
        if steering is not None and steering.asked.paused:
            out.append(("PAUSED", AMBER))
        elif steering is None and view.frozen:
            out.append((f"FROZEN \N{MINUS SIGN}{view.behind_s():.1f} s", AMBER))
        return out

    def _shown(self, scene: Scene) -> list[str]:
        settings, palette = self._view.settings, scene.palette
        held = "" if settings.range == "auto" else " held"
        parts = [] if self._view.steering is None else [_transport(self._view.steering)]
        return [
            *parts,
            f"{self._monitor.source.info.samplerate / 1000:g} kHz",
            f"{self._monitor.analysis.store.bin_hz:.3g} Hz/bin",
            f"{format_level(palette.low)}…{format_level(palette.high)} {scene.quantity.unit}{held}",
            settings.scale if settings.picture == "spectrum" else settings.picture,
        ]

    def _counted(self, fps: float) -> str:
        timeline = self._monitor.timeline
        overflows = [f"xruns {timeline.overflows}"] if timeline.overflows else []
        return _APART.join([*overflows, f"gaps {len(self._monitor.gaps)}", f"{fps:.0f} fps", "? keys"])

    def _write_keys(self, cells: Cells) -> None:
        more = _KEYS_OF_WHAT_IS_LIVE if self._view.steering is None else _KEYS_OF_A_REPLAY
        channels = _KEYS_OF_CHANNELS if len(self._monitor.source.info.channels) > 1 else ()
        rows = [f" {key:>11}  {what}" for key, what in (*_KEYS, *channels, *more, *_LAST_KEYS)]
        rows = ["", *rows, ""]
        width = min(max(len(row) for row in rows) + 2, cells.shape[1] - AXIS)
        line, column = max(0, (cells.shape[0] - BELOW - len(rows)) // 2), AXIS + (cells.shape[1] - AXIS - width) // 2
        for offset, row in enumerate(rows[: cells.shape[0] - BELOW - line]):
            cells.put(line + offset, column, Cells.filled(1, width, BLANK, self._colour(DARK.background)))
            self._write(cells, line + offset, column, row[:width], DARK.strong)

    # ---- tools ----

    def _write(self, cells: Cells, line: int, column: int, text: str, ink: Colour) -> None:
        cells.write(line, column, one_wide(text, ascii_only=self._depth == "ascii"), self._colour(ink))

    def _colour(self, rgb: Colour) -> int:
        return colour(rgb, self._depth)


def _transport(steering: Steering) -> str:
    """As "0:12 / 3:20 ×0.5 repeated, heard"."""
    asked = steering.asked
    text = f"{_minutes(steering.at_s)} / {_minutes(steering.length_s)}"
    if asked.speed != 1:
        text += f" ×{asked.speed:g}"
    also = [word for word, holds in (("repeated", asked.loop), ("heard", asked.listen)) if holds]
    return " ".join([text, ", ".join(also)]).rstrip()


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(0, most - 1)] + "\N{HORIZONTAL ELLIPSIS}"[: max(0, most)]
