"""The row under the picture of a file: play and pause, the place in the file, loop, speed, listen."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QMouseEvent, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from livespec.session.replay import SPEEDS, Replay

_STEPS: Final = 10_000  # of the slider
_ICON_PX: Final = 16
_TEXT, _ACCENT = QColor("#cdd5de"), QColor("#ffc145")

_STYLE: Final = """
Transport { background: #0e1116; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 4px; }
QToolButton:hover, QComboBox:hover { background: #1c222b; }
QToolButton:focus, QComboBox:focus { border-color: #8b95a1; }
QLabel { color: #cdd5de; padding: 0; }
QComboBox { background: transparent; color: #cdd5de; border: 1px solid transparent; border-radius: 4px; }
QComboBox { padding: 2px 4px; }
QComboBox QAbstractItemView { background: #1c222b; color: #cdd5de; selection-background-color: #39424f; }
QSlider { height: 20px; }
QSlider::groove:horizontal { height: 4px; background: #39424f; border-radius: 2px; }
QSlider::sub-page:horizontal { background: #ffc145; border-radius: 2px; }
QSlider::handle:horizontal { width: 12px; margin: -4px 0; border-radius: 6px; background: #f0f4f8; }
"""


class Transport(QWidget):
    """The GUI thread's. `update_state` brings it up to the replay, a few times a second."""

    def __init__(self, replay: Replay) -> None:
        super().__init__()
        self._replay = replay
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(_STYLE)
        self._play = self._button(self.tr("Play or pause (Space)"), replay.toggle_pause)
        self._loop = self._button(self.tr("Begin anew at the end (R)"), self.toggle_loop)
        self._listen = self._button(self.tr("Hear it (H)"), replay.toggle_listen)
        self._slider = _Slider(self.tr("Place in the file (\N{LEFTWARDS ARROW} \N{RIGHTWARDS ARROW})"))
        self._slider.valueChanged.connect(lambda value: replay.seek(value / _STEPS * replay.length_s))
        self._time = QLabel()
        font = self._time.font()
        font.setPixelSize(13)
        self._time.setFont(font)
        self._time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        widest = f"{_clock(replay.length_s)} / {_clock(replay.length_s)}"
        self._time.setFixedWidth(self._time.fontMetrics().horizontalAdvance("8" * len(widest)))
        self._speed = QComboBox()
        for speed in sorted({*SPEEDS, replay.speed}):
            self._speed.addItem(f"{speed:g} \N{MULTIPLICATION SIGN}", speed)
        self._speed.setToolTip(self.tr("Speed ([ slower, ] faster, Backspace as it is)"))
        self._speed.setAccessibleName(self.tr("Speed"))
        self._speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._speed.activated.connect(lambda index: replay.set_speed(self._speed.itemData(index)))
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(8)
        for widget in (self._play, self._slider, self._time, self._loop, self._speed, self._listen):
            row.addWidget(widget, 1 if widget is self._slider else 0)
        self.update_state()

    def toggle_loop(self) -> None:
        """Begin anew at the end, or not."""
        self._replay.loop = not self._replay.loop
        self.update_state()

    def update_state(self) -> None:
        """Icons, slider and time as they are now."""
        replay = self._replay
        self._play.setIcon(_ICONS["play" if replay.paused or replay.at_end else "pause"](_TEXT))
        self._loop.setIcon(_ICONS["loop"](_ACCENT if replay.loop else _TEXT))
        self._listen.setIcon(_ICONS["heard" if replay.listen else "silent"](_ACCENT if replay.listen else _TEXT))
        self._time.setText(f"{_clock(replay.position_s)} / {_clock(replay.length_s)}")
        with QSignalBlocker(self._slider), QSignalBlocker(self._speed):
            if not self._slider.isSliderDown():
                self._slider.setValue(round(replay.position_s / max(replay.length_s, 1e-9) * _STEPS))
            self._speed.setCurrentIndex(self._speed.findData(replay.speed))

    def _button(self, tip: str, act: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setIconSize(QSize(_ICON_PX, _ICON_PX))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(act)
        button.clicked.connect(self.update_state)
        return button


class _Slider(QSlider):
    """Goes where it is clicked."""

    def __init__(self, tip: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, _STEPS)
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(True)
        self._go_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go_to(event)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def _go_to(self, event: QMouseEvent) -> None:
        self.setValue(round(event.position().x() / max(1, self.width() - 1) * _STEPS))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds * 10), 600)
    hours, minutes = divmod(minutes, 60)
    shown = f"{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{minutes:02d}:{shown}" if hours else f"{minutes}:{shown}"


def _icon(draw: Callable[[QPainter], None]) -> Callable[[QColor], QIcon]:
    """An icon of a drawing on 16 × 16, in a colour; sharp at twice the pixels."""

    def of(colour: QColor) -> QIcon:
        pixels = QPixmap(2 * _ICON_PX, 2 * _ICON_PX)
        pixels.setDevicePixelRatio(2)
        pixels.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixels)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.6))
        painter.setBrush(colour)
        draw(painter)
        painter.end()
        return QIcon(pixels)

    return of


def _draw_play(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(4, 2.5), QPointF(13, 8), QPointF(4, 13.5)]))


def _draw_pause(painter: QPainter) -> None:
    for x in (4.0, 10.0):
        painter.drawRect(QRectF(x, 3, 2, 10))


def _draw_loop(painter: QPainter) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(2.5, 2.5, 11, 11), 30 * 16, 290 * 16)
    painter.setBrush(painter.pen().color())
    painter.drawPolygon(QPolygonF([QPointF(10.5, 4.5), QPointF(14.5, 1.5), QPointF(14.5, 6.0)]))


def _draw_silent(painter: QPainter) -> None:
    painter.drawPolygon(
        QPolygonF([QPointF(2, 6), QPointF(5, 6), QPointF(8, 3), QPointF(8, 13), QPointF(5, 10), QPointF(2, 10)])
    )


def _draw_heard(painter: QPainter) -> None:
    _draw_silent(painter)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for radius in (3.0, 6.0):
        painter.drawArc(QRectF(8.5 - radius, 8 - radius, 2 * radius, 2 * radius), -50 * 16, 100 * 16)


_ICONS: Final = {
    "play": _icon(_draw_play),
    "pause": _icon(_draw_pause),
    "loop": _icon(_draw_loop),
    "silent": _icon(_draw_silent),
    "heard": _icon(_draw_heard),
}
