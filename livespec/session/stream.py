"""`livespec.stream`: columns of any source, one after another, as an iterator.

The thread that iterates analyses; the source has a thread or process of its own. Nothing else runs.
"""

import asyncio
import threading
import time
import warnings
import weakref
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import numpy as np

from livespec.capture.choice import SourceChoice
from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Reception, Source
from livespec.config import from_keywords
from livespec.core.arrays import Float32Array, Float64Array
from livespec.core.averaging import make_averager
from livespec.core.framing import Framer, column_count
from livespec.core.quantity import level_quantity
from livespec.core.stft import Engine
from livespec.errors import UsageError
from livespec.session.calibration import load_calibration
from livespec.session.clock import Timeline
from livespec.session.gap_index import Gap, with_overwritten
from livespec.session.opening import NO_SOUND_S, no_sound, open_ring, read_ahead_of, shown_of, too_short
from livespec.settings import Settings, averaging_of

_LONGEST_WAIT_S: Final = 0.1


class Column(NamedTuple):
    """position: of the first sample of its window; time_s: of its middle, seconds since the first sample.

    db: (bins,), or (channels, bins) where several are shown; NaN in a gap. It is the caller's own.
    """

    position: int
    time_s: float
    db: Float32Array


class ColumnStream:
    """Columns as they come; the source runs until the stream is closed, exhausted or forgotten.

    Iterate it, `for` or `async for`, or take `batches`; used as a context manager it is closed at the end. One thread
    (or task) at a time. A device does not wait: a reader that falls behind by more than the ring keeps loses
    columns, counted in `skipped`; files and pipes wait. Errors are `LivespecError`s, raised where columns are taken.
    """

    def __init__(self, source: Source, settings: Settings, duration: float | None = None) -> None:
        """duration: seconds of sound, holes included, after which a device's stream ends (others end by themselves)."""
        info = source.info
        self.settings = settings.at_rate(info.samplerate)
        self._engine = Engine(self.settings, info.samplerate)
        self._duration = duration if info.live else None
        length = info.length if self._duration is None else round(self._duration * info.samplerate)
        if length is not None and length < self._engine.n_fft:
            raise too_short(info.name, length, self._engine.n_fft)
        shown = shown_of(info, self.settings.show)
        self._several = not isinstance(shown, str) and len(shown) > 1
        self._quantity = level_quantity(self._engine, load_calibration(self.settings))
        self._averager = make_averager(averaging_of(self.settings.averaging), self._engine.column_s)
        self._source = source
        # What waits for its reader needs no history.
        self._ring = open_ring(info, self.settings if info.live else replace(self.settings, history=0))
        self._timeline = Timeline(info.samplerate, live=info.live, speed=info.speed)
        self._framer = framer = Framer(self._ring, self._engine.n_fft, self._engine.hop, shown)
        self._wake = threading.Event()
        self._ready: deque[Column] = deque()
        self._taken = 0
        self.skipped = 0
        self._overwritten: tuple[Gap, ...] = ()
        self._began = time.perf_counter()
        # The source must not hold this object, which is to end when it is forgotten.
        reception = Reception(
            self._wake,
            lambda: framer.needed_from,
            read_ahead_of(self._engine.n_fft, info.samplerate),
        )
        self._end = weakref.finalize(self, _end, source, self._ring)
        source.start(self._ring, reception)

    # ---- what it is ----

    @property
    def samplerate(self) -> int:
        """Samples a second."""
        return self._engine.samplerate

    @property
    def frequencies(self) -> Float64Array:
        """Centre frequency of each bin in Hz, (bins,)."""
        return self._engine.frequencies

    @property
    def unit(self) -> str:
        """What the numbers are, as "dBFS" or "dB SPL A"."""
        return self._quantity.unit

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was lost so far, or overwritten before it was taken: (position, samples, cause) each."""
        return tuple(sorted(self._timeline.gaps + self._overwritten))

    # ---- columns ----

    def __iter__(self) -> Iterator[Column]:
        return self

    def __next__(self) -> Column:
        if not self._ready:
            self._ready.extend(self._pull())
        if not self._ready:
            raise StopIteration
        return self._ready.popleft()

    async def __aiter__(self) -> AsyncIterator[Column]:
        try:
            while True:
                if not self._ready:
                    self._ready.extend(await asyncio.to_thread(self._pull))
                if not self._ready:
                    return
                yield self._ready.popleft()
        finally:
            self.close()

    def batches(self, columns: int) -> Iterator[Float32Array]:
        """Levels of so many columns at once, (columns, bins) or (channels, columns, bins); the last may be shorter."""
        if columns < 1:
            raise UsageError(f"a batch of {columns} columns", "take 1 or more")
        while batch := list(islice(self, columns)):
            yield np.stack([column.db for column in batch], axis=-2)

    def close(self) -> None:
        """End the source; iterating then ends too. May be called twice."""
        self._end()
        self._ready.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _pull(self) -> list[Column]:
        """The next columns, as many as are ready, waiting for at least one; none at the end."""
        while self._end.alive:
            over = self._source.finished or self._source.failure is not None  # asked first: then all has come
            with np.errstate(invalid="ignore", over="ignore"):  # samples that are no numbers are told by NaN
                columns = self._take(over=over)
            if columns:
                return columns
            if (over and not self._framer.available) or self._reached(self._timeline.known_until):
                self._finish()
                return []
            if not self._ring.end and self._source.info.live and time.perf_counter() - self._began > NO_SOUND_S:
                failed = no_sound(self._source)
                self.close()
                raise failed
            self._wake.wait(_LONGEST_WAIT_S)
            self._wake.clear()
        return []

    def _reached(self, position: int) -> bool:
        """Whether the duration is over at this position."""
        return self._duration is not None and self._timeline.seconds_at(position) >= self._duration

    def _take(self, *, over: bool) -> list[Column]:
        """What is ready. A column is when every gap in its window is known. over: nothing more comes."""
        self._timeline.update(self._ring)
        if over:
            self._timeline.settle()
        engine = self._engine
        self._skip(self._framer.next_column, self._framer.skip_overwritten())
        known = column_count(self._timeline.known_until, engine.n_fft, engine.hop) - self._framer.next_column
        frames = self._framer.take(known) if known > 0 else None
        if frames is None:
            return []
        positions = np.arange(frames.first, frames.first + frames.samples.shape[1]) * engine.hop
        if self._duration is not None:
            last_samples = positions + engine.n_fft - 1
            positions = positions[self._timeline.seconds_of(last_samples) < self._duration]
        levels = engine.columns(frames.samples[:, : len(positions)])
        if not self._framer.valid(frames):
            self._skip(frames.first, len(positions))
            return []
        levels[:, self._timeline.straddles(positions, engine.n_fft)] = np.nan
        if self._averager is not None:
            self._averager.push(frames.first, levels)
        self._quantity.apply(levels)
        self._taken += len(positions)
        times_s = self._timeline.seconds_of(positions + engine.n_fft / 2)
        # A copy of each: who keeps one column should not keep all that were analysed with it.
        return [
            Column(int(position), float(time_s), (levels[:, k] if self._several else levels[0, k]).copy())
            for k, (position, time_s) in enumerate(zip(positions, times_s, strict=True))
        ]

    def _skip(self, first: int, columns: int) -> None:
        """Columns first …: their sound is gone."""
        if columns:
            self.skipped += columns
            hop = self._engine.hop
            self._overwritten = with_overwritten(self._overwritten, first * hop, (first + columns) * hop)

    def _finish(self) -> None:
        failure, heard = self._source.failure, self._ring.end
        self._end()
        if failure is not None:
            raise failure
        if not self._taken and not self.skipped:
            raise too_short(self._source.info.name, heard, self._engine.n_fft)


def _end(source: Source, ring: SharedRing) -> None:
    try:
        source.stop()
    finally:
        ring.close()


def stream(
    source: str | Path | None = None, *, duration: float | None = None, speed: float | None = None, **settings: Any
) -> ColumnStream:
    """The columns of a source as they come: an iterator, also an asynchronous one.

    source: "mic", "demo", the name of a sound file, or None for the microphone if there is one and the demo signal
    (with a warning) if not. duration: seconds of sound after which it ends. speed: of a file or the demo signal, 1 is
    real time and 0 as fast as you take them; files run at 0 and the demo at 1 unless you say so. settings: as in a TOML
    file (`livespec.Settings`); the user's own file is not read. Raises `LivespecError`.

    >>> import livespec
    >>> with livespec.stream("demo", duration=1, speed=0, n_fft=2048, hop=512) as columns:
    ...     levels = [column.db for column in columns]
    >>> len(levels), levels[0].shape
    (90, (1025,))
    """
    if not isinstance(source, (str, Path, type(None))):
        raise UsageError(
            f"a {type(source).__name__} is no source of sound", "analyze() takes samples; name a file here"
        )
    wanted = from_keywords(settings | {"source": None if source is None else str(source)})
    choice = SourceChoice(wanted, None, speed, duration, fast=True)
    opened = choice.result()
    if choice.note:
        warnings.warn(choice.note, stacklevel=2)
    return ColumnStream(opened, wanted, duration)
