"""`make bench`: livespec against what one would otherwise write, side by side in one run.

Each figure is a ratio within this run; absolute times are for orientation only (machines are noisy).
"""

import argparse
import json
import platform
from pathlib import Path

from benchmarks import engine, latency, startup, windows_cost

SECTIONS = {"engine": engine.run, "frame": windows_cost.run, "startup": startup.run, "latency": latency.run}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="which (default: all)")
    parser.add_argument("--json", metavar="FILE", help="write the figures as well")
    options = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}\n")
    figures = {}
    for name in options.sections or SECTIONS:
        figures[name] = SECTIONS[name]()
        print()
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
