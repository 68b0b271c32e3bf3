"""livespec: a real-time spectrogram monitor, and the engine under it.

The public names are loaded when first used (PEP 562), so `import livespec` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livespec.core.features import features
    from livespec.core.notes import note_of
    from livespec.core.peaks import PeakFinder
    from livespec.core.ring import AudioRing
    from livespec.core.stft import Engine
    from livespec.errors import LivespecError
    from livespec.figures.decibels import to_decibels
    from livespec.figures.plot import plot_spec
    from livespec.figures.spectrogram import Spectrogram, analyze
    from livespec.session.stream import ColumnStream, stream
    from livespec.settings import Settings

__version__ = "0.1.0"

__all__ = [
    "AudioRing",
    "ColumnStream",
    "Engine",
    "LivespecError",
    "PeakFinder",
    "Settings",
    "Spectrogram",
    "__version__",
    "analyze",
    "features",
    "note_of",
    "plot_spec",
    "stream",
    "to_decibels",
]

_HOMES = {
    "AudioRing": "livespec.core.ring",
    "ColumnStream": "livespec.session.stream",
    "Engine": "livespec.core.stft",
    "LivespecError": "livespec.errors",
    "PeakFinder": "livespec.core.peaks",
    "Settings": "livespec.settings",
    "Spectrogram": "livespec.figures.spectrogram",
    "analyze": "livespec.figures.spectrogram",
    "features": "livespec.core.features",
    "note_of": "livespec.core.notes",
    "plot_spec": "livespec.figures.plot",
    "stream": "livespec.session.stream",
    "to_decibels": "livespec.figures.decibels",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
