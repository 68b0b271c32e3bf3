"""The terminal itself: its modes, which are restored whatever happens, its size, what is read and written.

It is opened anew by its name and never blocks: a flag on descriptor 1 would be the shell's too.
"""

import contextlib
import os
import select
import sys
import tempfile
import termios
import time
import tty
from types import TracebackType
from typing import IO, Final, Self

from livespec.errors import DeviceError

_BEGIN: Final = "\x1b[?1049h\x1b[?25l\x1b[?7l"  # another screen, no cursor, no wrapping at the right edge
_END: Final = "\x1b[?2026l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"
_FRAME: Final = "\x1b[?2026h{}\x1b[?2026l"  # shown at once by terminals that can; others take no notice
_ABORT: Final = b"\x18"  # of a sequence of which the rest will not come
_LAST_WORDS_S: Final = 0.5
_USUAL_SIZE: Final = (80, 24)
_STDERR: Final = 2


class Hangup(Exception):  # noqa: N818 - not an error: who looked has gone
    """The terminal is no longer there."""


class Screen:
    """A context: inside, the terminal is ours. One thread's. Raises `DeviceError` where there is no terminal."""

    def __init__(self) -> None:
        self._terminal = _opened()
        self._modes = termios.tcgetattr(self._terminal)
        self._waiting = b""
        self._held: _HeldStderr | None = None

    def __enter__(self) -> Self:
        try:
            self.begin()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        os.close(self._terminal)

    def begin(self) -> None:
        """Take the terminal: also after the program was stopped and goes on."""
        try:
            tty.setcbreak(self._terminal, termios.TCSANOW)
        except termios.error:
            raise Hangup from None
        self._waiting = _BEGIN.encode()
        self._held = self._held or _HeldStderr()

    def end(self) -> None:
        """Give it back as it was, also one that takes nothing at this moment."""
        with contextlib.suppress(Hangup):
            self._last_words()
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self._terminal, termios.TCSANOW, self._modes)
        if self._held is not None:
            self._held.release()
            self._held = None

    # ---- what is shown ----

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines. Asked for with every frame, so no signal needs to tell of a change."""
        try:
            columns, lines = os.get_terminal_size(self._terminal)
        except OSError:
            raise Hangup from None
        return (columns, lines) if columns and lines else _USUAL_SIZE

    @property
    def ready(self) -> bool:
        """Whether the last frame has been taken."""
        return not self._waiting

    def show(self, changes: str) -> None:
        """Write a frame, as much as the terminal takes; the rest follows while we `wait`."""
        self._waiting += _FRAME.format(changes).encode()
        self._write()

    def wait(self, seconds: float) -> bytes:
        """For keys, and for room for what is left of a frame; returns what was typed."""
        writes = [self._terminal] if self._waiting else []
        readable, writable, _ = select.select([self._terminal], writes, [], seconds)
        if writable:
            self._write()
        return self._read() if readable else b""

    # ---- bytes ----

    def _read(self) -> bytes:
        try:
            typed = os.read(self._terminal, 4096)
        except BlockingIOError:
            return b""
        except OSError:
            raise Hangup from None
        if not typed:
            raise Hangup
        return typed

    def _write(self) -> None:
        try:
            self._waiting = self._waiting[os.write(self._terminal, self._waiting) :]
        except BlockingIOError:
            return
        except OSError:
            raise Hangup from None

    def _last_words(self) -> None:
        """What waits, then the end; of a terminal that has stopped taking anything, without what waits."""
        self._waiting += _END.encode()
        if not self._drained():
            with contextlib.suppress(termios.error):
                termios.tcflush(self._terminal, termios.TCOFLUSH)
            self._waiting = _ABORT + _END.encode()
            self._drained()

    def _drained(self) -> bool:
        until = time.perf_counter() + _LAST_WORDS_S
        while self._waiting and (left := until - time.perf_counter()) > 0:
            if select.select([], [self._terminal], [], left)[1]:
                self._write()
        return not self._waiting


class _HeldStderr:
    """What is written to a stderr that is a terminal, also by libraries, would stand in the picture: kept for later."""

    def __init__(self) -> None:
        self._kept: IO[bytes] | None = None
        if not os.isatty(_STDERR):
            return
        with contextlib.suppress(OSError):  # no place for it: then it stands in the picture
            self._kept = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `release`
            self._own = os.dup(_STDERR)
            sys.stderr.flush()
            os.dup2(self._kept.fileno(), _STDERR)

    def release(self) -> None:
        """Write it now."""
        if self._kept is None:
            return
        sys.stderr.flush()
        os.dup2(self._own, _STDERR)
        os.close(self._own)
        self._kept.seek(0)
        with contextlib.suppress(OSError):
            os.write(_STDERR, self._kept.read())
        self._kept.close()


def _opened() -> int:
    """A descriptor of our own of the terminal that stdout is, for keys too: stdin may be the sound."""
    flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK
    with contextlib.suppress(OSError):
        return os.open(os.ttyname(sys.stdout.fileno()), flags)
    try:  # its name is of another container
        return os.open("/dev/tty", flags)
    except OSError as error:
        raise DeviceError(
            f"the terminal cannot be opened ({error.strerror})", "use --view none, or start it in another terminal"
        ) from error
