"""What there is to show a picture on, asked without Qt: Qt ends the process where it cannot open a window."""

import ctypes
import ctypes.util
import os
import sys
from pathlib import Path
from typing import TextIO


def has_display() -> bool:
    """True where Qt will find a screen."""
    if sys.platform in ("win32", "darwin"):
        return True
    if os.environ.get("QT_QPA_PLATFORM", "").startswith(("offscreen", "minimal")):
        return False  # there is no OpenGL
    wayland = os.environ.get("WAYLAND_DISPLAY")
    if wayland and Path(os.environ.get("XDG_RUNTIME_DIR", "/"), wayland).exists():
        return True
    return bool(os.environ.get("DISPLAY")) and _x_server_answers()


def has_terminal() -> bool:
    """True where a person sees stdout and can press keys: on stdin, or where that is the sound, on /dev/tty."""
    if sys.platform == "win32" or os.environ.get("TERM", "dumb") == "dumb" or not is_terminal(sys.stdout):
        return False
    return (is_terminal(sys.stdin) or _has_controlling_terminal()) and _in_the_foreground()


def is_terminal(stream: TextIO | None) -> bool:
    """Whether it is there and is a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def _has_controlling_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _in_the_foreground() -> bool:
    """Not started with &: who asks for keys there is stopped."""
    try:
        return os.tcgetpgrp(sys.stdout.fileno()) == os.getpgrp()
    except OSError:  # a terminal, but not that of this session: nobody is stopped
        return True


def _x_server_answers() -> bool:
    name = ctypes.util.find_library("xcb")
    if name is None:
        return True  # Qt will say what it lacks
    xcb = ctypes.CDLL(name)
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    # Not closed again: a server whose last client goes resets itself, and Qt would meet it at that.
    return bool(xcb.xcb_connection_has_error(connection) == 0)
