"""`--export`: every column of a run into one NPZ, beside the analysis of the picture.

Owner: the disk thread. It has a cursor and an engine of its own and skips nothing.
"""

import threading
from pathlib import Path
from typing import Any, Final

import numpy as np

from livespec.core.framing import Framer
from livespec.core.quantity import LevelQuantity
from livespec.core.ring import AudioRing
from livespec.core.stft import Engine
from livespec.errors import FileError
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
        self._file = ColumnFile(path, engine, quantity, 1 if isinstance(shown, str) else len(shown), timeline)

    @property
    def has_columns(self) -> bool:
        """Whether there is anything to keep."""
        return self._file.has_columns

    @property
    def needed_from(self) -> int:
        """Position of the oldest sample that is still to be exported."""
        return self._framer.needed_from

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
        while self._ring.still_valid(self._framer.position) and (frames := self._framer.take()) is not None:
            levels = self._engine.columns(frames.samples)
            if not self._framer.valid(frames):
                raise self._too_slow()
            self._file.append(levels)
        if not self._ring.still_valid(self._framer.position):
            raise self._too_slow()

    def _too_slow(self) -> FileError:
        return FileError(f"{self._file.path}: the disk is too slow, sound was overwritten before it was exported")
