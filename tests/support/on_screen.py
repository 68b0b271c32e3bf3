"""Reading the picture of a whole screen: where the waterfall is, and which row is which frequency."""

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


def slaney_mel(hz):
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)


FORWARD = {"linear": lambda hz: hz, "log": np.log, "mel": slaney_mel}


def row_of(hz, scale, fmin, fmax, plot):
    forward = FORWARD[scale]
    place = (forward(hz) - forward(fmin)) / (forward(fmax) - forward(fmin))
    return plot.y + plot.height - 1 - np.floor(place * plot.height)


def capture_when(screen, holds, what, seconds=5):
    """The first picture of the screen that fulfils a condition."""
    pictures = []

    def fulfilled():
        pictures[:] = [screen.capture()]
        return holds(pictures[0])

    wait_until(fulfilled, what, seconds)
    return pictures[0]
