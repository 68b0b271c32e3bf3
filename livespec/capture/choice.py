"""From the settings to the source of the sound."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Final

from livespec.capture.devices import DeviceListing, InputDevice, default_microphone, find_device
from livespec.capture.file import choose_channels
from livespec.capture.source import Source, Transport
from livespec.errors import DeviceError, UsageError
from livespec.settings import Settings, device_latency_of

_DEMO_RATES: Final = (8_000, 384_000)
_DEFAULT_CHANNELS: Final = 2
_EXCLUSIVE_APIS: Final = ("Windows WASAPI", "Core Audio", "ASIO")


class SourceChoice:
    """Begins to look for devices at once, where they matter; `result` waits for them.

    fast: files and pipes run as fast as possible unless a speed is given. `note`: a sentence for the person where the
    source is not what was hoped for. demo_instead: whether the demo signal may stand in where there is no microphone;
    nobody wants it recorded. replay: what is asked of a file that is paced and can be steered, speed aside;
    None where nobody steers. Raises `LivespecError`.
    """

    def __init__(
        self,
        settings: Settings,
        pcm: str | None,
        speed: float | None,
        duration: float | None,
        *,
        fast: bool,
        demo_instead: bool = True,
        replay: Transport | None = None,
    ) -> None:
        if duration is not None and not 0 < duration < math.inf:
            raise UsageError(f"duration = {duration:g} s is not a length of time", "give seconds, more than 0")
        if speed is not None and not 0 <= speed < math.inf:
            raise UsageError(f"speed = {speed:g} is not a speed", "1 is real time, 0 as fast as possible")
        if speed is not None and settings.source in (None, "mic"):
            raise UsageError("--speed is for files; a microphone has its own pace", "name a file, or leave --speed out")
        self._settings, self._pcm, self._duration = settings, pcm, duration
        self._speed = speed if speed is not None else (0.0 if fast else 1.0)
        self._speed_given = speed
        self._replay = replay
        self._demo_instead = demo_instead
        wanted = settings.source
        self._listing = DeviceListing() if wanted in (None, "mic") else None
        self._opened: Source | None = None
        self.note = ""
        if wanted not in (None, "mic"):
            self._opened = self._open(str(wanted))  # a file that is not there is said before a window opens

    def result(self) -> Source:
        """The source, not started."""
        return self._opened or self._microphone_or_demo()

    def _open(self, wanted: str) -> Source:
        settings = self._settings
        if wanted == "demo":
            return self._demo()
        if wanted == "-":
            from livespec.capture.stdin import StdinSource

            return StdinSource(
                settings.channels, self._speed, self._pcm, settings.samplerate, duration_s=self._duration
            )
        from livespec.capture.file import FileSource, open_sound

        path = Path(wanted)
        with open_sound(path) as sound:
            rate, seekable = sound.samplerate, sound.seekable()
        if settings.samplerate not in (None, rate):
            raise UsageError(
                f"{path}: is at {rate} Hz, not {settings.samplerate} Hz", "leave the samplerate to the file"
            )
        if self._replay is None or not self._speed or not seekable:
            return FileSource(path, settings.channels, self._speed, self._limit(rate))
        from livespec.capture.replay import ReplaySource

        return ReplaySource(path, settings.channels, replace(self._replay, speed=self._speed), self._limit(rate))

    def _demo(self) -> Source:
        from livespec.capture.demo import DemoSource

        rate = self._settings.samplerate or 48_000
        if not _DEMO_RATES[0] <= rate <= _DEMO_RATES[1]:
            raise UsageError(
                f"samplerate = {rate} Hz: the demo signal goes from {_DEMO_RATES[0]} to {_DEMO_RATES[1]} Hz"
            )
        choose_channels(self._settings.channels, 1, "the demo signal")
        return DemoSource(1.0 if self._speed_given is None else self._speed_given, rate, self._limit(rate))

    def _limit(self, samplerate: int) -> int | None:
        return None if self._duration is None else round(self._duration * samplerate)

    def _microphone_or_demo(self) -> Source:
        settings = self._settings
        must = settings.source == "mic" or settings.device is not None or not self._demo_instead
        assert self._listing is not None
        try:
            found = self._listing.result()
        except DeviceError as error:
            if must:
                raise
            return self._instead(error.message)
        if self._settings.device is not None:
            return self._microphone(find_device(found, self._settings.device))
        device = default_microphone(found)
        if device is not None:
            return self._microphone(device)
        if must:
            raise DeviceError("there is no microphone", "plug one in, or try the built-in signal: --source demo")
        return self._instead("there is no microphone")

    def _instead(self, why: str) -> Source:
        self.note = f"{why}: showing the demo signal"
        return self._demo()

    def _microphone(self, device: InputDevice) -> Source:
        from livespec.capture.microphone import MicrophoneSource
        from livespec.capture.worker import Opening

        settings = self._settings
        rate = settings.samplerate or device.samplerate
        if device.pulse_source is not None and rate != device.samplerate:
            raise DeviceError(
                f"{device.description} runs at {device.samplerate} Hz, not {rate} Hz",
                "leave the samplerate to the device, or change it in the sound server",
            )
        default = tuple(range(1, min(device.channels, _DEFAULT_CHANNELS) + 1))
        try:
            channels = choose_channels(settings.channels, device.channels, device.description, default)
        except UsageError as error:
            raise DeviceError(error.message, error.hint) from None
        if settings.exclusive and device.open_with[0] not in _EXCLUSIVE_APIS:
            raise DeviceError(
                f"{device.description} cannot be opened for livespec alone: that is for {', '.join(_EXCLUSIVE_APIS)}",
                "leave --exclusive out; on Linux a hardware device of ALSA is exclusive by itself",
            )
        opening = Opening(device_latency_of(settings.device_latency), settings.sample_format, settings.exclusive)
        return MicrophoneSource(device, channels, rate, opening, stand_in=settings.stand_in)
