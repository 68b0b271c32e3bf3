"""`livespec render`: the figure of one or several sound files."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from livespec.config import load
from livespec.errors import FileError, UsageError, suggestion
from livespec.settings import Settings

_REFERENCES: Final = ("peak", "full-scale")
_TOP_DB: Final = 80.0
_N_FFT, _HOPS = 2048, 4
_LEAST_TOP_DB, _MOST_TOP_DB = 1.0, 200.0


def render(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Sound files; several become a grid.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="OUT", help="PNG, SVG or PDF.")] = None,
    title: Annotated[list[str] | None, typer.Option(metavar="T", help="Title; once for each file.")] = None,
    reference: Annotated[str, typer.Option(metavar="peak|full-scale", help="0 dB is the loudest, or dBFS.")] = "peak",
    top_db: Annotated[str, typer.Option(metavar="DB", help="Show so many dB below the loudest.")] = f"{_TOP_DB:g}",
    n_fft: Annotated[str | None, typer.Option(metavar="N", help=f"Window length (default {_N_FFT}).")] = None,
    hop: Annotated[str | None, typer.Option(metavar="N", help="Step between windows (default n_fft / 4).")] = None,
    window: Annotated[str | None, typer.Option(metavar="NAME", help="Default hann.")] = None,
    channels: Annotated[str | None, typer.Option(metavar="1,2|all", help="Channels to read.")] = None,
    show: Annotated[str | None, typer.Option(metavar="1|mix|diff", help="What to draw of them (default mix).")] = None,
    scale: Annotated[str | None, typer.Option(metavar="NAME", help="Frequency axis (default log).")] = None,
    fmin: Annotated[str | None, typer.Option(metavar="HZ", help="Lower end of the frequency axis.")] = None,
    fmax: Annotated[str | None, typer.Option(metavar="HZ", help="Upper end of the frequency axis.")] = None,
    range_: Annotated[
        str | None, typer.Option("--range", metavar="LO,HI", help="Levels from dark to bright; wins over --top-db.")
    ] = None,
    colormap: Annotated[str | None, typer.Option(metavar="NAME", help="Default magma.")] = None,
    waveform: Annotated[bool, typer.Option("--waveform", help="A strip of the waveform above.")] = False,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="Settings for a purpose.")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file of settings.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: ARG001
) -> None:
    """Draw the spectrogram of sound files as a figure: time, frequency, levels, a colour bar."""
    flags = {
        "n_fft": n_fft, "hop": hop, "window": window, "channels": channels, "show": show,
        "scale": scale or ("log" if preset is None and config is None else None),
        "fmin": fmin, "fmax": fmax, "range": range_, "colormap": colormap,
    }  # fmt: skip
    given = {key: value for key, value in flags.items() if value is not None}
    settings = _with_figure_defaults(load(preset, config, given))
    if reference not in _REFERENCES:
        near = suggestion(reference, list(_REFERENCES))
        raise UsageError(f"reference = {reference!r} is not known{': ' + near if near else ''}", "peak or full-scale")
    target = _target(output, files)
    named = title or []
    if named and len(named) != len(files):
        raise UsageError(
            f"{len(named)} titles for {len(files)} files", "give --title once for each file, or not at all"
        )
    titles = named or [file.stem for file in files]
    _draw(files, titles, settings, target, _decibels(top_db), peak=reference == "peak", waveform=waveform)
    print(target)


def _draw(
    files: list[Path], titles: list[str], settings: Settings, target: Path, top_db: float, *, peak: bool, waveform: bool
) -> None:
    from livespec.figures.overview import below_the_loudest, overview
    from livespec.figures.plot import render as draw
    from livespec.figures.plot import save

    sounds, shown_titles, failures = [], [], []
    for file, title in zip(files, titles, strict=True):
        try:
            sounds.append(overview(file, settings))
            shown_titles.append(title)
        except FileError as error:
            if len(files) == 1:
                raise
            failures.append(error)
            print(f"livespec: {error.message}", file=sys.stderr)
    if not sounds:
        raise FileError("none of the files can be drawn")
    if peak:
        sounds = below_the_loudest(sounds)
    loudest = 0.0 if peak else max(sound.loudest_db for sound in sounds)
    levels = settings.range if not isinstance(settings.range, str) else (loudest - top_db, loudest)
    figure = draw(
        sounds, shown_titles, scale=settings.scale, fmin=settings.fmin, fmax=settings.fmax, levels=levels,
        colormap_name=settings.colormap, unit="dB" if peak else sounds[0].unit, waveform=waveform,
    )  # fmt: skip
    save(figure, target)
    if failures:
        raise FileError(f"{len(failures)} of {len(files)} files could not be drawn", f"{target} has the others")


def _with_figure_defaults(settings: Settings) -> Settings:
    """The window of the textbook's figure where nothing is said."""
    n_fft = settings.n_fft or _N_FFT
    return replace(settings, n_fft=n_fft, hop=settings.hop or max(1, n_fft // _HOPS))


def _decibels(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not _LEAST_TOP_DB <= value <= _MOST_TOP_DB:
        raise UsageError(f"top-db = {text!r} is no span of levels", f"give {_LEAST_TOP_DB:g} to {_MOST_TOP_DB:g} dB")
    return value


def _target(output: Path | None, files: list[Path]) -> Path:
    from livespec.figures.plot import FORMATS
    from livespec.session.stats import check_writable

    target = output or Path(files[0].stem + ".png")
    if target.suffix.removeprefix(".").lower() not in FORMATS:
        raise UsageError(f"{target}: is no format of a figure", f"use a name that ends in .{', .'.join(FORMATS)}")
    if any(target.exists() and file.exists() and target.samefile(file) for file in files):
        raise UsageError(f"{target} would be overwritten by its own figure", "choose another name with -o")
    check_writable([target])
    return target
