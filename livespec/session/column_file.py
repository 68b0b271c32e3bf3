"""Every column of a run or of a file into one NPZ, however long it lasts.

Raw columns go to spools beside the target (`NAME.npz.part` and the like, float32); at the end, when all gaps are known,
they are averaged, weighted and put together, uncompressed, under a temporary name, and renamed. Memory does not grow
with the length.
"""

import contextlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from livespec.core.arrays import Float32Array
from livespec.core.averaging import make_averager
from livespec.core.quantity import LevelQuantity
from livespec.core.stft import Engine
from livespec.errors import FileError
from livespec.session.clock import Timeline
from livespec.session.column_description import ALONG_COLUMNS, along_columns, column_description
from livespec.settings import averaging_of

_COLUMNS_AT_ONCE: Final = 1024
_MISSED_AT_ONCE: Final = 64


class ColumnFile:
    """`append` columns in their order, then `finish` once. Raises `FileError` where the file cannot be written."""

    def __init__(self, path: Path, engine: Engine, quantity: LevelQuantity, channels: int, timeline: Timeline) -> None:
        self.path = path
        self._engine, self._quantity, self._timeline = engine, quantity, timeline
        self._channels = channels
        self._columns = 0
        self._missed: list[range] = []
        self._features: dict[str, _Spool] = {}
        try:
            self._levels = _Spool(path.with_name(f"{path.name}.part"), channels)
        except OSError as error:
            raise self._cannot_be_written(error) from error

    @property
    def has_columns(self) -> bool:
        """Whether there is anything to keep."""
        return self._columns > 0

    def append(self, levels: Float32Array, features: Mapping[str, Float32Array] | None = None) -> None:
        """Raw columns (channels, k, bins), and what else is known of them, (channels, k, …) by name."""
        try:
            self._levels.append(levels)
            for name, values in (features or {}).items():
                if name not in self._features:
                    self._features[name] = _Spool(self.path.with_name(f"{self.path.name}.{name}.part"), self._channels)
                self._features[name].append(values)
        except OSError as error:
            raise self._cannot_be_written(error) from error
        self._columns += levels.shape[1]

    def miss(self, columns: int) -> None:
        """So many columns whose sound nobody has: they are a gap."""
        first = self._columns
        for start in range(0, columns, _MISSED_AT_ONCE):
            count = min(columns - start, _MISSED_AT_ONCE)
            self.append(np.full((self._channels, count, self._engine.bins), np.nan, np.float32))
        self._missed.append(range(first, self._columns))

    def finish(self, description: Mapping[str, Any]) -> None:
        """Put the NPZ together. description: `channels`, `settings`, and arrays by name for the file."""
        if not self._columns:
            self.discard()
            raise FileError(
                f"{self.path.name}: not written, the sound is shorter than one window ({self._engine.n_fft} samples)",
                "use a smaller --n-fft, or more sound",
            )
        temporary = self.path.with_name(self.path.name + ".tmp")
        whole = column_description(self._engine, self._quantity, self._timeline) | dict(description)
        whole["settings"] = json.dumps(whole["settings"])
        try:
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
                self._write_spool(archive, "db", self._levels, self._finished_levels())
                for name, spool in self._features.items():
                    self._write_spool(archive, name, spool, spool.chunks())
                for name, kind in ALONG_COLUMNS.items():
                    pieces = along_columns(name, self._columns, self._engine, self._timeline, self._missed)
                    _write_pieces(archive, name, kind, (self._columns,), pieces)
                for name, value in whole.items():
                    with archive.open(f"{name}.npy", "w") as file:
                        np.lib.format.write_array(file, np.asarray(value), allow_pickle=False)
            temporary.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise FileError(
                f"{self.path}: cannot be written ({error.strerror})",
                f"the columns are in {self._levels.paths[0].name}",
            ) from error
        self.discard()

    def discard(self) -> None:
        """Close and remove the spools."""
        for spool in (self._levels, *self._features.values()):
            spool.remove()

    def _cannot_be_written(self, error: OSError) -> FileError:
        return FileError(f"{self.path}: cannot be written ({error.strerror})")

    def _write_spool(
        self, archive: zipfile.ZipFile, name: str, spool: "_Spool", chunks: Iterator[Float32Array]
    ) -> None:
        shape = (self._columns, *spool.shape)
        _write_pieces(archive, name, "<f4", shape if self._channels == 1 else (self._channels, *shape), chunks)

    def _finished_levels(self) -> Iterator[Float32Array]:
        """Channel after channel, of the quantity asked for, averaged, NaN in gaps."""
        averager, first = None, 0
        for levels in self._levels.chunks():
            if not first:
                averager = make_averager(averaging_of(self._engine.settings.averaging), self._engine.column_s)
            positions = np.arange(first, first + len(levels)) * self._engine.hop
            levels[self._timeline.straddles(positions, self._engine.n_fft)] = np.nan
            if averager is not None:
                averager.push(first, levels[None])
            self._quantity.apply(levels)
            yield levels
            first = (first + len(levels)) % self._columns


def _write_pieces(
    archive: zipfile.ZipFile, name: str, kind: str, shape: tuple[int, ...], pieces: Iterator[np.ndarray]
) -> None:
    """An array into the archive without having it whole."""
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array_header_1_0(file, {"descr": kind, "fortran_order": False, "shape": shape})
        for piece in pieces:
            file.write(piece.data)


class _Spool:
    """Columns on disk, a file a channel, until all of them are there. Raises `OSError`."""

    def __init__(self, path: Path, channels: int) -> None:
        self.shape: tuple[int, ...] = ()
        self.paths = [path] if channels == 1 else [path.with_suffix(f".{n + 1}.part") for n in range(channels)]
        self._files: list[BinaryIO] = []
        try:
            for each in self.paths:
                self._files.append(each.open("w+b"))
        except OSError:
            self.remove()
            raise

    def append(self, values: Float32Array) -> None:
        """(channels, k, …)."""
        self.shape = values.shape[2:]
        for channel, file in zip(values, self._files, strict=True):
            file.write(np.ascontiguousarray(channel).data)

    def chunks(self) -> Iterator[Float32Array]:
        """(k, …) one after another, channel after channel."""
        per_column = int(np.prod(self.shape, dtype=np.int64))
        for file in self._files:
            file.seek(0)
            while len(values := np.fromfile(file, np.float32, _COLUMNS_AT_ONCE * per_column)):
                yield values.reshape(-1, *self.shape)

    def remove(self) -> None:
        for file, path in zip(self._files, self.paths, strict=False):
            with contextlib.suppress(OSError):  # what it still held finds no room on a full disk
                file.close()
            path.unlink(missing_ok=True)
        self._files = []
