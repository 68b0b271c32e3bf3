"""Features by name, column after column: what those who teach machines to listen put beside or in place of levels.

mel, mfcc, chroma, rms and zcr are librosa's of the same windows (docs/numerics.md has the tolerances), with two
differences that streaming makes: levels are not clipped 80 dB below the loudest of the whole file (`top_db=None`), and
chroma takes A4 for 440 Hz instead of estimating it (`tuning=0`).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy import fft

from livespec.core.arrays import Float32Array, Float64Array
from livespec.core.features import features
from livespec.core.filterbank import chroma_filters, mel_edges, mel_filters
from livespec.core.pitch import PitchFinder
from livespec.core.scales import FrequencyAxis
from livespec.core.stft import FLOOR_DBFS, Engine
from livespec.core.window import make_window
from livespec.errors import UsageError, suggestion

FEATURES: Final = (
    "mel", "mfcc", "chroma", "pitch", "rms", "zcr", "envelope", "centroid", "rolloff", "flatness", "flux",
)  # fmt: skip
_MFCCS: Final = 20
_QUIETEST: Final = 1e-10  # power below which a mel band is taken for silent
_UNHEARD: Final = 1e-10  # samples so small have no sign
# Name of the feature: name of its array, and of `Features`' field.
_OF_LEVELS: Final = {
    "centroid": ("centroid_hz", "centroid_hz"),
    "rolloff": ("rolloff_hz", "roll_off_hz"),
    "flatness": ("flatness", "flatness"),
    "flux": ("flux_db", "flux_db"),
}


def feature_names(wanted: str | Sequence[str]) -> tuple[str, ...]:
    """Names, in the order of `FEATURES`, of names or of "mel,mfcc"; "all" are all. Raises `UsageError`."""
    names = [name.strip() for name in (wanted.split(",") if isinstance(wanted, str) else wanted)]
    for name in names:
        if name not in (*FEATURES, "all"):
            near = suggestion(name, list(FEATURES))
            raise UsageError(
                f"feature {name!r} is not known{': ' + near if near else ''}", f"all, or of {', '.join(FEATURES)}"
            )
    return tuple(name for name in FEATURES if name in names or "all" in names)


class FeatureSet:
    """Features of the columns of one engine, pushed in their order. names: of `FEATURES`.

    As arrays of (channels, k, …): `mel` (…, 128) dB of the bare transform's power in mel bands, `mfcc` (…, 20) of
    these, `chroma` (…, 12) from C up, the loudest of a column 1; and a number each: `pitch_hz` with `pitch_confidence`
    (`core.pitch`), `rms` and `envelope` (the largest magnitude) of a window's samples, `zcr` the share of its samples
    where the sign changes, `centroid_hz`, `rolloff_hz`, `flatness`, `flux_db` (`core.features`). NaN where a column is.
    """

    def __init__(self, names: Sequence[str], engine: Engine, channels: int = 1) -> None:
        self._names = frozenset(names)
        self._frequencies = engine.frequencies
        self._axis = FrequencyAxis("mel", 0.0, engine.samplerate / 2)
        self._mel = mel_filters(self._axis, self._frequencies, area=True).T if self._names & {"mel", "mfcc"} else None
        self._chroma = chroma_filters(self._frequencies).T if "chroma" in self._names else None
        self._pitch = PitchFinder(engine.n_fft, engine.samplerate) if "pitch" in self._names else None
        # A full-scale sine is 1 to the engine, half the window's sum to the bare transform; DC and Nyquist are whole.
        scale = np.full(engine.bins, (make_window(engine.settings.window, engine.n_fft).sum() / 2) ** 2)
        scale[engine.unmirrored] *= 4
        self._bare = scale.astype(np.float32)
        self._before: list[Float32Array | None] = [None] * channels

    @property
    def constants(self) -> dict[str, Float64Array]:
        """What describes the columns of the features: `mel_hz` (128,), where the bands are highest."""
        return {"mel_hz": mel_edges(self._axis)[1:-1]} if "mel" in self._names else {}

    def push(self, windows: Float32Array, levels: Float32Array) -> dict[str, Float32Array]:
        """The features of windows (channels, k, n_fft) and their raw levels (channels, k, bins), after those before."""
        parts = [self._of_channel(number, *channel) for number, channel in enumerate(zip(windows, levels, strict=True))]
        return {name: np.stack([part[name] for part in parts]).astype(np.float32, copy=False) for name in parts[0]}

    def _of_channel(self, number: int, windows: Float32Array, levels: Float32Array) -> dict[str, Float32Array]:
        out: dict[str, Float32Array] = {}
        if self._names & {"mel", "mfcc", "chroma"}:
            power = np.exp(levels * np.float32(np.log(10) / 10)) * self._bare
            power[levels <= FLOOR_DBFS] = 0.0  # of silence no pitch class is the loudest
            out |= self._of_bands(power)
        if self._pitch is not None:
            found = self._pitch.find(windows)
            broken = np.isnan(levels[:, 0])  # also where the bad sample lies beside the middle that was looked at
            out["pitch_hz"] = np.where(broken, np.nan, found.hz)
            out["pitch_confidence"] = np.where(broken, 0.0, found.confidence)
        if "rms" in self._names:
            out["rms"] = np.sqrt(np.mean(np.square(windows, dtype=np.float32), axis=1, dtype=np.float64))
        if "envelope" in self._names:
            out["envelope"] = np.abs(windows).max(axis=1)
        if "zcr" in self._names:
            out["zcr"] = _zero_crossing_rate(windows)
        return out | self._of_levels(number, levels)

    def _of_bands(self, power: Float32Array) -> dict[str, Float32Array]:
        out: dict[str, Float32Array] = {}
        if self._mel is not None:
            mel = 10 * np.log10(np.maximum(power @ self._mel, np.float32(_QUIETEST)))
            out = {"mel": mel} if "mel" in self._names else {}
            if "mfcc" in self._names:
                out["mfcc"] = fft.dct(mel, axis=1, norm="ortho")[:, :_MFCCS]
        if self._chroma is not None:
            classes = power @ self._chroma
            out["chroma"] = classes / np.maximum(classes.max(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        return out

    def _of_levels(self, number: int, levels: Float32Array) -> dict[str, Float32Array]:
        wanted = [_OF_LEVELS[name] for name in _OF_LEVELS if name in self._names]
        if not wanted:
            return {}
        before = self._before[number]
        known = levels if before is None else np.concatenate([before, levels])  # flux is of two columns
        self._before[number] = known[-1:].copy()
        found = features(known, self._frequencies)
        return {array: getattr(found, field)[len(known) - len(levels) :] for array, field in wanted}


def _zero_crossing_rate(windows: Float32Array) -> Float32Array:
    """Share of samples whose sign is not that of the sample before; zero is positive."""
    negative = windows < -_UNHEARD
    crossings = np.count_nonzero(negative[:, 1:] != negative[:, :-1], axis=1) / windows.shape[1]
    rate: Float32Array = np.where(np.isfinite(windows).all(axis=1), crossings, np.nan).astype(np.float32)
    return rate
