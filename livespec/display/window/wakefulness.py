"""Keeps the display from going to sleep while somebody presents, by what each system has for it."""

import os
import subprocess
import sys
from typing import Any, Final

_WHY: Final = "presenting a spectrogram"
_CONTINUOUS, _DISPLAY_REQUIRED = 0x80000000, 0x2


class Wakefulness:
    """The GUI thread's. What cannot be had is left: the picture is shown all the same."""

    def __init__(self) -> None:
        self._cookie: Any = None
        self._child: subprocess.Popen[bytes] | None = None

    def hold(self) -> None:
        """From now on, until `release`."""
        if sys.platform == "darwin":
            command = ["/usr/bin/caffeinate", "-d", "-w", str(os.getpid())]
            self._child = subprocess.Popen(command)  # noqa: S603 - all of it is ours
        elif sys.platform == "win32":
            import ctypes

            ctypes.windll.kernel32.SetThreadExecutionState(_CONTINUOUS | _DISPLAY_REQUIRED)
        else:
            self._cookie = self._ask_desktop("Inhibit", "livespec", _WHY)

    def release(self) -> None:
        """The display may sleep again."""
        if self._child is not None:
            self._child.terminate()
            self._child = None
        elif sys.platform == "win32":
            import ctypes

            ctypes.windll.kernel32.SetThreadExecutionState(_CONTINUOUS)
        elif self._cookie is not None:
            self._ask_desktop("UnInhibit", self._cookie)
            self._cookie = None

    @staticmethod
    def _ask_desktop(method: str, *arguments: Any) -> Any:
        """What freedesktop.org's screen saver service answers; None where there is no such service."""
        if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
            return None
        from PySide6.QtDBus import QDBusConnection, QDBusMessage

        call = QDBusMessage.createMethodCall(
            "org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver", method
        )
        call.setArguments(list(arguments))
        answer = QDBusConnection.sessionBus().call(call, timeout=500)
        found = answer.arguments()
        return found[0] if answer.type() == QDBusMessage.MessageType.ReplyMessage and found else None
