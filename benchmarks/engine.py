"""Cost of a column: the engine, a bare FFT of the same batch, and a plain numpy loop."""

import time

import numpy as np
from scipy.fft import rfft

from livespec import Engine, Settings

RATE = 48_000
ROUNDS = 400


def run():
    rows = []
    for n_fft, count in [(1024, 1), (4096, 1), (4096, 2), (4096, 4), (4096, 16), (16384, 4)]:
        rows.append(measure(n_fft, count))
    print("engine: µs a column, median; ratios of the same rounds")
    print(" n_fft  columns   engine  bare FFT  numpy loop  engine/FFT  loop/engine")
    for row in rows:
        ours, fft, loop = row["engine_us"], row["fft_us"], row["loop_us"]
        print(
            f"{row['n_fft']:>6} {row['columns']:>8} {ours:>8.1f} {fft:>9.1f} {loop:>11.1f}"
            f" {ours / fft:>11.2f} {loop / ours:>12.2f}"
        )
    return rows


def measure(n_fft, count):
    hop = n_fft // 8
    rng = np.random.default_rng(1)
    sound = (0.1 * rng.standard_normal(n_fft + (count - 1) * hop)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(sound, n_fft)[::hop]
    batch = np.ascontiguousarray(frames)
    engine = Engine(Settings(n_fft=n_fft), RATE)
    out = np.empty((count, engine.bins), np.float32)
    window = np.hanning(n_fft + 1)[:-1]

    def numpy_loop():
        for k in range(count):
            spectrum = np.fft.rfft(sound[k * hop : k * hop + n_fft] * window)
            out[k] = 20 * np.log10(np.maximum(np.abs(spectrum) * (2 / window.sum()), 1e-10))

    contenders = {
        "engine_us": lambda: engine.columns_into(frames, out),
        "fft_us": lambda: rfft(batch, axis=-1),
        "loop_us": numpy_loop,
    }
    times = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, work in contenders.items():
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
    medians = {name: float(np.median(values)) / count * 1e6 for name, values in times.items()}
    return {"n_fft": n_fft, "columns": count, **medians}
