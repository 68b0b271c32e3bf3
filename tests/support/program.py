"""livespec as a user starts it: a process with its own environment, that must leave nothing behind."""

import contextlib
import os
import shutil
import signal
import subprocess
import sysconfig
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

_MARK = "LIVESPEC_TEST_RUN"
_FOREIGN = ("DISPLAY", "WAYLAND", "PULSE", "PIPEWIRE", "XDG_", "QT_", "ALSA", "SDL", "LIVESPEC", "PYTHON")

LIVESPEC = Path(sysconfig.get_path("scripts")) / "livespec"


def needed(tool: str) -> str:
    """Path of a system tool; a machine without it fails the test, and says what to do."""
    path = shutil.which(tool)
    if path is None:
        pytest.fail(f"{tool} is not installed: 'make test' installs it, or prints the command that does", pytrace=False)
    return path


def bare_environment(home: Path) -> dict[str, str]:
    """No screen, no sound server, no settings of the user's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return kept | {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "PULSE_SERVER": f"unix:{home}/no-such-server",  # and so none is started for us
        "PULSE_COOKIE": str(home / "cookie"),
    }


def wait_until(
    holds: Callable[[], bool], what: str, seconds: float = 10.0, details: Callable[[], str] = lambda: ""
) -> float:
    """Ask again and again; returns the seconds that it took. what: the state waited for, in words."""
    began = time.perf_counter()
    while not holds():
        waited = time.perf_counter() - began
        if waited > seconds:
            pytest.fail(f"waited {waited:.1f} s in vain until {what}\n{details()}")
        time.sleep(0.01)
    return time.perf_counter() - began


@dataclass
class Program:
    """A running livespec. `columns_written` tells from outside how far its `--export` has come."""

    arguments: Sequence[str]
    environment: dict[str, str]
    folder: Path
    stdin: int = subprocess.DEVNULL
    stdout: int = subprocess.PIPE
    stderr: int = subprocess.PIPE
    command: Sequence[str] = (str(LIVESPEC),)
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self._mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [*self.command, *self.arguments],
            env=self.environment | {_MARK: self._mark},
            cwd=self.folder,
            stdin=self.stdin,
            stdout=self.stdout,
            stderr=self.stderr,
            text=True,
            start_new_session=True,
        )

    # ---- what it does ----

    @property
    def home(self) -> Path:
        """Where it keeps what is the user's."""
        return Path(self.environment["HOME"])

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def columns_written(self, export: Path, bins: int = 2049) -> int:
        """Columns that the export has on disk, while it runs."""
        spool = export.with_name(export.name + ".part")
        return spool.stat().st_size // (bins * 4) if spool.exists() else 0

    def wait_for_columns(self, export: Path, more: int, seconds: float = 15.0, bins: int = 2049) -> float:
        """Until so many more columns are on disk than now; returns the seconds that it took."""
        goal = self.columns_written(export, bins) + more
        return wait_until(
            lambda: self.columns_written(export, bins) >= goal or not self.runs, f"{goal} columns are written", seconds
        )

    @property
    def capture_child(self) -> psutil.Process:
        """The process that holds the sound device; there is one after `wait_for_columns`."""
        children = [p for p in psutil.Process(self.process.pid).children() if "livespec.capture.worker" in words_of(p)]
        assert len(children) == 1, children
        return children[0]

    @property
    def rings(self) -> int:
        """How many rings of sound it has in its memory."""
        return Path(f"/proc/{self.process.pid}/maps").read_text().count("livespec-ring")

    # ---- its end ----

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Wait for it to end."""
        try:
            out, err = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as still:
            said = (still.stderr or b"").decode(errors="replace")
            pytest.fail(f"{' '.join(self.arguments)} still runs after {seconds:g} s; it said: {said!r}")
        return subprocess.CompletedProcess(self.process.args, self.process.returncode, out, err)

    def quit_by(self, how: Callable[[], object]) -> tuple[subprocess.CompletedProcess[str], float]:
        """Make it end; returns how it ended and the seconds that it took."""
        began = time.perf_counter()
        how()
        done = self.end(10)
        return done, time.perf_counter() - began

    @property
    def left_behind(self) -> list[str]:
        """Command lines of processes that it started, or that those started, and that still run."""
        return [" ".join(words_of(process)) for process in self._descendants()]

    def clean_up(self) -> None:
        """End whatever still runs of it."""
        for process in self._descendants():
            with_signal(process, signal.SIGKILL)
        self.process.wait(timeout=10)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _descendants(self) -> list[psutil.Process]:
        """Known by their environment: also those that lost their parent."""
        return [process for process in psutil.process_iter() if _environment(process).get(_MARK) == self._mark]


def with_signal(process: psutil.Process, number: int) -> None:
    """Send it, if the process is still there."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _environment(process: psutil.Process) -> dict[str, Any]:
    try:
        return process.environ() if process.status() != psutil.STATUS_ZOMBIE else {}
    except psutil.Error:
        return {}


def words_of(process: psutil.Process) -> list[str]:
    """Its command line; of one that has ended, none."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []
