"""What a person looks at, as a value that keys, mouse and controls change: the picture between session and scene.

Shared by the window, the terminal and the headless picture; knows neither OpenGL nor Qt widgets.
"""

import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from livespec.core.quantity import LevelQuantity, level_quantity
from livespec.core.scales import is_logarithmic
from livespec.core.stft import FLOOR_DBFS
from livespec.display import zoom
from livespec.display.autorange import SILENCE_DBFS, AutoRange
from livespec.display.colormaps import colormap
from livespec.display.cursor import crosshairs, laser, overtones, read, reading_area, reading_box
from livespec.display.layout import Layout, Wanted, Zone, layout_of
from livespec.display.marks import Marker, joined, markers, triggered
from livespec.display.playhead import Playhead
from livespec.display.scene import APART, Banner, Columns, Frame, Furniture, Palette, Scene, Shown
from livespec.display.scene_builder import SceneBuilder
from livespec.display.showing import Showing
from livespec.display.spectra import Spectra
from livespec.display.steering import Steering
from livespec.display.theme import AMBER, DARK, RED, Theme
from livespec.errors import UsageError
from livespec.session.analysis import ViewRequest
from livespec.session.columns import ColumnStore
from livespec.session.input_health import silence_of
from livespec.session.monitor import Monitor
from livespec.session.opening import ring_channels
from livespec.session.picture import PictureAxis, picture_axis
from livespec.settings import DIRECTIONS, PICTURES, SCALES, START_RANGE_DBFS, WEIGHTINGS, Scale, Settings, Show

if TYPE_CHECKING:
    from livespec.session.recorder import Recorder

_RANGE_INTERVAL_S: Final = 0.5
_RANGE_CELLS: Final = 32
_SPARE_CELLS: Final = 64
_READING_S: Final = 0.15
_NOTE_S: Final = 4.0
_PICTURE_NAMES: Final = {"mel": "mel bands", "chroma": "chroma"}
_ANALYSIS_DELAY_S: Final = 0.004  # wake-up, a batch of columns, hand-over
MOST_SOLO: Final = 8  # channels that have a key
_LARGE: Final = 1.5  # labels of who presents
_NARROWEST_DB: Final = 6.0
_OF_QUANTITY: Final = ("quantity", "reference", "weighting")
_SHORTEST_WINDOW, _LONGEST_WINDOW = 256, 65_536  # of the keys


