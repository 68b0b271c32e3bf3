"""From what stands on a terminal to what shall stand there: as few bytes as may be.

A waterfall scrolls, so that nearly every cell changes with every frame. Terminals can scroll a line to the left
themselves: `Delete Character` at the left edge of the picture moves all that follows. So only what is new is written.
"""

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from livespec.display.terminal.blocks import Depth
from livespec.display.terminal.cells import BLANK, PLAIN, UNKNOWN, Cells

_FURTHEST: Final = 64  # columns between two frames; beyond, all is written
_LINES_LOOKED_AT: Final = 12  # enough to see how far a picture has moved
_PLAIN_PEN: Final = "\x1b[0m"
_CLEARED: Final = "\x1b[0m\x1b[2J"


class Scrolled(NamedTuple):
    """The part that scrolls to the left: lines top … bottom − 1, from column `left` to the terminal's right edge."""

    top: int
    bottom: int
    left: int


def changes(before: Cells | None, now: Cells, scrolled: Scrolled | None, depth: Depth) -> str:
    """Characters and control sequences that turn one into the other; all of it where nothing is known of before."""
    out = []
    if before is None or before.shape != now.shape:
        out.append(_CLEARED)
        before = Cells.filled(*now.shape, UNKNOWN)
    elif scrolled is not None and (columns := moved_by(before, now, scrolled)):
        out.append(_PLAIN_PEN)
        out += [f"\x1b[{line + 1};{scrolled.left + 1}H\x1b[{columns}P" for line in range(scrolled.top, scrolled.bottom)]
        before = _moved(before, scrolled, columns)
    out += _written(before, now, depth)
    return "".join(out)


def moved_by(before: Cells, now: Cells, scrolled: Scrolled) -> int:
    """By how many columns the picture has moved to the left; 0 where writing what differs costs less."""
    step = max(1, (scrolled.bottom - scrolled.top) // _LINES_LOOKED_AT)
    area = slice(scrolled.top, scrolled.bottom, step), slice(scrolled.left, None)
    was, shall = ((cells.char[area], cells.ink[area], cells.paper[area]) for cells in (before, now))
    lines, width = was[0].shape

    def same(columns: int) -> int:
        parts = (old[:, columns:] == new[:, : width - columns] for old, new in zip(was, shall, strict=True))
        return int(np.count_nonzero(np.logical_and.reduce(list(parts))))

    standing = same(0)
    if standing == lines * width:
        return 0
    # The fewest columns of those that fit equally well.
    best = max(range(1, min(_FURTHEST, width - 1) + 1), key=same, default=0)
    return best if best and same(best) - standing > lines else 0


def _moved(before: Cells, scrolled: Scrolled, columns: int) -> Cells:
    """What stands there after the terminal has moved the picture."""
    parts = []
    for old, fill in ((before.char, UNKNOWN), (before.ink, PLAIN), (before.paper, PLAIN)):
        new = old.copy()
        area = slice(scrolled.top, scrolled.bottom)
        new[area, scrolled.left : -columns] = old[area, scrolled.left + columns :]
        new[area, -columns:] = fill
        parts.append(new)
    return Cells(*parts)


def _written(before: Cells, now: Cells, depth: Depth) -> list[str]:
    """The cells that differ, each with its colours where they are not those of the one written before it."""
    inked = now.char != BLANK
    differs = (before.char != now.char) | (before.paper != now.paper) | (inked & (before.ink != now.ink))
    lines, columns = np.nonzero(differs)
    if not len(lines):
        return []
    out = [_PLAIN_PEN]
    pen = [PLAIN, PLAIN]
    at = -1, -1
    places = zip(lines.tolist(), columns.tolist(), strict=True)
    contents = zip(now.char[differs].tolist(), now.ink[differs].tolist(), now.paper[differs].tolist(), strict=True)
    for (line, column), (char, ink, paper) in zip(places, contents, strict=True):
        if (line, column) != at:
            out.append(f"\x1b[{column - at[1]}C" if line == at[0] else f"\x1b[{line + 1};{column + 1}H")
        at = line, column + 1
        wanted = [ink if char != BLANK else pen[0], paper]
        if wanted != pen:
            out.append(_pen(pen[0], pen[1], wanted[0], wanted[1], depth))
            pen = wanted
        out.append(chr(char))
    return out


@lru_cache(maxsize=4096)
def _pen(ink_before: int, paper_before: int, ink: int, paper: int, depth: Depth) -> str:
    """Select Graphic Rendition: what of the pen is another."""
    parts = []
    if ink != ink_before:
        parts.append("39" if ink == PLAIN else f"38;{_colour(ink, depth)}")
    if paper != paper_before:
        parts.append("49" if paper == PLAIN else f"48;{_colour(paper, depth)}")
    return f"\x1b[{';'.join(parts)}m"


def _colour(number: int, depth: Depth) -> str:
    return f"5;{number}" if depth == "256" else f"2;{number >> 16};{number >> 8 & 255};{number & 255}"
