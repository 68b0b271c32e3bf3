"""A window on machines that lack something, or lose it: it opens, can be used, and nothing is lost."""

import json
import sys

import numpy as np
import pytest

from livespec.display.theme import AMBER, DARK, RED
from tests.support.exports import Export
from tests.support.on_screen import capture_when, is_colour, plot_on
from tests.support.program import wait_until
from tests.support.signals import white_noise
from tests.support.virtual_microphone import RATE
from tests.support.virtual_screen import VirtualScreen

DEMO = ("--source", "demo", "--no-restore")
DEFECTIVE = """
from livespec.cli import main
from livespec.display.view import View

def scene(self, *size):
    return drawn(self, *size) if not self.settings.grid else 1 / 0

drawn, View.scene = View.scene, scene
main()
"""  # with a grid


def has_banners(picture, count):
    """Whether so many stand below one another."""
    return all(is_banner(picture, number, AMBER) for number in range(count))


def is_banner(picture, number, colour):
    """Whether the banner with this number from the top, from 0 on, is there and of that colour."""
    plot = plot_on(picture)
    top = plot.y + 12 + 36 * number
    return is_colour(picture[top : top + 28, plot.x + 12 : plot.x + 60], colour).mean() > 0.5


def is_drawn(picture):
    """Whether columns are at the newest edge."""
    plot = plot_on(picture)
    newest = picture[plot.y : plot.y + plot.height, plot.x + plot.width - 60 : plot.x + plot.width - 10]
    return has_banners(picture, 1) and not is_colour(newest, DARK.gap).any() and newest.std() > 20


def test_where_the_display_has_no_opengl_that_is_said(screen, nothing, start):
    """Qt opens a window without a context; whatever is asked of OpenGL then ends the process."""
    bare = nothing | screen.environment | {"QT_XCB_GL_INTEGRATION": "none"}
    done = start(*DEMO, environment=bare).end(15)
    assert done.returncode == 3, done.stderr
    said, hint = done.stderr.splitlines()[-2:]
    assert "this display has no OpenGL" in said
    assert "--view terminal" in hint


def test_when_the_display_vanishes_and_nothing_was_to_be_saved_nothing_is_said_to_be(nothing, start):
    with VirtualScreen() as screen:
        program = start(*DEMO, environment=nothing | screen.environment)
        screen.window_of(program)
        capture_when(screen, is_drawn, "it is drawn", 15)
        screen.vanish()
        done = program.end(15)
    assert (done.returncode, done.stderr) == (3, "livespec: the display has gone\n")


def test_when_the_display_vanishes_what_was_heard_is_saved(nothing, start, tmp_path):
    with VirtualScreen() as screen:
        program = start(*DEMO, "--export", "e.npz", "--stats", "s.json", environment=nothing | screen.environment)
        screen.window_of(program)
        program.wait_for_columns(tmp_path / "e.npz", 100)
        screen.vanish()
        done = program.end(15)
    assert done.returncode == 3
    assert done.stderr == "livespec: the display has gone\n  what was heard until then is saved\n"
    export = Export.of(tmp_path / "e.npz")
    assert len(export.positions) >= 100
    assert np.isfinite(export.db).all()
    assert json.loads((tmp_path / "s.json").read_text())["columns"] == len(export.positions)
    wait_until(lambda: not program.left_behind, "nothing is left behind", 5)


def test_without_float_textures_the_processor_paints_and_the_window_says_so(screen, nothing, start):
    old = {"MESA_GL_VERSION_OVERRIDE": "2.1", "MESA_EXTENSION_OVERRIDE": "-GL_ARB_texture_float"}
    program = start(*DEMO, environment=nothing | screen.environment | old)
    window = screen.window_of(program)
    capture_when(screen, lambda p: is_drawn(p) and has_banners(p, 2), "it is drawn, and says how", 15)
    window.key("q")
    assert program.end(8).returncode == 0


def test_without_any_font_of_the_system_there_is_still_text(screen, nothing, start, tmp_path):
    (tmp_path / "fonts.conf").write_text("<fontconfig><dir>/nonexistent</dir></fontconfig>")
    program = start(*DEMO, environment=nothing | screen.environment | {"FONTCONFIG_FILE": str(tmp_path / "fonts.conf")})
    window = screen.window_of(program)
    picture = capture_when(screen, is_drawn, "it is drawn", 15)
    for place in (slice(4, 20), slice(775, 795)):  # menus, status line
        assert (picture[place, :1280].min(axis=2) > 100).sum() > 60
    window.key("q")
    done = program.end(8)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_window_that_was_left_outside_of_the_screen_comes_back(screen, nothing, start):
    for again in (False, True):
        program = start("--source", "demo", environment=nothing | screen.environment)
        window = screen.window_of(program)
        capture_when(screen, is_drawn, "it is here, all of it", 15)
        if not again:
            window.move(-3000, 100)
            capture_when(screen, lambda p: not p.any(), "it is somewhere else", 5)
        window.key("q")
        assert program.end(8).returncode == 0


@pytest.mark.parametrize("defect", [True, False])
def test_what_was_set_before_a_defect_of_ours_ended_the_run_is_not_the_next_ones(screen, nothing, start, defect):
    more = {"command": (sys.executable, "-c", DEFECTIVE)} if defect else {}
    program = start("--source", "demo", environment=nothing | screen.environment, **more)
    window = screen.window_of(program)
    capture_when(screen, is_drawn, "it is drawn", 15)
    window.key("g")
    if not defect:
        window.key("q")
    assert program.end(10).returncode == (1 if defect else 0)
    (state,) = program.home.rglob("window.json")
    assert ("grid" in json.loads(state.read_text())["settings"]) != defect


def test_a_picture_that_cannot_be_saved_is_told_of_in_the_colour_of_failures(screen, nothing, start):
    program = start(*DEMO, environment=nothing | screen.environment)
    (program.home / "Pictures").write_text("no folder")
    window = screen.window_of(program)
    capture_when(screen, lambda p: is_drawn(p) and not is_banner(p, 1, AMBER), "it is drawn", 20)
    window.key("s")
    capture_when(screen, lambda p: is_banner(p, 1, RED), "a red banner says so", 5)
    capture_when(screen, lambda p: is_drawn(p) and not is_banner(p, 1, RED), "it goes on", 8)
    window.key("q")
    assert program.end(8).returncode == 0


def test_an_input_that_gives_nothing_but_zeros_is_told_of_until_there_is_sound(microphone, screen, start):
    program = start("--no-restore", environment=microphone.environment | screen.environment)
    window = screen.window_of(program)

    def told(picture):
        return is_banner(picture, 0, RED)

    capture_when(screen, told, "a banner says so", 15)
    with microphone.playing(white_noise(20 * RATE)):
        capture_when(screen, lambda p: not told(p), "it is gone", 5)
    window.key("q")
    assert program.end(8).returncode == 0
