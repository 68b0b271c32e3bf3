"""The host of the canvas: a `QOpenGLWindow`, to be put into a window container.

Why not `QOpenGLWidget`: it draws into a texture that Qt then composes with the widgets, which on software
OpenGL costs more than the picture itself (docs/architecture.md). The price: no widget can lie over the
picture; text and banners in it are drawn by OpenGL.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QOpenGLContext, QSurfaceFormat, QWheelEvent
from PySide6.QtOpenGL import QOpenGLWindow
from vispy.gloo import gl

from livespec.capture.moment import now_ns
from livespec.display.canvas import Canvas
from livespec.display.gestures import Gestures
from livespec.display.layout import Zone
from livespec.display.painted import PaintedCanvas, has_float_textures
from livespec.display.view import View
from livespec.errors import DeviceError
from livespec.session.monitor import Monitor

if TYPE_CHECKING:
    from livespec.session.columns import ColumnStore

_TOLD_S: Final = 20.0
_NOTCH: Final = 120  # of a wheel, in Qt's units
_SHAPES: Final[dict[Zone, Qt.CursorShape]] = {
    "plot": Qt.CursorShape.CrossCursor,
    "levels": Qt.CursorShape.SizeVerCursor,
    "frequency": Qt.CursorShape.SizeVerCursor,
    "time": Qt.CursorShape.SizeHorCursor,
}


def check_opengl() -> None:
    """Raises `DeviceError` where there is none: Qt's window would end the process. The driver is loaded but once."""
    if not QOpenGLContext().create():
        raise DeviceError(
            "this display has no OpenGL",
            "install a driver (Debian, Ubuntu: apt install libgl1-mesa-dri), or use --view terminal",
        )


class PictureWindow(QOpenGLWindow):
    """Draws the `View` whenever it is asked to update; the GUI thread's. swapped: told when a frame is shown.

    `left`: by Tab (True) or Shift+Tab, which Qt does not follow out of a window in a container.
    """

    left = Signal(bool)

    def __init__(self, on_error: Callable[[BaseException], None], swapped: Callable[[float], None]) -> None:
        super().__init__()
        form = QSurfaceFormat()
        form.setSwapInterval(1)
        self.setFormat(form)
        self._on_error, self._tell_swapped = on_error, swapped
        self._monitor: Monitor | None = None
        self._view: View | None = None
        self._gestures: Gestures | None = None
        self._canvas: Canvas | PaintedCanvas | None = None
        self.detail = 1
        self.renderer = ""
        self._began = self._painted = 0.0
        self._store_shown: ColumnStore | None = None
        self._newest_shown: int | None = None
        self._newest_swapped: int | None = None
        self.frameSwapped.connect(self._swapped)

    def show_view(self, monitor: Monitor, view: View) -> None:
        """What to draw from now on."""
        self._monitor, self._view, self._gestures = monitor, view, Gestures(view)
        self._newest_shown = self._newest_swapped = None

    @property
    def size_px(self) -> tuple[int, int, float]:
        """Device pixels, and how many of them are a logical one."""
        ratio = self.devicePixelRatio()
        return max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)), ratio

    def initializeGL(self) -> None:
        try:
            self.renderer = str(gl.glGetParameter(gl.GL_RENDERER))
            if has_float_textures():
                self._canvas = Canvas()
            else:
                self._canvas = PaintedCanvas()
                self.renderer += self.tr(", without float textures")
                if self._view is not None:
                    self._view.note(self.tr("OpenGL without float textures: slower, the same picture"), _TOLD_S)
        except BaseException as error:  # noqa: BLE001 - Qt would print it and go on
            self._on_error(error)

    def paintGL(self) -> None:
        try:
            self._paint()
        except BaseException as error:  # noqa: BLE001 - Qt would print it and go on
            self._on_error(error)

    # ---- keys and mouse ----

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self.left.emit(event.key() == Qt.Key.Key_Tab)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._gestures is None:
            return
        x, y = self._at(event)
        scale = self.devicePixelRatio()
        self._gestures.hover(x, y, scale)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._gestures.move(x, y, scale)
        self._set_shape(x, y)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._gestures is not None and event.button() == Qt.MouseButton.LeftButton:
            self._gestures.press(*self._at(event), self.devicePixelRatio())
        elif self._view is not None and event.button() == Qt.MouseButton.RightButton:
            self._view.clear_markers()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._gestures is not None and event.button() == Qt.MouseButton.LeftButton:
            self._gestures.release(*self._at(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._gestures is not None and event.button() == Qt.MouseButton.LeftButton:
            self._gestures.double_click(*self._at(event), self.devicePixelRatio())

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._gestures is None:
            return
        ratio, at, turned = self.devicePixelRatio(), event.position(), event.angleDelta()
        notches = (turned.y() or turned.x()) / _NOTCH
        keys = event.modifiers()
        self._gestures.wheel(
            int(at.x() * ratio),
            int(at.y() * ratio),
            ratio,
            notches,
            control=bool(keys & Qt.KeyboardModifier.ControlModifier),
            shift=bool(keys & Qt.KeyboardModifier.ShiftModifier),
        )

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave and self._gestures is not None:
            self._gestures.leave()
        return super().event(event)

    def _at(self, event: QMouseEvent) -> tuple[int, int]:
        ratio, at = self.devicePixelRatio(), event.position()
        return int(at.x() * ratio), int(at.y() * ratio)

    def _set_shape(self, x: int, y: int) -> None:
        if self._gestures is None or self._view is None:
            return
        zone = self._gestures.zone(x, y, self.devicePixelRatio())
        shape = _SHAPES.get(zone, Qt.CursorShape.ArrowCursor)
        if zone == "plot" and self._view.presenting:
            shape = Qt.CursorShape.BlankCursor  # the laser is there
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    # ---- frames ----

    def snapshot(self) -> QImage:
        """What is on the canvas."""
        self.makeCurrent()
        return self.grabFramebuffer()

    def release(self) -> None:
        """Let go of the GL objects while the context is there."""
        self.makeCurrent()
        self._canvas = None
        self.doneCurrent()

    def _paint(self) -> None:
        self._began = time.perf_counter()
        if self._canvas is None or self._view is None:
            return
        scene, top = self._view.scene(*self.size_px)
        self._canvas.draw(scene, self.detail)
        self._newest_shown = int(scene.runs[-1].c1) if scene.runs and not self._view.frozen else None
        self._store_shown = top.store
        self._painted = time.perf_counter()

    def _swapped(self) -> None:
        now = time.perf_counter()
        self._tell_swapped(now - self._painted)
        if self._monitor is None:
            return
        figures = self._monitor.view_figures
        figures.frames += 1
        figures.last_frame_at = now
        figures.frame_ms.add((now - self._began) * 1000)
        if figures.first_frame_at is None:
            figures.first_frame_at = now
            self._monitor.startup.first_frame = now_ns()
        self._note_latency(self._monitor, now_ns())

    def _note_latency(self, monitor: Monitor, swapped_ns: int) -> None:
        """Of every column that this frame was the first to show."""
        newest, before = self._newest_shown, self._newest_swapped
        self._newest_swapped = newest
        store = self._store_shown
        if store is None or newest is None or before is None or newest <= before:
            return
        for cell in range(max(before + 1, newest - 8), newest + 1):
            entered = store.entered_ns(cell)
            if entered:
                monitor.view_figures.latency_ms.add((swapped_ns - entered) / 1e6)
