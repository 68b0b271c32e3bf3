"""A setting is changed with a minute of sound on the screen: how long until the picture follows."""

import json
import subprocess
import sys

from benchmarks.screen import screen


def run():
    with screen() as environment:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.windows.change"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    table = json.loads(done.stdout.splitlines()[-1])
    print("changes: a setting is changed, 60 s of the demo signal on the screen, 1280 × 800; ms")
    print(f"{'':<24} {'first new picture':>18} {'complete':>10}")
    for name, times in table["changes"].items():
        print(f"{name:<24} {times['first_ms']:>18.0f} {times['complete_ms']:>10.0f}")
    print(f"columns that were left out: {table['skipped_columns']}")
    return table
