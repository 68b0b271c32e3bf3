"""Level meters, one a channel: RMS as the bar, the peak as a line, and a light that stays on after clipping.

A click on a meter shows its channel alone, another all that were shown before; a click on the light puts it out. The
light is full where samples clipped, a frame where the waveform went over full scale between them (ITU-R BS.1770).
Meters lie; where they have no room for that, they stand. The tip says it in figures.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from livespec.capture.legs import leg_at
from livespec.core.stft import FLOOR_DBFS
from livespec.display.axes import format_level
from livespec.display.theme import RED, Colour, Theme
from livespec.display.window.style import with_tabular_digits
from livespec.display.window.tips import renew_tip, tip_is_open
from livespec.display.window.transport import clock_text
from livespec.session.input_health import trouble_of
from livespec.session.monitor import Monitor

_LOWEST_DBFS: Final = -60.0
_WARM_DBFS: Final = -6.0
_SILENT_DBFS: Final = -199.0

# Pixels.
_LYING: Final = 22
_LYING_AT_LEAST: Final = 60
_STANDING: Final = 46
_STANDING_AT_LEAST: Final = 12
_BAR: Final = 8
_STANDING_BAR: Final = 20  # at most
_LIGHT: Final = 8
_STANDING_LIGHT: Final = 5
_STANDING_LABEL: Final = 13
_FIGURE: Final = 44
_WITH_FIGURE_FROM: Final = 120
_MOST_IN_LINE: Final = 4


class Reading(NamedTuple):
    """What a meter shows of a channel. peak_dbfs, rms_dbfs: of now; true_peak_dbtp: held since a person looked.

    clipped: samples so far; first, last: positions of them; trouble: what is wrong, if anything is.
    """

    peak_dbfs: float = -200.0
    rms_dbfs: float = -200.0
    true_peak_dbtp: float = -200.0
    clipped: int = 0
    first: int = -1
    last: int = -1
    trouble: str | None = None


class LevelMeter(QWidget):
    """One channel.

    name: its own, or again the number that is its label; solo: what a click does; hold_anew: forgets the true peak;
    moment: when a position was, in words.
    """

    def __init__(
        self,
        label: str,
        name: str,
        solo: Callable[[], None],
        hold_anew: Callable[[], None],
        moment: Callable[[int], str],
    ) -> None:
        super().__init__()
        self._name = name
        self._label, self._solo, self._hold_anew, self._moment = label, solo, hold_anew, moment
        self._theme: Theme | None = None
        self._now = Reading()
        self._seen_clipped = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Level of channel {}").format(name))
        self.stand(upright=False)

    def sizeHint(self) -> QSize:
        return QSize(160, self.height())

    def stand(self, *, upright: bool) -> None:
        """Or lie."""
        self._upright = upright
        with_tabular_digits(self, 9 if upright else 11)
        self.setFixedHeight(_STANDING if upright else _LYING)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_reading(self, now: Reading) -> None:
        before, self._now = self._now, now
        if (now.clipped, now.trouble) != (before.clipped, before.trouble):
            self.setAccessibleDescription(". ".join(self._warnings()))
        if _drawn_of(now) != _drawn_of(before):
            self.update()

    # ---- the light ----

    @property
    def clip_light(self) -> bool:
        """Whether it clipped since a person looked."""
        return self._now.clipped > self._seen_clipped

    @property
    def over_light(self) -> bool:
        """Whether the waveform went over full scale since then."""
        return self._now.true_peak_dbtp > 0

    def put_out(self) -> None:
        """The light."""
        self._seen_clipped = self._now.clipped
        self._now = self._now._replace(true_peak_dbtp=-200.0)
        self._hold_anew()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        lit = self.clip_light or self.over_light
        if lit and self._light(self._bar()).adjusted(-4, -6, 4, 6).contains(event.position().toPoint()):
            self.put_out()
        else:
            self._solo()

    # ---- words ----

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self.renew_tip()
        return super().event(event)

    def renew_tip(self) -> None:
        """With the figures of now."""
        renew_tip(self, "\n".join(self._told()))

    def _told(self) -> list[str]:
        """All that the tip says, in lines."""
        now = self._now
        return [
            self.tr("Channel {}").format(self._label if self._name == self._label else f"{self._label}, {self._name}"),
            self.tr("Now: RMS {} dBFS, peak {} dBFS").format(_level_text(now.rms_dbfs), _level_text(now.peak_dbfs)),
            self.tr("Highest true peak: {} dBTP").format(_level_text(now.true_peak_dbtp)),
            *self._warnings(),
            self.tr("Click: this channel alone; on the light: put it out"),
        ]

    def _warnings(self) -> list[str]:
        now = self._now
        out = [] if now.trouble is None else [self.tr("Trouble: {}").format(now.trouble)]
        if now.clipped:
            text = self.tr("Clipped samples: {}, last at {}, first at {}")
            out.append(text.format(now.clipped, self._moment(now.last), self._moment(now.first)))
        return out

    # ---- drawing ----

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, now = self._theme, self._now
        if theme is None:
            return
        painter = QPainter(self)
        painter.setPen(_colour(RED if now.trouble else theme.faint))
        painter.drawText(self._label_area(), _MIDDLE if self._upright else _RIGHT, self._label)
        bar = self._bar()
        length = bar.height() if self._upright else bar.width()
        painter.fillRect(bar, _colour(theme.now))
        reach, warm = round(_share(now.rms_dbfs) * length), round(_share(_WARM_DBFS) * length)
        painter.fillRect(self._part(bar, 0, min(reach, warm)), _colour(theme.average))
        if reach > warm:
            painter.fillRect(self._part(bar, warm, reach), _colour(theme.accent))
        if now.peak_dbfs > _LOWEST_DBFS:
            at, beyond = round(_share(now.peak_dbfs) * (length - 2)), (1, 0) if self._upright else (0, 2)
            line = self._part(bar, at, at + 2).adjusted(-beyond[0], -beyond[1], *beyond)
            painter.fillRect(line, _colour(theme.strong))
        self._draw_light(painter, theme, self._light(bar))
        if self._has_figure:
            painter.setPen(_colour(theme.text))
            area = QRect(self.width() - _FIGURE, 0, _FIGURE, self.height())
            painter.drawText(area, _RIGHT, _level_text(now.rms_dbfs))
        painter.end()

    def _draw_light(self, painter: QPainter, theme: Theme, light: QRect) -> None:
        if self.clip_light:
            painter.fillRect(light, _colour(RED))
        elif self.over_light:
            edge = light.height() // 4
            painter.fillRect(light, _colour(theme.accent))
            painter.fillRect(light.adjusted(edge, edge, -edge, -edge), _colour(theme.background))
        else:
            painter.fillRect(light, _colour(theme.now))

    @property
    def _has_figure(self) -> bool:
        return not self._upright and self.width() >= _WITH_FIGURE_FROM

    def _part(self, bar: QRect, start: int, stop: int) -> QRect:
        """Of the bar, in pixels from its quiet end."""
        if self._upright:
            return QRect(bar.x(), bar.y() + bar.height() - stop, bar.width(), stop - start)
        return QRect(bar.x() + start, bar.y(), stop - start, bar.height())

    def _bar(self) -> QRect:
        """From the quiet end to full scale."""
        if self._upright:
            breadth, top = min(self.width() - 3, _STANDING_BAR), _STANDING_LIGHT + 3
            return QRect((self.width() - breadth) // 2, top, breadth, _STANDING - top - _STANDING_LABEL)
        before, after = self._label_area().width() + 6, _LIGHT + 4 + (_FIGURE if self._has_figure else 0)
        return QRect(before, (_LYING - _BAR) // 2, max(8, self.width() - before - after), _BAR)

    def _light(self, bar: QRect) -> QRect:
        if self._upright:
            return QRect(bar.x(), 1, bar.width(), _STANDING_LIGHT)
        return QRect(bar.right() + 4, (_LYING - _LIGHT) // 2, _LIGHT, _LIGHT)

    def _label_area(self) -> QRect:
        if self._upright:
            return QRect(0, _STANDING - _STANDING_LABEL, self.width(), _STANDING_LABEL)
        return QRect(0, 0, self.fontMetrics().horizontalAdvance("00") + 4, _LYING)


class MeterRow(QWidget):
    """A meter for each captured channel. `refresh` some twenty times a second, `renew_tips` a few times.

    in_line: whether there are few enough for the status line beside other things; else they need a row of their own.
    """

    def __init__(self, monitor: Monitor, theme: Theme, solo: Callable[[int], None]) -> None:
        super().__init__()
        self._monitor = monitor
        channels = monitor.source.info.channels
        self.in_line = len(channels) <= _MOST_IN_LINE
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8 if self.in_line else 1)
        self.meters = []
        for number, channel in enumerate(channels):
            hold_anew = partial(monitor.analysis.meter.hold_anew, number)
            name = monitor.settings.channel_name(channel)
            meter = LevelMeter(str(channel), name, partial(solo, channel), hold_anew, partial(_moment, monitor))
            meter.setMinimumWidth(_LYING_AT_LEAST if self.in_line else _STANDING_AT_LEAST)
            meter.set_theme(theme)
            row.addWidget(meter)
            self.meters.append(meter)

    def set_theme(self, theme: Theme) -> None:
        for meter in self.meters:
            meter.set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        upright = self.width() < _LYING_AT_LEAST * len(self.meters)
        if not self.in_line and event.oldSize().width() != self.width():
            for meter in self.meters:
                meter.stand(upright=upright)

    def refresh(self) -> None:
        """Show the levels of now; of a device that gives nothing there are none."""
        stalled = self._monitor.stalled
        analysis, noisy = self._monitor.analysis, self._monitor.source.info.noisy
        needles, clipping = analysis.needles.now, analysis.meter.clipping
        held = analysis.meter.held_true_peaks_dbtp
        for number, meter in enumerate(self.meters):
            meter.show_reading(
                Reading(
                    FLOOR_DBFS if stalled else float(needles.peak_dbfs[number]),
                    FLOOR_DBFS if stalled else float(needles.rms_dbfs[number]),
                    held[number],
                    int(clipping.samples[number]),
                    int(clipping.first[number]),
                    int(clipping.last[number]),
                    trouble_of(needles, number) if noisy else None,
                )
            )

    def renew_tips(self) -> None:
        """Of the meter that the pointer is on, if its tip is open."""
        for meter in self.meters:
            if tip_is_open(meter):
                meter.renew_tip()


_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_MIDDLE: Final = Qt.AlignmentFlag.AlignCenter


def _moment(monitor: Monitor, position: int) -> str:
    """Clock time of a position; of a file, its own."""
    source, timeline = monitor.source, monitor.timeline
    if source.info.kind not in ("file", "stdin"):
        return f"{timeline.moment_at(position):%H:%M:%S}"
    leg = leg_at(source.legs, position)
    second = timeline.seconds_at(position - leg.seam + leg.begins)
    length = source.info.length
    return clock_text(second if length is None else second % (length / timeline.samplerate))


def _drawn_of(reading: Reading) -> Reading:
    """As exactly as it is drawn."""
    return reading._replace(
        peak_dbfs=round(reading.peak_dbfs, 1),
        rms_dbfs=round(reading.rms_dbfs, 1),
        true_peak_dbtp=round(reading.true_peak_dbtp, 1),
    )


def _level_text(dbfs: float) -> str:
    return "\N{MINUS SIGN}\N{INFINITY}" if dbfs <= _SILENT_DBFS else format_level(dbfs, 1)


@lru_cache(maxsize=64)
def _colour(colour: Colour) -> QColor:
    return QColor(*colour)


def _share(dbfs: float) -> float:
    return min(max(0.0, (dbfs - _LOWEST_DBFS) / -_LOWEST_DBFS), 1.0)
