"""What stands beside the levels wherever columns are kept: axes, gaps, settings, units."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np

from livespec import __version__
from livespec.core.quantity import LevelQuantity
from livespec.core.stft import Engine
from livespec.session.clock import Timeline

SCHEMA: Final = 1
_AT_ONCE: Final = 1 << 16
ALONG_COLUMNS: Final = {"times_s": "<f8", "positions": "<i8", "gap": "|b1"}


def along_columns(
    name: str, columns: int, engine: Engine, timeline: Timeline, missed: Sequence[range] = ()
) -> Iterator[np.ndarray]:
    """One of `ALONG_COLUMNS`, piece by piece: a day has millions of columns. missed: columns that nobody has."""
    for first in range(0, columns, _AT_ONCE):
        positions = np.arange(first, min(first + _AT_ONCE, columns), dtype=np.int64) * engine.hop
        if name == "positions":
            yield positions
        elif name == "times_s":
            yield timeline.seconds_of(positions + engine.n_fft / 2)
        else:
            gap = timeline.straddles(positions, engine.n_fft)
            for each in missed:
                gap[max(0, each.start - first) : max(0, each.stop - first)] = True
            yield gap


def column_description(engine: Engine, quantity: LevelQuantity, timeline: Timeline) -> dict[str, Any]:
    """Arrays and plain values by the names that the files have for them."""
    start = timeline.start_wall_time
    return {
        "frequencies_hz": engine.frequencies,
        "gaps": np.array([(gap.position, gap.samples) for gap in timeline.gaps], np.int64).reshape(-1, 2),
        "samplerate": engine.samplerate,
        "n_fft": engine.n_fft,
        "hop": engine.hop,
        "window": engine.settings.window,
        "start_time": datetime.fromtimestamp(start).astimezone().isoformat() if start else "",
        "units": f"{quantity.unit} ({quantity.meaning})",
        "schema": SCHEMA,
        "version": __version__,
    }
