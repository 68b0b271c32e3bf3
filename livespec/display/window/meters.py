"""Level meters, one a channel: RMS as the bar, the peak as a line, and a light that stays on after clipping.

A click on a meter shows its channel alone, another all that were shown before; a click on the light puts it out.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from livespec.display.axes import format_level
from livespec.display.theme import RED, Colour, Theme
from livespec.display.window.style import with_tabular_digits
from livespec.session.input_health import trouble_of
from livespec.session.monitor import Monitor

_LOWEST_DBFS: Final = -60.0
_WARM_DBFS: Final = -6.0
_HEIGHT: Final = 22
_BAR: Final = 8
_LIGHT: Final = 8
_FIGURE: Final = 44
_MOST_WITH_FIGURES: Final = 6


class LevelMeter(QWidget):
    """One channel. solo: what a click does."""

    def __init__(self, label: str, solo: Callable[[], None], *, figure: bool) -> None:
        super().__init__()
        self._label, self._solo, self._figure = label, solo, figure
        self._theme: Theme | None = None
        self._peak = self._rms = -200.0
        self._clipped = self._seen_clipped = 0
        with_tabular_digits(self, 11)
        self.setMinimumWidth(130 if figure else 34)
        self.setMaximumWidth(220)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Level of channel {}").format(label))
        self._trouble: str | None = None
        self._usual_tip = self.tr("Channel {}: click to see it alone. The red light stays on after clipping.").format(
            label
        )
        self.setToolTip(self._usual_tip)

    def sizeHint(self) -> QSize:
        return QSize(160 if self._figure else 60, _HEIGHT)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_levels(self, peak_dbfs: float, rms_dbfs: float, clipped: int) -> None:
        """Levels of now; clipped: samples so far."""
        if (round(peak_dbfs, 1), round(rms_dbfs, 1), clipped) != (
            round(self._peak, 1),
            round(self._rms, 1),
            self._clipped,
        ):
            self._peak, self._rms, self._clipped = peak_dbfs, rms_dbfs, clipped
            self.update()

    def show_trouble(self, trouble: str | None) -> None:
        """What is wrong with the channel, if anything is: its number is red, and the tip says why."""
        if trouble != self._trouble:
            self._trouble = trouble
            said = "" if trouble is None else self.tr("Channel {}: {}. ").format(self._label, trouble)
            self.setToolTip(said + self._usual_tip)
            self.update()

    @property
    def clip_light(self) -> bool:
        """Whether it clipped since a person looked."""
        return self._clipped > self._seen_clipped

    def put_out(self) -> None:
        """The light."""
        self._seen_clipped = self._clipped
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.clip_light and self._light().adjusted(-4, -6, 4, 6).contains(event.position().toPoint()):
            self.put_out()
        else:
            self._solo()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        painter.setPen(_colour(RED if self._trouble else theme.faint))
        painter.drawText(QRect(0, 0, self._before - 6, _HEIGHT), _RIGHT, self._label)
        bar = self._bar()
        painter.fillRect(bar, _colour(theme.raised))
        reach = round(_share(self._rms) * bar.width())
        warm = round(_share(_WARM_DBFS) * bar.width())
        painter.fillRect(QRect(bar.x(), bar.y(), min(reach, warm), bar.height()), _colour(theme.average))
        if reach > warm:
            painter.fillRect(QRect(bar.x() + warm, bar.y(), reach - warm, bar.height()), _colour(theme.accent))
        at = bar.x() + round(_share(self._peak) * (bar.width() - 2))
        if self._peak > _LOWEST_DBFS:
            painter.fillRect(QRect(at, bar.y() - 2, 2, bar.height() + 4), _colour(theme.strong))
        painter.fillRect(self._light(), _colour(RED if self.clip_light else theme.raised))
        if self._figure:
            text = "\N{MINUS SIGN}\N{INFINITY}" if self._rms <= -199 else format_level(self._rms, 1)  # noqa: PLR2004
            painter.setPen(_colour(theme.text))
            painter.drawText(QRect(self.width() - _FIGURE, 0, _FIGURE, _HEIGHT), _RIGHT, text)
        painter.end()

    @property
    def _before(self) -> int:
        return self.fontMetrics().horizontalAdvance("00") + 10

    def _bar(self) -> QRect:
        after = _LIGHT + 4 + (_FIGURE if self._figure else 0)
        return QRect(self._before, (_HEIGHT - _BAR) // 2, max(8, self.width() - self._before - after), _BAR)

    def _light(self) -> QRect:
        return QRect(self._bar().right() + 4, (_HEIGHT - _LIGHT) // 2, _LIGHT, _LIGHT)


class MeterRow(QWidget):
    """A meter for each captured channel. `refresh` some twenty times a second."""

    def __init__(self, monitor: Monitor, theme: Theme, solo: Callable[[int], None]) -> None:
        super().__init__()
        self._monitor = monitor
        self._noisy = monitor.source.info.noisy
        channels = monitor.source.info.channels
        figures = len(channels) <= _MOST_WITH_FIGURES
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8 if figures else 2)
        self.meters = []
        for channel in channels:
            meter = LevelMeter(str(channel), partial(solo, channel), figure=figures)
            meter.set_theme(theme)
            row.addWidget(meter)
            self.meters.append(meter)

    def set_theme(self, theme: Theme) -> None:
        for meter in self.meters:
            meter.set_theme(theme)

    def refresh(self) -> None:
        """Show the levels of now."""
        needles = self._monitor.analysis.needles.now
        clipped = self._monitor.analysis.meter.clipped
        for number, meter in enumerate(self.meters):
            meter.show_levels(float(needles.peak_dbfs[number]), float(needles.rms_dbfs[number]), int(clipped[number]))
            if self._noisy:
                meter.show_trouble(trouble_of(needles, number))

    def put_out(self) -> None:
        """All clip lights."""
        for meter in self.meters:
            meter.put_out()


_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _colour(colour: Colour) -> QColor:
    return QColor(*colour)


def _share(dbfs: float) -> float:
    return min(max(0.0, (dbfs - _LOWEST_DBFS) / -_LOWEST_DBFS), 1.0)
