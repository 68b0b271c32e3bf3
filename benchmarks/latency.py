"""From a click that is played to the first frame that shows it, measured from outside.

A burst of noise is written to the virtual microphone's loudspeaker; another program watches the screen
where new columns appear and notes when one stands 10 dB above the floor. The same clicks for livespec and
for a naive window (callback → FFT → vispy's Image.set_data), in turns.
"""

import json
import subprocess
import sys
import time

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
    with VirtualMicrophone() as sound, screen() as display:
        environment = sound.environment | {"DISPLAY": display["DISPLAY"]}
        for _ in range(ROUNDS):
            for name, command in PROGRAMS.items():
                program = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
                try:
                    delays[name] += _observe(environment)
                finally:
                    program.terminate()
                    program.wait(timeout=10)
                    time.sleep(0.5)
    medians = {name: float(np.median(values)) for name, values in delays.items()}
    print("latency: click played → first frame in which it stands 10 dB above the floor, ms")
    for name, values in delays.items():
        p50, p95 = np.percentile(values, (50, 95))
        print(f"{name:<10} p50 {p50:>6.0f}   p95 {p95:>6.0f}   of {len(values)} clicks")
    print(f"livespec / naive: {medians['livespec'] / medians['naive']:.2f}")
    return {"delays_ms": delays, "livespec_over_naive": medians["livespec"] / medians["naive"]}


def _observe(environment):
    return json.loads(last_line_of("click_observer", str(CLICKS), environment=environment))
