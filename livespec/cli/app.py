"""The commands, gathered."""

from typing import Annotated

import typer

from livespec import __version__
from livespec.cli import analyze, bench, config, devices, doctor, monitor, render

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A real-time spectrogram monitor.\n\n"
    "[bold]livespec[/bold] shows the microphone; [bold]livespec song.flac[/bold] a file; "
    "[bold]livespec -[/bold] what is piped in. See [bold]livespec monitor --help[/bold] for all flags.",
    rich_markup_mode="rich",
)
app.command("monitor")(monitor.monitor)
app.command("render")(render.render)
app.command("analyze")(analyze.analyze)
app.command("devices")(devices.devices)
app.command("doctor")(doctor.doctor)
app.command("bench")(bench.bench)
app.add_typer(config.app, name="config")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"livespec {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Options that stand before a command."""
