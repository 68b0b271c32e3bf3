"""The command line: one file a command; all errors are shown here, in one or two lines on stderr.

Light to import: `livespec --help` loads neither Qt nor vispy nor scipy.
"""

import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from livespec.errors import LivespecError, suggestion

_USAGE, _DEFECT = 2, 1
_STDERR = 2
_INTERRUPTED = 130  # what typer makes of a KeyboardInterrupt; to us, ending a program is no error
COMMANDS = ("monitor", "render", "analyze", "devices", "doctor", "bench", "config")
_GLOBAL_FLAGS = ("--help", "-h", "--version")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code: 0 fine, 1 a defect, 2 wrong use, 3 device or display, 4 file."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    # Before numpy is loaded. Nothing here is large matrices; a fork waits for such threads, and Qt's D-Bus forks.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _keep_standard_descriptors()
    _write_what_the_terminal_has()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, until a run has its own way to end
    try:
        sys.exit(_run(_with_command(given)))
    except LivespecError as error:
        if debug:
            raise
        _say(error.message, _near_command(given, error) or error.hint)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(0)
    except Exception as error:
        if debug:
            raise
        if hasattr(error, "format_message"):  # typer's and click's own words for wrong use
            if message := _first_line(error.format_message()):  # a bare `livespec config` has shown its help
                _say(message, _flag_hint(error))
            sys.exit(_USAGE)
        _say(
            f"a defect of livespec: {type(error).__name__}: {_first_line(str(error))}",
            "please report it with what 'livespec --debug …' prints",
        )
        sys.exit(_DEFECT)


def end_at_once(error: LivespecError) -> NoReturn:
    """Say what happened where nothing can be raised, and end: no thread is waited for, nothing else is tidied up."""
    _say(error.message, error.hint)
    sys.stderr.flush()
    os._exit(error.exit_code)


def _keep_standard_descriptors() -> None:
    """Daemons close 0, 1 and 2: nothing else may become one of them, least of all what a child inherits."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        pass
    os.close(descriptor)


def _write_what_the_terminal_has() -> None:
    """A character that the encoding of stdout lacks becomes a question mark; it is no reason to break off."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _run(arguments: list[str]) -> int:
    from livespec.cli.app import app

    try:
        code = app(arguments, prog_name="livespec", standalone_mode=False)
    except SystemExit:  # typer's answer to a reader of our output that has gone, as head does
        return 0
    return code if isinstance(code, int) and code != _INTERRUPTED else 0


def _with_command(given: list[str]) -> list[str]:
    """A first word that is no command is a source: `livespec song.flac` is `livespec monitor song.flac`."""
    if given and (given[0] in COMMANDS or given[0] in _GLOBAL_FLAGS):
        return given
    return ["monitor", *given]


def _near_command(given: list[str], error: LivespecError) -> str:
    """A mistyped command was taken for a file."""
    if not given or given[0] in COMMANDS or "no such file" not in error.message or "." in given[0] or "/" in given[0]:
        return ""
    return suggestion(given[0], list(COMMANDS))


def _flag_hint(error: Exception) -> str:
    wrong = getattr(error, "option_name", None)
    possible = getattr(error, "possibilities", None) or []
    near = suggestion(wrong, list(possible)) if wrong else ""
    return near or "'livespec --help' lists the commands, 'livespec monitor --help' the flags"


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0].split(" (Possible options")[0] if lines else ""


def _say(message: str, hint: str) -> None:
    print(f"livespec: {message}", file=sys.stderr)
    if hint:
        print(f"  {hint}", file=sys.stderr)
