"""What stands beside the levels wherever columns are kept: axes, gaps, settings, units."""

from datetime import datetime
from typing import Any, Final

import numpy as np

from livespec import __version__
from livespec.core.arrays import Int64Array
from livespec.core.quantity import LevelQuantity
from livespec.core.stft import Engine
from livespec.session.clock import Timeline

SCHEMA: Final = 1


def positions_of(columns: int, engine: Engine) -> Int64Array:
    """(columns,) first sample of each window."""
    return np.arange(columns, dtype=np.int64) * engine.hop


def column_description(columns: int, engine: Engine, quantity: LevelQuantity, timeline: Timeline) -> dict[str, Any]:
    """Arrays and plain values by the names that the files have for them."""
    positions = positions_of(columns, engine)
    start = timeline.start_wall_time
    return {
        "frequencies_hz": engine.frequencies,
        "times_s": timeline.seconds_of(positions + engine.n_fft / 2),
        "positions": positions,
        "gap": timeline.straddles(positions, engine.n_fft),
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
