"""The loop of the terminal view: keys in, frames out, until it is ended."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Final

from livespec.capture.moment import now_ns
from livespec.display.colormaps import next_colormap
from livespec.display.keeping import Errands, Visible, new_path, toggle_recording
from livespec.display.steering import FAR_JUMP_S, JUMP_S, Steering
from livespec.display.terminal.blocks import depth_of
from livespec.display.terminal.changes import changes
from livespec.display.terminal.keys import Keys
from livespec.display.terminal.page import Page
from livespec.display.terminal.screen import Hangup, Screen
from livespec.display.view import MOST_SOLO, View
from livespec.display.zoom import KEY_STEP, KEY_ZOOM
from livespec.errors import FileError
from livespec.session.monitor import Monitor

if TYPE_CHECKING:
    from livespec.display.terminal.cells import Cells

_FRAME_S: Final = 1 / 15
_LOOK_S: Final = 0.25
_FPS_S: Final = 1.0
_PICTURE_PX: Final = (1280, 800)  # of a file
_ENDINGS: Final = (signal.SIGHUP, signal.SIGQUIT)  # beside those of every run: they would leave the terminal as it is
_JOB_CONTROL: Final = (signal.SIGTSTP, signal.SIGCONT)


class TerminalView:
    """The main thread's. `stop_requests`: not empty once a signal has asked for the end."""

    def __init__(
        self, monitor: Monitor, screen: Screen, duration_s: float | None, stop_requests: Sequence[int]
    ) -> None:
        self._monitor, self._screen = monitor, screen
        self._duration_s, self._stop_requests = duration_s, stop_requests
        self._view = View(monitor)
        self._view.change(trace=False, peaks=False, grid=False, piano=False, direction="right")  # no room for these
        self._depth = depth_of(os.environ, sys.stdout.encoding)
        self._page = Page(monitor, self._view, self._depth)
        self._typed = Keys()
        self._keys = self._actions()
        self._errands = Errands(self._view.note, self._view.note_failure)
        self._quit = False
        self._job_control: list[int] = []
        self._stands: Cells | None = None  # None: what stands there is not known
        self._due = self._look_due = 0.0
        self._frames_counted, self._counted_at, self._fps = 0, time.perf_counter(), 0.0

    def run(self) -> None:
        """Until Q, a signal, or the end of the run. Raises what ended it, `Hangup` among it."""
        before = {number: signal.getsignal(number) for number in (*_ENDINGS, *_JOB_CONTROL)}
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:  # as under nohup
                signal.signal(number, self._note)
        try:
            while not self._ended():
                self._obey_job_control()
                self._draw_when_due()
                typed = self._screen.wait(self._patience)
                for key in self._typed.pressed(typed, time.perf_counter()):
                    self._keys.get(key, _nothing)()
        finally:
            self._errands.close()
            for number, handler in before.items():
                signal.signal(number, handler)

    # ---- keys ----

    def _actions(self) -> dict[str, Callable[[], None]]:
        view = self._view
        return {
            "space": view.toggle_freeze,
            "m": view.next_scale,
            "v": view.next_picture,
            "t": view.toggle_pitch,
            "a": view.toggle_auto_range,
            "c": lambda: view.set_colormap(next_colormap(view.settings.colormap)),
            ".": view.longer_window,
            ",": view.shorter_window,
            "up": lambda: view.move_frequency(KEY_STEP),
            "down": lambda: view.move_frequency(-KEY_STEP),
            "shift+up": lambda: view.zoom_frequency(KEY_ZOOM),
            "shift+down": lambda: view.zoom_frequency(1 / KEY_ZOOM),
            "+": lambda: view.zoom_time(KEY_ZOOM),
            "=": lambda: view.zoom_time(KEY_ZOOM),
            "-": lambda: view.zoom_time(1 / KEY_ZOOM),
            "0": view.reset_zoom,
            **self._actions_of_channels(),
            "?": self._toggle_keys,
            "escape": self._hide_keys,
            "q": self._leave,
            **(self._actions_of_what_is_live() if view.steering is None else _actions_of_a_replay(view.steering)),
        }

    def _actions_of_what_is_live(self) -> dict[str, Callable[[], None]]:
        view = self._view
        return {
            "r": self._toggle_recording,
            "l": self._keep,
            "left": lambda: view.scroll(-KEY_STEP * view.settings.span),
            "right": lambda: view.scroll(KEY_STEP * view.settings.span),
            "shift+left": lambda: view.scroll(-view.settings.span),
            "shift+right": lambda: view.scroll(view.settings.span),
            "pageup": lambda: view.scroll(-view.settings.span),
            "pagedown": lambda: view.scroll(view.settings.span),
            "end": view.to_now,
        }

    def _actions_of_channels(self) -> dict[str, Callable[[], None]]:
        channels = len(self._monitor.source.info.channels)
        if channels == 1:
            return {}
        alone = {str(n): partial(self._view.solo_nth, n - 1) for n in range(1, min(channels, MOST_SOLO) + 1)}
        return alone | {"9": lambda: self._view.show_channels("all")}

    def _toggle_recording(self) -> None:
        """The disk is another thread's."""
        self._errands.do(lambda: toggle_recording(self._monitor, self._view.settings))

    def _keep(self) -> None:
        """What has already happened: what is on a picture that stands, or the last seconds."""
        scene = self._view.still(*_PICTURE_PX, 1.0)
        if scene is None:
            return
        visible, path = Visible.of(scene, self._monitor, self._view), new_path("")
        seconds = self._view.seconds_to_keep() or visible.seconds
        can_draw = _can_draw()

        def work() -> str:
            length_s = visible.write_excerpt(seconds, path)
            if not can_draw:
                return f"{length_s:.0f} s of sound and columns are in {path}; for a picture Qt cannot be loaded"
            try:
                visible.in_detail().save_picture(path / "picture.png")
            except FileError as error:
                return f"{length_s:.0f} s of sound and columns are in {path}; {error.message}"
            return f"{length_s:.0f} s of sound, picture and columns are in {path}"

        self._errands.do(work)

    def _toggle_keys(self) -> None:
        self._page.keys_shown = not self._page.keys_shown

    def _hide_keys(self) -> None:
        self._page.keys_shown = False

    def _leave(self) -> None:
        self._quit = True

    # ---- the loop ----

    @property
    def _patience(self) -> float:
        """Seconds until something is to be done; a terminal that is slow is waited for."""
        return max(0.0, self._due - time.perf_counter()) if self._screen.ready else _FRAME_S

    def _draw_when_due(self) -> None:
        began = time.perf_counter()
        if began < self._due or not self._screen.ready:
            return
        self._due = max(self._due + _FRAME_S, began)
        cells, scrolled = self._page.drawn(*self._screen.size, self._fps)
        if written := changes(self._stands, cells, scrolled, self._depth):
            self._screen.show(written)
        self._stands = cells
        self._count_frame(began, time.perf_counter())

    def _count_frame(self, began: float, now: float) -> None:
        figures = self._monitor.view_figures
        figures.frames += 1
        figures.frame_ms.add((now - began) * 1000)
        figures.last_frame_at = now
        if figures.first_frame_at is None:
            figures.first_frame_at = now
            self._monitor.startup.first_frame = now_ns()
        if now - self._counted_at >= _FPS_S:
            self._fps = (figures.frames - self._frames_counted) / (now - self._counted_at)
            self._frames_counted, self._counted_at = figures.frames, now

    def _ended(self) -> bool:
        """As the window: without a duration the last picture stays until somebody quits."""
        if self._quit or self._stop_requests:
            return True
        monitor, now = self._monitor, time.perf_counter()
        if now >= self._look_due:
            self._look_due = now + _LOOK_S
            monitor.poll()
        if monitor.failure is not None:
            raise monitor.failure
        if self._duration_s is None:
            return False
        if monitor.waited_in_vain:
            raise monitor.no_sound()
        return monitor.ended.is_set() or (monitor.source.info.live and monitor.seconds >= self._duration_s)

    # ---- job control ----

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number in _ENDINGS:
            self._quit = True
        else:
            self._job_control.append(number)

    def _obey_job_control(self) -> None:
        """Ctrl-Z gives the terminal back before we stand still; `fg` takes it again."""
        while self._job_control:
            number = self._job_control.pop(0)
            if number == signal.SIGTSTP:
                self._screen.end()
                os.kill(os.getpid(), signal.SIGSTOP)
            elif number == signal.SIGCONT:
                self._screen.begin()
                self._stands = None


