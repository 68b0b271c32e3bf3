"""`--export`: every column of a run into one NPZ, beside the analysis of the picture.

Owner: the disk thread. It has a cursor and an engine of its own and skips nothing: what a device has overwritten before
it was exported, as when the program was stopped for longer than the ring lasts, is a gap.
"""

import threading
from pathlib import Path
from typing import Any, Final

import numpy as np

from livespec.core.framing import Framer
from livespec.core.quantity import LevelQuantity
from livespec.core.ring import AudioRing
from livespec.core.stft import Engine
from livespec.session.clock import Timeline
from livespec.session.column_file import ColumnFile

_POLL_S: Final = 0.02


class Exporter:
    """Run `run` in a thread, then `finish` once. Raises `FileError` where the file cannot be written."""

    def __init__(
        self,
        path: Path,
        ring: AudioRing,
        engine: Engine,
        quantity: LevelQuantity,
        shown: tuple[int, ...] | str,
        timeline: Timeline,
    ) -> None:
        self._ring, self._engine = ring, engine
        self._framer = Framer(ring, engine.n_fft, engine.hop, shown)
        self._missed = 0
        self._file = ColumnFile(path, engine, quantity, 1 if isinstance(shown, str) else len(shown), timeline)

    @property
    def has_columns(self) -> bool:
        """Whether there is anything to keep."""
        return self._file.has_columns

    @property
    def needed_from(self) -> int:
        """Position of the oldest sample that is still to be exported."""
        return self._framer.needed_from

    @property
    def shortfall(self) -> str:
        """In words, what is missing; empty where nothing is."""
        seconds = self._missed * self._engine.column_s
        return f"The disk or the program was too slow: {seconds:.1f} s are a gap in the export" if seconds else ""

    def run(self, stopping: threading.Event) -> None:
        """Until `stopping`, then what is left."""
        with np.errstate(invalid="ignore", over="ignore"):  # samples that are no numbers are told by NaN
            while not stopping.wait(_POLL_S):
                self._spool()
            self._spool()

    def finish(self, description: dict[str, Any]) -> None:
        """Put the NPZ together. description: `channels` and `settings` for the file."""
        self._file.finish(description)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.discard()

    def _spool(self) -> None:
        while True:
            self._miss(self._framer.skip_overwritten())
            frames = self._framer.take()
            if frames is None:
                return
            levels = self._engine.columns(frames.samples)
            if self._framer.valid(frames):
                self._file.append(levels)
            else:
                self._miss(levels.shape[1])

    def _miss(self, columns: int) -> None:
        if columns:
            self._file.miss(columns)
            self._missed += columns
