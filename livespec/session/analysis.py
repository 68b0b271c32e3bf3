"""The analysis thread: windows out of the ring, through the engine, into the columns of the picture.

It owns the engine, the `ColumnStore` writing, the meter and the `Timeline`. A change of view (how many
columns share a cell) is a value that the window leaves here; the past is then analysed again from the ring.
"""

import threading
import time
from typing import Final, NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array, Int64Array
from livespec.core.averaging import Averager, make_averager
from livespec.core.framing import Framer, Frames, column_count
from livespec.core.levels import Meter
from livespec.core.quantity import RAW, LevelQuantity
from livespec.core.ring import AudioRing
from livespec.core.stft import Engine
from livespec.session.clock import Timeline
from livespec.session.columns import ColumnStore
from livespec.session.picture import PictureColumns
from livespec.settings import Picture, averaging_of

_LONGEST_WAIT_S: Final = 0.1
_LOG_KEPT: Final = 1024


class ViewRequest(NamedTuple):
    """What a picture needs: `cells` cells of `pooled` columns each; of what, and whether with the pitch."""

    cells: int
    pooled: int
    picture: Picture = "spectrum"
    pitch: bool = False


class Analysis:
    """Run `run` in a thread; `store`, `timeline` and the counters may be read from any."""

    def __init__(
        self,
        ring: AudioRing,
        engine: Engine,
        shown: tuple[int, ...] | str,
        timeline: Timeline,
        view: ViewRequest,
        quantity: LevelQuantity = RAW,
        *,
        may_skip: bool,
    ) -> None:
        self.engine, self.timeline = engine, timeline
        self.meter = Meter(ring.channels)
        self.columns = 0
        self.skipped_columns = 0
        self.first_column_ns: int | None = None
        self._ring, self._may_skip = ring, may_skip
        self._shown = shown if isinstance(shown, str) else shown[:1]
        self._framer = Framer(ring, engine.n_fft, engine.hop, self._shown)
        self._levels = np.empty((1, 32, engine.bins), np.float32)
        self._metered = 0
        self._gaps_marked = 0
        self._seam = 0
        self._averager = self._new_averager()
        self._log: Int64Array = np.empty((0, 3), np.int64)
        self._quantity = quantity
        self._request = self._made_for = view
        self._picture = self._new_picture(view)
        self.store = self._new_store(view)

    def request(self, view: ViewRequest) -> None:
        """Ask for another view; `store` is a new object once it is ready, the old picture stands until then."""
        self._request = view

    @property
    def needed_from(self) -> int:
        """Position of the oldest sample that is still to be analysed."""
        return min(self._framer.needed_from, self._metered)

    @property
    def caught_up(self) -> bool:
        """Whether no whole window waits."""
        return not self._framer.available

    def run(self, wake: threading.Event, stopping: threading.Event) -> None:
        """Until `stopping`, then once more for what is left."""
        with np.errstate(invalid="ignore", over="ignore"):  # samples that are no numbers are told by NaN
            while not stopping.is_set():
                wake.wait(_LONGEST_WAIT_S)
                wake.clear()
                self.step()
            self.step()
            self.timeline.settle()
            self._mark_gaps()

    def step(self) -> None:
        """Everything that is waiting, once."""
        log = self.timeline.update(self._ring)
        if len(log):
            self._log = np.concatenate([self._log, log])[-_LOG_KEPT:]
        if self.timeline.leg.seam != self._seam:
            self._begin_at_seam(self.timeline.leg.seam)
        if self._request != self._made_for:
            self.store = self._analyse_again(self._request)
        self._measure()
        if self._may_skip:
            self._skip_what_is_too_late()
        for frames in self._framer:
            count = frames.samples.shape[1]
            if self._put(frames, self.store):
                self.first_column_ns = self.first_column_ns or time.perf_counter_ns()
                self.columns += count
            else:
                self.skipped_columns += count
        self._mark_gaps()

    def _begin_at_seam(self, seam: int) -> None:
        """The sound was jumped to: no window and no average reaches back across the seam."""
        self._seam = seam
        self._framer.skip_to(self._first_column)
        if self._averager is not None:
            self.store = self._analyse_again(self._request)

    @property
    def _first_column(self) -> int:
        """The first whose window lies behind the seam."""
        return -(-self._seam // self.engine.hop)

    def _skip_what_is_too_late(self) -> None:
        newest_wanted = column_count(self._ring.end, self.engine.n_fft, self.engine.hop) - self._columns_on_screen
        skipped = self._framer.skip_to(max(newest_wanted, self._framer.oldest_column))
        self.skipped_columns += skipped
        if skipped and self._averager is not None:
            self.store = self._analyse_again(self._request)

    @property
    def _columns_on_screen(self) -> int:
        return self.store.capacity * self.store.pooled

    def _put(self, frames: Frames, store: ColumnStore) -> bool:
        """Transform windows into a store; False where the writer was there first."""
        levels = self._transform(frames)
        if levels is None:
            return False
        entered_ns = self._entered_ns(frames.first, levels.shape[1])
        store.append(
            frames.first, self._picture.levels(levels[0]), entered_ns, self._picture.pitch_hz(frames.samples[0])
        )
        return True

    def _transform(self, frames: Frames) -> Float32Array | None:
        """(1, k, bins) of the windows, averaged; None where the writer was there first. Valid until the next call."""
        levels = self._levels[:, : frames.samples.shape[1]]
        self.engine.columns_into(frames.samples, levels)
        if not self._framer.valid(frames):
            return None
        if self._averager is not None:
            positions = np.arange(frames.first, frames.first + levels.shape[1]) * self.engine.hop
            levels[:, self.timeline.straddles(positions, self.engine.n_fft)] = np.nan  # sound that was never there
            self._averager.push(frames.first, levels)
        return levels

    def _entered_ns(self, first: int, count: int) -> Int64Array:
        newest = np.arange(first, first + count) * self.engine.hop + self.engine.n_fft
        if not len(self._log):
            return np.zeros(count, np.int64)
        block = np.searchsorted(self._log[:, 0], newest)
        entered: Int64Array = self._log[np.minimum(block, len(self._log) - 1), 1]
        return entered

    def _new_store(self, view: ViewRequest) -> ColumnStore:
        engine = self.engine
        return ColumnStore(self._picture.bins, view.cells, view.pooled, engine.n_fft, engine.hop, view.picture)

    def _new_picture(self, view: ViewRequest) -> PictureColumns:
        return PictureColumns(view.picture, self.engine, self._quantity, pitch=view.pitch)

    def _new_averager(self) -> Averager | None:
        return make_averager(averaging_of(self.engine.settings.averaging), self.engine.column_s)

    def _analyse_again(self, view: ViewRequest) -> ColumnStore:
        """A store for another view, filled with the past up to the live cursor; averages are warmed up before it."""
        self._made_for, self._picture = view, self._new_picture(view)
        store = self._new_store(view)
        self._averager = self._new_averager()
        live = self._framer.next_column
        past = Framer(self._ring, self.engine.n_fft, self.engine.hop, self._shown)
        oldest = max(past.oldest_column, self._first_column)
        begin = max(oldest, live - view.cells * view.pooled)
        warm_up = 0 if self._averager is None else self._averager.warm_up
        past.skip_to(max(oldest, begin - warm_up))
        while past.next_column < begin and (frames := past.take(begin - past.next_column)) is not None:
            self._transform(frames)
        while past.next_column < live and (frames := past.take(live - past.next_column)) is not None:
            self._put(frames, store)
        store.mark_gaps(self.timeline)
        return store

    def _mark_gaps(self) -> None:
        gaps = len(self.timeline.gaps)
        if gaps != self._gaps_marked and self._averager is not None:
            self.store = self._analyse_again(self._request)  # the gap was in the averages before it was known
        elif gaps != self._gaps_marked or (gaps and self._near_last_gap()):
            self.store.mark_gaps(self.timeline)
        self._gaps_marked = gaps

    def _near_last_gap(self) -> bool:
        """Whether the newest columns still have samples from before the last gap."""
        return self._framer.position - self._columns_reach < self.timeline.gaps[-1].position

    @property
    def _columns_reach(self) -> int:
        return self.engine.n_fft + self.store.pooled * self.engine.hop

    def _measure(self) -> None:
        ring, end = self._ring, self._ring.end
        if self._may_skip and not ring.still_valid(self._metered):
            self._metered = end  # we were stopped for longer than the ring lasts
        while self._metered < end:
            n = min(end - self._metered, ring.margin)
            self.meter.push(ring.view(self._metered, n))
            self._metered += n
