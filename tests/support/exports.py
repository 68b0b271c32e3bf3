"""What a run left behind, read as a user would read it, and a sound that tells where in it one is."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtGui import QImage

from livespec.core.arrays import Float32Array, Float64Array, Uint8Array
from tests.support.signals import chirp

CHIRP_LOW_HZ, CHIRP_HZ_PER_S = 2_000.0, 400.0
_AROUND_PEAK = 6
_FAINTEST_DBFS = -60.0


@dataclass(frozen=True)
class Export:
    """An `--export` file; the attributes are its arrays."""

    arrays: dict[str, np.ndarray]

    @classmethod
    def of(cls, path: Path) -> "Export":
        with np.load(path, allow_pickle=False) as archive:
            return cls(dict(archive))

    def __getattr__(self, name: str) -> Any:
        try:
            value = self.arrays[name]
        except KeyError:
            raise AttributeError(name) from None
        return value.item() if value.ndim == 0 else value

    @property
    def centres_s(self) -> Float64Array:
        """Middle of every window by the count of samples alone: holes take no time."""
        return (self.positions + self.n_fft / 2) / self.samplerate

    def played_s(self) -> Float64Array:
        """Where in `position_chirp` every column is, in seconds; NaN where it is not heard."""
        out = np.full(len(self.db), np.nan)
        for k, levels in enumerate(self.db):
            if np.isnan(levels[0]) or levels.max() < _FAINTEST_DBFS:
                continue
            peak = int(levels.argmax())
            near = slice(max(0, peak - _AROUND_PEAK), peak + _AROUND_PEAK + 1)
            power = 10 ** (levels[near].astype(float) / 10)
            hz = (power * self.frequencies_hz[near]).sum() / power.sum()
            out[k] = (hz - CHIRP_LOW_HZ) / CHIRP_HZ_PER_S
        return out


def position_chirp(seconds: float, samplerate: int = 48_000) -> Float32Array:
    """A slow chirp: the frequency of a column says to a millisecond which part of the sound it shows."""
    return chirp(
        CHIRP_LOW_HZ, CHIRP_LOW_HZ + CHIRP_HZ_PER_S * seconds, samplerate, round(seconds * samplerate), amplitude=0.5
    )


def read_stats(path: Path) -> dict[str, Any]:
    """A `--stats` file."""
    return json.loads(path.read_text())


def read_picture(path: Path) -> Uint8Array:
    """A `--screenshot` file: (height, width, 3)."""
    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    assert not image.isNull(), path
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()
