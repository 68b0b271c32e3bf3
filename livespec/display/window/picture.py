"""The host of the canvas: a `QOpenGLWindow`, to be put into a window container.

Why not `QOpenGLWidget`: it draws into a texture that Qt then composes with the widgets, which on software
OpenGL costs more than the picture itself (docs/architecture.md). The price: no widget can lie over the
picture; text and banners in it are drawn by OpenGL.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent
from PySide6.QtGui import QImage, QMouseEvent, QSurfaceFormat
from PySide6.QtOpenGL import QOpenGLWindow
from vispy.gloo.context import FakeCanvas, set_current_canvas

from livespec.display.canvas import Canvas
from livespec.display.view import View
from livespec.session.monitor import Monitor

if TYPE_CHECKING:
    from livespec.session.columns import ColumnStore


class PictureWindow(QOpenGLWindow):
    """Draws the `View` whenever it is asked to update; the GUI thread's."""

    def __init__(self, monitor: Monitor, view: View, on_error: Callable[[BaseException], None]) -> None:
        super().__init__()
        form = QSurfaceFormat()
        form.setSwapInterval(1)
        self.setFormat(form)
        self._monitor, self._view, self._on_error = monitor, view, on_error
        self._gloo: Any = None
        self._canvas: Canvas | None = None
        self._began = 0.0
        self._store_shown: ColumnStore | None = None
        self._newest_shown: int | None = None
        self._newest_swapped: int | None = None
        self.frameSwapped.connect(self._swapped)

    def initializeGL(self) -> None:
        self._gloo = FakeCanvas()
        self._canvas = Canvas()

    def paintGL(self) -> None:
        try:
            self._paint()
        except BaseException as error:  # noqa: BLE001 - Qt would print it and go on
            self._on_error(error)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        ratio = self.devicePixelRatio()
        at = event.position()
        self._view.pointer = int(at.x() * ratio), int(at.y() * ratio)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._view.pointer = None
        return super().event(event)

    def snapshot(self) -> QImage:
        """What is on the canvas."""
        self.makeCurrent()
        return self.grabFramebuffer()

    def release(self) -> None:
        """Let go of the GL objects while the context is there."""
        self.makeCurrent()
        self._canvas = None
        self._gloo = None
        self.doneCurrent()

    def _paint(self) -> None:
        self._began = time.perf_counter()
        if self._canvas is None:
            return
        ratio = self.devicePixelRatio()
        scene, top = self._view.scene(round(self.width() * ratio), round(self.height() * ratio), ratio)
        set_current_canvas(self._gloo)
        self._canvas.draw(scene)
        self._gloo.flush()
        self._newest_shown = int(scene.runs[-1].c1) if scene.runs and not self._view.frozen else None
        self._store_shown = top.store

    def _swapped(self) -> None:
        now = time.perf_counter()
        figures = self._monitor.view_figures
        figures.frames += 1
        figures.last_frame_at = now
        figures.frame_ms.add((now - self._began) * 1000)
        if figures.first_frame_at is None:
            figures.first_frame_at = now
            self._monitor.startup.first_frame = time.perf_counter_ns()
        self._note_latency(time.perf_counter_ns())

    def _note_latency(self, now_ns: int) -> None:
        """Of every column that this frame was the first to show."""
        newest, before = self._newest_shown, self._newest_swapped
        self._newest_swapped = newest
        if newest is None or before is None or newest <= before:
            return
        store = self._store_shown
        assert store is not None
        for cell in range(max(before + 1, newest - 8), newest + 1):
            entered = store.entered_ns(cell)
            if entered:
                self._monitor.view_figures.latency_ms.add((now_ns - entered) / 1e6)
