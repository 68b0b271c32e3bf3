"""Signals with known answers. float32 samples in −1 … 1, one channel, unless said otherwise."""

import numpy as np

from livespec.core.arrays import Float32Array


def sine_on_bin(number: float, n_fft: int, samples: int, amplitude: float = 1.0, phase: float = 0.3) -> Float32Array:
    """A sine at the centre of bin `number` (a fraction lies between two bins); samples long."""
    angle = 2 * np.pi * number / n_fft * np.arange(samples) + phase
    return (amplitude * np.sin(angle)).astype(np.float32)


def tone(hz: float, samplerate: int, samples: int, amplitude: float = 1.0) -> Float32Array:
    """A sine of so many Hz."""
    return (amplitude * np.sin(2 * np.pi * hz / samplerate * np.arange(samples))).astype(np.float32)


def chirp(low_hz: float, high_hz: float, samplerate: int, samples: int, amplitude: float = 1.0) -> Float32Array:
    """A sine that rises from one frequency to another, linearly."""
    t = np.arange(samples) / samplerate
    rise = (high_hz - low_hz) / (samples / samplerate)
    return (amplitude * np.sin(2 * np.pi * (low_hz * t + rise / 2 * t**2))).astype(np.float32)


def white_noise(samples: int, rms: float = 0.1, seed: int = 1) -> Float32Array:
    """Gaussian noise; the same for the same seed."""
    return (rms * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def click(samples: int, at: int, amplitude: float = 1.0) -> Float32Array:
    """Silence with one sample that is not."""
    out = np.zeros(samples, np.float32)
    out[at] = amplitude
    return out


def numbered(first: int, samples: int, channels: int = 1) -> Float32Array:
    """(samples, channels): each sample says its position and channel, exactly; distinct for 2²⁰ positions."""
    positions = np.arange(first, first + samples) % (1 << 20)
    return (positions[:, None] * 8 + np.arange(channels)).astype(np.float32)
