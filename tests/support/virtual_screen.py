"""A screen that nobody sees: Xvfb, what is on it as pixels, and the hands of a user.

Needs: xvfb xdotool imagemagick.
"""

import ctypes
import ctypes.util
import os
import subprocess
from typing import Self

import numpy as np

from livespec.core.arrays import Uint8Array
from tests.support.program import Program, needed, wait_until

WIDTH, HEIGHT = 1400, 900


class VirtualScreen:
    """Use as a context manager; `environment` (a part of one) is for the programs that shall open a window on it."""

    def __enter__(self) -> Self:
        reader, writer = os.pipe()
        command = [
            needed("Xvfb"),
            "-displayfd",
            str(writer),
            "-screen",
            "0",
            f"{WIDTH}x{HEIGHT}x24",
            "-nolisten",
            "tcp",
            "-noreset",  # else it begins anew, deaf for a moment, whenever its last client goes
        ]
        self._server = subprocess.Popen(
            command, pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(writer)
        with os.fdopen(reader) as lines:
            number = lines.readline().strip()
        assert number, "Xvfb ended before it had a display"
        self.environment = {"DISPLAY": f":{number}"}
        return self

    def vanish(self) -> None:
        """As when the server crashes or the session ends."""
        self._server.kill()
        self._server.wait()

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait()

    def capture(self) -> Uint8Array:
        """(HEIGHT, WIDTH, 3): what a person would see."""
        raw = self._run("import", "-window", "root", "-depth", "8", "rgb:-", text=False).stdout
        return np.frombuffer(raw, np.uint8).reshape(HEIGHT, WIDTH, 3)

    def window_of(self, program: Program) -> "ScreenWindow":
        """Its window, once it is on the screen and has the keyboard (no window manager gives it that)."""
        found: list[str] = []

        def there() -> bool:
            assert program.runs, program.end()
            # Of the root's children alone: the picture is a window in the window, of the same name and process, and
            # would be taken for it where the outer one was mapped between the two looks.
            search = ("search", "--maxdepth", "1", "--onlyvisible", "--pid", str(program.process.pid))
            found[:] = self._run("xdotool", *search, "--name", "livespec", check=False).stdout.split()
            return bool(found)

        wait_until(there, "livespec has a window", 20)
        window = ScreenWindow(self, found[0])
        window.focus()
        return window

    def _run(self, tool: str, *words: str, check: bool = True, text: bool = True) -> subprocess.CompletedProcess:
        command = [needed(tool), *words]
        return subprocess.run(
            command, env=dict(os.environ) | self.environment, capture_output=True, text=text, check=check, timeout=20
        )


class ScreenWindow:
    """One window, and what a user does to it."""

    def __init__(self, screen: VirtualScreen, number: str) -> None:
        self._screen, self._number = screen, number

    def key(self, name: str) -> None:
        """Press and let go."""
        self._do("key", "--clearmodifiers", name)

    def keys(self, *names: str) -> None:
        """One after another, without waiting for what they do."""
        self._do("key", "--clearmodifiers", *names)

    def click(self, x: int, y: int) -> None:
        """With the left button, at a place of the screen."""
        self._do("mousemove", str(x), str(y), "click", "1")

    def point(self, x: int, y: int) -> None:
        """The pointer, to a place of the screen."""
        self._do("mousemove", str(x), str(y))

    def double_click(self, x: int, y: int) -> None:
        """With the left button."""
        self._do("mousemove", str(x), str(y), "click", "--repeat", "2", "--delay", "60", "1")

    def drag(self, x: int, y: int, to_x: int, to_y: int) -> None:
        """With the left button, in some steps."""
        self._do("mousemove", str(x), str(y), "mousedown", "1")
        for step in range(1, 6):
            self._do("mousemove", str(x + (to_x - x) * step // 5), str(y + (to_y - y) * step // 5))
        self._do("mouseup", "1")

    def wheel(self, notches: int, held: str | None = None) -> None:
        """Where the pointer is; away from the user is more than 0. held: a key."""
        turn = ("click", "--repeat", str(abs(notches)), "--delay", "40", "4" if notches > 0 else "5")
        if held is None:
            self._do(*turn)
        else:
            self._do("keydown", held, *turn, "keyup", held)

    def resize(self, width: int, height: int) -> None:
        self._do("windowsize", self._number, str(width), str(height))

    def move(self, x: int, y: int) -> None:
        self._do("windowmove", self._number, str(x), str(y))

    def focus(self) -> None:
        self._do("windowfocus", "--sync", self._number)

    def hide(self) -> None:
        self._do("windowunmap", "--sync", self._number)

    def show(self) -> None:
        self._do("windowmap", "--sync", self._number)
        self.focus()

    def close(self) -> None:
        """What the cross in the title bar does: the window manager's WM_DELETE_WINDOW."""
        x11 = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XInternAtom.restype = ctypes.c_ulong
        display = ctypes.c_void_p(x11.XOpenDisplay(self._screen.environment["DISPLAY"].encode()))
        protocols = x11.XInternAtom(display, b"WM_PROTOCOLS", 0)
        wanted = x11.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
        number = int(self._number)
        event = _ClientMessage(_CLIENT_MESSAGE, 0, 1, None, number, protocols, 32, (wanted, 0, 0, 0, 0))
        x11.XSendEvent(display, ctypes.c_ulong(number), 0, ctypes.c_long(0), ctypes.byref(event))
        x11.XCloseDisplay(display)

    def _do(self, *words: str) -> None:
        self._screen._run("xdotool", *words)


_CLIENT_MESSAGE = 33


class _ClientMessage(ctypes.Structure):
    """XClientMessageEvent, padded to the size of an XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("padding", ctypes.c_long * 24),
    )
