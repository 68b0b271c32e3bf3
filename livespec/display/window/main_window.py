"""The main window: the picture, a status line, the keys; and the loop that runs it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QImage, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QVBoxLayout, QWidget

from livespec.display.colormaps import next_colormap
from livespec.display.image import save_image
from livespec.display.steering import Steering
from livespec.display.view import View
from livespec.display.window.picture import PictureWindow
from livespec.display.window.transport import TransportBar
from livespec.session.monitor import Monitor

_FRAME_S: Final = 1 / 60
_STATUS_S: Final = 0.25
_HIDDEN_S: Final = 0.1
_JUMP_S: Final = 5.0
_FAR_JUMP_S: Final = 30.0
_SIZE: Final = (1280, 800)
_SMALLEST: Final = (480, 320)

_STYLE: Final = """
QMainWindow, QStatusBar { background: #0e1116; color: #8b95a1; }
QStatusBar::item { border: none; }
QLabel { color: #8b95a1; padding: 3px 10px; font-size: 12px; }
"""


class ShortenedLabel(QLabel):
    """Gives way to its neighbours: what does not fit ends in an ellipsis."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        room = self.contentsRect().adjusted(10, 0, -10, 0)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)


@dataclass(frozen=True)
class Ending:
    """When a run ends by itself, and what it leaves. duration_s: seconds since the first sample."""

    duration_s: float | None = None
    screenshot: Path | None = None


class MainWindow(QMainWindow):
    """The GUI thread's. `failure`: what ended it, if anything did."""

    def __init__(self, monitor: Monitor, ending: Ending, stop_requests: Sequence[int] = ()) -> None:
        super().__init__()
        self._stop_requests = stop_requests
        self.failure: BaseException | None = None
        self._monitor, self._ending = monitor, ending
        self._view = View(monitor)
        self._picture = PictureWindow(monitor, self._view, self._fail)
        self.setWindowTitle(f"{monitor.source.info.title} \N{EM DASH} livespec")
        self.setStyleSheet(_STYLE)
        room = self.screen().availableGeometry()
        self.resize(min(_SIZE[0], room.width()), min(_SIZE[1], room.height()))
        self.setMinimumSize(*_SMALLEST)
        container = QWidget.createWindowContainer(self._picture, self)
        container.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        container.setAccessibleName("Spectrogram")
        steering = self._view.steering
        self._transport = None if steering is None else TransportBar(steering)
        self.setCentralWidget(_column(container, self._transport))
        container.setFocus()
        self._container = container
        self._left, self._right = ShortenedLabel(), QLabel()
        self.statusBar().addWidget(self._left, 1)
        self.statusBar().addPermanentWidget(self._right)
        self.statusBar().setSizeGripEnabled(False)
        self._add_keys(steering)
        self._ending_soon = False
        self._due = time.perf_counter()
        self._status_due = 0.0
        self._frames_seen = (0, time.perf_counter())
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)
        self._timer.start(0)

    # ---- keys ----

    def _add_keys(self, steering: Steering | None) -> None:
        keys: tuple[tuple[str, tuple[str, ...], Callable[[], object]], ...] = (
            ("Freeze", ("Space",), self._view.toggle_freeze),
            ("Next frequency scale", ("M",), self._view.next_scale),
            ("Next picture", ("V",), self._view.next_picture),
            ("Automatic range", ("A",), self._view.toggle_auto_range),
            ("Pitch line", ("T",), self._view.toggle_pitch),
            (
                "Next colour map",
                ("C",),
                lambda: self._view.set_colormap(next_colormap(self._view.settings.colormap)),
            ),
            ("Full screen", ("F", "F11"), self._toggle_full_screen),
            ("Leave full screen", ("Esc",), self._leave_full_screen),
            ("Quit", ("Q", "Ctrl+Q"), self.close),
            *(() if steering is None else _keys_of_a_replay(steering)),
        )
        for name, sequences, act in keys:
            action = QAction(self.tr(name), self)
            action.setShortcuts([QKeySequence(sequence) for sequence in sequences])
            action.triggered.connect(lambda _checked=False, act=act: self._do(act))
            self.addAction(action)

    def _do(self, act: Callable[[], object]) -> None:
        act()
        if self._transport is not None:
            self._transport.refresh()

    def present(self, *, fullscreen: bool) -> None:
        """Show the window, or the picture alone on the whole screen."""
        self.statusBar().setVisible(not fullscreen)
        if self._transport is not None:
            self._transport.setVisible(not fullscreen)
        if fullscreen:
            self.showFullScreen()
        else:
            self.showNormal()

    def _toggle_full_screen(self) -> None:
        self.present(fullscreen=not self.isFullScreen())

    def _leave_full_screen(self) -> None:
        if self.isFullScreen():
            self.present(fullscreen=False)
        self._container.setFocus()  # the keys are the window's again, not those of a control reached by Tab

    # ---- the loop ----

    def _tick(self) -> None:
        try:
            self._look_after_session()
        except BaseException as error:  # noqa: BLE001 - Qt would print it and go on
            self._fail(error)
        if self._ending_soon or self._stop_requests:
            self.close()
            return
        now = time.perf_counter()
        visible = self._can_be_seen()
        if visible:
            self._picture.update()
        self._due = max(self._due + (_FRAME_S if visible else _HIDDEN_S), now)
        self._timer.start(max(0, round((self._due - now) * 1000)))

    def _can_be_seen(self) -> bool:
        """Not minimised, not hidden. A window inside another is not told when the outer one goes."""
        outer = self.windowHandle()
        return self._picture.isExposed() and outer.isExposed()

    def _look_after_session(self) -> None:
        now = time.perf_counter()
        if now >= self._status_due:
            self._status_due = now + _STATUS_S
            self._show_status(now)
            self._monitor.poll()
        monitor = self._monitor
        if monitor.failure is not None:
            self._fail(monitor.failure)
        elif self._ending.duration_s is not None:
            if monitor.waited_in_vain:
                self._fail(monitor.no_sound())
            elif monitor.ended.is_set() or (
                monitor.source.info.live and monitor.seconds >= self._ending.duration_s
            ):  # what is not live ends by itself; of a replay, sound that was shown twice counts twice
                self.end_soon()

    def _show_status(self, now: float) -> None:
        if self._transport is not None:
            self._transport.refresh()
        info, engine, timeline = self._monitor.source.info, self._monitor.engine, self._monitor.timeline
        window_ms = 1000 * engine.n_fft / info.samplerate
        overlap = 100 * (1 - engine.hop / engine.n_fft)
        self._left.setText(
            f"{info.title}   ·   {info.samplerate / 1000:g} kHz   ·   {_three_digits(engine.bin_hz)} Hz/bin   ·   "
            f"{_three_digits(window_ms)} ms window   ·   {overlap:.4g} % overlap"
        )
        frames, since = self._frames_seen
        figures = self._monitor.view_figures
        fps = (figures.frames - frames) / max(now - since, 1e-6)
        self._frames_seen = figures.frames, now
        latency = figures.latency_ms.recent(60)
        parts = [f"xruns {timeline.overflows}", f"gaps {len(timeline.gaps)}"]
        parts.append("latency \N{EN DASH}" if latency is None else f"latency {latency:.0f} ms")
        parts.append(f"{fps:.0f} fps")
        self._right.setText("   ·   ".join(parts))

    def _fail(self, error: BaseException) -> None:
        self.failure = self.failure or error
        self.end_soon()

    def end_soon(self) -> None:
        """Close with the next tick: closing in the middle of a frame would take its context away."""
        self._ending_soon = True

    # ---- the end ----

    def closeEvent(self, event: QCloseEvent) -> None:
        self._timer.stop()
        if self._ending.screenshot is not None and self.failure is None:
            try:
                save_image(self._snapshot(), self._ending.screenshot)
            except BaseException as error:  # noqa: BLE001 - shown by the command line
                self.failure = error
        self._picture.release()
        super().closeEvent(event)
        QGuiApplication.quit()

    def _snapshot(self) -> QImage:
        """The window as a person sees it; widgets and canvas are drawn by different hands."""
        picture = self._picture.snapshot()
        whole = self.grab().toImage()
        painter = QPainter(whole)
        painter.drawImage(self._container.mapTo(self, QPoint(0, 0)), picture)
        painter.end()
        return whole


def _keys_of_a_replay(steering: Steering) -> tuple[tuple[str, tuple[str, ...], Callable[[], object]], ...]:
    return (
        ("Back", ("Left",), lambda: steering.seek_by(-_JUMP_S)),
        ("Ahead", ("Right",), lambda: steering.seek_by(_JUMP_S)),
        ("Far back", ("Shift+Left",), lambda: steering.seek_by(-_FAR_JUMP_S)),
        ("Far ahead", ("Shift+Right",), lambda: steering.seek_by(_FAR_JUMP_S)),
        ("To the start", ("Home",), lambda: steering.seek_to(0.0)),
        ("Repeat", ("R",), steering.toggle_loop),
        ("Slower", ("[",), steering.slower),
        ("Faster", ("]",), steering.faster),
        ("Speed 1", ("Backspace",), lambda: steering.set_speed(1.0)),
        ("Listen", ("H",), steering.toggle_listen),
    )


def _column(picture: QWidget, transport: QWidget | None) -> QWidget:
    """The picture, and what belongs under it."""
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(picture, 1)
    if transport is not None:
        column.addWidget(transport)
    return whole


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004


def make_application() -> QApplication:
    """The Qt application. Raises `DeviceError` where there is no display."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    application = QApplication(["livespec"])
    application.setApplicationName("livespec")
    return application


def run_window(monitor: Monitor, ending: Ending, stop_requests: Sequence[int]) -> None:
    """Show the window until it is closed or the run ends; the monitor must be started. Raises what ended it.

    stop_requests: not empty once a signal has asked for the end; looked at with every frame.
    """
    application = make_application()
    window = MainWindow(monitor, ending, stop_requests)
    window.present(fullscreen=monitor.settings.fullscreen)
    application.exec()
    if window.failure is not None:
        raise window.failure
