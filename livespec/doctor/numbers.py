"""Are the numbers right? The engine against formulas and a float64 reference that is written here for itself."""

from collections.abc import Callable, Iterator
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
from livespec.doctor.finding import Finding, judged, written
from livespec.settings import SCALES, Settings

MakeEngine = Callable[[Settings, int], Engine]

_RATE: Final = 48_000
_N_FFT: Final = 4096
_HOP: Final = 512
_BROKEN: Final = (
    "numpy or scipy gives wrong numbers here: install them anew (pip install --force-reinstall numpy scipy)"
)
_PROMISED_FROM_DBFS, _PROMISED_WITHIN_DB = -100.0, 85.0  # docs/numerics.md
_BLOCKS: Final = (1, 7, 64, 512, 4096)
_ROWS: Final = 700


def check_numbers(make_engine: MakeEngine = Engine) -> Iterator[Finding]:
    """make_engine: what is under test."""
    yield _level_of_a_sine(make_engine)
    yield from _against_float64(make_engine)
    yield _frequency_of_a_tone(make_engine)
    yield _row_of_a_tone(make_engine)
    yield _time_of_a_click(make_engine)
    yield _independence_of_blocks(make_engine)
    yield _silence(make_engine)


def _sine(bins: float, amplitude: float = 1.0, samples: int = _N_FFT) -> Float32Array:
    phase = 2 * np.pi * bins / _N_FFT * np.arange(samples) + 0.3
    sine: Float32Array = (amplitude * np.sin(phase)).astype(np.float32)
    return sine


def _level_of_a_sine(make_engine: MakeEngine) -> Finding:
    worst = 0.0
    for window in WINDOWS:
        levels = make_engine(Settings(n_fft=_N_FFT, hop=_HOP, window=window), _RATE).columns(_sine(300))
        worst = max(worst, abs(float(levels[300])))
    name = f"full-scale sine, {len(WINDOWS)} windows"
    return judged(name, worst, 0.01, "{:.4f} dB", _BROKEN, off=True)


def _against_float64(make_engine: MakeEngine) -> Iterator[Finding]:
    """The promise of docs/numerics.md: 0.01 dB within 85 dB of the strongest, −140 dBFS of error elsewhere."""
    noise = np.random.default_rng(1).standard_normal(40_000)
    t = np.arange(40_000) / _RATE
    sound = (0.5 * np.sin(2 * np.pi * 997 * t) + 0.01 * np.sin(2 * np.pi * 7001.3 * t) + 1e-3 * noise).astype(
        np.float32
    )
    frames = sliding_window_view(sound, _N_FFT)[::_HOP]
    got = make_engine(Settings(n_fft=_N_FFT, hop=_HOP), _RATE).columns(frames).astype(np.float64)
    exact = _reference(frames)
    near = (exact > _PROMISED_FROM_DBFS) & (exact > exact.max(axis=1, keepdims=True) - _PROMISED_WITHIN_DB)
    yield judged("levels against float64", float(np.abs(got - exact)[near].max()), 0.01, "{:.4f} dB", _BROKEN, off=True)
    pure = _sine(300)[None]
    residue = np.abs(10 ** (make_engine(Settings(n_fft=_N_FFT, hop=_HOP), _RATE).columns(pure).astype(np.float64) / 20)
                     - 10 ** (_reference(pure) / 20))  # fmt: skip
    error_dbfs = 20 * float(np.log10(max(residue.max(), 1e-12)))
    yield judged("error beside a full-scale sine", error_dbfs, -140.0, "{:.0f} dBFS", _BROKEN)


def _reference(frames: Float32Array) -> Float64Array:
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_N_FFT) / _N_FFT)
    amplitude = np.abs(np.fft.rfft(frames.astype(np.float64) * window)) * 2 / window.sum()
    amplitude[:, [0, -1]] /= 2
    levels: Float64Array = np.maximum(20 * np.log10(np.maximum(amplitude, 1e-300)), FLOOR_DBFS)
    return levels


