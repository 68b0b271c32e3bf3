"""The window, as a person sees it: pixels of the whole screen, keys pressed, nothing asked of the program itself."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from cmap import Colormap

from livespec.display.theme import AMBER, DARK, PITCH
from tests.support.exports import Export, position_chirp, read_picture
from tests.support.on_screen import capture_after, capture_when, capture_when_still, is_colour, plot_on
from tests.support.signals import sine_on_bin
from tests.support.virtual_microphone import RATE

N_FFT, BIN_HZ = 4096, RATE / 4096
COLUMNS_PER_S = RATE / 512
BINS = (30, 171, 683)
LOUD = 128  # of 255: gray from −80 to 0 dBFS, so above −40 dBFS
LOOK = ("--colormap", "gray", "--range", "-80,0", "--span", "3", "--no-peaks")
STATUS_LINE_PX = 60  # more than it is high


def tones(seconds):
    return sum(sine_on_bin(number, N_FFT, seconds * RATE, 0.3) for number in BINS)


# ---- what is on the screen ----


def lit_rows(picture):
    """The brightest row of each bright stripe, in pixels from the top of the screen; none before the first frame."""
    if not is_colour(picture[[30, 45, 700], [5, 1270, 1270]], DARK.background).all():
        return []
    plot = plot_on(picture)
    newest = picture[plot.y : plot.y + plot.height, plot.x + plot.width - 300 : plot.x + plot.width - 20, 1]
    brightness = np.median(newest.astype(float), axis=1)
    bright = np.flatnonzero(brightness > LOUD)
    stripes = np.split(bright, np.flatnonzero(np.diff(bright) > 1) + 1) if len(bright) else []
    return [plot.y + float(np.mean(stripe[brightness[stripe] == brightness[stripe].max()])) for stripe in stripes]


def tick_rows(picture):
    plot = plot_on(picture)
    return np.flatnonzero(is_colour(picture[:, plot.x - 3], DARK.line)).tolist()


# ---- where it should be: the scales' definitions ----


def slaney_mel(hz):
    return hz * 3 / 200 if hz < 1000 else 15 + 27 * np.log(hz / 1000) / np.log(6.4)


FORWARD = {"linear": lambda hz: hz, "log": np.log, "mel": slaney_mel}


def row_of(hz, scale, fmin, fmax, plot):
    forward = FORWARD[scale]
    place = (forward(hz) - forward(fmin)) / (forward(fmax) - forward(fmin))
    return plot.y + plot.height - 1 - np.floor(place * plot.height)


def assert_lit_where_the_axis_says(picture, scale, fmin, fmax=16_000):
    plot = plot_on(picture)
    rows = lit_rows(picture)
    assert len(rows) == len(BINS), rows
    errors = []
    for row, number in zip(reversed(rows), BINS, strict=True):
        hz = number * BIN_HZ
        half_bin_px = abs(
            row_of(hz - BIN_HZ / 2, scale, fmin, fmax, plot) - row_of(hz + BIN_HZ / 2, scale, fmin, fmax, plot)
        )
        errors.append(float(row - row_of(hz, scale, fmin, fmax, plot)))
        assert abs(errors[-1]) <= max(1, half_bin_px / 2), (scale, hz, row)
    print(f"\n{scale}: lit rows {rows}, off by {errors} px")

    values = range(0, 16_001, 500) if scale == "linear" else [m * 10.0**d for d in range(5) for m in (1, 2, 5)]
    expected = [row_of(hz, scale, fmin, fmax, plot) for hz in values if fmin <= hz <= fmax]
    ticks = tick_rows(picture)
    assert len(ticks) >= 5
    assert all(min(abs(tick - row) for row in expected) <= 1 for tick in ticks), (scale, ticks)


# ---- tests ----


@pytest.fixture
def shown(microphone, screen, start, tmp_path):
    """shown(flags…): a livespec window that has shown three seconds of the microphone."""

    def begin(*flags):
        program = start(
            *("--export", "e.npz", "--stats", "s.json", "--no-restore", *flags),
            environment=microphone.environment | screen.environment,
        )
        window = screen.window_of(program)
        program.wait_for_columns(tmp_path / "e.npz", round(3 * COLUMNS_PER_S))
        return program, window

    return begin


@pytest.mark.parametrize(("scale", "fmin"), [("linear", 0), ("log", 40), ("mel", 40)])
def test_three_tones_light_the_rows_that_the_axis_says(microphone, screen, shown, scale, fmin):
    with microphone.playing(tones(30)):
        shown(*LOOK, "--scale", scale)
        picture = capture_when(screen, lambda p: len(lit_rows(p)) == len(BINS), "three rows are lit")
        assert_lit_where_the_axis_says(picture, scale, fmin)


def test_m_changes_the_scale_of_all_that_is_on_screen(microphone, screen, shown):
    with microphone.playing(tones(40)):
        _, window = shown(*LOOK)
        before = capture_when(screen, lambda p: len(lit_rows(p)) == len(BINS), "three rows are lit")
        assert_lit_where_the_axis_says(before, "mel", 40)
        mel = lit_rows(before)
        for scale, presses in (("linear", 1), ("log", 1), ("mel", 6)):  # octave … mel-htk lie between
            rows = lit_rows(before)
            for _ in range(presses):
                window.key("m")
            after = capture_when(
                screen,
                lambda p, rows=rows: lit_rows(p) != rows and len(lit_rows(p)) == len(BINS),
                "the rows are elsewhere",
                1,
            )
            if presses > 1:  # what was captured may be one of those between
                after = capture_when(screen, lambda p: lit_rows(p) == mel, "the rows are where they were at first", 3)
            assert_lit_where_the_axis_says(after, scale, 0 if scale == "linear" else 40)
            before = after


def test_space_freezes_the_picture_while_the_capture_goes_on(microphone, screen, shown, tmp_path):
    with microphone.playing(position_chirp(40)):
        program, window = shown(*LOOK)
        plot = plot_on(screen.capture())
        banner = (slice(plot.y + 12, plot.y + 40), slice(plot.x + 12, plot.x + 60))
        below_banner = (slice(plot.y + 48, plot.y + plot.height + 34), slice(0, plot.x + plot.width))

        first, second = screen.capture(), capture_after(screen, 0.3)
        assert not is_colour(first[banner], AMBER).any()
        assert (first[below_banner] != second[below_banner]).any()

        window.key("space")
        frozen = capture_when(screen, lambda p: is_colour(p[banner], AMBER).mean() > 0.5, "the banner is there", 2)
        frozen = capture_when_still(screen, below_banner)  # what was captured but not analysed comes in
        columns = program.columns_written(tmp_path / "e.npz")
        later = capture_after(screen, 1.5)
        np.testing.assert_array_equal(later[below_banner], frozen[below_banner])
        assert (
            later[plot.y + 12 : plot.y + 40, plot.x : plot.x + 300]
            != frozen[plot.y + 12 : plot.y + 40, plot.x : plot.x + 300]
        ).any()  # how far it is behind
        assert program.columns_written(tmp_path / "e.npz") > columns + COLUMNS_PER_S

        window.key("space")
        capture_when(screen, lambda p: not is_colour(p[banner], AMBER).any(), "the banner is gone", 2)
        first, second = screen.capture(), capture_after(screen, 0.3)
        assert (first[below_banner] != second[below_banner]).any()


def test_v_shows_mel_bands_and_chroma_and_t_the_pitch_of_all_that_is_on_screen(microphone, screen, shown):
    note = sum(np.sin(2 * np.pi * 440 * k * np.arange(RATE) / RATE) * 0.4 / k for k in (1, 2)).astype(np.float32)
    with microphone.playing(np.tile(note, 40)):
        program, window = shown(*LOOK, "--fmax", "8000")
        plot = plot_on(screen.capture())
        spectrum = capture_when(screen, lambda p: len(lit_rows(p)) == 2, "two rows are lit")

        def pitch_rows(picture):
            area = picture[plot.y : plot.y + plot.height, plot.x + plot.width - 300 : plot.x + plot.width - 20]
            return plot.y + np.flatnonzero(is_colour(area, PITCH).mean(axis=1) > 0.9)

        assert not len(pitch_rows(spectrum))
        window.key("t")
        picture = capture_when(screen, lambda p: len(pitch_rows(p)), "the line is there", 2)
        assert pitch_rows(picture).mean() == pytest.approx(row_of(440, "mel", 40, 8000, plot), abs=2)
        window.key("v")
        picture = capture_when(screen, lambda p: tick_rows(p) == tick_rows(spectrum) and len(pitch_rows(p)), "mel", 2)
        window.key("v")
        picture = capture_when(screen, lambda p: tick_rows(p) != tick_rows(spectrum), "chroma", 2)
        assert len(tick_rows(picture)) == 12
        picture = capture_when(screen, lambda p: len(pitch_rows(p)), "the line is there again", 2)
        middle = plot.y + plot.height * (1 - 9.5 / 12)
        assert pitch_rows(picture).mean() == pytest.approx(middle, abs=2)
        window.key("t")
        picture = capture_when(screen, lambda p: len(lit_rows(p)) and not len(pitch_rows(p)), "the line is gone", 2)
        brightness = np.median(picture[plot.y : plot.y + plot.height, plot.x + plot.width - 300 : -200, 1], axis=1)
        assert abs(plot.y + np.flatnonzero(brightness == brightness.max()).mean() - middle) <= 2
        window.key("q")
        assert program.end(5).returncode == 0


def test_the_pointer_reads_the_picture_live_and_frozen(microphone, screen, shown):
    with microphone.playing(tones(40)):
        program, window = shown(*LOOK)
        plot = plot_on(screen.capture())

        def crosses(picture, x, y):
            across = is_colour(picture[y, plot.x : plot.x + plot.width], (240, 244, 248)).mean()
            down = is_colour(picture[plot.y : plot.y + plot.height, x], (240, 244, 248)).mean()
            return across > 0.7 and down > 0.9  # the reading lies over a part

        for x, y in ((700, 400), (300, 500)):
            window.point(x, y)
            capture_when(screen, lambda p, x=x, y=y: crosses(p, x, y), "the cross-hairs are there", 3)
        window.key("space")
        window.point(900, 200)
        capture_when(screen, lambda p: crosses(p, 900, 200), "the cross-hairs are there", 3)
        window.point(900, plot.y + plot.height + 60)
        capture_when(screen, lambda p: not crosses(p, 900, 200), "they are gone", 3)
        window.key("q")
        assert program.end(5).returncode == 0


def test_a_holds_the_range_and_lets_it_follow_again(microphone, screen, shown):
    quiet_then_loud = np.concatenate([0.02 * tones(6), tones(30)])
    with microphone.playing(quiet_then_loud):
        program, window = shown(*LOOK[:2], "--span", "3", "--no-peaks")
        window.key("a")
        held = capture_when(screen, lambda p: len(plot_ticks(p)), "levels are labelled")
        time.sleep(3)
        loud = capture_when(screen, lambda p: len(lit_rows(p)) == len(BINS), "it is loud", 8)
        np.testing.assert_array_equal(plot_ticks(loud), plot_ticks(held))
        window.key("a")
        capture_when(screen, lambda p: not np.array_equal(plot_ticks(p), plot_ticks(held)), "the range has moved", 5)
        window.key("q")
        assert program.end(5).returncode == 0


def plot_ticks(picture):
    """The labels beside the colour bar, as pixels."""
    plot = plot_on(picture)
    return picture[plot.y : plot.y + plot.height, plot.x + plot.width + 136 + 34 : 1280].copy()


def test_c_changes_the_colours_and_f_fills_the_window_and_q_quits(microphone, screen, shown):
    with microphone.playing(tones(40)):
        program, window = shown("--colormap", "magma", "--range", "-80,0", "--span", "3")
        plot = plot_on(screen.capture())

        def bar_top(picture):
            return tuple(picture[plot.y, plot.x + plot.width + 136 + 20].tolist())

        for name in ("magma", "viridis", "inferno"):
            brightest = tuple(np.round(np.array(Colormap(name)(1.0).rgba[:3]) * 255).astype(int).tolist())
            capture_when(screen, lambda p, colour=brightest: bar_top(p) == colour, f"the bar is {name}", 2)
            window.key("c")

        # Without a window manager nobody makes the window as large as the screen: the picture fills the window.
        window.key("f")
        capture_when(screen, lambda p: plot_on(p).height > plot.height + 10, "the status line is gone", 2)
        window.key("f")
        capture_when(screen, lambda p: plot_on(p) == plot, "the status line is back", 2)
        window.key("q")
        assert program.end(5).returncode == 0


def test_the_hole_of_a_suspended_microphone_is_drawn_to_scale(microphone, screen, shown, tmp_path):
    with microphone.playing(tones(40)):
        program, window = shown("--range", "-80,0", "--span", "10")
        microphone.suspend()
        try:
            time.sleep(2)
        finally:
            microphone.resume()
        program.wait_for_columns(tmp_path / "e.npz", round(2 * COLUMNS_PER_S))
        picture = screen.capture()
        window.key("q")
        assert program.end(5).returncode == 0
    ((_, lost),) = Export.of(tmp_path / "e.npz").gaps
    plot = plot_on(picture)
    area = picture[plot.y : plot.y + plot.height, plot.x : plot.x + plot.width]
    hatched = np.flatnonzero(is_colour(area, DARK.gap_stroke).mean(axis=0) > 0.1)
    assert len(hatched) == hatched[-1] - hatched[0] + 1
    assert len(hatched) == pytest.approx(lost / RATE / 10 * plot.width, abs=2)
    assert 1.9 < len(hatched) / plot.width * 10 < 2.8  # a busy machine suspends and resumes late


def test_the_screenshot_is_what_is_on_the_screen(screen, nothing, start, tmp_path):
    soundfile.write(tmp_path / "tones.wav", tones(2), RATE, subtype="FLOAT")
    program = start(
        "tones.wav",
        *LOOK[:4],
        "--span",
        "2",
        "--no-peaks",
        "--no-restore",
        "--screenshot",
        "shot.png",
        environment=nothing | screen.environment,
    )
    window = screen.window_of(program)
    area = (slice(0, 800 - STATUS_LINE_PX), slice(0, 1280))

    def still(picture):  # at its end the window stays with the last picture
        return lit_rows(picture) and not (capture_after(screen, 0.5)[area] != picture[area]).any()

    picture = capture_when(screen, still, "the file has ended", 15)
    assert program.runs
    window.key("q")
    done = program.end(5)
    assert done.returncode == 0, done.stderr
    shot = read_picture(tmp_path / "shot.png")
    assert shot.shape == (800, 1280, 3)
    np.testing.assert_array_equal(shot[area], picture[area])
    status = (slice(800 - STATUS_LINE_PX, 800), slice(0, 640))  # at its right the figures have moved on
    assert (shot[status] == picture[status]).all(axis=2).mean() > 0.99


def test_without_a_microphone_the_window_shows_the_demo_and_says_so(screen, nothing, start):
    program = start(environment=nothing | screen.environment)
    window = screen.window_of(program)
    capture_when(screen, lambda p: is_colour(p[80:104, 84:200], AMBER).mean() > 0.4, "the banner is there", 5)
    window.key("q")
    done = program.end(5)
    assert done.returncode == 0
    assert "there is no microphone: showing the demo signal" in done.stderr


def test_a_hidden_window_draws_nothing_while_the_capture_goes_on(microphone, screen, shown, tmp_path):
    with microphone.playing(position_chirp(40)):
        program, window = shown(*LOOK)
        visible = cpu_share(program, 2)
        window.hide()
        capture_when(screen, lambda p: not p.any(), "it is hidden", 3)
        columns = program.columns_written(tmp_path / "e.npz")
        hidden = cpu_share(program, 2)
        assert program.columns_written(tmp_path / "e.npz") > columns + 1.8 * COLUMNS_PER_S
        window.show()
        capture_when(screen, lambda p: is_colour(p[700, 5], DARK.background), "it is back", 3)
        again = cpu_share(program, 1)
        print(f"\ncores used: {visible:.2f} visible, {hidden:.2f} hidden, {again:.2f} visible again")
        assert hidden < 0.4 * visible
        assert again > 2 * hidden
        window.key("q")
        assert program.end(5).returncode == 0


def cpu_share(program, seconds):
    """Cores that the program itself (not its capture process) uses over so many seconds."""
    process = psutil.Process(program.process.pid)
    before, began = process.cpu_times(), time.perf_counter()
    time.sleep(seconds)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / (time.perf_counter() - began)


def test_the_window_draws_what_numpy_draws_also_where_the_ring_of_columns_begins_anew(screen, nothing, tmp_path):
    """On a screen OpenGL may take ways that it does not take without one."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.window_pixels", "7"],
        env=nothing | screen.environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=40,
        check=True,
    )
    frames = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(frames) > 5
    assert {frame["seam"] for frame in frames} == {True, False}
    assert max(frame["unlike"] for frame in frames) <= 0.001
    assert done.stderr == ""
