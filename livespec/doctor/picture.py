"""Can the picture be drawn? The screen, and what the probe finds about OpenGL.

The probe is a process of its own: Qt and graphics drivers may crash or hang whoever asks them.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from livespec.display.screen import has_display
from livespec.doctor.finding import Check, Finding

_PROBE: Final = (sys.executable, "-m", "livespec.doctor.picture_probe")
_PATIENCE_S: Final = 8.0
_ADVICE: Final = (
    "update the graphics driver, or install the library that is named; LIBGL_ALWAYS_SOFTWARE=1 draws without the driver"
)


def check_picture(probe: Sequence[str] = _PROBE, patience_s: float = _PATIENCE_S) -> Iterator[Finding]:
    """probe: a command that prints one finding a line, as JSON."""
    yield from Check("a screen for the window", _screen).findings()
    yield from Check("the picture", partial(_probed, probe, patience_s)).findings()


def _screen() -> Iterator[Finding]:
    there = has_display()
    yield Finding("a screen for the window", "ok" if there else "absent", "there" if there else "not there")


def _probed(probe: Sequence[str], patience_s: float) -> Iterator[Finding]:
    try:
        done = subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, timeout=patience_s, check=False)  # noqa: S603 - our own
    except subprocess.TimeoutExpired as expired:
        said, trouble = expired.stdout or b"", f"no answer within {patience_s:g} s"
    else:
        said, trouble = done.stdout, _trouble(done)
    for line in said.splitlines():
        yield Finding(**json.loads(line))
    if trouble:
        yield Finding("the picture", "failed", trouble, "", _ADVICE)


def _trouble(done: subprocess.CompletedProcess[bytes]) -> str:
    """How it ended, in a line; empty where it ended well."""
    if done.returncode == 0:
        return ""
    last_words = done.stderr.decode(errors="replace").strip().splitlines()[-1:]  # of a traceback: the exception
    if done.returncode < 0:
        return ": ".join([f"ended by {signal.Signals(-done.returncode).name}", *last_words])
    return last_words[0] if last_words else f"exit code {done.returncode}"
