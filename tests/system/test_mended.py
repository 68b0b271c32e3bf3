"""What was once broken, each as the person met it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.support.exports import Export
from tests.support.program import LIVESPEC, wait_until
from tests.support.signals import white_noise

RATE = 48_000


@pytest.fixture
def noise(tmp_path):
    soundfile.write(tmp_path / "noise.wav", white_noise(10 * RATE), RATE, subtype="FLOAT")
    return tmp_path / "noise.wav"


def columns(seconds, rate=RATE):
    return 1 + (round(seconds * rate) - 4096) // 512


def test_frames_cost_no_references_to_none(screen, nothing):
    """Qt bindings that lose one at every void call abort the interpreter after some minutes (Python 3.11)."""
    script = """
import sys
from livespec.display.window.status import StatusLine
seen = []
refresh = StatusLine.refresh
def looked(self, monitor, *, slowed):
    seen.append(sys.getrefcount(None))
    refresh(self, monitor, slowed=slowed)
StatusLine.refresh = looked
from livespec.cli import main
try:
    main(["--source", "demo", "--duration", "3"])
finally:
    print(seen[-1] - seen[len(seen) // 2])
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=nothing | screen.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert -50 < int(done.stdout) < 200  # some 90 frames lie between; each used to lose two. One more costs nothing


@pytest.mark.parametrize("library", ["libshiboken6", "libQt6Core", "libQt6OpenGL"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_qt_is_loaded_ends_it_in_silence(screen, nothing, start, number, library):
    program = start("--source", "demo", environment=nothing | screen.environment)
    maps = Path(f"/proc/{program.process.pid}/maps")
    wait_until(lambda: library in maps.read_text(), f"{library} is loaded", 20)
    done, _ = program.quit_by(lambda: program.send(number))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_fast_file_with_an_endless_amount_of_columns_can_be_ended(nothing, start, tmp_path):
    soundfile.write(tmp_path / "long.wav", white_noise(300 * RATE), RATE)
    program = start(
        "long.wav", "--view", "none", "--hop", "16", "--export", "e.npz", environment=nothing, folder=tmp_path
    )
    program.wait_for_columns(tmp_path / "e.npz", 1000)
    done, took = program.quit_by(lambda: program.send(signal.SIGTERM))
    assert done.returncode == 0, done.stderr
    assert took < 9  # two seconds of sound are 6000 columns of these, and the file is put together
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.npz", "long.wav"]


def test_a_long_window_in_a_small_ring_is_analysed_to_the_end(nothing, start, tmp_path):
    soundfile.write(tmp_path / "eight.wav", np.repeat(white_noise(10 * RATE)[:, None], 8, axis=1), RATE)
    words = ("--view", "none", "--n-fft", "40000", "--history-mb", "1", "--export", "e.npz")
    done = start("eight.wav", *words, environment=nothing).end(30)
    assert done.returncode == 0, done.stderr
    assert len(Export.of(tmp_path / "e.npz").db) == 1 + (10 * RATE - 40_000) // 5000


def piped(noise, nothing, *words):
    with noise.open("rb") as stream:
        return subprocess.run(
            [LIVESPEC, "-", "--view", "none", *words],
            stdin=stream,
            env=nothing,
            cwd=noise.parent,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )


def test_the_duration_holds_for_a_piped_wav(noise, nothing):
    assert piped(noise, nothing, "--duration", "2", "--export", "e.npz").returncode == 0
    assert len(Export.of(noise.parent / "e.npz").db) == columns(2)


def test_another_rate_than_a_piped_wav_has_is_refused(noise, nothing):
    done = piped(noise, nothing, "--samplerate", "44100")
    assert done.returncode == 2
    assert "is at 48000 Hz, not 44100 Hz" in done.stderr


def test_a_pipe_that_is_shorter_than_one_window_is_an_error(nothing, tmp_path):
    soundfile.write(tmp_path / "short.wav", white_noise(900), RATE)
    done = piped(tmp_path / "short.wav", nothing, "--screenshot", "p.png")
    assert done.returncode == 4
    assert "900 samples are shorter than one window" in done.stderr
    assert not (tmp_path / "p.png").exists()


def test_what_is_no_regular_file_is_not_replaced(nothing, start, tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    done = start("demo", "--view", "none", "--duration", "1", "--stats", "pipe.json", environment=nothing).end()
    assert done.returncode == 4
    assert (tmp_path / "pipe.json").is_fifo()


def test_a_link_stays_a_link_and_its_target_is_written(nothing, start, tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    done = start("demo", "--view", "none", "--duration", "1", "--stats", "link.json", environment=nothing).end()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text().startswith("{")


def test_it_runs_with_its_standard_descriptors_closed(microphone, tmp_path):
    command = f"exec {LIVESPEC} --view none --duration 1 --stats s.json <&- >&- 2>&-"
    done = subprocess.run(["sh", "-c", command], env=microphone.environment, cwd=tmp_path, timeout=30, check=False)
    assert done.returncode == 0
    assert '"kind": "mic"' in (tmp_path / "s.json").read_text()


def test_a_wayland_display_that_is_not_there_is_no_display(nothing, start):
    program = start("demo", "--view", "window", environment=nothing | {"WAYLAND_DISPLAY": "wayland-9"})
    done = program.end()
    assert done.returncode == 3
    assert "there is no display" in done.stderr


def test_a_reader_that_goes_is_no_error(nothing):
    command = f"{LIVESPEC} config show | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], env=nothing, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_wrong_name_in_a_config_file_is_told_with_its_line(noise, nothing, start, tmp_path):
    (tmp_path / "c.toml").write_text('span = 5\nwindow = "hnn"\n')
    done = start(noise, "--view", "none", "--config", "c.toml", environment=nothing).end()
    assert done.returncode == 2
    assert "c.toml, line 2: window = 'hnn'" in done.stderr
