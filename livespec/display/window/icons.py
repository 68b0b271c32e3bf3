"""Icons of the window, drawn in the colours of its theme, on a grid of 16 × 16."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from livespec.display.theme import RED, Theme, css

ICON_PX: Final = 16


def _draw_play(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(4, 2.5), QPointF(13.5, 8), QPointF(4, 13.5)]))


def _draw_pause(painter: QPainter) -> None:
    for x in (3.5, 9.5):
        painter.drawRoundedRect(QRectF(x, 2.5, 3, 11), 0.7, 0.7)


def _draw_loop(painter: QPainter) -> None:
    path = QPainterPath()
    path.arcMoveTo(QRectF(2.5, 3, 11, 11), 60)
    path.arcTo(QRectF(2.5, 3, 11, 11), 60, -300)
    _stroke(painter, path)
    painter.drawPolygon(QPolygonF([QPointF(7.6, 0.2), QPointF(7.6, 6.2), QPointF(11.8, 3.2)]))


def _draw_speaker(painter: QPainter) -> None:
    corners = ((1, 6), (3.5, 6), (7.5, 2.5), (7.5, 13.5), (3.5, 10), (1, 10))
    painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))


def _draw_loud(painter: QPainter) -> None:
    _draw_speaker(painter)
    path = QPainterPath()
    for radius in (3.2, 6.2):
        box = QRectF(8 - radius, 8 - radius, 2 * radius, 2 * radius)
        path.arcMoveTo(box, 50)
        path.arcTo(box, 50, -100)
    _stroke(painter, path)


def _draw_mute(painter: QPainter) -> None:
    _draw_speaker(painter)
    path = QPainterPath(QPointF(10, 6))
    path.lineTo(14, 10)
    path.moveTo(14, 6)
    path.lineTo(10, 10)
    _stroke(painter, path)


def _stroke(painter: QPainter, path: QPainterPath) -> None:
    painter.strokePath(path, QPen(painter.brush(), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))


def _draw_controls(painter: QPainter) -> None:
    """Three sliders."""
    for y, x in ((3.5, 10.5), (8, 5), (12.5, 8.5)):
        painter.drawRoundedRect(QRectF(1.5, y - 0.75, 13, 1.5), 0.7, 0.7)
        painter.drawEllipse(QPointF(x, y), 2.3, 2.3)


def _draw_record(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(8, 8), 5, 5)


_DRAWINGS: Final[dict[str, Callable[[QPainter], None]]] = {
    "controls": _draw_controls,
    "play": _draw_play,
    "pause": _draw_pause,
    "loop": _draw_loop,
    "loud": _draw_loud,
    "mute": _draw_mute,
    "record": _draw_record,
}
_WARNING: Final = "record"  # red while it is on


def icons(theme: Theme) -> dict[tuple[str, bool], QIcon]:
    """By name, and whether it is on."""
    return {
        (name, on): _icon(draw, css((RED if name == _WARNING else theme.accent) if on else theme.text))
        for name, draw in _DRAWINGS.items()
        for on in (False, True)
    }


def _icon(draw: Callable[[QPainter], None], colour: str) -> QIcon:
    """The same drawing for screens of one, two and three pixels a point."""
    icon = QIcon()
    for ratio in (1, 2, 3):
        pixmap = QPixmap(ICON_PX * ratio, ICON_PX * ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        pixmap.setDevicePixelRatio(ratio)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        draw(painter)
        painter.end()
        icon.addPixmap(pixmap)
    return icon


def two_states(off: QIcon, on: QIcon) -> QIcon:
    """For what can be switched: one icon while it is off, another while it is on."""
    both = QIcon(off)
    for size in on.availableSizes():
        both.addPixmap(on.pixmap(size), QIcon.Mode.Normal, QIcon.State.On)
    return both
