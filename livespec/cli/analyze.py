"""`livespec analyze`: sound files to columns, the same as live, or to pictures of them."""

import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from livespec.config import load
from livespec.errors import FileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.progress import Progress

    from livespec.batch.job import Job, Order, Outcome

_TELL_EVERY_S: Final = 0.2


def analyze(
    files: Annotated[list[str], typer.Argument(metavar="FILE|FOLDER|PATTERN…", help="Sound files, or where they are.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="OUT|FOLDER", help="An .npz, .png or .zarr; of several files a folder or a .zarr."
        ),
    ] = None,
    form: Annotated[str | None, typer.Option("--as", metavar="npz|zarr|png", help="What to make of each file.")] = None,
    features: Annotated[
        str | None,
        typer.Option(
            metavar="mel,mfcc,…|all", help="Beside the levels: mel, mfcc, chroma, pitch, rms, zcr, envelope …"
        ),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="By a dask cluster whose machines see the same files.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Files at one time (default: every core).")] = None,
    force: Annotated[bool, typer.Option("--force", help="Also those that are done with these settings.")] = False,
    n_fft: Annotated[str | None, typer.Option(metavar="N", help="Window length in samples.")] = None,
    hop: Annotated[str | None, typer.Option(metavar="N", help="Step between windows.")] = None,
    window: Annotated[str | None, typer.Option(metavar="NAME", help="hann, flattop, kaiser:14 …")] = None,
    precision: Annotated[str | None, typer.Option(metavar="single|double", help="Of the FFT.")] = None,
    padding: Annotated[str | None, typer.Option(metavar="N", help="Zero-padding.")] = None,
    multiresolution: Annotated[
        bool | None, typer.Option("--multiresolution", help="Long windows for bass, short ones for treble.")
    ] = None,
    fft: Annotated[str | None, typer.Option(metavar="LIBRARY", help="scipy, fftw, mkl.")] = None,
    averaging: Annotated[str | None, typer.Option(metavar="HOW", help="off, fast, slow, mean:COLUMNS …")] = None,
    quantity: Annotated[str | None, typer.Option(metavar="level|density", help="dBFS or dBFS/Hz.")] = None,
    reference: Annotated[str | None, typer.Option(metavar="peak|rms", help="Of a full-scale sine.")] = None,
    weighting: Annotated[str | None, typer.Option(metavar="Z|A|C", help="Frequency weighting.")] = None,
    sensitivity: Annotated[str | None, typer.Option(metavar="DBFS", help="What 94 dB SPL reads.")] = None,
    calibration: Annotated[str | None, typer.Option(metavar="FILE", help="Correction of the microphone.")] = None,
    channels: Annotated[str | None, typer.Option(metavar="1,2|all", help="Channels to read.")] = None,
    show: Annotated[str | None, typer.Option(metavar="1,2|all|mix|diff", help="What to analyse of them.")] = None,
    scale: Annotated[str | None, typer.Option(metavar="NAME", help="Frequency axis of a picture.")] = None,
    fmin: Annotated[str | None, typer.Option(metavar="HZ", help="Its lower end.")] = None,
    fmax: Annotated[str | None, typer.Option(metavar="HZ", help="Its upper end.")] = None,
    range_: Annotated[
        str | None, typer.Option("--range", metavar="LO,HI", help="Levels of a picture, from dark to bright.")
    ] = None,
    colormap: Annotated[str | None, typer.Option(metavar="NAME", help="Colours of a picture.")] = None,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="Settings for a purpose.")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file of settings.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: ARG001
) -> None:
    """Write every column of sound files: an NPZ each, as --export of a run does, or a Zarr store, or pictures."""
    flags = {
        "n_fft": n_fft, "hop": hop, "window": window, "precision": precision, "padding": padding,
        "multiresolution": multiresolution, "fft": fft, "averaging": averaging, "quantity": quantity,
        "reference": reference, "weighting": weighting, "sensitivity": sensitivity, "calibration": calibration,
        "channels": channels, "show": show, "scale": scale, "fmin": fmin, "fmax": fmax, "range": range_,
        "colormap": colormap,
    }  # fmt: skip
    settings = load(preset, config, {key: value for key, value in flags.items() if value is not None})
    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs = {jobs}", "give 1 or more")
    if jobs is not None and scheduler is not None:
        raise UsageError("--jobs and --scheduler exclude each other", "a cluster has as many workers as it has")
    from livespec.batch.job import Order, is_done
    from livespec.batch.plan import form_of, plan
    from livespec.core.feature_set import feature_names

    order = Order(form_of(form, output), settings, feature_names(features) if features is not None else ())
    if order.form == "png" and order.features:
        raise UsageError("a picture has no room for --features", "leave them out, or use --as npz")
    wanted = plan(files, output, order.form)
    waiting = [job for job in wanted if force or len(wanted) == 1 or not is_done(job, order)]
    if len(waiting) < len(wanted):
        print(f"livespec: {len(wanted) - len(waiting)} of {len(wanted)} files are done already", file=sys.stderr)
    failures = []
    for outcome in _run(waiting, order, jobs or os.cpu_count() or 1, scheduler, alone=len(wanted) == 1):
        if outcome.error is None:
            print(outcome.job.result, flush=True)
        else:
            failures.append(outcome.error)
    if failures:
        for failure in failures:
            print(f"livespec: {failure}", file=sys.stderr)
        raise FileError(f"{len(failures)} of {len(wanted)} files could not be analysed", "the others are done")


def _run(
    jobs: "list[Job]", order: "Order", at_once: int, scheduler: str | None, *, alone: bool
) -> "Generator[Outcome, None, None]":
    """Each outcome as it comes. One file is done here, several by processes or a cluster."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    if not jobs:
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        if alone and scheduler is None:
            yield _run_here(jobs[0], order, progress)
            return
        bar = progress.add_task("files", total=len(jobs), speed="")
        began, done_s = time.perf_counter(), 0.0
        with closing(_at_work(jobs, order, at_once, scheduler)) as outcomes:
            for outcome in outcomes:
                done_s += outcome.seconds
                progress.update(bar, advance=1, speed=_speed(done_s, began))
                yield outcome


def _at_work(
    jobs: "list[Job]", order: "Order", at_once: int, scheduler: str | None
) -> "Generator[Outcome, None, None]":
    if scheduler is not None:
        from livespec.batch.cluster import run_on_cluster

        return run_on_cluster(jobs, order, scheduler)
    from livespec.batch.processes import run_in_processes

    return run_in_processes(jobs, order, at_once)


def _run_here(job: "Job", order: "Order", progress: "Progress") -> "Outcome":
    """One file, whose error is the command's own. Raises `LivespecError`."""
    from livespec.batch.job import Outcome, do
    from livespec.capture.file import open_sound

    with open_sound(job.source) as file:
        length = file.frames / file.samplerate
    bar = progress.add_task(job.source.name, total=max(1, round(length)), speed="")
    began = told = time.perf_counter()

    def tell(seconds: float) -> None:
        nonlocal told
        if (now := time.perf_counter()) - told > _TELL_EVERY_S:
            told = now
            progress.update(bar, completed=round(seconds), speed=_speed(seconds, began))

    do(job, order, tell)
    return Outcome(job, length, None)


def _speed(seconds: float, began: float) -> str:
    return f"{seconds / max(time.perf_counter() - began, 1e-6):.0f} \N{MULTIPLICATION SIGN} real time"
