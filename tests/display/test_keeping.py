"""What a person keeps of a session: the picture of a terminal is as fine as that of a window."""

import numpy as np
import pytest

from livespec.display.image import render
from livespec.display.keeping import Visible
from livespec.display.view import View, view_request
from livespec.session.monitor import Monitor
from livespec.settings import Settings
from tests.support.program import wait_until
from tests.support.sessions import Sound, hearing
from tests.support.signals import white_noise

RATE, SPAN_S, SIZE = 48_000, 4.0, (900, 600)


def settled(view, size, scale, *, kept=False):
    """The scene once its columns are there; kept: as a file of it is."""

    def is_whole():
        view.scene(*size, scale)
        return view._monitor.analysis.past_is_full and not view._monitor.analysis.filling

    view.scene(*size, scale)
    wait_until(is_whole, "it is filled in")
    view.scene(*size, scale)
    return view.still(*SIZE, 1.0) if kept else view.scene(*size, scale)[0]


@pytest.mark.parametrize("more", [{}, {"show": (1, 2)}, {"averaging": "fast"}, {"picture": "mel"}])
def test_the_picture_of_a_terminal_is_that_of_a_window_whatever_the_terminal_shows_of_it(more):
    sound = np.stack([white_noise(7 * RATE, seed=n) for n in (1, 2)], axis=1)
    settings = Settings(n_fft=1024, hop=128, span=SPAN_S, range=(-80, 0), trace=False, peaks=False, **more).at_rate(
        RATE
    )
    monitor = Monitor(Sound(sound, RATE), settings, view_request(settings, RATE, 60))
    with hearing(monitor):
        view = View(monitor)
        view.toggle_freeze()
        visible = Visible.of(settled(view, (100, 50), 1 / 3, kept=True), monitor, view)
        kept = visible.in_detail().scene
        plots = kept.layout.plots
        area = slice(plots.y + plots.height // 5, plots.y + plots.height), slice(plots.x, plots.x + plots.width)
        scenes = settled(view, SIZE, 1.0), kept, visible.scene
        window, file, terminal = (render(scene)[area].astype(int) for scene in scenes)
        assert np.abs(window - file).mean() < 0.5
        assert np.abs(window - terminal).mean() > 2
