"""`livespec.analyze`: the columns of a whole file or array at once, the same as live to the last bit."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from livespec.capture.file import choose_channels, open_sound, read_blocks
from livespec.capture.source import SourceInfo
from livespec.config import from_keywords
from livespec.core.arrays import Float32Array, Float64Array, Int64Array
from livespec.core.averaging import make_averager
from livespec.core.feature_set import FeatureSet, feature_names
from livespec.core.framing import choose, column_count
from livespec.core.quantity import level_quantity
from livespec.core.scales import FrequencyAxis, RowMap
from livespec.core.stft import Engine
from livespec.errors import UsageError
from livespec.session.calibration import load_calibration
from livespec.session.opening import shown_of, too_short
from livespec.settings import Scale, Settings, averaging_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

_COLUMNS_AT_ONCE: Final = 64
_SAMPLES_AT_ONCE: Final = 32_768
_WIDEST_INTEGER: Final = 4  # bytes: of sound in integers; wider ones are numbers of something else


@dataclass(frozen=True, eq=False, repr=False)
class Spectrogram:
    """Levels over frequency and time.

    db: (columns, bins), or (channels, columns, bins) where several are shown, float32 in `unit`; frequencies: (bins,)
    Hz; times: (columns,) s, the middle of each window; positions: (columns,) int64, its first sample; channels: what is
    shown; settings: resolved; features: by name, as `core.feature_set` has them, (…, columns) or (…, columns, k).
    """

    db: Float32Array
    frequencies: Float64Array
    times: Float64Array
    positions: Int64Array
    samplerate: int
    unit: str
    channels: tuple[str, ...]
    settings: Settings
    features: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __repr__(self) -> str:
        shape = " × ".join(map(str, self.db.shape))
        seconds = self.times[-1] if len(self.times) else 0.0
        return f"<Spectrogram {shape} in {self.unit}, 0 … {self.frequencies[-1]:g} Hz, {seconds:.3f} s>"

    def _repr_png_(self) -> bytes:
        """How a notebook shows it: the figure, of the first channel. Needs matplotlib."""
        from livespec.figures.plot import png_of

        assert self.settings.n_fft is not None
        assert self.settings.hop is not None
        first = self.db if self.db.ndim == 2 else self.db[0]  # noqa: PLR2004
        length = self.settings.n_fft * self.settings.padding
        return png_of(first.T, self.samplerate, self.settings.hop, length, self.unit, float(self.times[0]))

    def power(self) -> Float32Array:
        """10 ** (db / 10), the shape of `db`."""
        power: Float32Array = np.exp(self.db * np.float32(np.log(10) / 10))
        return power

    def amplitude(self) -> Float32Array:
        """10 ** (db / 20), the shape of `db`: 1 is a full-scale sine where the unit is dBFS."""
        amplitude: Float32Array = np.exp(self.db * np.float32(np.log(10) / 20))
        return amplitude

    def rows(
        self, count: int, scale: Scale | None = None, fmin: float | None = None, fmax: float | None = None
    ) -> Float32Array:
        """The rows of the picture, lowest first: (…, columns, count) in `unit`.

        A row shows the loudest of its bins, or lies between two. scale, fmin, fmax: those of the settings unless given.
        Raises `UsageError`.
        """
        if count < 1:
            raise UsageError(f"a picture of {count} rows", "ask for 1 or more")
        shown = self.settings
        look = replace(
            shown,
            scale=shown.scale if scale is None else scale,
            fmin=shown.fmin if fmin is None else fmin,
            fmax=shown.fmax if fmax is None else fmax,
        ).at_rate(self.samplerate)
        assert look.fmin is not None
        assert look.fmax is not None
        axis = FrequencyAxis.between(look.scale, look.fmin, look.fmax)
        rows = RowMap.of(axis, count, len(self.frequencies), float(self.frequencies[1]))
        flat = self.db.reshape(-1, self.db.shape[-1])
        return rows.apply(flat).reshape(*self.db.shape[:-1], count)

    def to_dataframe(self) -> "pd.DataFrame":
        """One line a column, one column a bin: index times, columns frequencies. Of one channel. Needs pandas."""
        import pandas as pd

        if self.db.ndim != 2:  # noqa: PLR2004
            raise UsageError(f"a data frame is of one channel, and {len(self.channels)} are shown", 'use show="mix"')
        return pd.DataFrame(
            self.db, index=pd.Index(self.times, name="time_s"), columns=pd.Index(self.frequencies, name="frequency_hz")
        )

    def to_xarray(self) -> "xr.DataArray":
        """Dimensions (channel,) time, frequency, with units and settings as attributes. Needs xarray."""
        import xarray as xr

        dimensions = ("channel", "time", "frequency")[3 - self.db.ndim :]
        coordinates = {"channel": list(self.channels), "time": self.times, "frequency": self.frequencies}
        return xr.DataArray(
            self.db,
            dims=dimensions,
            coords={name: coordinates[name] for name in dimensions},
            name="level",
            attrs={
                "units": self.unit,
                "samplerate": self.samplerate,
                "settings": json.dumps(self.settings.as_dict()),
            },
        )


def analyze(
    sound: str | Path | npt.ArrayLike,
    samplerate: int | None = None,
    *,
    features: str | Sequence[str] = (),
    **settings: Any,
) -> Spectrogram:
    """The spectrogram of a sound file, or of samples: (n,) or (channels, n) with their samplerate.

    Whole windows only, as live. Integers of 8 to 32 bits are scaled by their type. features: what to find
    beside levels, by name ("all", or of `core.feature_set.FEATURES`). settings: as in a TOML file
    (`livespec.Settings`); shown is the mean of all channels unless `show` says otherwise. Raises `LivespecError`.

    >>> import numpy as np, livespec
    >>> sine = np.sin(2 * np.pi * 1000 * np.arange(48_000) / 48_000)
    >>> livespec.analyze(sine, samplerate=48_000, n_fft=4800, hop=480)
    <Spectrogram 91 × 2401 in dBFS, 0 … 24000 Hz, 0.950 s>
    """
    wanted, features = from_keywords(settings), feature_names(features)
    rate = None if samplerate is None else _whole(samplerate)
    if isinstance(sound, (str, Path)):
        return _of_file(Path(sound), rate, wanted, features)
    samples = _planar(sound)
    if rate is None:
        raise UsageError("the samplerate of the samples is not known", "analyze(samples, samplerate=48000)")
    picked = choose_channels(wanted.channels, len(samples), "the array")
    info = SourceInfo("file", "the array", rate, picked, length=samples.shape[1])
    return _of_blocks(_blocks(samples, [number - 1 for number in picked]), info, wanted, features)


def _of_file(path: Path, samplerate: int | None, wanted: Settings, features: Sequence[str]) -> Spectrogram:
    with open_sound(path) as file:
        if samplerate not in (None, file.samplerate):
            raise UsageError(f"{path}: is at {file.samplerate} Hz, not {samplerate} Hz", "leave samplerate out")
        picked = choose_channels(wanted.channels, file.channels, path.name)
        info = SourceInfo("file", str(path), file.samplerate, picked, length=file.frames)
        hop = wanted.at_rate(file.samplerate).hop or 1
        blocks = read_blocks(file, [number - 1 for number in picked], _COLUMNS_AT_ONCE * hop)
        return _of_blocks((block.T for block in blocks), info, wanted, features)


def _of_blocks(
    blocks: Iterator[Float32Array], info: SourceInfo, wanted: Settings, features: Sequence[str]
) -> Spectrogram:
    """blocks: (channels, n) each, in their order; info.length: how many samples they have together."""
    engine = Engine(wanted, info.samplerate)
    assert info.length is not None
    count = column_count(info.length, engine.n_fft, engine.hop)
    if not count:
        raise too_short(info.name, info.length, engine.n_fft)
    shown = shown_of(info, wanted.show)
    quantity = level_quantity(engine, load_calibration(wanted))
    averager = make_averager(averaging_of(wanted.averaging), engine.column_s)
    db = np.empty((1 if isinstance(shown, str) else len(shown), count, engine.bins), np.float32)
    described = FeatureSet(features, engine, len(db)) if features else None
    found: list[dict[str, Float32Array]] = []
    done = 0
    for block in blocks:
        windows = engine.windows(choose(block, shown))
        columns = windows.shape[1]
        if done + columns > db.shape[1]:  # some files are longer than their header says
            db = np.concatenate([db, np.empty((len(db), columns, engine.bins), np.float32)], axis=1)
        part = db[:, done : done + columns]
        with np.errstate(invalid="ignore", over="ignore"):  # samples that are no numbers are told by NaN
            engine.columns_into(windows, part)
            if described is not None and columns:
                found.append(described.push(windows, part))
        if averager is not None:
            averager.push(done, part)
        quantity.apply(part)
        done += columns
    positions = np.arange(done, dtype=np.int64) * engine.hop
    return Spectrogram(
        db=db[0, :done] if len(db) == 1 else db[:, :done],
        frequencies=engine.frequencies,
        times=(positions + engine.n_fft / 2) / info.samplerate,
        positions=positions,
        samplerate=info.samplerate,
        unit=quantity.unit,
        channels=(shown,) if isinstance(shown, str) else tuple(str(info.channels[index]) for index in shown),
        settings=engine.settings,
        features={} if described is None else described.constants | _joined(found, several=len(db) > 1),
    )


def _joined(parts: list[dict[str, Float32Array]], *, several: bool) -> dict[str, Float32Array]:
    """Features (channels, columns, …) of block after block as one; without the channel where there is one."""
    whole = {name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]}
    return whole if several else {name: values[0] for name, values in whole.items()}


def _whole(samplerate: Any) -> int:
    """A samplerate as Python or numpy writes it. Raises `UsageError`."""
    try:
        rate = int(samplerate)
    except (TypeError, ValueError, OverflowError):
        rate = None
    if rate is None or rate != samplerate:
        raise UsageError(f"samplerate = {samplerate!r} is not a whole number", "give samples a second: 48000")
    return rate


def _planar(samples: npt.ArrayLike) -> np.ndarray:
    """(channels, n) of what a person hands over, as it is. Raises `UsageError`."""
    try:
        given = np.asarray(samples)
    except ValueError as error:
        raise UsageError(f"what was given is no array of sound: {error}", "use (n,) or (channels, n)") from error
    if given.ndim not in (1, 2) or given.dtype.kind not in "iuf":
        raise UsageError(f"an array of shape {given.shape} and {given.dtype} is no sound", "use (n,) or (channels, n)")
    if given.dtype.kind in "iu" and given.dtype.itemsize > _WIDEST_INTEGER:
        raise UsageError(
            f"samples of {given.dtype} do not say how loud full scale is",
            "divide by it, or use the type they came in: samples.astype(np.int16)",
        )
    if given.ndim == 2 and given.shape[0] > given.shape[1]:  # noqa: PLR2004
        raise UsageError(f"{given.shape[0]} channels of {given.shape[1]} samples", "use (channels, n): transpose it")
    return given[None] if given.ndim == 1 else given


def _blocks(samples: np.ndarray, pick: list[int]) -> Iterator[Float32Array]:
    """Blocks of samples (channels, n), those channels of it, full scale 1."""
    everything = pick == list(range(len(samples)))
    for first in range(0, samples.shape[1], _SAMPLES_AT_ONCE):
        block = samples[:, first : first + _SAMPLES_AT_ONCE]
        yield _scaled(block if everything else block[pick])


def _scaled(block: np.ndarray) -> Float32Array:
    if block.dtype.kind == "f":
        with np.errstate(over="ignore"):
            return block.astype(np.float32, copy=False)
    bits = 8 * block.dtype.itemsize
    middle = 2.0 ** (bits - 1) if block.dtype.kind == "u" else 0.0
    scaled: Float32Array = ((block.astype(np.float64) - middle) / 2.0 ** (bits - 1)).astype(np.float32)
    return scaled
