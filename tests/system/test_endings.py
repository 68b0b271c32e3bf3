"""However a run ends: exit code 0, at once, its files complete, no process left."""

import signal
from datetime import datetime

import numpy as np
import pytest

from tests.support.exports import Export, read_stats
from tests.support.program import wait_until
from tests.support.virtual_microphone import RATE

QUIT_S = 1.5  # under a second, and what a busy machine adds
FILES = ("--export", "e.npz", "--stats", "s.json", "--screenshot", "p.png")
ARRAYS = (
    *("db", "frequencies_hz", "times_s", "positions", "gap", "gaps", "samplerate", "n_fft", "hop", "window"),
    *("channels", "settings", "start_time", "units", "schema", "version"),
)


def assert_ended_well(done, folder):
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert sorted(path.name for path in folder.iterdir()) == ["e.npz", "p.png", "s.json"]
    export, stats = Export.of(folder / "e.npz"), read_stats(folder / "s.json")
    assert sorted(export.arrays) == sorted(ARRAYS)
    assert len(export.db) == 1 + (stats["captured_samples"] - export.n_fft) // export.hop
    assert len(export.db) == len(export.times_s) == len(export.positions) == len(export.gap)
    assert np.isfinite(export.db).all()
    assert stats["columns"] + stats["skipped_columns"] == len(export.db)
    assert stats["skipped_columns"] == 0
    assert stats["duration_s"] == pytest.approx(stats["captured_samples"] / RATE, abs=1e-3)
    assert datetime.fromisoformat(export.start_time).tzinfo is not None
    assert (folder / "p.png").read_bytes()[-8:-4] == b"IEND"
    return export, stats


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_without_a_window(microphone, start, tmp_path, number):
    program = start("--view", "none", *FILES, environment=microphone.environment)
    program.wait_for_columns(tmp_path / "e.npz", 80)
    pictured, took = program.quit_by(lambda: program.send(number))
    print(f"\nended in {took:.2f} s, the picture drawn meanwhile")
    _, stats = assert_ended_well(pictured, tmp_path)
    assert stats["frame_ms"] is None
    assert stats["fps"] is None
    assert took < QUIT_S + 1  # the picture is drawn after the end of the capture


def by_signal(number):
    return lambda program, _window: program.send(number)


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(by_signal(signal.SIGINT), id="SIGINT"),
        pytest.param(by_signal(signal.SIGTERM), id="SIGTERM"),
        pytest.param(by_signal(signal.SIGHUP), id="SIGHUP"),
        pytest.param(lambda _program, window: window.key("q"), id="the Q key"),
        pytest.param(lambda _program, window: window.key("ctrl+q"), id="Ctrl+Q"),
        pytest.param(lambda _program, window: window.close(), id="the window's cross"),
    ],
)
def test_a_window_ends_at_once(microphone, screen, start, tmp_path, how):
    program = start(*FILES, environment=microphone.environment | screen.environment)
    window = screen.window_of(program)
    program.wait_for_columns(tmp_path / "e.npz", 190)  # and meanwhile frames were shown
    done, took = program.quit_by(lambda: how(program, window))
    print(f"\nended in {took:.2f} s")
    _, stats = assert_ended_well(done, tmp_path)
    assert stats["fps"] > 1
    assert stats["latency_ms"]["capture_to_screen"]["p50"] > 0
    assert took < QUIT_S


@pytest.mark.parametrize("view", ["none", "window"])
def test_the_duration_ends_a_run_by_itself(microphone, screen, start, tmp_path, view):
    program = start(
        *("--view", view, "--duration", "2", *FILES), environment=microphone.environment | screen.environment
    )
    program.wait_for_columns(tmp_path / "e.npz", 1)
    took = wait_until(lambda: not program.runs, "it has ended", 10)
    export, stats = assert_ended_well(program.end(), tmp_path)
    print(f"\n{stats['duration_s']:.2f} s of sound, ended {took:.2f} s after the first column")
    assert 2 <= stats["duration_s"] < 3
    assert took < 2 + QUIT_S
    assert export.channels.tolist() == ["1"]


def test_an_interrupt_before_the_first_sample_ends_it_too(microphone, start, tmp_path):
    program = start("--view", "none", *FILES[:4], environment=microphone.environment)
    wait_until(lambda: len(program.left_behind) > 1, "it has begun")
    done, took = program.quit_by(lambda: program.send(signal.SIGINT))
    assert done.returncode in (0, 4), done.stderr  # 4: an export was asked for, and there is not a window of sound
    assert "Traceback" not in done.stderr
    assert took < QUIT_S
    assert not list(tmp_path.glob("*.part"))


def test_a_run_whose_disk_fails_says_so_and_ends(microphone, start, tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    program = start("--view", "none", "--export", folder / "e.npz", environment=microphone.environment)
    program.wait_for_columns(folder / "e.npz", 20)
    (folder / "e.npz").mkdir()  # where the file was to be, a folder is now
    done, took = program.quit_by(lambda: program.send(signal.SIGINT))
    assert done.returncode == 4
    assert took < QUIT_S
    assert len(done.stderr.splitlines()) <= 2
    assert "Traceback" not in done.stderr
