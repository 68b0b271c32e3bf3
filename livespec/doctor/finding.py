"""What a check found, and how a check is made so that nothing stops the self-test."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from livespec.errors import LivespecError

Status = Literal["ok", "failed", "absent"]


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    status: "absent" is what this machine does not have or a check that cannot be made here, and no failure.
    figure: what was measured; limit: what it may be, empty where there is none; advice: what to do when it failed.
    """

    name: str
    status: Status
    figure: str
    limit: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Check:
    """name: what the finding is called where the check itself fails."""

    name: str
    run: Callable[[], Iterable[Finding]]

    def findings(self) -> Iterator[Finding]:
        """All that it finds; an exception is one more finding."""
        try:
            yield from self.run()
        except LivespecError as error:
            yield Finding(self.name, "failed", error.message, "", error.hint)
        except Exception as error:  # noqa: BLE001 - a self-test goes on to its end
            yield Finding(self.name, "failed", f"{type(error).__name__}: {error}".splitlines()[0], "", _REPORT)


_REPORT = "a defect of livespec or of a package it needs: install it anew; if that is no help, report this line"


def judged(name: str, value: float, limit: float, text: str, advice: str, *, off: bool = False) -> Finding:
    """A finding that fails where a value exceeds its limit.

    text: how a number is written, as "{:.3f} dB"; off: it is a distance from what it should be.
    """
    good = value <= limit  # NaN is not
    figure = written(text, value) + (" off" if off else "")
    allowed = "\N{LESS-THAN OR EQUAL TO} " + written(text, limit)
    return Finding(name, "ok" if good else "failed", figure, allowed, "" if good else advice)


def written(text: str, value: float) -> str:
    """With a real minus sign."""
    return text.format(value).replace("-", "\N{MINUS SIGN}")
