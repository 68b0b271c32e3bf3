"""The inputs that this machine has, and the choice of one.

The listing itself is done by a short-lived child process (`device_probe`): PortAudio freezes its list when
it starts, and a sound server that does not answer may hang whoever asks.
"""

import atexit
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Final

from livespec.errors import DeviceError, suggestion
from livespec.settings import LOOPBACK

_LISTING_TIMEOUT_S: Final = 6.0
_LOOPBACK_HINT: Final = "PulseAudio and PipeWire have one for each output: is one of them running?"
_LOOPBACK_HINTS: Final = {
    "darwin": "install BlackHole, let the system play into it, then: livespec --device BlackHole",
    "win32": 'switch on "Stereo Mix" in the recording devices, or install VB-CABLE, then name it with --device',
}


@dataclass(frozen=True)
class InputDevice:
    """One input. monitor: it carries what the computer plays; default: the system's choice.

    samplerate: its own; rates: all that it takes, where it says so. open_with: PortAudio's host API and name of what is
    opened; pulse_source: the sound server's source behind it, if there is one.
    """

    index: int
    name: str
    description: str
    host_api: str
    channels: int
    samplerate: int
    rates: tuple[int, ...]
    latency_ms: float | None
    default: bool
    monitor: bool
    open_with: tuple[str, str]
    pulse_source: str | None = None

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "InputDevice":
        host_api, name = entry["open_with"]
        return cls(**entry | {"rates": tuple(entry["rates"]), "open_with": (host_api, name)})


class DeviceListing:
    """A listing under way, so that other work can be done meanwhile. rates: ask each device for all that it takes."""

    def __init__(self, *, rates: bool = False) -> None:
        self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "livespec.capture.device_probe", *(["--rates"] if rates else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        atexit.register(self._child.kill)  # a sound system that does not answer must not outlive an interrupted start

    def result(self, timeout_s: float = _LISTING_TIMEOUT_S) -> list[InputDevice]:
        """The inputs, best first within each host. Raises `DeviceError` where the sound system does not answer."""
        try:
            out, _ = self._child.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            raise DeviceError(
                f"the sound system did not answer within {timeout_s:g} s",
                "restart the sound server, or unplug the device",
            ) from None
        atexit.unregister(self._child.kill)
        if self._child.returncode != 0:
            raise DeviceError(
                "PortAudio cannot be used on this machine",
                "install it: apt install libportaudio2 (or run 'make install')",
            )
        return [InputDevice.from_json(entry) for entry in json.loads(out)]


def list_devices(timeout_s: float = _LISTING_TIMEOUT_S, *, rates: bool = False) -> list[InputDevice]:
    """Every input, in the order of their indices. Raises `DeviceError`."""
    return DeviceListing(rates=rates).result(timeout_s)


def default_microphone(devices: list[InputDevice]) -> InputDevice | None:
    """The system's default input; else the first that is no monitor of the output; else none."""
    microphones = [device for device in devices if not device.monitor]
    return next((device for device in microphones if device.default), microphones[0] if microphones else None)


def loopback_device(devices: list[InputDevice]) -> InputDevice:
    """The input that carries what the computer plays. Raises `DeviceError` where the system has none."""
    found = next((device for device in devices if device.monitor), None)  # of the default output, where there is one
    if found is None:
        raise DeviceError(
            "this system has no input for what the computer plays", _LOOPBACK_HINTS.get(sys.platform, _LOOPBACK_HINT)
        )
    return found


def find_device(devices: list[InputDevice], wanted: str) -> InputDevice:
    """By index, by name, or by words of name, description and host API, in that order. Raises `DeviceError`.

    The word `LOOPBACK` is the input that carries what the computer plays.
    """
    if wanted == LOOPBACK:
        return loopback_device(devices)
    if not devices:
        raise DeviceError("there is no input device", "plug one in, or try the built-in signal: --source demo")
    if wanted.isdecimal():
        found = [device for device in devices if device.index == int(wanted)]
    else:
        word = wanted.casefold()
        found = [device for device in devices if word in (device.name.casefold(), device.description.casefold())]
        found = found or [d for d in devices if word in d.name.casefold() or word in d.description.casefold()]
        found = found or [d for d in devices if all(part in _said_of(d) for part in word.split())]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{device.index} {device.description}" for device in found)
        raise DeviceError(f"{wanted!r} fits several devices: {names}", "use an index or a longer part of the name")
    near = suggestion(wanted, [device.name for device in devices] + [device.description for device in devices])
    raise DeviceError(f"no input device {wanted!r}{': ' + near if near else ''}", "'livespec devices' lists them")


def _said_of(device: InputDevice) -> str:
    return f"{device.host_api} {device.name} {device.description}".casefold()
