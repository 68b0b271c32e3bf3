"""`livespec monitor`: the live waterfall, and everything that a run can leave behind."""

import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from livespec.cli.config import check_names
from livespec.config import load, number, user_file
from livespec.errors import DeviceError, LivespecError, UsageError, in_words, suggestion
from livespec.settings import LOOPBACK, Settings

_HEADLESS_DURATION_S: Final = 10.0
_HEADLESS_PICTURE: Final = Path("livespec.png")
_HEADLESS_SIZE: Final = (1280, 800)
_VIEWS: Final = ("window", "terminal", "none")
_POLL_S: Final = 0.02

ViewKind = Literal["window", "terminal", "none"]


@dataclass(frozen=True)
class Run:
    """One run of the command: settings, and what only a run has."""

    settings: Settings
    view: ViewKind
    restore: bool
    speed: float | None
    loop: bool
    listen: bool
    duration: float | None
    pcm: str | None
    record: bool
    force: bool
    export: Path | None
    stats: Path | None
    screenshot: Path | None


def monitor(
    source_word: Annotated[
        str | None, typer.Argument(metavar="SOURCE", help="mic, demo, a file, or - for standard input.")
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="mic|demo|FILE|-", help="The source, as a flag.")] = None,
    device: Annotated[
        str | None, typer.Option(metavar="NAME|INDEX", help="Input device: see 'livespec devices'.")
    ] = None,
    loopback: Annotated[
        bool, typer.Option("--loopback", help="The input that carries what the computer plays: --device loopback.")
    ] = False,
    stand_in: Annotated[
        bool | None, typer.Option("--stand-in", help="While the device is gone, the default input stands in.")
    ] = None,
    channels: Annotated[str | None, typer.Option(metavar="1,2|all", help="Channels to capture.")] = None,
    channel_names: Annotated[
        str | None, typer.Option(metavar="NAME,NAME", help="What the device's channels are called, from the first on.")
    ] = None,
    show: Annotated[
        str | None, typer.Option(metavar="1,2|all|mix|diff", help="What to analyse and export of them.")
    ] = None,
    samplerate: Annotated[str | None, typer.Option(metavar="HZ", help="Default: the source's own.")] = None,
    device_latency: Annotated[
        str | None, typer.Option(metavar="low|high|MS", help="What the device's driver is asked for (default low).")
    ] = None,
    sample_format: Annotated[
        str | None, typer.Option(metavar="float32|int32|int16", help="What the device is asked for (default float32).")
    ] = None,
    exclusive: Annotated[
        bool | None, typer.Option("--exclusive", help="The device for livespec alone (WASAPI, Core Audio).")
    ] = None,
    n_fft: Annotated[
        str | None, typer.Option(metavar="N", help="Window length in samples (default 4096 at 48 kHz).")
    ] = None,
    hop: Annotated[str | None, typer.Option(metavar="N", help="Step between windows (default n_fft / 8).")] = None,
    window: Annotated[
        str | None, typer.Option(metavar="NAME", help="hann, blackmanharris, flattop, kaiser:14 …")
    ] = None,
    precision: Annotated[str | None, typer.Option(metavar="single|double", help="Of the FFT.")] = None,
    padding: Annotated[
        str | None, typer.Option(metavar="N", help="Zero-padding: transform N times the window's length.")
    ] = None,
    multiresolution: Annotated[
        bool | None, typer.Option("--multiresolution", help="Long windows for bass, short ones for treble.")
    ] = None,
    fft: Annotated[
        str | None, typer.Option(metavar="LIBRARY", help="scipy; fftw or mkl where they are installed.")
    ] = None,
    averaging: Annotated[
        str | None,
        typer.Option(metavar="HOW", help="off, fast, slow, exp:SECONDS, mean:COLUMNS, max, max:DB_PER_SECOND."),
    ] = None,
    quantity: Annotated[
        str | None, typer.Option(metavar="level|density", help="dBFS of a sine, or dBFS/Hz of noise.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(metavar="peak|rms", help="A full-scale sine reads 0 dBFS, or −3.01 dBFS rms.")
    ] = None,
    weighting: Annotated[str | None, typer.Option(metavar="Z|A|C", help="Frequency weighting of levels.")] = None,
    sensitivity: Annotated[
        str | None, typer.Option(metavar="DBFS", help="What 94 dB SPL reads in dBFS: levels become dB SPL.")
    ] = None,
    calibration: Annotated[
        str | None, typer.Option(metavar="FILE", help="Correction of the microphone: lines of frequency and dB.")
    ] = None,
    picture: Annotated[
        str | None, typer.Option(metavar="spectrum|mel|chroma", help="What is shown: bins, mel bands, pitch classes.")
    ] = None,
    pitch: Annotated[bool | None, typer.Option("--pitch", help="The pitch as a line over the picture.")] = None,
    scale: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Frequency axis: linear, log, octave, semitone, mel, mel-htk, bark, erb."),
    ] = None,
    fmin: Annotated[str | None, typer.Option(metavar="HZ", help="Lower end of the frequency axis.")] = None,
    fmax: Annotated[str | None, typer.Option(metavar="HZ", help="Upper end of the frequency axis.")] = None,
    range_: Annotated[
        str | None,
        typer.Option(
            "--range", metavar="LO,HI|auto", help="Levels from dark to bright, in the unit of the colour bar."
        ),
    ] = None,
    colormap: Annotated[
        str | None, typer.Option(metavar="NAME", help="magma, viridis, gray … (any of cmap's).")
    ] = None,
    span: Annotated[str | None, typer.Option(metavar="SECONDS", help="Time across the picture (default 10).")] = None,
    history: Annotated[str | None, typer.Option(metavar="SECONDS", help="Sound to keep (default 600).")] = None,
    history_mb: Annotated[
        str | None, typer.Option(metavar="MB", help="And at most so much memory (default 512).")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="voice, music, interface, bass, ultrasonic, presentation."),
    ] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="A TOML file of settings.")] = None,
    view: Annotated[
        str | None,
        typer.Option(
            metavar="window|terminal|none",
            help="Default: a window if there is a display, else the terminal if it is one.",
        ),
    ] = None,
    direction: Annotated[
        str | None, typer.Option(metavar="right|down", help="Where time runs; down: the newest at the top.")
    ] = None,
    trace: Annotated[
        bool | None, typer.Option("--trace/--no-trace", help="The live spectrum beside the waterfall.")
    ] = None,
    peaks: Annotated[bool | None, typer.Option("--peaks/--no-peaks", help="Labels at the strongest tones.")] = None,
    grid: Annotated[bool | None, typer.Option("--grid", help="Lines at the ticks.")] = None,
    piano: Annotated[
        bool | None, typer.Option("--piano", help="Piano keys and notes on a logarithmic frequency axis.")
    ] = None,
    theme: Annotated[str | None, typer.Option(metavar="auto|dark|light", help="Colours of the window.")] = None,
    presenter: Annotated[
        bool | None, typer.Option("--presenter", help="For an audience: full screen, large labels, no controls.")
    ] = None,
    record: Annotated[
        str | None,
        typer.Option(metavar="FILE.wav|.flac", help="Record what is captured; {date}, {time} … in the name."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --record replace a file.")] = False,
    record_format: Annotated[
        str | None, typer.Option(metavar="16|24|float", help="Samples of recordings (default 24; float: WAV alone).")
    ] = None,
    record_split: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="A new file of the recording after so long.")
    ] = None,
    keep_last: Annotated[
        str | None, typer.Option(metavar="SECONDS", help="What L saves of what has already happened (default 30).")
    ] = None,
    trigger: Annotated[
        str | None, typer.Option(metavar="LOW-HIGH:LEVEL", help="When a band is loud: Hz and dBFS, as 2000-8000:-40.")
    ] = None,
    trigger_hold: Annotated[
        str | None, typer.Option(metavar="S", help="An event ends after so long a silence (default 0.5).")
    ] = None,
    trigger_around: Annotated[
        str | None, typer.Option(metavar="S", help="Of sound before and behind it in its clip (default 2).")
    ] = None,
    trigger_log: Annotated[str | None, typer.Option(metavar="FILE.csv|.jsonl", help="A line for each event.")] = None,
    trigger_clips: Annotated[str | None, typer.Option(metavar="FOLDER", help="A clip of the sound of each.")] = None,
    trigger_command: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="Run when one begins, with it as JSON for the last word; no shell."),
    ] = None,
    trigger_url: Annotated[str | None, typer.Option(metavar="URL", help="POST each as JSON when it begins.")] = None,
    fullscreen: Annotated[bool | None, typer.Option("--fullscreen", help="Fill the screen.")] = None,
    restore: Annotated[
        bool, typer.Option("--restore/--no-restore", help="What the window remembers of its last run.")
    ] = True,
    duration: Annotated[str | None, typer.Option(metavar="S", help="End after so many seconds of sound.")] = None,
    speed: Annotated[
        str | None, typer.Option(metavar="X", help="Of a file: 1 real time, 0 as fast as possible.")
    ] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Repeat a file.")] = False,
    listen: Annotated[bool, typer.Option("--listen", help="Hear a file through the loudspeakers, in sync.")] = False,
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="FMT", help="Raw samples on standard input: f32le, s16le, s24le …"),
    ] = None,
    export: Annotated[Path | None, typer.Option(metavar="FILE.npz", help="Write every column.")] = None,
    stats: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Write what was measured.")] = None,
    screenshot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Write the last picture.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: ARG001
) -> None:
    """Show sound as a scrolling spectrogram.

    Keys: ? shows all of them. Space freezes, D opens the controls, M changes the frequency scale, V the picture.
    A holds the range of levels, R records, L saves what has already happened, F fills the screen, Q quits.

    Of a file: Space pauses, Left and Right jump 5 s (with Shift 30 s), Home to the start, R repeats, H hears it.

    In the terminal: the same keys, F aside; ? shows them.
    """
    if source is not None and source_word is not None and source != source_word:
        raise UsageError(f"two sources: {source_word} and --source {source}", "give one of them")
    named = source if source is not None else source_word
    if named == "":
        raise UsageError("the source has no name", "name mic, demo, a file, or - for standard input")
    if loopback:
        if device not in (None, LOOPBACK):
            raise UsageError(f"--loopback and --device {device} exclude each other", "leave one of them out")
        if named not in (None, "mic"):
            raise UsageError(f"--loopback and --source {named} exclude each other", "leave one of them out")
        device = LOOPBACK
    flags = {
        "source": named,
        "device": device,
        "stand_in": stand_in,
        "channels": channels,
        "channel_names": channel_names,
        "show": show,
        "samplerate": samplerate,
        "device_latency": device_latency,
        "sample_format": sample_format,
        "exclusive": exclusive,
        "n_fft": n_fft,
        "hop": hop,
        "window": window,
        "precision": precision,
        "padding": padding,
        "multiresolution": multiresolution,
        "fft": fft,
        "averaging": averaging,
        "quantity": quantity,
        "reference": reference,
        "weighting": weighting,
        "sensitivity": sensitivity,
        "calibration": calibration,
        "picture": picture,
        "pitch": pitch,
        "scale": scale,
        "fmin": fmin,
        "fmax": fmax,
        "range": range_,
        "colormap": colormap,
        "span": span,
        "history": history,
        "history_mb": history_mb,
        "direction": direction,
        "trace": trace,
        "peaks": peaks,
        "grid": grid,
        "piano": piano,
        "theme": theme,
        "record_name": record,
        "record_format": record_format,
        "record_split": record_split,
        "keep_last": keep_last,
        "trigger": trigger,
        "trigger_hold": trigger_hold,
        "trigger_around": trigger_around,
        "trigger_log": trigger_log,
        "trigger_clips": trigger_clips,
        "trigger_command": trigger_command,
        "trigger_url": trigger_url,
        "presenter": presenter,
        "fullscreen": fullscreen,
    }
    given = {key: value for key, value in flags.items() if value is not None}
    seen = _view(view)
    settings = load(preset, config, given, _remembered() if seen == "window" and restore else None)
    chosen = Run(
        settings=settings,
        view=seen,
        restore=restore,
        speed=number("speed", speed) if speed is not None else None,
        loop=loop,
        listen=listen,
        duration=number("duration", duration) if duration is not None else None,
        pcm=format_,
        record=record is not None,
        force=force,
        export=_target(export),
        stats=_target(stats),
        screenshot=_target(screenshot),
    )
    chosen = _with_headless_ending(chosen, view)
    _check(chosen, given)
    for file in (user_file(), config):
        if file is not None and file.exists():
            check_names(file)
    run(chosen)


