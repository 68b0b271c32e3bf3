"""What is done when a band was loud: a line in a log, a clip of the sound, a command, a word to a web address.

A command and an address are told when an event begins: an alarm does not wait for the silence behind it. Log and clip
follow when it is over and the clip can be written.
"""

import json
import queue
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

from livespec.capture.source import Source
from livespec.core.ring import AudioRing
from livespec.core.trigger import Event, TriggerRule
from livespec.errors import FileError, LivespecError, UsageError
from livespec.session.clock import Timeline
from livespec.session.messengers import CommandMessenger, Messenger, WebMessenger
from livespec.session.recorder import RecordingPlan, record_stretch
from livespec.session.sound_file import suffix_for
from livespec.settings import RecordFormat, Settings, trigger_of

_POLL_S: Final = 0.1
_CLIP_FORMAT: Final[RecordFormat] = "24"
_LAST_WORDS_S: Final = 3.0
_EVENTS_KEPT: Final = 1000
_COLUMNS: Final = ("begin", "seconds", "level_dbfs", "frequency_hz", "clip")


class AlertPlan(NamedTuple):
    """log: JSON Lines or CSV by its end; clips: a folder; around_s: of sound before and behind an event in its clip."""

    rule: TriggerRule
    log: Path | None
    clips: Path | None
    around_s: float
    command: tuple[str, ...]
    url: str | None


def alert_plan(settings: Settings) -> AlertPlan | None:
    """What the settings ask for, if they ask."""
    if settings.trigger is None:
        return None
    import shlex

    try:
        command = tuple(shlex.split(settings.trigger_command or ""))
    except ValueError as error:
        raise UsageError(
            f"trigger_command = {settings.trigger_command!r}: {str(error).lower()}", "close the quotation mark"
        ) from None
    low, high, threshold = trigger_of(settings.trigger)
    return AlertPlan(
        TriggerRule(low, high, threshold, hold_s=settings.trigger_hold),
        None if settings.trigger_log is None else Path(settings.trigger_log).expanduser(),
        None if settings.trigger_clips is None else Path(settings.trigger_clips).expanduser(),
        settings.trigger_around,
        command,
        settings.trigger_url,
    )


