"""Whether a window can be opened, asked without Qt: Qt ends the process where it cannot."""

import ctypes
import ctypes.util
import os
import sys
from pathlib import Path


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


def _x_server_answers() -> bool:
    name = ctypes.util.find_library("xcb")
    if name is None:
        return True  # Qt will say what it lacks
    xcb = ctypes.CDLL(name)
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    # Not closed again: a server whose last client goes resets itself, and Qt would meet it at that.
    return bool(xcb.xcb_connection_has_error(connection) == 0)
