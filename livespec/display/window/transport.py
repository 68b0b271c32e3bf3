"""The transport under the picture of a replay: pause, position, repeat, speed, listen. The GUI thread's.

It shows what the `Steering` says and hands wishes on to it; nothing is kept here.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QSlider, QToolButton, QWidget

from livespec.display.steering import SPEEDS, Steering
from livespec.display.theme import DARK, Theme, css
from livespec.display.window.buttons import TabButton
from livespec.display.window.icons import icons

_STEPS_A_SECOND: Final = 100
_HANDLE_PX: Final = 12


def _style(theme: Theme) -> str:
    background, raised, line, groove = css(theme.background), css(theme.raised), css(theme.line), css(theme.gap)
    text, accent = css(theme.text), css(theme.accent)
    return f"""
TransportBar {{ background: {background}; }}
QToolButton {{ background: transparent; color: {text}; border: 1px solid transparent; border-radius: 5px; padding: 4px;
    font-size: 12px; }}
QToolButton#speed {{ border-color: {groove}; }}
QToolButton:hover {{ background: {raised}; }}
QToolButton:pressed, QToolButton:open {{ background: {groove}; }}
QToolButton:focus, QToolButton#speed:focus {{ border-color: {accent}; }}
QToolButton::menu-indicator {{ image: none; }}
QMenu {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 4px 0; font-size: 12px; }}
QMenu::item {{ padding: 4px 14px; }}
QMenu::item:selected {{ background: {line}; }}
QMenu::item:checked {{ color: {accent}; }}
QMenu::indicator {{ width: 0; }}
QLabel {{ color: {text}; padding: 0 4px; font-size: 12px; }}
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 3px; }}
QSlider {{ background: transparent; border: none; min-height: 20px; }}
QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {groove}; }}
QSlider::sub-page:horizontal {{ height: 4px; border-radius: 2px; background: {accent}; }}
QSlider::handle:horizontal {{ width: {_HANDLE_PX}px; height: {_HANDLE_PX}px; margin: -4px 0; border-radius: 6px;
    background: {text}; }}
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus {{ background: {accent}; }}
"""


class PositionSlider(QSlider):
    """Goes where it is clicked, and with the mouse from there; `sought` says so, in steps."""

    sought = Signal(int)

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.actionTriggered.connect(lambda _action: self.sought.emit(self.sliderPosition()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._seek(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._seek(event)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def _seek(self, event: QMouseEvent) -> None:
        way = max(1, self.width() - _HANDLE_PX)
        share = (event.position().x() - _HANDLE_PX / 2) / way
        self.setSliderPosition(round(self.maximum() * min(max(0.0, share), 1.0)))
        self.sought.emit(self.sliderPosition())


class TransportBar(QWidget):
    """A row of controls; `refresh` a few times a second and after every wish."""

    def __init__(self, steering: Steering) -> None:
        super().__init__()
        self._steering = steering
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = DARK
        self._icons = icons(DARK)
        self.setStyleSheet(_style(DARK))
        self._pause = self._button(steering.toggle_pause)
        self._loop = self._button(steering.toggle_loop)
        self._listen = self._button(steering.toggle_listen)
        self._slider = self._position_slider()
        self._time = self._time_label()
        self._speed = self._speed_button()
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 2)
        row.setSpacing(4)
        row.addWidget(self._pause)
        row.addWidget(self._slider, 1)
        for widget in (self._time, self._loop, self._speed, self._listen):
            row.addWidget(widget)
        self.refresh()

    @property
    def tab_stops(self) -> tuple[QWidget, ...]:
        """What Tab goes through, in this order."""
        return self._pause, self._slider, self._loop, self._speed, self._listen

    def set_theme(self, theme: Theme) -> None:
        """Its colours."""
        if theme is not self._theme:
            self._theme, self._icons = theme, icons(theme)
            self.setStyleSheet(_style(theme))
            self.refresh()

    def refresh(self) -> None:
        """Show how things are."""
        steering = self._steering
        asked = steering.asked
        if steering.playing:
            self._pause.say(self._icons["pause", False], self.tr("Pause"), "Space")
        else:
            self._pause.say(self._icons["play", False], self.tr("Play"), "Space")
        loop = self.tr("Stop repeating") if asked.loop else self.tr("Repeat")
        self._loop.say(self._icons["loop", asked.loop], loop, "R")
        listen = self.tr("Stop listening") if asked.listen else self.tr("Listen")
        self._listen.say(self._icons["loud" if asked.listen else "mute", asked.listen], listen, "H")
        if not self._slider.isSliderDown():
            self._slider.setValue(round(steering.at_s * _STEPS_A_SECOND))
        self._time.setText(f"{clock_text(steering.at_s)} / {clock_text(steering.length_s)}")
        self._speed.setText(speed_text(asked.speed))
        for action in self._speed.menu().actions():
            action.setChecked(action.data() == asked.speed)

    def _then(self, act: Callable[[], None]) -> Callable[[], None]:
        def wish() -> None:
            act()
            self.refresh()

        return wish

    def _button(self, act: Callable[[], None]) -> TabButton:
        button = TabButton()
        button.clicked.connect(self._then(act))
        return button

    def _position_slider(self) -> PositionSlider:
        slider = PositionSlider()
        slider.setRange(0, math.ceil(self._steering.length_s * _STEPS_A_SECOND))
        slider.setSingleStep(5 * _STEPS_A_SECOND)
        slider.setPageStep(30 * _STEPS_A_SECOND)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.setMinimumWidth(60)
        slider.setAccessibleName(self.tr("Position"))
        slider.setToolTip(self.tr("Position (Left, Right: 5 s; with Shift: 30 s; Home: start)"))
        slider.sought.connect(lambda step: self._then(lambda: self._steering.seek_to(step / _STEPS_A_SECOND))())
        return slider

    def _time_label(self) -> QLabel:
        label = QLabel()
        font = label.font()
        font.setPixelSize(12)
        font.setFeature(QFont.Tag("tnum"), 1)
        label.setFont(font)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        label.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        label.ensurePolished()
        widest = clock_text(self._steering.length_s)
        label.setFixedWidth(label.fontMetrics().horizontalAdvance(f"{widest} / {widest}") + 12)
        label.setAccessibleName(self.tr("Time"))
        return label

    def _speed_button(self) -> TabButton:
        button = TabButton()
        menu = QMenu(button)
        for speed in sorted({*SPEEDS, self._steering.asked.speed}):
            action = menu.addAction(speed_text(speed))
            action.setCheckable(True)
            action.setData(speed)
            action.triggered.connect(self._then(partial(self._steering.set_speed, speed)))
        button.setObjectName("speed")
        button.setMenu(menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.ensurePolished()
        widest = max(button.fontMetrics().horizontalAdvance(action.text()) for action in menu.actions())
        button.setFixedWidth(widest + 20)
        button.setAccessibleName(self.tr("Speed"))
        button.setToolTip(self.tr("Speed ([ slower, ] faster, Backspace: 1)"))
        return button


def speed_text(speed: float) -> str:
    """As 1× or 0.25×."""
    return f"{speed:g}\N{MULTIPLICATION SIGN}"


def clock_text(second: float) -> str:
    """As 0:12.3 or 1:02:03.4; tenths that have not passed are not shown."""
    tenths = math.floor(second * 10 + 1e-6)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    ahead = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{ahead}:{tenths // 10:02d}.{tenths % 10}"
