"""When a band of frequencies is loud: with hysteresis, so that a level at the threshold makes one event, not many."""

from typing import NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array
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
    """Columns of one engine, in their order. Raises `UsageError` where the band has no bin.

    event: what lasts at this moment, or None; one that began with another engine goes on with this one.
    """

    def __init__(self, rule: TriggerRule, engine: Engine, event: Event | None = None) -> None:
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
        self.event = event
        self._quiet = 0

    def push(self, first: int, levels: Float32Array) -> list[Event]:
        """Columns first … of raw dBFS (channels, k, bins), the loudest channel counts; what began or ended in them."""
        band = levels[:, :, self._bins].max(axis=0) - self._spread_db
        loudness = 10 * np.log10(np.sum(10 ** (np.nan_to_num(band, nan=-200.0) / 10), axis=1))
        out: list[Event] = []
        if self.event is None and not (loudness >= self._rule.threshold_db).any():
            return out
        for k, level in enumerate(loudness.tolist()):
            changed = self._follow(first + k, level, band[k])
            if changed is not None:
                out.append(changed)
        return out

    def end(self, column: int) -> list[Event]:
        """No column comes behind this one."""
        return [] if self.event is None else [self._ended(self.event, column)]

    def _follow(self, column: int, level: float, band: Float32Array) -> Event | None:
        event = self.event
        if event is None:
            if level < self._rule.threshold_db:
                return None
            self._quiet = 0
            self.event = Event(column * self._engine.hop, None, level, self._loudest(band))
            return self.event
        if level > event.level_db:
            self.event = event = event._replace(level_db=level, frequency_hz=self._loudest(band))
        self._quiet = self._quiet + 1 if level < self._rule.threshold_db - self._rule.hysteresis_db else 0
        return self._ended(event, column - self._quiet) if self._quiet >= self._hold else None

    def _ended(self, event: Event, column: int) -> Event:
        self.event = None
        return event._replace(end=column * self._engine.hop + self._engine.n_fft)

    def _loudest(self, band: Float32Array) -> float:
        return float(self._frequencies[int(np.nanargmax(band))])
