"""The main window: the picture, controls and meters around it, and the loop that runs it."""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QByteArray, QLoggingCategory, QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QFont, QGuiApplication, QImage, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QMainWindow,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from livespec.capture.devices import InputDevice
from livespec.display.governor import Governor, Pacer
from livespec.display.image import save_image
from livespec.display.keeping import Visible, new_path
from livespec.display.text import font_family
from livespec.display.view import View
from livespec.display.window.buttons import TabButton
from livespec.display.window.commands import add_commands, translated
from livespec.display.window.dock import FIELDS, Controls
from livespec.display.window.help import Overlay, about_overlay, keys_overlay
from livespec.display.window.icons import icons, two_states
from livespec.display.window.keys import commands_of
from livespec.display.window.meters import MeterRow
from livespec.display.window.picture import PictureWindow, check_opengl
from livespec.display.window.remembered import Remembered, changed_settings, recall, remember
from livespec.display.window.sessions import Sessions
from livespec.display.window.status import StatusLine
from livespec.display.window.style import style_sheet, theme_for
from livespec.display.window.takeaway import SaveFigure, TakeAway, is_figure
from livespec.display.window.transport import TransportBar
from livespec.display.window.wakefulness import Wakefulness
from livespec.errors import LivespecError
from livespec.session.monitor import Monitor
from livespec.settings import LOOPBACK, THEMES, Settings

_STATUS_S: Final = 0.25
_METERS_S: Final = 0.05
_HIDDEN_S: Final = 0.1
_SIZE: Final = (1280, 800)
_SMALLEST: Final = (480, 320)
_COMPACT: Final = (480, 270)
_WIDE_ENOUGH_FOR_CONTROLS: Final = 640
_HINT_S: Final = 8.0
_LET_GO_MS: Final = 1000
_LOOK_FOR_DEVICES_MS: Final = 3000  # the start has better things to do
_PICTURE_SIZES: Final = {"As on the screen": None, "1920 × 1080": (1920, 1080), "3840 × 2160": (3840, 2160)}


@dataclass(frozen=True)
class Ending:
    """When a run ends by itself, and what it leaves. duration_s: seconds since the first sample."""

    duration_s: float | None = None
    screenshot: Path | None = None


@dataclass(frozen=True)
class Panels:
    """What belongs to one session."""

    monitor: Monitor
    view: View
    meters: MeterRow
    controls: Controls
    transport: TransportBar | None

    def remove(self) -> None:
        """Make room for the next session's."""
        for widget in (self.meters, self.controls, self.transport):
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()


@dataclass(frozen=True)
class Rooms:
    """What the window needs of higher rooms. reopen: a started session; closed: told of the one before, once stopped.

    restore: whether state is remembered.
    """

    reopen: Callable[[Settings], Monitor]
    closed: Callable[[Monitor], None]
    save_figure: SaveFigure
    restore: bool = True


