"""When a block came in: by a clock that goes on while the computer sleeps, so that sleep is a hole like any other."""

import sys
import time
from collections.abc import Callable


def _clock() -> Callable[[], int]:
    known = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}  # where Python's own stops
    clock: int | None = getattr(time, known.get(sys.platform, ""), None)
    return time.perf_counter_ns if clock is None else lambda: time.clock_gettime_ns(clock)


now_ns: Callable[[], int] = _clock()  # nanoseconds, from a beginning that all processes share
