"""Where samples were lost, for questions by position and by time: they cost the logarithm of the number of gaps."""

from bisect import bisect_right
from itertools import accumulate
from typing import Literal, NamedTuple

import numpy as np

from livespec.core.arrays import BoolArray, Int64Array, RealArray

Cause = Literal["overflow", "lost", "reopened", "overwritten"]


class Gap(NamedTuple):
    """position: of the first sample behind it. samples: lost between it and the one before.

    Those that were "overwritten" were captured, and are the ones just before `position`: they were gone before a reader
    of the ring came to them. On the time axis they have their place already.
    """

    position: int
    samples: int
    cause: Cause


def with_overwritten(gaps: tuple[Gap, ...], first: int, stop: int) -> tuple[Gap, ...]:
    """A reader's overwritten stretches, and positions first … stop − 1, which may go on where the last one ends."""
    if gaps and gaps[-1].position == first:
        first -= gaps[-1].samples
        gaps = gaps[:-1]
    return (*gaps, Gap(stop, stop - first, "overwritten"))


class GapIndex:
    """Of gaps in the order of their positions. Times are in samples: a position plus all that was lost before it."""

    def __init__(self, gaps: tuple[Gap, ...]) -> None:
        self.gaps = gaps
        self._positions = [gap.position for gap in gaps]
        self._lost = [0, *accumulate(gap.samples for gap in gaps)]  # before the first gap, before the second …
        self._many = np.array(self._positions, np.int64), np.array(self._lost, np.int64)  # the same for arrays
        self._starts = [position + lost for position, lost in zip(self._positions, self._lost, strict=False)]

    def lost_before(self, position: float) -> int:
        """Samples."""
        return self._lost[bisect_right(self._positions, position)]

    def lost_before_each(self, positions: RealArray | Int64Array) -> Int64Array:
        """`lost_before` of many positions, (n,)."""
        before: Int64Array = self._many[1][self.count_before_each(positions)]
        return before

    def count_before_each(self, positions: RealArray | Int64Array) -> Int64Array:
        """How many gaps lie before each of these positions, (n,)."""
        return np.searchsorted(self._many[0], positions, "right")

    def between(self, first: float, last: float) -> tuple[Gap, ...]:
        """Those behind one position, up to another."""
        return self.gaps[bisect_right(self._positions, first) : bisect_right(self._positions, last)]

    def position_at(self, time: int) -> int:
        """Within a hole, the position behind it."""
        count = bisect_right(self._starts, time)
        if not count:
            return time
        return max(time - self._lost[count], self._positions[count - 1])

    def holes(self, first: float, last: float) -> list[tuple[int, int]]:
        """(start, end) of every hole that reaches into a stretch of time, oldest first."""
        begin = max(0, bisect_right(self._starts, first) - 1)
        stretch = slice(begin, bisect_right(self._starts, last))
        found = zip(self._starts[stretch], self.gaps[stretch], strict=True)
        return [(start, start + gap.samples) for start, gap in found]

    def straddled(self, first_positions: Int64Array, length: int) -> BoolArray:
        """Which windows [p, p + length) have a gap inside."""
        behind = np.searchsorted(self._many[0], first_positions + length, "left")
        within: BoolArray = self.count_before_each(first_positions) < behind
        return within