def run_terminal(monitor: Monitor, duration_s: float | None, stop_requests: Sequence[int]) -> None:
    """Show it in the terminal until somebody quits or the run ends; the monitor must be started. Raises what ended it.

    The terminal is as it was before when this returns or raises. One that has gone away is no error.
    """
    with contextlib.suppress(Hangup), Screen() as screen:
        TerminalView(monitor, screen, duration_s, stop_requests).run()


def _actions_of_a_replay(steering: Steering) -> dict[str, Callable[[], None]]:
    return {
        "left": lambda: steering.seek_by(-JUMP_S),
        "right": lambda: steering.seek_by(JUMP_S),
        "shift+left": lambda: steering.seek_by(-FAR_JUMP_S),
        "shift+right": lambda: steering.seek_by(FAR_JUMP_S),
        "home": lambda: steering.seek_to(0.0),
        "r": steering.toggle_loop,
        "[": steering.slower,
        "]": steering.faster,
        "backspace": lambda: steering.set_speed(1.0),
        "h": steering.toggle_listen,
    }


def _can_draw() -> bool:
    """Whether there is Qt for the labels of a picture; loaded on this, the main thread, for the first one."""
    try:
        from livespec.display.text import ensure_application
    except ImportError:  # where there is no OpenGL, say
        return False
    ensure_application()
    return True


def _nothing() -> None:
    """What a key does that has no meaning."""
