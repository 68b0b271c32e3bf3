"""livespec: a real-time spectrogram monitor, and the engine under it.

The public names are loaded when first used (PEP 562), so `import livespec` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from livespec.core.ring import AudioRing
    from livespec.core.stft import Engine
    from livespec.errors import LivespecError
    from livespec.settings import Settings

__version__ = "0.1.0"

__all__ = ["AudioRing", "Engine", "LivespecError", "Settings", "__version__"]

_HOMES = {
    "AudioRing": "livespec.core.ring",
    "Engine": "livespec.core.stft",
    "LivespecError": "livespec.errors",
    "Settings": "livespec.settings",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
