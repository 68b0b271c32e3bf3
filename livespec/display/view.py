"""What a person looks at, as a value that the keys change: the picture's state between session and scene.

Shared by the window and the headless picture; knows neither OpenGL nor Qt widgets.
"""

import math
import time
from dataclasses import replace
from typing import Final

import numpy as np

from livespec.core.stft import FLOOR_DBFS
from livespec.display.autorange import SILENCE_DBFS, AutoRange
from livespec.display.colormaps import colormap
from livespec.display.cursor import crosshairs, read
from livespec.display.playhead import Playhead
from livespec.display.scene import AMBER, RED, Banner, Columns, Frame, Palette, Scene, SceneBuilder, plot_area
from livespec.display.steering import Steering
from livespec.session.analysis import ViewRequest
from livespec.session.monitor import Monitor
from livespec.session.picture import PictureAxis, picture_axis
from livespec.settings import PICTURES, SCALES, START_RANGE_DBFS, Picture, Settings

_RANGE_INTERVAL_S: Final = 0.5
_RANGE_CELLS: Final = 64
_SPARE_CELLS: Final = 64
_READING_S: Final = 0.15
_PICTURE_NAMES: Final = {"mel": "mel bands", "chroma": "chroma"}
_ANALYSIS_DELAY_S: Final = 0.004  # wake-up, a batch of columns, hand-over


