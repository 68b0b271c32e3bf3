"""Timing side by side: every round times every contender, in a turning order; medians are compared."""

import gc
import os
import time
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

_WARM_UP: Final = 5
_UNTIMED: Final = 2  # they bring back into the caches what the others drove out
_TIMED: Final = 3
# Read by numpy's, torch's and MKL's libraries when they are loaded.
_THREAD_VARIABLES: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def one_thread_each() -> None:
    """Before any of the libraries is imported: nobody wins by more threads."""
    for variable in _THREAD_VARIABLES:
        os.environ[variable] = "1"


def interleaved(work: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each."""
    names = list(work)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for name in names:
        for _ in range(_WARM_UP):
            work[name]()
    collecting = gc.isenabled()
    gc.disable()
    try:
        for number in range(rounds):
            turn = number % len(names)
            for name in (*names[turn:], *names[:turn]):
                for _ in range(_UNTIMED):
                    work[name]()
                for _ in range(_TIMED):
                    began = time.perf_counter()
                    work[name]()
                    taken[name].append(time.perf_counter() - began)
    finally:
        if collecting:
            gc.enable()
    return {name: float(np.median(values)) for name, values in taken.items()}
