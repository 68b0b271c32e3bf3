"""What a person keeps of a session: what it is, where it goes, and the thread that writes it.

Of the window and of the terminal alike: Qt is loaded only where a picture is drawn.
"""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self

from livespec import __version__
from livespec.core.stft import Engine
from livespec.display.image import image_of, render, save_image
from livespec.display.scene import Columns, Layer, Scene
from livespec.display.scene_builder import waterfall_runs
from livespec.display.view import View, view_request
from livespec.errors import FileError, LivespecError
from livespec.session.excerpt import write_excerpt
from livespec.session.monitor import Monitor
from livespec.session.processing import Processing, filled_store
from livespec.session.recorder import recording_plan_of_key
from livespec.session.stretch import Stretch, stretch_between
from livespec.settings import Settings


class Visible(NamedTuple):
    """What is on the screen. shown, labels: its channels."""

    scene: Scene
    monitor: Monitor
    settings: Settings
    shown: tuple[int, ...] | str
    labels: list[str]

    @classmethod
    def of(cls, scene: Scene, monitor: Monitor, view: View) -> Self:
        """In a scene that the view has made."""
        shown = scene.layers[-1].shown.columns.store.shown
        return cls(scene, monitor, view.settings, shown, view.channel_labels(shown))

    @property
    def seconds(self) -> tuple[float, float]:
        """Of the session; nothing from before a jump is on the screen."""
        scene, monitor = self.scene, self.monitor
        columns = scene.layers[-1].shown.columns
        oldest_s = monitor.timeline.seconds_at(columns.store.centre(columns.oldest))
        return max(scene.start_s, oldest_s), scene.start_s + scene.span_s

    def stretch(self, seconds: tuple[float, float] | None = None) -> Stretch:
        """Its columns, or those between two other seconds."""
        monitor = self.monitor
        return stretch_between(
            monitor.ring,
            monitor.timeline,
            self.settings,
            self.shown,
            self.labels,
            monitor.calibration,
            seconds or self.seconds,
        )

    def in_detail(self) -> Self:
        """With columns for each pixel, analysed anew: what a terminal shows of them is pooled for its width."""
        scene, monitor = self.scene, self.monitor
        shown, timeline = scene.layers[-1].shown, monitor.timeline
        before = shown.columns.store
        engine = Engine(before.engine.settings, timeline.samplerate)
        time_px = scene.layout.panes[0].time_px
        pooled = view_request(replace(engine.settings, span=scene.span_s), timeline.samplerate, time_px).pooled
        ends = (timeline.position_at(second) - engine.n_fft / 2 for second in (scene.start_s, self.seconds[1]))
        first, last = (max(0, int(position // (engine.hop * pooled))) for position in ends)
        processing = Processing(engine, before.shown, monitor.calibration)
        columns = Columns.now(filled_store(processing, monitor.ring, timeline, (first, last + 2), pooled))
        runs = waterfall_runs(columns, timeline, scene.start_s, time_px / scene.span_s, time_px)
        return self._replace(scene=replace(scene, layers=(Layer(shown._replace(columns=columns), runs),)))

    def save_picture(self, path: Path) -> None:
        """A PNG of the scene, with what it is in its metadata. Raises `FileError`."""
        image = image_of(render(self.scene))
        for name, text in self.described().items():
            image.setText(name, text)
        save_image(image, path)

    def described(self) -> dict[str, str]:
        """Texts for a PNG's metadata: what it shows, when, and by which settings."""
        scene, start = self.scene, self.monitor.timeline.start_wall_time
        begins = "" if start is None else datetime.fromtimestamp(start + scene.start_s).astimezone().isoformat()
        return {
            "Title": self.monitor.source.info.title,
            "Software": f"livespec {__version__}",
            "Creation Time": datetime.now().astimezone().isoformat(timespec="seconds"),
            "Start": begins,
            "Span": f"{scene.span_s:g} s",
            "Levels": f"{scene.palette.low:g} to {scene.palette.high:g} {scene.quantity.unit}",
            "Settings": json.dumps(self.settings.as_dict()),
        }

    def write_excerpt(self, seconds: tuple[float, float], folder: Path) -> float:
        """Sound, columns and settings into a new folder; returns the seconds of sound."""
        monitor, stretch = self.monitor, self.stretch(seconds)
        return write_excerpt(monitor.ring, monitor.timeline, self.settings, monitor.source, seconds, stretch, folder)


class Errands:
    """One after another, on a thread of its own. There each tells in a sentence what it came to: `said` or `failed`."""

    def __init__(self, said: Callable[[str], None], failed: Callable[[str], None]) -> None:
        self._said, self._failed = said, failed
        self._disk = ThreadPoolExecutor(1, "livespec-take-away")

    def do(self, work: Callable[[], str]) -> None:
        """work: returns the sentence; what it cannot do is said, too."""

        def guarded() -> None:
            try:
                said = work()
            except LivespecError as error:
                self._failed(error.message)
            except OSError as error:
                where = f"{error.filename}: " if error.filename else ""
                self._failed(FileError(f"{where}cannot be written ({error.strerror or error})").message)
            else:
                self._said(said)

        self._disk.submit(guarded)

    def close(self) -> None:
        """Wait for what is under way."""
        self._disk.shutdown(wait=True)


def toggle_recording(monitor: Monitor, settings: Settings, translated: Callable[[str], str] = str) -> str:
    """Begin, or complete the file; an errand: two wishes in a hurry are one recording that begins and ends."""
    if monitor.recording:
        file = monitor.stop_recording()
        return translated("Nothing was recorded" if file is None else "The recording is in {}").format(file)
    plan = recording_plan_of_key(settings, len(monitor.source.info.channels), music_folder())
    return translated("Recording to {}").format(monitor.record(plan))


def music_folder() -> Path:
    """Where recordings go."""
    from platformdirs import user_music_path

    return user_music_path()


def new_path(suffix: str) -> Path:
    """A name with date and time in the user's folder of pictures that nothing has yet."""
    from platformdirs import user_pictures_path

    folder, stem = user_pictures_path(), f"livespec {datetime.now().astimezone():%Y-%m-%d %H.%M.%S}"
    names = [stem, *(f"{stem} {n}" for n in range(2, 1000))]
    paths = (folder / f"{name}{suffix}" for name in names)
    return next(path for path in paths if not os.path.exists(path))  # noqa: PTH110 - a Path's raises in a closed folder
