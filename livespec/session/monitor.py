"""Who starts which thread, and stops it.

| thread                       | owns                                        | never                      |
|------------------------------|---------------------------------------------|----------------------------|
| source or capture supervisor | the ring's writing, the capture process     | the GUI, the disk          |
| analysis                     | engine, columns, meter, time line           | the GUI, the disk          |
| disk                         | the export                                  | the GUI                    |
| recorder                     | the recording                               | the GUI                    |
| the caller's                 | this object, the view                       | FFT, devices               |

An exception in any of them ends the session: `failure` tells it, `ended` is set.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from livespec import __version__
from livespec.capture.source import Reception, Source
from livespec.core.quantity import level_quantity
from livespec.core.stft import Engine
from livespec.errors import DeviceError, in_words
from livespec.session.alerts import Alerts, alert_plan, check_alerts
from livespec.session.analysis import Analysis, ViewRequest
from livespec.session.calibration import load_calibration
from livespec.session.clock import Timeline
from livespec.session.exporter import Exporter
from livespec.session.gap_index import Gap
from livespec.session.opening import NO_SOUND_S, no_sound, open_ring, read_ahead_of, shown_of, too_short
from livespec.session.recorder import Recorder, RecordingPlan
from livespec.session.stats import Durations, StartupTimes, process_figures
from livespec.settings import Settings

_LATE_S: Final = 1.0  # for so long, sound that has not come may still come
_DRAIN_TIMEOUT_S: Final = 3600.0


@dataclass
class ViewFigures:
    """What a view measures; it alone writes here."""

    frame_ms: Durations
    latency_ms: Durations
    frames: int = 0
    first_frame_at: float | None = None
    last_frame_at: float | None = None

    @property
    def fps(self) -> float | None:
        """Frames a second over the whole run."""
        if self.first_frame_at is None or self.last_frame_at is None or self.frames < 2:  # noqa: PLR2004
            return None
        return (self.frames - 1) / max(self.last_frame_at - self.first_frame_at, 1e-6)


class Monitor:
    """One session on one source. settings must be resolved (`Settings.at_rate`).

    Raises `UsageError` for channels that are not there and for settings that do not fit the rate.
    """

    def __init__(self, source: Source, settings: Settings, view: ViewRequest, export: Path | None = None) -> None:
        info = source.info
        self.source, self.settings = source, settings
        self.engine = Engine(settings, info.samplerate)
        self.calibration = load_calibration(settings)
        self.quantity = level_quantity(self.engine, self.calibration)
        if info.length is not None and info.length < self.engine.n_fft:
            raise too_short(info.name, info.length, self.engine.n_fft)
        self.shown = shown_of(info, settings.show)
        self.ring = open_ring(info, settings)
        self.timeline = Timeline(info.samplerate, live=info.live, legs=lambda: source.legs)
        plan = alert_plan(settings)
        if plan is not None:
            check_alerts(plan)
        self.alerts = None if plan is None else Alerts(plan, self.ring, self.timeline, source)
        self.analysis = Analysis(
            self.ring,
            self.engine,
            self.shown,
            self.timeline,
            view,
            self.calibration,
            may_skip=info.live,
            alerts=self.alerts,
        )
        self.view_figures = ViewFigures(Durations(), Durations())
        self.startup = StartupTimes()
        self.ended = threading.Event()
        self.failure: BaseException | None = None
        self._exporter = (
            Exporter(export, self.ring, Engine(settings, info.samplerate), self.quantity, self.shown, self.timeline)
            if export
            else None
        )
        self._recorders: list[Recorder] = []
        self._recorder_thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._threads: list[threading.Thread] = []
        self._started_at = 0.0
        self._process_figures: dict[str, float] | None = None
        self._raised: BaseException | None = None

    # ---- life ----

    def start(self) -> None:
        """Start the readers, then the source."""
        self._started_at = time.perf_counter()
        self._begin("analysis", lambda: self.analysis.run(self._wake, self._stopping))
        if self._exporter is not None:
            exporter = self._exporter
            self._begin("disk", lambda: exporter.run(self._stopping))
        if self.alerts is not None:
            alerts = self.alerts
            self._begin("alerts", lambda: alerts.run(self._stopping))
        n_fft, hop = self.engine.n_fft, self.engine.hop
        read_ahead = read_ahead_of(n_fft, self.engine.samplerate)
        behind = n_fft // 2 + hop  # the middle of the newest whole window
        self.source.start(self.ring, Reception(self._wake, self._needed_from, read_ahead, behind))

    def stop(self) -> None:
        """Stop the source, let the readers finish what waits for them, complete the files.

        Raises what went wrong in a thread, or on writing the files; `troubles` has the rest.
        """
        try:
            self._stop()
        except BaseException as error:
            self._raised = error
            raise

    def _stop(self) -> None:
        self._process_figures = process_figures()  # while the capture process is there
        ran_out = self.source.finished
        self.source.stop()
        self._note_startup()
        self._stopping.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(timeout=_DRAIN_TIMEOUT_S)
        self.failure = self.failure or self.source.failure
        if ran_out and self.failure is None and not self.analysis.columns:  # a pipe: of files it is known before
            self.failure = too_short(self.source.info.name, self.ring.end, self.engine.n_fft)
        try:
            if self._exporter is not None:
                self._finish_export(self._exporter)
        finally:
            self.stop_recording()
            if self.alerts is not None:
                self.alerts.finish()
            self.ring.close()
        if self.failure is not None:
            raise self.failure
        if self.recorder is not None and self.recorder.trouble is not None:
            raise self.recorder.trouble

    def poll(self) -> bool:
        """Look after the session, a few times a second; False once nothing more will come."""
        self._note_startup()
        if self.failure is None and self.source.failure is not None:
            self.failure = self.source.failure
        if self.failure is not None or (self.source.finished and self.analysis.caught_up):
            self.ended.set()
        return not self.ended.is_set()

    @property
    def seconds(self) -> float:
        """Length of the session in seconds of sound since the first sample, holes included."""
        if not self.ring.end:
            return 0.0
        captured = self.timeline.seconds_at(self.ring.end)
        return max(captured, self.timeline.seconds_now() - _LATE_S) if self.source.info.live else captured

    @property
    def stalled(self) -> bool:
        """Whether a device has given nothing for a second."""
        return self.timeline.is_silent_behind(self.ring.end)

    # ---- recording ----

    def record(self, plan: RecordingPlan) -> Path:
        """From now on, or from the first sample where none has come yet; returns the file.

        Raises `FileError`, `UsageError`.
        """
        begin, live = self.timeline.known_until, self.source.info.live
        since_s = self.timeline.seconds_now() if live else 0.0  # a device may be away, or its sound still undecided
        recorder = Recorder(plan, self.ring, self.timeline, begin, self.source, since_s)
        self._recorders.append(recorder)
        self._recorder_thread = self._begin("recorder", lambda: recorder.run(self._stopping))
        return recorder.files[-1]

    @property
    def recorder(self) -> Recorder | None:
        """Of now, or the last one."""
        return self._recorders[-1] if self._recorders else None

    @property
    def recording(self) -> bool:
        """Whether sound goes into a file at this moment."""
        return self._recorder_thread is not None and self.recorder is not None and self.recorder.trouble is None

    @property
    def recorded_s(self) -> int | None:
        """Whole seconds that are in the recording; None where there is none at this moment."""
        return int(self.recorder.seconds) if self.recording and self.recorder is not None else None

    def stop_recording(self) -> Path | None:
        """Complete the file and return it, if there is one. `recorder` stays, and tells of it."""
        thread, self._recorder_thread = self._recorder_thread, None
        if thread is None or self.recorder is None:
            return None
        self.recorder.end()
        thread.join(timeout=_DRAIN_TIMEOUT_S)
        self.recorder.finish()
        return self.recorder.files[-1] if self.recorder.files and self.recorder.trouble is None else None

    @property
    def exporting(self) -> bool:
        """Whether every column goes into a file: an unbroken run."""
        return self._exporter is not None

    @property
    def can_forget(self) -> bool:
        """Whether the ring keeps what is kept nowhere else."""
        return self.source.info.kind != "file"

    def request(self, view: ViewRequest) -> None:
        """Ask for another view; the analysis begins at once."""
        self.analysis.request(view)
        if self.analysis.filling:
            self._wake.set()

    def forget(self) -> None:
        """Empty the ring, and the picture with it; what is still to be exported stays."""
        self.analysis.forget(min([self.ring.end, *(reader.needed_from for reader in self._disk_readers)]))
        self._wake.set()

    @property
    def waited_in_vain(self) -> bool:
        """Whether not a single sample came in the first seconds."""
        return self.ring.end == 0 and time.perf_counter() - self._started_at > NO_SOUND_S

    def no_sound(self) -> DeviceError:
        """The error of a device from which nothing came."""
        return no_sound(self.source)

    def _begin(self, name: str, work: Callable[[], None]) -> threading.Thread:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - a dead thread must not be silent
                self.failure = self.failure or error
                self.ended.set()
                self._stopping.set()

        thread = threading.Thread(target=guarded, name=f"livespec-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _needed_from(self) -> int:
        if self.failure is not None:  # nobody reads any more
            return self.ring.end
        return min([self.analysis.needed_from, *(reader.needed_from for reader in self._disk_readers)])

    @property
    def _disk_readers(self) -> list[Exporter | Recorder]:
        readers = self._exporter, self.recorder if self._recorder_thread is not None else None
        return [reader for reader in readers if reader is not None]

    def _finish_export(self, exporter: Exporter) -> None:
        if self.failure is not None and not exporter.has_columns:
            exporter.discard()
            return
        exporter.finish({"channels": self.channel_labels, "settings": self.settings.as_dict()})

    def _note_startup(self) -> None:
        if self.startup.first_sample is None and self.ring.end:
            self.startup.first_sample = int(self.ring.block_log(0)[0, 1])
        self.startup.first_column = self.analysis.first_column_ns

    # ---- what others show ----

    @property
    def channel_labels(self) -> list[str]:
        """The shown channels by number, or the word for their mixture."""
        if isinstance(self.shown, str):
            return [self.shown]
        return [str(self.source.info.channels[index]) for index in self.shown]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What the device lost, and what was overwritten before it was looked at; oldest first."""
        return tuple(sorted(self.timeline.gaps + self.analysis.overwritten))

    @property
    def troubles(self) -> list[str]:
        """In words, what went wrong and was not raised by `stop`, and what readers of the ring were too late for."""
        errors = [self.failure, *(recorder.trouble for recorder in self._recorders)]
        said = [in_words(error) for error in errors if error is not None and error is not self._raised]
        said += [] if self.alerts is None else self.alerts.troubles
        said += [recorder.shortfall for recorder in self._recorders]
        said += [] if self._exporter is None else [self._exporter.shortfall]
        return [text for text in said if text]

    def stats(self) -> dict[str, Any]:
        """The content of `--stats`."""
        info, analysis, view, timeline = self.source.info, self.analysis, self.view_figures, self.timeline
        levels = analysis.meter.levels()
        return {
            "version": __version__,
            "source": {
                "kind": info.kind,
                "name": info.name,
                "samplerate": info.samplerate,
                "channels": list(info.channels),
            },
            "settings": self.settings.as_dict(),
            "duration_s": round(self.timeline.seconds_at(self.ring.end), 6),
            "captured_samples": self.ring.end,
            "columns": analysis.columns,
            "skipped_columns": analysis.skipped_columns,
            "xruns": timeline.overflows,
            "gaps": [gap._asdict() for gap in self.gaps],
            "latency_ms": {
                "capture_to_screen": view.latency_ms.percentiles() if info.live or info.speed == 1 else None,
                "device": self.source.device_latency_ms,
            },
            "frame_ms": view.frame_ms.percentiles(),
            "fps": None if view.fps is None else round(view.fps, 2),
            **(self._process_figures or process_figures()),
            "startup_ms": self.startup.since_process_start_ms(),
            "levels": [
                {
                    "channel": channel,
                    "peak_dbfs": round(level.peak_dbfs, 3),
                    "true_peak_dbtp": round(level.true_peak_dbtp, 3),
                    "rms_dbfs": round(level.rms_dbfs, 3),
                    "crest_db": round(level.crest_db, 3),
                    "dc_offset": round(level.dc_offset, 7),
                    "clipped": level.clipped,
                }
                for channel, level in zip(info.channels, levels or [], strict=False)
            ],
            "clock": {
                "drift_ppm": timeline.drift_ppm,
                "play_out_delay_ms": round(timeline.delay_s * 1000, 1),
            },
        }
