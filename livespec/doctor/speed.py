"""Is this machine fast enough? Columns a second that the engine can do, over those that are needed."""

import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided

from livespec.core.stft import Engine
from livespec.doctor.finding import Finding
from livespec.errors import UsageError
from livespec.settings import FFT_LIBRARIES, Settings

_MEASURED_S: Final = 0.25
_PACKAGES: Final = {"scipy": "scipy", "fftw": "pyfftw", "mkl": "mkl_fft"}
_LOADS: Final = ((1, 48_000), (32, 96_000))
_COLUMNS_AT_ONCE: Final = 2
_ENOUGH: Final = 2.0
_SLOW: Final = "use a smaller n_fft, a longer hop or fewer channels; close what else is running"


def check_speed() -> Iterator[Finding]:
    """One finding for each FFT library and load."""
    for library in FFT_LIBRARIES:
        try:
            Engine(Settings(fft=library), _LOADS[0][1])
        except UsageError as error:
            yield Finding(f"FFT library {library}", "absent", "not installed", "", error.hint)
            continue
        for channels, samplerate in _LOADS:
            yield _headroom(library, channels, samplerate)


def _headroom(library: str, channels: int, samplerate: int) -> Finding:
    settings = Settings(fft=library, n_fft=4096, hop=512)  # type: ignore[arg-type]
    engine = Engine(settings, samplerate)
    sound = np.random.default_rng(1).standard_normal((channels, 8192)).astype(np.float32)
    frames = as_strided(
        sound, (channels, _COLUMNS_AT_ONCE, engine.n_fft), (sound.strides[0], engine.hop * 4, 4), writeable=False
    )
    out = np.empty((channels, _COLUMNS_AT_ONCE, engine.bins), np.float32)
    engine.columns_into(frames, out)
    calls, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < _MEASURED_S:
        engine.columns_into(frames, out)
        calls += 1
    possible = calls * _COLUMNS_AT_ONCE / elapsed
    needed = samplerate / engine.hop
    good = possible >= _ENOUGH * needed
    return Finding(
        f"{library} {_version(library)}, {channels} \N{MULTIPLICATION SIGN} {samplerate / 1000:g} kHz",
        "ok" if good else "failed",
        f"{possible / needed:,.0f} \N{MULTIPLICATION SIGN} what is needed",
        f"\N{GREATER-THAN OR EQUAL TO} {_ENOUGH:g} \N{MULTIPLICATION SIGN}",
        "" if good else _SLOW,
    )


def _version(library: str) -> str:
    try:
        return version(_PACKAGES[library])
    except PackageNotFoundError:
        return "?"
