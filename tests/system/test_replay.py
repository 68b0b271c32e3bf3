"""A file as a person plays it: pixels of the whole screen, keys pressed, and what the loudspeaker plays."""

import json
import subprocess
import time

import numpy as np
import psutil
import pytest
import soundfile

from livespec.display.scene import AMBER, RED
from tests.support.on_screen import capture_when, is_colour, plot_on
from tests.support.program import needed, wait_until
from tests.support.signals import tone
from tests.support.virtual_microphone import NAME, RATE

LOOK = (
    "--colormap",
    "gray",
    "--range",
    "-60,0",
    "--span",
    "3",
    "--scale",
    "linear",
    "--fmax",
    "8000",
    "--n-fft",
    "2048",
)
SECONDS = 18
FIRST_HZ, STEP_HZ = 600, 400


def hz_of(second):
    return FIRST_HZ + STEP_HZ * second


@pytest.fixture
def staircase(tmp_path):
    """A file whose every second has a tone of its own."""
    sound = np.concatenate([tone(hz_of(second), RATE, RATE, 0.5) for second in range(SECONDS)])
    soundfile.write(tmp_path / "stairs.wav", sound, RATE)
    return sound


@pytest.fixture
def replayed(screen, start, staircase):
    """replayed(flags…): a window that plays the file, and has shown a second of it."""

    def begin(*flags, environment):
        program = start("stairs.wav", *LOOK, "--stats", "s.json", *flags, environment=environment | screen.environment)
        window = screen.window_of(program)
        capture_when(screen, lambda p: second_on(p) is not None, "something is shown", 10)
        return program, window

    return begin


def second_on(picture):
    """Which second of the file is at the right edge; None where nothing is."""
    try:
        plot = plot_on(picture)
    except (AssertionError, IndexError):
        return None
    edge = picture[plot.y : plot.y + plot.height, plot.x + plot.width - 30 : plot.x + plot.width - 6, 1]
    brightness = np.median(edge.astype(float), axis=1)
    if brightness.max() < 100:
        return None
    hz = 8000 * (1 - (int(brightness.argmax()) + 0.5) / plot.height)
    return round((hz - FIRST_HZ) / STEP_HZ)


def has_banner(picture, colour):
    return is_colour(picture[56:84, 84:150], colour).mean() > 0.4


def area_below_banner(picture):
    plot = plot_on(picture)
    return picture[plot.y + 60 : plot.y + plot.height, plot.x : plot.x + plot.width]


def lit_columns(picture):
    return int((area_below_banner(picture).max(axis=(0, 2)) > 100).sum())


def test_space_pauses_and_goes_on_where_it_was(nothing, screen, replayed):
    _, window = replayed(environment=nothing)
    window.key("space")
    paused = capture_when(screen, lambda p: has_banner(p, AMBER), "the banner is there", 2)
    time.sleep(1.5)
    later = screen.capture()
    np.testing.assert_array_equal(area_below_banner(later), area_below_banner(paused))
    window.key("space")
    went_on = capture_when(screen, lambda p: not has_banner(p, AMBER) and second_on(p) is not None, "it goes on", 2)
    assert second_on(went_on) - second_on(paused) in (0, 1)
    assert lit_columns(went_on) >= lit_columns(paused)  # what was on screen is still there
    capture_when(screen, lambda p: (second_on(p) or 0) > second_on(paused) + 1, "it plays", 5)


def test_arrows_and_home_seek_and_the_picture_is_full_at_once(nothing, screen, replayed, tmp_path):
    program, window = replayed(environment=nothing)
    window.key("Right")
    before = capture_when(screen, lambda p: (second_on(p) or 0) >= 5, "five seconds on", 2)
    at = second_on(before)
    assert at <= 8
    area = area_below_banner(before)
    lit = [  # the seconds before it are there too, each at its place
        round((8000 * (1 - (row + 60.5) / plot_on(before).height) - FIRST_HZ) / STEP_HZ)
        for row in np.median(area[:, :, 1].reshape(len(area), 8, -1), axis=2).argmax(axis=0)
    ]
    assert sorted(lit) == lit
    assert lit[-1] - lit[0] in (2, 3)
    window.key("Left")
    capture_when(screen, lambda p: second_on(p) is not None and second_on(p) < at - 2, "five seconds back", 2)
    window.key("shift+Right")
    capture_when(screen, lambda p: second_on(p) == SECONDS - 1, "at the end", 2)
    assert program.runs
    window.key("space")  # at the end: from the start
    capture_when(screen, lambda p: second_on(p) == 0, "at the start", 2)
    window.key("Home")
    capture_when(screen, lambda p: second_on(p) == 0, "at the start", 2)
    window.key("q")
    assert program.end(5).returncode == 0
    assert json.loads((tmp_path / "s.json").read_text())["gaps"] == []


def test_a_click_on_the_slider_seeks_while_it_is_paused(nothing, screen, replayed):
    _, window = replayed(environment=nothing)
    window.key("space")
    paused = capture_when(screen, lambda p: has_banner(p, AMBER), "the banner is there", 2)
    plot = plot_on(paused)
    below = plot.y + plot.height + 20
    accent = np.flatnonzero(is_colour(paused[below : below + 60, 30:500], AMBER).any(axis=1))
    assert len(accent), "the slider is there"
    row = below + int(accent.mean())
    window.click(500, row)
    capture_when(screen, lambda p: second_on(p) in (7, 8, 9) and has_banner(p, AMBER), "it is in the middle", 2)


