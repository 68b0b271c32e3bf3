"""The range of levels that follows the sound: slowly, by what is on screen, and not into silence."""

from typing import Final

import numpy as np

from livespec.core.arrays import Float32Array

# The quiet tenth of the rows lies just above the darkest colour, the loudest just below the brightest; and a tone that
# is there half of the time, though in but one row, is no louder than that.
_QUIET_PERCENTILE, _QUIET_MARGIN_DB = 10, 5.0
_LOUD_PERCENTILE, _LOUD_MARGIN_DB = 99.5, 6.0
_NARROWEST_DB, _WIDEST_DB = 50.0, 90.0
_SLEW_DB_PER_S: Final = 6.0
SILENCE_DBFS: Final = -75.0
_STEP_DB: Final = 1.0  # the picture is coloured anew for no less


class AutoRange:
    """One thread; `low` and `high` are what to show, in the unit of the rows.

    silence: where the loudest rows of a quiet room lie below, in that unit.
    """

    def __init__(self, start: tuple[float, float], silence: float = SILENCE_DBFS) -> None:
        self.low, self.high = start
        self._at = start
        self._silence = silence
        self.settled = False  # whether it has followed anything yet

    def follow(self, rows: Float32Array, elapsed_s: float) -> bool:
        """Take in levels of displayed rows (k, rows), not finite where there is none; True when a limit moved."""
        levels = rows[np.isfinite(rows)]
        if not levels.size:
            return False
        quiet, loud = np.percentile(levels, (_QUIET_PERCENTILE, _LOUD_PERCENTILE))
        loudest = np.fmax.reduce(rows, axis=1)
        tone = np.median(loudest[np.isfinite(loudest)])
        if max(loud, tone) < self._silence:
            return False
        high = float(max(loud + _LOUD_MARGIN_DB, tone))
        low = min(max(float(quiet) - _QUIET_MARGIN_DB, high - _WIDEST_DB), high - _NARROWEST_DB)
        furthest = _SLEW_DB_PER_S * elapsed_s if self.settled else np.inf
        self.settled = True
        self._at = _towards(self._at[0], low, furthest), _towards(self._at[1], high, furthest)
        if abs(self._at[0] - self.low) < _STEP_DB and abs(self._at[1] - self.high) < _STEP_DB:
            return False
        self.low, self.high = float(round(self._at[0])), float(round(self._at[1]))
        return True


def _towards(value: float, target: float, furthest: float) -> float:
    return value + float(np.clip(target - value, -furthest, furthest))
