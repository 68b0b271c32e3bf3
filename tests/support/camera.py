"""Fast looks at a virtual screen: pixels and the moment that they are of, for what moves.

Xlib by ctypes: a look takes a millisecond or two, where ImageMagick takes a tenth of a second.
"""

import contextlib
import ctypes
import ctypes.util
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from livespec.core.arrays import Uint8Array
from tests.support.virtual_screen import VirtualScreen

_Z_PIXMAP, _ALL_PLANES = 2, 0xFFFFFFFF


class _Image(ctypes.Structure):
    """The beginning of an XImage."""

    _fields_ = (
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("xoffset", ctypes.c_int),
        ("format", ctypes.c_int),
        ("data", ctypes.c_void_p),
        ("byte_order", ctypes.c_int),
        ("bitmap_unit", ctypes.c_int),
        ("bitmap_bit_order", ctypes.c_int),
        ("bitmap_pad", ctypes.c_int),
        ("depth", ctypes.c_int),
        ("bytes_per_line", ctypes.c_int),
    )


class Look(NamedTuple):
    """pixels: (height, width) of the green channel; at: second of `perf_counter`."""

    at: float
    pixels: Uint8Array


class Camera:
    """One connection to the screen; made by `camera`."""

    def __init__(self, x11: ctypes.CDLL, display: ctypes.c_void_p) -> None:
        self._x11, self._display = x11, display
        self._root = ctypes.c_ulong(x11.XDefaultRootWindow(display))

    def look(self, x: int, y: int, width: int, height: int) -> Look:
        """A rectangle of the screen, now."""
        before = time.perf_counter()
        image = self._x11.XGetImage(self._display, self._root, x, y, width, height, _ALL_PLANES, _Z_PIXMAP)
        at = (before + time.perf_counter()) / 2
        try:
            head = image.contents
            raw = ctypes.string_at(head.data, head.bytes_per_line * height)
        finally:
            self._x11.XDestroyImage(image)
        lines = np.frombuffer(raw, np.uint8).reshape(height, -1)[:, : width * 4]
        return Look(at, lines.reshape(height, width, 4)[:, :, 1])


@contextlib.contextmanager
def camera(screen: VirtualScreen) -> Iterator[Camera]:
    x11 = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XDefaultRootWindow.restype = ctypes.c_ulong
    x11.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
    x11.XGetImage.restype = ctypes.POINTER(_Image)
    x11.XGetImage.argtypes = [
        *(ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_int),
        *(ctypes.c_uint, ctypes.c_uint, ctypes.c_ulong, ctypes.c_int),
    ]
    display = ctypes.c_void_p(x11.XOpenDisplay(screen.environment["DISPLAY"].encode()))
    try:
        yield Camera(x11, display)
    finally:
        x11.XCloseDisplay(display)
