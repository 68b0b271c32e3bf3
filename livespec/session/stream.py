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
from livespec.session.clock import Gap, Timeline
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


class _Columns(NamedTuple):
    """What was ready at once: (k,), (k,), (channels, k, bins)."""

    positions: np.ndarray
    times_s: Float64Array
    levels: Float32Array


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
        if info.length is not None and info.length < self._engine.n_fft:
            raise too_short(info.name, info.length, self._engine.n_fft)
        shown = shown_of(info, self.settings.show)
        self._several = not isinstance(shown, str) and len(shown) > 1
        self._quantity = level_quantity(self._engine, load_calibration(self.settings))
        self._averager = make_averager(averaging_of(self.settings.averaging), self._engine.column_s)
        self._source = source
        self._duration = duration if info.live else None
        self._ring = open_ring(info, self.settings)
        self._timeline = Timeline(info.samplerate, live=info.live, speed=info.speed)
        self._framer = framer = Framer(self._ring, self._engine.n_fft, self._engine.hop, shown)
        self._wake = threading.Event()
        self._ready: deque[Column] = deque()
        self._taken = 0
        self.skipped = 0
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
        """What was lost so far: (position, samples, cause) each."""
        return self._timeline.gaps

    # ---- columns ----

    def __iter__(self) -> Iterator[Column]:
        return self

    def __next__(self) -> Column:
        while not self._ready:
            columns = self._pull()
            if columns is None:
                raise StopIteration
            self._ready.extend(self._single(columns))
        return self._ready.popleft()

    async def __aiter__(self) -> AsyncIterator[Column]:
        try:
            while (columns := await asyncio.to_thread(self._pull)) is not None:
                for column in self._single(columns):
                    yield column
        finally:
            self.close()

    def batches(self, columns: int) -> Iterator[Float32Array]:
        """Levels of so many columns at once, (columns, bins) or (channels, columns, bins); the last may be shorter."""
        if columns < 1:
            raise UsageError(f"a batch of {columns} columns", "take 1 or more")
        waiting: list[Float32Array] = []
        while (pulled := self._pull()) is not None:
            if not waiting and pulled.levels.shape[1] == columns:
                yield self._shaped(pulled.levels)
                continue
            waiting.append(pulled.levels)
            if sum(part.shape[1] for part in waiting) >= columns:
                joined = np.concatenate(waiting, axis=1)
                whole = joined.shape[1] // columns * columns
                for first in range(0, whole, columns):
                    yield self._shaped(joined[:, first : first + columns].copy())
                waiting = [joined[:, whole:]] if whole < joined.shape[1] else []
        rest = np.concatenate(waiting, axis=1) if waiting else np.empty((1, 0, self._engine.bins), np.float32)
        if rest.shape[1]:
            yield self._shaped(rest)

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

    def _single(self, columns: _Columns) -> Iterator[Column]:
        for k, (position, time_s) in enumerate(zip(columns.positions, columns.times_s, strict=True)):
            levels = columns.levels[:, k]
            yield Column(int(position), float(time_s), levels if self._several else levels[0])

    def _shaped(self, levels: Float32Array) -> Float32Array:
        return levels if self._several else levels[0]

    def _pull(self) -> _Columns | None:
        """The next columns, as many as are ready, waiting for at least one; None at the end."""
        while self._end.alive:
            with np.errstate(invalid="ignore", over="ignore"):  # samples that are no numbers are told by NaN
                columns = self._take()
            if columns is not None:
                return columns
            if self._ended:
                self._finish()
                return None
            if not self._ring.end and self._source.info.live and time.perf_counter() - self._began > NO_SOUND_S:
                failed = no_sound(self._source)
                self.close()
                raise failed
            self._wake.wait(_LONGEST_WAIT_S)
            self._wake.clear()
        return None

    @property
    def _ended(self) -> bool:
        """Whether nothing more will come, or be wanted."""
        if self._source.failure is not None or (self._source.finished and not self._framer.available):
            return True
        return self._duration is not None and self._timeline.seconds_at(self._timeline.known_until) >= self._duration

    def _take(self) -> _Columns | None:
        """What is ready. A column is when every gap in its window is known."""
        ended = self._source.finished
        self._timeline.update(self._ring)
        if ended:
            self._timeline.settle()
        if not self._ring.still_valid(self._framer.position):
            self.skipped += self._framer.skip_to(self._framer.oldest_column)
        engine = self._engine
        known = column_count(self._timeline.known_until, engine.n_fft, engine.hop) - self._framer.next_column
        frames = self._framer.take(known) if known > 0 else None
        if frames is None:
            return None
        levels = engine.columns(frames.samples)
        if not self._framer.valid(frames):
            self.skipped += levels.shape[1]
            return None
        positions = np.arange(frames.first, frames.first + levels.shape[1]) * engine.hop
        levels[:, self._timeline.straddles(positions, engine.n_fft)] = np.nan
        if self._averager is not None:
            self._averager.push(frames.first, levels)
        self._quantity.apply(levels)
        self._taken += levels.shape[1]
        return _Columns(positions, self._timeline.seconds_of(positions + engine.n_fft / 2), levels)

    def _finish(self) -> None:
        failure, heard = self._source.failure, self._ring.end
        self._end()
        if failure is not None:
            raise failure
        if not self._taken:
            raise too_short(self._source.info.name, heard, self._engine.n_fft)


def _end(source: Source, ring: SharedRing) -> None:
    source.stop()
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
