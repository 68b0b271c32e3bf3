"""Does sound come in? The devices, and a second of the microphone through the real capture process."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np

from livespec.capture.devices import InputDevice, default_microphone, list_devices
from livespec.capture.microphone import MicrophoneSource
from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Reception
from livespec.core.arrays import Float32Array, Int64Array
from livespec.core.levels import Meter
from livespec.core.ring import MARGIN, OVERFLOW, Geometry
from livespec.doctor.finding import Check, Finding, judged, written
from livespec.errors import DeviceError

_LISTENED_S: Final = 1.0
_PATIENCE_S: Final = 4.0
_LARGEST_OFFSET: Final = 0.01
_RATE_TOLERANCE_PERCENT: Final = 8.0  # of one second, of which a block may come a block late
_POLL_S: Final = 0.02
_ASK_PORTAUDIO: Final = "import sounddevice; print(sounddevice.get_portaudio_version()[1])"
_ANSWER_S: Final = 3.0
_REVISION_LENGTH: Final = 10
_CONNECTION: Final = "check the device, its cable and its permission"


def check_sound() -> Iterator[Finding]:
    """What there is, then what the default microphone hears. Raises `DeviceError` where the sound system is broken."""
    devices = list_devices()
    yield from Check("PortAudio", _portaudio).findings()
    if not devices:
        yield Finding("inputs", "absent", "none", "", "the built-in signal is always there: livespec --source demo")
        return
    hosts = sorted({device.host_api for device in devices})
    yield Finding("inputs", "ok", f"{len(devices)} ({', '.join(hosts)})")
    microphone = default_microphone(devices)
    if microphone is None:
        yield Finding("the default microphone", "absent", "none, only what the computer plays")
        return
    has = f"{microphone.channels} channel{'' if microphone.channels == 1 else 's'}, {microphone.samplerate} Hz"
    yield Finding("the default microphone", "ok", f"{microphone.description}, {has}")
    yield from Check("sound from it", partial(_listen, microphone)).findings()


def _portaudio() -> Iterator[Finding]:
    """Asked in a process of its own: PortAudio looks at every device when it is loaded."""
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", _ASK_PORTAUDIO],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ANSWER_S,
            check=True,
        )
    except subprocess.SubprocessError:
        raise DeviceError("did not say its version", "restart the sound server, or unplug the device") from None
    version, _, revision = done.stdout.strip().removeprefix("PortAudio ").partition(", revision ")
    yield Finding("PortAudio", "ok", f"{version}, revision {revision[:_REVISION_LENGTH]}" if revision else version)


def _listen(device: InputDevice) -> Iterator[Finding]:
    """One second of it."""
    rate = device.samplerate
    channels = tuple(range(1, min(device.channels, 2) + 1))
    source = MicrophoneSource(device, channels, rate)
    ring = SharedRing.create(Geometry(len(channels), max(MARGIN, round((_PATIENCE_S + 1) * rate))))
    began = time.perf_counter()
    try:
        source.start(ring, Reception(threading.Event(), lambda: 0))
        while ring.end < _LISTENED_S * rate and source.failure is None and time.perf_counter() - began < _PATIENCE_S:
            time.sleep(_POLL_S)
    finally:
        source.stop()
        samples = ring.view(0, ring.end).copy()
        log = ring.block_log(0)
        ring.close()
    if source.failure is not None:
        raise source.failure
    if not len(log):
        yield Finding("sound from it", "failed", "none: not one sample comes", "", _CONNECTION)
        return
    yield from _heard(samples)
    yield from _flow(log, rate)


def _heard(samples: Float32Array) -> Iterator[Finding]:
    """samples: (channels, n)."""
    if not samples.any():
        advice = "permission for the microphone denied (macOS: Privacy & Security), muted, or unplugged"
        yield Finding("sound from it", "failed", "every sample is zero", "", advice)
        return
    meter = Meter(len(samples))
    meter.push(samples)
    levels = meter.levels() or []
    loudest = max(levels, key=lambda level: level.rms_dbfs)
    figure = f"peak {written('{:.1f}', loudest.peak_dbfs)}, RMS {written('{:.1f}', loudest.rms_dbfs)} dBFS"
    yield Finding("sound from it", "ok", figure)
    offset = max(abs(level.dc_offset) for level in levels)
    yield judged("DC offset, of full scale", offset, _LARGEST_OFFSET, "{:.4f}", "switch on the interface's high-pass")
    yield judged("clipped samples", sum(level.clipped for level in levels), 0, "{:.0f}", "turn the gain down")


def _flow(log: Int64Array, rate: int) -> Iterator[Finding]:
    """Overflows, and the rate at which samples came. log: the ring's, not empty."""
    overflows = int(np.count_nonzero(log[:, 2] & OVERFLOW))
    yield judged("overflows", overflows, 0, "{:.0f}", "close what else is running, or use a larger block in the driver")
    came_s = log[-1, 0] / rate
    if came_s < _LISTENED_S:
        figure, limit = f"{came_s:.2f} s", f"\N{GREATER-THAN OR EQUAL TO} {_LISTENED_S:g} s"
        yield Finding(f"sound in {_PATIENCE_S:g} s", "failed", figure, limit, _CONNECTION)
    seconds = (log[-1, 1] - log[0, 1]) / 1e9
    if seconds > _LISTENED_S / 2:
        measured = (log[-1, 0] - log[0, 0]) / seconds
        name, off = f"rate of the samples, {measured:.0f} Hz", 100 * abs(measured / rate - 1)
        advice = "the device does not run at the rate that it names: choose another with --samplerate"
        yield judged(name, off, _RATE_TOLERANCE_PERCENT, "{:.1f} %", advice, off=True)
