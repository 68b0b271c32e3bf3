"""Many channels: blocks into the ring and through the engine, beside the plain program that loops over them."""

import time
from typing import Final, NamedTuple

import numpy as np

from livespec.bench.contenders import RATE
from livespec.bench.measure import interleaved
from livespec.core.framing import Framer
from livespec.core.ring import AudioRing
from livespec.core.stft import Engine
from livespec.settings import Settings

N_FFT, HOP = 4096, 512
_BLOCK: Final = 512
_BLOCKS_AT_ONCE: Final = 16
_LOAD: Final = (32, 96_000)


class ChannelTimes(NamedTuple):
    """µs a column and channel, ring included."""

    channels: int
    livespec_us: float
    numpy_us: float


def many_channels(channels: int, rounds: int) -> ChannelTimes:
    """Both get the same blocks of 512 samples, a hop each."""
    blocks = _blocks(channels)
    per = _BLOCKS_AT_ONCE * channels
    medians = interleaved({"livespec": _Ours(channels, blocks).run, "numpy": _Plain(channels, blocks).run}, rounds)
    return ChannelTimes(channels, medians["livespec"] / per * 1e6, medians["numpy"] / per * 1e6)


def share_of_a_core(seconds: float = 2.0) -> float:
    """Processor time of ring and engine over the time of the sound: 32 channels at 96 kHz, 4096 / 512."""
    channels, rate = _LOAD
    ours = _Ours(channels, _blocks(channels))
    runs = round(seconds * rate / (_BLOCK * _BLOCKS_AT_ONCE))
    ours.run()
    began = time.process_time()
    for _ in range(runs):
        ours.run()
    return (time.process_time() - began) / (runs * _BLOCK * _BLOCKS_AT_ONCE / rate)


def analyse_again_ms(columns: int = 5600) -> float:
    """Engine time for what a minute on screen needs when a setting changes, the best of five."""
    engine = Engine(Settings(n_fft=N_FFT, hop=HOP), RATE)
    ring = AudioRing.in_memory(1, N_FFT + columns * HOP)
    ring.write(_noise(N_FFT + (columns - 1) * HOP)[:, None], 0)
    out = np.empty((1, 32, engine.bins), np.float32)
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        for frames in Framer(ring, N_FFT, HOP, (0,)):
            engine.columns_into(frames.samples, out[:, : frames.samples.shape[1]])
        taken.append(time.perf_counter() - began)
    return 1000 * min(taken)


def _noise(samples: int, channels: int = 1) -> np.ndarray:
    noise = np.random.default_rng(1).standard_normal((samples, channels)) * 0.1
    return noise.astype(np.float32).squeeze()


def _blocks(channels: int) -> list[np.ndarray]:
    return [_noise(_BLOCK, channels).reshape(_BLOCK, channels) for _ in range(_BLOCKS_AT_ONCE)]


class _Ours:
    def __init__(self, channels: int, blocks: list[np.ndarray]) -> None:
        self._blocks = blocks
        self._ring = AudioRing.in_memory(channels, 4 * RATE)
        self._engine = Engine(Settings(n_fft=N_FFT, hop=HOP), RATE)
        self._framer = Framer(self._ring, N_FFT, HOP, tuple(range(channels)))
        self._out = np.empty((channels, 32, self._engine.bins), np.float32)

    def run(self) -> None:
        for block in self._blocks:
            self._ring.write(block, 0)
            for frames in self._framer:
                self._engine.columns_into(frames.samples, self._out[:, : frames.samples.shape[1]])


class _Plain:
    """The program of a tutorial: a rolling buffer, and a loop over the channels."""

    def __init__(self, channels: int, blocks: list[np.ndarray]) -> None:
        self._blocks = blocks
        self._buffer = np.zeros((N_FFT, channels))
        self._window = np.hanning(N_FFT + 1)[:-1]
        self._scale = 2 / self._window.sum()

    def run(self) -> None:
        for block in self._blocks:
            self._buffer = np.roll(self._buffer, -_BLOCK, axis=0)
            self._buffer[-_BLOCK:] = block
            for channel in range(self._buffer.shape[1]):
                spectrum = np.fft.rfft(self._buffer[:, channel] * self._window)
                20 * np.log10(np.maximum(np.abs(spectrum) * self._scale, 1e-10))