def run(order: Run) -> None:
    """Do it. Raises `LivespecError`."""
    from livespec.capture.choice import SourceChoice
    from livespec.capture.source import Transport

    source_choice = SourceChoice(
        order.settings,
        order.pcm,
        order.speed,
        order.duration,
        fast=order.view == "none",
        replay=Transport(loop=order.loop, listen=order.listen),
        demo_instead=not (order.record or order.settings.trigger),
    )

    # While the devices are being listed; Qt comes after that, while the capture starts.
    from livespec.display.colormaps import colormap
    from livespec.display.view import view_request
    from livespec.session.monitor import Monitor

    source = source_choice.result()
    if source_choice.note:
        print(f"livespec: {source_choice.note}", file=sys.stderr)
    settings = replace(order.settings, source=order.settings.source or source.info.kind)
    settings = settings.at_rate(source.info.samplerate)
    colormap(settings.colormap)  # a name that is not known is said before anything starts
    view = view_request(settings, source.info.samplerate, _HEADLESS_SIZE[0])
    running, ended = [Monitor(source, settings, view, order.export)], list[dict[str, Any]]()
    if order.screenshot == _HEADLESS_PICTURE:
        print(f"livespec: no display: drawing {source.info.name} to {order.screenshot}", file=sys.stderr)

    def finish() -> None:
        _finish(running, ended, order.stats)

    stop_requests: list[int] = []  # from here on a signal is noted, and looked at where it is safe to stop
    for ending in _endings():
        signal.signal(ending, lambda number, _: stop_requests.append(number))
    try:
        _start(running[-1], order)
        if order.view == "window":
            _run_window(running, ended, order, finish, stop_requests)
        elif order.view == "terminal":
            from livespec.display.terminal.run import run_terminal

            run_terminal(running[-1], order.duration, stop_requests)
            if order.screenshot is not None:  # its columns are narrower than those of a terminal
                running[-1].request(view)
        else:
            _run_headless(running[-1], order, stop_requests)
    finally:
        finish()
    if order.view != "window" and order.screenshot is not None:
        _save_headless_picture(running[-1], order.screenshot)


