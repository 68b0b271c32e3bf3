"""A display that goes away while the window is open: Qt and Xlib end the process at once then, unsaved as things are.

Before they do, Qt says so. That message is the last moment in which anything can be saved.
"""

import sys
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_SAID_BY_QT: Final = "connection broke"  # "The X11 connection broke …", "The Wayland connection broke …"


def heed_display_loss(lost: Callable[[], None]) -> None:
    """From now on `lost` is called when the display has gone; the process ends soon after it returns, if not in it."""

    def hear(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if _SAID_BY_QT in text:
            lost()
        else:
            sys.stderr.write(f"{text}\n")

    qInstallMessageHandler(hear)
