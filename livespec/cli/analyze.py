"""`livespec analyze`: sound files to column files, the same columns as live."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from livespec.config import load
from livespec.errors import FileError, LivespecError, UsageError
from livespec.settings import Settings

_TELL_EVERY_S: Final = 0.2


_stopping: Event | None = None


class _StoppedError(Exception):
    """The person wants an end."""


class Job(NamedTuple):
    """One sound file and where its columns go."""

    source: Path
    target: Path


class Outcome(NamedTuple):
    """error: why there are no columns; None where there are."""

    job: Job
    columns: int
    seconds: float
    error: str | None


def analyze(
    files: Annotated[list[str], typer.Argument(metavar="FILE|FOLDER|PATTERN…", help="Sound files, or where they are.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT.npz|FOLDER", help="Of several files: a folder.")
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
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="Settings for a purpose.")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file of settings.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: ARG001
) -> None:
    """Write every column of sound files: an NPZ each, as --export of a run does."""
    flags = {
        "n_fft": n_fft, "hop": hop, "window": window, "precision": precision, "padding": padding,
        "multiresolution": multiresolution, "fft": fft, "averaging": averaging, "quantity": quantity,
        "reference": reference, "weighting": weighting, "sensitivity": sensitivity, "calibration": calibration,
        "channels": channels, "show": show,
    }  # fmt: skip
    settings = load(preset, config, {key: value for key, value in flags.items() if value is not None})
    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs = {jobs}", "give 1 or more")
    from livespec.session.batch import is_done

    wanted = _jobs(files, output)
    waiting = [job for job in wanted if force or len(wanted) == 1 or not is_done(job.source, job.target, settings)]
    if len(waiting) < len(wanted):
        print(f"livespec: {len(wanted) - len(waiting)} of {len(wanted)} files are done already", file=sys.stderr)
    outcomes = list(_run(waiting, settings, jobs or os.cpu_count() or 1))
    for outcome in outcomes:
        if outcome.error is None:
            print(outcome.job.target)
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if len(wanted) > 1 and failed:
        for outcome in failed:
            print(f"livespec: {outcome.error}", file=sys.stderr)
        raise FileError(f"{len(failed)} of {len(wanted)} files could not be analysed", "the others are done")


def _jobs(words: list[str], output: Path | None) -> list[Job]:
    """Where each file's columns go. Raises `LivespecError`."""
    from livespec.session.batch import sound_files
    from livespec.session.stats import check_writable

    found = list(sound_files(words))
    if len(found) == 1 and not (output is not None and output.is_dir()):
        source, place = found[0]
        target = output or Path(place.name).with_suffix(".npz")
        if target.suffix.lower() != ".npz":
            raise UsageError(
                f"{target}: is no name for columns", "use a name that ends in .npz, or a folder that is there"
            )
        check_writable([target])
        return [Job(source, target)]
    folder = output or Path()
    if folder.exists() and not folder.is_dir():
        raise FileError(f"{folder}: is no folder", "of several files, -o names a folder")
    jobs = [Job(source, folder / place.with_suffix(".npz")) for source, place in found]
    targets = [job.target for job in jobs]
    for number, target in enumerate(targets):
        if target in targets[:number]:
            raise UsageError(f"two files would both become {target}", "analyse their folders one after another")
    for job in jobs:
        try:
            job.target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"{job.target.parent}: cannot be made ({error.strerror})") from error
    return jobs


def _run(jobs: list[Job], settings: Settings, at_once: int) -> Iterator[Outcome]:
    """Each outcome as it comes. One file is done here, several by as many processes as there are cores."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    if not jobs:
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        began = time.perf_counter()
        done_s = 0.0
        if len(jobs) == 1:
            length = max(1, round(_seconds_of(jobs[0].source)))
            bar = progress.add_task(jobs[0].source.name, total=length, speed="")
            yield _analyse(
                jobs[0], settings, lambda s: progress.update(bar, completed=s, speed=_speed(s, began)), alone=True
            )
            return
        bar = progress.add_task("files", total=len(jobs), speed="")
        processes = get_context("spawn")  # threads of ours must not be copied into them
        stopping = processes.Event()
        workers = min(at_once, len(jobs))
        with ProcessPoolExecutor(workers, processes, initializer=_begin_work, initargs=(stopping,)) as pool:
            pending: set[Future[Outcome]] = {pool.submit(_analyse, job, settings) for job in jobs}
            try:
                while pending:
                    finished, pending = wait(pending, return_when=FIRST_COMPLETED)
                    for future in finished:
                        outcome = future.result()
                        done_s += outcome.seconds
                        progress.update(bar, advance=1, speed=_speed(done_s, began))
                        yield outcome
            except BrokenProcessPool as error:
                raise FileError("a process at work was killed", "out of memory? use fewer --jobs") from error
            except BaseException:
                stopping.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise


def _begin_work(stopping: Event) -> None:
    """In each process, once: Ctrl-C is the first process's business, which tells by an event."""
    global _stopping  # noqa: PLW0603 - what a process pool hands to its processes has no other place
    _stopping = stopping
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _analyse(
    job: Job, settings: Settings, tell: Callable[[float], None] | None = None, *, alone: bool = False
) -> Outcome:
    """In a process of its own, or here. alone: errors are raised."""
    from livespec.session.batch import analyse_file

    told = [0.0, 0.0]

    def now_and_then(seconds: float) -> None:
        told[0] = seconds
        if _stopping is not None and _stopping.is_set():
            raise _StoppedError
        if tell is not None and time.perf_counter() - told[1] > _TELL_EVERY_S:
            told[1] = time.perf_counter()
            tell(seconds)

    try:
        count = analyse_file(job.source, job.target, settings, now_and_then)
    except _StoppedError:
        return Outcome(job, 0, told[0], "stopped")
    except LivespecError as error:
        if alone:
            raise
        return Outcome(job, 0, told[0], error.message)
    return Outcome(job, count, told[0], None)


def _seconds_of(path: Path) -> float:
    from livespec.capture.file import open_sound

    with open_sound(path) as file:
        return float(file.frames / file.samplerate)


def _speed(seconds: float, began: float) -> str:
    return f"{seconds / max(time.perf_counter() - began, 1e-6):.0f} \N{MULTIPLICATION SIGN} real time"
