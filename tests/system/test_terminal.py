"""livespec in a terminal: what it shows, what keys do, and that it leaves the terminal as it was."""

import json
import os
import signal
import time

import numpy as np
import psutil
import pytest
import soundfile

from livespec.display.terminal.blocks import UPPER_HALF
from livespec.display.terminal.cells import BLANK
from tests.support.exports import read_picture
from tests.support.program import LIVESPEC, needed, wait_until
from tests.support.signals import chirp, tone, white_noise
from tests.support.terminal import IN_A_TERMINAL, Terminal

RATE, FMAX = 48_000, 16_000.0
LOOK = (
    *("--view", "terminal", "--colormap", "gray", "--range", "-80,0", "--span", "3"),
    *("--scale", "linear", "--fmin", "0", "--fmax", f"{FMAX:g}"),
)
TRUE = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "NO_COLOR": ""}
AXIS, BELOW = 10, 2
TONE_HZ = 5_000.0
RED = 0xE5534B
LEAVING = {
    "Q": lambda program, terminal: terminal.press("q"),
    "Ctrl-C": lambda program, terminal: terminal.press("\x03"),
    "Ctrl-Backslash": lambda program, terminal: terminal.press("\x1c"),
    "SIGTERM": lambda program, terminal: program.send(signal.SIGTERM),
    "SIGINT": lambda program, terminal: program.send(signal.SIGINT),
    "SIGHUP": lambda program, terminal: program.send(signal.SIGHUP),
}


@pytest.fixture
def terminal():
    own = Terminal()
    yield own
    own.close()


@pytest.fixture
def show(terminal, nothing, start, tmp_path):
    """show(flags…, environment): livespec in the terminal, with a tone; once a status line is there."""
    soundfile.write(tmp_path / "tone.wav", tone(TONE_HZ, RATE, 60 * RATE, amplitude=0.5), RATE, subtype="FLOAT")

    def begin(*arguments, waits_for="fps", **environment):
        program = start(
            *(arguments or ("tone.wav", *LOOK)),
            environment=nothing | TRUE | environment,
            stdin=terminal.slave,
            stdout=terminal.slave,
            command=(*IN_A_TERMINAL, str(LIVESPEC)),
        )
        terminal.wait_for(waits_for)
        return program

    return begin


def pixels(terminal):
    """(rows, columns) brightness of the picture's pixels, of 255."""
    cells = terminal.cells
    area = slice(0, cells.shape[0] - BELOW), slice(AXIS, None)
    char, ink, paper = (array[area] & 255 for array in (cells.char, cells.ink, cells.paper))
    assert np.isin(cells.char[area], (UPPER_HALF, BLANK)).all()
    upper = np.where(char == BLANK, paper, ink)
    return np.stack([upper, paper], axis=1).reshape(-1, char.shape[1])


def loudest_hz(terminal):
    """Of the newest columns: the middle of the loudest row."""
    picture = pixels(terminal)[:, -12:-6].mean(axis=1)
    row = len(picture) - 1 - int(np.argmax(picture))
    return (row + 0.5) / len(picture) * FMAX


def wait_for_tone(terminal):
    half_a_row = FMAX / (2 * (terminal.cells.shape[0] - BELOW)) / 2
    wait_until(lambda: abs(loudest_hz(terminal) - TONE_HZ) <= half_a_row, "the tone is in its row", 10)
    assert pixels(terminal)[:, -12:-6].max() > 200


def left(terminal, program):
    """The terminal as a shell finds it when the program has ended."""
    done = program.end(10)
    wait_until(lambda: terminal.emulator.is_as_before, "the screen is given back", 2)
    assert terminal.modes_restored
    return done


def test_a_tone_stands_in_its_row_and_its_frequency_beside_it(terminal, show):
    show()
    wait_for_tone(terminal)
    rows = 2 * (34 - BELOW)
    for text, hz in (("5 kHz┤", 5_000), ("10 kHz┤", 10_000)):
        line = next(n for n, words in enumerate(terminal.texts) if words.startswith(f"{text:>{AXIS}}"))
        assert line == (rows - 1 - int(hz / FMAX * rows)) // 2
    status = terminal.texts[-1]
    for words in ("tone.wav", "48 kHz", "11.7 Hz/bin", "−80…0 dBFS", "linear", "gaps 0"):
        assert words in status


