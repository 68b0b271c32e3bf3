"""Measures what docs/numerics.md says of features, and prints its table as Markdown.

    .venv/bin/python scripts/measure_features.py [SOUND FILE…]

Each feature beside librosa's of the same windows (whole ones, not padded), at n_fft 2048 and hop 512, on signals of our
own and on the files that are named.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import librosa
import numpy as np
import soundfile

from livespec.capture.demo import synthesise_bar
from livespec.core.feature_set import FeatureSet
from livespec.core.pitch import HIGHEST_HZ, LOWEST_HZ, VOICED
from livespec.core.stft import Engine
from livespec.settings import Settings

_N_FFT, _HOP = 2048, 512
_RATE = 48_000
_ROUNDED_DB = -80.0  # beside the strongest band: below that float32 rounds, on both sides
_COMPARED = ("mel", "mfcc", "chroma", "rms", "zcr")


def sounds(files: list[str]) -> Iterator[tuple[str, np.ndarray, int]]:
    """Name, (n,) float32 samples, rate."""
    t = np.arange(3 * _RATE) / _RATE
    glide = 110 * 2 ** (t / 1.5)
    phase = 2 * np.pi * np.cumsum(glide) / _RATE
    yield "glide of a voice, 110 to 440 Hz", sum(0.2 / k * np.sin(k * phase) for k in range(1, 20)).astype("f4"), _RATE
    yield "white noise", 0.1 * np.random.default_rng(1).standard_normal(len(t)).astype("f4"), _RATE
    yield "the demo signal", np.concatenate([synthesise_bar(bar, _RATE) for bar in (4, 5)]), _RATE
    for file in files:
        samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
        yield Path(file).name, samples.mean(axis=1, dtype=np.float32), rate


def ours(sound: np.ndarray, rate: int) -> dict[str, np.ndarray]:
    """Of one channel."""
    engine = Engine(Settings(n_fft=_N_FFT, hop=_HOP), rate)
    windows = np.lib.stride_tricks.sliding_window_view(sound, _N_FFT)[None, ::_HOP]
    found = FeatureSet((*_COMPARED, "pitch"), engine).push(windows, engine.columns(windows))
    return {name: values[0].T for name, values in found.items()}


def librosas(sound: np.ndarray, rate: int) -> dict[str, np.ndarray]:
    """The same names and shapes."""
    power = np.abs(librosa.stft(sound, n_fft=_N_FFT, hop_length=_HOP, center=False)) ** 2
    mel = librosa.power_to_db(librosa.feature.melspectrogram(S=power, sr=rate), top_db=None)
    frames = {"frame_length": _N_FFT, "hop_length": _HOP, "center": False}
    f0, voiced, _ = librosa.pyin(sound, fmin=LOWEST_HZ, fmax=HIGHEST_HZ, sr=rate, **frames)
    return {
        "mel": mel,
        "mfcc": librosa.feature.mfcc(S=mel, n_mfcc=20),
        "chroma": librosa.feature.chroma_stft(S=power, sr=rate, tuning=0.0),
        "rms": librosa.feature.rms(y=sound, **frames)[0],
        "zcr": librosa.feature.zero_crossing_rate(sound, **frames)[0],
        "pitch_hz": np.where(voiced, f0, np.nan),
    }


def pitch_figures(found: dict[str, np.ndarray], expected: np.ndarray) -> str:
    """Of columns that both call voiced: how many of librosa's, the median and the 95th percentile in cents."""
    voiced = found["pitch_confidence"] > VOICED
    both = voiced & np.isfinite(expected)
    if not both.any():
        return "none voiced" if not np.isfinite(expected).any() else "0 %"
    cents = np.abs(1200 * np.log2(found["pitch_hz"][both] / expected[both]))
    median, most = np.percentile(cents, [50, 95])
    return f"{100 * both.sum() / np.isfinite(expected).sum():.0f} %: {median:.1f}, {most:.1f}"


def main() -> None:
    """Print the table, and what each costs."""
    print("| sound | mel, dB | MFCC | chroma | RMS | zero crossings | pitch, cents |")
    print("|---|---|---|---|---|---|---|")
    for name, sound, rate in sounds(sys.argv[1:]):
        if len(sound) < _N_FFT:
            continue
        found, expected = ours(sound, rate), librosas(sound, rate)
        near = expected["mel"] > expected["mel"].max(axis=0) + _ROUNDED_DB
        apart = [f"{np.abs((found['mel'] - expected['mel'])[near]).max():.4f}"]
        apart += [f"{np.abs(found[key] - expected[key]).max():.1e}" for key in _COMPARED[1:]]
        print(f"| {name} | {' | '.join(apart)} | {pitch_figures(found, expected['pitch_hz'])} |")
    sound = 0.1 * np.random.default_rng(1).standard_normal(10 * _RATE).astype("f4")
    windows = np.lib.stride_tricks.sliding_window_view(sound, 4096)[None, ::512][:, :64]
    engine = Engine(Settings(), _RATE)
    columns = engine.columns(windows)
    print("\nCost of a column at n_fft 4096 in µs:")
    for name in (*_COMPARED, "pitch", "centroid", "flux"):
        features = FeatureSet((name,), engine)
        durations = []
        for _ in range(20):
            began = time.perf_counter()
            features.push(windows, columns)
            durations.append((time.perf_counter() - began) / columns.shape[1])
        print(f"{name}: {1e6 * np.median(durations):.0f}")


if __name__ == "__main__":
    main()
