"""What a person takes away from the window: the picture, a figure of it, its numbers. Written by a thread of its own.

The GUI thread only says what; the answer comes back as a sentence, by way of `finished`.
"""

import contextlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtGui import QImage

from livespec import __version__
from livespec.display.image import image_of, render, save_image
from livespec.display.scene import Scene
from livespec.errors import LivespecError
from livespec.session.excerpt import write_excerpt
from livespec.session.monitor import Monitor
from livespec.session.recorder import RecordingPlan
from livespec.session.stretch import Stretch, stretch_between, write_csv, write_npz
from livespec.settings import Settings

SaveFigure = Callable[[Stretch, tuple[float, float], str, Path], None]
_FIGURES: Final = (".svg", ".pdf")


class Visible(NamedTuple):
    """What is on the screen. shown, labels: its channels."""

    scene: Scene
    monitor: Monitor
    settings: Settings
    shown: tuple[int, ...] | str
    labels: list[str]

    @property
    def seconds(self) -> tuple[float, float]:
        """Of the session; nothing from before a jump is on the screen."""
        scene, monitor = self.scene, self.monitor
        columns = scene.layers[-1].shown.columns
        oldest_s = monitor.timeline.seconds_at(columns.store.centre(columns.oldest))
        return max(scene.start_s, oldest_s), scene.start_s + scene.span_s


class TakeAway(QObject):
    """`finished` says what was written, or why not. save_figure: draws SVG and PDF."""

    finished = Signal(str)
    copied = Signal(QImage)

    def __init__(self, save_figure: SaveFigure) -> None:
        super().__init__()
        self._save_figure = save_figure
        self._disk = ThreadPoolExecutor(1, "livespec-take-away")

    def picture(self, visible: Visible, path: Path) -> None:
        """A PNG of the scene, with what it is in its metadata."""

        def work() -> str:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._save_picture(visible, path)
            return self.tr("The picture is in {}").format(path)

        self._do(work)

    def copy(self, visible: Visible) -> None:
        """To the clipboard."""

        def work() -> str:
            self.copied.emit(image_of(render(visible.scene)))
            return self.tr("The picture is in the clipboard")

        self._do(work)

    def figure(self, visible: Visible, path: Path) -> None:
        """Axes and image as SVG or PDF, by the path."""

        def work() -> str:
            path.parent.mkdir(parents=True, exist_ok=True)
            palette, title = visible.scene.palette, visible.monitor.source.info.title
            self._save_figure(_stretch(visible), (palette.low, palette.high), title, path)
            return self.tr("The figure is in {}").format(path)

        self._do(work)

    def numbers(self, visible: Visible, path: Path) -> None:
        """The visible columns as NPZ or CSV, by the path."""

        def work() -> str:
            path.parent.mkdir(parents=True, exist_ok=True)
            stretch = _stretch(visible)
            (write_csv if path.suffix == ".csv" else write_npz)(stretch, path)
            return self.tr("{} columns are in {}").format(len(stretch.positions), path)

        self._do(work)

    def excerpt(self, visible: Visible, seconds: tuple[float, float], path: Path) -> None:
        """Sound, picture, columns and settings into a new folder."""

        def work() -> str:
            path.mkdir(parents=True)
            monitor = visible.monitor
            stretch = _stretch(visible, seconds)
            length_s = write_excerpt(
                monitor.ring, monitor.timeline, visible.settings, monitor.source.info.title, seconds, stretch, path
            )
            self._save_picture(visible, path / "picture.png")
            return self.tr("{:.0f} s of sound, picture and columns are in {}").format(length_s, path)

        self._do(work)

    def record(self, monitor: Monitor, plan: RecordingPlan) -> None:
        """Begin."""

        def work() -> str:
            monitor.record(plan)
            return self.tr("Recording to {}").format(monitor.recorder.files[-1]) if monitor.recorder else ""

        self._do(work)

    def stop_recording(self, monitor: Monitor) -> None:
        """Complete the file."""

        def work() -> str:
            monitor.stop_recording()
            recorder = monitor.recorder
            if recorder is None or recorder.trouble is not None or not recorder.files:
                return self.tr("Nothing was recorded")
            return self.tr("The recording is in {}").format(recorder.files[-1])

        self._do(work)

    def close(self) -> None:
        """Wait for what is under way."""
        self._disk.shutdown(wait=True)

    def _save_picture(self, visible: Visible, path: Path) -> None:
        image = image_of(render(visible.scene))
        for name, text in described(visible).items():
            image.setText(name, text)
        save_image(image, path)

    def _do(self, work: Callable[[], str]) -> None:
        def guarded() -> None:
            try:
                said = work()
            except LivespecError as error:
                said = error.message
            except OSError as error:
                said = str(error)
            with contextlib.suppress(RuntimeError):  # the window has gone
                self.finished.emit(said)

        self._disk.submit(guarded)


def is_figure(path: Path) -> bool:
    """Whether a path asks for axes and image in vectors."""
    return path.suffix.lower() in _FIGURES


def new_path(suffix: str) -> Path:
    """A name with date and time in the user's folder of pictures that nothing has yet."""
    folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation) or Path.home())
    stem = f"livespec {datetime.now().astimezone():%Y-%m-%d %H.%M.%S}"
    names = [stem, *(f"{stem} {n}" for n in range(2, 1000))]
    return next(path for name in names if not (path := folder / f"{name}{suffix}").exists())


def described(visible: Visible) -> dict[str, str]:
    """Texts for a PNG's metadata: what it shows, when, and by which settings."""
    scene, start = visible.scene, visible.monitor.timeline.start_wall_time
    begins = "" if start is None else datetime.fromtimestamp(start + scene.start_s).astimezone().isoformat()
    return {
        "Title": visible.monitor.source.info.title,
        "Software": f"livespec {__version__}",
        "Creation Time": datetime.now().astimezone().isoformat(timespec="seconds"),
        "Start": begins,
        "Span": f"{scene.span_s:g} s",
        "Levels": f"{scene.palette.low:g} to {scene.palette.high:g} {scene.quantity.unit}",
        "Settings": json.dumps(visible.settings.as_dict()),
    }


def music_folder() -> Path:
    """Where recordings go."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation) or Path.home())


def _stretch(visible: Visible, seconds: tuple[float, float] | None = None) -> Stretch:
    monitor = visible.monitor
    return stretch_between(
        monitor.ring,
        monitor.timeline,
        visible.settings,
        visible.shown,
        visible.labels,
        monitor.calibration,
        seconds or visible.seconds,
    )
