"""The second stage: averages and holds over raw columns, so that a picture is calm without another transform.

Columns are averaged as power. What comes out for column k depends on the columns before it alone, on the absolute
grid of column numbers: a stretch that is analysed again, warmed up over `warm_up` columns before it, reads as it did
live. A column of NaN stays NaN; the averages begin anew after it, the hold goes on.
"""

import math
from abc import ABC, abstractmethod
from typing import Final

import numpy as np

from livespec.core.arrays import Float32Array, Float64Array
from livespec.core.stft import FLOOR_DBFS
from livespec.settings import Averaging

# What was louder than now by so much before the warm-up may still be seen after it: by 0.01 dB.
_FORGOTTEN_DB: Final = 130.0
_DB_PER_TIME_CONSTANT: Final = 10 / math.log(10)
_NEPERS_PER_DB: Final = np.float32(math.log(10) / 10)
_DB_PER_NEPER: Final = np.float32(10 / math.log(10))
_LEAST_POWER: Final = np.float32(10 ** (FLOOR_DBFS / 10))


class Averager(ABC):
    """One thread pushes columns in their order; a jump in their numbers begins anew.

    warm_up: how many columns before the first that is wanted should be pushed.
    """

    warm_up: int

    def __init__(self) -> None:
        self._next: int | None = None

    def push(self, first: int, levels: Float32Array) -> None:
        """Columns first … first + k − 1, (channels, k, bins) raw dBFS, replaced by their averages."""
        if first != self._next:
            self._begin(first, levels)
        self._next = first + levels.shape[1]
        self._replace(first, levels)

    @abstractmethod
    def _begin(self, first: int, levels: Float32Array) -> None: ...

    @abstractmethod
    def _replace(self, first: int, levels: Float32Array) -> None: ...


class Exponential(Averager):
    """y ← y + (x − y) · (1 − exp(−column_s / time constant)), as the time weightings of IEC 61672-1 do."""

    def __init__(self, time_constant_s: float, column_s: float) -> None:
        super().__init__()
        self._new = np.float32(-math.expm1(-column_s / time_constant_s))
        self.warm_up = math.ceil(_FORGOTTEN_DB / _DB_PER_TIME_CONSTANT * time_constant_s / column_s)

    def _begin(self, _first: int, levels: Float32Array) -> None:
        self._power = np.full((levels.shape[0], levels.shape[2]), np.nan, np.float32)

    def _replace(self, _first: int, levels: Float32Array) -> None:
        to_power(levels)
        for k in range(levels.shape[1]):
            column = levels[:, k]
            begins = np.isnan(self._power[:, 0])
            if begins.any():
                self._power[begins] = column[begins]
            self._power += self._new * (column - self._power)
            column[:] = self._power
        to_decibels(levels)


class Mean(Averager):
    """The mean of the last `count` columns, or of those since the sound or a gap began.

    A running sum, in float64, made anew at every multiple of `count`: two lengths of warm-up give the same bits.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count
        self.warm_up = 2 * count

    def _begin(self, first: int, levels: Float32Array) -> None:
        channels, _, bins = levels.shape
        self._kept = np.zeros((self._count, channels, bins))  # float64, as the sum: casts took longer than the sums
        self._sum: Float64Array = np.zeros((channels, bins))
        self._since = np.full(channels, first)

    def _replace(self, first: int, levels: Float32Array) -> None:
        to_power(levels)
        broken = np.isnan(levels[:, :, 0])
        gaps = set(np.flatnonzero(broken.any(axis=0)))
        for k in range(levels.shape[1]):
            number, column = first + k, levels[:, k]
            if k in gaps:
                self._kept[:, broken[:, k]] = 0
                self._sum[broken[:, k]] = 0
                self._since[broken[:, k]] = number + 1
                column[broken[:, k]] = 0
            place = self._kept[number % self._count]
            self._sum -= place
            place[:] = column
            self._sum += place
            if number % self._count == 0:
                self._sum = self._kept.sum(axis=0)
            taken = np.minimum(number + 1 - self._since, self._count)
            np.divide(self._sum, np.maximum(taken, 1)[:, None], out=column, casting="same_kind")
            np.maximum(column, _LEAST_POWER, out=column)  # a loud sound that has gone leaves a remainder of either sign
            if k in gaps:
                column[broken[:, k]] = np.nan
        to_decibels(levels)


class Hold(Averager):
    """The highest level so far, sinking by so many dB from column to column (0: never)."""

    def __init__(self, decay_db_per_s: float, column_s: float) -> None:
        super().__init__()
        self._decay = np.float32(decay_db_per_s * column_s)
        self.warm_up = math.ceil(_FORGOTTEN_DB / self._decay) if self._decay else 1 << 62

    def _begin(self, _first: int, levels: Float32Array) -> None:
        self._held = np.full((levels.shape[0], levels.shape[2]), -np.inf, np.float32)

    def _replace(self, _first: int, levels: Float32Array) -> None:
        for k in range(levels.shape[1]):
            column = levels[:, k]
            self._held -= self._decay
            np.fmax(self._held, column, out=self._held)
            column[:] = np.where(np.isnan(column[:, :1]), np.nan, self._held)


def make_averager(averaging: Averaging, column_s: float) -> Averager | None:
    """The second stage that a setting asks for, None for "off". column_s: time from column to column in seconds."""
    if averaging.kind == "exponential":
        return Exponential(averaging.amount, column_s)
    if averaging.kind == "mean":
        return Mean(int(averaging.amount))
    if averaging.kind == "hold":
        return Hold(averaging.amount, column_s)
    return None


def to_power(levels: Float32Array) -> None:
    """Decibels into power, in place."""
    np.multiply(levels, _NEPERS_PER_DB, out=levels)
    np.exp(levels, out=levels)


def to_decibels(power: Float32Array) -> None:
    """Power into decibels, in place."""
    np.log(power, out=power)
    np.multiply(power, _DB_PER_NEPER, out=power)
