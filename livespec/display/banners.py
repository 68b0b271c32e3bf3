"""Banners over the picture: a few lines each, as wide as they may be; what is still too long loses its middle."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from livespec.display.layout import Rect, scaler
from livespec.display.scene import LONGEST_LABEL_PX, Banner, Box, Furniture, Label
from livespec.display.theme import ON_BANNER

_TEXT_PX: Final = 14
_LINE_PX: Final = 20
_ABOVE_PX, _BESIDE_PX = 4, 14  # of a banner's lines
_APART_PX: Final = 8
_MOST_LINES: Final = 3
_LEAST_CHARACTERS: Final = 4
_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"
# Widths in Open Sans Bold, in its size; the exact ones are known only where glyphs are made.
_WIDTHS: Final = {
    **dict.fromkeys(" !'(),-./:;I[]ijl|\N{MIDDLE DOT}", 0.32),
    **dict.fromkeys("\\_frstz{}", 0.46),
    **dict.fromkeys("ADGHNOQUVwX%&", 0.77),
    **dict.fromkeys("mMW@\N{EM DASH}\N{HORIZONTAL ELLIPSIS}", 0.96),
}
_USUAL_WIDTH, _SQUARE_WIDTH = 0.61, 1.0
_SQUARE_FROM: Final = "\u2e80"  # Chinese, Japanese, Korean


def banners_in(area: Rect, banners: Sequence[Banner], scale: float) -> Furniture:
    """One below the other from the upper left corner of an area of device pixels; scale: of them in a logical one."""
    px = scaler(scale)
    room = min(area.width, LONGEST_LABEL_PX) / scale - 2 * _BESIDE_PX
    boxes: list[Box] = []
    labels: list[Label] = []
    y = area.y
    for banner, lines in zip(banners, _all_wrapped(banners, room, area.height / scale), strict=True):
        width = px(max(map(_width_px, lines)) + 2 * _BESIDE_PX)
        boxes.append(Box(area.x, y, width, px(_height_px(lines)), banner.colour))
        for number, line in enumerate(lines):
            middle = y + px(_ABOVE_PX + (number + 0.5) * _LINE_PX)
            labels.append(Label(line, area.x + width // 2, middle, "centre", px(_TEXT_PX), ON_BANNER, bold=True))
        y += px(_height_px(lines) + _APART_PX)
    return Furniture(tuple(boxes), tuple(labels))


def _all_wrapped(banners: Sequence[Banner], room_px: float, height_px: float) -> list[tuple[str, ...]]:
    """The lines of each, as many as all have room for one below the other; one at least."""
    for most in range(_MOST_LINES, 0, -1):
        wrapped = [wrap(banner.text, room_px, most) for banner in banners]
        if sum(_height_px(lines) + _APART_PX for lines in wrapped) <= height_px:
            break
    return wrapped


def _height_px(lines: tuple[str, ...]) -> int:
    return _LINE_PX * len(lines) + 2 * _ABOVE_PX


@lru_cache(maxsize=64)
def wrap(text: str, room_px: float, most_lines: int) -> tuple[str, ...]:
    """Lines of whole words. A word (a path) that is wider than a line loses its middle, and so does too long a text."""
    lines, kept = _lines(text, room_px), len(text)
    while len(lines) > most_lines and kept > _LEAST_CHARACTERS:
        kept -= 1
        lines = _lines(without_middle(text, kept), room_px)
    return tuple(lines)


def without_middle(text: str, kept: int) -> str:
    """So many of its characters, half of them from its end."""
    tail = kept // 2
    return text[: kept - tail].rstrip() + _ELLIPSIS + text[len(text) - tail :].lstrip()


def _lines(text: str, room_px: float) -> list[str]:
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else ""
        if lines and _width_px(longer) <= room_px:
            lines[-1] = longer
        else:
            lines.append(_fitted(word, room_px))
    return lines


def _fitted(word: str, room_px: float) -> str:
    fitted, kept = word, len(word)
    while _width_px(fitted) > room_px and kept > _LEAST_CHARACTERS:
        kept -= 1
        fitted = without_middle(word, kept)
    return fitted


def _width_px(text: str) -> float:
    usual = (_SQUARE_WIDTH if character >= _SQUARE_FROM else _USUAL_WIDTH for character in text)
    return _TEXT_PX * sum(_WIDTHS.get(character, width) for character, width in zip(text, usual, strict=True))
