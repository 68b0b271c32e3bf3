"""A screen to draw on: the one that is there, or a virtual one for the length of a benchmark."""

import contextlib
import os
import subprocess
import sys

from livespec.display.screen import has_display
from tests.support.virtual_screen import VirtualScreen


@contextlib.contextmanager
def screen():
    """The environment for programs that open a window."""
    if has_display():
        yield dict(os.environ)
        return
    with VirtualScreen() as virtual:
        yield os.environ | virtual.environment


def last_line_of(module, *words, environment):
    """What a program of `benchmarks.windows` prints at its end."""
    command = [sys.executable, "-m", f"benchmarks.windows.{module}", *words]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()[-1]