def test_what_stands_above_a_time_is_of_that_time(terminal, show, tmp_path):
    soundfile.write(tmp_path / "rising.wav", chirp(1_000, 15_000, RATE, 14 * RATE, amplitude=0.5), RATE)
    show("rising.wav", *LOOK, "--span", "10")
    terminal.press("\x1b[C")
    for text, second in (("0:05│", 5), ("0:10│", 10)):
        terminal.wait_for(text, -2)
        time.sleep(0.5)
        terminal.press(" ")
        terminal.wait_for("PAUSED", -1)
        time.sleep(0.3)
        column = terminal.texts[-2].index(text) + len(text) - 1 - AXIS
        rows = pixels(terminal)[:, column]
        hz = (len(rows) - 0.5 - np.mean(np.flatnonzero(rows == rows.max()))) / len(rows) * FMAX
        assert abs(hz - 1_000 * (1 + second)) <= 250, text  # a row, or a quarter of a second
        terminal.press(" ")


def test_of_256_colours_and_of_ascii_the_tone_stands_in_the_same_row(terminal, show):
    program = show(COLORTERM="")
    line = 33 - BELOW - int(TONE_HZ / FMAX * 32)
    wait_until(lambda: terminal.cells.paper[line, -9] in range(250, 256), "the tone is bright among the greys")
    assert terminal.cells.paper[AXIS:-BELOW].max() < 256
    terminal.press("q")
    left(terminal, program)
    show(NO_COLOR="1")
    wait_until(lambda: terminal.texts[line][-12:-6] in ("@" * 6, "%" * 6), "the tone is bright in ASCII", 10)
    assert "".join(terminal.texts).isascii()
    assert (terminal.cells.paper == -1).all()


def test_a_locale_without_utf8_gets_ascii(terminal, show):
    show(LC_ALL="C")
    terminal.frames_after(3)
    assert "".join(terminal.texts).isascii()


def test_space_holds_a_file_where_it_is(terminal, show):
    show()
    wait_for_tone(terminal)
    terminal.press(" ")
    terminal.wait_for("PAUSED", -1)
    time.sleep(0.3)
    before, received = pixels(terminal), terminal.received
    time.sleep(1)
    np.testing.assert_array_equal(pixels(terminal), before)
    assert terminal.received - received < 300  # the status, if anything
    terminal.press(" ")
    wait_until(lambda: "PAUSED" not in terminal.texts[-1], "it goes on")


def test_a_disk_that_is_full_ends_a_recording_and_is_said(terminal, nothing, start):
    """A limit of the size of files stands for the disk."""
    limited = (needed("bash"), "-c", 'ulimit -f 1500; exec "$@"', "-")
    program = start(
        *("demo", *LOOK, "--history", "1", "--record", "take.wav", "--record-format", "float"),
        environment=nothing | TRUE | {"PATH": os.environ["PATH"]},
        stdin=terminal.slave,
        stdout=terminal.slave,
        command=(*limited, *IN_A_TERMINAL, str(LIVESPEC)),
    )
    terminal.wait_for("take.wav: the recording has ended (File too large)", -1, seconds=40)
    assert "REC" not in terminal.texts[-1]
    terminal.press("q")
    assert program.end(8).returncode == 4


def test_r_records_and_l_saves_what_has_happened_and_both_are_said(terminal, show):
    program = show("demo", *LOOK)
    terminal.press("?")
    terminal.wait_for("record, and stop")
    terminal.press("?r")
    terminal.wait_for("● REC 0:00:01", -1)
    terminal.press("l")
    terminal.wait_for("of sound, picture and columns are in", -1)
    terminal.press("r")
    terminal.wait_for("The recording is in", -1)
    assert "REC" not in terminal.texts[-1]
    (file,) = program.home.rglob("livespec*.flac")
    assert 1 < soundfile.info(file).duration < 10
    (folder,) = (path.parent for path in program.home.rglob("settings.json"))
    assert {path.name for path in folder.iterdir()} == {"sound.flac", "picture.png", "columns.npz", "settings.json"}
    picture = read_picture(folder / "picture.png")
    assert picture.shape == (800, 1280, 3)
    assert (picture[:44] > 150).any()  # its heading
    terminal.press("q")
    done = left(terminal, program)
    assert (done.returncode, done.stderr) == (0, "")


