"""The dock: every control by its accessible name, used as a person would, looked at through the view."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QScrollArea,
    QStyle,
    QStyleOptionComboBox,
    QWidget,
)

from livespec.capture.devices import InputDevice
from livespec.display.theme import DARK, LIGHT, css
from livespec.display.view import View
from livespec.display.window.dock import FIELDS, Controls
from livespec.display.window.style import style_sheet
from livespec.session.analysis import ViewRequest
from livespec.session.monitor import Monitor
from livespec.settings import Settings
from tests.support.sessions import Sound, hearing

# Control → the setting that it is for.
CHOICES = {
    "FFT": "n_fft", "Window": "window", "Averaging": "averaging", "Picture": "picture", "Scale": "scale",
    "Span": "span", "Time": "direction", "Theme": "theme", "Colours": "colormap", "Weighting": "weighting",
    "Quantity": "quantity",
    "Reference": "reference",
}  # fmt: skip
SWITCHES = {
    "Multi-resolution": "multiresolution", "Spectrum": "trace", "Peak labels": "peaks", "Pitch line": "pitch",
    "Grid": "grid", "Piano and notes": "piano",
}  # fmt: skip


@pytest.fixture
def view(monitor):
    made = View(monitor, fields=FIELDS)
    made.scene(900, 600, 1.0)
    return made


@pytest.fixture
def controls(view, monitor):
    made = Controls(view, monitor, lambda: None)
    made.show()
    yield made
    made.close()


def named(controls, kind, name):
    (found,) = (
        one for one in controls.findChildren(kind) if name in (one.accessibleName(), getattr(one, "text", str)())
    )
    return found


def choose(box, number):
    box.setCurrentIndex(number)
    box.activated.emit(number)


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_is_a_setting_and_shows_what_holds(controls, view, name):
    box, key = named(controls, QComboBox, name), CHOICES[name]
    assert box.itemData(box.currentIndex()) == getattr(view.settings, key)
    for number in range(box.count()):
        choose(box, number)
        assert getattr(view.settings, key) == box.itemData(number)
    view.change(**{key: box.itemData(0)})
    controls.refresh()
    assert box.currentIndex() == 0
    assert box.toolTip()


@pytest.mark.parametrize("name", SWITCHES)
def test_every_switch_is_a_setting(controls, view, name):
    box, key = named(controls, QCheckBox, name), SWITCHES[name]
    for _ in range(2):
        before = getattr(view.settings, key)
        assert box.isChecked() == before
        box.click()
        assert getattr(view.settings, key) != before
    assert box.toolTip()


def test_overlap_follows_the_window_length_and_sets_the_hop(controls, view):
    box = named(controls, QComboBox, "Overlap")
    choose(box, box.findText("75 %"))
    assert view.settings.hop == view.settings.n_fft // 4
    choose(named(controls, QComboBox, "FFT"), 2)
    assert view.settings.hop == view.settings.n_fft // 4
    assert box.currentText() == "75 %"


@pytest.mark.parametrize(("name", "typed", "read"), [
    ("From", "200", lambda view: view.settings.fmin),
    ("To", "8000", lambda view: view.settings.fmax),
    ("Darkest", "-90", lambda view: view.range[0]),
    ("Brightest", "-12", lambda view: view.range[1]),
])  # fmt: skip
def test_a_number_holds_once_it_is_entered(controls, view, name, typed, read):
    box = named(controls, QDoubleSpinBox, name)
    before = read(view)
    box.selectAll()
    QTest.keyClicks(box, typed)
    assert read(view) == before
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert read(view) == float(typed)


def test_a_number_that_cannot_be_is_refused_and_the_control_shows_what_holds(controls, view):
    box = named(controls, QDoubleSpinBox, "From")
    box.selectAll()
    QTest.keyClicks(box, "20000")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert view.settings.fmin == 40
    assert view.noted.text == "From = 20000 Hz is not below To = 16000 Hz"
    controls.setFocus()
    controls.refresh()
    assert box.value() == 40


def test_the_range_is_let_go_and_held(controls, view):
    box = named(controls, QCheckBox, "Automatic range")
    box.click()
    assert view.automatic
    box.click()
    assert not view.automatic


@pytest.mark.parametrize(
    ("n_fft", "hop", "overlap"), [(4096, 300, "92.68 %"), (2048, 2048, "0 %"), (3000, 750, "75 %")]
)
def test_an_overlap_of_no_choice_is_said_as_it_is_and_can_be_chosen_again(controls, view, n_fft, hop, overlap):
    view.change(n_fft=n_fft, hop=hop)
    controls.refresh()
    box = named(controls, QComboBox, "Overlap")
    assert box.currentText() == overlap
    choose(box, box.findText("50 %"))
    choose(box, box.findText(overlap))
    assert view.settings.hop == hop


def test_the_box_of_the_piano_is_ticked_where_there_are_keys(controls, view):
    box = named(controls, QCheckBox, "Piano and notes")
    for change in ({"piano": True}, {"scale": "linear", "fmin": 0.0}, {"scale": "log", "fmin": 40.0}):
        view.change(**change)
        controls.refresh()
        assert box.isChecked() == view.has_piano == (view.settings.scale == "log")
    view.change(scale="mel")
    box.click()
    assert (view.has_piano, box.isChecked(), view.settings.scale) == (True, True, "semitone")
    box.click()
    assert (view.has_piano, box.isChecked(), view.settings.scale) == (False, False, "mel")


def test_a_value_of_no_choice_is_shown_all_the_same(controls, view):
    view.change(n_fft=3000, hop=300, window="tukey:0.3")
    controls.refresh()
    assert named(controls, QComboBox, "FFT").currentText() == "3000"
    assert named(controls, QComboBox, "Window").currentText() == "tukey:0.3"


def test_every_control_has_a_name_and_can_be_reached_by_the_keyboard(controls):
    kinds = (QComboBox, QCheckBox, QDoubleSpinBox)
    found = [one for kind in kinds for one in controls.findChildren(kind)]
    assert len(found) >= len(CHOICES) + len(SWITCHES) + 7
    for one in found:
        assert one.accessibleName() or one.text(), one
        assert one.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_what_is_not_for_the_dock_is_told_by_the_others(controls, view):
    """Every setting that a person can see has a control, a key, or belongs to the start of a run."""
    at_the_start = {
        "source", "device", "channels", "samplerate", "precision", "padding", "fft", "history", "history_mb",
        "sensitivity", "calibration", "fullscreen", "presenter",
        "record_name", "record_format", "record_split", "keep_last", "trigger", "trigger_hold", "trigger_around",
        "trigger_log", "trigger_clips", "trigger_command", "trigger_url",
        "device_latency", "sample_format", "exclusive", "stand_in", "channel_names",
    }  # fmt: skip
    elsewhere = {"hop", "fmin", "fmax", "range", "show"}
    keys = set(Settings.__dataclass_fields__)
    assert keys - set(CHOICES.values()) - set(SWITCHES.values()) - elsewhere <= at_the_start, keys


@pytest.mark.parametrize("kind", [QComboBox, QDoubleSpinBox])
def test_the_wheel_scrolls_the_dock_and_changes_nothing(controls, view, kind):
    before = view.settings, view.range
    for box in controls.findChildren(kind):
        at = QPointF(box.rect().center())
        wheel = QWheelEvent(
            at, box.mapToGlobal(at), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,  # noqa: FBT003
        )  # fmt: skip
        QApplication.sendEvent(box, wheel)
    assert (view.settings, view.range) == before


def test_labels_are_not_cut(controls):
    for label in controls.findChildren(QLabel):
        assert label.width() >= label.fontMetrics().horizontalAdvance(label.text()) - 1, label.text()
    page = controls.findChild(QWidget, "page")
    assert page.width() <= controls.width()


def test_no_name_however_long_makes_the_controls_wider_than_the_dock():
    names = ("Vocals left (Neumann U87)", "Guitar amp close microphone " * 4)
    settings = Settings(n_fft=2048, hop=512, channels=(1, 2), channel_names=names).at_rate(48_000)
    heard = Monitor(Sound(np.zeros((9000, 2)), 48_000), settings, ViewRequest(100, 1))
    with hearing(heard):
        controls = Controls(View(heard), heard, lambda: None)
        controls.setStyleSheet(style_sheet(DARK))
        controls.resize(controls.width(), 700)
        controls.show_devices([device("A sound card with a long name " * 4)])
        controls.show()
        QApplication.processEvents()
        scroll = controls.findChild(QScrollArea)
        assert scroll.verticalScrollBar().isVisible()
        for box in controls.findChildren(QComboBox):
            right = box.mapTo(scroll, QPoint(box.width(), 0)).x()
            assert right <= scroll.viewport().width(), box.accessibleName()
        controls.close()


def device(name, host_api="PulseAudio"):
    return InputDevice(0, name, name, host_api, 2, 48_000, (), None, False, False, ("ALSA", "pulse"))  # noqa: FBT003


@pytest.mark.parametrize(("kind", "shown"), [("demo", "demo signal"), ("stdin", "sound")])
def test_each_entry_of_the_list_of_devices_asks_for_its_own_and_says_where_it_comes_from(kind, shown):
    """Also behind an entry for a sound that is no device."""
    settings = Settings(n_fft=2048, hop=512).at_rate(48_000)
    heard = Monitor(Sound(np.zeros((9000, 1)), 48_000, kind), settings, ViewRequest(100, 1))
    with hearing(heard):
        controls = Controls(View(heard), heard, lambda: None)
        controls.show_devices([device("one", "ALSA"), device("two", "JACK")])
        box = named(controls, QComboBox, "Device")
        entries = [
            ((box.itemData(n) or {}).get("device"), box.itemData(n, Qt.ItemDataRole.ToolTipRole) or "")
            for n in range(box.count())
        ]
        assert entries[-3:] == [("one", "ALSA"), ("two", "JACK"), (None, "")]
        assert box.currentText() == shown


def test_a_name_that_has_no_room_ends_in_an_ellipsis_and_the_tip_has_it_whole(controls):
    controls.setStyleSheet(style_sheet(DARK))
    box, long = named(controls, QComboBox, "Device"), "M" * 60
    controls.show_devices([device(long)])
    choose(box, box.count() - 2)
    QApplication.processEvents()
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field = box.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, box
    )
    end, image = field.right() - 8, box.grab().toImage()

    def colours(left, right):
        rows = range(field.top(), field.center().y())  # above the dots of an ellipsis
        return {image.pixel(x, y) for x in range(left, right) for y in rows}

    assert len(colours(field.x(), end)) > 1
    assert len(colours(end, end + 7)) == 1
    assert tip(box) == f"{box.currentText()}\nThe input that is shown"
    assert long in box.currentText()
    assert tip(named(controls, QComboBox, "Window")) == "Window function"


def tip(widget):
    at = QPoint(5, 5)
    QApplication.sendEvent(widget, QHelpEvent(QEvent.Type.ToolTip, at, widget.mapToGlobal(at)))
    return widget.toolTip()


@pytest.mark.parametrize("theme", [DARK, LIGHT])
@pytest.mark.parametrize("name", ["Device", "FFT", "Colours"])
def test_a_list_is_in_the_colours_of_the_theme_and_within_the_window(controls, theme, name):
    controls.setStyleSheet(style_sheet(theme))
    controls.setFixedWidth(264)
    controls.show_devices([device("A sound card with a rather long name")])
    QApplication.processEvents()
    box = named(controls, QComboBox, name)
    box.showPopup()
    QApplication.processEvents()
    entries = box.view().window()
    pixels = entries.grab().toImage()
    edges = [(x, y) for y in (0, 1, 2, pixels.height() - 2, pixels.height() - 1) for x in (4, pixels.width() // 2)]
    assert {pixels.pixelColor(*at).name() for at in edges} <= {css(theme.raised), css(theme.line)}
    assert entries.geometry().right() <= box.mapToGlobal(box.rect().topRight()).x()
    box.hidePopup()


def test_a_list_of_devices_that_is_open_is_renewed_once_it_is_closed(controls):
    box = named(controls, QComboBox, "Device")
    controls.show_devices([device("one")])
    box.showPopup()
    controls.show_devices([device("one"), device("two")])
    assert "two" not in box.itemText(1) + box.itemText(2)
    box.hidePopup()
    controls.refresh()
    assert [box.itemText(number).split()[0] for number in range(box.count())][-3:] == ["one", "two", "demo"]


def test_another_device_that_was_refused_is_not_said_to_be_shown(controls, monitor):
    box = named(controls, QComboBox, "Device")
    before = box.currentText()
    controls.show_devices([])
    box.setCurrentIndex(box.count() - 1)
    controls.refresh()
    assert box.currentText() in (before, "demo signal")
    assert box.currentData() is None or monitor.source.info.kind == "demo"


def test_what_is_of_the_spectrum_says_so_where_there_are_bands_or_pitch_classes(controls, view):
    box = named(controls, QCheckBox, "Peak labels")
    view.change(picture="mel")
    shown = view.settings.peaks
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert (view.settings.peaks, box.isChecked()) == (shown, shown)
    scene, _ = view.scene(900, 600, 1.0)
    assert "Peak labels are of the spectrum, not of this picture. V: the next" in [
        banner.text for banner in view._current_frame(900, 600, 1.0, scene.layers[-1].shown).banners
    ]
