"""What widgets look like."""

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu

from livespec.display.theme import AMBER, DARK
from livespec.display.window.style import style_sheet


def test_entries_of_a_menu_begin_below_one_another_ticked_or_not():
    menu = QMenu()
    menu.setStyleSheet(style_sheet(DARK))
    for checkable, checked in ((True, True), (True, False), (False, False)):
        action = menu.addAction("Grid")
        action.setCheckable(checkable)
        action.setChecked(checked)
    menu.ensurePolished()
    menu.resize(menu.sizeHint())
    image = menu.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels = pixels[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    rows = [menu.actionGeometry(action) for action in menu.actions()]
    entries = [pixels[row.top() : row.bottom() + 1, row.left() : row.right() + 1].astype(int) for row in rows]
    ticked, *others = entries
    assert (ticked[:, :20] == AMBER).all(axis=2).any()
    for other in others:
        assert not (other[:, :20] == AMBER).all(axis=2).any()
        assert (other[:, 20:] == ticked[:, 20:]).all()
