"""The inputs that this machine has, and the choice of one.

The listing itself is done by a short-lived child process (`device_probe`): PortAudio freezes its list when
it starts, and a sound server that does not answer may hang whoever asks.
"""

import atexit
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

from livespec.errors import DeviceError, suggestion

_LISTING_TIMEOUT_S: Final = 6.0


@dataclass(frozen=True)
class InputDevice:
    """One input. monitor: it carries what the computer plays.

    open_with: what PortAudio opens; pulse_source: the sound server's source behind it, if there is one.
    """

    index: int
    name: str
    description: str
    host_api: str
    channels: int
    samplerate: int
    latency_ms: float | None
    default: bool
    monitor: bool
    open_with: int
    pulse_source: str | None = None


class DeviceListing:
    """A listing under way, so that other work can be done meanwhile."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "livespec.capture.device_probe"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        atexit.register(self._child.kill)  # a sound system that does not answer must not outlive an interrupted start

    def result(self) -> list[InputDevice]:
        """The inputs, best first within each host. Raises `DeviceError` where the sound system does not answer."""
        try:
            out, _ = self._child.communicate(timeout=_LISTING_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            raise DeviceError(
                f"the sound system did not answer within {_LISTING_TIMEOUT_S:g} s",
                "restart the sound server, or unplug the device",
            ) from None
        if self._child.returncode != 0:
            raise DeviceError(
                "PortAudio cannot be used on this machine",
                "install it: apt install libportaudio2 (or run 'make install')",
            )
        return [InputDevice(**entry) for entry in json.loads(out)]


def list_devices() -> list[InputDevice]:
    """Every input, in the order of their indices. Raises `DeviceError`."""
    return DeviceListing().result()


def default_microphone(devices: list[InputDevice]) -> InputDevice | None:
    """The system's default input; else the first that is no monitor of the output; else none."""
    microphones = [device for device in devices if not device.monitor]
    return next((device for device in microphones if device.default), microphones[0] if microphones else None)


def find_device(devices: list[InputDevice], wanted: str) -> InputDevice:
    """By index, by name, or by a part of name or description, in that order. Raises `DeviceError`."""
    if not devices:
        raise DeviceError("there is no input device", "plug one in, or try the built-in signal: --source demo")
    if wanted.isdecimal():
        found = [device for device in devices if device.index == int(wanted)]
    else:
        word = wanted.casefold()
        found = [device for device in devices if word in (device.name.casefold(), device.description.casefold())]
        found = found or [d for d in devices if word in d.name.casefold() or word in d.description.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{device.index} {device.description}" for device in found)
        raise DeviceError(f"{wanted!r} fits several devices: {names}", "use an index or a longer part of the name")
    near = suggestion(wanted, [device.name for device in devices] + [device.description for device in devices])
    raise DeviceError(f"no input device {wanted!r}{': ' + near if near else ''}", "'livespec devices' lists them")
