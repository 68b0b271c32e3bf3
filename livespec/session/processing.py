"""How windows become columns of the picture, for one choice of settings; and how their past is filled in.

The analysis thread's, or of one with a `Processing` of its own. A change of settings is another `Processing`; the
sound is still in the ring.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from livespec.core.arrays import Float32Array
from livespec.core.averaging import Averager, make_averager
from livespec.core.calibration import Calibration
from livespec.core.framing import Framer, Frames, column_count
from livespec.core.quantity import level_quantity
from livespec.core.ring import AudioRing, kept_from
from livespec.core.stft import Engine
from livespec.session.clock import Timeline
from livespec.session.columns import ColumnStore
from livespec.session.picture import PictureColumns
from livespec.settings import Settings, averaging_of

# What the columns of a picture depend on; all else is a matter of drawing them.
_OF_COLUMNS: Final = (
    "n_fft", "hop", "window", "precision", "padding", "multiresolution", "fft", "averaging", "picture", "pitch",
)  # fmt: skip
_OF_BANDS: Final = ("quantity", "reference", "weighting", "sensitivity", "calibration", "fmin", "fmax")
_BATCH: Final = 32
_STRETCH: Final = 256  # columns that are filled in at a time


def makes_columns(settings: Settings) -> tuple[Any, ...]:
    """What of the settings changes columns: where it is equal, the columns that are there hold."""
    names = _OF_COLUMNS if settings.picture == "spectrum" else _OF_COLUMNS + _OF_BANDS
    return tuple(getattr(settings, name) for name in names)


class Processing:
    """Windows into columns, by the settings of an engine. shown: as a `Framer` takes it."""

    def __init__(self, engine: Engine, shown: tuple[int, ...] | str, calibration: Calibration | None) -> None:
        settings = engine.settings
        self.engine, self.shown = engine, shown
        self.picture = settings.picture
        self.channels = 1 if isinstance(shown, str) else len(shown)
        self._columns = PictureColumns(
            settings.picture, engine, level_quantity(engine, calibration), pitch=settings.pitch
        )
        self._levels = np.empty((self.channels, _BATCH, engine.bins), np.float32)

    @property
    def bins(self) -> int:
        """Levels in a column of the picture."""
        return self._columns.bins

    def averager(self) -> Averager | None:
        """A new one, before its first column."""
        return make_averager(averaging_of(self.engine.settings.averaging), self.engine.column_s)

    def store(self, cells: int, pooled: int) -> ColumnStore:
        """An empty one for its columns."""
        return ColumnStore(self.engine, cells, pooled, self.picture, bins=self.bins, shown=self.shown)

    def framer(self, ring: AudioRing, first: int = 0) -> Framer:
        """Its windows in the ring, from column `first` on."""
        return Framer(ring, self.engine.n_fft, self.engine.hop, self.shown, first, _BATCH)

    def levels(
        self, framer: Framer, frames: Frames, timeline: Timeline, averager: Averager | None
    ) -> Float32Array | None:
        """(channels, k, engine bins) of the windows, averaged; None where the ring's writer was there first.

        Valid until the next call.
        """
        levels = self._levels[:, : frames.samples.shape[1]]
        self.engine.columns_into(frames.samples, levels)
        if not framer.valid(frames):
            return None
        if averager is not None:
            positions = np.arange(frames.first, frames.first + levels.shape[1]) * self.engine.hop
            levels[:, timeline.straddles(positions, self.engine.n_fft)] = np.nan  # sound that was never there
            averager.push(frames.first, levels)
        return levels

    def put(self, store: ColumnStore, frames: Frames, levels: Float32Array, entered_ns: np.ndarray) -> None:
        """Columns of the picture, and the pitches, into a store."""
        pitches = [self._columns.pitch_hz(windows) for windows in frames.samples]
        known = [pitch for pitch in pitches if pitch is not None]
        store.append(frames.first, self._columns.levels(levels), entered_ns, np.stack(known) if known else None)


@dataclass(frozen=True)
class _Stretch:
    """Columns first … stop − 1 that are being averaged: those before them warm the averager up. target: takes them."""

    framer: Framer
    averager: Averager
    first: int
    stop: int
    target: ColumnStore


class Backfill:
    """Fills a store from the ring, a stretch at a time. averager: as it stands after the newest column that was filled.

    begin: the first column that may be shown (behind a seam); stop: one past the last, None for all that are there.
    """

    def __init__(
        self,
        processing: Processing,
        store: ColumnStore,
        ring: AudioRing,
        timeline: Timeline,
        begin: int,
        stop: int | None = None,
    ) -> None:
        self.store, self.averager = store, processing.averager()
        self._processing, self._ring, self._timeline = processing, ring, timeline
        self._begin, self._stop = begin, stop
        self._stretch: _Stretch | None = None
        # What warms up longer than a stretch is long would do most of its work twice.
        self._at_once = _STRETCH if self.averager is None else max(_STRETCH, self.averager.warm_up)

    @property
    def is_halfway(self) -> bool:
        """Whether a stretch was begun: averages take long to warm up, and are not to hold up everything else."""
        return self._stretch is not None

    def fill(self, first: int, stop: int) -> bool:
        """One stretch of what is missing of cells first … stop − 1, the newest first; False where nothing is.

        A stretch of averages takes many calls, until it is no longer `is_halfway`.
        """
        if self._stretch is not None:
            self._go_on(self._stretch)
            return True
        store, pooled = self.store, self.store.pooled
        engine = self._processing.engine
        there = column_count(self._ring.end, engine.n_fft, engine.hop)
        there = there if self._stop is None else min(there, self._stop)
        oldest = max(self._begin, -(-kept_from(self._ring, engine.samplerate) // engine.hop))
        first = max(first, -(-oldest // pooled), store.end - store.capacity if self._stop is not None else first)
        # Of a cell that is not full yet the rest may come: only the store of now takes it in.
        stop = min(stop, there // pooled if self._stop is None else -(-there // pooled))
        cells = max(1, self._at_once // pooled)
        if store.end == 0:
            low, high = max(first, stop - cells), stop
        elif store.end < stop:
            low, high = store.end, min(stop, store.end + cells)
        else:
            low, high = max(first, store.oldest - cells), store.oldest
        if high <= low:
            return False
        first, stop = max(low * pooled, oldest), min(high * pooled, there)
        if self.averager is not None:
            self._stretch = self._stretch_of(first, stop, oldest)
            self._go_on(self._stretch)
        else:
            self._fill_raw(first, stop)
            self._mark_gaps()
        return True

    def _mark_gaps(self) -> None:
        if self._timeline.gaps:
            self.store.mark_gaps(self._timeline)

    def _fill_raw(self, first: int, stop: int) -> None:
        """From the newest down, whole cells at a time: what the store says that it has, it has."""
        processing, store = self._processing, self.store
        framer = processing.framer(self._ring)
        step = max(1, _BATCH // store.pooled) * store.pooled
        while stop > first:
            start = max(first, (stop - 1) // step * step)
            framer.next_column = start
            while framer.next_column < stop and (frames := framer.take(stop - framer.next_column)) is not None:
                levels = processing.levels(framer, frames, self._timeline, None)
                if levels is not None:
                    processing.put(store, frames, levels, np.zeros(levels.shape[1], np.int64))
            stop = start

    def _stretch_of(self, first: int, stop: int, oldest: int) -> _Stretch:
        """From the oldest up, as averages need it; where that is to lie before what is there, put there as a whole."""
        processing, store = self._processing, self.store
        averager = processing.averager()  # warmed up anew: it need not follow what was filled before
        assert averager is not None
        target = store
        if store.end and first < store.oldest * store.pooled:
            target = processing.store(-(-(stop - first) // store.pooled) + 1, store.pooled)
        framer = processing.framer(self._ring, max(oldest, first - averager.warm_up))
        return _Stretch(framer, averager, first, stop, target)

    def _go_on(self, stretch: _Stretch) -> None:
        """The next few columns of it."""
        processing, store = self._processing, self.store
        framer, first, stop = stretch.framer, stretch.first, stretch.stop
        framer.skip_overwritten()
        until = first if framer.next_column < first else stop
        frames = framer.take(until - framer.next_column) if framer.next_column < stop else None
        if frames is not None:
            levels = processing.levels(framer, frames, self._timeline, stretch.averager)
            if levels is not None and frames.first >= first:
                processing.put(stretch.target, frames, levels, np.zeros(levels.shape[1], np.int64))
            return
        if stretch.target is not store:
            store.prepend(stretch.target)
        self.averager = stretch.averager
        self._stretch = None
        self._mark_gaps()


def filled_store(
    processing: Processing, ring: AudioRing, timeline: Timeline, cells: tuple[int, int], pooled: int = 1
) -> ColumnStore:
    """A store with cells first … stop − 1, as far as the ring still has their sound."""
    first, stop = cells
    store = processing.store(stop - first, pooled)
    backfill = Backfill(processing, store, ring, timeline, 0)
    with np.errstate(invalid="ignore", over="ignore"):  # samples that are no numbers are told by NaN
        while backfill.fill(first, stop):
            pass
    return store
