"""Are the numbers right? The engine against formulas and a float64 reference that is written here for itself."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from livespec.core.arrays import Float32Array, Float64Array
from livespec.core.framing import Framer
from livespec.core.peaks import PeakFinder
from livespec.core.ring import AudioRing
from livespec.core.scales import FrequencyAxis, RowMap
from livespec.core.stft import FLOOR_DBFS, Engine
from livespec.core.window import WINDOWS, make_window
from livespec.doctor.finding import Check, Finding, judged, written
from livespec.settings import SCALES, Settings

MakeEngine = Callable[[Settings, int], Engine]

_RATE: Final = 48_000
_N_FFT: Final = 4096
_HOP: Final = 512
_BROKEN: Final = (
    "numpy or scipy gives wrong numbers here: install them anew (pip install --force-reinstall numpy scipy)"
)
_PROMISED_FROM_DBFS, _PROMISED_WITHIN_DB = -100.0, 85.0  # docs/numerics.md
_PROMISED_ERROR_DBFS: Final = -140.0  # the same
_BLOCKS: Final = (1, 7, 64, 512, 4096)
_ROWS: Final = 700
_TONES_BINS: Final = (20.0, 85.31, 300.5, 1200.77, 1900.1)


def check_numbers(make_engine: MakeEngine = Engine) -> Iterator[Finding]:
    """One finding a check, whatever happens to the others. make_engine: what is under test."""
    for name, check in _CHECKS.items():
        yield from Check(name, partial(check, name, make_engine)).findings()


def _level_of_a_sine(name: str, make_engine: MakeEngine) -> Iterator[Finding]:
    levels = [
        make_engine(Settings(n_fft=_N_FFT, hop=_HOP, window=window), _RATE).columns(_sine(300))[300]
        for window in WINDOWS
    ]
    yield judged(name, _worst(levels), 0.01, "{:.4f} dB", _BROKEN, off=True)


def _levels_of_a_sound(name: str, make_engine: MakeEngine) -> Iterator[Finding]:
    """0.01 dB within 85 dB of the strongest bin."""
    noise = np.random.default_rng(1).standard_normal(40_000)
    t = np.arange(40_000) / _RATE
    tones = 0.5 * np.sin(2 * np.pi * 997 * t) + 0.01 * np.sin(2 * np.pi * 7001.3 * t)
    frames = sliding_window_view((tones + 1e-3 * noise).astype(np.float32), _N_FFT)[::_HOP]
    got = make_engine(Settings(n_fft=_N_FFT, hop=_HOP), _RATE).columns(frames).astype(np.float64)
    exact = _reference(frames)
    near = (exact > _PROMISED_FROM_DBFS) & (exact > exact.max(axis=1, keepdims=True) - _PROMISED_WITHIN_DB)
    yield judged(name, _worst((got - exact)[near]), 0.01, "{:.4f} dB", _BROKEN, off=True)


def _error_beside_a_sine(name: str, make_engine: MakeEngine) -> Iterator[Finding]:
    """Of amplitudes, where decibels would say nothing: most bins of a pure sine are empty."""
    pure = _sine(300)[None]
    got = make_engine(Settings(n_fft=_N_FFT, hop=_HOP), _RATE).columns(pure).astype(np.float64)
    error_dbfs = 20 * float(np.log10(_worst(10 ** (got / 20) - 10 ** (_reference(pure) / 20)) + 1e-12))
    yield judged(name, error_dbfs, _PROMISED_ERROR_DBFS, "{:.0f} dBFS", _BROKEN)


def _frequency_of_a_tone(name: str, make_engine: MakeEngine) -> Iterator[Finding]:
    engine = make_engine(Settings(n_fft=_N_FFT, hop=_HOP), _RATE)
    finder = PeakFinder(make_window("hann", _N_FFT))
    found = []
    for bins in _TONES_BINS:
        peaks = finder.find(engine.columns(_sine(bins)), engine.bin_hz, at_most=1)
        found.append(peaks[0].frequency_hz - bins * engine.bin_hz if peaks else np.inf)
    yield judged(name, _worst(found), 0.01, "{:.4f} Hz", _BROKEN, off=True)


def _row_of_a_tone(name: str, make_engine: MakeEngine) -> Iterator[Finding]:
    """The brightest row of the picture against the row that the axis has for the frequency, on every scale."""
    engine = make_engine(Settings(n_fft=_N_FFT, hop=_HOP), _RATE)
    apart = []
    for scale in SCALES:
        axis = FrequencyAxis(scale, 40.0, 16_000.0)
        rows = RowMap.of(axis, _ROWS, engine.bins, engine.bin_hz)
        for bins in (20, 200, 1200):
            shown = rows.apply(engine.columns(_sine(bins))[None])[0]
            brightest = np.flatnonzero(shown >= shown.max())
            row = float(brightest.mean()) + 0.5 if len(brightest) else np.nan
            apart.append(row - float(axis.place(bins * engine.bin_hz)) * _ROWS)
    yield judged(name, _worst(apart), 1.0, "{:.2f} rows", _BROKEN, off=True)


def _time_of_a_click(name: str, make_engine: MakeEngine) -> Iterator[Finding]:
    """The centre of the power that it brings, over the columns' times."""
    at = 20_011
    sound = np.zeros(40_000, np.float32)
    sound[at] = 1.0
    engine = make_engine(Settings(n_fft=1024, hop=64), _RATE)
    power = 10 ** (_through_the_ring(engine, sound, 512).astype(np.float64) / 10)
    centres = np.arange(len(power)) * engine.hop + engine.n_fft / 2
    weight = power[:, 10:-10].sum(axis=1)  # DC and Nyquist are not doubled
    off = float((weight * centres).sum() / weight.sum()) - at
    yield judged(name, abs(off), 1.0, "{:.2f} samples", _BROKEN, off=True)


