"""The built-in signal: a short piece of music, the same to the last bit each time.

It shows what a spectrogram is good for: a plucked chord progression (harmonics), a bass (low
resolution), a kick and a hi-hat (clicks and noise), a voice-like lead with vibrato, and a sweep
through the whole range every other time round.
"""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Final

import numpy as np

from livespec.capture.paced import PacedSource
from livespec.capture.source import SourceInfo
from livespec.core.arrays import Float32Array

_RATE: Final = 48_000
_BLOCK: Final = 512
_BEAT_S: Final = 0.5
_BEATS_IN_BAR: Final = 4
_SEED: Final = 2026
_BARS: Final = 8

# Am – F – C – G, a chord a bar, as MIDI note numbers; and the lead's note over each.
_CHORDS: Final = ((57, 60, 64, 69), (53, 57, 60, 65), (48, 55, 60, 64), (55, 59, 62, 67))
_LEAD: Final = (76, 72, 79, 74)


class DemoSource(PacedSource):
    """Endless; one channel at 48 kHz (or the rate asked for)."""

    def __init__(self, speed: float, samplerate: int | None, limit: int | None = None) -> None:
        super().__init__(SourceInfo("demo", "demo signal", samplerate or _RATE, (1,), speed=speed), limit)

    def blocks(self) -> Iterator[Float32Array]:
        rest = np.empty(0, np.float32)
        with ThreadPoolExecutor(1, "livespec-demo") as composer:  # a bar ahead, so that no block is late
            upcoming = composer.submit(synthesise_bar, 0, self.info.samplerate)
            for bar in itertools.count(1):
                rest = np.concatenate([rest, upcoming.result()])
                upcoming = composer.submit(synthesise_bar, bar % _BARS, self.info.samplerate)
                whole = len(rest) // _BLOCK * _BLOCK
                for start in range(0, whole, _BLOCK):
                    yield rest[start : start + _BLOCK, None]
                rest = rest[whole:]


@lru_cache(maxsize=_BARS)
def synthesise_bar(bar: int, samplerate: int) -> Float32Array:
    """Bar 0 … 7 of the piece: (2 s of samples,) float32, peak below 1."""
    seconds = _BEAT_S * _BEATS_IN_BAR
    t = np.arange(round(seconds * samplerate)) / samplerate
    chord = _CHORDS[bar % len(_CHORDS)]
    sound = np.zeros_like(t)
    for step in range(8):
        _add(sound, step * _BEAT_S / 2, 0.16 * _pluck(chord[(0, 1, 2, 3, 2, 3, 1, 2)[step]], samplerate))
    _add(sound, 0, 0.22 * _pluck(chord[0] - 24, samplerate))
    _add(sound, 2 * _BEAT_S, 0.16 * _pluck(chord[0] - 12, samplerate))
    sound += 0.05 * _voice(t, _hz(_LEAD[bar % len(_LEAD)]), seconds)
    for beat in (0, 2):
        sound += 0.4 * _kick(t - beat * _BEAT_S)
    noise = np.random.default_rng(_SEED + bar).standard_normal(len(t))
    for step in range(8):
        sound += (0.03 if step % 2 else 0.014) * noise * _decay(t - step * _BEAT_S / 2, 0.03)
    if bar >= len(_CHORDS):
        sound += 0.04 * _sweep(t + (bar % len(_CHORDS)) * seconds, len(_CHORDS) * seconds)
    edge = np.minimum(1, np.minimum(t, seconds - t) / 0.002)  # no click where bars meet
    sound += 3e-5 * noise  # the noise floor of a good microphone
    return (sound * edge * 0.8).astype(np.float32)


def _hz(midi_note: int) -> float:
    return 440.0 * 2 ** ((midi_note - 69) / 12)


def _decay(t: np.ndarray, time_s: float) -> np.ndarray:
    return np.where(t >= 0, np.exp(-np.maximum(t, 0) / time_s), 0)


@lru_cache(maxsize=64)
def _pluck(midi_note: int, samplerate: int) -> np.ndarray:
    """A bar's length: harmonics that fall by 1/k and die the sooner the higher they are; a 3 ms attack."""
    t = np.arange(round(_BEAT_S * _BEATS_IN_BAR * samplerate)) / samplerate
    hz = _hz(midi_note)
    out = np.zeros_like(t)
    for k in range(1, 13):
        out += np.sin(2 * np.pi * k * hz * t) * np.exp(-t * (1.2 + 0.9 * k)) / k
    return out * np.minimum(t / 0.003, 1)


def _add(sound: np.ndarray, at_s: float, tone: np.ndarray) -> None:
    """Mix a tone of the same length in from `at_s` on; what goes past the end is cut."""
    start = round(at_s / (_BEAT_S * _BEATS_IN_BAR) * len(sound))
    sound[start:] += tone[: len(sound) - start]


def _voice(t: np.ndarray, hz: float, seconds: float) -> np.ndarray:
    vibrato = 0.006 * np.sin(2 * np.pi * 5.5 * t) * np.clip(t - 0.4, 0, 1)
    phase = 2 * np.pi * hz * (t + np.cumsum(vibrato) * (t[1] - t[0]))
    swell = np.sin(np.pi * np.clip(t / seconds, 0, 1)) ** 2
    tone: np.ndarray = swell * sum(np.sin(k * phase) / k**1.3 for k in range(1, 9))
    return tone


def _kick(t: np.ndarray) -> np.ndarray:
    u = np.maximum(t, 0)
    kick: np.ndarray = np.sin(2 * np.pi * (48 * u + 9 * (1 - np.exp(-u / 0.03)) * 0.5)) * _decay(t, 0.09)
    return kick


def _sweep(t: np.ndarray, seconds: float, low: float = 60, high: float = 15_000) -> np.ndarray:
    octaves = np.log2(high / low)
    rate = octaves / seconds * np.log(2)
    sweep: np.ndarray = np.sin(2 * np.pi * low * (np.exp(rate * t) - 1) / rate)
    return sweep