def _endings() -> list[signal.Signals]:
    """What asks a run to end: a terminal that goes away, too, but not under nohup."""
    endings = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        endings.append(signal.SIGHUP)
    return endings


def _start(monitor: Any, order: Run) -> None:
    from livespec.session.recorder import recording_plan

    if order.record:
        monitor.record(recording_plan(monitor.settings, replaces=order.force))
    monitor.start()


def _write_stats(path: Path, sessions: list[dict[str, Any]]) -> None:
    """The last one's, with the others in them; nothing where nothing was heard."""
    from livespec.session.stats import write_json

    *earlier, last = sessions
    if any(session["captured_samples"] for session in sessions):
        write_json(path, last | {"earlier_sessions": earlier})


def _finish(running: list[Any], ended: list[dict[str, Any]], stats: Path | None) -> None:
    """End the session and write the figures. Raises the first error; all else that went wrong is said before."""
    works = [running[-1].stop]
    if stats is not None:
        works.append(lambda: _write_stats(stats, [*ended, *(session.stats() for session in running)]))
    errors = [error for error in map(_error_of, works) if error is not None]
    _tell([*map(in_words, errors[1:]), *running[-1].troubles])
    if errors:
        raise errors[0]


def _error_of(work: Callable[[], None]) -> Exception | None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - raised once all is said
        return error
    return None


