"""Prints the inputs of this machine as JSON and ends: the child behind `devices.py`.

Where PulseAudio or PipeWire runs, PortAudio sees only `default` and `pulse` with made-up channels and rates;
so the real sources come from the sound server, to be opened through PortAudio's `pulse`.
"""

import json
import sys
from typing import Any

from livespec.capture.sound_server import NoSoundServerError, sound_server

_PULSE_NAMES = ("pulse", "default", "pipewire", "sysdefault")
_NO_SINK = 0xFFFFFFFF
_RATES = (44_100, 48_000, 88_200, 96_000, 176_400, 192_000)


def portaudio_inputs() -> list[dict[str, Any]]:
    """What PortAudio lists, as `InputDevice` fields."""
    import sounddevice

    apis = sounddevice.query_hostapis()
    default = sounddevice.default.device[0]
    return [
        {
            "portaudio_index": entry["index"],
            "name": entry["name"],
            "description": entry["name"],
            "host_api": apis[entry["hostapi"]]["name"],
            "channels": entry["max_input_channels"],
            "samplerate": round(entry["default_samplerate"]),
            "rates": [],
            "latency_ms": round(entry["default_low_input_latency"] * 1000, 1),
            "default": entry["index"] == default,
            "monitor": False,
            "open_with": [apis[entry["hostapi"]]["name"], entry["name"]],
            "pulse_source": None,
        }
        for entry in sounddevice.query_devices()
        if entry["max_input_channels"] > 0
    ]


def rates_of(index: int, channels: int, samplerate: int) -> list[int]:
    """The usual rates that a device of PortAudio's takes, as far as it says so: one that is in use may not."""
    import sounddevice

    def takes(rate: int) -> bool:
        try:
            sounddevice.check_input_settings(index, channels, samplerate=rate)
        except (sounddevice.PortAudioError, ValueError):
            return False
        return True

    return [rate for rate in sorted({*_RATES, samplerate}) if takes(rate)]


def pulse_sources(open_with: list[str]) -> list[dict[str, Any]] | None:
    """The sound server's sources; none of one that goes while it is asked; None where there is no server."""
    there = False
    try:
        with sound_server("livespec-devices") as pulse:  # may wait for ever: the parent ends us then
            there = True
            _keep_more()
            server = pulse.server_info()
            sources = pulse.source_list()
    except NoSoundServerError:
        return [] if there else None  # PortAudio listed its stand-ins while the server lived: they lead nowhere now
    return [
        {
            "name": source.name,
            "description": source.description,
            "host_api": "PulseAudio",
            "channels": source.channel_count,
            "samplerate": source.rate,
            "rates": [source.rate],
            "latency_ms": source.latency_ms,
            "default": source.name == server.default_source_name,
            "monitor": source.monitor_of_sink != _NO_SINK,
            "open_with": open_with,
            "pulse_source": source.name,
        }
        for source in sorted(sources, key=lambda one: one.monitor_of_sink_name != server.default_sink_name)
    ]


def _keep_more() -> None:
    """pulsectl keeps only a reference to the sample format, whose memory is gone after its callback."""
    import pulsectl

    def keep_more(info: Any, struct: Any) -> None:
        info.rate = int(struct.sample_spec.rate)
        info.latency_ms = round(struct.configured_latency / 1000, 1) or None  # of one that nobody hears it is 0

    pulsectl.PulseSourceInfo._init_from_struct = keep_more  # noqa: SLF001 - its hook for subclasses


def inputs(*, rates: bool) -> list[dict[str, Any]]:
    """Every input, the server's real sources in place of PortAudio's stand-ins, numbered from 0.

    rates: ask each of PortAudio's devices which it takes, which may last some tenths of a second.
    """
    found = portaudio_inputs()
    stand_ins = [entry for entry in found if entry["host_api"] == "ALSA" and entry["name"] in _PULSE_NAMES]
    bridge = next((entry for entry in stand_ins if entry["name"] == "pulse"), stand_ins[0] if stand_ins else None)
    sources = pulse_sources(bridge["open_with"]) if bridge and sys.platform == "linux" else None
    if sources is not None:
        rest = [{**entry, "default": False} for entry in found if entry not in stand_ins]
        found = sorted(sources, key=lambda source: (source["monitor"], not source["default"])) + rest
    for entry in found:
        index = entry.pop("portaudio_index", None)
        if rates and index is not None:
            entry["rates"] = rates_of(index, entry["channels"], entry["samplerate"])
    return [{"index": index, **entry} for index, entry in enumerate(found)]


if __name__ == "__main__":
    print(json.dumps(inputs(rates="--rates" in sys.argv)))  # noqa: T201 - its answer to the parent
