"""What the numbers of a column are levels of: a sine's peak or RMS, a noise density, weighted, calibrated.

All of it is one offset in dB for each bin, added to raw dBFS. So a change holds for the whole past at once.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from livespec.core.arrays import Float32Array
from livespec.core.calibration import Calibration
from livespec.core.stft import Engine
from livespec.core.weighting import weighting_db
from livespec.settings import Settings

# The RMS of a sine is √2 below its peak; DC and Nyquist are no sines: theirs is their magnitude.
_SINE_RMS_DB: Final = 10 * float(np.log10(0.5))


@dataclass(frozen=True, eq=False)
class LevelQuantity:
    """How raw dBFS are read.

    unit: as on the colour bar, "dBFS/Hz"; meaning: what reads 0; offset_db: (bins,), or (1,) for all of them, to be
    added to raw dBFS; shift_db: what a range of levels moves by, the middle of the offsets without the weighting.
    """

    unit: str
    meaning: str
    offset_db: Float32Array
    shift_db: float = 0.0

    def apply(self, levels: Float32Array) -> None:
        """Raw dBFS, (…, bins), into this quantity, in place."""
        if self.offset_db.any():
            levels += self.offset_db


RAW: Final = LevelQuantity("dBFS", "full-scale sine = 0", np.zeros(1, np.float32))


def level_quantity(
    engine: Engine, calibration: Calibration | None = None, settings: Settings | None = None
) -> LevelQuantity:
    """The quantity that settings ask for (None: the engine's own), for its columns. calibration: of the microphone."""
    settings = engine.settings if settings is None else settings
    offset = np.zeros(engine.bins)
    calibrated = calibration is not None and calibration.sensitivity_dbfs is not None
    if calibration is not None:
        offset += calibration.offset_db(engine.frequencies)
    if settings.quantity == "density" or settings.reference == "rms" or calibrated:
        offset[engine.unmirrored] -= _SINE_RMS_DB
    if settings.quantity == "density":
        offset -= 10 * np.log10(engine.noise_bandwidth_hz)
    if settings.reference == "rms" and not calibrated:  # a sound pressure level is RMS in itself
        offset += _SINE_RMS_DB
    shift_db = float(np.median(offset))
    offset += weighting_db(settings.weighting, engine.frequencies)
    unit, meaning = _named(settings.reference, settings.weighting, density=settings.quantity == "density")
    if calibrated:
        unit, meaning = unit.replace("dBFS rms", "dBFS").replace("dBFS", "dB SPL"), "20 µPa RMS = 0"
    return LevelQuantity(unit, meaning, offset.astype(np.float32), shift_db)


def _named(reference: str, weighting: str, *, density: bool) -> tuple[str, str]:
    unit = "dBFS rms" if reference == "rms" else "dBFS"
    if weighting != "Z":
        unit += f" {weighting}"
    meaning = "full-scale sine = 0" if reference == "peak" else "full-scale sine = \N{MINUS SIGN}3.01"
    return (f"{unit}/Hz", f"noise of that power in 1 Hz, {meaning}") if density else (unit, meaning)
