"""A microphone's calibration: its sensitivity, and its response as its maker measured it.

Measurement microphones come with a text file of frequencies and decibels, each maker with a dialect of its own;
`parse_correction` reads them all, and refuses what it does not understand instead of leaving it out.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from livespec.core.arrays import Float64Array
from livespec.errors import FileError

REFERENCE_SPL_DB: Final = 94.0  # 1 Pa: what acoustic calibrators give
_LARGEST_DB: Final = 100.0
_FEWEST_LINES: Final = 2
_MOST_COLUMNS: Final = 3  # frequency, dB, phase
_COMMENT: Final = ("*", "#", ";", "!", '"', "'", "//")
_HEADINGS: Final = re.compile(r"^[^\d+.\-]")  # a line of words; a line of numbers never begins so
_WHAT_A_LINE_IS: Final = "each line is a frequency in Hz and a response in dB: '1000.0 0.25'"


def _nothing() -> Float64Array:
    return np.empty(0)


@dataclass(frozen=True, eq=False)
class Calibration:
    """sensitivity_dbfs: what 94 dB SPL reads in dBFS, None where it is not known.

    frequencies_hz (rising), response_db: (n,) the microphone's response; empty for a flat one.
    """

    sensitivity_dbfs: float | None = None
    frequencies_hz: Float64Array = field(default_factory=_nothing)
    response_db: Float64Array = field(default_factory=_nothing)

    def offset_db(self, frequencies_hz: npt.ArrayLike) -> Float64Array:
        """What to add to dBFS at these frequencies, (n,) in dB.

        The response is interpolated over the logarithm of frequency; beyond its ends their values hold.
        """
        hz = np.asarray(frequencies_hz, np.float64)
        offset = np.zeros(hz.shape)
        if self.sensitivity_dbfs is not None:
            offset += REFERENCE_SPL_DB - self.sensitivity_dbfs
        if len(self.frequencies_hz):
            octaves = np.log2(np.maximum(hz, self.frequencies_hz[0]))
            offset -= np.interp(octaves, np.log2(self.frequencies_hz), self.response_db)
        return offset


def parse_correction(text: str, name: str) -> tuple[Float64Array, Float64Array]:
    r"""Frequencies in Hz and response in dB, (n,) each, of a maker's text. name: of the file, for messages.

    Comments and a heading may stand before the numbers, a phase behind them. Separators: spaces, tabs, commas,
    semicolons; a decimal comma where the separator is no comma. Raises `FileError` with the line.

    >>> parse_correction('"Sens Factor =-0.8dB, SERNO: 7001234"\n20.0\t-1.2\n20000.0\t3.4', "7001234.txt")
    (array([   20., 20000.]), array([-1.2,  3.4]))
    """
    rows: list[tuple[float, float]] = []
    for number, line in enumerate(text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines(), 1):
        content = line.strip()
        if not content or content.startswith(_COMMENT) or (not rows and _HEADINGS.match(content)):
            continue
        rows.append(_numbers(content, f"{name}, line {number}"))
        if len(rows) > 1 and rows[-1][0] <= rows[-2][0]:
            raise FileError(
                f"{name}, line {number}: {rows[-1][0]:g} Hz is not above {rows[-2][0]:g} Hz in the line before",
                "the frequencies of a correction rise from line to line",
            )
    if len(rows) < _FEWEST_LINES:
        raise FileError(f"{name}: is no correction of a microphone: {len(rows)} lines of numbers", _WHAT_A_LINE_IS)
    table = np.array(rows)
    return table[:, 0], table[:, 1]


def _numbers(content: str, where: str) -> tuple[float, float]:
    """Frequency and response of one line."""
    words = _split(content)
    try:
        values = [float(word) for word in words]
    except ValueError:
        raise FileError(f"{where}: {content[:40]!r} is not numbers", _WHAT_A_LINE_IS) from None
    if not 2 <= len(values) <= _MOST_COLUMNS:  # noqa: PLR2004
        raise FileError(f"{where}: {len(values)} numbers instead of 2 (or 3, with a phase)", _WHAT_A_LINE_IS)
    hz, response = values[:2]
    if not (math.isfinite(hz) and hz > 0):
        raise FileError(f"{where}: {words[0]} Hz is no frequency", _WHAT_A_LINE_IS)
    if not abs(response) <= _LARGEST_DB:
        raise FileError(f"{where}: {words[1]} dB is no response of a microphone", _WHAT_A_LINE_IS)
    return hz, response


def _split(content: str) -> list[str]:
    """The words of a line; a comma is a separator unless another one is there."""
    for separator in (";", "\t"):
        if separator in content:
            return [word.strip().replace(",", ".") for word in content.split(separator) if word.strip()]
    by_space = content.split()
    if len(by_space) > 1 and not any(word.endswith(",") for word in by_space):
        return [word.replace(",", ".") for word in by_space]
    return [word.strip() for word in content.split(",") if word.strip()]
