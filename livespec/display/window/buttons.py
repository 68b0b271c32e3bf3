"""The buttons of the bars below the picture."""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QToolButton

from livespec.display.window.focus import PRESSES, with_own_keys
from livespec.display.window.icons import ICON_PX


class TabButton(QToolButton):
    """Reached by Tab alone, so that a click leaves the keys with the window; Space and Enter press it then."""

    def __init__(self) -> None:
        super().__init__()
        with_own_keys(self, PRESSES)
        self.setIconSize(QSize(ICON_PX, ICON_PX))

    def event(self, event: QEvent) -> bool:
        pressing = isinstance(event, QKeyEvent) and event.key() in PRESSES
        if event.type() == QEvent.Type.KeyPress and pressing:
            if self.menu() is None:
                self.click()
            else:
                self.showMenu()
            return True
        return super().event(event)

    def say(self, icon: QIcon, name: str, key: str) -> None:
        """What it does now."""
        self.setIcon(icon)
        self.setAccessibleName(name)
        self.setToolTip(f"{name} ({key})")
