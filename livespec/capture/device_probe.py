"""Prints the inputs of this machine as JSON and ends: the child behind `devices.py`.

Where PulseAudio or PipeWire runs, PortAudio sees only `default` and `pulse` with made-up channels and rates;
so the real sources come from the sound server, to be opened through PortAudio's `pulse`.
"""

import json
import sys
from typing import Any

_PULSE_NAMES = ("pulse", "default", "pipewire", "sysdefault")
_NO_SINK = 0xFFFFFFFF


def portaudio_inputs() -> list[dict[str, Any]]:
    """What PortAudio lists, as `InputDevice` fields."""
    import sounddevice

    apis = sounddevice.query_hostapis()
    default = sounddevice.default.device[0]
    return [
        {
            "name": entry["name"],
            "description": entry["name"],
            "host_api": apis[entry["hostapi"]]["name"],
            "channels": entry["max_input_channels"],
            "samplerate": round(entry["default_samplerate"]),
            "latency_ms": round(entry["default_low_input_latency"] * 1000, 1),
            "default": entry["index"] == default,
            "monitor": False,
            "open_with": entry["index"],
            "pulse_source": None,
        }
        for entry in sounddevice.query_devices()
        if entry["max_input_channels"] > 0
    ]


def pulse_sources(open_with: int) -> list[dict[str, Any]] | None:
    """The sound server's sources, or None where there is no server."""
    try:
        import pulsectl
    except ImportError:
        return None

    # pulsectl keeps only a reference to the sample format, whose memory is gone after its callback.
    def keep_rate(info: Any, struct: Any) -> None:
        info.rate = int(struct.sample_spec.rate)

    pulsectl.PulseSourceInfo._init_from_struct = keep_rate  # noqa: SLF001 - its hook for subclasses
    try:
        with pulsectl.Pulse("livespec-devices", connect=False) as pulse:
            pulse.connect(autospawn=False)  # may wait for ever: the parent ends us then
            default = pulse.server_info().default_source_name
            sources = pulse.source_list()
    except pulsectl.PulseError:
        return None
    return [
        {
            "name": source.name,
            "description": source.description,
            "host_api": "PulseAudio",
            "channels": source.channel_count,
            "samplerate": source.rate,
            "latency_ms": None,
            "default": source.name == default,
            "monitor": source.monitor_of_sink != _NO_SINK,
            "open_with": open_with,
            "pulse_source": source.name,
        }
        for source in sources
    ]


def inputs() -> list[dict[str, Any]]:
    """Every input, the server's real sources in place of PortAudio's stand-ins, numbered from 0."""
    found = portaudio_inputs()
    stand_ins = [entry for entry in found if entry["host_api"] == "ALSA" and entry["name"] in _PULSE_NAMES]
    bridge = next((entry for entry in stand_ins if entry["name"] == "pulse"), stand_ins[0] if stand_ins else None)
    sources = pulse_sources(bridge["open_with"]) if bridge and sys.platform == "linux" else None
    if sources is not None:
        rest = [{**entry, "default": False} for entry in found if entry not in stand_ins]
        found = sorted(sources, key=lambda source: (not source["default"], source["monitor"])) + rest
    return [{"index": index, **entry} for index, entry in enumerate(found)]


if __name__ == "__main__":
    print(json.dumps(inputs()))  # noqa: T201 - its answer to the parent