class View:
    """The GUI thread's. `settings` is what is shown now; `frozen`: the picture stands; `steering`: of a replay."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self.settings = monitor.settings
        self.steering = Steering.of(monitor)
        self._leg = monitor.timeline.leg
        self._playhead = Playhead(monitor.timeline, self._leg.speed)
        self._builder = SceneBuilder()
        given = self.settings.range
        self._shift_db = round(monitor.quantity.shift_db)
        start = START_RANGE_DBFS[0] + self._shift_db, START_RANGE_DBFS[1] + self._shift_db
        low, high = start if isinstance(given, str) else given
        self._palette = Palette(colormap(self.settings.colormap), low, high)
        self._auto = self._new_auto() if given == "auto" else None
        self._axes = self._new_axes()
        self._of_bands = replace(monitor.quantity, offset_db=np.zeros(1, np.float32))  # theirs are in the bands already
        self._frame: Frame | None = None
        self.pointer: tuple[int, int] | None = None  # device pixels
        self._reading: tuple[tuple[int, int] | None, float, str | None] = None, 0.0, None
        self._range_looked = 0.0
        self._frozen: tuple[Columns, float] | None = None
        self._shown: tuple[Columns, float] | None = None
        self._shown_leg = self._leg
        self._standing = False

    # ---- what keys do ----

    @property
    def frozen(self) -> bool:
        return self._frozen is not None or self._standing

    def toggle_freeze(self) -> None:
        """Let the picture stand, or go back to now. The capture goes on; a replay pauses."""
        if self.steering is not None:
            self.steering.toggle_pause()
        elif self._frozen is None:
            self._frozen = Columns.now(self._monitor.analysis.store), self._end_s()
        else:
            self._frozen = None

    def next_scale(self) -> None:
        """Mel → linear → log …; what is on screen changes at once."""
        following = SCALES[(SCALES.index(self.settings.scale) + 1) % len(SCALES)]
        self.settings = replace(self.settings, scale=following)
        self._axes = self._new_axes()

    def next_picture(self) -> None:
        """Spectrum → mel bands → chroma; the past is analysed again."""
        following = PICTURES[(PICTURES.index(self.settings.picture) + 1) % len(PICTURES)]
        self.settings = replace(self.settings, picture=following)

    def toggle_pitch(self) -> None:
        """The pitch as a line over the picture, or not; for the past too."""
        self.settings = replace(self.settings, pitch=not self.settings.pitch)

    def toggle_auto_range(self) -> None:
        """Hold the range of levels as it is, or let it follow the sound."""
        self._auto = self._new_auto() if self._auto is None else None
        held = self._palette.low, self._palette.high
        self.settings = replace(self.settings, range="auto" if self._auto is not None else held)

    def _new_auto(self) -> AutoRange:
        return AutoRange((self._palette.low, self._palette.high), SILENCE_DBFS + self._shift_db)

    def set_colormap(self, name: str) -> None:
        self.settings = replace(self.settings, colormap=name)
        self._palette = replace(self._palette, colours=colormap(name))

    # ---- frames ----

    def request_for(self, plot_width: int) -> ViewRequest:
        """How many columns share a cell at this width, and how many cells the picture then needs."""
        return view_request(self.settings, self._monitor.source.info.samplerate, plot_width)

    def scene(self, width: int, height: int, scale: float) -> tuple[Scene, Columns]:
        """The frame to draw now, and the columns it shows."""
        columns, end_s = self._frozen or self._now()
        if self._auto is not None and not self.frozen:
            self._follow_range(height, columns)
        frame = self._current_frame(width, height, scale, columns.store.picture)
        if self._frozen is None:
            self._monitor.analysis.request(self.request_for(plot_area(frame).width))
        scene = self._builder.build(frame, columns, self._monitor.timeline, end_s, self.settings.span)
        return self._with_cursor(scene, columns, scale), columns

    def _with_cursor(self, scene: Scene, columns: Columns, scale: float) -> Scene:
        """The reading is a new one a few times a second: figures that flicker cannot be read."""
        if self.pointer is None:
            return scene
        x, y = self.pointer
        now = time.perf_counter()
        if self._reading[0] != self.pointer or now - self._reading[1] > _READING_S:
            found = read(scene, columns.store, self._monitor.engine.bin_hz, self.settings.span, x, y)
            text = None if found is None else found.text(scene.quantity.unit)
            self._reading = self.pointer, now, text
        text = self._reading[2]
        return scene if text is None else replace(scene, over=crosshairs(scene, text, x, y, scale))

    def behind_s(self) -> float:
        """How far a frozen picture is behind."""
        return 0.0 if self._frozen is None else max(0.0, self._end_s() - self._frozen[1])

    def _now(self) -> tuple[Columns, float]:
        """What there is to be seen now, and the right edge; of a replay that stands, what was to be seen before."""
        store = self._monitor.analysis.store
        self._standing = self._shown is not None and self.steering is not None and self.steering.stands()
        if self._shown is None or not self._standing:
            self._shown_leg = self._monitor.source.legs[-1]
            self._shown = Columns.now(store, self._shown_leg.seam), self._end_s()
        elif store is not self._shown[0].store and self.steering is not None and self.steering.rests:
            self._shown = (
                Columns.now(store, self._shown_leg.seam),
                self._shown[1],
            )  # asked for by a key, or by the width
        return self._shown

    def _end_s(self) -> float:
        """The right edge: the middle of the newest window that has surely come in."""
        monitor = self._monitor
        engine, timeline = monitor.engine, monitor.timeline
        if monitor.source.finished or not self._leg.speed or (self.steering is not None and self.steering.asked.paused):
            newest_middle = monitor.analysis.store.centre(monitor.analysis.store.end - 1)
            return max(newest_middle, self._shown_leg.seam) / engine.samplerate
        if timeline.leg is not self._leg:
            joined = timeline.leg.seam == self._leg.seam
            self._leg = timeline.leg
            self._playhead = self._playhead.following(self._leg, joined=joined)
        # Blocks end on a grid of their own: the newest whole window may lag behind them by so much.
        lag = engine.hop - math.gcd(engine.hop, timeline.block)
        waits = _ANALYSIS_DELAY_S + lag / engine.samplerate
        return self._playhead.advance(waits) - engine.n_fft / 2 / timeline.samplerate

    def _new_axes(self) -> dict[Picture, PictureAxis]:
        return {picture: picture_axis(picture, self.settings) for picture in PICTURES}

    def _current_frame(self, width: int, height: int, scale: float, picture: Picture) -> Frame:
        frame = Frame(
            width=width,
            height=height,
            scale=scale,
            title=self._monitor.source.info.title,
            subtitle=describe(replace(self.settings, picture=picture), self._monitor.channel_labels),
            axis=self._axes[picture],
            palette=self._palette,
            quantity=self._monitor.quantity if picture == "spectrum" else self._of_bands,
            clock=self._monitor.source.info.kind not in ("file", "stdin"),
            lap_s=None if self.steering is None else self.steering.length_s,
            ahead_s=(self._shown_leg.begins - self._shown_leg.seam) / self._monitor.engine.samplerate,
            banners=self._banners(),
        )
        if self._frame != frame:
            self._frame = frame
        assert self._frame is not None
        return self._frame

    def _banners(self) -> tuple[Banner, ...]:
        out = []
        if self._monitor.source.info.kind == "demo":
            out.append(Banner("DEMO SIGNAL", AMBER))
        if self._monitor.source.trouble:
            out.append(Banner(self._monitor.source.trouble, RED))
        if self.steering is not None and self.steering.note:
            out.append(Banner(self.steering.note, AMBER))
        if self.steering is not None and self.steering.asked.paused:
            out.append(Banner("PAUSED", AMBER))
        if self._frozen is not None:
            out.append(Banner(f"FROZEN  \N{MINUS SIGN}{self.behind_s():.1f} s", AMBER))
        return tuple(out)

    def _follow_range(self, height: int, columns: Columns) -> None:
        now = time.perf_counter()
        if now - self._range_looked < _RANGE_INTERVAL_S:
            return
        elapsed, self._range_looked = now - self._range_looked, now
        assert self._auto is not None
        store = columns.store
        count = min(store.end - columns.oldest, store.capacity - _SPARE_CELLS // 2)
        if count < 1:
            return
        step = max(1, count // _RANGE_CELLS)
        cells = store.picked(range(store.end - count, store.end, step))
        rows = self._axes[store.picture].rows(min(height, 512), store.bins, self._monitor.engine.bin_hz)
        quantity = self._monitor.quantity if store.picture == "spectrum" else self._of_bands
        shown = rows.apply(cells + quantity.offset_db)
        shown[rows.apply(cells) <= FLOOR_DBFS] = np.nan  # silence says nothing of the range
        if self._auto.follow(shown, min(elapsed, 2 * _RANGE_INTERVAL_S)):
            self._palette = replace(self._palette, low=self._auto.low, high=self._auto.high)


def view_request(settings: Settings, samplerate: int, plot_width: int) -> ViewRequest:
    """Cells for `settings.span` seconds on so many pixels."""
    assert settings.hop is not None
    columns = settings.span * samplerate / settings.hop
    pooled = max(1, math.ceil(columns / plot_width))
    return ViewRequest(math.ceil(columns / pooled) + _SPARE_CELLS, pooled, settings)


def describe(settings: Settings, channels: list[str]) -> str:
    """Rate, channel, window and scale in a line."""
    assert settings.samplerate is not None
    rate = f"{settings.samplerate / 1000:g} kHz"
    channel = channels[0] if channels[0] in ("mix", "diff") else f"channel {channels[0]}"
    assert settings.n_fft is not None
    windows = (
        f"{settings.n_fft}\N{HORIZONTAL ELLIPSIS}{settings.n_fft // 8}" if settings.multiresolution else settings.n_fft
    )
    parts = [rate, channel, f"{windows} / {settings.hop} {settings.window}"]
    if settings.averaging != "off":
        parts.append(settings.averaging)
    return "  ·  ".join([*parts, _PICTURE_NAMES.get(settings.picture, settings.scale)])
