"""A setting is changed with a minute of sound on the screen: how long until the picture follows."""

import json

from benchmarks.screen import last_line_of, screen


def run():
    with screen() as environment:
        table = json.loads(last_line_of("change", environment=environment))
    print("changes: a setting is changed, 60 s of the demo signal on the screen, 1280 × 800; ms")
    print(f"{'':<24} {'first new picture':>18} {'complete':>10}")
    for name, times in table["changes"].items():
        print(f"{name:<24} {times['first_ms']:>18.0f} {times['complete_ms']:>10.0f}")
    print(f"columns that were left out: {table['skipped_columns']}")
    return table
