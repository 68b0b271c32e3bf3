"""The audio ring: minutes of samples, one writer, many readers, in memory that processes can share.

`write` may be called from the capture callback: it makes no sample buffer and does not wait, lock,
log or raise. Readers may be any thread of any process that maps the memory. What they look at can be
overwritten while they use it, so they ask `still_valid` after use.

Positions count samples since the start of the capture, dense, as int64: position p lies at
`p % capacity`. The first `margin` samples of the ring are kept a second time behind its end, so every
stretch of up to `margin` samples is one contiguous view, wherever it begins.

Beside the samples the ring keeps a log of the last blocks (end position, time of entry, flags): it is
what the clock, the gap table and the latency are worked out from.
"""

from mmap import mmap
from typing import Final, NamedTuple

import numpy as np

from livespec.core.arrays import Float32Array, Int64Array, Uint8Array

MARGIN: Final = 65_536
BLOCK_LOG_LENGTH: Final = 8192

# Flags of a block in the log.
OPENED: Final = 1  # the first block of a newly opened stream
OVERFLOW: Final = 2  # the driver says that samples before this block were lost

_END, _CLAIMED, _BLOCKS, _FORGOTTEN = range(4)
_FORGET_AT_ONCE: Final = 4096
_FORGET_BEHIND: Final = 32_768  # what the writer is about to overwrite, it overwrites
_HEADER_SLOTS: Final = 64
_LOG_FIELDS: Final = 3
_PAGE_BYTES: Final = 4096
_KEPT_FOR: Final = 4  # of a second: a quarter


class Geometry(NamedTuple):
    """The shape of a ring: what two processes must agree on to share one."""

    channels: int
    capacity: int
    margin: int = MARGIN

    @property
    def nbytes(self) -> int:
        """Bytes of memory that a ring of this shape needs."""
        fixed = (_HEADER_SLOTS + BLOCK_LOG_LENGTH * _LOG_FIELDS) * 8
        return _round_up(fixed, _PAGE_BYTES) + self.channels * (self.capacity + self.margin) * 4


