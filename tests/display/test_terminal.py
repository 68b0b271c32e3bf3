"""From pixels to what a terminal gets, and from there to what it shows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livespec.display.scene import Run
from livespec.display.terminal.blocks import UPPER_HALF, blocks, colours, depth_of
from livespec.display.terminal.cells import BLANK, PLAIN, Cells, one_wide
from livespec.display.terminal.changes import Scrolled, changes, moved_by
from livespec.display.terminal.keys import Keys
from livespec.display.terminal.page import Page
from livespec.display.terminal.picture import _on_columns
from livespec.display.view import View, view_request
from livespec.errors import FileError
from livespec.session.monitor import Monitor
from livespec.session.recorder import RecordingPlan
from livespec.settings import Settings
from tests.support.program import wait_until
from tests.support.sessions import Sound, hearing
from tests.support.signals import tone
from tests.support.terminal import Emulator

LINES, COLUMNS = 9, 30
RATE = 48_000
SCROLLED = Scrolled(0, 7, 4)


def noise(seed, lines=LINES, columns=COLUMNS):
    """Pixels of all colours, and many that are black."""
    random = np.random.default_rng(seed)
    lit = random.random((lines, columns)) < 0.7
    return random.integers(0, 256, (2 * lines, columns, 3), np.uint8) * np.repeat(lit, 2, axis=0)[..., None]


def assert_shows(emulator, cells):
    shown = emulator.cells
    np.testing.assert_array_equal(shown.char, cells.char)
    np.testing.assert_array_equal(shown.paper, cells.paper)
    np.testing.assert_array_equal(shown.ink[cells.char != BLANK], cells.ink[cells.char != BLANK])


def emulator():
    fresh = Emulator(COLUMNS, LINES)
    fresh.feed("\x1b[?1049h")
    return fresh


# ---- pixels ----


def test_two_pixels_above_each_other_are_ink_and_paper_of_a_half_block():
    cells = blocks(np.array([[[1, 2, 3]], [[250, 128, 7]]], np.uint8), "true")
    assert (cells.char, cells.ink, cells.paper) == (UPPER_HALF, 0x010203, 0xFA8007)


def test_two_pixels_of_one_colour_need_no_ink():
    cells = blocks(np.full((2, 1, 3), 9, np.uint8), "true")
    assert (cells.char, cells.paper) == (BLANK, 0x090909)


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_of_256_colours_the_nearest_is_taken(rgb):
    steps = (0, 95, 135, 175, 215, 255)
    palette = [(r, g, b) for r in steps for g in steps for b in steps] + [(8 + 10 * n,) * 3 for n in range(24)]
    distance = ((np.array(palette) - rgb) ** 2).sum(axis=1)
    chosen = int(colours(np.array(rgb, np.uint8), "256"))
    assert distance[chosen - 16] == distance.min()


def test_shades_of_ascii_rise_with_brightness_and_keep_a_tone_one_pixel_high():
    grey = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    shades = " .:-=+*#%@"
    rising = [shades.index(chr(n)) for n in blocks(np.concatenate([grey, grey * 0]), "ascii").char[0]]
    assert rising == sorted(rising)
    assert set(rising) == set(range(10))
    assert rising == [shades.index(chr(n)) for n in blocks(np.concatenate([grey * 0, grey]), "ascii").char[0]]


@pytest.mark.parametrize(
    ("environment", "encoding", "depth"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "utf-8", "true"),
        ({"TERM": "xterm-256color", "COLORTERM": "24bit", "LANG": "de_DE.UTF-8"}, "utf-8", "true"),
        ({"TERM": "xterm-kitty"}, "utf-8", "true"),
        ({"TERM": "screen-256color"}, "utf-8", "256"),
        ({"TERM": "xterm"}, "utf-8", "ascii"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "utf-8", "ascii"),
        ({}, "utf-8", "ascii"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "utf-8", "ascii"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "utf-8", "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "iso8859-1", "ascii"),
        ({"TERM": "xterm-256color", "LC_ALL": "C", "LANG": "en_US.UTF-8"}, "utf-8", "ascii"),
        ({"TERM": "xterm-256color", "LC_ALL": "", "LANG": "en_US.utf8"}, "utf-8", "256"),
    ],
)
def test_the_environment_says_how_many_colours_there_are(environment, encoding, depth):
    assert depth_of(environment, encoding) == depth


def test_a_name_of_a_file_neither_steers_the_terminal_nor_takes_two_cells():
    assert one_wide("a\x1b[2Jb\n\u0301Ü音\u200b") == "a?[2Jb??Ü??"
    assert one_wide("−3 dB · ×2 …Ü", ascii_only=True) == "-3 dB | x2 ~?"


# ---- changes ----


def page(depth, seed, moved=0, of=None):
    """A picture with an axis; one that has moved to the left where `of` is what it was."""
    cells = blocks(noise(seed), depth)
    if of is not None:
        top, bottom, left = SCROLLED
        for new, old in ((cells.char, of.char), (cells.ink, of.ink), (cells.paper, of.paper)):
            new[top:bottom, left : COLUMNS - moved] = old[top:bottom, left + moved :]
    cells.write(3, 0, "1 k", colours(np.array([200, 10, 10], np.uint8), depth))
    return cells


@given(
    depth=st.sampled_from(["true", "256", "ascii"]),
    moves=st.lists(st.integers(0, COLUMNS - 4), max_size=6),
    seed=st.integers(0, 1000),
)
def test_a_terminal_shows_what_was_meant_however_the_picture_moves(depth, moves, seed):
    terminal, stands = emulator(), None
    for step, moved in enumerate([0, *moves]):
        cells = page(depth, seed + step, moved, stands)
        terminal.feed(changes(stands, cells, SCROLLED, depth))
        assert_shows(terminal, cells)
        stands = cells


@given(seed=st.integers(0, 1000), share=st.floats(0, 1))
def test_any_cells_may_change(seed, share):
    terminal, before = emulator(), page("true", seed)
    terminal.feed(changes(None, before, None, "true"))
    other = page("true", seed + 1)
    some = np.random.default_rng(seed).random((LINES, COLUMNS)) < share
    now = Cells(
        *(np.where(some, new, old) for new, old in zip(vars(other).values(), vars(before).values(), strict=True))
    )
    terminal.feed(changes(before, now, SCROLLED, "true"))
    assert_shows(terminal, now)


def test_nothing_is_written_where_nothing_changes():
    cells = page("true", 1)
    assert changes(cells, page("true", 1), SCROLLED, "true") == ""


def test_a_picture_that_moves_costs_its_new_column():
    before = page("true", 1)
    now = page("true", 2, 1, before)
    outside = np.ones((LINES, COLUMNS), bool)
    outside[SCROLLED.top : SCROLLED.bottom, SCROLLED.left :] = False
    for new, old in zip(vars(now).values(), vars(before).values(), strict=True):
        new[outside] = old[outside]
    delete_and_write = len("\x1b[1;10H\x1b[10P") + len("\x1b[1;10H\x1b[38;2;111;111;111;48;2;111;111;111m▀")
    assert len(changes(before, now, SCROLLED, "true")) < 7 * delete_and_write + 10


def test_how_far_it_has_moved_is_seen():
    before = page("true", 1)
    for columns in (0, 1, 5, 20):
        assert moved_by(before, page("true", 2, columns, before), SCROLLED) == columns
    assert moved_by(before, page("true", 3), SCROLLED) == 0
    silence = Cells.filled(LINES, COLUMNS, paper=PLAIN)
    assert moved_by(silence, Cells.filled(LINES, COLUMNS), SCROLLED) == 0


def test_another_size_is_written_anew():
    small, large = Cells.filled(3, 5), page("true", 1)
    terminal = emulator()
    terminal.feed(changes(small, large, SCROLLED, "true"))
    assert_shows(terminal, large)


@given(st.floats(0, 1), st.floats(0.3, 3))
def test_a_column_shows_the_same_sound_in_every_frame(begin, per_px):

    def shown(earlier_px):
        run = Run(0.0, 70.0, begin * 500 + earlier_px * per_px, begin * 500 + (earlier_px + 70) * per_px, 0, 9999)
        kept = _on_columns(run)
        assert -1e-6 <= (run.c0 - kept.c0) / per_px <= 1 + 1e-6
        return kept.c0 / per_px

    places = np.array([shown(moved) for moved in np.arange(0, 3, 0.1)])
    np.testing.assert_allclose(places - places[0], np.round(places - places[0]), atol=1e-6)


# ---- what is said ----


def test_all_that_does_not_go_as_it_should_is_said_in_red(tmp_path):
    settings = Settings(n_fft=4096, span=1.0, trigger="990-1010:-30", trigger_command="false").at_rate(RATE)
    sound = tone(1000, RATE, 2 * RATE, amplitude=0.5)[:, np.newaxis]
    monitor = Monitor(Sound(sound, RATE), settings, view_request(settings, RATE, 60))
    with hearing(monitor):
        view = View(monitor)
        monitor.request(view_request(replace(settings, n_fft=256, hop=32), RATE, 60))  # a band without a bin
        wait_until(lambda: monitor.analysis.refused is not None, "it is refused")
        wait_until(lambda: monitor.alerts.troubles, "the command has failed")
        monitor.record(RecordingPlan("take.wav", "24", folder=tmp_path))
        monitor.recorder.trouble = FileError("take.wav: the recording has ended (No space left on device)")
        said = [monitor.recorder.trouble.message, "false: ended with code 1", monitor.analysis.refused.message]
        assert view.troubles == said
        cells, _ = Page(monitor, view, "true").drawn(400, 30, 60.0)
        monitor.recorder.trouble = None
    status = "".join(map(chr, cells.char[-1]))
    for text in said:
        begin = status.index(text)
        written = cells.char[-1, begin : begin + len(text)] != BLANK
        assert set(cells.ink[-1, begin : begin + len(text)][written]) == {0xE5534B}


# ---- keys ----


@pytest.mark.parametrize(
    ("pieces", "names"),
    [
        ([b" mV?"], ["space", "m", "v", "?"]),
        ([b"\x1b[D", b"\x1bOC\x1b[1;2C"], ["left", "right", "shift+right"]),
        ([b"\x1b", b"[", b"1~\x7f"], ["home", "backspace"]),
        ([b"\x03"], ["q"]),
        ([b"\x1bq"], ["\x1bq"]),  # Alt and Q is no Q
        ([b"\x1b[5~\x1b[6~", b"\x1bOA\x1b[1;2B\x1b[F"], ["pageup", "pagedown", "up", "shift+down", "end"]),
        ([b"\x1b[15~"], ["\x1b[15~"]),
        (["ü".encode()[:1]], ["\ufffd"]),
    ],
)
def test_keys_have_names_also_when_they_come_in_pieces(pieces, names):
    keys = Keys()
    assert [name for piece in pieces for name in keys.pressed(piece, 0.0)] == names


def test_esc_is_a_key_where_nothing_follows_at_once_and_takes_none_with_it():
    keys = Keys()
    assert keys.pressed(b"\x1b", 1.0) == []
    assert keys.pressed(b"", 1.01) == []
    assert keys.pressed(b"", 1.2) == ["escape"]
    assert keys.pressed(b"m", 2.0) == ["m"]
    assert keys.pressed(b"\x1b", 3.0) == []
    assert keys.pressed(b"[D", 3.5) == ["left"]  # it had come long ago: a frame took its time
    assert keys.pressed(b"", 4.0) == []
