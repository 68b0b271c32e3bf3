"""Is this machine fast enough? Columns a second that the engine can do, over those that are needed."""

import time
from collections.abc import Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided

from livespec.core.stft import Engine
from livespec.doctor.finding import Check, Finding
from livespec.settings import FFT_LIBRARIES, FftLibrary, Settings

_MEASURED_S: Final = 0.25
_DISTRIBUTIONS: Final[dict[FftLibrary, str]] = {"scipy": "scipy", "fftw": "pyfftw", "mkl": "mkl-fft"}
_LOADS: Final = ((1, 48_000), (32, 96_000))  # channels, samplerate; n_fft and hop are what is chosen by default
_COLUMNS_AT_ONCE: Final = 2
_ENOUGH: Final = 2.0
_SLOW: Final = "use a smaller n_fft, a longer hop or fewer channels; close what else is running"


def check_speed() -> Iterator[Finding]:
    """One finding for each FFT library and load. A library that is not installed is no failure, a broken one is."""
    for library in FFT_LIBRARIES:
        try:
            name = f"{library} {version(_DISTRIBUTIONS[library])}"
        except PackageNotFoundError:
            yield Finding(f"FFT library {library}", "absent", "not installed")
            continue
        for channels, samplerate in _LOADS:
            load = f"{name}, {channels} \N{MULTIPLICATION SIGN} {samplerate / 1000:g} kHz"
            yield from Check(load, partial(_headroom, load, library, channels, samplerate)).findings()


def _headroom(name: str, library: FftLibrary, channels: int, samplerate: int) -> Iterator[Finding]:
    engine = Engine(Settings(fft=library), samplerate)
    rng = np.random.default_rng(1)
    sound = rng.standard_normal((channels, engine.n_fft + (_COLUMNS_AT_ONCE - 1) * engine.hop), np.float32)
    frames = as_strided(
        sound, (channels, _COLUMNS_AT_ONCE, engine.n_fft), (sound.strides[0], engine.hop * 4, 4), writeable=False
    )
    out = np.empty((channels, _COLUMNS_AT_ONCE, engine.bins), np.float32)
    engine.columns_into(frames, out)  # the first call makes what the others use
    calls, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < _MEASURED_S:
        engine.columns_into(frames, out)
        calls += 1
    times = calls * _COLUMNS_AT_ONCE / elapsed / (samplerate / engine.hop)
    good = times >= _ENOUGH
    yield Finding(
        name,
        "ok" if good else "failed",
        f"{times:,.{0 if good else 1}f} \N{MULTIPLICATION SIGN} what is needed",
        f"\N{GREATER-THAN OR EQUAL TO} {_ENOUGH:g} \N{MULTIPLICATION SIGN}",
        "" if good else _SLOW,
    )
