"""`livespec bench`: livespec beside its peers on this machine, in one run."""

import json
from typing import Annotated, Any

import typer


def bench(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    whole: Annotated[
        bool, typer.Option("--all", help="More window lengths, a file of ten minutes: takes some minutes.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: ARG001
) -> None:
    """Measure the engine beside numpy, scipy, and what is installed of librosa, torch, audioflux and spectrofast."""
    from livespec.bench.measure import one_thread_each

    one_thread_each()
    from rich.console import Console

    from livespec.bench.report import QUICK, WHOLE, measure

    talk = Console(stderr=True)
    with talk.status("measuring") as status:
        report = measure(WHOLE if whole else QUICK, lambda what: status.update(f"measuring {what}"))
    if as_json:
        print(json.dumps(report, indent=2))
    else:
        print_report(report)


def print_report(report: dict[str, Any]) -> None:
    """The tables."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=100)
    libraries = ", ".join(f"{name} {version}" for name, version in report["libraries"].items())
    console.print(f"livespec {report['version']}, Python {report['python']}, {report['machine']}; {libraries}")
    console.print("One thread each; medians of one run, side by side. Ratios are what counts.", style="dim")
    _print_columns(console, report["columns"])
    _print_channels(console, report)
    _print_files(console, report["files"])
    _print_targets(console, report["targets"])


def _table(title: str, first: str, others: list[str]) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table


def _print_columns(console: Any, rows: list[dict[str, Any]]) -> None:
    for n_fft in dict.fromkeys(row["n_fft"] for row in rows):
        of_size = [row for row in rows if row["n_fft"] == n_fft]
        counts = [f"{row['columns']} a call" for row in of_size]
        table = _table(f"\nµs a column, n_fft {n_fft}, hop {n_fft // 8} (\N{MULTIPLICATION SIGN} livespec)", "", counts)
        for name in dict.fromkeys(name for row in of_size for name in row["us"]):
            cells = [
                f"{row['us'][name]:.1f} ({row['us'][name] / row['us']['livespec']:.2f})" if name in row["us"] else ""
                for row in of_size
            ]
            table.add_row(name, *cells)
        console.print(table)
        for row in of_size:
            for name, error in row["left_out_db_off"].items():
                console.print(f"left out, {error:.1f} dB off with {row['columns']} columns: {name}", style="yellow")


def _print_channels(console: Any, report: dict[str, Any]) -> None:
    table = _table(
        "\nRing and engine, µs a column and channel, 4096 / 512", "channels", ["livespec", "plain numpy", "ratio"]
    )
    for row in report["channels"]:
        ours, plain = row["livespec_us"], row["numpy_us"]
        table.add_row(str(row["channels"]), f"{ours:.1f}", f"{plain:.1f}", f"{plain / ours:.2f}")
    console.print(table)


def _print_files(console: Any, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    headings = ["time", "\N{MULTIPLICATION SIGN} real time", "processor", "peak above imports"]
    table = _table(f"\nA mono file of {rows[0]['seconds'] / 60:g} minutes, 48 kHz, 4096 / 512", "", headings)
    for row in rows:
        peak = "" if row["peak_mb"] is None else f"{row['peak_mb']:.0f} MB"
        speed = f"{row['seconds'] / row['wall_s']:.0f}"
        table.add_row(row["name"], f"{row['wall_s']:.2f} s", speed, f"{row['cpu_s']:.2f} s", peak)
    console.print(table)


def _print_targets(console: Any, rows: list[dict[str, Any]]) -> None:
    table = _table("\nTargets", "", ["measured", "target", ""])
    for row in rows:
        met = row["measured"] <= row["target"] if row["most"] else row["measured"] >= row["target"]
        sign = "\N{LESS-THAN OR EQUAL TO}" if row["most"] else "\N{GREATER-THAN OR EQUAL TO}"
        mark = "[green]\N{CHECK MARK}[/]" if met else "[red]\N{BALLOT X}[/]"
        table.add_row(row["name"], f"{row['measured']:.2f}", f"{sign} {row['target']:g}", mark)
    console.print(table)
