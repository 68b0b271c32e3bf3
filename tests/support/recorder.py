"""What the virtual loudspeaker plays, recorded from the source that hears it, by the real PortAudio."""

import contextlib
import threading
from collections.abc import Iterator

import numpy as np

from livespec.capture.devices import default_microphone, list_devices
from livespec.capture.microphone import MicrophoneSource
from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Reception
from livespec.core.arrays import Float32Array
from livespec.core.ring import Geometry
from tests.support.program import wait_until
from tests.support.virtual_microphone import CHANNELS, RATE, VirtualMicrophone, heard_by_this_process

_LONGEST_S = 120


class Recorder:
    """All that was heard since it began; at 48 kHz."""

    def __init__(self, ring: SharedRing) -> None:
        self.ring = ring

    @property
    def samples(self) -> int:
        return self.ring.end

    def heard(self, first: int = 0) -> Float32Array:
        """(samples, CHANNELS) from sample `first` on up to now."""
        out = np.empty((CHANNELS, self.ring.end - first), np.float32)
        assert self.ring.read(first, out)
        return out.T

    def second_of(self, sample: int) -> float:
        """When a sample was heard, by `perf_counter`, from the earliest blocks."""
        log = self.ring.block_log(0).astype(float)
        earliest = np.min(log[:, 1] / 1e9 - log[:, 0] / RATE)
        return earliest + sample / RATE

    def wait_for(self, seconds: float) -> None:
        """Until it has heard so much more."""
        goal = self.samples + round(seconds * RATE)
        wait_until(lambda: self.samples >= goal, f"{seconds:g} s are recorded", 10 + 2 * seconds)


@contextlib.contextmanager
def recording(microphone: VirtualMicrophone) -> Iterator[Recorder]:
    """Records from now on."""
    with heard_by_this_process(microphone):
        device = default_microphone(list_devices())
        assert device is not None
        source = MicrophoneSource(device, (1, 2), RATE)
        ring = SharedRing.create(Geometry(CHANNELS, _LONGEST_S * RATE))
        source.start(ring, Reception(threading.Event(), lambda: 0))
        wait_until(lambda: ring.end > 0, "the recording has begun", 10)
    try:
        yield Recorder(ring)
    finally:
        source.stop()
        ring.close()
