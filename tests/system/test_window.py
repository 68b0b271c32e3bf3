"""What the window does for a person: keys, mouse, meters, files; looked at on a screen, the program is not asked."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
import soundfile

from livespec.display.layout import Rect
from livespec.display.theme import AMBER, DARK, LIGHT
from tests.support.exports import position_chirp, read_picture
from tests.support.on_screen import capture_after, capture_when, is_colour, plot_on
from tests.support.program import wait_until
from tests.support.signals import sine_on_bin, white_noise
from tests.support.virtual_microphone import RATE

N_FFT = 4096
COLUMNS_PER_S = RATE / 512
LOUD = 128
FLAGS = ("--no-restore", "--no-peaks", "--colormap", "gray", "--range", "-80,0", "--span", "3", "--scale", "linear")
FLAGS = (*FLAGS, "--fmin", "0", "--fmax", "16000")
REMEMBERING = ("--no-peaks", "--range", "-80,0")
HIGH = 683  # a bin, at half of the axis


@pytest.fixture
def shown(microphone, screen, start, tmp_path):
    """shown(flags…): a window on the microphone that has been there for three seconds; and how it ends."""

    def begin(*flags):
        environment = microphone.environment | screen.environment
        program = start("--export", "e.npz", *FLAGS, *flags, environment=environment)
        window = screen.window_of(program)
        program.wait_for_columns(tmp_path / "e.npz", round(3.5 * COLUMNS_PER_S))
        return program, window

    return begin


def tone(bins, seconds=60, level=0.3):
    return sum(sine_on_bin(number, N_FFT, seconds * RATE, level) for number in bins)


def lit(picture, plot=None):
    """(height, width) of the plot: where it is bright."""
    plot = plot or plot_on(picture)
    area = picture[plot.y : plot.y + plot.height, plot.x : plot.x + plot.width, 1].copy()
    area[:84, :360] = 0  # banners
    return area > LOUD


def lit_rows(picture, plot=None):
    """Rows of the plot that are bright all along, from its top."""
    return np.flatnonzero(lit(picture, plot)[:, 370:].mean(axis=1) > 0.9)


def quit_cleanly(program, window):
    window.key("q")
    done = program.end(8)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr  # no word of Qt or OpenGL


def has_banner(picture):
    plot = plot_on(picture)
    return is_colour(picture[plot.y + 12 : plot.y + 40, plot.x + 12 : plot.x + 60], AMBER).mean() > 0.5


def test_left_goes_back_through_the_history_and_end_returns_to_now(microphone, screen, shown):
    with microphone.playing(position_chirp(60)):
        program, window = shown()
        window.key("space")
        frozen = capture_when(screen, has_banner, "it stands", 3)
        plot = plot_on(frozen)
        below = slice(plot.y + 100, plot.y + plot.height)
        width = round(0.1 * plot.width)
        window.key("Left")

        def moved(picture):
            now, before = picture[below, plot.x : plot.x + plot.width], frozen[below, plot.x : plot.x + plot.width]
            return np.abs(now[:, width + 3 :].astype(int) - before[:, 3:-width]).mean() < 6

        capture_when(screen, moved, "a tenth of the span further back", 3)
        window.keys(*["Page_Up"] * 2)
        back = capture_when(screen, lambda p: not moved(p) and has_banner(p), "further back", 3)
        assert (back[below, plot.x : plot.x + plot.width] != frozen[below, plot.x : plot.x + plot.width]).any()
        window.key("End")
        capture_when(screen, lambda p: not has_banner(p), "it is now", 3)
        first, second = screen.capture(), capture_after(screen, 0.3)
        assert (first[below] != second[below]).any()
        quit_cleanly(program, window)


def test_another_window_length_changes_all_that_is_on_screen(microphone, screen, shown):
    with microphone.playing(tone([HIGH])):
        program, window = shown()
        before = capture_when(screen, lambda p: len(lit_rows(p)), "the tone is there")
        plot = plot_on(before)
        for key, change in (("comma", 4), ("period", 1 / 4)):
            window.keys(key, key)
            thick = len(lit_rows(before, plot))
            before = capture_when(
                screen,
                lambda p, thick=thick, change=change: 0.7 * change < len(lit_rows(p, plot)) / thick < 1.5 * change,
                "the stripe is another thickness from edge to edge",
                2,
            )
        quit_cleanly(program, window)


def test_the_wheel_zooms_around_the_pointer_and_0_resets(microphone, screen, shown):
    with microphone.playing(tone([HIGH, HIGH + 60])):
        program, window = shown()
        before = capture_when(screen, lambda p: len(lit_rows(p)), "the tones are there")
        plot = plot_on(before)
        rows = lit_rows(before, plot)
        window.point(plot.x + 500, plot.y + int(rows.max()))
        window.wheel(5, "shift")

        def zoomed(picture):
            now = lit_rows(picture, plot)
            return len(now) and np.ptp(now) > 2 * np.ptp(rows) and abs(now.max() - rows.max()) < 12

        capture_when(screen, zoomed, "the tones are further apart, and the lower one is where it was", 3)
        window.point(plot.x + 500, plot.y + 500)
        window.wheel(3, "ctrl")
        window.point(plot.x + 500, 30)  # the cross-hairs are bright, too
        window.key("0")
        capture_when(screen, lambda p: np.array_equal(lit_rows(p, plot), rows), "all is as before", 3)
        quit_cleanly(program, window)


def test_the_colour_bar_is_the_control_of_the_range(microphone, screen, shown):
    with microphone.playing(tone([HIGH]) + 0.1 * white_noise(60 * RATE)):
        program, window = shown()
        before = capture_when(screen, lambda p: len(lit_rows(p)), "the tone is there")
        plot = plot_on(before)
        bar_x = bar_of(before, plot)
        labels = (slice(plot.y, plot.y + plot.height), slice(bar_x + 24, 1272))
        window.drag(bar_x + 7, plot.y + plot.height // 2, bar_x + 7, plot.y + plot.height // 2 - 200)
        capture_when(screen, lambda p: (p[labels] != before[labels]).any(), "other levels", 2)
        # 200 of some 660 pixels up are 24 dB: the tone at −10 dB reads darker.
        window.point(plot.x + 300, plot.y + 20)
        dark = capture_when(screen, lambda p: not len(lit_rows(p, plot)) or len(lit_rows(p)) < 4, "it is darker", 2)
        window.double_click(bar_x + 7, plot.y + 100)
        window.point(plot.x + 300, plot.y + 20)
        capture_when(screen, lambda p: (p[labels] != dark[labels]).any(), "the range follows the sound again", 4)
        quit_cleanly(program, window)


def bar_of(picture, plot):
    """Where the colour bar begins: the last stretch of gray that is no background, near the right edge."""
    row = picture[plot.y + 3, :1280]
    return int(np.flatnonzero((row == row[:, :1]).all(axis=1) & (row[:, 0] > 200))[-1]) - 13


def test_time_can_run_downwards(microphone, screen, shown):
    with microphone.playing(tone([HIGH])):
        program, window = shown()
        capture_when(screen, lambda p: len(lit_rows(p)), "the tone is there")
        window.key("w")

        def upright(picture):
            plot = plot_on(picture)
            columns = np.flatnonzero(lit(picture, plot)[90:].mean(axis=0) > 0.9)
            return len(columns) and abs(columns.mean() / plot.width - HIGH * RATE / N_FFT / 16_000) < 0.01

        capture_when(screen, upright, "the tone stands upright at its frequency", 3)
        window.key("w")
        capture_when(screen, lambda p: len(lit_rows(p)), "it lies again", 3)
        quit_cleanly(program, window)


def test_spectrum_grid_overtones_and_markers_come_and_go(microphone, screen, shown):
    with microphone.playing(tone([HIGH])):
        program, window = shown()
        before = capture_when(screen, lambda p: len(lit_rows(p)), "the tone is there")
        plot = plot_on(before)
        window.key("u")
        wide = capture_when(screen, lambda p: plot_on(p).width > plot.width + 100, "no spectrum, a wider plot", 3)
        assert not is_colour(wide[plot.y :, plot.x + plot.width :], AMBER).any()
        window.key("u")
        capture_when(screen, lambda p: plot_on(p) == plot, "the spectrum is back", 3)
        tone_row = int(np.median(lit_rows(before, plot)))
        spectrum = (slice(plot.y, plot.y + plot.height), slice(plot.x + plot.width + 8, plot.x + plot.width + 136))
        held = is_colour(capture_after(screen, 0.3)[spectrum], AMBER)
        reach = np.argmax(held[:, ::-1], axis=1)[held.any(axis=1)]
        assert abs(np.flatnonzero(held.any(axis=1))[reach.argmin()] - tone_row) <= 2  # the furthest right is the tone

        inside = (slice(plot.y + 90, plot.y + plot.height), slice(plot.x + 380, plot.x + plot.width))
        lines = is_colour(before[inside], DARK.line).sum()
        window.key("g")
        capture_when(screen, lambda p: is_colour(p[inside], DARK.line).sum() > lines + 2000, "a grid", 2)
        window.key("g")
        window.point(plot.x + 400, plot.y + plot.height - 80)
        window.key("o")
        capture_when(screen, lambda p: is_colour(p[inside], AMBER).mean(axis=1).max() > 0.9, "overtones", 2)
        window.key("o")
        capture_when(screen, lambda p: not is_colour(p[inside], AMBER).any(), "none", 2)
        window.click(plot.x + 500, plot.y + 300)
        window.click(plot.x + 700, plot.y + 200)
        capture_when(screen, lambda p: is_colour(p[inside], AMBER).sum() > 60, "two markers", 2)
        corner = (slice(plot.y + plot.height - 40, plot.y + plot.height), slice(plot.x + 10, plot.x + 200))
        capture_when(screen, lambda p: is_colour(p[corner], DARK.background).sum() > 1000, "the difference", 2)
        window.key("Delete")
        capture_when(screen, lambda p: not is_colour(p[inside], AMBER).any(), "no markers", 2)
        quit_cleanly(program, window)


def test_keys_zoom_and_move_and_0_resets(microphone, screen, shown):
    beeps = tone([HIGH, HIGH + 60])
    beeps *= np.arange(len(beeps)) // (RATE // 4) % 2 == 0

    def rows_and_beeps(picture, plot):
        bright = lit(picture, plot)
        rows = np.flatnonzero(bright.mean(axis=1) > 0.3)
        times = bright[:, 370:].any(axis=0)
        return (int(rows[0]), int(np.ptp(rows))) if len(rows) else (0, 0), np.diff(times.astype(int)).clip(0).sum()

    with microphone.playing(beeps):
        program, window = shown()
        window.key("space")
        frozen = capture_when(screen, has_banner, "it stands", 3)
        plot = plot_on(frozen)
        (top, apart), count = rows_and_beeps(frozen, plot)
        assert apart > 20
        for keys, holds in (
            (["shift+Up"] * 2, lambda now, _: now[1] > 1.4 * apart),
            (["0"], lambda now, _: now == (top, apart)),
            (["Up"], lambda now, _: abs(now[0] - top - 0.1 * plot.height) < 4 and abs(now[1] - apart) < 4),
            (["Down"], lambda now, _: now == (top, apart)),
            (["shift+Down"], lambda now, _: now[1] < 0.95 * apart),
            (["0"], lambda now, _: now == (top, apart)),
            (["plus"] * 4, lambda _, beeps: beeps < 0.6 * count),
            (["minus"] * 4, lambda _, beeps: beeps >= count - 1),
            (["minus"] * 3, lambda _, beeps: beeps > 1.5 * count),
            (["0"], lambda now, beeps: now == (top, apart) and abs(beeps - count) <= 1),
        ):
            window.keys(*keys)
            capture_when(screen, lambda p, holds=holds: holds(*rows_and_beeps(p, plot)), f"what {keys} does", 3)
        quit_cleanly(program, window)


def test_weighting_labels_piano_and_controls_by_key(microphone, screen, shown):
    low = 17  # 199 Hz: A takes 10.9 dB, C next to nothing
    with microphone.playing(tone([low])):
        program, window = shown()
        before = capture_when(screen, lambda p: len(lit_rows(p)), "the tone is there")
        plot = plot_on(before)
        row = plot.y + int(np.median(lit_rows(before)))

        def brightness(picture):
            return float(np.median(picture[row - 2 : row + 3, plot.x + 400 : plot.x + plot.width - 100, 1].max(axis=0)))

        flat = brightness(before)
        for darker_db in (10.9, 0.1, 0):
            window.key("shift+w")
            capture_when(
                screen,
                lambda p, darker_db=darker_db: abs(flat - brightness(p) - 255 * darker_db / 80) < 4,
                f"{darker_db} dB less",
                3,
            )
        label = (slice(row - 30, row + 9), slice(plot.x + plot.width - 90, plot.x + plot.width - 8))
        window.key("k")
        capture_when(screen, lambda p: is_colour(p[label], DARK.background).sum() > 200, "the peak has a label", 2)
        window.key("k")
        capture_when(screen, lambda p: not is_colour(p[label], DARK.background).any(), "it is gone", 2)
        window.key("d")
        capture_when(screen, lambda p: plot_on(p).width < plot.width - 200, "controls", 3)
        window.key("d")
        capture_when(screen, lambda p: plot_on(p) == plot, "no controls", 3)
        window.key("n")
        keys = capture_when(screen, lambda p: plot_on(p).x != plot.x or is_piano(p), "a piano", 3)
        assert is_piano(keys)
        quit_cleanly(program, window)


def is_piano(picture):
    """Whether dark and light keys take turns left of the plot."""
    column = picture[100:700, 60:110].max(axis=2)
    return bool((np.abs(np.diff((column > 128).astype(int), axis=0)).sum(axis=0) > 20).any())


def test_what_is_copied_can_be_pasted(microphone, screen, shown, copied):
    with microphone.playing(tone([HIGH])):
        program, window = shown()
        capture_when(screen, lambda p: len(lit_rows(p)), "the tone is there")
        window.key("ctrl+c")
        wait_until(lambda: copied()[:1] == [1280], "a picture of the window's width is in the clipboard", 5)
        window.keys("ctrl+r", "ctrl+c")
        wait_until(lambda: copied() == [1920, 1080], "a picture of the chosen size", 5)
        quit_cleanly(program, window)


@pytest.fixture
def copied(screen, tmp_path):
    """copied(): width and height of the picture in the clipboard, by another program."""
    paste = (
        "from PySide6.QtGui import QGuiApplication; application = QGuiApplication(['paste']);"
        "image = QGuiApplication.clipboard().image(); print(image.width(), image.height())"
    )

    def look():
        environment = dict(os.environ) | screen.environment
        done = subprocess.run(
            [sys.executable, "-c", paste], env=environment, capture_output=True, text=True, check=True
        )
        return [int(number) for number in done.stdout.split()]

    return look


def test_channels_have_panes_and_a_click_on_a_meter_shows_one_alone(screen, nothing, start, tmp_path):
    sound = np.stack([tone([200], 30), tone([HIGH], 30)], axis=1)
    soundfile.write(tmp_path / "two.wav", sound, RATE, subtype="FLOAT")
    program = start("two.wav", *FLAGS, "--show", "all", environment=nothing | screen.environment)
    window = screen.window_of(program)

    two = capture_when(screen, lambda p: 250 < plot_on(p).height < 400 and len(lit_rows(p)), "two panes", 20)
    half = plot_on(two).height
    window.click(240, 787)  # the second meter
    one = capture_when(screen, lambda p: plot_on(p).height > 1.9 * half and len(lit_rows(p)), "one pane", 3)
    plot = plot_on(one)
    place = 1 - np.median(lit_rows(one)) / plot.height
    assert place == pytest.approx(HIGH * RATE / N_FFT / 16_000, abs=0.01)
    window.key("1")
    place_of_first = 200 * RATE / N_FFT / 16_000
    capture_when(
        screen,
        lambda p: len(lit_rows(p)) and abs(1 - np.median(lit_rows(p)) / plot.height - place_of_first) < 0.01,
        "the first channel",
        3,
    )
    window.key("9")
    capture_when(screen, lambda p: abs(plot_on(p).height - half) < 3, "two panes again", 3)
    quit_cleanly(program, window)


def test_what_a_person_takes_away_is_what_is_on_the_screen(microphone, screen, shown, tmp_path):
    with microphone.playing(tone([HIGH])):
        program, window = shown()
        picture = capture_when(screen, lambda p: len(lit_rows(p)), "the tone is there")
        plot = plot_on(picture)
        window.key("space")
        frozen = capture_when(screen, has_banner, "it stands", 3)
        home = program.home
        for key, suffix in (("s", "png"), ("ctrl+e", "npz"), ("ctrl+shift+e", "csv"), ("ctrl+shift+f", "svg")):
            window.key(key)
            wait_until(  # it has that name once it is whole
                lambda suffix=suffix: list(home.rglob(f"livespec *.{suffix}")), f"a {suffix}", 20
            )
        (png,), (npz,), (csv,), (svg,) = (
            list(home.rglob(f"livespec *.{kind}")) for kind in ("png", "npz", "csv", "svg")
        )
        saved = read_picture(png)
        below = slice(plot.y + 100, plot.y + plot.height)
        top = plot.y - 44  # of the picture: the menu bar is not in the file
        inside = slice(plot.x + 2, plot.x + plot.width - 2)
        file_rows = slice(below.start - top, below.stop - top)
        assert np.abs(saved[file_rows, inside].astype(int) - frozen[below, inside]).mean() < 2
        with np.load(npz) as content:
            assert content["db"].shape[1] == N_FFT // 2 + 1
            assert len(content["db"]) == pytest.approx(3 * COLUMNS_PER_S, abs=3)
            assert (content["db"].argmax(axis=1) == HIGH).all()
            assert json.loads(str(content["settings"]))["n_fft"] == N_FFT
            columns = len(content["db"])
        lines = csv.read_text().splitlines()
        assert len(lines) == columns + 1
        assert len(lines[0].split(",")) == N_FFT // 2 + 2
        assert svg.read_text().startswith("<?xml")
        quit_cleanly(program, window)


def test_keys_are_shown_and_the_window_can_be_for_an_audience_or_small(screen, nothing, start):
    program = start("--source", "demo", *FLAGS, environment=nothing | screen.environment)
    window = screen.window_of(program)
    usual = capture_when(screen, has_banner, "the demo", 10)
    plot = plot_on(usual)
    window.key("question")
    overlay = Rect(400, 250, 400, 250)
    middle = (slice(overlay.y, overlay.y + overlay.height), slice(overlay.x, overlay.x + overlay.width))
    capture_when(screen, lambda p: is_colour(p[middle], DARK.background).mean() > 0.6, "the keys", 3)
    window.key("Escape")
    capture_when(screen, lambda p: is_colour(p[middle], DARK.background).mean() < 0.5, "they are gone", 3)
    window.focus()
    window.key("p")
    capture_when(screen, lambda p: plot_on(p).x > plot.x + 20, "large labels", 3)
    window.key("Escape")
    capture_when(screen, lambda p: plot_on(p) == plot, "as before", 3)
    window.key("x")
    capture_when(screen, lambda p: not p[300:790, 500:1270].any(), "a small window", 3)
    window.focus()
    window.key("x")
    capture_when(screen, lambda p: plot_on(p) == plot, "as before", 3)
    window.key("b")
    capture_when(screen, lambda p: is_colour(p[780, 600:620], LIGHT.background).any(), "the light theme", 3)
    quit_cleanly(program, window)


@pytest.mark.parametrize("keys", [("p", "x", "x"), ("p", "x", "Escape"), ("x", "p", "p"), ("f", "x", "x"), ("p", "f")])
def test_from_one_look_to_another_and_back_it_is_the_usual_window(screen, nothing, start, keys):
    program = start("--source", "demo", *FLAGS, environment=nothing | screen.environment)
    window = screen.window_of(program)
    plot = plot_on(capture_when(screen, has_banner, "the demo", 10))
    menus = (slice(2, 22), slice(8, 400))
    for key in keys[:-1]:
        window.key(key)
        capture_when(screen, lambda p: plot_on(p) != plot, f"the look of {key}", 3)
        time.sleep(0.3)  # whatever Qt and the server have to say to each other
        window.focus()
    window.key(keys[-1])
    usual = capture_when(screen, lambda p: plot_on(p) == plot, "as before", 3)
    assert is_colour(usual[menus], DARK.faint).any()
    assert plot_on(capture_after(screen, 0.5)) == plot
    quit_cleanly(program, window)


def test_where_the_controls_have_no_room_the_picture_says_so_and_their_button_is_not_lit(screen, nothing, start):
    program = start("--source", "demo", *FLAGS, environment=nothing | screen.environment)
    window = screen.window_of(program)
    plot = plot_on(capture_when(screen, has_banner, "the demo", 10))

    def is_lit(picture, width, height):
        return bool(is_colour(picture[height - 26 : height, width - 40 : width], AMBER).any())

    window.key("d")
    wide = capture_when(screen, lambda p: plot_on(p).width < plot.width - 200 and is_lit(p, 1018, 800), "controls", 3)
    window.resize(480, 320)
    said = (slice(80, 200), slice(75, 300))
    narrow = capture_when(
        screen, lambda p: not p[330:].any() and not is_lit(p, 480, 320), "neither they nor a light", 3
    )
    amber = is_colour(narrow[said], AMBER).sum()
    window.key("d")
    capture_when(screen, lambda p: is_colour(p[said], AMBER).sum() > amber + 2000, "it says why", 3)
    assert not is_lit(capture_after(screen, 0.3), 480, 320)
    window.resize(1280, 800)
    capture_when(screen, lambda p: plot_on(p) == plot_on(wide), "they are back", 3)
    window.key("d")
    capture_when(screen, lambda p: plot_on(p) == plot and not is_lit(p, 1280, 800), "no controls", 3)
    quit_cleanly(program, window)


def test_forget_now_leaves_nothing_of_what_was_heard(microphone, screen, shown):
    with microphone.playing(tone([HIGH])):
        program, window = shown()
        before = capture_when(screen, lambda p: len(lit_rows(p)), "the tone is there")
        plot = plot_on(before)
        rows = lit_rows(before, plot)
        window.key("ctrl+Delete")

        def dark(picture):
            return lit(picture, plot)[rows, 370 : plot.width - 500].mean() < 0.05

        capture_when(screen, dark, "the past is empty", 2)
        window.key("Left")
        assert dark(capture_after(screen, 0.3))
        quit_cleanly(program, window)


def test_the_window_remembers_and_forgets_what_makes_no_sense(screen, nothing, start):
    def brightest(picture):
        plot = plot_on(picture)
        return picture[plot.y + 2, plot.x + plot.width + 136 + 20]

    flags = ("--source", "demo", "--range", "-80,0")
    program = start(*flags, environment=nothing | screen.environment)
    window = screen.window_of(program)
    first = brightest(capture_when(screen, has_banner, "the demo", 10))
    window.key("c")
    changed = brightest(capture_when(screen, lambda p: (brightest(p) != first).any(), "other colours", 3))
    quit_cleanly(program, window)

    program = start(*flags, environment=nothing | screen.environment)
    window = screen.window_of(program)
    capture_when(screen, lambda p: has_banner(p) and (brightest(p) == changed).all(), "the same colours", 10)
    quit_cleanly(program, window)

    program = start(*flags, "--no-restore", environment=nothing | screen.environment)
    window = screen.window_of(program)
    capture_when(screen, lambda p: has_banner(p) and (brightest(p) == first).all(), "fresh", 10)
    quit_cleanly(program, window)

    (state,) = program.home.rglob("window.json")
    for content in (
        '{"schema": 99, "settings": 7}',
        "{not json",
        '{"schema": 1, "settings": {"n_fft": "many", "colormap": 3, "scale": "no"}, "geometry": "AAAA"}',
    ):
        state.write_text(content)
        program = start(*flags, environment=nothing | screen.environment)
        window = screen.window_of(program)
        capture_when(screen, lambda p: has_banner(p) and (brightest(p) == first).all(), "it opens", 10)
        quit_cleanly(program, window)


@pytest.mark.parametrize("key", ["x", "f", "p"])
def test_who_quits_from_another_look_finds_the_usual_window_where_it_was(screen, nothing, start, key):
    def covered(picture):
        rows, columns = (np.flatnonzero(picture.any(axis=axes)) for axes in ((1, 2), (0, 2)))
        return columns[0], rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1

    place = 60, 40, 900, 600
    program = start("--source", "demo", *REMEMBERING, environment=nothing | screen.environment)
    window = screen.window_of(program)
    capture_when(screen, has_banner, "the demo", 10)
    window.move(*place[:2])
    window.resize(*place[2:])
    capture_when(screen, lambda p: covered(p) == place, "where it was put", 5)
    window.key(key)
    menus = slice(place[1] + 2, place[1] + 22), slice(place[0] + 8, place[0] + 400)
    capture_when(screen, lambda p: not is_colour(p[menus], DARK.faint).any(), "another look, without menus", 5)
    window.focus()
    quit_cleanly(program, window)

    program = start("--source", "demo", *REMEMBERING, environment=nothing | screen.environment)
    window = screen.window_of(program)
    capture_when(
        screen,
        lambda p: p.any() and covered(p) == place and is_colour(p[menus], DARK.faint).any(),
        "the usual one, where it was",
        10,
    )
    quit_cleanly(program, window)


def test_by_tab_a_person_comes_to_the_controls_and_works_them_and_goes_back(screen, nothing, start):
    program = start("--source", "demo", *FLAGS, environment=nothing | screen.environment)
    window = screen.window_of(program)
    plot = plot_on(capture_when(screen, has_banner, "the demo", 10))
    window.key("d")
    capture_when(screen, lambda p: plot_on(p).width < plot.width - 200, "the controls", 3)
    controls = slice(1018, 1276)

    def focused(picture):
        """The top of what has an amber frame."""
        framed = np.flatnonzero(is_colour(picture[30:770, controls], AMBER).mean(axis=1) > 0.5)
        return int(framed[0]) if len(framed) else None

    window.keys("Tab", "Tab", "Tab")  # past the buttons below the picture
    device = focused(capture_when(screen, focused, "a control has the keys", 3))
    window.key("Tab")
    capture_when(screen, lambda p: (focused(p) or 0) > device, "the next one has them", 3)
    window.key("Escape")
    capture_when(screen, lambda p: focused(p) is None, "the keys are the picture's", 3)
    window.key("space")
    capture_when(
        screen, lambda p: is_colour(p[plot.y + 48 : plot.y + 76, plot.x + 12 : plot.x + 60], AMBER).any(), "frozen", 3
    )
    quit_cleanly(program, window)


def test_keys_in_a_hurry_leave_a_picture(microphone, screen, shown):
    with microphone.playing(tone([HIGH])):
        program, window = shown()
        before = capture_when(screen, lambda p: len(lit_rows(p)), "the tone is there")
        for _ in range(12):
            window.keys(
                "comma", "v", "m", "Left", "period", "w", "space", "t", "shift+w", "v", "plus", "Up", "period", "u"
            )
            window.keys("g", "k", "n", "v", "b", "c", "minus", "a", "Page_Up", "End", "comma", "shift+Down", "o", "0")
        assert program.runs
        first, second = screen.capture(), capture_after(screen, 0.5)
        assert (first != second).any()
        assert (first != before).any()
        quit_cleanly(program, window)


def test_the_window_survives_any_size(screen, nothing, start):
    program = start("--source", "demo", *FLAGS, environment=nothing | screen.environment)
    window = screen.window_of(program)
    plot = plot_on(capture_when(screen, has_banner, "the demo", 10))

    def fills(picture, width, height):
        corner = picture[max(0, height - 4) : height, max(0, width - 4) : width]
        drawn = width == 1 or is_colour(corner, DARK.background).all()
        return drawn and not picture[height:].any() and not picture[:, width:].any()

    for size in ((1, 1), (480, 320), (640, 200), (200, 640), (1400, 900), (1, 1), (1280, 800)):
        window.resize(*size)
        capture_when(screen, lambda p, size=size: fills(p, *size), f"it fills {size}", 5)
        assert program.runs
    capture_when(screen, lambda p: plot_on(p) == plot and has_banner(p), "as before", 5)
    quit_cleanly(program, window)


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_half_an_hour_of_keys_and_wheel_leaves_memory_threads_and_files_as_they_were(screen, nothing, start):
    program = start("--source", "demo", *FLAGS, "--history", "20", environment=nothing | screen.environment)
    window = screen.window_of(program)
    plot = plot_on(capture_when(screen, has_banner, "the demo", 10))
    process = psutil.Process(program.process.pid)

    def use(seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            window.keys(
                "comma", "v", "m", "Left", "period", "w", "space", "space", "v", "plus", "Up", "u", "g", "k", "v"
            )
            window.keys("c", "minus", "a", "Page_Up", "End", "shift+Down", "o", "0", "w", "u", "g", "k", "o", "d", "d")
            window.point(plot.x + 300, plot.y + 300)
            window.wheel(3)
            window.wheel(-3, "shift")
            window.key("0")
            window.key("End")

    use(180)
    before, held = process.memory_info().rss, (process.num_threads(), process.num_fds())
    levels = []
    for _ in range(9):
        use(180)
        levels.append(process.memory_info().rss / before - 1)
    print(f"\nmemory over that after three minutes ({before / 1e6:.0f} MB): {[f'{100 * one:.1f} %' for one in levels]}")
    assert max(levels[-3:]) < 0.05
    assert (process.num_threads(), process.num_fds()) == held
    quit_cleanly(program, window)
