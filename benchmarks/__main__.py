"""`make bench`: livespec against what one would otherwise write, side by side in one run.

Each figure is a ratio within this run; absolute times are for orientation only (machines are noisy).
The section `engine` is `livespec bench --all`; the others need a screen or a sound server and set one up.
"""

import argparse
import json
import sys
from pathlib import Path

from livespec.bench.measure import one_thread_each

one_thread_each()  # before numpy

from benchmarks import changes, headless, latency, startup, windows_cost  # noqa: E402
from livespec.bench.report import WHOLE, measure  # noqa: E402
from livespec.cli.bench import print_report  # noqa: E402


def engine():
    report = measure(WHOLE, lambda what: print(f"measuring {what}", file=sys.stderr))
    print_report(report)
    return report


SECTIONS = {
    "engine": engine,
    "frame": windows_cost.run,
    "headless": headless.run,
    "changes": changes.run,
    "startup": startup.run,
    "latency": latency.run,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="which (default: all)")
    parser.add_argument("--json", metavar="FILE", help="write the figures as well")
    options = parser.parse_args()
    figures = {}
    for name in options.sections or SECTIONS:
        figures[name] = SECTIONS[name]()
        print()
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
