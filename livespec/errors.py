"""What livespec says when it cannot go on.

    LivespecError
    ├── UsageError     wrong use or configuration      exit 2
    ├── DeviceError    a device or the display         exit 3
    └── FileError      a file, read or written         exit 4

Each is raised where the knowledge is (what happened, why, what to do) and shown in one place, the
command line. Anything else that escapes is a defect of ours: exit 1.
"""

from typing import ClassVar

# A file's name may have a line break in it; a message has one line.
_ESCAPED = {code: repr(chr(code))[1:-1] for code in (*range(32), 127)}


class LivespecError(Exception):
    """What happened and why in `message`, one line; what to do about it in `hint` (may be empty)."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message.translate(_ESCAPED)
        super().__init__(self.message)
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(LivespecError):
    """Wrong flags, values or configuration."""

    exit_code = 2


class DeviceError(LivespecError):
    """A sound device or a display that is missing, refused or gone."""

    exit_code = 3


class FileError(LivespecError):
    """A file that cannot be read or written."""

    exit_code = 4


def in_words(error: BaseException) -> str:
    """One line, also of a defect."""
    if isinstance(error, LivespecError):
        return error.message
    return " ".join(f"{type(error).__name__}: {error}".split())


def suggestion(wrong: str, known: list[str]) -> str:
    """A question after the known name nearest to a wrong one, or an empty string."""
    from difflib import get_close_matches

    near = get_close_matches(wrong, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""
