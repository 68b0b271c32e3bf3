"""Overlapping windows out of the ring, without a copy.

Column k covers positions [k·hop, k·hop + n_fft). A `Framer` is one reader with a cursor of its own.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from livespec.core.arrays import Float32Array
from livespec.core.ring import AudioRing
from livespec.settings import Show

_MOST_SPARE: Final = 8  # an eighth of the ring: with a long hop a batch is longer than all of it


class Frames(NamedTuple):
    """A run of windows: samples (shown channels, k, n_fft) of columns first … first + k − 1."""

    first: int
    samples: Float32Array


class Framer:
    """Cuts what the ring holds into windows, for the shown channels or a mixture of all.

    shown: indices into the ring's channels, or "mix" (their mean) or "diff" (half of first − second).
    One thread only; the frames are views that the ring's writer may overwrite (`valid` tells).
    """

    def __init__(
        self,
        ring: AudioRing,
        n_fft: int,
        hop: int,
        shown: tuple[int, ...] | str,
        first: int = 0,
        batch: int = 32,
    ) -> None:
        self._ring = ring
        self._n_fft, self._hop, self._batch = n_fft, hop, batch
        self._shown = shown
        self.next_column = first
        self._needed_from = first * hop
        self._span = span = n_fft + (batch - 1) * hop
        self._mixed = np.empty((1, span), np.float32) if isinstance(shown, str) else None
        self._gathered = np.empty((ring.channels, span), np.float32)
        indices = list(range(1) if isinstance(shown, str) else shown)
        self._pick = (
            slice(indices[0], indices[-1] + 1) if indices == list(range(indices[0], indices[-1] + 1)) else indices
        )

    @property
    def available(self) -> int:
        """Whole windows that wait to be taken."""
        return max(0, column_count(self._ring.end, self._n_fft, self._hop) - self.next_column)

    @property
    def position(self) -> int:
        """Position of the first sample of the next window."""
        return self.next_column * self._hop

    @property
    def needed_from(self) -> int:
        """Position of the oldest sample in use: what was taken last is worked on until more is taken."""
        return self._needed_from

    def skip_to(self, column: int) -> int:
        """Move the cursor forward; returns how many columns that leaves out."""
        skipped = max(0, column - self.next_column)
        self.next_column += skipped
        self._needed_from = self.position
        return skipped

    def skip_overwritten(self) -> int:
        """Move the cursor to samples that are there and stay for a while; returns as `skip_to` does.

        For as long as a batch lasts, or an eighth of the ring.
        """
        if self._ring.still_valid(self.position):
            return 0
        spare = min(self._span, self._ring.capacity // _MOST_SPARE)
        safe = -(-(self._ring.oldest + spare) // self._hop)
        return self.skip_to(min(safe, column_count(self._ring.end, self._n_fft, self._hop)))

    def take(self, at_most: int | None = None) -> Frames | None:
        """The next windows, or None when there is no whole one; moves the cursor."""
        wanted = min(self.available, self._batch, at_most or self._batch)
        start = self._needed_from = self.position
        if wanted <= 0:
            return None
        room = self._ring.contiguous(start)
        if room < self._n_fft:  # a window longer than the margin, across the ring's end
            count = 1
            span = self._gathered[:, : self._n_fft]
            self._ring.read(start, span)
        else:
            count = min(wanted, 1 + (room - self._n_fft) // self._hop)
            span = self._ring.view(start, self._n_fft + (count - 1) * self._hop)
        first = self.next_column
        self.next_column += count
        return Frames(first, self._windows(span, count))

    def valid(self, frames: Frames) -> bool:
        """Whether the samples of these frames had not been overwritten up to this call."""
        return self._ring.still_valid(frames.first * self._hop)

    def __iter__(self) -> Iterator[Frames]:
        while (frames := self.take()) is not None:
            yield frames

    def _windows(self, span: Float32Array, count: int) -> Float32Array:
        chosen = self._choose(span)
        channel_stride, sample_stride = chosen.strides
        return as_strided(
            chosen,
            (len(chosen), count, self._n_fft),
            (channel_stride, self._hop * sample_stride, sample_stride),
            writeable=False,
        )

    def _choose(self, span: Float32Array) -> Float32Array:
        if self._mixed is None:
            return span[self._pick]
        out = self._mixed[:, : span.shape[1]]
        mix_into(span, str(self._shown), out[0])
        return out


def choose(samples: Float32Array, shown: tuple[int, ...] | str) -> Float32Array:
    """The shown channels, or one of their mixture: (channels, n) → (shown, n)."""
    if not isinstance(shown, str):
        return samples[list(shown)]
    mixed = np.empty((1, samples.shape[1]), np.float32)
    mix_into(samples, shown, mixed[0])
    return mixed


def mix_into(samples: Float32Array, word: str, out: Float32Array) -> None:
    """The mean of the channels ("mix") or half of first − second ("diff"). samples: (channels, n); out: (n,)."""
    if word == "mix":
        out[:] = samples[0]
        for channel in samples[1:]:  # not `reduce`: its order, and so the last bits, depend on the array's layout
            out += channel
        out *= np.float32(1 / len(samples))
    else:
        np.subtract(samples[0], samples[1], out=out)
        out *= np.float32(0.5)


def column_count(samples: int, n_fft: int, hop: int) -> int:
    """Whole windows in so many samples: 1 + (samples − n_fft) // hop, or 0."""
    return max(0, 1 + (samples - n_fft) // hop)


def shown_channels(show: Show, channels: int) -> tuple[int, ...] | str:
    """The `shown` of a `Framer` from the setting (channels numbered from 1) and the channels there are."""
    if show == "all":
        return tuple(range(channels))
    if isinstance(show, str):
        return (0,) if channels == 1 else show
    return tuple(number - 1 for number in show)
