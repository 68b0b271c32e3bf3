"""`livespec devices`: the inputs that can be opened."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from livespec.capture.devices import InputDevice, list_devices


def devices(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: ARG001
) -> None:
    """List the inputs: index, name, channels, sampling rates, latency, host API; the default is marked."""
    found = list_devices(rates=True)
    if as_json:
        print(json.dumps([asdict(device) for device in found], indent=2))
        return
    _print_table(found)


def _print_table(found: list[InputDevice]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not found:
        Console(stderr=True).print(
            "There is no input device. The built-in signal is always there: livespec --source demo"
        )
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading, justify in (
        ("", "left"),
        ("index", "right"),
        ("device", "left"),
        ("channels", "right"),
        ("rates", "right"),
        ("latency", "right"),
        ("host", "left"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for device in found:
        kind = " (what the computer plays)" if device.monitor else ""
        table.add_row(
            "*" if device.default else "",
            str(device.index),
            device.description + kind,
            str(device.channels),
            " ".join(f"{rate / 1000:g}" for rate in device.rates or (device.samplerate,)) + " kHz",
            "" if device.latency_ms is None else f"{device.latency_ms:g} ms",
            device.host_api,
        )
    console.print(table)
