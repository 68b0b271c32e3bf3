"""Whole sessions on sounds that are known, as fast as they can be analysed."""

import contextlib
from collections.abc import Iterator
from typing import Literal

import numpy as np

from livespec.capture.paced import PacedSource
from livespec.capture.source import SourceInfo
from livespec.session.monitor import Monitor
from tests.support.program import wait_until

_BLOCK = 1000


class Sound(PacedSource):
    """A source of these samples, (samples, channels)."""

    def __init__(self, sound: np.ndarray, samplerate: int, kind: Literal["demo", "stdin"] = "demo") -> None:
        channels = tuple(range(1, 1 + sound.shape[1]))
        super().__init__(SourceInfo(kind, "sound", samplerate, channels, speed=0.0))
        self._sound = sound.astype(np.float32)

    def blocks(self) -> Iterator[np.ndarray]:
        for start in range(0, len(self._sound), _BLOCK):
            yield self._sound[start : start + _BLOCK]


@contextlib.contextmanager
def hearing(monitor: Monitor) -> Iterator[None]:
    """Inside, all of the sound has come in and is analysed, and what is asked for of the past still will be."""
    monitor.start()
    try:
        wait_until(lambda: not monitor.poll(), "all is analysed", 20)
        yield
    finally:
        monitor.stop()
