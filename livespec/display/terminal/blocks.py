"""Pixels to characters: two above each other in a half block of two colours, or in one shade of ASCII."""

from collections.abc import Mapping
from typing import Final, Literal

import numpy as np

from livespec.core.arrays import Int32Array, Uint8Array
from livespec.display.terminal.cells import BLANK, PLAIN, Cells
from livespec.display.theme import Colour

Depth = Literal["true", "256", "ascii"]

UPPER_HALF: Final = 0x2580
_SHADES: Final = np.frombuffer(b" .:-=+*#%@", np.uint8).astype(np.int32)
_LUMA: Final = (0.299, 0.587, 0.114)

# The 256 colours: 16 that everybody sets as they like, a cube of 6 × 6 × 6, and 24 greys.
_CUBE: Final = np.array([0, 95, 135, 175, 215, 255])
_CUBE_BETWEEN: Final = (_CUBE[1:] + _CUBE[:-1]) / 2
_CUBE_FIRST, _GREY_FIRST, _GREYS = 16, 232, 24
_GREY_DARKEST, _GREY_STEP = 8, 10

_TRUE_COLOUR_TERMINALS: Final = ("kitty", "alacritty", "foot", "wezterm", "ghostty", "-direct")


def depth_of(environment: Mapping[str, str], encoding: str) -> Depth:
    """What a terminal can show, by its environment and the encoding of what is written to it.

    Over ssh TERM arrives, COLORTERM mostly does not: so terminals that have all colours are known by name as well.
    """
    term = environment.get("TERM", "")
    if term in ("", "dumb") or environment.get("NO_COLOR") or not _is_utf8(environment, encoding):
        return "ascii"
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "true"
    if any(name in term for name in _TRUE_COLOUR_TERMINALS):
        return "true"
    return "256" if "256color" in term else "ascii"


def _is_utf8(environment: Mapping[str, str], encoding: str) -> bool:
    """Python writes UTF-8 in the locale C too; there one who says LC_ALL=C means it."""
    named = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "utf-8")
    return all("utf8" in name.lower().replace("-", "") for name in (named, encoding))


def blocks(pixels: Uint8Array, depth: Depth) -> Cells:
    """(lines, columns) cells of (2 · lines, columns, 3) pixels."""
    upper, lower = pixels[0::2], pixels[1::2]
    if depth == "ascii":
        brightness = np.maximum(upper @ np.array(_LUMA), lower @ np.array(_LUMA))  # a tone one pixel high stays
        char = _SHADES[np.round(brightness / 255 * (len(_SHADES) - 1)).astype(np.intp)]
        plain = np.full(char.shape, PLAIN, np.int32)
        return Cells(char, plain, plain.copy())
    ink, paper = colours(upper, depth), colours(lower, depth)
    return Cells(np.where(ink == paper, BLANK, UPPER_HALF).astype(np.int32), ink, paper)


def colours(rgb: Uint8Array, depth: Depth) -> Int32Array:
    """Colours (…, 3) as a number each: 0xRRGGBB, the index of one of 256, or PLAIN."""
    if depth == "ascii":
        return np.full(rgb.shape[:-1], PLAIN, np.int32)
    if depth == "256":
        return _nearest_of_256(rgb)
    red, green, blue = np.moveaxis(rgb.astype(np.int32), -1, 0)
    packed: Int32Array = (red << 16) | (green << 8) | blue
    return packed


def colour(rgb: Colour, depth: Depth) -> int:
    """One of them."""
    return int(colours(np.array(rgb, np.uint8), depth))


def _nearest_of_256(rgb: Uint8Array) -> Int32Array:
    """The nearer one of the cube's nearest and the nearest grey."""
    values = rgb.astype(np.int32)
    steps = np.searchsorted(_CUBE_BETWEEN, values)
    grey = np.clip(np.round((values.mean(axis=-1) - _GREY_DARKEST) / _GREY_STEP), 0, _GREYS - 1).astype(np.int32)
    from_cube = ((_CUBE[steps] - values) ** 2).sum(axis=-1)
    from_grey = (((_GREY_DARKEST + _GREY_STEP * grey)[..., None] - values) ** 2).sum(axis=-1)
    in_cube = _CUBE_FIRST + steps @ np.array([36, 6, 1])
    nearest: Int32Array = np.where(from_grey < from_cube, _GREY_FIRST + grey, in_cube).astype(np.int32)
    return nearest
