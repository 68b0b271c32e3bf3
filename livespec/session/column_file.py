"""Every column of a run or of a file into one NPZ, however long it lasts.

Raw columns go to a spool beside the target (`NAME.npz.part`, float32, one file a channel); at the end, when all gaps
are known, they are averaged, weighted and put together, uncompressed, under a temporary name, and renamed. Memory does
not grow with the length.
"""

import contextlib
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from livespec import __version__
from livespec.core.arrays import Float32Array, Int64Array
from livespec.core.averaging import make_averager
from livespec.core.quantity import LevelQuantity
from livespec.core.stft import Engine
from livespec.errors import FileError
from livespec.session.clock import Timeline
from livespec.settings import averaging_of

SCHEMA: Final = 1
_COLUMNS_AT_ONCE: Final = 1024


class ColumnFile:
    """`append` columns in their order, then `finish` once. Raises `FileError` where the file cannot be written."""

    def __init__(self, path: Path, engine: Engine, quantity: LevelQuantity, channels: int, timeline: Timeline) -> None:
        self.path = path
        self._engine, self._quantity, self._timeline = engine, quantity, timeline
        self._channels = channels
        self._spools: list[BinaryIO] = []
        self._columns = 0
        try:
            self._spools = [self._spool_path(channel).open("w+b") for channel in range(self._channels)]
        except OSError as error:
            raise self._cannot_be_written(error) from error

    @property
    def has_columns(self) -> bool:
        """Whether there is anything to keep."""
        return self._columns > 0

    def append(self, levels: Float32Array) -> None:
        """Raw columns (channels, k, bins)."""
        try:
            for channel, spool in zip(levels, self._spools, strict=True):
                spool.write(np.ascontiguousarray(channel).data)
        except OSError as error:
            raise self._cannot_be_written(error) from error
        self._columns += levels.shape[1]

    def finish(self, description: dict[str, Any]) -> None:
        """Put the NPZ together. description: `channels` and `settings` for the file."""
        if not self._columns:
            self.discard()
            raise FileError(
                f"{self.path.name}: not written, the sound is shorter than one window ({self._engine.n_fft} samples)",
                "use a smaller --n-fft, or more sound",
            )
        temporary = self.path.with_name(self.path.name + ".tmp")
        try:
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
                self._write_levels(archive)
                for name, value in self._description(description).items():
                    with archive.open(f"{name}.npy", "w") as file:
                        np.lib.format.write_array(file, np.asarray(value), allow_pickle=False)
            temporary.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise FileError(
                f"{self.path}: cannot be written ({error.strerror})",
                f"the columns are in {self._spool_path(0).name}",
            ) from error
        self.discard()

    def discard(self) -> None:
        """Close and remove the spools."""
        for channel, spool in enumerate(self._spools):
            spool.close()
            self._spool_path(channel).unlink(missing_ok=True)
        self._spools = []

    def _spool_path(self, channel: int) -> Path:
        return self.path.with_name(self.path.name + (f".{channel + 1}.part" if self._channels > 1 else ".part"))

    def _cannot_be_written(self, error: OSError) -> FileError:
        return FileError(f"{self.path}: cannot be written ({error.strerror})")

    def _positions(self) -> Int64Array:
        return np.arange(self._columns, dtype=np.int64) * self._engine.hop

    def _write_levels(self, archive: zipfile.ZipFile) -> None:
        shape = (self._columns, self._engine.bins)
        header = {
            "descr": "<f4",
            "fortran_order": False,
            "shape": shape if self._channels == 1 else (self._channels, *shape),
        }
        gap = self._timeline.straddles(self._positions(), self._engine.n_fft)
        with archive.open("db.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array_header_1_0(file, header)
            for spool in self._spools:
                spool.seek(0)
                averager = make_averager(averaging_of(self._engine.settings.averaging), self._engine.column_s)
                for first in range(0, self._columns, _COLUMNS_AT_ONCE):
                    broken = gap[first : first + _COLUMNS_AT_ONCE]
                    levels: Float32Array = np.fromfile(spool, np.float32, len(broken) * self._engine.bins)
                    levels = levels.reshape(-1, self._engine.bins)
                    levels[broken] = np.nan
                    if averager is not None:
                        averager.push(first, levels[None])
                    self._quantity.apply(levels)
                    file.write(levels.data)

    def _description(self, description: dict[str, Any]) -> dict[str, Any]:
        engine, timeline = self._engine, self._timeline
        positions = self._positions()
        start = timeline.start_wall_time
        return {
            "frequencies_hz": engine.frequencies,
            "times_s": timeline.seconds_of(positions + engine.n_fft / 2),
            "positions": positions,
            "gap": timeline.straddles(positions, engine.n_fft),
            "gaps": np.array([(gap.position, gap.samples) for gap in timeline.gaps], np.int64).reshape(-1, 2),
            "samplerate": engine.samplerate,
            "n_fft": engine.n_fft,
            "hop": engine.hop,
            "window": engine.settings.window,
            "channels": np.array(description["channels"]),
            "settings": json.dumps(description["settings"]),
            "start_time": datetime.fromtimestamp(start).astimezone().isoformat() if start else "",
            "units": f"{self._quantity.unit} ({self._quantity.meaning})",
            "schema": SCHEMA,
            "version": __version__,
        }