def _frequency_of_a_tone(make_engine: MakeEngine) -> Finding:
    engine = make_engine(Settings(n_fft=_N_FFT, hop=_HOP), _RATE)
    finder = PeakFinder(make_window("hann", _N_FFT))
    worst = 0.0
    for bins in (20.0, 85.31, 300.5, 1200.77, 1900.1):
        peaks = finder.find(engine.columns(_sine(bins)), engine.bin_hz, at_most=1)
        worst = max(worst, abs(peaks[0].frequency_hz / engine.bin_hz - bins) if peaks else np.inf)
    return judged("tone between bins", worst, 0.05, "{:.4f} bins", _BROKEN, off=True)


def _row_of_a_tone(make_engine: MakeEngine) -> Finding:
    """The brightest row of the picture against the row that the axis has for the frequency, on every scale."""
    engine = make_engine(Settings(n_fft=_N_FFT, hop=_HOP), _RATE)
    worst = 0.0
    for scale in SCALES:
        axis = FrequencyAxis(scale, 40.0, 16_000.0)
        rows = RowMap.of(axis, _ROWS, engine.bins, engine.bin_hz)
        for bins in (20, 200, 1200):
            shown = rows.apply(engine.columns(_sine(bins))[None])[0]
            brightest = float(np.flatnonzero(shown == shown.max()).mean()) + 0.5
            worst = max(worst, abs(brightest - float(axis.place(bins * engine.bin_hz)) * _ROWS))
    return judged(f"row of a tone, {len(SCALES)} scales", worst, 1.0, "{:.2f} rows", _BROKEN, off=True)


def _time_of_a_click(make_engine: MakeEngine) -> Finding:
    at = 20_011
    sound = np.zeros(40_000, np.float32)
    sound[at] = 1.0
    engine = make_engine(Settings(n_fft=1024, hop=64), _RATE)
    power = 10 ** (_through_the_ring(engine, sound, 512).astype(np.float64) / 10)
    centres = np.arange(len(power)) * engine.hop + engine.n_fft / 2
    weight = power[:, 10:-10].sum(axis=1)
    off = abs(float((weight * centres).sum() / weight.sum()) - at)
    return judged("time of a click", off, 1.0, "{:.2f} samples", _BROKEN, off=True)


def _independence_of_blocks(make_engine: MakeEngine) -> Finding:
    sound = (0.2 * np.random.default_rng(2).standard_normal(12_000)).astype(np.float32)
    engine = make_engine(Settings(n_fft=1024, hop=300), _RATE)
    expected = engine.columns(sliding_window_view(sound, 1024)[::300])
    differing = [size for size in _BLOCKS if not np.array_equal(_through_the_ring(engine, sound, size), expected)]
    figure = "the same bits" if not differing else f"differs with {', '.join(map(str, differing))}"
    name = f"blocks of {_BLOCKS[0]} to {_BLOCKS[-1]} samples"
    return Finding(name, "failed" if differing else "ok", figure, "the same bits", _BROKEN if differing else "")


def _through_the_ring(engine: Engine, sound: Float32Array, block: int) -> Float32Array:
    ring = AudioRing.in_memory(1, len(sound) + 1, 4096)
    framer = Framer(ring, engine.n_fft, engine.hop, (0,))
    columns = []
    for first in range(0, len(sound), block):
        ring.write(sound[first : first + block, None], 0)
        columns += [engine.columns(frames.samples)[0] for frames in framer]
    return np.concatenate(columns)


def _silence(make_engine: MakeEngine) -> Finding:
    levels = make_engine(Settings(n_fft=_N_FFT, hop=_HOP), _RATE).columns(np.zeros((4, _N_FFT), np.float32))
    right = bool(np.all(levels == FLOOR_DBFS))
    figure, floor = (written("{:.1f} dBFS", float(level)) for level in (levels.max(), FLOOR_DBFS))
    return Finding("digital silence", "ok" if right else "failed", figure, floor, "" if right else _BROKEN)
