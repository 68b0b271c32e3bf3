"""Who has the keys: the picture, unless a person went to a control with Tab; it then has those that it is worked by."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

Key = Qt.Key
PRESSES = (Key.Key_Space, Key.Key_Return, Key.Key_Enter)
CHOOSES = (*PRESSES, Key.Key_Up, Key.Key_Down, Key.Key_PageUp, Key.Key_PageDown, Key.Key_Home, Key.Key_End)
COUNTS = (Key.Key_Return, Key.Key_Enter, Key.Key_Escape, Key.Key_Up, Key.Key_Down, Key.Key_PageUp, Key.Key_PageDown)


class _OwnKeys(QObject):
    """Takes keys before the window's shortcuts do."""

    def __init__(self, keys: Iterable[Key], widget: QWidget) -> None:
        super().__init__(widget)
        self._keys = frozenset(keys)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
            if plain and event.key() in self._keys:
                event.accept()
                return True
        return super().eventFilter(watched, event)


def with_own_keys(widget: QWidget, keys: Iterable[Key], *, by_click: bool = False) -> None:
    """Let a control have the focus by Tab (and by a click, where one types into it), and these keys while it has it."""
    widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus if by_click else Qt.FocusPolicy.TabFocus)
    widget.installEventFilter(_OwnKeys(keys, widget))