def test_brackets_change_the_speed_and_r_loops(nothing, screen, replayed):
    _, window = replayed(environment=nothing)
    window.key("r")
    for _ in range(2):
        window.key("bracketright")
    first = capture_when(screen, lambda p: (second_on(p) or 0) >= 4, "it plays", 3)
    began = time.perf_counter()
    second = capture_when(screen, lambda p: (second_on(p) or 0) >= 10, "it plays four times as fast", 4)
    speed = (second_on(second) - second_on(first)) / (time.perf_counter() - began)
    assert 2.5 < speed < 6
    capture_when(screen, lambda p: second_on(p) == 0, "it begins anew", 5)
    capture_when(screen, lambda p: second_on(p) == 2, "and plays", 5)


def test_an_export_is_of_one_unbroken_run(nothing, screen, replayed, tmp_path):
    program, window = replayed("--export", "e.npz", environment=nothing)
    window.key("Right")
    capture_when(screen, lambda p: has_banner(p, RED), "the banner is there", 2)
    window.key("q")
    assert program.end(5).returncode == 0
    with np.load(tmp_path / "e.npz") as columns:
        assert (np.diff(columns["positions"]) == 256).all()


def test_a_hundred_seeks_leave_nothing_behind(nothing, screen, replayed):
    program, window = replayed(environment=nothing)
    process = psutil.Process(program.process.pid)

    def held():
        return process.num_threads(), process.num_fds()

    for key in ("Right", "Left") * 5:
        window.key(key)
    wait_until(lambda: process.num_threads() > 0, "it runs")
    time.sleep(1)
    before, memory = held(), process.memory_info().rss
    for key in ("Right", "Left", "bracketright", "bracketleft", "space") * 20:
        window.key(key)
    time.sleep(1)
    assert abs(held()[0] - before[0]) <= 1
    assert abs(held()[1] - before[1]) <= 2
    assert process.memory_info().rss < memory + 60e6
    window.key("q")
    assert program.end(5).returncode == 0


# ---- heard ----


@pytest.fixture
def recorder(microphone, tmp_path):
    """What the loudspeaker plays, as it comes: the virtual microphone hears it. `heard()`: all samples so far."""
    file = tmp_path / "heard.raw"
    command = [needed("parec"), f"--device={NAME}", "--raw", "--format=float32le", f"--rate={RATE}", "--channels=1"]
    with file.open("wb") as out:
        process = subprocess.Popen([*command, "--latency-msec=20"], env=microphone.environment, stdout=out)
    yield lambda: np.fromfile(file, np.float32)
    process.terminate()
    process.wait()


def heard_second(sound):
    """Which second of the file the last fifth of a second is of; None in silence."""
    last = sound[-RATE // 5 :]
    if len(last) < RATE // 5 or np.abs(last).max() < 0.01:
        return None
    spectrum = np.abs(np.fft.rfft(last * np.hanning(len(last))))
    return round((spectrum.argmax() * RATE / len(last) - FIRST_HZ) / STEP_HZ)


def test_a_file_is_heard_as_it_is_and_where_the_picture_is(microphone, screen, replayed, recorder, staircase):
    _, window = replayed("--listen", environment=microphone.environment)
    wait_until(lambda: heard_second(recorder()) == 2, "the third second is heard", 8)
    apart = []
    while len(apart) < 5:
        picture, sound = screen.capture(), recorder()
        shown, heard = second_on(picture), heard_second(sound)
        if shown is not None and heard is not None:
            apart.append(shown - heard)
        time.sleep(0.3)
    assert np.abs(np.median(apart)) <= 1
    window.key("space")
    wait_until(lambda: heard_second(recorder()) is None, "it is silent", 2)
    heard = recorder()
    played, wanted = (sound[int(np.argmax(np.abs(sound) > 0.01)) :][: 2 * RATE] for sound in (heard, staircase))
    assert np.abs(played - wanted).max() < 1e-3
    window.key("space")
    wait_until(lambda: heard_second(recorder()) is not None, "it is heard again", 3)
    window.key("h")
    wait_until(lambda: heard_second(recorder()) is None, "it is silent", 2)
    capture_when(screen, lambda p: not has_banner(p, AMBER), "the picture goes on", 2)


def test_without_an_output_it_is_shown_all_the_same(nothing, screen, replayed):
    program, window = replayed("--listen", environment=nothing)
    capture_when(screen, lambda p: has_banner(p, RED), "the banner is there", 6)
    capture_when(screen, lambda p: (second_on(p) or 0) >= 2, "it goes on", 5)
    window.key("q")
    done = program.end(5)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mic", "--listen"), "--listen is for files"),
        (("demo", "--loop"), "--loop is for files"),
        (("stairs.wav", "--listen", "--view", "none"), "--listen needs a window"),
        (("stairs.wav", "--loop", "--speed", "0"), "--loop needs a pace"),
        (("stairs.wav", "--loop", "--export", "e.npz"), "--export is of one unbroken run"),
    ],
)
def test_what_cannot_be_replayed_is_told_in_two_lines(nothing, screen, start, staircase, words, said):
    done = start(*words, environment=nothing | screen.environment).end()
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2
