"""What a person keeps of a session: what it is, where it goes, and the thread that writes it.

Of the window and of the terminal alike: nothing of Qt is loaded.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, Self

from livespec.display.scene import Scene
from livespec.display.view import View
from livespec.errors import LivespecError
from livespec.session.excerpt import write_excerpt
from livespec.session.monitor import Monitor
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

    def write_excerpt(self, seconds: tuple[float, float], folder: Path) -> float:
        """Sound, columns and settings into a new folder; returns the seconds of sound."""
        folder.mkdir(parents=True)
        monitor, stretch = self.monitor, self.stretch(seconds)
        title = monitor.source.info.title
        return write_excerpt(monitor.ring, monitor.timeline, self.settings, title, seconds, stretch, folder)


class Errands:
    """One after another, on a thread of its own. said: told there, in a sentence, what each came to."""

    def __init__(self, said: Callable[[str], None]) -> None:
        self._said = said
        self._disk = ThreadPoolExecutor(1, "livespec-take-away")

    def do(self, work: Callable[[], str]) -> None:
        """work: returns the sentence; what it cannot do is said, too."""

        def guarded() -> None:
            try:
                said = work()
            except LivespecError as error:
                said = error.message
            except OSError as error:
                said = str(error)
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
    return next(path for name in names if not (path := folder / f"{name}{suffix}").exists())
