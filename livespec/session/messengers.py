"""What tells others of events: a command, a web address. Each has a thread of its own, and a child process.

So neither waits for the other, and nobody for them. A child that takes too long is ended with all that it began, and
so is one that still runs when the program ends. A command is never given to a shell.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

_COMMAND_S: Final = 60.0
_ADDRESS_S: Final = 5.0
_GRACE_S: Final = 0.5
_MOST_WAITING: Final = 100


class Messenger(ABC):
    """`tell` each text, `close` once, then `finish`, which alone waits for the child. trouble: what failed last."""

    def __init__(self, name: str) -> None:
        self.trouble = ""
        self._name = name
        self._texts: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="livespec-messenger", daemon=True)
        self._asked = self._told = 0
        self._process: subprocess.Popen[str] | None = None
        self._starting = threading.Lock()  # none is started once the last was ended
        self._cut_off = False

    def tell(self, text: str) -> None:
        """Soon; what comes faster than it can be told is not told."""
        if not self._asked:
            self._thread.start()
        self._asked += 1
        if self._texts.qsize() < _MOST_WAITING:
            self._texts.put(text)

    def close(self) -> None:
        """Nothing more comes."""
        self._texts.put(None)

    def finish(self, until: float) -> None:
        """Wait for what is left, until a moment of `time.monotonic`; then end the child, and say what was not told."""
        if not self._asked:
            return
        self._thread.join(max(0.0, until - time.monotonic()))
        with self._starting:
            self._cut_off = self._thread.is_alive()
        process = self._process
        if self._cut_off and process is not None:
            _end(process)
        self._thread.join(_GRACE_S)
        untold = self._asked - self._told
        if untold:
            said = "1 event was not told" if untold == 1 else f"{untold} events were not told"
            self.trouble = f"{self.trouble} ({said})" if self.trouble else f"{self._name}: {said}"

    def _run(self) -> None:
        while not self._cut_off and (text := self._texts.get()) is not None:
            try:
                self._told += self._tell(text)
            except OSError as error:
                self.trouble = f"{self._name}: cannot be run ({error.strerror})"
        self._leave()

    @abstractmethod
    def _tell(self, text: str) -> bool:
        """Whether it was told. Raises `OSError` where there can be no child."""

    def _leave(self) -> None:
        """End the child, if there is one, and have no more to do with it."""
        process, self._process = self._process, None
        if process is None:
            return
        _end(process)
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what could not be written to it
                if pipe is not None:
                    pipe.close()

    def _start(self, command: Sequence[str], pipe: int) -> subprocess.Popen[str] | None:
        """A child in a group of its own; None where the time is over."""
        with self._starting:
            if self._cut_off:
                return None
            self._process = subprocess.Popen(  # noqa: S603 - the person's own, or ours, and no shell
                command,
                stdin=pipe,
                stdout=pipe,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                start_new_session=True,
            )
            return self._process


class CommandMessenger(Messenger):
    """Runs a command for each text, which is its last word."""

    def __init__(self, command: tuple[str, ...]) -> None:
        super().__init__(command[0])
        self._command = command

    def _tell(self, text: str) -> bool:
        process = self._start([*self._command, text], subprocess.DEVNULL)
        if process is None:
            return False
        try:
            code = process.wait(_COMMAND_S)
        except subprocess.TimeoutExpired:
            _end(process)
            self.trouble = f"{self._name}: did not end within {_COMMAND_S:g} s"
        else:
            if self._cut_off:
                self.trouble = f"{self._name}: still ran at the end, and was ended"
            elif code:
                self.trouble = f"{self._name}: ended with code {code}"
        return True


class WebMessenger(Messenger):
    """Posts each text to an address, by a child: only a process can be ended whatever a server or a resolver does."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._command = [sys.executable, "-m", "livespec.session.post", url]

    def _tell(self, text: str) -> bool:
        process = self._process or self._start(self._command, subprocess.PIPE)
        if process is None:
            return False
        assert process.stdin is not None
        assert process.stdout is not None
        deadline = threading.Timer(_ADDRESS_S, _end, [process])
        deadline.start()
        try:
            process.stdin.write(text + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = ""
        finally:
            deadline.cancel()
        if not answer:
            self._leave()
            self.trouble = f"{self._name}: no answer" + ("" if self._cut_off else f" within {_ADDRESS_S:g} s")
        elif answer.strip():
            self.trouble = f"{self._name}: {answer.strip()}"
        return answer == "\n"


def _end(process: "subprocess.Popen[str]") -> None:
    """And what it began; by force where it does not go."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        tree = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
        subprocess.run(tree, capture_output=True, timeout=_GRACE_S, check=False)  # noqa: S603 - all of it is ours
    else:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_S)