def _independence_of_blocks(name: str, make_engine: MakeEngine) -> Iterator[Finding]:
    sound = (0.2 * np.random.default_rng(2).standard_normal(12_000)).astype(np.float32)
    engine = make_engine(Settings(n_fft=1024, hop=300), _RATE)
    expected = engine.columns(sliding_window_view(sound, 1024)[::300])
    differing = [size for size in _BLOCKS if not np.array_equal(_through_the_ring(engine, sound, size), expected)]
    figure = "the same bits" if not differing else f"differs with {', '.join(map(str, differing))}"
    yield Finding(name, "failed" if differing else "ok", figure, "the same bits", _BROKEN if differing else "")


def _silence(name: str, make_engine: MakeEngine) -> Iterator[Finding]:
    levels = make_engine(Settings(n_fft=_N_FFT, hop=_HOP), _RATE).columns(np.zeros((4, _N_FFT), np.float32))
    right = bool(np.all(levels == FLOOR_DBFS))
    figure, floor = (written("{:.1f} dBFS", float(level)) for level in (levels.max(), FLOOR_DBFS))
    yield Finding(name, "ok" if right else "failed", figure, floor, "" if right else _BROKEN)


_CHECKS: Final[dict[str, Callable[[str, MakeEngine], Iterator[Finding]]]] = {
    f"full-scale sine, {len(WINDOWS)} windows": _level_of_a_sine,
    "levels against float64": _levels_of_a_sound,
    "error beside a full-scale sine": _error_beside_a_sine,
    f"tone between bins of {_RATE / _N_FFT:.1f} Hz": _frequency_of_a_tone,
    f"row of a tone, {len(SCALES)} scales": _row_of_a_tone,
    "time of a click": _time_of_a_click,
    f"blocks of {_BLOCKS[0]} to {_BLOCKS[-1]} samples": _independence_of_blocks,
    "digital silence": _silence,
}


def _sine(bins: float) -> Float32Array:
    """One window of a full-scale sine at a frequency in bins; the phase is any."""
    sine: Float32Array = np.sin(2 * np.pi * bins / _N_FFT * np.arange(_N_FFT) + 0.3).astype(np.float32)
    return sine


def _reference(frames: Float32Array) -> Float64Array:
    """dBFS by the definition: frames (columns, n_fft), Hann."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_N_FFT) / _N_FFT)
    amplitude = np.abs(np.fft.rfft(frames.astype(np.float64) * window)) * 2 / window.sum()
    amplitude[:, [0, -1]] /= 2
    levels: Float64Array = np.maximum(20 * np.log10(np.maximum(amplitude, 1e-300)), FLOOR_DBFS)
    return levels


def _worst(errors: list[float] | list[np.float32] | Float64Array) -> float:
    """The largest in size; NaN where one is NaN, which Python's max would pass over."""
    return float(np.abs(np.asarray(errors, np.float64)).max())


def _through_the_ring(engine: Engine, sound: Float32Array, block: int) -> Float32Array:
    """Columns (n, bins) of a sound that comes in blocks of that many samples."""
    ring = AudioRing.in_memory(1, len(sound) + 1, 4096)
    framer = Framer(ring, engine.n_fft, engine.hop, (0,))
    columns = []
    for first in range(0, len(sound), block):
        ring.write(sound[first : first + block, None], 0)
        columns += [engine.columns(frames.samples)[0] for frames in framer]
    return np.concatenate(columns)
