"""What a person can ask of the window: a name, keys, a menu. Menus, keys and the overlay of keys are made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu


@dataclass(frozen=True)
class Command:
    """name: what it does, in English, for `tr`. checked: whether it is on, where it can be; menu: empty for none."""

    menu: str
    name: str
    keys: tuple[str, ...]
    act: Callable[[], object]
    checked: Callable[[], bool] | None = None


MENUS = ("File", "View", "Analysis", "Time", "Levels", "Play", "Help")


def translated(text: str) -> str:
    """In the person's language, where there is a translation."""
    return QCoreApplication.translate("livespec", text)


def keys_text(command: Command) -> str:
    """As a person reads them."""
    return "  ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in command.keys)


def add_commands(window: QMainWindow, commands: list[Command], after: Callable[[], None]) -> None:
    """Menus and keys. after: called when a command was done. Keys work without the menu bar, too."""
    menus: dict[str, QMenu] = {}
    for name in MENUS:
        if any(command.menu == name for command in commands):
            menus[name] = window.menuBar().addMenu(f"&{translated(name)}")
    for command in commands:
        action = QAction(translated(command.name), window)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.triggered.connect(partial(_do, command.act, after))
        window.addAction(action)
        if command.menu:
            menus[command.menu].addAction(action)
        if command.checked is not None:
            action.setCheckable(True)
            if command.menu:
                menus[command.menu].aboutToShow.connect(
                    lambda action=action, checked=command.checked: action.setChecked(checked())
                )


def _do(act: Callable[[], object], after: Callable[[], None], _checked: bool = False) -> None:  # noqa: FBT001, FBT002
    act()
    after()