class AudioRing:
    """Planar float32 samples over a buffer of `geometry.nbytes` zeroed bytes.

    Owner of the writing: the capture callback or source thread. All else only reads.
    """

    def __init__(self, memory: mmap | Uint8Array, geometry: Geometry) -> None:
        if geometry.capacity < geometry.margin:
            raise ValueError(f"capacity {geometry.capacity} is shorter than the margin {geometry.margin}")
        self.geometry = geometry
        self.channels, self.capacity, self.margin = geometry
        fixed = _HEADER_SLOTS + BLOCK_LOG_LENGTH * _LOG_FIELDS
        words = np.frombuffer(memory, np.int64, fixed)
        self._header: Int64Array = words[:_HEADER_SLOTS]
        self._log: Int64Array = words[_HEADER_SLOTS:].reshape(BLOCK_LOG_LENGTH, _LOG_FIELDS)
        width = self.capacity + self.margin
        self._samples: Float32Array = np.frombuffer(
            memory, np.float32, self.channels * width, _round_up(fixed * 8, _PAGE_BYTES)
        ).reshape(self.channels, width)

    @classmethod
    def in_memory(cls, channels: int, capacity: int, margin: int = MARGIN) -> "AudioRing":
        """A ring of this process alone."""
        geometry = Geometry(channels, max(capacity, margin), margin)
        return cls(np.zeros(geometry.nbytes, np.uint8), geometry)

    # ---- writer ----

    def write(self, block: Float32Array, entered_ns: int, flags: int = 0) -> None:
        """Append a block. block: (n, channels), n <= capacity - margin; entered_ns: when it came in."""
        n = len(block)
        end = int(self._header[_END])
        self._header[_CLAIMED] = end + n  # readers of what is about to be overwritten learn it first
        planar = block.T
        at = end % self.capacity
        first = min(n, self.capacity - at)
        self._put(at, planar[:, :first])
        if first < n:
            self._put(0, planar[:, first:])
        blocks = int(self._header[_BLOCKS])
        entry = self._log[blocks % BLOCK_LOG_LENGTH]
        entry[0] = end + n
        entry[1] = entered_ns
        entry[2] = flags
        self._header[_BLOCKS] = blocks + 1
        self._header[_END] = end + n  # published last: readers see samples only after they are in place

    def _put(self, at: int, planar: Float32Array) -> None:
        stop = at + planar.shape[1]
        self._samples[:, at:stop] = planar
        if at < self.margin:
            mirrored = min(stop, self.margin)
            self._samples[:, self.capacity + at : self.capacity + mirrored] = planar[:, : mirrored - at]

    def touch(self, start: int, n: int) -> None:
        """Fault the pages of ring indices [start, start + n) in, by reading: safe beside the writer."""
        floats = _PAGE_BYTES // 4
        for channel in self._samples:
            channel[start : start + n : floats].sum()

    # ---- readers ----

    @property
    def end(self) -> int:
        """Position after the newest sample."""
        return int(self._header[_END])

    @property
    def oldest(self) -> int:
        """Position of the oldest sample that is still there."""
        return max(int(self._header[_FORGOTTEN]), int(self._header[_CLAIMED]) - self.capacity)

    def still_valid(self, start: int) -> bool:
        """Whether the samples from `start` on had not been overwritten up to this call."""
        return start >= self.oldest

    def contiguous(self, start: int) -> int:
        """How many samples from `start` on one view can hold; at least `margin`."""
        return self.capacity + self.margin - start % self.capacity

    def view(self, start: int, n: int) -> Float32Array:
        """Samples [start, start + n) as (channels, n), without a copy; ask `still_valid(start)` after use.

        Raises ValueError where that is more than `contiguous(start)`, or was not captured yet.
        """
        if start < 0 or start + n > self.end:
            raise ValueError(f"samples [{start}, {start + n}) are not among those up to {self.end}")
        if n > self.contiguous(start):
            raise ValueError(f"{n} samples from {start} on are not contiguous")
        at = start % self.capacity
        return self._samples[:, at : at + n]

    def read(self, start: int, out: Float32Array) -> bool:
        """Copy samples [start, start + n) into out (channels, n), any n; False if they were overwritten."""
        done, n = 0, out.shape[1]
        while done < n:
            part = min(n - done, self.contiguous(start + done))
            if not self.still_valid(start):
                return False
            out[:, done : done + part] = self.view(start + done, part)
            done += part
        return self.still_valid(start)

    def forget(self, position: int) -> None:
        """Samples before a position are there no more: they are not valid, and their memory is emptied.

        By one reader, beside the writer; the others must have no need of them.
        """
        first, self._header[_FORGOTTEN] = self.oldest, position
        for start in range(first, position, _FORGET_AT_ONCE):
            if start < int(self._header[_CLAIMED]) - self.capacity + _FORGET_BEHIND:
                continue
            stop = min(position, start + _FORGET_AT_ONCE)
            at, end = start % self.capacity, (stop - 1) % self.capacity + 1
            for low, high in ((at, end),) if at < end else ((at, self.capacity), (0, end)):
                self._samples[:, low:high] = 0
                if low < self.margin:
                    self._samples[:, self.capacity + low : self.capacity + min(high, self.margin)] = 0

    @property
    def blocks(self) -> int:
        """How many blocks were written."""
        return int(self._header[_BLOCKS])

    def block_log(self, first: int) -> Int64Array:
        """Log entries of the blocks from number `first` on: (n, 3) of end position, entry time in ns, flags.

        The oldest are left out where the log has wrapped.
        """
        stop = self.blocks
        first = max(first, stop - BLOCK_LOG_LENGTH // 2, 0)
        return self._log[np.arange(first, stop) % BLOCK_LOG_LENGTH]


def kept_from(ring: AudioRing, samplerate: int) -> int:
    """Position of the oldest sample that is still there, and for a quarter of a second: while it is looked at."""
    return ring.oldest + samplerate // _KEPT_FOR if ring.oldest else 0


def _round_up(value: int, step: int) -> int:
    return -(-value // step) * step
