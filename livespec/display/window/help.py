"""The overlay of keys, and what the program is."""

import sys

import numpy as np
from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QEvent, Qt, qVersion
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from livespec import __version__
from livespec.display.window.commands import MENUS, Command, keys_text, translated

_COLUMNS = 3
_MOUSE = (
    ("Wheel", "Back in time, and forth"),
    ("Ctrl + wheel", "Zoom time"),
    ("Shift + wheel", "Zoom frequency"),
    ("Drag", "Move time and frequency"),
    ("Click", "A marker, then a second one"),
    ("Right click", "Remove markers"),
    ("Axes: wheel, drag", "Zoom, move; double-click: all, now"),
    ("Colour bar: drag", "Range of levels; double-click: automatic"),
    ("Click a meter", "That channel alone"),
)


class Overlay(QDialog):
    """A sheet over the window that any key or click takes away."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent, Qt.WindowType.FramelessWindowHint | Qt.WindowType.Dialog)
        self.setAccessibleName(name)
        self.setWindowTitle(f"livespec: {name}")
        self.setStyleSheet("QDialog { border: 1px solid #485260; } QLabel#key { font-weight: bold; }")

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.reject()

    def keyPressEvent(self, _event: QKeyEvent) -> None:
        self.reject()

    def show_over(self) -> None:
        """In the middle of its window."""
        parent = self.parentWidget()
        assert parent is not None
        self.adjustSize()
        middle = parent.mapToGlobal(parent.rect().center())
        room = self.screen().availableGeometry()
        x, y = middle.x() - self.width() // 2, middle.y() - self.height() // 2
        self.move(max(room.left(), min(x, room.right() - self.width())), max(room.top(), y))
        self.show()
        self.activateWindow()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowDeactivate:
            self.reject()
        return super().event(event)


def keys_overlay(parent: QWidget, commands: list[Command]) -> Overlay:
    """Every key, menu by menu, and what the mouse does."""
    overlay = Overlay(parent, parent.tr("Keys"))
    grid = QGridLayout(overlay)
    grid.setContentsMargins(24, 16, 24, 20)
    grid.setHorizontalSpacing(32)
    groups = [
        (translated(menu), [(keys_text(c), translated(c.name)) for c in commands if c.menu == menu and c.keys])
        for menu in MENUS
    ]
    groups.append((translated("Mouse"), [(translated(a), translated(b)) for a, b in _MOUSE]))
    columns: list[QVBoxLayout] = [QVBoxLayout() for _ in range(_COLUMNS)]
    filled = [0] * _COLUMNS
    for heading, lines in groups:
        if not lines:
            continue
        number = int(np.argmin(filled))
        filled[number] += len(lines) + 2
        label = _label(heading, "heading")
        label.setIndent(0)
        columns[number].addWidget(label)
        table = QGridLayout()
        table.setHorizontalSpacing(16)
        table.setVerticalSpacing(2)
        for row, (keys, words) in enumerate(lines):
            table.addWidget(_label(keys, "key"), row, 0)
            table.addWidget(_label(words, "words"), row, 1)
        table.setColumnStretch(1, 1)
        columns[number].addLayout(table)
    for number, column in enumerate(columns):
        column.addStretch(1)
        grid.addLayout(column, 0, number)
    return overlay


def about_overlay(parent: QWidget, renderer: str) -> Overlay:
    """Versions, and what draws."""
    overlay = Overlay(parent, parent.tr("About livespec"))
    column = QVBoxLayout(overlay)
    column.setContentsMargins(32, 24, 32, 24)
    title = _label(f"livespec {__version__}", "title")
    title.setStyleSheet("font-size: 18px; font-weight: bold;")
    column.addWidget(title)
    lines = [
        parent.tr("A real-time spectrogram monitor. MIT licence."),
        "",
        f"OpenGL: {renderer}",
        f"Python {sys.version.split()[0]} · Qt {qVersion()} · PySide {pyside_version} · numpy {np.__version__}",
        parent.tr("'livespec doctor' tests it on this machine."),
    ]
    for line in lines:
        column.addWidget(_label(line, "line"))
    return overlay


def _label(text: str, name: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    return label
