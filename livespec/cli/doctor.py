"""`livespec doctor`: is all well on this machine? Green and red lines with figures; exit code 1 if something is not."""

import json
import platform
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from livespec import __version__
from livespec.doctor.finding import Check, Finding

_WRONG: Final = 1
_MARKS: Final = {
    "ok": ("\N{CHECK MARK}", "green"),
    "failed": ("\N{BALLOT X}", "red"),
    "absent": ("\N{EN DASH}", "yellow"),
}
_WIDTH_WITHOUT_TERMINAL: Final = 100


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,  # noqa: ARG001
) -> int:
    """Test numbers, speed, picture and sound on this machine. Exit code 1 if something is wrong."""
    from livespec.doctor.numbers import check_numbers
    from livespec.doctor.picture import check_picture
    from livespec.doctor.sound import check_sound
    from livespec.doctor.speed import check_speed

    checks = (
        Check("Numbers", "the numbers", check_numbers),
        Check("Speed", "the speed", check_speed),
        Check("Picture", "the picture", check_picture),
        Check("Sound", "the sound", check_sound),
    )
    report = ((check.area, finding) for check in checks for finding in check.findings())
    found = list(report) if as_json else list(_printed(report))
    failed = sum(finding.status == "failed" for _, finding in found)
    if as_json:
        print(json.dumps(_as_dict(found), indent=2))
    else:
        print("\nAll is well." if not failed else f"\n{failed} of {len(found)} findings are wrong.")
    return _WRONG if failed else 0


def _printed(report: Iterator[tuple[str, Finding]]) -> Iterator[tuple[str, Finding]]:
    """Each finding as it comes: mark, name, figure, limit; advice below."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL)
    console.print(
        f"livespec {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )
    area = ""
    for heading, finding in report:
        if heading != area:
            area = heading
            console.print(f"\n[bold]{heading}[/bold]")
        mark, colour = _MARKS[finding.status]
        line = Table.grid(padding=(0, 2, 0, 0), expand=True)
        line.add_column(width=1)
        line.add_column(ratio=1)
        line.add_column(ratio=1, overflow="fold")
        line.add_column(width=14)
        line.add_row(f"[{colour}]{mark}[/]", finding.name, f"[{colour}]{finding.figure}[/]", f"[dim]{finding.limit}[/]")
        console.print(line)
        if finding.advice:
            console.print(f"   [dim]{finding.advice}[/]")
        yield heading, finding


def _as_dict(found: list[tuple[str, Finding]]) -> dict[str, Any]:
    from importlib.metadata import PackageNotFoundError, version

    def installed(package: str) -> str | None:
        try:
            return version(package)
        except PackageNotFoundError:
            return None

    packages = ("numpy", "scipy", "sounddevice", "soundfile", "vispy", "PySide6-Essentials", "pyfftw", "mkl-fft")
    return {
        "ok": all(finding.status != "failed" for _, finding in found),
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {package: installed(package) for package in packages},
        "findings": [{"area": area.lower(), **asdict(finding)} for area, finding in found],
    }
