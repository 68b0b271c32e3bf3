"""A screen to draw on: the one that is there, or a virtual one for the length of a benchmark."""

import contextlib
import os

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
