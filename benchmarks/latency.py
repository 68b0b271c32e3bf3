"""From a click that is played to the first frame that shows it, measured from outside.

A burst of noise is written to the virtual microphone's loudspeaker; another program watches the screen
where new columns appear and notes when one stands 10 dB above the floor. The same clicks for livespec and
for a naive window (callback → FFT → vispy's Image.set_data), in turns.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.screen import last_line_of, screen
from tests.support.virtual_microphone import VirtualMicrophone

LOOK = [
    "--no-trace",
    "--no-peaks",
    "--no-restore",
    "--range",
    "-100,-20",
    "--colormap",
    "gray",
    "--scale",
    "linear",
    "--fmin",
    "0",
    "--fmax",
    "24000",
]
PROGRAMS = {
    "livespec": [sys.executable, "-m", "livespec", "--source", "mic", *LOOK],
    "naive": [sys.executable, "-m", "benchmarks.windows.naive_microphone"],
}
ROUNDS = 2
CLICKS = 20


def run():
    delays = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as folder, VirtualMicrophone() as sound, screen() as display:
        stats = Path(folder) / "stats.json"
        environment = sound.environment | {"DISPLAY": display["DISPLAY"]}
        for _ in range(ROUNDS):
            for name, command in PROGRAMS.items():
                more = ["--stats", str(stats)] if name == "livespec" else []
                program = subprocess.Popen([*command, *more], env=environment, stderr=subprocess.DEVNULL)
                try:
                    delays[name] += _observe(environment)
                finally:
                    program.terminate()
                    program.wait(timeout=10)
                    time.sleep(0.5)
        own = json.loads(stats.read_text(encoding="utf-8"))
    medians = {name: float(np.median(values)) for name, values in delays.items()}
    print("latency: click played → first frame in which it stands 10 dB above the floor, ms")
    for name, values in delays.items():
        print(f"{name:<10} {_percentiles(np.percentile(values, (50, 95, 99)))}   of {len(values)} clicks")
    print(f"livespec / naive: {medians['livespec'] / medians['naive']:.2f}")
    return {
        "delays_ms": delays,
        "livespec_over_naive": medians["livespec"] / medians["naive"],
        "livespec_ms": _budget(own),
    }


def _budget(stats):
    """What livespec itself measured in its last run, term by term."""
    terms = {
        "entry of the newest sample → frame swapped": stats["latency_ms"]["capture_to_screen"],
        "  of it: until all of a burst of blocks is surely there": stats["clock"]["play_out_delay_ms"],
        "  of it: drawing": stats["frame_ms"],
        "before it: the driver, as it says": stats["latency_ms"]["device"],
    }
    for name, value in terms.items():
        figures = _percentiles(value.values()) if isinstance(value, dict) else f"    {value or 0:>6.1f}"
        print(f"  {name:<58} {figures}")
    return terms


def _percentiles(values):
    return "   ".join(f"{name} {value:>6.1f}" for name, value in zip(("p50", "p95", "p99"), values, strict=True))


def _observe(environment):
    return json.loads(last_line_of("click_observer", str(CLICKS), environment=environment))
