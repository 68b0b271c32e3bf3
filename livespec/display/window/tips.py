"""Tips that go on being right while they are open."""

from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QToolTip, QWidget


def tip_is_open(widget: QWidget) -> bool:
    """Not once the pointer has left: Qt is about to close it then, and would be kept from it."""
    return widget.underMouse() and QToolTip.isVisible() and QToolTip.text() == widget.toolTip()


def renew_tip(widget: QWidget, text: str) -> None:
    """What the tip of a widget says; one that is open says it at once, and stays while that changes."""
    if widget.toolTip() == text:
        return
    is_open = tip_is_open(widget)
    widget.setToolTip(text)
    if is_open:
        QToolTip.showText(QCursor.pos(), text, widget)