class Alerts:
    """`note` from the analysis thread; `run` in one of its own.

    count: events so far; events: the last of them, oldest first, one that lasts among them.
    """

    def __init__(self, plan: AlertPlan, ring: AudioRing, timeline: Timeline, source: Source) -> None:
        self.plan = plan
        self._ring, self._timeline, self._source = ring, timeline, source
        self._over: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._waiting: list[Event] = []  # for the sound behind them
        self._messengers: list[Messenger] = []
        if plan.command:
            self._messengers.append(CommandMessenger(plan.command))
        if plan.url:
            self._messengers.append(WebMessenger(plan.url))
        self._clip_trouble = self._clip_shortfall = self._log_trouble = ""
        self._clips_short = 0
        self.count = 0
        self.events: tuple[Event, ...] = ()

    def note(self, events: list[Event]) -> None:
        """What began or ended."""
        for event in events:
            if event.end is None:
                self.count += 1
                self.events = (*self.events[1 - _EVENTS_KEPT :], event)
                for messenger in self._messengers:
                    messenger.tell(json.dumps(self._told(event, None)))
            else:
                self.events = (*self.events[:-1], event)
                self._over.put(event)

    @property
    def lasts(self) -> bool:
        """Whether the band is loud at this moment."""
        return bool(self.events) and self.events[-1].end is None

    @property
    def troubles(self) -> list[str]:
        """What failed last, of each thing that is done."""
        said = [self._clip_trouble, self._clip_shortfall, self._log_trouble]
        said += [messenger.trouble for messenger in self._messengers]
        return [trouble for trouble in said if trouble]

    def run(self, stopping: threading.Event) -> None:
        """Until `stopping`, then what is left."""
        while not stopping.wait(_POLL_S):
            self._act_upon(hurry=False)

    def finish(self) -> None:
        """The rest, once nothing more comes; for what goes outside there is a moment."""
        self._act_upon(hurry=True)
        for messenger in self._messengers:
            messenger.close()
        until = time.monotonic() + _LAST_WORDS_S
        for messenger in self._messengers:
            messenger.finish(until)

    def _act_upon(self, *, hurry: bool) -> None:
        while not self._over.empty():
            self._waiting.append(self._over.get())
        timeline = self._timeline
        hurry = hurry or timeline.is_silent_behind(self._ring.end)  # who knows when there is more
        ready = [event for event in self._waiting if hurry or timeline.known_until >= self._stretch(event)[1]]
        for event in ready:
            self._waiting.remove(event)
            self._act(event)

    def _stretch(self, event: Event) -> tuple[int, int]:
        assert event.end is not None
        around = 0 if self.plan.clips is None else round(self.plan.around_s * self._timeline.samplerate)
        return max(0, event.begin - around), event.end + around

    def _act(self, event: Event) -> None:
        """All that is asked for: what fails of it takes nothing else with it."""
        clip = None if self.plan.clips is None else self._write_clip(event, self.plan.clips)
        if self.plan.log is not None:
            try:
                _append(self.plan.log, self._told(event, clip))
            except OSError as error:
                self._log_trouble = f"{self.plan.log}: events are not written ({error.strerror or error})"

    def _write_clip(self, event: Event, folder: Path) -> Path | None:
        suffix = suffix_for(self._ring.channels, _CLIP_FORMAT)
        moment, stretch = self._timeline.moment_at(event.begin), self._stretch(event)
        when = f"{moment:%Y-%m-%d %H:%M:%S}"
        plan = RecordingPlan(f"{moment:%Y-%m-%d %H.%M.%S.%f}{suffix}", _CLIP_FORMAT, folder=folder)
        try:
            recorder = record_stretch(plan, self._ring, self._timeline, stretch, self._source)
        except UsageError:
            lacking_s = (stretch[1] - stretch[0]) / self._timeline.samplerate
            self._note_shortfall(f"The event at {when} has no clip: nothing of its {lacking_s:.1f} s was kept so long")
        except LivespecError as error:
            self._clip_trouble = error.message
        except OSError as error:
            self._clip_trouble = f"{error.filename or folder}: clips are not written ({error.strerror or error})"
        else:
            if recorder.overwritten:
                lacking_s = recorder.overwritten / self._timeline.samplerate
                self._note_shortfall(
                    f"The clip of the event at {when} lacks {lacking_s:.1f} s that were not kept so long"
                )
            return recorder.files[0]
        return None

    def _note_shortfall(self, said: str) -> None:
        """As of an event that is longer than the history; a list beside a clip that is there tells where."""
        self._clips_short += 1
        before = self._clips_short - 1
        self._clip_shortfall = f"{said} (and {before} before it)" if before else said

    def _told(self, event: Event, clip: Path | None) -> dict[str, Any]:
        """Of one that lasts: without what is not known yet, with the level up to now."""
        rate = self._timeline.samplerate
        return {
            "begin": self._timeline.moment_at(event.begin).isoformat(timespec="milliseconds"),
            "seconds": None if event.end is None else round((event.end - event.begin) / rate, 3),
            "level_dbfs": round(event.level_db, 2),
            "frequency_hz": round(event.frequency_hz, 1),
            "clip": None if clip is None else str(clip),
        }


def check_alerts(plan: AlertPlan) -> None:
    """Before a run: raises `FileError` for what cannot be written, `UsageError` for a command that is not there."""
    import shutil

    if plan.command and shutil.which(plan.command[0]) is None:
        raise UsageError(f"trigger_command: there is no program {plan.command[0]!r}", "give its name or its path")
    try:
        if plan.log is not None:
            plan.log.parent.mkdir(parents=True, exist_ok=True)
            with plan.log.open("a"):
                pass
            if not plan.log.stat().st_size:
                plan.log.unlink()  # it begins with the first event
        if plan.clips is not None:
            plan.clips.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=plan.clips):
                pass
    except OSError as error:
        path = error.filename or plan.log
        raise FileError(f"{path}: cannot be written ({error.strerror})", "choose another place") from error


def _append(path: Path, told: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    import csv

    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        if path.suffix.lower() == ".csv":
            writer = csv.DictWriter(file, _COLUMNS)
            if new:
                writer.writeheader()
            writer.writerow(told)
        else:
            file.write(json.dumps(told) + "\n")