def test_where_qt_cannot_be_loaded_l_saves_all_but_the_picture_and_says_so(terminal, show, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['PySide6'] = None\n")
    program = show("demo", *LOOK, PYTHONPATH=str(tmp_path))
    terminal.frames_after(20)
    terminal.press("l")
    terminal.wait_for("of sound and columns are in", -1)
    (folder,) = (path.parent for path in program.home.rglob("settings.json"))
    assert {path.name for path in folder.iterdir()} == {"sound.flac", "columns.npz", "settings.json"}
    terminal.press("q")
    assert left(terminal, program).returncode == 0


def test_where_the_folder_of_music_is_a_file_r_says_so_and_it_goes_on(terminal, show):
    program = show("demo", *LOOK)
    (program.home / "Music").write_text("no folder")
    terminal.press("r")
    terminal.wait_for("Music is no folder", -1)
    assert "REC" not in terminal.texts[-1]
    terminal.frames_after(5)
    (program.home / "Music").unlink()
    terminal.press("r")
    terminal.wait_for("● REC", -1)
    terminal.press("q")
    assert left(terminal, program).returncode == 0


def test_where_the_folder_of_pictures_is_a_file_l_says_so_in_red_and_it_goes_on(terminal, show):
    program = show("demo", *LOOK)
    (program.home / "Pictures").write_text("no folder")
    terminal.frames_after(20)
    terminal.press("l")
    terminal.wait_for("Pictures is no folder", -1)
    assert terminal.cells.ink[-1, terminal.texts[-1].index("no folder")] == RED
    terminal.frames_after(5)
    assert (program.home / "Pictures").read_text() == "no folder"


def test_r_twice_in_a_hurry_is_a_recording_that_has_ended(terminal, show):
    show("demo", *LOOK)
    terminal.press("rr")
    said = ("Nothing was recorded", "The recording is in")
    wait_until(lambda: any(words in terminal.texts[-1] for words in said), "it has ended")
    assert "REC" not in terminal.texts[-1]


def test_space_freezes_what_is_live_and_says_how_far_it_is_behind(terminal, show):
    show("demo", "--view", "terminal")
    terminal.frames_after(20)
    terminal.press(" ")
    terminal.wait_for("FROZEN −0.5 s", -1)
    before = terminal.cells.ink[:-BELOW].copy()
    terminal.wait_for("FROZEN −1.5 s", -1)
    np.testing.assert_array_equal(terminal.cells.ink[:-BELOW], before)
    terminal.press(" ")
    wait_until(lambda: "FROZEN" not in terminal.texts[-1], "it is live again")


def test_keys_change_scale_picture_colours_and_range(terminal, show):
    show()
    wait_for_tone(terminal)
    terminal.press("m")
    wait_until(
        lambda: not any(words.startswith("   10 kHz┤") for words in terminal.texts[10:13]), "the axis is another"
    )
    terminal.wait_for(" log", -1)
    terminal.press("v")
    terminal.wait_for(" mel", -1)
    terminal.press("v")
    terminal.wait_for("       A#┤")
    assert "chroma" in terminal.texts[-1]
    terminal.press("C")
    wait_until(lambda: bool((terminal.cells.ink >> 16 != terminal.cells.ink & 255).mean() > 0.2), "there are colours")
    assert "held" in terminal.texts[-1]
    terminal.press("a")
    wait_until(lambda: "held" not in terminal.texts[-1], "the range follows the sound")
    assert terminal.emulator.outside == ""


def test_a_question_mark_shows_the_keys_and_takes_them_away(terminal, show):
    show()
    terminal.press("?")
    terminal.wait_for("freeze, or go on")
    terminal.wait_for("with Shift 30 s")
    terminal.press("?")
    wait_until(lambda: "freeze" not in "".join(terminal.texts), "they are gone")


def test_esc_takes_the_keys_away_and_no_key_with_it(terminal, show):
    show("tone.wav", *LOOK)
    terminal.press("?")
    terminal.wait_for("freeze, or go on")
    terminal.press("\x1b")
    wait_until(lambda: "freeze" not in "".join(terminal.texts), "they are gone", 3)
    terminal.press("\x1b")
    time.sleep(1)
    terminal.press("m")
    terminal.wait_for(" log", -1, 3)
    terminal.press("\x1b")
    time.sleep(1)
    terminal.press(" ")
    terminal.wait_for("PAUSED", -1, 3)


def test_a_live_picture_is_scrolled_back_and_zoomed_by_the_keys_of_the_window(terminal, show):
    def standing():
        """The picture, once it has stood for four frames."""
        seen = [pixels(terminal)]

        def stands():
            time.sleep(4 / 15)
            seen.append(pixels(terminal))
            return np.array_equal(*seen[-2:])

        wait_until(stands, "it stands")
        return seen[-1]

    def after(keys):
        before = standing()
        terminal.press(keys)
        wait_until(lambda: not np.array_equal(pixels(terminal), before), f"{keys!r} changes the picture")
        return standing()

    show("demo", *LOOK)
    time.sleep(5)
    terminal.press(" ")
    terminal.wait_for("FROZEN", -1)
    now = standing()
    back = after("\x1b[D" * 3)  # 0.9 s of 3, where a column is 1/30 s
    columns = round(0.9 / 3 * now.shape[1])
    np.testing.assert_array_equal(back[:, columns:], now[:, :-columns])
    np.testing.assert_array_equal(after("\x1b[C" * 3), now)
    zoomed = after("\x1b[1;2A\x1b[A")  # nearer, and up
    assert not any(text.startswith("     0 Hz") for text in terminal.texts)
    assert not np.array_equal(after("+"), zoomed)
    np.testing.assert_array_equal(after("0"), now)
    terminal.press(".")
    terminal.wait_for("5.86 Hz/bin", -1)
    terminal.press("\x1b[F")
    wait_until(lambda: "FROZEN" not in terminal.texts[-1], "it is live again")
    terminal.press("?")
    terminal.wait_for("back, ahead; with Shift a screen")


def test_while_a_band_is_loud_it_says_so(terminal, show):
    show("tone.wav", *LOOK, "--trigger", f"{TONE_HZ - 500}-{TONE_HZ + 500}:-30")
    terminal.wait_for("TRIGGERED 1", -1)


def test_a_file_is_steered(terminal, show):
    show()
    terminal.wait_for("0:01 / 1:00", -1)
    terminal.press("\x1b[1;2C")
    terminal.wait_for("0:32 / 1:00", -1)
    terminal.press("\x1b[D")
    terminal.wait_for("0:29 / 1:00", -1)
    terminal.press("[r")
    terminal.wait_for("×0.5 repeated", -1)
    terminal.press("\x1b[H")
    terminal.wait_for("0:00 / 1:00", -1)


def test_without_a_loudspeaker_h_says_so_for_some_seconds_and_the_replay_goes_on(terminal, show):
    show()
    terminal.press("h")
    terminal.wait_for("no sound is heard: there is no loudspeaker to play to", -1, 8)
    wait_until(lambda: "loudspeaker" not in terminal.texts[-1], "it is no longer said", 12)
    at = terminal.texts[-1].split(" / 1:00")[0]
    wait_until(lambda: terminal.texts[-1].split(" / 1:00")[0] != at, "it goes on", 3)
    assert "heard" not in terminal.texts[-1]


def test_a_resize_is_followed(terminal, show):
    show()
    wait_for_tone(terminal)
    for columns, lines in ((70, 20), (160, 50), (20, 5), (90, 30)):
        terminal.resize(columns, lines)
        if (columns, lines) == (20, 5):
            terminal.wait_for("26 × 10", -1)
            continue
        terminal.wait_for("fps", lines - 1)
        wait_for_tone(terminal)


@pytest.mark.parametrize("how", LEAVING)
def test_the_terminal_is_as_before_however_it_is_left(terminal, show, how):
    program = show("tone.wav", *LOOK, "--export", "e.npz")
    terminal.frames_after(5)
    assert not terminal.modes_restored
    assert not terminal.emulator.is_as_before
    LEAVING[how](program, terminal)
    done = left(terminal, program)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    with np.load(program.folder / "e.npz") as export:
        assert len(export["db"]) > 10


def test_an_error_is_said_after_the_terminal_is_given_back(terminal, nothing, start, tmp_path):
    (tmp_path / "short.raw").write_bytes(bytes(2000))
    with (tmp_path / "short.raw").open("rb") as sound:
        program = start(
            *("-", "--format", "s16le", "--samplerate", "48000", "--channels", "1", *LOOK),
            environment=nothing | TRUE,
            stdin=sound.fileno(),
            stdout=terminal.slave,
            stderr=terminal.slave,
            command=(*IN_A_TERMINAL, str(LIVESPEC)),
        )
    terminal.wait_for("fps")
    terminal.press("q")
    done = left(terminal, program)
    assert done.returncode == 4
    wait_until(lambda: "shorter than one window" in terminal.emulator.outside, "the error is said", 2)


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(terminal, show):
    program = show()
    terminal.frames_after(5)
    terminal.press("\x1a")
    process = psutil.Process(program.process.pid)
    wait_until(lambda: process.status() == psutil.STATUS_STOPPED, "it is stopped")
    wait_until(lambda: terminal.emulator.is_as_before, "the screen is given back")
    assert terminal.modes_restored
    program.send(signal.SIGCONT)
    wait_until(lambda: not terminal.emulator.is_as_before, "the screen is taken again")
    wait_for_tone(terminal)
    terminal.press("q")
    assert left(terminal, program).returncode == 0


def test_a_terminal_that_takes_nothing_stops_the_frames_and_nothing_else(terminal, show):
    program = show("demo", "--view", "terminal", "--export", "e.npz")
    terminal.frames_after(5)
    terminal.stuck = True
    program.wait_for_columns(program.folder / "e.npz", 200)
    frames = terminal.emulator.frames
    terminal.stuck = False
    terminal.frames_after(5)
    assert terminal.emulator.frames - frames < 40
    terminal.stuck = True
    time.sleep(3)
    _, took_s = program.quit_by(lambda: program.send(signal.SIGTERM))
    assert took_s < 3
    assert terminal.modes_restored
    terminal.stuck = False
    wait_until(lambda: terminal.emulator.is_as_before, "the screen is given back", 2)
    with np.load(program.folder / "e.npz") as export:
        assert len(export["gaps"]) == 0
        assert np.diff(export["positions"]).max() == np.diff(export["positions"]).min()


def test_a_terminal_that_has_gone_ends_the_run_and_the_files_are_whole(terminal, show):
    program = show("demo", "--view", "terminal", "--export", "e.npz")
    terminal.frames_after(5)
    terminal.hang_up()
    assert program.end(10).returncode == 0
    with np.load(program.folder / "e.npz") as export:
        assert len(export["db"]) > 10


def test_sound_on_standard_input_and_keys_in_the_terminal(terminal, nothing, start, tmp_path):
    soundfile.write(tmp_path / "tone.wav", tone(TONE_HZ, RATE, 20 * RATE, amplitude=0.5), RATE)
    with (tmp_path / "tone.wav").open("rb") as sound:
        program = start(
            *("-", *LOOK),
            environment=nothing | TRUE,
            stdin=sound.fileno(),
            stdout=terminal.slave,
            command=(*IN_A_TERMINAL, str(LIVESPEC)),
        )
        terminal.wait_for("fps")
        wait_for_tone(terminal)
        terminal.press("q")
        assert left(terminal, program).returncode == 0


def test_the_terminal_is_the_view_where_there_is_no_display(terminal, show, tmp_path):
    program = show("tone.wav", "--no-peaks", "--duration", "2", "--stats", "s.json", "--screenshot", "p.png")
    done = left(terminal, program)
    assert done.returncode == 0, done.stderr
    stats = json.loads((tmp_path / "s.json").read_text())
    assert stats["captured_samples"] == 2 * RATE
    assert 10 < stats["fps"] < 16
    picture = read_picture(tmp_path / "p.png")
    assert picture.shape == (800, 1280, 3)
    bright = picture[44:766, 72:1048].max(axis=2) > 200
    assert bright.any(axis=0)[-180:-10].all()  # the tone, column by column
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.png", "s.json", "tone.wav"]


def test_in_the_background_of_a_terminal_the_default_is_no_view(terminal, nothing, start, show, tmp_path):
    program = start(
        *("demo", "--duration", "1"),
        environment=nothing | TRUE,
        stdin=terminal.slave,
        stdout=terminal.slave,
        command=(*IN_A_TERMINAL, needed("bash"), "-c", 'set -m; "$0" "$@" & wait', str(LIVESPEC)),
    )
    done = program.end(20)
    assert "the picture is in livespec.png" in done.stderr
    assert (tmp_path / "livespec.png").exists()
    assert terminal.emulator.frames == 0


def test_what_libraries_say_meanwhile_stands_after_the_picture(terminal, nothing, start, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import os, threading\n"
        "threading.Timer(2.5, lambda: os.write(2, b'a warning of a library' + bytes([10]))).start()\n"
    )
    program = start(
        *("demo", "--view", "terminal"),
        environment=nothing | TRUE | {"PYTHONPATH": str(tmp_path)},
        stdin=terminal.slave,
        stdout=terminal.slave,
        stderr=terminal.slave,
        command=(*IN_A_TERMINAL, str(LIVESPEC)),
    )
    terminal.wait_for("fps")
    time.sleep(3)
    assert "warning" not in "".join(terminal.texts)
    assert "warning" not in terminal.emulator.outside
    terminal.press("q")
    left(terminal, program)
    wait_until(lambda: "a warning of a library" in terminal.emulator.outside, "it is said", 2)


def test_the_pitch_is_a_line_over_the_picture(terminal, show, tmp_path):
    soundfile.write(tmp_path / "voice.wav", tone(440, RATE, 20 * RATE, amplitude=0.5), RATE)
    show("voice.wav", *LOOK[:-2], "--fmax", "1000")
    rows = 2 * (34 - BELOW)
    line = (rows - 1 - int(0.44 * rows)) // 2
    cyan = 0x40E0FF

    def cyan_lines():
        cells = terminal.cells
        at = slice(0, -BELOW), slice(-20, -10)
        return np.flatnonzero(((cells.ink[at] == cyan) | (cells.paper[at] == cyan)).all(axis=1)).tolist()

    terminal.frames_after(20)
    assert cyan_lines() == []
    terminal.press("t")
    wait_until(
        lambda: cyan_lines() in ([line], [line - 1], [line + 1]), "it is at 440 Hz", details=lambda: str(cyan_lines())
    )


def test_without_a_terminal_it_is_said_what_to_do(start, nothing):
    done = start("demo", "--view", "terminal", environment=nothing | TRUE).end()
    assert done.returncode == 3
    assert "stdout is no terminal" in done.stderr
    assert "--view none" in done.stderr
    assert done.stdout == ""


def test_a_picture_that_scrolls_is_not_written_anew(terminal, show, tmp_path):
    soundfile.write(tmp_path / "noise.wav", white_noise(60 * RATE), RATE)
    show("noise.wav", *LOOK[:6], "--span", "10")
    terminal.press("\x1b[1;2C")
    terminal.wait_for("0:32", -1)
    before = terminal.received
    terminal.resize(101, 34)
    terminal.frames_after(2)
    whole = terminal.received - before
    time.sleep(1)
    frames, received, began = terminal.emulator.frames, terminal.received, time.perf_counter()
    time.sleep(4)
    seconds = time.perf_counter() - began
    rate, fps = (terminal.received - received) / seconds, (terminal.emulator.frames - frames) / seconds
    print(f"{whole} bytes a whole frame, {rate / 1000:.0f} kB/s at {fps:.1f} frames/s")
    assert fps > 8
    assert rate / fps < whole / 10
