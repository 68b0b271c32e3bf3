"""What a column is like, in four numbers: features for those who teach machines to listen.

Defined on power, P_k = 10 ** (L_k / 10), of all bins but those of the floor. Peeters, "A large set of audio features
for sound description" (2004) names them; librosa's centroid, roll-off and flatness are these, of a power spectrogram.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from livespec.core.arrays import Float32Array, Float64Array
from livespec.core.stft import FLOOR_DBFS

ROLL_OFF_SHARE: Final = 0.85


@dataclass(frozen=True, eq=False)
class Features:
    """(k,) each, NaN for a column of silence or without sound.

    centroid_hz: mean frequency, weighted with power; roll_off_hz: below it lie 85 % of the power; flatness: geometric
    over arithmetic mean of power, 1 of white noise and 0 of a tone; flux_db: mean rise of the levels since the column
    before, rises alone; NaN for the first column.
    """

    centroid_hz: Float64Array
    roll_off_hz: Float64Array
    flatness: Float64Array
    flux_db: Float64Array


def features(levels: Float32Array, frequencies_hz: Float64Array) -> Features:
    """Features of columns that follow one another. levels: (k, bins) dB; frequencies_hz: (bins,)."""
    decibels = levels.astype(np.float64)
    power = np.where(decibels > FLOOR_DBFS, 10 ** (decibels / 10), 0.0)
    total = power.sum(axis=1)
    sounding = total > 0
    whole = np.where(sounding, total, 1.0)
    cumulated = np.cumsum(power, axis=1)
    rolled_off = np.argmax(cumulated >= ROLL_OFF_SHARE * whole[:, None], axis=1)
    flatness = 10 ** (decibels.mean(axis=1) / 10) / (whole / power.shape[1])
    rise = np.maximum(np.diff(decibels, axis=0), 0).mean(axis=1)

    def known(values: Float64Array) -> Float64Array:
        return np.where(sounding, values, np.nan)

    return Features(
        centroid_hz=known(power @ frequencies_hz / whole),
        roll_off_hz=known(frequencies_hz[rolled_off]),
        flatness=known(flatness),
        flux_db=known(np.concatenate([[np.nan], rise])[: len(levels)]),
    )
