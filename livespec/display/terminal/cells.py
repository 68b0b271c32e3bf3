"""What stands on a terminal, as arrays: a character, its ink and its paper for each place."""

import unicodedata
from dataclasses import dataclass
from typing import Final

import numpy as np

from livespec.core.arrays import Int32Array

PLAIN: Final = -1  # the terminal's own colour
UNKNOWN: Final = 0  # no character: what stands there is not known, and must be written
BLANK: Final = ord(" ")

_ASCII: Final = str.maketrans(
    {
        "\N{MIDDLE DOT}": "|",
        "\N{MINUS SIGN}": "-",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{HORIZONTAL ELLIPSIS}": "~",
        "\N{MULTIPLICATION SIGN}": "x",
        "\N{BOX DRAWINGS LIGHT VERTICAL}": "|",
        "\N{BOX DRAWINGS LIGHT VERTICAL AND LEFT}": "-",
    }
)


@dataclass(frozen=True, eq=False)
class Cells:
    """(lines, columns) each. char: code points; ink, paper: PLAIN, or what `blocks.colours` makes of a colour."""

    char: Int32Array
    ink: Int32Array
    paper: Int32Array

    @classmethod
    def filled(cls, lines: int, columns: int, char: int = BLANK, paper: int = PLAIN) -> "Cells":
        """The same everywhere."""
        shape = lines, columns
        return cls(np.full(shape, char, np.int32), np.full(shape, PLAIN, np.int32), np.full(shape, paper, np.int32))

    @property
    def shape(self) -> tuple[int, int]:
        """Lines and columns."""
        lines, columns = self.char.shape
        return lines, columns

    def put(self, line: int, column: int, part: "Cells") -> None:
        """Lay a part over these."""
        lines, columns = part.shape
        area = slice(line, line + lines), slice(column, column + columns)
        self.char[area], self.ink[area], self.paper[area] = part.char, part.ink, part.paper

    def write(self, line: int, column: int, text: str, ink: int) -> None:
        """Text that is one cell a character (`one_wide`); what does not fit is left out. The paper stays."""
        first, stop = max(column, 0), min(column + len(text), self.shape[1])
        if first < stop:
            self.char[line, first:stop] = [ord(character) for character in text[first - column : stop - column]]
            self.ink[line, first:stop] = ink


def one_wide(text: str, *, ascii_only: bool = False) -> str:
    """Text of which each character takes one cell and none steers the terminal: names of files may hold anything."""
    kept = "".join(character if _takes_a_cell(character) else "?" for character in text)
    return kept.translate(_ASCII).encode("ascii", "replace").decode("ascii") if ascii_only else kept


def _takes_a_cell(character: str) -> bool:
    return (
        character.isprintable()
        and unicodedata.east_asian_width(character) not in ("W", "F")
        and unicodedata.category(character) not in ("Mn", "Me")
    )
