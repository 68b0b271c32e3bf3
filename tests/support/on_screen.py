"""Where things are in pictures of the whole screen, found by their colours alone; and pictures that are waited for."""

import time

import numpy as np

from livespec.display.layout import Rect
from livespec.display.theme import DARK
from tests.support.program import wait_until


def is_colour(picture, colour):
    return (picture == np.array(colour, np.uint8)).all(axis=-1)


def plot_on(picture):
    """Where the waterfall is, by the picture alone: the tallest and widest of what is not background."""
    middle = [72 + 700, 72 + 703]  # right of any banner; below one of them may hang a tick of the time axis
    y, height = longest(~is_colour(picture[:, middle], DARK.background).any(axis=1))
    beside = [y + height // 2, y + height // 2 + 3]  # beside one of them may be a tick
    x, width = longest(~is_colour(picture[beside, :1280], DARK.background).any(axis=0))
    return Rect(x, y, width, height)


def longest(marked):
    """Start and length of the longest unbroken stretch."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(np.int8), [0]])))
    starts, lengths = edges[::2], np.diff(edges)[::2]
    at = int(np.argmax(lengths))
    return int(starts[at]), int(lengths[at])


def capture_when(screen, holds, what, seconds=5):
    """The first picture of the screen that fulfils a condition."""
    pictures = []

    def fulfilled():
        pictures[:] = [screen.capture()]
        return holds(pictures[0])

    wait_until(fulfilled, what, seconds)
    return pictures[0]


def capture_after(screen, seconds):
    time.sleep(seconds)
    return screen.capture()


def capture_when_still(screen, part, seconds=3):
    """The first picture that is like the one before in a part of it."""
    pictures = [screen.capture()]

    def still():
        pictures.append(capture_after(screen, 0.3))
        return bool((pictures[-1][part] == pictures[-2][part]).all())

    wait_until(still, "the picture stands still", seconds)
    return pictures[-1]
