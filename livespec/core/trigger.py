"""When a band of frequencies is loud: with hysteresis, so that a level at the threshold makes one event, not many."""

from typing import NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array, Float64Array
from livespec.core.stft import Engine
from livespec.errors import UsageError


class TriggerRule(NamedTuple):
    """low_hz, high_hz: the band; threshold_db: raw dBFS of all of it, as a sine in it would read.

    An event ends once the level has been `hysteresis_db` below the threshold for `hold_s`.
    """

    low_hz: float
    high_hz: float
    threshold_db: float
    hysteresis_db: float = 6.0
    hold_s: float = 0.5


class Event(NamedTuple):
    """Positions of its first sample and of the one behind its last; the loudest moment. end: None while it lasts."""

    begin: int
    end: int | None
    level_db: float
    frequency_hz: float


class BandTrigger:
    """Columns of one engine, in their order. Raises `UsageError` where the band has no bin, or goes beyond the highest.

    event: what lasts at this moment, or None; one that began `before`, with another engine, goes on with this one.
    loud_until: position behind the newest column in which it was loud enough to last.
    """

    def __init__(self, rule: TriggerRule, engine: Engine, before: "BandTrigger | None" = None) -> None:
        rate, highest = engine.samplerate, engine.samplerate / 2
        if rule.high_hz > highest:
            raise UsageError(
                f"trigger: {rule.high_hz:g} Hz is above the highest frequency of {rate} Hz sound, {highest:g} Hz",
                f"let the band end at {highest:g} Hz or less",
            )
        inside = np.flatnonzero((engine.frequencies >= rule.low_hz) & (engine.frequencies <= rule.high_hz))
        if not len(inside):
            raise UsageError(
                f"trigger: no bin lies between {rule.low_hz:g} and {rule.high_hz:g} Hz", "widen it, or raise n_fft"
            )
        self._engine = engine
        self._rule, self._bins = rule, slice(int(inside[0]), int(inside[-1]) + 1)
        self._frequencies = engine.frequencies[self._bins]
        # A sine spreads over the bins of the main lobe: their sum is so much more than its peak.
        self._spread_db = 10 * np.log10(engine.noise_bandwidth_hz[self._bins] / engine.bin_hz).astype(np.float32)
        self._hold = max(1, round(rule.hold_s * engine.samplerate / engine.hop))
        self.event: Event | None = None if before is None else before.event
        self.loud_until: int = 0 if before is None else before.loud_until
        self._quiet = 0

    def measured(self, levels: Float32Array) -> Float64Array:
        """Raw dBFS (channels, k, bins) as what `push` takes, (2, k): the band's level and its loudest frequency.

        The loudest channel counts.
        """
        band = np.nan_to_num(levels[:, :, self._bins].max(axis=0) - self._spread_db, nan=-200.0)
        loudness = 10 * np.log10(np.sum(10 ** (band / 10), axis=1))
        return np.stack([loudness, self._frequencies[band.argmax(axis=1)]]).astype(np.float64)

    def push(self, first: int, measured: Float64Array) -> list[Event]:
        """Columns first …; what began or ended in them."""
        if self.event is None and not (measured[0] >= self._rule.threshold_db).any():
            return []
        followed = (self._follow(first + k, level, hz) for k, (level, hz) in enumerate(measured.T.tolist()))
        return [event for event in followed if event is not None]

    def end(self) -> list[Event]:
        """No column follows on the last one."""
        return [] if self.event is None else [self._ended(self.event)]

    def _follow(self, column: int, level: float, frequency_hz: float) -> Event | None:
        event = self.event
        if event is None and level < self._rule.threshold_db:
            return None
        if level >= self._rule.threshold_db - self._rule.hysteresis_db:
            self._quiet = 0
            self.loud_until = column * self._engine.hop + self._engine.n_fft
        else:
            self._quiet += 1
        if event is None:
            self.event = Event(column * self._engine.hop, None, level, frequency_hz)
            return self.event
        if level > event.level_db:
            self.event = event = event._replace(level_db=level, frequency_hz=frequency_hz)
        return self._ended(event) if self._quiet >= self._hold else None

    def _ended(self, event: Event) -> Event:
        self.event = None
        return event._replace(end=self.loud_until)