def _tell(troubles: list[str]) -> None:
    """What failed beside the run."""
    for trouble in troubles:
        print(f"livespec: {trouble}", file=sys.stderr)


def _run_window(
    running: list[Any],
    ended: list[dict[str, Any]],
    order: Run,
    finish: Callable[[], None],
    stop_requests: Sequence[int],
) -> None:
    """The window, until it is closed. running: the session; one that takes its place is put behind it.

    ended: the figures of those that were closed; nothing else of them is kept.
    """
    from livespec.capture.choice import SourceChoice
    from livespec.cli import end_at_once
    from livespec.display.view import view_request
    from livespec.display.window.display_loss import heed_display_loss
    from livespec.display.window.main_window import Ending, Rooms, run_window
    from livespec.session.monitor import Monitor

    def save_and_end() -> None:
        saves = running[-1].recording or running[-1].exporting
        error: LivespecError = DeviceError(
            "the display has gone", "what was heard until then is saved" if saves else ""
        )
        try:
            finish()
        except LivespecError as failure:
            error = failure
        finally:
            end_at_once(error)

    heed_display_loss(save_and_end)

    def reopen(settings: Settings) -> Monitor:
        source = SourceChoice(settings, None, None, order.duration, fast=False).result()
        resolved = settings.at_rate(source.info.samplerate)
        monitor = Monitor(source, resolved, view_request(resolved, source.info.samplerate, _HEADLESS_SIZE[0]))
        monitor.start()
        running.append(monitor)
        return monitor

    def let_go(monitor: Monitor) -> None:
        _tell(monitor.troubles)
        ended.append(monitor.stats())
        running.remove(monitor)

    def save_figure(*what: Any) -> None:
        from livespec.figures.plot import save_stretch  # matplotlib: only when it is asked for

        save_stretch(*what)

    ending, rooms = Ending(order.duration, order.screenshot), Rooms(reopen, let_go, save_figure, order.restore)
    run_window(running[-1], ending, rooms, stop_requests)


