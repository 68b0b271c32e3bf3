"""What a person takes away from the window: the picture, a figure of it, its numbers. Written by a thread of its own.

The GUI thread only says what; the answer comes back as a sentence, by way of `finished`.
"""

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal, SignalInstance
from PySide6.QtGui import QImage

from livespec.display.image import image_of, render
from livespec.display.keeping import Errands, Visible, toggle_recording
from livespec.display.window.commands import translated
from livespec.errors import FileError
from livespec.session.folder import make_folder
from livespec.session.monitor import Monitor
from livespec.session.stretch import Stretch, write_csv, write_npz
from livespec.settings import Settings

SaveFigure = Callable[[Stretch, tuple[float, float], str, Path], None]
_FIGURES: Final = (".svg", ".pdf")


class TakeAway(QObject):
    """`finished` says what was written, `failed` why it was not. save_figure: draws SVG and PDF."""

    finished = Signal(str)
    failed = Signal(str)
    copied = Signal(QImage)

    def __init__(self, save_figure: SaveFigure) -> None:
        super().__init__()
        self._save_figure = save_figure
        self._errands = Errands(partial(self._say, self.finished), partial(self._say, self.failed))

    def picture(self, visible: Visible, path: Path) -> None:
        """A PNG of the scene, with what it is in its metadata."""

        def work() -> str:
            make_folder(path.parent, "saved")
            visible.save_picture(path)
            return self.tr("The picture is in {}").format(path)

        self._errands.do(work)

    def copy(self, visible: Visible) -> None:
        """To the clipboard."""

        def work() -> str:
            self.copied.emit(image_of(render(visible.scene)))
            return self.tr("The picture is in the clipboard")

        self._errands.do(work)

    def figure(self, visible: Visible, path: Path) -> None:
        """Axes and image as SVG or PDF, by the path."""

        def work() -> str:
            make_folder(path.parent, "saved")
            palette, title = visible.scene.palette, visible.monitor.source.info.title
            self._save_figure(visible.stretch(), (palette.low, palette.high), title, path)
            return self.tr("The figure is in {}").format(path)

        self._errands.do(work)

    def numbers(self, visible: Visible, path: Path) -> None:
        """The visible columns as NPZ or CSV, by the path."""

        def work() -> str:
            make_folder(path.parent, "saved")
            stretch = visible.stretch()
            (write_csv if path.suffix == ".csv" else write_npz)(stretch, path)
            return self.tr("{} columns are in {}").format(len(stretch.positions), path)

        self._errands.do(work)

    def excerpt(self, visible: Visible, seconds: tuple[float, float], path: Path) -> None:
        """Sound, picture, columns and settings into a new folder."""

        def work() -> str:
            length_s = visible.write_excerpt(seconds, path)
            try:
                visible.save_picture(path / "picture.png")
            except FileError as error:
                return self.tr("{:.0f} s of sound and columns are in {}; {}").format(length_s, path, error.message)
            return self.tr("{:.0f} s of sound, picture and columns are in {}").format(length_s, path)

        self._errands.do(work)

    def toggle_recording(self, monitor: Monitor, settings: Settings) -> None:
        """Begin, or complete the file."""
        self._errands.do(lambda: toggle_recording(monitor, settings, translated))

    def close(self) -> None:
        """Wait for what is under way."""
        self._errands.close()

    def _say(self, signal: SignalInstance, sentence: str) -> None:
        with contextlib.suppress(RuntimeError):  # the window has gone
            signal.emit(sentence)


def is_figure(path: Path) -> bool:
    """Whether a path asks for axes and image in vectors."""
    return path.suffix.lower() in _FIGURES
