"""A terminal: what it shows of what is written to it, and one that a program can be started in."""

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import threading
from typing import Final

import numpy as np

from livespec.display.terminal.cells import PLAIN, Cells
from tests.support.program import wait_until

GARBAGE: Final = 0xFFFD  # what a terminal leaves behind is anybody's guess
_SEQUENCE: Final = re.compile(r"\x1b\x18|\x1b\[(\??)([0-9;]*)([A-Za-z\x18])|([^\x1b])")
_ABORT: Final = "\x18"  # of a sequence that is not whole
_ALTERNATE, _CURSOR, _WRAP, _WHOLE_FRAMES = 1049, 25, 7, 2026

# Makes the terminal on descriptor 1 that of the session, as a shell has it: Ctrl-C and Ctrl-Z are signals then.
IN_A_TERMINAL: Final = (
    sys.executable,
    "-c",
    "import fcntl, os, sys, termios; fcntl.ioctl(1, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])",
)


class Emulator:
    """Knows the few sequences that are written; any other is an error."""

    def __init__(self, columns: int, lines: int) -> None:
        self.modes = {_ALTERNATE: False, _CURSOR: True, _WRAP: True, _WHOLE_FRAMES: False}
        self.outside = ""  # what was written beside the alternate screen
        self.frames = 0
        self._rest = ""
        self.resize(columns, lines)

    def resize(self, columns: int, lines: int) -> None:
        """To a size; what stands there afterwards is not known."""
        self.cells = Cells.filled(lines, columns, GARBAGE)
        self.shown = self.cells
        self._line = self._column = 0
        self._resized = True  # what comes until the screen is cleared may be for the size before
        self._ink = self._paper = PLAIN

    @property
    def is_as_before(self) -> bool:
        """Whether a shell finds what it left."""
        return self.modes == {_ALTERNATE: False, _CURSOR: True, _WRAP: True, _WHOLE_FRAMES: False}

    def feed(self, text: str) -> None:
        text = self._rest + text
        at = 0
        while found := _SEQUENCE.match(text, at):
            at = found.end()
            private, numbers, final, character = found.groups()
            if found.group().endswith(_ABORT):
                continue
            if character is None:
                self._obey(final, [int(n) for n in numbers.split(";") if n], private=bool(private))
            elif self.modes[_ALTERNATE]:
                self._put(character)
            else:
                self.outside += character
        self._rest = text[at:]
        assert len(self._rest) < 40, repr(self._rest[:40])

    def _put(self, character: str) -> None:
        columns = self.cells.shape[1]
        assert character.isprintable(), repr(character)
        if self._resized:
            self._line = min(self._line, len(self.cells.char) - 1)
            self._column = min(self._column, columns - 1)
        assert self._column < columns, "written beyond the right edge"
        self.cells.put(
            self._line,
            self._column,
            Cells(*(np.array([[n]], np.int32) for n in (ord(character), self._ink, self._paper))),
        )
        self._column += 1

    def _obey(self, final: str, numbers: list[int], *, private: bool) -> None:
        if private:
            self._set_mode(numbers[0], on={"h": True, "l": False}[final])
        elif final == "H":
            self._line, self._column = numbers[0] - 1, numbers[1] - 1
        elif final == "C":
            self._column += numbers[0]
        elif final == "P":
            self._delete(numbers[0])
        elif final == "J":
            assert numbers == [2]
            self.cells = Cells.filled(*self.cells.shape)
            self._resized = False
        elif final == "m":
            self._set_pen(numbers)
        else:
            raise AssertionError((final, numbers))

    def _set_mode(self, number: int, *, on: bool) -> None:
        self.modes[number] = on
        if number == _WHOLE_FRAMES and not on:
            self.frames += 1
            self.shown = Cells(self.cells.char.copy(), self.cells.ink.copy(), self.cells.paper.copy())

    def _delete(self, count: int) -> None:
        if self._resized and self._line >= len(self.cells.char):
            return
        for array, fill in ((self.cells.char, GARBAGE), (self.cells.ink, 0), (self.cells.paper, 0)):
            line = array[self._line, self._column :]
            line[:] = np.concatenate([line[count:], np.full(count, fill, np.int32)])

    def _set_pen(self, numbers: list[int]) -> None:
        left = list(numbers or [0])
        while left:
            number = left.pop(0)
            if number == 0:
                self._ink = self._paper = PLAIN
            elif number == 39:
                self._ink = PLAIN
            elif number == 49:
                self._paper = PLAIN
            else:
                assert number in (38, 48), numbers
                if left.pop(0) == 5:
                    colour = left.pop(0)
                else:
                    red, green, blue, *left = left
                    colour = red << 16 | green << 8 | blue
                if number == 38:
                    self._ink = colour
                else:
                    self._paper = colour


class Terminal:
    """A pseudo-terminal that shows what it gets. `slave`: what a program gets as its stdin and stdout.

    `received`: bytes so far. While `stuck`, it takes nothing.
    """

    def __init__(self, columns: int = 100, lines: int = 34) -> None:
        self._master, self.slave = pty.openpty()
        self.emulator = Emulator(columns, lines)
        self.received = 0
        self.stuck = False
        self._set_size(columns, lines)
        self.modes_before = termios.tcgetattr(self.slave)
        self._lock = threading.Lock()
        self._closing = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def hang_up(self) -> None:
        """As when the connection breaks."""
        self._closing = True
        self._thread.join(5)
        os.close(self._master)
        os.close(self.slave)

    def close(self) -> None:
        if not self._closing:
            self.hang_up()
        if self._failure is not None:
            raise self._failure

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        with self._lock:
            self.emulator.resize(columns, lines)
            self._set_size(columns, lines)

    @property
    def modes_restored(self) -> bool:
        return termios.tcgetattr(self.slave) == self.modes_before

    @property
    def cells(self) -> Cells:
        """The last whole frame."""
        with self._lock:
            return self.emulator.shown

    @property
    def texts(self) -> list[str]:
        """Its lines."""
        return ["".join(chr(n) for n in line) for line in self.cells.char.tolist()]

    def wait_for(self, text: str, line: int | None = None, seconds: float = 15.0) -> None:
        """Until a text stands somewhere, or in a line."""

        def stands() -> bool:
            return text in ("\n".join(self.texts) if line is None else self.texts[line])

        wait_until(stands, f"{text!r} is shown", seconds, lambda: "\n".join([*self.texts, self.emulator.outside]))

    def frames_after(self, count: int) -> None:
        """Until so many frames more have been shown."""
        goal = self.emulator.frames + count
        wait_until(lambda: self.emulator.frames >= goal, f"{count} more frames are shown")

    def _set_size(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        try:
            while not self._closing:
                if self.stuck or not select.select([self._master], [], [], 0.02)[0]:
                    with contextlib.suppress(InterruptedError):
                        select.select([], [], [], 0.005)
                    continue
                data = os.read(self._master, 65536)
                with self._lock:
                    self.received += len(data)
                    self.emulator.feed(decoder.decode(data))
        except BaseException as error:  # noqa: BLE001 - raised by `close`
            self._failure = error
