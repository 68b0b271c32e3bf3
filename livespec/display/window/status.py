"""The line under the picture: meters, what the picture is made of, how the run goes, and the way to the controls."""

import time
from typing import Final, NamedTuple

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from livespec.display.axes import format_level
from livespec.display.window.dock import kept_text
from livespec.display.window.meters import MeterRow
from livespec.display.window.style import with_tabular_digits
from livespec.display.window.tips import renew_tip
from livespec.session.monitor import Monitor

_BETWEEN: Final = "   ·   "
_COUNTS_PX: Final = 124  # of what is counted, so much is always to be seen


class Part(NamedTuple):
    """Of what a line says. rank: the least important, with the highest, are left out first."""

    text: str
    rank: int


class PartedLabel(QLabel):
    """Gives way to its neighbours: parts that have no room are left out whole."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Part] = []

    def say(self, parts: list[Part]) -> None:
        """A screen reader reads all of them, whatever is left out."""
        if parts != self._parts:
            self._parts = parts
            self.setText(_joined(parts))

    @property
    def shown(self) -> list[Part]:
        """What can be read."""
        room, shown = self.contentsRect().width(), list(self._parts)
        while shown and self.fontMetrics().horizontalAdvance(_joined(shown)) > room:
            shown.remove(max(shown, key=lambda part: part.rank))
        return shown

    @property
    def left_out(self) -> list[str]:
        """What cannot."""
        shown = self.shown
        return [part.text for part in self._parts if part not in shown]

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        alignment = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        QPainter(self).drawText(self.contentsRect(), alignment, _joined(self.shown))


class StatusLine(QWidget):
    """The GUI thread's. buttons: at the right end; meters are put in at the left one, or above where they are many.

    `refresh` a few times a second.
    """

    def __init__(self, *buttons: QWidget) -> None:
        super().__init__()
        self.setObjectName("below")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._made_of, self._goes = PartedLabel(), PartedLabel()
        self._made_of.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # the first to give way
        self._goes.setMinimumWidth(_COUNTS_PX)
        self._frames_seen = (0, time.perf_counter())
        self._rows, self._row = QVBoxLayout(self), QHBoxLayout()
        for layout in (self._rows, self._row):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        self._rows.addLayout(self._row)
        for label in (self._made_of, self._goes):
            label.setObjectName("status")
            with_tabular_digits(label)
        self._row.addWidget(self._made_of, 1)
        self._row.addWidget(self._goes)
        for button in buttons:
            self._row.addWidget(button)

    def put_in(self, meters: MeterRow) -> None:
        """At the left, or above."""
        (self._row if meters.in_line else self._rows).insertWidget(0, meters)

    def refresh(self, monitor: Monitor, *, slowed: bool) -> None:
        """slowed: whether fewer frames are drawn than should be."""
        store, timeline, samplerate = monitor.analysis.store, monitor.timeline, monitor.source.info.samplerate
        overlap = 100 * (1 - store.hop / store.n_fft)
        keeps = [Part(self.tr("keeps {}").format(kept_text(monitor)), 2)] if monitor.can_forget else []
        self._made_of.say(
            [
                *keeps,
                Part(f"{samplerate / 1000:g} kHz", 0),
                Part(f"{_three_digits(store.bin_hz)} Hz/bin", 1),
                Part(f"{_three_digits(1000 * store.n_fft / samplerate)} ms window", 3),
                Part(f"{overlap:.4g} % overlap", 4),
            ]
        )
        latency, alerts = monitor.view_figures.latency_ms.recent(60), monitor.alerts
        fps = f"{self._fps(monitor.view_figures.frames):.0f} fps"
        self._goes.say(
            [
                Part(f"xruns {timeline.overflows}", 2),
                Part(f"gaps {len(monitor.gaps)}", 0),
                *([] if alerts is None else [Part(self.tr("triggered {}").format(alerts.count), 1)]),
                Part("latency \N{EN DASH}" if latency is None else f"latency {latency:.0f} ms", 3),
                Part(fps + (self.tr(" (slow machine)") if slowed else ""), 4),
            ]
        )
        tip = self._tip(monitor, slowed=slowed)
        for label in (self._made_of, self._goes):
            renew_tip(label, tip)

    def _tip(self, monitor: Monitor, *, slowed: bool) -> str:
        lines = [*self._made_of.left_out, *self._goes.left_out]
        lines += [self.tr("Fewer frames are drawn, so that the sound is not disturbed")] if slowed else []
        if monitor.alerts is not None:
            low, high, threshold, *_ = monitor.alerts.plan.rule
            told = self.tr("Events so far in {:g} to {:g} Hz above {} dBFS: {}")
            lines.append(told.format(low, high, format_level(threshold), monitor.alerts.count))
        device, drift = monitor.source.device_latency_ms, monitor.timeline.drift_ppm
        if device is not None:
            lines.append(self.tr("Latency of the device: {:.0f} ms").format(device))
        if drift is not None:
            lines.append(self.tr("Its clock against this computer's: {:+.0f} ppm").format(drift))
        return "\n".join(lines)

    def _fps(self, frames: int) -> float:
        now = time.perf_counter()
        before, since = self._frames_seen
        self._frames_seen = frames, now
        return max(0, frames - before) / max(now - since, 1e-6)


def _joined(parts: list[Part]) -> str:
    return _BETWEEN.join(part.text for part in parts)


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004
