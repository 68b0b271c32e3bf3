"""Who has the keys: the picture, but for a control that a person went to with Tab."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QDoubleSpinBox, QMainWindow, QPushButton, QWidget

from livespec.display.view import View
from livespec.display.window.dock import Controls

Key = Qt.Key
SHORTCUTS = ("Space", "Up", "Down", "Home", "PgUp", "Esc", "Return", "N", "9")


class Window(QMainWindow):
    """A picture, the dock, and keys that are the window's: `heard`."""

    def __init__(self, view, monitor):
        super().__init__()
        self.picture = QWidget()
        self.picture.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCentralWidget(self.picture)
        self.controls = Controls(view, monitor, self.after)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.controls)
        self.heard = []
        for key in SHORTCUTS:
            action = QAction(key, self)
            action.setShortcut(QKeySequence(key))
            action.triggered.connect(lambda _checked=False, key=key: self.heard.append(key))
            self.addAction(action)

    def after(self):
        """As the main window does it."""
        if self.controls.are_typed_into():
            self.picture.setFocus()

    def press(self, key):
        """Of whatever has the focus."""
        QTest.keyClick(QApplication.focusWidget(), key)

    def tab_to(self, widget):
        for _ in range(100):
            self.press(Key.Key_Tab)
            if widget.hasFocus():
                return
        pytest.fail("Tab does not lead there")

    def named(self, kind, name):
        found = self.controls.findChildren(kind)
        return next(one for one in found if name in (one.accessibleName(), getattr(one, "text", str)()))


@pytest.fixture
def view(monitor):
    made = View(monitor)
    made.scene(900, 600, 1.0)
    return made


@pytest.fixture
def window(view, monitor):
    made = Window(view, monitor)
    made.resize(1000, 700)
    made.show()
    made.activateWindow()
    made.picture.setFocus()
    QApplication.processEvents()
    assert made.picture.hasFocus()
    yield made
    made.close()


def test_a_check_box_that_tab_led_to_has_the_space_bar_again_and_again(window, view):
    box = window.named(QCheckBox, "Grid")
    window.tab_to(box)
    for grid in (True, False, True):
        window.press(Key.Key_Space)
        assert (view.settings.grid, box.isChecked()) == (grid, grid)
    assert window.heard == []
    window.press(Key.Key_N)
    assert window.heard == ["N"]


def test_a_list_that_tab_led_to_is_walked_through_and_opened_by_keys(window, view):
    box = window.named(QComboBox, "Window")
    window.tab_to(box)
    first = box.currentIndex()
    for number, key in ((first + 1, Key.Key_Down), (first + 2, Key.Key_Down), (first + 1, Key.Key_Up)):
        window.press(key)
        assert view.settings.window == box.itemData(number)
        assert box.hasFocus()
    window.press(Key.Key_Home)
    assert view.settings.window == box.itemData(0)
    for key in (Key.Key_Space, Key.Key_Return):
        assert not box.view().isVisible()
        window.press(key)
        assert box.view().isVisible()
        box.hidePopup()
    assert window.heard == []


def test_a_number_is_counted_by_keys_and_holds_with_enter_which_gives_the_keys_back(window, view):
    box = window.named(QDoubleSpinBox, "From")
    window.tab_to(box)
    window.press(Key.Key_Up)
    window.press(Key.Key_Up)
    assert window.heard == []
    window.press(Key.Key_Return)
    assert view.settings.fmin == 42
    assert window.picture.hasFocus()
    window.press(Key.Key_9)
    assert window.heard == ["9"]


@pytest.mark.parametrize("typed", ["", "40", "20000"])
def test_enter_gives_the_keys_back_whatever_was_typed(window, view, typed):
    box = window.named(QDoubleSpinBox, "From")
    QTest.mouseClick(box.lineEdit(), Qt.MouseButton.LeftButton)
    assert box.hasFocus()
    box.selectAll()
    QTest.keyClicks(box, typed)
    window.press(Key.Key_Return)
    assert window.picture.hasFocus()
    assert (view.settings.fmin, box.value()) == (40, 40)


def test_escape_leaves_a_number_and_it_is_what_it_was(window, view):
    box = window.named(QDoubleSpinBox, "From")
    window.tab_to(box)
    QTest.keyClicks(box, "200")
    window.press(Key.Key_Escape)
    assert window.picture.hasFocus()
    assert (view.settings.fmin, box.value()) == (40, 40)
    assert window.heard == []
    window.press(Key.Key_Escape)
    assert window.heard == ["Esc"]


def test_a_click_on_a_control_leaves_the_keys_to_the_picture(window, view):
    for box in (window.named(QCheckBox, "Grid"), window.named(QPushButton, "Forget now")):
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
        assert window.picture.hasFocus()
    assert view.settings.grid
    listed = window.named(QComboBox, "Window")
    QTest.mouseClick(listed, Qt.MouseButton.LeftButton)
    QTest.keyClick(listed.view(), Key.Key_Down)
    QTest.keyClick(listed.view(), Key.Key_Return)
    assert window.picture.hasFocus()
    assert view.settings.window == listed.itemData(listed.currentIndex())
    window.press(Key.Key_Space)
    assert window.heard == ["Space"]


def test_a_number_that_was_being_typed_holds_once_something_else_is_clicked(window, view):
    number, box = window.named(QDoubleSpinBox, "From"), window.named(QCheckBox, "Grid")
    QTest.mouseClick(number.lineEdit(), Qt.MouseButton.LeftButton)
    number.selectAll()
    QTest.keyClicks(number, "200")
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert (view.settings.fmin, view.settings.grid) == (200, True)
    assert window.picture.hasFocus()


def test_tab_leads_from_control_to_control_alone(window):
    kinds = (QComboBox, QCheckBox, QDoubleSpinBox, QPushButton)
    window.press(Key.Key_Tab)
    while not window.picture.hasFocus():
        assert isinstance(QApplication.focusWidget(), kinds)
        window.press(Key.Key_Tab)
