"""Measures what docs/numerics.md says of accuracy, and prints its tables as Markdown.

    .venv/bin/python scripts/measure_accuracy.py

The reference is independent of the engine: the window by its formula or by scipy, numpy's FFT and log10, all in
float64, on the same float32 samples; the weightings by the table of IEC 61672-1.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from livespec.capture.demo import synthesise_bar
from livespec.core.scales import FrequencyAxis, RowMap
from livespec.core.stft import FLOOR_DBFS, Engine
from livespec.core.window import WINDOWS, figures, make_window
from livespec.settings import FFT_LIBRARIES, PRECISIONS, SCALES, Precision, Settings

_RATE = 48_000
_SECONDS = 4
_SEED = 1
_LOWEST_DBFS = -100.0
_WITHIN_DB, _NEAR_DB = 85.0, 70.0
_SCALLOPING_DB = 1.4236
_OF_SCIPY = (
    "barthann", "bartlett", "bohman", "chebwin:100", "cosine", "dpss:3", "exponential:0.5", "gaussian:0.4",
    "general_gaussian:1.5:0.4", "general_hamming:0.6", "kaiser:14", "kaiser_bessel_derived:4", "lanczos", "parzen",
    "taylor", "triang", "tukey:0.5",
)  # fmt: skip
_SIZES = (("hann", 4096), ("blackmanharris", 16384))
_COEFFICIENTS = {"hann": (0.5, 0.5), "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168)}


class Error(NamedTuple):
    """The largest errors of a signal.

    near_db: where the statement holds; faint_db: other bins above −100 dBFS, None where there are none;
    rest_dbfs: of the amplitude, over all other bins.
    """

    near_db: float
    faint_db: float | None
    rest_dbfs: float


def signals() -> Iterator[tuple[str, np.ndarray]]:
    """Name and (n,) float64 samples."""
    t = np.arange(_RATE * _SECONDS) / _RATE
    noise = np.random.default_rng(_SEED).standard_normal(len(t))
    tone = np.sin(2 * np.pi * 997 * t)
    yield "full-scale sine, 997 Hz", tone
    steps = sum(
        10 ** (level / 20) * np.sin(2 * np.pi * hz * t)
        for hz, level in ((2503, -40), (5003, -60), (9001, -80), (13007, -95))
    )
    yield "the same at −0.1 dB, with tones at −40, −60, −80, −95 dBFS", 0.98 * tone + steps
    yield "white noise, −20 dBFS RMS", 0.1 * noise / np.sqrt(2)
    yield "sine at −6 dBFS in white noise, −90 dBFS RMS", 0.5 * tone + 10 ** (-90 / 20) * noise / np.sqrt(2)
    clicks = np.zeros_like(t)
    clicks[:: _RATE // 10] = 1
    yield "full-scale clicks, 10 a second", clicks
    yield "the demo signal", np.concatenate([synthesise_bar(bar, _RATE) for bar in (4, 5)]).astype(np.float64)


def reference(samples: np.ndarray, name: str, n_fft: int, hop: int) -> np.ndarray:
    """(columns, bins) dBFS in float64."""
    phase = 2 * np.pi * np.arange(n_fft) / n_fft
    window = np.zeros(n_fft)
    for k, a in enumerate(_COEFFICIENTS[name]):
        window += (-1) ** k * a * np.cos(k * phase)
    frames = np.lib.stride_tricks.sliding_window_view(samples, n_fft)[::hop]
    amplitude = np.abs(np.fft.rfft(frames.astype(np.float64) * window)) * 2 / window.sum()
    amplitude[:, [0, -1]] /= 2
    levels: np.ndarray = np.maximum(20 * np.log10(np.maximum(amplitude, 1e-300)), FLOOR_DBFS)
    return levels


def compare(samples: np.ndarray, name: str, n_fft: int, precision: Precision) -> Error:
    """The engine against the reference."""
    engine = Engine(Settings(window=name, n_fft=n_fft, precision=precision), _RATE)
    frames = np.lib.stride_tricks.sliding_window_view(samples, n_fft)[:: engine.hop]
    got = engine.columns(frames).astype(np.float64)
    true = reference(samples, name, n_fft, engine.hop)
    error_db = np.abs(got - true)
    audible = true > _LOWEST_DBFS
    near = audible & (true > true.max(axis=1, keepdims=True) - _WITHIN_DB)
    faint = audible & ~near
    absolute = np.abs(10 ** (got / 20) - 10 ** (true / 20))[~near]
    return Error(
        near_db=float(error_db[near].max()),
        faint_db=float(error_db[faint].max()) if faint.any() else None,
        rest_dbfs=float(20 * np.log10(max(absolute.max(), 1e-30))) if absolute.size else -np.inf,
    )


def print_accuracy() -> None:
    """One line a signal, size and precision."""
    print("| signal | window, n_fft | precision | within 85 dB | fainter, above −100 dBFS | all other bins |")
    print("|---|---|---|---|---|---|")
    for what, samples in signals():
        for name, n_fft in _SIZES:
            for precision in PRECISIONS:
                near, faint, rest = compare(samples.astype(np.float32), name, n_fft, precision)
                fainter = "none" if faint is None else f"{faint:.5f} dB"
                print(
                    f"| {what} | {name}, {n_fft} | {precision} | {near:.5f} dB | {fainter} | "
                    f"{'none' if np.isinf(rest) else f'{rest:.0f} dBFS'.replace('-', '−')} |"
                )


def print_windows(n_fft: int = 4096) -> None:
    """One line a window: its figures, and the worst error of a busy signal within 85 dB in both precisions."""
    print("| window | coherent gain | noise bandwidth, bins | in dB | scalloping, dB | error, single | error, double |")
    print("|---|---|---|---|---|---|---|")
    sound = next(samples for what, samples in signals() if "tones at" in what).astype(np.float32)
    for name in (*WINDOWS, *_OF_SCIPY):
        shape = make_window(name, n_fft)
        gain, bandwidth, scalloping = (
            getattr(figures(shape), figure) for figure in ("coherent_gain", "noise_bandwidth_bins", "scalloping_db")
        )
        errors = [_error_with(shape, name, sound, precision) for precision in PRECISIONS]
        print(
            f"| {name} | {gain:.4f} | {bandwidth:.4f} | {10 * np.log10(bandwidth):.2f} | {scalloping:.2f} | "
            f"{errors[0]:.5f} dB | {errors[1]:.5f} dB |"
        )


def _error_with(shape: np.ndarray, name: str, sound: np.ndarray, precision: Precision) -> float:
    engine = Engine(Settings(window=name, n_fft=len(shape), precision=precision), _RATE)
    frames = np.lib.stride_tricks.sliding_window_view(sound, len(shape))[:: engine.hop]
    amplitude = np.abs(np.fft.rfft(frames.astype(np.float64) * shape)) * 2 / shape.sum()
    amplitude[:, [0, -1]] /= 2
    true = 20 * np.log10(np.maximum(amplitude, 1e-300))
    near = (true > _LOWEST_DBFS) & (true > true.max(axis=1, keepdims=True) - _WITHIN_DB)
    return float(np.abs(engine.columns(frames) - true)[near].max())


def print_libraries() -> None:
    """One line an FFT library."""
    print("| FFT | error within 85 dB | within 70 dB | apart from scipy within 70 dB |")
    print("|---|---|---|---|")
    n_fft = 4096
    levels, true = {}, None
    for library in FFT_LIBRARIES:
        engine = Engine(Settings(n_fft=n_fft, fft=library), _RATE)
        columns, exact = [], []
        for _, samples in signals():
            sound = samples.astype(np.float32)
            columns.append(engine.columns(np.lib.stride_tricks.sliding_window_view(sound, n_fft)[:: engine.hop]))
            exact.append(reference(sound, "hann", n_fft, engine.hop))
        levels[library], true = np.concatenate(columns), np.concatenate(exact)
        below = true.max(axis=1, keepdims=True) - true
        error = np.where(true > _LOWEST_DBFS, np.abs(levels[library] - true), 0)
        apart = np.abs(levels[library] - levels["scipy"])
        figures_db = error[below < _WITHIN_DB].max(), error[below < _NEAR_DB].max(), apart[below < _NEAR_DB].max()
        print(f"| {library} | " + " | ".join(f"{figure:.5f} dB" for figure in figures_db) + " |")


def print_scales() -> None:
    """One line a scale: a tone anywhere between its ends, on pictures of 64 to 4320 rows."""
    print("| scale | rows off | level beyond the scalloping (1.42 dB) |")
    print("|---|---|---|")
    engine = Engine(Settings(n_fft=4096), _RATE)
    rng = np.random.default_rng(_SEED)
    for scale in SCALES:
        axis = FrequencyAxis(scale, 40.0, 16_000.0)
        furthest, lost = 0.0, 0.0
        for rows in (64, 700, 4320):
            row_map = RowMap.of(axis, rows, engine.bins, engine.bin_hz)
            for hz in axis.frequency(rng.uniform(0.02, 0.98, 60)):
                tone = np.sin(2 * np.pi * hz / _RATE * np.arange(4096)).astype(np.float32)
                shown = row_map.apply(engine.columns(tone)[None])[0]
                below, here, above = axis.place(hz + engine.bin_hz * np.array([-0.5, 0, 0.5]))
                half_a_bin = float(max(here - below, above - here)) * rows
                brightest = float(np.flatnonzero(shown == shown.max()).mean()) + 0.5
                off = abs(brightest - float(here) * rows) - half_a_bin
                furthest, lost = max(furthest, off), max(lost, -float(shown.max()) - _SCALLOPING_DB)
        print(f"| {scale} | {furthest:.2f} | {max(0.0, lost):.3f} dB |")


if __name__ == "__main__":
    print_windows()
    print()
    print_accuracy()
    print()
    print_libraries()
    print()
    print_scales()