class View:
    """The GUI thread's. `settings` is what is shown now; `frozen`: the picture stands; `steering`: of a replay.

    pointer: device pixels. theme: to draw with. labels are larger while `presenting`.
    translated: into the language of the person. fields: what settings are called where a person enters them.
    """

    def __init__(
        self,
        monitor: Monitor,
        theme: Theme = DARK,
        translated: Callable[[str], str] = lambda text: text,
        fields: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._monitor, self._translated, self._fields = monitor, translated, fields
        self.settings = self._first = monitor.settings
        self.steering = Steering.of(monitor)
        self.theme = theme
        self.presenting = False
        self.pointer: tuple[int, int] | None = None
        self.overtones = False
        self.markers: tuple[Marker, ...] = ()
        self.grips = False
        self._leg = monitor.timeline.leg
        self._playhead = Playhead(monitor.timeline, self._leg.speed)
        self._builder = SceneBuilder()
        self._showing = Showing(monitor.analysis)
        self._spectra = Spectra()
        given = self.settings.range
        self._shift_db = round(monitor.quantity.shift_db)
        start = START_RANGE_DBFS[0] + self._shift_db, START_RANGE_DBFS[1] + self._shift_db
        low, high = start if isinstance(given, str) else given
        self._palette = Palette(colormap(self.settings.colormap), low, high)
        self._auto = self._new_auto() if given == "auto" else None
        self._shown_channels = monitor.shown
        self._quantities: dict[tuple[Any, ...], LevelQuantity] = {}
        self._frame: Frame | None = None
        self._subtitle: tuple[tuple[ColumnStore, Scale] | None, str] = None, ""
        self._reading: tuple[tuple[int, int] | None, float, str | None] = None, 0.0, None
        self._range_looked = 0.0
        self._edge: float | None = None  # second at the newest edge of a picture that stands; None: now
        self._shown: tuple[Columns, float] | None = None
        self._shown_leg = self._leg
        self._standing = False
        self._note = Banner("", AMBER), 0.0
        self._failed: Recorder | None = None
        self._before_solo: Show | None = None
        self._scale_before_piano: Scale | None = None
        self.scene_shown: Scene | None = None

    # ---- time ----

    @property
    def frozen(self) -> bool:
        return self._edge is not None or self._standing

    def toggle_freeze(self) -> None:
        """Let the picture stand, or go back to now. The capture goes on; a replay pauses."""
        if self.steering is not None:
            self.steering.toggle_pause()
        else:
            self._edge = self._newest_s() if self._edge is None else None

    def _newest_s(self) -> float:
        """The newest edge, or the newest column where that is late: what stands is whole."""
        store = self._monitor.analysis.store
        return min(self._end_s(), self._monitor.timeline.seconds_at(store.centre(store.end - 1)))

    def to_now(self) -> None:
        """The newest again."""
        self._edge = None

    def forget(self) -> None:
        """Empty what is kept of the sound."""
        if self._monitor.can_forget:
            self._monitor.forget()
            self._edge, self.markers = None, ()
            self.note(self._translated("Forgotten"))

    def scroll(self, seconds: float) -> None:
        """Look at what was so much later (or, negative, earlier); a replay goes there."""
        if self.steering is not None:
            self.steering.seek_by(seconds)
            return
        now = self._end_s()
        edge = (now if self._edge is None else self._edge) + seconds
        timeline = self._monitor.timeline
        oldest = timeline.seconds_at(self._monitor.ring.oldest) + min(self.settings.span / 2, now)
        self._edge = None if edge >= now else max(edge, min(oldest, now))

    def behind_s(self) -> float:
        """How far a frozen picture is behind."""
        return 0.0 if self._edge is None else max(0.0, self._end_s() - self._edge)

    def zoom_time(self, factor: float, share: float = 1.0) -> None:
        """Around a place (0 oldest … 1 newest) where the picture stands, around now where it runs."""
        before = self.settings.span
        self._use(zoom.zoomed_span(self.settings, factor))
        if self._edge is not None:
            self._edge += (1 - share) * (self.settings.span - before)
            self.scroll(0.0)

    # ---- frequency, levels, colours ----

    def zoom_frequency(self, factor: float, place: float = 0.5) -> None:
        if self._has_frequencies():
            self._use(zoom.zoomed_frequency(self.settings, factor, place))

    def move_frequency(self, places: float) -> None:
        if self._has_frequencies():
            self._use(zoom.moved_frequency(self.settings, places))

    def _has_frequencies(self) -> bool:
        if self.settings.picture == "chroma":
            self.note(self._translated("Chroma is of all frequencies: there is nothing to zoom"))
        return self.settings.picture != "chroma"

    def reset_zoom(self) -> None:
        """The frequencies and the span that the session began with."""
        first = self._first
        self._use(replace(self.settings, fmin=first.fmin, fmax=first.fmax, span=first.span))

    def reset_frequency(self) -> None:
        """The frequencies that the session began with."""
        self._use(replace(self.settings, fmin=self._first.fmin, fmax=self._first.fmax))

    def next_scale(self) -> None:
        """Mel → linear → log …; what is on screen changes at once."""
        if self.shows_spectrum("Frequency scales"):
            self.change(scale=SCALES[(SCALES.index(self.settings.scale) + 1) % len(SCALES)])

    def shows_spectrum(self, what: str) -> bool:
        """Whether the picture has bins; where it has bands or pitch classes, it is said that this makes no sense."""
        if self.settings.picture != "spectrum":
            self.note(
                self._translated("{} are of the spectrum, not of this picture. V: the next").format(
                    self._translated(what)
                )
            )
        return self.settings.picture == "spectrum"

    def next_picture(self) -> None:
        """Spectrum → mel bands → chroma; the past is analysed again."""
        self.change(picture=PICTURES[(PICTURES.index(self.settings.picture) + 1) % len(PICTURES)])

    def next_weighting(self) -> None:
        """Z → A → C, for the past too."""
        self.change(weighting=WEIGHTINGS[(WEIGHTINGS.index(self.settings.weighting) + 1) % len(WEIGHTINGS)])

    def longer_window(self) -> None:
        """Twice as fine in frequency; the past is analysed again."""
        assert self.settings.n_fft is not None
        if self.settings.n_fft >= _LONGEST_WINDOW:
            self.note(self._translated("There is no longer window than {}").format(_LONGEST_WINDOW))
        else:
            self.change(n_fft=min(2 * self.settings.n_fft, _LONGEST_WINDOW))

    def shorter_window(self) -> None:
        """Twice as fine in time."""
        assert self.settings.n_fft is not None
        self.change(n_fft=max(self.settings.n_fft // 2, _SHORTEST_WINDOW))

    def next_direction(self) -> None:
        """Time to the right, or downwards."""
        self.change(direction=DIRECTIONS[(DIRECTIONS.index(self.settings.direction) + 1) % len(DIRECTIONS)])

    def toggle(self, name: str) -> None:
        """A setting that is on or off: pitch, trace, grid, peaks."""
        if name != "peaks" or self.shows_spectrum("Peak labels"):
            self.change(**{name: not getattr(self.settings, name)})

    @property
    def has_piano(self) -> bool:
        """Whether keys and notes lie along the frequency axis: it must be one of octaves."""
        settings = self.settings
        return settings.piano and settings.picture == "spectrum" and is_logarithmic(settings.scale)

    def toggle_piano(self) -> None:
        """Where the axis is not one of octaves, it becomes one for as long as the keys are there."""
        if not self.shows_spectrum("Piano and notes"):
            return
        if self.has_piano:
            back = self._scale_before_piano if self.settings.scale == "semitone" else None
            self._scale_before_piano = None
            self.change(piano=False, scale=back or self.settings.scale)
        elif is_logarithmic(self.settings.scale):
            self.change(piano=True)
        else:
            self._scale_before_piano = self.settings.scale
            self.change(piano=True, scale="semitone")

    def toggle_pitch(self) -> None:
        """The pitch as a line over the picture, or not; for the past too."""
        self.toggle("pitch")

    def toggle_auto_range(self) -> None:
        """Hold the range of levels as it is, or let it follow the sound."""
        if self._auto is None:
            self.change(range="auto")
        else:
            self.set_range(self._palette.low, self._palette.high)

    def set_range(self, low: float, high: float) -> None:
        """Levels in the unit of the colour bar; held from now on."""
        if high - low >= _NARROWEST_DB:
            self.change(range=(round(low, 1), round(high, 1)))

    @property
    def range(self) -> tuple[float, float]:
        """Levels from dark to bright, as they are now."""
        return self._palette.low, self._palette.high

    @property
    def automatic(self) -> bool:
        """Whether the range follows the sound."""
        return self._auto is not None

    def set_colormap(self, name: str) -> None:
        self.change(colormap=name)

    # ---- settings ----

    def change(self, **changes: Any) -> None:
        """Other settings, by name. What cannot be is said in the picture, and nothing changes.

        Another n_fft keeps the overlap, where hop is not given.
        """
        settings = self.settings
        if "n_fft" in changes and "hop" not in changes:
            assert settings.n_fft is not None
            assert settings.hop is not None
            changes["hop"] = max(1, round(settings.hop * changes["n_fft"] / settings.n_fft))
        if "scale" in changes and "fmin" not in changes and settings.fmin == self._usual_fmin(settings.scale):
            changes["fmin"] = self._usual_fmin(changes["scale"])
        try:
            self._use(replace(settings, **changes).at_rate(self._monitor.source.info.samplerate))
        except UsageError as error:
            self.note(re.sub(r"\w+", lambda word: self._fields.get(word[0], word[0]), error.message))

    def show_channels(self, show: Show) -> None:
        """Which channels, by number, or the word for their mixture; each has a pane."""
        try:
            self._shown_channels = ring_channels(show, self._monitor.source.info.channels)
        except UsageError as error:
            self.note(error.message)
        else:
            self.settings = replace(self.settings, show=show)

    def seconds_to_keep(self) -> tuple[float, float] | None:
        """What of the past is meant: between two markers, or the last seconds; None: all of a picture that stands."""
        if len(self.markers) == 2:  # noqa: PLR2004
            first, last = sorted(marker.second for marker in self.markers)
            return first, last
        if self.frozen:
            return None
        now = self._monitor.timeline.seconds_at(self._monitor.timeline.known_until)
        return max(0.0, now - self.settings.keep_last), now

    def note(self, text: str, seconds: float = _NOTE_S) -> None:
        """Say something in the picture for some seconds."""
        self._note = Banner(text, AMBER), time.perf_counter() + seconds

    def note_failure(self, text: str) -> None:
        """Say what could not be done, and why."""
        self._note = Banner(text, RED), time.perf_counter() + _NOTE_S

    @property
    def noted(self) -> Banner | None:
        """What is said at this moment, if anything is."""
        banner, until = self._note
        return banner if time.perf_counter() < until else None

    def _usual_fmin(self, scale: Scale) -> float | None:
        """Where an axis begins that nobody chose the begin of."""
        settings = replace(self._first, scale=scale, fmin=None)
        return settings.at_rate(self._monitor.source.info.samplerate).fmin

    def _use(self, settings: Settings) -> None:
        before, self.settings = self.settings, settings
        if self.steering is not None:
            self.steering.span_s = settings.span
        if settings.colormap != before.colormap:
            try:
                self._palette = replace(self._palette, colours=colormap(settings.colormap))
            except UsageError:
                self.settings = before
                raise
        if any(getattr(settings, name) != getattr(before, name) for name in _OF_QUANTITY):
            self._follow_quantity()
        if settings.range != before.range:
            if isinstance(settings.range, str):
                self._auto, self._range_looked = self._new_auto(), 0.0
            else:
                self._auto = None
                low, high = settings.range
                self._palette = replace(self._palette, low=low, high=high)

    def _follow_quantity(self) -> None:
        """Another unit: the range moves with it."""
        before = self._shift_db
        self._shift_db = round(self.quantity_of(self._monitor.analysis.store).shift_db)
        moved = self._shift_db - before
        if moved:
            self._palette = replace(self._palette, low=self._palette.low + moved, high=self._palette.high + moved)
            if self._auto is not None:
                self._auto = self._new_auto()

    def _new_auto(self) -> AutoRange:
        return AutoRange((self._palette.low, self._palette.high), SILENCE_DBFS + self._shift_db)

    # ---- markers ----

    def mark(self, x: int, y: int) -> None:
        """The first marker, then the second; after that, anew."""
        scene = self.scene_shown
        found = None if scene is None else read(scene, x, y)
        if scene is None or found is None or found.hz is None:
            return
        marker = Marker(scene.start_s + scene.span_s - found.before_s, found.hz, found.level)
        self.markers = (*self.markers, marker) if len(self.markers) < 2 else (marker,)  # noqa: PLR2004

    def clear_markers(self) -> None:
        self.markers = ()

    # ---- frames ----

    def request_for(self, plot_width: int) -> ViewRequest:
        """How many columns share a cell at this width, and how many cells the picture then needs."""
        request = view_request(self.settings, self._monitor.source.info.samplerate, plot_width)
        ends_at = None if self._edge is None else self._monitor.timeline.position_at(self._edge)
        return request._replace(shown=self._shown_channels, ends_at=ends_at)

    def layout(self, width: int, height: int, scale: float) -> Layout:
        """Where everything is on a canvas of this size."""
        return layout_of(width, height, self._scaled(scale), self._wanted(self._monitor.analysis.store))

    def zone(self, x: int, y: int, scale: float) -> Zone:
        """What a place of the last frame belongs to."""
        return "none" if self.scene_shown is None else self.scene_shown.layout.zone(x, y, self._scaled(scale))

    def scene(self, width: int, height: int, scale: float) -> tuple[Scene, Columns]:
        """The frame to draw now, and the topmost columns that it shows."""
        live, end_s = self._now()
        browsing = self._edge is not None
        end_s = end_s if self._edge is None else self._edge
        layers = self._showing.of(live, browsing=browsing)
        top = layers[-1]
        on_the_way = self._standing and not (self.steering is not None and self.steering.rests)
        hold_top = on_the_way or self._showing.waits  # else what is filled in is shown, however long the picture stands
        shown = [self._shown_as(columns, hold=columns is not top or hold_top) for columns in layers]
        if self._auto is not None and not (self.frozen and self._auto.settled):  # who asks for it sees it at once
            self._follow_range(height, shown[-1])
        scale = self._scaled(scale)
        frame = self._current_frame(width, height, scale, shown[-1])
        layout = frame.layout
        self._monitor.request(self.request_for(layout.panes[0].time_px))
        scene = self._builder.build(frame, shown, self._monitor.timeline, end_s, self.settings.span)
        scene = self._with_lines(scene, self._spectra, scale)
        scene = replace(scene, over=self._over(scene, scale))
        self.scene_shown = scene
        return scene, top

    def still(self, width: int, height: int, scale: float) -> Scene | None:
        """The moment that was drawn last as a picture of its own, of any size, without the pointer."""
        drawn, frame = self.scene_shown, self._frame
        if drawn is None or frame is None:
            return None
        frame = replace(frame, width=width, height=height, scale=self._scaled(scale), grips=False, banners=())
        shown = [layer.shown for layer in drawn.layers]
        end_s = drawn.start_s + drawn.span_s
        scene = SceneBuilder().build(frame, shown, self._monitor.timeline, end_s, drawn.span_s)
        spectra = Spectra()
        scene = self._with_lines(scene, spectra, frame.scale)
        parts = [markers(scene, self.markers, frame.scale, self._translated)]
        if self.settings.peaks:
            parts.append(spectra.peaks(scene, frame.scale))
        return replace(scene, over=joined(*parts), said=Furniture())

    def _with_lines(self, scene: Scene, spectra: Spectra, scale: float) -> Scene:
        """And what met the trigger, and the spectra beside it."""
        pieces, alerts = scene.pieces, self._monitor.alerts
        if alerts is not None:
            pieces += triggered(scene, alerts.events, alerts.plan.rule, self._monitor.timeline, scale)
        return replace(scene, pieces=pieces, graphs=spectra.graphs(scene, scale) if self.settings.trace else ())

    @property
    def shown_channels(self) -> tuple[int, ...] | str:
        """As a `Framer` takes them."""
        return self._shown_channels

    def solo(self, channel: int) -> None:
        """A channel by its number alone; once more, what was shown before."""
        show: Show = (channel,)
        if self.settings.show == show and self._before_solo is not None:
            show = self._before_solo
        elif self.settings.show != show:
            captured = self._monitor.source.info.channels
            now = self._shown_channels
            self._before_solo = now if isinstance(now, str) else tuple(captured[index] for index in now)  # type: ignore[assignment]
        self.show_channels(show)

    def solo_nth(self, index: int) -> None:
        """`solo` of a captured channel."""
        self.solo(self._monitor.source.info.channels[index])

    def _scaled(self, scale: float) -> float:
        return scale * _LARGE if self.presenting else scale

    def _over(self, scene: Scene, scale: float) -> Furniture:
        """What lies over everything: the pointer's lines, markers, peaks, and what the pointer reads."""
        parts = [markers(scene, self.markers, scale, self._translated)]
        if self.settings.peaks:
            parts.append(self._spectra.peaks(scene, scale))
        if self.pointer is not None:
            lines, reading = self._pointed(scene, self.pointer, scale)
            parts = [lines, *parts, reading]
        return joined(*parts)

    def _pointed(self, scene: Scene, pointer: tuple[int, int], scale: float) -> tuple[Furniture, Furniture]:
        """Lines, and the reading. That is a new one a few times a second: figures that flicker cannot be read."""
        x, y = pointer
        now = time.perf_counter()
        if self._reading[0] != pointer or now - self._reading[1] > _READING_S:
            found = read(scene, x, y)
            unit = scene.quantity.unit
            ago = None if found is None else found._replace(before_s=found.before_s + self.behind_s())
            self._reading = pointer, now, None if ago is None else ago.text(unit)
        text = self._reading[2]
        if text is None:
            return Furniture(), Furniture()
        taken = None if self.presenting else reading_area(scene, text, x, y, scale)
        lines = [overtones(scene, x, y, scale, taken)] if self.overtones else []
        if self.presenting:
            return joined(*lines), laser(x, y, scale)
        return joined(*lines, crosshairs(scene, x, y, scale)), reading_box(scene, text, x, y, scale)

    def _shown_as(self, columns: Columns, *, hold: bool) -> Shown:
        store = columns.store
        return Shown(columns, self._axis_of(store), self.quantity_of(store), hold)

    def _axis_of(self, store: ColumnStore) -> PictureAxis:
        """Of bands, as they were made; of bins, as it is wanted now."""
        return picture_axis(store.picture, self.settings if store.picture == "spectrum" else store.engine.settings)

    def quantity_of(self, store: ColumnStore) -> LevelQuantity:
        """What the levels of a store are shown as."""
        of_bands = store.picture != "spectrum"  # theirs is in the levels already
        settings = store.engine.settings if of_bands else self.settings
        key = (store.engine, of_bands, *(getattr(settings, name) for name in _OF_QUANTITY))
        if key not in self._quantities:
            if len(self._quantities) > 8:  # noqa: PLR2004 - engines come and go
                self._quantities.clear()
            quantity = level_quantity(store.engine, self._monitor.calibration, settings)
            self._quantities[key] = replace(quantity, offset_db=np.zeros(1, np.float32)) if of_bands else quantity
        return self._quantities[key]

    def _now(self) -> tuple[Columns, float]:
        """What there is to be seen now, and the newest edge; of a replay that stands, what was to be seen before."""
        store = self._monitor.analysis.store
        self._standing = self._shown is not None and self.steering is not None and self.steering.stands()
        if self._shown is None or not self._standing:
            self._shown_leg = self._monitor.source.legs[-1]
            self._shown = Columns.now(store, self._shown_leg.seam), self._end_s()
        elif (
            self.steering is not None
            and self.steering.rests
            and (store is not self._shown[0].store or self._grown(store))
        ):
            self._shown = Columns.now(store, self._shown_leg.seam), self._shown[1]  # asked for by a key, or the width
        return self._shown

    def _grown(self, store: ColumnStore) -> bool:
        """Whether it was filled further back."""
        assert self._shown is not None
        return store.oldest < self._shown[0].oldest

    def _end_s(self) -> float:
        """The newest edge: the middle of the newest window that has surely come in."""
        monitor = self._monitor
        store, timeline = monitor.analysis.store, monitor.timeline
        rate = timeline.samplerate
        if monitor.source.finished or not self._leg.speed or (self.steering is not None and self.steering.asked.paused):
            newest_middle = store.centre(store.end - 1)
            return max(newest_middle, self._shown_leg.seam) / rate
        if timeline.leg is not self._leg:
            joined_on = timeline.leg.seam == self._leg.seam
            self._leg = timeline.leg
            self._playhead = self._playhead.following(self._leg, joined=joined_on)
        # Blocks end on a grid of their own: the newest whole window may lag behind them by so much.
        lag = store.hop - math.gcd(store.hop, timeline.block)
        waits = _ANALYSIS_DELAY_S + lag / rate
        return self._playhead.advance(waits) - store.n_fft / 2 / rate

    def _wanted(self, store: ColumnStore) -> Wanted:
        names = self._channel_names(store.shown)
        return Wanted(
            panes=tuple(f"channel {name}" if name.isdecimal() else name for name in names) if len(names) > 1 else ("",),
            downwards=self.settings.direction == "down",
            spectrum=self.settings.trace,
            piano=self.has_piano and store.picture == "spectrum",
        )

    def channel_labels(self, shown: tuple[int, ...] | str) -> list[str]:
        """The channels by number, or the word for their mixture."""
        if isinstance(shown, str):
            return [shown]
        return [str(self._monitor.source.info.channels[index]) for index in shown]

    def _channel_names(self, shown: tuple[int, ...] | str) -> list[str]:
        """As the person named them; else by number."""
        labels = self.channel_labels(shown)
        return [self.settings.channel_name(int(label)) if label.isdecimal() else label for label in labels]

    def _current_frame(self, width: int, height: int, scale: float, shown: Shown) -> Frame:
        store = shown.columns.store
        frame = Frame(
            width=width,
            height=height,
            scale=scale,
            title=self._monitor.source.info.title,
            subtitle=self._subtitle_of(store),
            axis=shown.axis,
            palette=self._palette,
            quantity=shown.quantity,
            theme=self.theme,
            wanted=self._wanted(store),
            grid=self.settings.grid,
            automatic=self._auto is not None,
            grips=self.grips,
            clock=self._monitor.source.info.kind not in ("file", "stdin"),
            lap_s=None if self.steering is None else self.steering.length_s,
            ahead_s=(self._shown_leg.begins - self._shown_leg.seam) / store.engine.samplerate,
            recorded_s=self._monitor.recorded_s,
            banners=self._banners(),
        )
        if self._frame != frame:
            self._frame = frame
        assert self._frame is not None
        return self._frame

    def _subtitle_of(self, store: ColumnStore) -> str:
        """`describe` of what a store holds; one of a frame is that of the next as long as nothing in it changes."""
        key = store, self.settings.scale
        if self._subtitle[0] != key:
            settings = replace(store.engine.settings, picture=store.picture, scale=self.settings.scale)
            self._subtitle = key, describe(settings, self._channel_names(store.shown))
        return self._subtitle[1]

    def _banners(self) -> tuple[Banner, ...]:
        monitor, steering = self._monitor, self.steering
        recorder = monitor.recorder
        if recorder is not None and recorder.trouble is not None and recorder is not self._failed:
            self._failed, self._note = recorder, (Banner("", AMBER), 0.0)  # what it says may be that it records
        out = [Banner(self._translated("DEMO SIGNAL"), AMBER)] if monitor.source.info.kind == "demo" else []
        out += [Banner(text, RED) for text in self.troubles]
        if monitor.alerts is not None and monitor.alerts.lasts:
            out.append(Banner(self._translated("TRIGGERED  {}").format(monitor.alerts.count), AMBER))
        if steering is not None and steering.note:
            out.append(Banner(steering.note, AMBER))
        if steering is not None and steering.asked.paused:
            out.append(Banner(self._translated("PAUSED"), AMBER))
        if self._edge is not None:
            behind = f"\N{MINUS SIGN}{self.behind_s():.1f} s"
            out.append(Banner(self._translated("FROZEN  {}").format(behind), AMBER))
        if (noted := self.noted) is not None:  # the last: when it goes, no other moves
            out.append(noted)
        return tuple(out)

    @property
    def troubles(self) -> list[str]:
        """What does not go as it should, in words."""
        monitor = self._monitor
        recorder, alerts, refused = monitor.recorder, monitor.alerts, monitor.analysis.refused
        said = [
            monitor.source.trouble,
            silence_of(monitor.analysis.needles.now)
            if monitor.source.info.noisy and not monitor.source.trouble
            else None,
            None if recorder is None or recorder.trouble is None else recorder.trouble.message,
            recorder.shortfall if recorder is not None and monitor.recording else None,
            *([] if alerts is None else alerts.troubles),
            monitor.analysis.too_slow,
            None if refused is None else refused.message,
        ]
        return [text for text in said if text]

    def _follow_range(self, height: int, shown: Shown) -> None:
        now = time.perf_counter()
        if now - self._range_looked < _RANGE_INTERVAL_S:
            return
        elapsed, self._range_looked = now - self._range_looked, now
        assert self._auto is not None
        columns = shown.columns
        store = columns.store
        count = min(store.end - columns.oldest, store.capacity - _SPARE_CELLS // 2)
        if count < 1:
            return
        step = max(1, count // _RANGE_CELLS)
        cells = np.concatenate(
            [store.picked(range(store.end - count, store.end, step), channel) for channel in range(store.channels)]
        )
        silent = cells <= FLOOR_DBFS
        cells += shown.quantity.offset_db
        cells[silent] = -np.inf  # silence says nothing of the range, nor what is mixed with it
        with np.errstate(invalid="ignore"):
            levels = shown.axis.rows(min(height, 512), store.bins, store.bin_hz).apply(cells)
        if self._auto.follow(levels, min(elapsed, 2 * _RANGE_INTERVAL_S)):
            self._palette = replace(self._palette, low=self._auto.low, high=self._auto.high)


def view_request(settings: Settings, samplerate: int, plot_width: int) -> ViewRequest:
    """Cells for `settings.span` seconds on so many pixels."""
    assert settings.hop is not None
    columns = settings.span * samplerate / settings.hop
    pooled = max(1, math.ceil(columns / plot_width))
    return ViewRequest(math.ceil(columns / pooled) + _SPARE_CELLS, pooled, settings)


def describe(settings: Settings, channels: list[str]) -> str:
    """Rate, channel, window and scale in a line. channels: by name or number."""
    assert settings.samplerate is not None
    rate = f"{settings.samplerate / 1000:g} kHz"
    channel = ", ".join(channels)
    if all(name.isdecimal() for name in channels):
        channel = f"channel{'s' if len(channels) > 1 else ''} {channel}"
    assert settings.n_fft is not None
    windows = (
        f"{settings.n_fft}\N{HORIZONTAL ELLIPSIS}{settings.n_fft // 8}" if settings.multiresolution else settings.n_fft
    )
    parts = [rate, channel, f"{windows} / {settings.hop} {settings.window}"]
    if settings.averaging != "off":
        parts.append(settings.averaging)
    return APART.join([*parts, _PICTURE_NAMES.get(settings.picture, settings.scale)])
