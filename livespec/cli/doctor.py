"""`livespec doctor`: is all well on this machine? Green and red lines with figures; exit code 1 if something is not."""

import json
import platform
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from livespec import __version__
from livespec.doctor.areas import examine
from livespec.doctor.finding import Finding, Status

_WRONG: Final = 1
_COLOURS: Final[dict[Status, str]] = {"ok": "green", "failed": "red", "absent": "yellow"}
_MARKS: Final[dict[Status, str]] = {"ok": "\N{CHECK MARK}", "failed": "\N{BALLOT X}", "absent": "\N{EN DASH}"}
_PLAIN_MARKS: Final[dict[Status, str]] = {"ok": "+", "failed": "X", "absent": "-"}
_NAME_WIDTH: Final = 31
_FIGURE_WIDTH: Final = 24  # so that the limits stand in a line, and all fits 80 columns
_WIDTH_WITHOUT_TERMINAL: Final = 100
_PACKAGES: Final = ("numpy", "scipy", "sounddevice", "soundfile", "vispy", "PySide6-Essentials", "pyfftw", "mkl-fft")


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: ARG001
) -> int:
    """Test numbers, speed, picture and sound on this machine. Exit code 1 if something is wrong."""
    found = list(examine()) if as_json else list(_printed(examine()))
    if as_json:
        print(json.dumps(_as_dict(found), indent=2))
    return _WRONG if _failures(found) else 0


def _failures(found: list[tuple[str, Finding]]) -> int:
    return sum(finding.status == "failed" for _, finding in found)


def _printed(report: Iterator[tuple[str, Finding]]) -> Iterator[tuple[str, Finding]]:
    """Each finding as it comes: mark, name, figure, limit; advice below. The verdict at the end."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)  # a device's name may look like markup
    if not console.is_terminal:
        console.width = _WIDTH_WITHOUT_TERMINAL
    console.print(
        f"livespec {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    installed = (f"{name} {number}" for name, number in _packages().items() if number)
    console.print(", ".join(installed), style="dim")
    found: list[tuple[str, Finding]] = []
    for area, finding in report:
        if not found or found[-1][0] != area:
            console.print(f"\n{area}", style="bold")
        console.print(_line(finding, _marks(console.encoding)))
        if finding.advice:
            console.print(Padding(Text(finding.advice, "dim"), (0, 0, 0, 3), expand=False))
        found.append((area, finding))
        yield area, finding
    console.print()
    if failed := _failures(found):
        console.print(f"{failed} of {len(found)} findings {'is' if failed == 1 else 'are'} wrong.", style="bold red")
    else:
        console.print("All is well.", style="bold green")


def _line(finding: Finding, marks: dict[Status, str]) -> Any:
    """Something that rich prints in a line, or in more where the terminal is narrow."""
    from rich.table import Table
    from rich.text import Text

    colour = _COLOURS[finding.status]
    figure = finding.figure.ljust(_FIGURE_WIDTH) if finding.limit else finding.figure
    measured = Text().append(figure, colour)
    if finding.limit:
        measured.append("  ").append(finding.limit, "dim")
    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(width=1)
    line.add_column(width=_NAME_WIDTH)
    line.add_column(overflow="fold")
    line.add_row(Text(marks[finding.status], colour), Text(finding.name), measured)
    return line


def _marks(encoding: str) -> dict[Status, str]:
    """Marks that the encoding has."""
    try:
        "".join(_MARKS.values()).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return _PLAIN_MARKS
    return _MARKS


def _packages() -> dict[str, str | None]:
    """Versions; None of what is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    def installed(package: str) -> str | None:
        try:
            return version(package)
        except PackageNotFoundError:
            return None

    return {package: installed(package) for package in _PACKAGES}


def _as_dict(found: list[tuple[str, Finding]]) -> dict[str, Any]:
    return {
        "ok": not _failures(found),
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": _packages(),
        "findings": [{"area": area.lower(), **asdict(finding)} for area, finding in found],
    }