class MainWindow(QMainWindow):
    """The GUI thread's. `failure`: what ended it, if anything did."""

    def __init__(self, monitor: Monitor, ending: Ending, rooms: Rooms, stop_requests: Sequence[int] = ()) -> None:
        super().__init__()
        self._stop_requests, self._ending, self._rooms = stop_requests, ending, rooms
        self.failure: BaseException | None = None
        self._state = recall() if rooms.restore else Remembered(hinted=True)
        self._governor, self._pacer = Governor(), Pacer(time.perf_counter())
        self._sessions = Sessions(monitor, rooms.reopen, rooms.closed, self._fail)
        self._sessions.opened.connect(self._show_session)
        self._sessions.refused.connect(self._note_failure)
        self._sessions.announced.connect(self._note)
        self._sessions.listed.connect(self._show_devices)
        QTimer.singleShot(_LOOK_FOR_DEVICES_MS, self, self._sessions.list_devices)
        self._take_away = TakeAway(rooms.save_figure)
        self._take_away.finished.connect(self._note)
        self._take_away.failed.connect(self._note_failure)
        self._take_away.copied.connect(lambda image: QGuiApplication.clipboard().setImage(image))
        self._picture = PictureWindow(self._fail, self._pacer.swapped)
        self._picture.left.connect(self._leave_picture)
        self._container = QWidget.createWindowContainer(self._picture, self)
        self._container.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._container.setAccessibleName(self.tr("Spectrogram"))
        self._awake = Wakefulness()
        self._overlay: Overlay | None = None
        self._record = self._new_switch(self.tr("Record"), "R", self.toggle_recording)
        self._gear = self._new_switch(self.tr("Controls"), "D", self.toggle_controls)
        self._wants_controls = self._state.controls
        self._status = StatusLine(self._record, self._gear)
        whole = QWidget()
        self._column = _column(whole, self._container, self._status)
        self.setCentralWidget(whole)
        self._compact = self._alone = False
        self._picture_size: tuple[int, int] | None = None
        self._panels: Panels = None  # type: ignore[assignment] # set by the next line, and never None again
        self._show_session(monitor)
        self._place()
        self._container.setFocus()
        self._ending_soon = False
        self._status_due = self._meters_due = 0.0
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _scheme: self._follow_theme())
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)
        self._timer.start(0)

    # ---- what is around the picture ----

    def _new_switch(self, name: str, key: str, act: Callable[[], None]) -> TabButton:
        switch = TabButton()
        switch.setCheckable(True)
        switch.setAccessibleName(name)
        switch.setToolTip(f"{name} ({key})")
        switch.clicked.connect(lambda _checked: act())
        return switch

    def _show_session(self, monitor: Monitor) -> None:
        """Everything that belongs to a session, anew."""
        before: Panels | None = self._panels
        view = View(monitor, theme_for(monitor.settings.theme), translated, FIELDS)
        controls = Controls(view, monitor, self._after_command)
        controls.reopened.connect(self._reopen)
        controls.forgotten.connect(view.forget)
        transport = None if view.steering is None else TransportBar(view.steering)
        self._panels = panels = Panels(monitor, view, MeterRow(monitor, view.theme, view.solo), controls, transport)
        self._picture.show_view(monitor, view)
        self.setWindowTitle(f"{monitor.source.info.title} \N{EM DASH} livespec")
        if before is not None:
            view.presenting = before.view.presenting
            before.remove()
            QTimer.singleShot(_LET_GO_MS, self, gc.collect)  # widgets hold themselves, and the sound of before
        self._status.put_in(panels.meters)
        self._record.setVisible(view.steering is None)
        if transport is not None:
            self._column.insertWidget(1, transport)
        stops = () if transport is None else transport.tab_stops
        for one, next_one in pairwise([self._container, *stops, self._record, self._gear]):
            QWidget.setTabOrder(one, next_one)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, controls)
        self._renew_commands()
        self._follow_theme()
        self._picture_alone(alone=self._alone)
        if self._gear.isChecked():
            self._sessions.list_devices()

    def _renew_commands(self) -> None:
        self.menuBar().clear()
        for menu in self.menuBar().findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly):
            menu.deleteLater()
        for action in self.actions():
            self.removeAction(action)
            action.deleteLater()  # else it holds the view of before, and that its sound
        self._commands = commands_of(self, self._view, len(self._monitor.source.info.channels))
        add_commands(self, self._commands, self._after_command)

    def _place(self) -> None:
        room = self.screen().availableGeometry()
        self.setMinimumSize(*_SMALLEST)
        self.resize(min(_SIZE[0], room.width()), min(_SIZE[1], room.height()))
        if self._state.geometry:
            self.restoreGeometry(QByteArray.fromBase64(self._state.geometry.encode()))
            seen = room.intersected(self.frameGeometry())
            if seen.width() < _SMALLEST[0] // 2 or seen.height() < _SMALLEST[1] // 2:  # it was on another screen
                self.resize(min(_SIZE[0], room.width()), min(_SIZE[1], room.height()))
                self.move(room.topLeft())

    def _leave_picture(self, forth: bool) -> None:  # noqa: FBT001 - a signal's
        self.activateWindow()
        self.focusNextPrevChild(forth)

    # ---- what commands do ----

    @property
    def _view(self) -> View:
        return self._panels.view

    @property
    def _monitor(self) -> Monitor:
        return self._panels.monitor

    def toggle_controls(self) -> None:
        """The dock, in or out; where it has no place the picture says why."""
        if self._alone:
            self._note(self.tr("The controls are beside the usual window's picture: Esc leads there"))
        elif self.width() < _WIDE_ENOUGH_FOR_CONTROLS:
            self._note(self.tr("The window is too narrow for the controls"))
        else:
            self._wants_controls = not self._wants_controls
        self._fit_controls()
        if self._gear.isChecked():
            self._sessions.list_devices()

    def controls_shown(self) -> bool:
        return self._panels.controls.isVisible()

    def toggle_full_screen(self) -> None:
        wanted = not self.isFullScreen()
        self._be_usual()
        if wanted:
            self.present(fullscreen=True)

    def toggle_presenting(self) -> None:
        """For an audience: full screen, large labels, no controls, the display awake."""
        wanted = not self._view.presenting
        self._be_usual()
        if wanted:
            self._view.presenting = True
            self._awake.hold()
            self.present(fullscreen=True)

    def presenting(self) -> bool:
        return self._view.presenting

    def toggle_compact(self) -> None:
        """A small window that stays on top: the picture alone."""
        wanted = not self._compact
        usual_size = self.normalGeometry().size()
        self._be_usual()
        if wanted:
            self._compact = True
            self._before_compact = usual_size
            self._picture_alone(alone=True)
            self.showNormal()
            self.setMinimumSize(*(side // 2 for side in _COMPACT))
            self.resize(*_COMPACT)
            self.windowHandle().setFlag(Qt.WindowType.WindowStaysOnTopHint, True)  # noqa: FBT003 - Qt's

    def compact(self) -> bool:
        return self._compact

    def leave(self) -> None:
        """Back to the usual window, and the keys to the picture."""
        self._be_usual()
        self._container.setFocus()

    def _be_usual(self) -> None:
        """Neither compact nor for an audience nor on the full screen: it is never two of these at a time."""
        self._note_place()
        if self._compact:
            self._compact = False
            self.windowHandle().setFlag(Qt.WindowType.WindowStaysOnTopHint, False)  # noqa: FBT003 - Qt's
            self._picture_alone(alone=False)
            self.setMinimumSize(*_SMALLEST)
            self.resize(self._before_compact)
        elif self._alone or self.isFullScreen():
            self._view.presenting = False
            self._awake.release()
            self.present(fullscreen=False)

    def _note_place(self) -> None:
        """Where the usual window is, for the next run."""
        if not (self._alone or self.isFullScreen()):
            geometry = bytes(self.saveGeometry().toBase64().data()).decode()
            self._state = replace(self._state, geometry=geometry)

    def next_theme(self) -> None:
        """Dark → light."""
        self._view.change(theme=THEMES[2] if self._view.theme.dark else THEMES[1])

    def forget(self) -> None:
        self._view.forget()

    def _show_devices(self, devices: list[InputDevice]) -> None:
        self._panels.controls.show_devices(devices)

    def _note(self, text: str) -> None:
        self._view.note(text)

    def _note_failure(self, text: str) -> None:
        self._view.note_failure(text)

    def save_picture(self) -> None:
        """A PNG in the user's folder of pictures."""
        visible = self._visible(self._picture_size)
        if visible is not None:
            self._take_away.picture(visible, new_path(".png"))

    def save_picture_as(self) -> None:
        """PNG, SVG or PDF, wherever the person says."""
        visible = self._visible(self._picture_size)
        kinds = self.tr("Picture (*.png);;Figure (*.svg *.pdf)")
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Save picture"), str(new_path(".png")), kinds)
        if visible is None or not name:
            return
        path = Path(name)
        if is_figure(path):
            self._take_away.figure(visible, path)
        else:
            self._take_away.picture(visible, path if path.suffix else path.with_suffix(".png"))

    def save_figure(self) -> None:
        """Axes and image in vectors, as SVG."""
        visible = self._visible(None)
        if visible is not None:
            self._take_away.figure(visible, new_path(".svg"))

    def copy_picture(self) -> None:
        visible = self._visible(self._picture_size)
        if visible is not None:
            self._take_away.copy(visible)

    def export(self, suffix: str) -> None:
        """The visible columns as numbers."""
        visible = self._visible(None)
        if visible is not None:
            self._take_away.numbers(visible, new_path(suffix))

    def toggle_recording(self) -> None:
        """Into the user's folder of music; the disk is another thread's."""
        self._take_away.toggle_recording(self._monitor, self._view.settings)

    def hear_computer(self) -> None:
        """What is played, in place of a microphone."""
        self._reopen({"source": "mic", "device": LOOPBACK, "channels": None, "show": None})

    def recording(self) -> bool:
        return self._monitor.recording

    def keep(self) -> None:
        """What has already happened: between the markers, what is on a picture that stands, or the last seconds."""
        visible = self._visible(self._picture_size)
        if visible is not None:
            seconds = self._view.seconds_to_keep() or visible.seconds
            self._take_away.excerpt(visible, seconds, new_path(""))

    def next_picture_size(self) -> None:
        """Of saved and copied pictures."""
        sizes = list(_PICTURE_SIZES.values())
        self._picture_size = sizes[(sizes.index(self._picture_size) + 1) % len(sizes)]
        name = next(name for name, size in _PICTURE_SIZES.items() if size == self._picture_size)
        self._view.note(self.tr("Pictures are saved: {}").format(name))

    def show_keys(self) -> None:
        self._show_overlay(keys_overlay(self, self._commands))

    def show_about(self) -> None:
        self._show_overlay(about_overlay(self, self._picture.renderer))

    def _show_overlay(self, overlay: Overlay) -> None:
        if self._overlay is not None:
            self._overlay.close()
        self._overlay = overlay
        overlay.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        overlay.finished.connect(self._overlay_gone)
        overlay.show_over()

    def _overlay_gone(self) -> None:
        self._overlay = None
        self.activateWindow()
        self._picture.requestActivate()
        self._container.setFocus()

    def _visible(self, size: tuple[int, int] | None) -> Visible | None:
        width, height, scale = self._picture.size_px
        if size is not None:
            scale *= size[1] / height
            width, height = size
        scene, view = self._view.still(width, height, scale), self._view
        return None if scene is None else Visible.of(scene, self._monitor, view)

    def _reopen(self, changes: dict[str, Any]) -> None:
        """Another device or rate: a session of its own."""
        if self._monitor.exporting:
            self._view.note(self.tr("No other sound during an export: it is one unbroken run"))
            return
        if self._monitor.recording:
            self._view.note(self.tr("No other sound during a recording: R ends it"))
            return
        first = self._rooms_settings(changes)
        self._view.note(self.tr("Opening \N{HORIZONTAL ELLIPSIS}"))
        self._sessions.open(first)

    def _rooms_settings(self, changes: dict[str, Any]) -> Settings:
        """What was chosen holds for the next session too, but for what depends on the rate."""
        settings = self._view.settings
        free = {"n_fft": None, "hop": None, "fmin": None, "fmax": None, "samplerate": None}
        return replace(settings, **(free | changes))

    # ---- looks ----

    def present(self, *, fullscreen: bool) -> None:
        """Show the window, or the picture alone on the whole screen."""
        self._picture_alone(alone=fullscreen)
        if fullscreen:
            self.showFullScreen()
        else:
            self.showNormal()

    def _picture_alone(self, *, alone: bool) -> None:
        self.menuBar().setVisible(not alone)
        self._status.setVisible(not alone)
        self._alone = alone
        self._fit_controls()
        if self._panels.transport is not None:
            self._panels.transport.setVisible(not alone)

    def _fit_controls(self) -> None:
        """In a narrow window there is no room for them beside the picture. Their button is lit while they are there."""
        shown = self._wants_controls and not self._alone and self.width() >= _WIDE_ENOUGH_FOR_CONTROLS
        self._panels.controls.setVisible(shown)
        self._gear.setChecked(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_controls()

    def _follow_theme(self) -> None:
        theme = theme_for(self._view.settings.theme)
        if theme is not self._view.theme or not self.styleSheet():
            self._view.theme = theme
            self.setStyleSheet(style_sheet(theme))
            shown = icons(theme)
            for switch, name in ((self._record, "record"), (self._gear, "controls")):
                switch.setIcon(two_states(shown[name, False], shown[name, True]))
        self._panels.meters.set_theme(theme)
        if self._panels.transport is not None:
            self._panels.transport.set_theme(theme)

    def _after_command(self) -> None:
        self._follow_theme()
        if self._panels.transport is not None:
            self._panels.transport.refresh()
        if self._panels.controls.isVisible():
            self._panels.controls.refresh()
        if self._panels.controls.are_typed_into():
            self._container.setFocus()

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
        if self._can_be_seen():
            pace = self._governor.pace
            self._picture.detail = pace.detail
            self._picture.update()
            due = self._pacer.next(now, pace.frames, self.screen().refreshRate())
        else:
            self._governor.rest()
            due = self._pacer.due = now + _HIDDEN_S
        self._timer.start(max(0, round((due - now) * 1000)))

    def _can_be_seen(self) -> bool:
        """Not minimised, not hidden. A window inside another is not told when the outer one goes."""
        outer = self.windowHandle()
        return self._picture.isExposed() and outer.isExposed() and not self.isMinimized()

    def _look_after_session(self) -> None:
        now = time.perf_counter()
        if now >= self._meters_due:
            self._meters_due = now + _METERS_S
            if self._status.isVisible():
                self._panels.meters.refresh()
        if now >= self._status_due:
            self._status_due = now + _STATUS_S
            self._governor.look(now, self._monitor.view_figures.frames)
            self._show_state()
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

    def _show_state(self) -> None:
        if self._panels.transport is not None:
            self._panels.transport.refresh()
        if self._panels.controls.isVisible():
            self._panels.controls.refresh()
        self._record.setChecked(self.recording())
        self._give_hint()
        self._status.refresh(self._monitor, slowed=self._governor.slowed)
        self._panels.meters.renew_tips()

    def _give_hint(self) -> None:
        if not self._state.hinted and self._monitor.view_figures.frames:
            self._state = replace(self._state, hinted=True)
            self._view.note(self.tr("? shows all keys, D the controls"), _HINT_S)

    def _fail(self, error: BaseException) -> None:
        self.failure = self.failure or error
        self.end_soon()

    def end_soon(self) -> None:
        """Close with the next tick: closing in the middle of a frame would take its context away."""
        self._ending_soon = True

    # ---- the end ----

    def closeEvent(self, event: QCloseEvent) -> None:
        self._timer.stop()
        if self._overlay is not None:
            self._overlay.close()
        if self._ending.screenshot is not None and self.failure is None:
            try:
                save_image(self._snapshot(), self._ending.screenshot)
            except BaseException as error:  # noqa: BLE001 - shown by the command line
                self.failure = error
        self._awake.release()
        if self._rooms.restore:
            self._remember()
        self._take_away.close()
        self._sessions.close()
        self._picture.release()
        super().closeEvent(event)
        QGuiApplication.quit()

    def _remember(self) -> None:
        self._note_place()
        settings = self._state.settings
        if self.failure is None or isinstance(self.failure, LivespecError):  # else they may be what led to it
            settings = changed_settings(settings, self._monitor.settings, self._view.settings)
        remember(replace(self._state, settings=settings, controls=self._wants_controls))

    def _snapshot(self) -> QImage:
        """The window as a person sees it; widgets and canvas are drawn by different hands."""
        picture = self._picture.snapshot()
        whole = self.grab().toImage()
        painter = QPainter(whole)
        painter.drawImage(self._container.mapTo(self, QPoint(0, 0)), picture)
        painter.end()
        return whole


def _column(whole: QWidget, picture: QWidget, below: QWidget) -> QVBoxLayout:
    """The picture, and what belongs under it."""
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(picture, 1)
    column.addWidget(below)
    return column


def make_application() -> QApplication:
    """The Qt application. Raises `DeviceError` where there is no display."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    # On Wayland Qt complains each time that the keyboard goes from a window to the picture in it, and means nothing.
    QLoggingCategory.setFilterRules("qt.qpa.wayland.textinput.warning=false")
    application = QApplication(["livespec"])
    application.setApplicationName("livespec")
    application.setFont(QFont(font_family()))
    return application


def run_window(monitor: Monitor, ending: Ending, rooms: Rooms, stop_requests: Sequence[int]) -> None:
    """Show the window until it is closed or the run ends; the monitor must be started. Raises what ended it.

    stop_requests: not empty once a signal has asked for the end; looked at with every frame.
    """
    application = make_application()
    check_opengl()
    window = MainWindow(monitor, ending, rooms, stop_requests)
    settings = monitor.settings
    if settings.presenter:
        window.toggle_presenting()
    else:
        window.present(fullscreen=settings.fullscreen)
    del monitor  # its sound is not to be kept while another session is shown
    application.exec()
    if window.failure is not None:
        raise window.failure