def _remembered() -> dict[str, Any]:
    """What the window was left with; it must not keep a run from starting."""
    from livespec.display.window.remembered import recall

    remembered = recall().settings
    try:
        Settings(**remembered)
    except UsageError:
        return {}
    return remembered


def _run_headless(monitor: Any, order: Run, stop_requests: Sequence[int]) -> None:
    """Wait for the end: of the sound, of the time, or by a signal."""
    while monitor.poll() and not stop_requests:
        if monitor.waited_in_vain and monitor.source.info.live:
            raise monitor.no_sound()
        if order.duration is not None and monitor.source.info.live and monitor.seconds >= order.duration:
            return
        time.sleep(_POLL_S)


def _save_headless_picture(monitor: Any, path: Path) -> None:
    """The last picture, drawn by the GPU where there is one, else by numpy."""
    from livespec.display.headless import HeadlessCanvas
    from livespec.display.image import render, save_png
    from livespec.display.text import ensure_application
    from livespec.display.view import View

    ensure_application()
    view = View(monitor)
    scene, _ = view.scene(*_HEADLESS_SIZE, 1.0)
    try:
        canvas = HeadlessCanvas(*_HEADLESS_SIZE)
    except Exception:  # noqa: BLE001 - whatever EGL lacks here, numpy draws the same picture
        pixels = render(scene)
    else:
        pixels = canvas.render(scene)
        canvas.close()
    save_png(pixels, path)
    print(f"livespec: the picture is in {path}", file=sys.stderr)


def _target(path: Path | None) -> Path | None:
    """Where an output really goes: what a link points to is replaced, not the link."""
    return path.resolve() if path is not None and path.is_symlink() else path


