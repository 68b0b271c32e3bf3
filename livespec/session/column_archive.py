"""Columns of a file into a group of a Zarr store: chunk after chunk, so that memory does not grow with the length.

The group is written under a temporary name and renamed when it is whole. The names are those of the NPZ: arrays along
the columns are arrays, the rest are the group's attributes; xarray finds the dimensions channel, time and frequency.
"""

import contextlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from livespec.core.arrays import Float32Array
from livespec.core.averaging import make_averager
from livespec.core.quantity import LevelQuantity
from livespec.core.stft import Engine
from livespec.errors import FileError, UsageError
from livespec.session.clock import Timeline
from livespec.session.column_description import ALONG_COLUMNS, along_columns, column_description
from livespec.settings import averaging_of

_CHUNK_BYTES: Final = 1 << 22
_DIMENSIONS: Final = {
    "frequencies_hz": ("frequency",), "gaps": ("gap_number", "gap_field"), "mel_hz": ("mel_band",),
}  # fmt: skip
_INNER: Final = {"db": "frequency", "mel": "mel_band", "mfcc": "coefficient", "chroma": "pitch_class"}


class ColumnArchive:
    """`append` columns in their order, then `finish` once. For sound without gaps.

    Raises `UsageError` where zarr is not installed, `FileError` where the store cannot be written.
    """

    def __init__(
        self, store: Path, group: str, engine: Engine, quantity: LevelQuantity, channels: int, timeline: Timeline
    ) -> None:
        self._place = store / group
        self._unfinished = self._place.with_name(self._place.name + ".part")
        self._engine, self._quantity, self._timeline = engine, quantity, timeline
        self._channels = channels
        self._averager = make_averager(averaging_of(engine.settings.averaging), engine.column_s)
        self._columns = 0
        self._waiting: dict[str, list[Float32Array]] = {}
        self._waiting_columns = 0
        self._at_once = max(1, _CHUNK_BYTES // (4 * engine.bins * channels))
        self._arrays: dict[str, Any] = {}
        open_group = _zarr().open_group
        try:
            _open_parents(store, group)
            if self._unfinished.exists():
                shutil.rmtree(self._unfinished)
            self._group = open_group(self._unfinished, mode="w")
        except OSError as error:
            raise self._cannot_be_written(error) from error

    def append(self, levels: Float32Array, features: Mapping[str, Float32Array] | None = None) -> None:
        """Raw columns (channels, k, bins), and what else is known of them, (channels, k, …) by name."""
        shown = levels.copy()
        if self._averager is not None:
            self._averager.push(self._columns + self._waiting_columns, shown)
        self._quantity.apply(shown)
        for name, values in ({"db": shown} | dict(features or {})).items():
            self._waiting.setdefault(name, []).append(values)
        self._waiting_columns += levels.shape[1]
        while self._waiting_columns >= self._at_once:
            self._write(self._at_once)

    def finish(self, description: Mapping[str, Any]) -> None:
        """Make the group whole. description: `channels`, `settings`, and arrays by name."""
        if self._waiting_columns:
            self._write(self._waiting_columns)
        whole = column_description(self._engine, self._quantity, self._timeline) | dict(description)
        whole["settings"] = json.dumps(whole["settings"])
        try:
            for name, kind in ALONG_COLUMNS.items():
                self._write_along_columns(name, kind)
            for name, value in whole.items():
                if isinstance(value, np.ndarray):
                    array = self._group.create_array(
                        name, shape=value.shape, dtype=value.dtype, dimension_names=_DIMENSIONS[name],
                        chunks=tuple(max(1, length) for length in value.shape),
                    )  # fmt: skip
                    array[...] = value
                else:
                    self._group.attrs[name] = value
            self._arrays["db"].attrs.update(
                {"coordinates": "times_s frequencies_hz", "units": self._quantity.unit},
            )
            if self._place.exists():
                shutil.rmtree(self._place)
            self._unfinished.rename(self._place)
        except OSError as error:
            raise self._cannot_be_written(error) from error

    def _write_along_columns(self, name: str, kind: str) -> None:
        array, first = None, 0
        for piece in along_columns(name, self._columns, self._engine, self._timeline):
            if array is None:
                array = self._group.create_array(
                    name, shape=(self._columns,), dtype=kind, chunks=(len(piece),), dimension_names=("time",)
                )
            array[first : first + len(piece)] = piece
            first += len(piece)

    def discard(self) -> None:
        """Leave nothing that is not whole."""
        shutil.rmtree(self._unfinished, ignore_errors=True)

    def _write(self, columns: int) -> None:
        """The first of what waits, as a chunk of each array."""
        try:
            for name, parts in self._waiting.items():
                values = np.concatenate(parts, axis=1)
                self._append_to(name, values[:, :columns])
                self._waiting[name] = [values[:, columns:]]
        except OSError as error:
            raise self._cannot_be_written(error) from error
        self._columns += columns
        self._waiting_columns -= columns

    def _append_to(self, name: str, values: Float32Array) -> None:
        inner = values.shape[2:]
        several = (self._channels,) if self._channels > 1 else ()
        if name not in self._arrays:
            dimensions = (*(("channel",) if several else ()), "time", *((_INNER[name],) if inner else ()))
            self._arrays[name] = self._group.create_array(
                name, shape=(*several, 0, *inner), dtype="float32", chunks=(*several, self._at_once, *inner),
                dimension_names=dimensions, fill_value=np.float32(np.nan),
            )  # fmt: skip
        array = self._arrays[name]
        array.resize((*several, self._columns + values.shape[1], *inner))
        array[..., self._columns : self._columns + values.shape[1], *(slice(None) for _ in inner)] = (
            values if several else values[0]
        )

    def _cannot_be_written(self, error: OSError) -> FileError:
        return FileError(f"{self._place}: cannot be written ({error.strerror or error})")


def described(store: Path, group: str) -> dict[str, Any]:
    """The attributes of a whole group; empty where there is none."""
    import zarr

    if not (store / group).is_dir():
        return {}
    try:
        return dict(zarr.open_group(store / group, mode="r").attrs)
    except (OSError, ValueError, KeyError):
        return {}


def _zarr() -> Any:
    try:
        import zarr
    except ImportError as error:
        raise UsageError(
            "columns in a .zarr store need the package zarr", 'install it: pip install "livespec[zarr]"'
        ) from error
    return zarr


def _open_parents(store: Path, group: str) -> None:
    """The store and the groups on the way; several processes may do so at one time."""
    import zarr

    store.mkdir(parents=True, exist_ok=True)
    place = store
    for name in ("", *Path(group).parent.parts):
        place /= name
        if not (place / "zarr.json").exists():
            with contextlib.suppress(zarr.errors.ContainsGroupError):  # another was faster: then it is there
                zarr.open_group(place, mode="a")
