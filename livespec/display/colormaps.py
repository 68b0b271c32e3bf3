"""Colour maps by name, from cmap's collection, as tables of 256 colours."""

from functools import lru_cache
from typing import Final

import numpy as np

from livespec.core.arrays import Uint8Array
from livespec.errors import UsageError, suggestion

COLOURS: Final = 256
FAVOURITES: Final = (
    "magma",
    "viridis",
    "inferno",
    "cividis",
    "turbo",
    "gray",
)  # what the C key steps through


@lru_cache(maxsize=16)
def colormap(name: str) -> Uint8Array:
    """(256, 3) colours, quietest first. Raises `UsageError` for a name that cmap does not have."""
    from cmap import Colormap

    try:
        return np.round(Colormap(name).lut(COLOURS)[:, :3] * 255).astype(np.uint8)
    except (ValueError, TypeError, KeyError):
        known = list(Colormap.catalog().unique_keys(prefer_short_names=True))
        near = suggestion(name, [*FAVOURITES, *known])
        raise UsageError(
            f"colormap = {name!r} is not known{': ' + near if near else ''}",
            f"try {', '.join(FAVOURITES)}, or any of cmap's names",
        ) from None


def next_colormap(name: str) -> str:
    """The favourite after this one."""
    at = FAVOURITES.index(name) + 1 if name in FAVOURITES else 0
    return FAVOURITES[at % len(FAVOURITES)]
