"""Does sound come in? The devices, and a second of the microphone through the real capture process."""

import threading
import time
from collections.abc import Iterator
from typing import Final

import numpy as np

from livespec.capture.devices import InputDevice, default_microphone, list_devices
from livespec.capture.microphone import MicrophoneSource
from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Reception
from livespec.core.levels import Level, Meter
from livespec.core.ring import MARGIN, OVERFLOW, Geometry
from livespec.doctor.finding import Finding, judged
from livespec.errors import DeviceError

_LISTENED_S: Final = 1.0
_PATIENCE_S: Final = 4.0
_LARGEST_OFFSET: Final = 0.01
_RATE_TOLERANCE_PERCENT: Final = 8.0  # of one second, of which a block may come a block late
_POLL_S: Final = 0.02


def check_sound() -> Iterator[Finding]:
    """What there is, then what the default microphone hears."""
    try:
        devices = list_devices()
    except DeviceError as error:
        yield Finding("the sound system", "failed", error.message, "", error.hint)
        return
    hosts = sorted({device.host_api for device in devices})
    if not devices:
        yield Finding("inputs", "absent", "none", "", "the built-in signal is always there: livespec demo")
        return
    yield Finding("inputs", "ok", f"{len(devices)} ({', '.join(hosts)})")
    microphone = default_microphone(devices)
    if microphone is None:
        yield Finding("the microphone", "absent", "none, only what the computer plays")
        return
    yield Finding(
        "the default microphone",
        "ok",
        f"{microphone.description}, {microphone.channels} channels, {microphone.samplerate} Hz",
    )
    yield from _listen(microphone)


def _listen(device: InputDevice) -> Iterator[Finding]:
    """One second of it."""
    rate = device.samplerate
    channels = tuple(range(1, min(device.channels, 2) + 1))
    source = MicrophoneSource(device, channels, rate)
    ring = SharedRing.create(Geometry(len(channels), max(MARGIN, 4 * rate)))
    began = time.perf_counter()
    try:
        source.start(ring, Reception(threading.Event(), lambda: 0))
        while ring.end < _LISTENED_S * rate and source.failure is None and time.perf_counter() - began < _PATIENCE_S:
            time.sleep(_POLL_S)
    finally:
        source.stop()
        samples = ring.view(0, min(ring.end, MARGIN)).copy()
        log = ring.block_log(0)
        ring.close()
    if source.failure is not None:
        raise source.failure
    if not samples.shape[1]:
        advice = "check the device, its cable and its permission"
        yield Finding("sound from it", "failed", source.trouble or "not one sample", "", advice)
        return
    yield from _heard(samples)
    yield from _flow(log, rate)


def _heard(samples: np.ndarray) -> Iterator[Finding]:
    meter = Meter(len(samples))
    meter.push(samples)
    levels = meter.levels() or []
    if not samples.any():
        advice = "permission for the microphone denied (macOS: Privacy & Security), muted, or unplugged"
        yield Finding("sound from it", "failed", "every sample is zero", "", advice)
        return
    loudest = max(levels, key=lambda level: level.rms_dbfs)
    yield Finding("sound from it", "ok", f"peak {loudest.peak_dbfs:.1f}, RMS {loudest.rms_dbfs:.1f} dBFS")
    offset = max(abs(level.dc_offset) for level in levels)
    yield judged("DC offset", offset, _LARGEST_OFFSET, "{:.4f} of full scale", "switch on the interface's high-pass")
    yield _clipping(levels)


def _clipping(levels: list[Level]) -> Finding:
    clipped = sum(level.clipped for level in levels)
    return judged("clipped samples", clipped, 0, "{:.0f}", "turn the gain down")


def _flow(log: np.ndarray, rate: int) -> Iterator[Finding]:
    """Overflows, and the rate at which samples came."""
    overflows = int(np.count_nonzero(log[:, 2] & OVERFLOW))
    yield judged("overflows", overflows, 0, "{:.0f}", "close what else is running, or use a larger block in the driver")
    seconds = (log[-1, 1] - log[0, 1]) / 1e9
    if seconds > _LISTENED_S / 2:
        measured = (log[-1, 0] - log[0, 0]) / seconds
        off = 100 * abs(measured / rate - 1)
        advice = "the device does not run at the rate that it names: choose another with --samplerate"
        yield judged(
            f"rate of the samples, {measured:.0f} Hz", off, _RATE_TOLERANCE_PERCENT, "{:.1f} %", advice, off=True
        )
