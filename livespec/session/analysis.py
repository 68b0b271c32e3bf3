"""The analysis thread: windows out of the ring, through the engine, into the columns of the picture.

It owns the engine, the `ColumnStore` writing, the meter and the `Timeline`. A change of what a person looks at is a
value that the window leaves here; what is to be seen is then analysed again from the ring, the newest first.
"""

import math
import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from livespec.capture.moment import now_ns
from livespec.core.arrays import Int64Array
from livespec.core.calibration import Calibration
from livespec.core.framing import Frames, column_count
from livespec.core.levels import Meter, Needles
from livespec.core.ring import AudioRing
from livespec.core.stft import Engine
from livespec.errors import LivespecError
from livespec.session.alerts import Alerts
from livespec.session.band_watch import BandWatch
from livespec.session.clock import Timeline
from livespec.session.gap_index import Gap, with_overwritten
from livespec.session.processing import Backfill, Processing, makes_columns
from livespec.settings import Settings

if TYPE_CHECKING:
    from livespec.session.columns import ColumnStore

MOST_PANES: Final = 8

_LONGEST_WAIT_S: Final = 0.1
_LOG_KEPT: Final = 1024
_BEHIND_S: Final = 2.0  # what lags so far is too slow, or was held up
_PATIENCE_S: Final = 1.0  # within which what was held up has caught up a little
_SAID_S: Final = 10.0  # after columns were left out
_MEASURED_A_SECOND: Final = 25  # meters are drawn less often
_TAKING_S: Final = 0.05  # at a time: somebody may want other settings
_LAST_TAKING_S: Final = 2.0  # somebody wants to quit
_FILLING_S: Final = 0.02  # at a time: what comes in meanwhile is not to wait longer
_MARGIN: Final = 4  # a picture of the past is filled a quarter of its width beyond both ends


class ViewRequest(NamedTuple):
    """What a picture needs: `cells` cells of `pooled` columns each.

    settings, shown: how they are made, of which channels (as a `Framer` takes them); None: as the session began.
    ends_at: position of the right edge of a picture of the past; None: now.
    """

    cells: int
    pooled: int
    settings: Settings | None = None
    shown: tuple[int, ...] | str | None = None
    ends_at: int | None = None


