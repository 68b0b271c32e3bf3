"""What a column of the picture is: the levels of all bins, or of bands; and the pitch that is drawn over it."""

import numpy as np

from livespec.core.arrays import Float32Array
from livespec.core.bands import BandLevels, ChromaAxis, MelBandAxis
from livespec.core.pitch import VOICED, PitchFinder
from livespec.core.quantity import LevelQuantity
from livespec.core.scales import FrequencyAxis
from livespec.core.stft import Engine
from livespec.settings import Picture, Settings

PictureAxis = FrequencyAxis | ChromaAxis


def picture_axis(picture: Picture, settings: Settings) -> PictureAxis:
    """The vertical axis of a picture. settings: resolved."""
    assert settings.fmin is not None
    assert settings.fmax is not None
    if picture == "mel":
        return MelBandAxis.of(settings.fmin, settings.fmax)
    if picture == "chroma":
        return ChromaAxis()
    return FrequencyAxis.between(settings.scale, settings.fmin, settings.fmax)


class PictureColumns:
    """The analysis thread's: raw columns into those of one kind of picture. bins: levels in each."""

    def __init__(self, picture: Picture, engine: Engine, quantity: LevelQuantity, *, pitch: bool) -> None:
        axis = picture_axis(picture, engine.settings)
        self._bands = BandLevels(axis, engine, quantity) if isinstance(axis, (MelBandAxis, ChromaAxis)) else None
        self._pitch = PitchFinder(engine.n_fft, engine.samplerate) if pitch else None
        self.bins = engine.bins if self._bands is None else self._bands.bands

    def levels(self, columns: Float32Array) -> Float32Array:
        """(k, bins) of raw columns (k, engine bins)."""
        return columns if self._bands is None else self._bands.of(columns)

    def pitch_hz(self, windows: Float32Array) -> Float32Array | None:
        """(k,) of windows (k, n_fft), NaN where there is none; None where pitch is not drawn."""
        if self._pitch is None:
            return None
        found = self._pitch.find(windows)
        voiced: Float32Array = np.where(found.confidence > VOICED, found.hz, np.float32(np.nan))
        return voiced
