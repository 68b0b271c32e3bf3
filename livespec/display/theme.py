"""The colours of everything but the sound: a dark theme made for the colour maps, and a light one.

On its background text has a contrast of at least 7 : 1 in both, faint text of 4.5 : 1 (WCAG 2.1, level AA). There is
one accent; it marks what a person has chosen. Hues are told apart by lightness too, for the colour-blind.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from livespec.core.arrays import Uint8Array, Uint32Array

Colour = tuple[int, int, int]

# What must not be missed looks the same in both themes: dark words on amber or red.
AMBER: Final[Colour] = (255, 193, 69)
RED: Final[Colour] = (229, 83, 75)
ON_BANNER: Final[Colour] = (14, 17, 22)

# Over the colours of any map: a bright line with a dark edge.
PITCH: Final[Colour] = (64, 224, 255)
LINE_EDGE: Final[Colour] = (8, 20, 28)


@dataclass(frozen=True)
class Theme:
    """empty: the picture where no sound is; raised: controls; now: the filled spectrum, and where a meter could reach.

    gap: lost sound, hatched.
    """

    dark: bool
    background: Colour
    empty: Colour
    raised: Colour
    line: Colour
    faint: Colour
    text: Colour
    strong: Colour
    gap: Colour
    gap_stroke: Colour
    accent: Colour
    now: Colour
    average: Colour


DARK: Final = Theme(
    dark=True,
    background=(14, 17, 22),
    empty=(20, 24, 31),
    raised=(27, 33, 41),
    line=(72, 82, 96),
    faint=(139, 149, 161),
    text=(205, 213, 222),
    strong=(240, 244, 248),
    gap=(38, 44, 54),
    gap_stroke=(88, 98, 114),
    accent=AMBER,
    now=(52, 64, 80),
    average=(150, 164, 182),
)

LIGHT: Final = Theme(
    dark=False,
    background=(246, 247, 249),
    empty=(232, 235, 239),
    raised=(255, 255, 255),
    line=(176, 184, 194),
    faint=(94, 103, 115),
    text=(46, 54, 64),
    strong=(14, 18, 24),
    gap=(214, 219, 226),
    gap_stroke=(160, 169, 180),
    accent=(160, 84, 0),
    now=(196, 205, 216),
    average=(98, 110, 126),
)


def unit_colour(colour: Colour) -> tuple[float, float, float]:
    """0 … 255 as 0 … 1, for the GPU."""
    red, green, blue = colour
    return red / 255, green / 255, blue / 255


def pixels_of(colours: Colour | Uint8Array) -> Uint32Array:
    """Colours (…, 3) as (…) pixels: blue, green, red and 255, byte by byte, the order in which the GPU takes them."""
    red, green, blue = np.moveaxis(np.asarray(colours, np.uint32), -1, 0)
    pixels: Uint32Array = np.uint32(255 << 24) | red << 16 | green << 8 | blue
    return pixels


def css(colour: Colour) -> str:
    """As Qt's style sheets write it."""
    return f"#{colour[0]:02x}{colour[1]:02x}{colour[2]:02x}"