class Analysis:
    """Run `run` in a thread; `store`, `past`, `timeline` and the counters may be read from any.

    store: the columns up to now; past: of the stretch that was asked for, if one was; past_is_full: nothing of it is
    missing. overwritten: what was captured, but gone before it was looked at. refused: why the last request could not
    be fulfilled.
    """

    def __init__(
        self,
        ring: AudioRing,
        engine: Engine,
        shown: tuple[int, ...] | str,
        timeline: Timeline,
        view: ViewRequest,
        calibration: Calibration | None = None,
        *,
        may_skip: bool,
        alerts: Alerts | None = None,
    ) -> None:
        self.timeline = timeline
        self.meter = Meter(ring.channels)
        self.needles = Needles(ring.channels, engine.samplerate)
        self.columns = 0
        self.skipped_columns = 0
        self.overwritten: tuple[Gap, ...] = ()
        self.first_column_ns: int | None = None
        self.refused: LivespecError | None = None
        self._ring, self._may_skip = ring, may_skip
        self._first_engine, self._first_shown, self._calibration = engine, _panes(shown), calibration
        self._metered = 0
        self._measured_at_once = engine.samplerate // _MEASURED_A_SECOND
        self._gaps_marked = 0
        self._seam = self._forgotten = self._forget_before = 0
        self._log: Int64Array = np.empty((0, 3), np.int64)
        self._request = self._made_for = view
        self._processing = Processing(self._engine_for(view), self._shown_for(view), calibration)
        self._watch = None if alerts is None else BandWatch(alerts, self._processing.engine, timeline)
        self._framer = self._processing.framer(ring)
        self._averager = self._processing.averager()
        self._backfill: Backfill | None = None
        self._until = math.inf
        self._is_looked_at = False
        self._behind_before: tuple[float, float] | None = None
        self._left_out_at = -math.inf
        self._past: Backfill | None = None
        self.past_is_full = False
        self.past: ColumnStore | None = None
        self.store: ColumnStore = self._processing.store(view.cells, view.pooled)

    def request(self, view: ViewRequest) -> None:
        """Ask for another view; `store` is a new object once a part of it is ready, the old one is there until then."""
        self._request, self._is_looked_at = view, True

    def forget(self, position: int) -> None:
        """Empty the ring up to a position, and the columns with it."""
        self._forget_before = position

    @property
    def filling(self) -> bool:
        """Whether `store` is still being filled."""
        return self._backfill is not None or self._request != self._made_for

    @property
    def needed_from(self) -> int:
        """Position of the oldest sample that is still to be analysed."""
        return min(self._framer.needed_from, self._metered)

    @property
    def caught_up(self) -> bool:
        """Whether no whole window waits."""
        return not self._framer.available

    @property
    def too_slow(self) -> str | None:
        """A sentence where the columns of a device lag far behind its sound, with what to do about it."""
        if not self._may_skip:
            return None
        if self._behind_s < _BEHIND_S and time.perf_counter() - self._left_out_at > _SAID_S:
            return None
        return "This machine is too slow for this analysis. Use a longer hop, or fewer channels"

    @property
    def _behind_s(self) -> float:
        """Seconds of sound that wait to be analysed."""
        return self._framer.available * self._processing.engine.column_s

    def run(self, wake: threading.Event, stopping: threading.Event) -> None:
        """Until `stopping`, then once more for what is left."""
        with np.errstate(invalid="ignore", over="ignore"):  # samples that are no numbers are told by NaN
            while not stopping.is_set():
                if self.caught_up and not self._unfilled:
                    wake.wait(_LONGEST_WAIT_S)
                wake.clear()
                self.step(_TAKING_S)
            last_s = _LAST_TAKING_S if self._may_skip else math.inf
            self.step(last_s)
            self.skipped_columns += self._framer.skip_to(self._framer.next_column + self._framer.available)
            self._measure(1)
            self.timeline.settle()
            self._mark_gaps()
            if self._begins_anew:
                self.step(last_s)
            if self._watch is not None:
                self._watch.finish()

    def step(self, taking_s: float = math.inf) -> None:
        """What is waiting, for so long at most (slow analyses always have more), and a part of what is to be filled."""
        self._until = time.perf_counter() + taking_s
        self._note_blocks()
        if self.timeline.leg.seam != self._seam:
            self._begin_at_seam(self.timeline.leg.seam)
        if self._forget_before > self._forgotten:
            self._forget(self._forget_before)
        if self._request != self._made_for:
            self._change_to(self._request)
        if self._begins_anew:
            self._begin_anew()
        self._measure(self._measured_at_once)
        self._take_what_waits()
        self._watch_band()
        self._mark_gaps()
        self._fill_in()

    def _note_blocks(self) -> None:
        log = self.timeline.update(self._ring)
        if len(log):
            self._log = np.concatenate([self._log, log])[-_LOG_KEPT:]

    def _take_what_waits(self) -> None:
        while not self._begins_anew and time.perf_counter() < self._until:
            if self._may_skip:
                self._skip_what_was_overwritten()
                self._skip_what_is_too_late()
            self._measure(self._measured_at_once)
            if (frames := self._framer.take()) is None:
                break
            self._take(frames)

    def _take(self, frames: Frames) -> None:
        count = frames.samples.shape[1]
        levels = self._processing.levels(self._framer, frames, self.timeline, self._averager)
        if levels is None:
            self._note_overwritten(frames.first, count)
            return
        if self._watch is not None:
            self._watch.take(frames.first, levels)
            self._watch_band()
        self._processing.put(self.store, frames, levels, self._entered_ns(frames.first, count))
        self.first_column_ns = self.first_column_ns or now_ns()
        self.columns += count

    def _watch_band(self) -> None:
        if self._watch is None:
            return
        self._note_blocks()  # some may have come since: what was analysed of them is to be looked at now
        self._watch.follow(self.timeline.known_until)
        if self.timeline.is_silent_behind(self._ring.end):
            self._watch.interrupt()

    # ---- what is looked at ----

    def _change_to(self, view: ViewRequest) -> None:
        before, self._made_for = self._made_for, view
        engine, shown = self._processing.engine, self._shown_for(view)
        if makes_columns(self._settings_for(view)) != makes_columns(engine.settings) or shown != self._processing.shown:
            try:
                processing = Processing(self._engine_for(view), shown, self._calibration)
                if self._watch is not None:
                    self._watch.change_to(processing.engine)
            except LivespecError as error:
                self.refused = error
                return
            self.refused = None
            self._processing = processing
            self._analyse_again()
        elif (view.cells, view.pooled) != (before.cells, before.pooled):
            self._analyse_again()
        if view.ends_at is None:
            self._past = self.past = None

    def _analyse_again(self) -> None:
        """A store for the view, with the newest of what it needs; the older follows. It takes the old one's place."""
        view, processing = self._made_for, self._processing
        engine = processing.engine
        # A longer window is not yet whole where the shorter one was: it goes on from the first that can still come.
        live = min(-(-self._framer.position // engine.hop), column_count(self._ring.end, engine.n_fft, engine.hop))
        live = max(live, self._first_column)
        self._framer = processing.framer(self._ring, live)
        store = processing.store(view.cells, view.pooled)
        self._backfill = Backfill(processing, store, self._ring, self.timeline, self._first_column, live)
        self._past = None
        self._begin_anew()

    @property
    def _begins_anew(self) -> bool:
        """Until the newest stretch of another analysis is there, nothing that comes is taken."""
        return self._backfill is not None and self._backfill.store is not self.store

    def _begin_anew(self) -> None:
        """The newest stretch: averages go on from it, and the picture takes the place of the one before."""
        backfill = self._backfill
        assert backfill is not None
        while self._fill_store(backfill) and backfill.is_halfway:
            if time.perf_counter() > self._until:
                return
        self._averager, self.store = backfill.averager, backfill.store

    def _fill_store(self, backfill: Backfill) -> bool:
        newest = -(-self._framer.next_column // backfill.store.pooled)
        return backfill.fill(newest - backfill.store.capacity, newest)

    @property
    def _unfilled(self) -> bool:
        return self._backfill is not None or (self._made_for.ends_at is not None and not self.past_is_full)

    def _fill_in(self) -> None:
        """For a while: what lies before the live columns first, then the stretch of the past that is looked at."""
        until = time.perf_counter() + _FILLING_S
        while self._backfill is not None and not self._begins_anew and time.perf_counter() < until:
            if not self._fill_store(self._backfill):
                self._backfill = None
        self.past_is_full = False
        while self._made_for.ends_at is not None and time.perf_counter() < until and not self.past_is_full:
            self.past_is_full = not self._fill_past(self._made_for.ends_at)

    def _fill_past(self, ends_at: int) -> bool:
        """A stretch around what is looked at; False where nothing is missing."""
        view = self._made_for
        margin = view.cells // _MARGIN
        past = self._past
        if past is None or past.store.pooled != view.pooled or past.store.capacity != view.cells + 3 * margin:
            past = self._new_past(view, margin)
        stop = int(np.ceil(past.store.cell_at(ends_at))) + 1
        first, stop = stop - view.cells - margin, stop + margin
        if past.store.end and (stop < past.store.oldest or first > past.store.end):  # a jump: nothing in common
            past = self._new_past(view, margin)
        filled = past.fill(max(0, first), max(0, stop))
        self._past = past
        if past.store.end:
            self.past = past.store
        return filled

    def _new_past(self, view: ViewRequest, margin: int) -> Backfill:
        store = self._processing.store(view.cells + 3 * margin, view.pooled)
        return Backfill(self._processing, store, self._ring, self.timeline, self._first_column)

    def _settings_for(self, view: ViewRequest) -> Settings:
        return self._first_engine.settings if view.settings is None else view.settings

    def _engine_for(self, view: ViewRequest) -> Engine:
        first = self._first_engine
        settings = self._settings_for(view)
        same = makes_columns(settings) == makes_columns(first.settings)
        return first if same else Engine(settings, first.samplerate)

    def _shown_for(self, view: ViewRequest) -> tuple[int, ...] | str:
        return self._first_shown if view.shown is None else _panes(view.shown)

    # ---- what comes in ----

    def _begin_at_seam(self, seam: int) -> None:
        """The sound was jumped to: no window and no average reaches back across the seam."""
        self._seam = seam
        if self._watch is not None:
            self._watch.finish()
        self._framer.skip_to(self._first_column)
        if self._averager is not None:
            self._analyse_again()

    def _forget(self, position: int) -> None:
        self._forgotten = position
        self._metered = max(self._metered, position)
        self._ring.forget(position)
        self._framer.skip_to(self._first_column)
        self.past = None
        self._analyse_again()

    @property
    def _first_column(self) -> int:
        """The first whose window lies behind the seam, and behind what was forgotten."""
        return -(-max(self._seam, self._forgotten) // self._processing.engine.hop)

    def _skip_what_was_overwritten(self) -> None:
        """As when the program was stopped for longer than the ring lasts."""
        first = self._framer.next_column
        if skipped := self._framer.skip_overwritten():
            self._note_overwritten(first, skipped)

    def _note_overwritten(self, first: int, columns: int) -> None:
        """Of columns first … there is no sound any more."""
        self.skipped_columns += columns
        hop = self._processing.engine.hop
        self.overwritten = with_overwritten(self.overwritten, first * hop, (first + columns) * hop)
        if self._watch is not None:
            self._watch.finish()

    def _skip_what_is_too_late(self) -> None:
        """Who looks on is to see what is new, if with holes. After a stop there is a lot to do, but less and less."""
        behind_s, now = self._behind_s, time.perf_counter()
        if not self._is_looked_at or behind_s < _BEHIND_S:
            self._behind_before = None
            return
        before_s, looked = self._behind_before or (math.inf, now)
        if self._behind_before is None or (now - looked >= _PATIENCE_S and behind_s < before_s):
            self._behind_before = behind_s, now
        elif now - looked >= _PATIENCE_S:
            self.skipped_columns += self._framer.skip_to(self._framer.next_column + self._framer.available - 1)
            self._behind_before, self._left_out_at = None, now
            if self._watch is not None:
                self._watch.finish()

    def _entered_ns(self, first: int, count: int) -> Int64Array:
        engine = self._processing.engine
        newest = np.arange(first, first + count) * engine.hop + engine.n_fft
        if not len(self._log):
            return np.zeros(count, np.int64)
        block = np.searchsorted(self._log[:, 0], newest)
        entered: Int64Array = self._log[np.minimum(block, len(self._log) - 1), 1]
        return entered

    def _mark_gaps(self) -> None:
        gaps = len(self.timeline.gaps)
        if gaps != self._gaps_marked and self._averager is not None:
            self._analyse_again()  # the gap was in the averages before it was known
        elif gaps != self._gaps_marked or (gaps and self._near_last_gap()):
            self.store.mark_gaps(self.timeline)
            if self.past is not None:
                self.past.mark_gaps(self.timeline)
        self._gaps_marked = gaps

    def _near_last_gap(self) -> bool:
        """Whether the newest columns still have samples from before the last gap."""
        return self._framer.position - self._columns_reach < self.timeline.gaps[-1].position

    @property
    def _columns_reach(self) -> int:
        return self.store.n_fft + self.store.pooled * self.store.hop

    def _measure(self, at_least: int) -> None:
        """What waits for the meters, once it is so many samples: each call costs as much as many of them."""
        ring, end = self._ring, self._ring.end
        if end - self._metered < at_least:
            return
        if not ring.still_valid(self._metered):
            self._metered = max(self._framer.position, ring.oldest)
        while self._metered < end:
            n = min(end - self._metered, ring.margin)
            samples = ring.view(self._metered, n)
            self.meter.push(samples, self._metered)
            self.needles.push(samples)
            self._metered += n


def _panes(shown: tuple[int, ...] | str) -> tuple[int, ...] | str:
    """As many as there is room for."""
    return shown if isinstance(shown, str) else shown[:MOST_PANES]
