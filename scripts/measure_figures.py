"""Measures how far the article's figure is from librosa's, and prints the table of docs/numerics.md as Markdown.

    .venv/bin/python scripts/measure_figures.py [FOLDER…]

Compared are `to_decibels`, and what `livespec render` draws, with `amplitude_to_db(abs(stft(y)), ref=max)`: on sounds
of our own, and on all sound files below each folder. Where apt is there, recordings come with

    apt-get download alsa-utils hydrogen-drumkits
    dpkg -x alsa-utils_*.deb recordings; dpkg -x hydrogen-drumkits_*.deb recordings
"""

import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import librosa
import numpy as np
import soundfile

from livespec import to_decibels
from livespec.batch.files import sound_files
from livespec.capture.demo import synthesise_bar
from livespec.figures.overview import below_the_loudest, overview
from livespec.settings import Settings

_N_FFT, _HOP, _TOP_DB = 2048, 512, 80.0
_RATE = 22_050


class Apart(NamedTuple):
    """Of one file: the largest difference in dB of `to_decibels` and of the figure; frames alike in number or not."""

    decibels: float
    figure: float
    same_shape: bool


def own_sounds() -> Iterator[tuple[str, np.ndarray]]:
    """Name and samples."""
    t = np.arange(_RATE) / _RATE
    random = np.random.default_rng(1)
    yield "plucked", sum(np.sin(2 * np.pi * 196 * k * t) * np.exp(-3 * k * t) / k for k in range(1, 30))
    yield "kick", np.sin(2 * np.pi * (50 * t + 8 * (1 - np.exp(-30 * t)))) * np.exp(-8 * t)
    yield "snare", (random.standard_normal(len(t)) + np.sin(2 * np.pi * 190 * t)) * np.exp(-15 * t) / 4
    yield "demo", synthesise_bar(4, _RATE)
    yield "noise", 0.1 * random.standard_normal(len(t))
    yield "shorter than a window", np.sin(2 * np.pi * 440 * t[:700])
    yield "with an offset", 0.3 + 0.1 * np.sin(2 * np.pi * 440 * t)
    yield "silence, then a tone", np.concatenate([np.zeros(_RATE), np.sin(2 * np.pi * 440 * t)])


def compare(path: Path) -> Apart | None:
    """One file; None where it has no sound."""
    samples, _ = soundfile.read(path, dtype="float32", always_2d=True)
    sound = samples.mean(axis=1, dtype=np.float32)
    if not np.abs(sound).max(initial=0):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a sound may be shorter than the window
        expected = librosa.amplitude_to_db(np.abs(librosa.stft(sound)), ref=np.max)
    drawn = overview(path, Settings(n_fft=_N_FFT, hop=_HOP))
    figure = np.maximum(below_the_loudest([drawn])[0].db, -_TOP_DB).T
    ours = to_decibels(sound)
    if drawn.pooled > 1:  # longer than the figure is wide
        starts = np.arange(0, expected.shape[1], drawn.pooled)
        pooled = np.maximum.reduceat(expected, starts, axis=1)
    else:
        pooled = expected
    same = ours.shape == expected.shape and figure.shape == pooled.shape
    return Apart(
        float(np.abs(ours - expected).max()) if same else np.inf,
        float(np.abs(figure - pooled).max()) if same else np.inf,
        same,
    )


def row(name: str, paths: Iterable[Path]) -> str:
    """A line of the table."""
    found = [(path, apart) for path in paths if (apart := compare(path)) is not None]
    for path, apart in found:
        if max(apart.decibels, apart.figure) > 0.005:  # noqa: PLR2004 - worth a look
            print(f"{path}: {apart}", file=sys.stderr)
    decibels, figure = (max(apart[k] for _, apart in found) for k in (0, 1))
    shapes = sum(apart.same_shape for _, apart in found)
    return f"| {name} | {len(found)} | {decibels:.4f} | {figure:.4f} | {shapes} |"


def main() -> None:
    """Print the table."""
    print("| sounds | files | `to_decibels`, dB | figure, dB | of the same shape |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, sound in own_sounds():
            paths.append(Path(folder) / f"{name}.wav")
            soundfile.write(paths[-1], sound.astype(np.float32), _RATE, subtype="FLOAT")
        print(row("synthesised", paths))
    for word in sys.argv[1:]:
        print(row(Path(word).name, (path for path, _ in sound_files([word]))))


if __name__ == "__main__":
    main()
