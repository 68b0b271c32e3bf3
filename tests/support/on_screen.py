"""Where things are in pictures of the whole screen, found by their colours alone; and pictures that are waited for."""

import time

import numpy as np

from livespec.core.scales import FrequencyAxis
from livespec.display.scene import BACKGROUND, Frame, Palette, Rect, plot_area
from tests.support.program import wait_until


def is_colour(picture, colour):
    return (picture == np.array(colour, np.uint8)).all(axis=-1)


def plot_on(picture):
    """Where the waterfall is, by the picture alone: what is not background, right of the frequency ticks."""
    middle = [72 + 600, 72 + 603]  # below one of them may hang a tick of the time axis
    rows = np.flatnonzero(~is_colour(picture[44:, middle], BACKGROUND).any(axis=1))
    height = int(np.flatnonzero(np.diff(rows, append=rows[-1] + 2) > 1)[0]) + 1
    columns = np.flatnonzero(~is_colour(picture[44 + height // 2, 72:1280], BACKGROUND))
    width = int(np.flatnonzero(np.diff(columns, append=columns[-1] + 2) > 1)[0]) + 1
    plot = Rect(72, 44, width, height)
    palette = Palette(np.zeros((256, 3), np.uint8), 0, 1)
    frame = Frame(1280, plot.y + plot.height + 34, 1.0, "", "", FrequencyAxis("mel", 40, 16_000), palette)
    assert plot == plot_area(frame)
    return plot


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
