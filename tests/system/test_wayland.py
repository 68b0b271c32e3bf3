"""The window on a Wayland desktop."""

import numpy as np

from livespec.display.theme import AMBER, DARK
from tests.support.exports import read_stats
from tests.support.on_screen import capture_when, is_colour, plot_on
from tests.support.virtual_wayland import VirtualWayland


def is_drawn(picture):
    plot = plot_on(picture)
    newest = picture[plot.y : plot.y + plot.height, plot.x + plot.width - 60 : plot.x + plot.width - 10]
    return not is_colour(newest, DARK.gap).any() and newest.std() > 20


def has_controls(picture):
    return is_colour(picture[:, 1024:1048], AMBER).sum() > 100


def test_the_picture_is_drawn_and_keys_and_controls_work(nothing, start, tmp_path):
    with VirtualWayland() as desktop:
        program = start("demo", "--no-restore", "--stats", "s.json", environment=nothing | desktop.environment)
        picture = capture_when(desktop, is_drawn, "columns are drawn up to the newest edge", 20)
        assert not has_controls(picture)
        desktop.key("d")
        narrower = capture_when(desktop, has_controls, "the controls are there", 5)
        assert plot_on(narrower).width < plot_on(picture).width - 200
        desktop.key("q")
        done = program.end(10)
    assert (done.returncode, done.stderr) == (0, "")
    assert np.isfinite(read_stats(tmp_path / "s.json")["latency_ms"]["capture_to_screen"]["p50"])