def _view(wanted: str | None) -> ViewKind:
    if wanted is not None and wanted not in _VIEWS:
        near = suggestion(wanted, list(_VIEWS))
        raise UsageError(
            f"view = {wanted!r} is not known{': ' + near if near else ''}",
            f"use {', '.join(_VIEWS[:-1])} or {_VIEWS[-1]}",
        )
    if wanted == "none":
        return "none"
    if wanted == "terminal":
        _check_terminal()
        return "terminal"
    from livespec.display.screen import has_display, has_terminal

    if has_display():
        return "window"
    if wanted == "window":
        raise DeviceError(
            "there is no display for a window",
            "use --view none or --view terminal, or start it where there is a screen",
        )
    return "terminal" if has_terminal() else "none"


def _check_terminal() -> None:
    from livespec.display.screen import is_terminal

    if sys.platform == "win32":
        raise DeviceError("the terminal view is not available on Windows", "use --view window or none")
    if not is_terminal(sys.stdout):
        raise DeviceError(
            "stdout is no terminal to show a picture in", "use --view none, or start it without > or | behind it"
        )


def _with_headless_ending(order: Run, wanted_view: str | None) -> Run:
    """Nowhere to show it, and no word about what to leave: a picture, of what does not end after ten seconds."""
    if order.view != "none" or wanted_view is not None:
        return order
    if order.export or order.stats or order.screenshot:
        return order
    if order.duration is None and order.settings.source in (None, "mic", "demo"):
        order = replace(order, duration=_HEADLESS_DURATION_S)
    return replace(order, screenshot=_HEADLESS_PICTURE)


def _check(order: Run, given: dict[str, Any]) -> None:
    """Combinations that cannot be, and files that could not be written."""
    from livespec.session.stats import check_writable

    source = order.settings.source
    if order.pcm is not None and source != "-":
        raise UsageError(
            "--format is for standard input",
            "for example: livespec - --format s16le --samplerate 48000 --channels 1",
        )
    if "device" in given and source not in (None, "mic"):
        raise UsageError(f"--device and --source {source} exclude each other", "leave one of them out")
    if given.get("fullscreen") and order.view != "window":
        raise UsageError("--fullscreen needs a window", f"leave it or --view {order.view} out")
    acts = sorted(key for key in given if key.startswith("trigger_"))
    if acts and order.settings.trigger is None:
        raise UsageError(
            f"--{acts[0].replace('_', '-')} is for --trigger", "say when: --trigger LOW-HIGH:LEVEL, as 2000-8000:-40"
        )
    _check_recording(order)
    _check_replay(order)
    written = [path for path in (order.export, order.stats, order.screenshot) if path is not None]
    if len({path.resolve() for path in written}) < len(written):
        raise UsageError("two outputs have the same name", "give each of --export, --stats, --screenshot its own")
    if (
        source is not None
        and Path(source).exists()
        and any(path.exists() and path.samefile(source) for path in written)
    ):
        raise UsageError(f"{source} would be overwritten by its own analysis", "choose another name for the output")
    check_writable(written)


def _check_recording(order: Run) -> None:
    """Of what is a file already there is nothing to record."""
    if order.record and order.settings.source not in (None, "mic", "demo", "-"):
        raise UsageError(f"{order.settings.source} is a file already: there is nothing to record", "leave --record out")
    if order.force and not order.record:
        raise UsageError("--force is for --record", "leave it out: other outputs are replaced anyway")


def _check_replay(order: Run) -> None:
    """What only a file can, and only at a pace."""
    for flag, wanted in (("--loop", order.loop), ("--listen", order.listen)):
        if wanted and order.settings.source in (None, "mic", "demo", "-"):
            raise UsageError(f"{flag} is for files", "name one, for example: livespec song.flac")
        if wanted and order.speed == 0:
            raise UsageError(f"{flag} needs a pace, and --speed 0 has none", "leave --speed out, or give one above 0")
    if order.listen and order.view == "none":
        raise UsageError("--listen needs the window", "leave it or --view none out")
    if order.loop and order.view == "none" and (order.speed is None or order.duration is None):
        raise UsageError("without a window --loop would never end", "give a --speed and a --duration")
    if order.loop and order.export is not None:
        raise UsageError(
            "--loop and --export exclude each other: an export is one unbroken run", "leave one of them out"
        )
