"""Recordings as a person makes them: through the real PortAudio, by flag and by key, and whatever ends them."""

import json
import os
import random
import signal
import time

import numpy as np
import psutil
import pytest
import soundfile

from livespec.display.theme import AMBER, RED
from tests.support.exports import Export, position_chirp, read_stats
from tests.support.on_screen import capture_when, is_colour
from tests.support.program import LIVESPEC, needed, wait_until
from tests.support.signals import white_noise
from tests.support.virtual_microphone import RATE, VirtualMicrophone
from tests.support.virtual_pipewire import VirtualPipeWire

MACHINES = [
    *((VirtualMicrophone, *form) for form in ((1, 44_100), (2, 48_000), (8, 96_000), (32, 48_000), (2, 192_000))),
    (VirtualPipeWire, 2, 48_000),
]


def recorded(path):
    """(n, channels), bit by bit."""
    return soundfile.read(path, dtype="float32", always_2d=True)[0]


def place_of(part, sound):
    """Where in a sound that never repeats itself a part of it begins."""
    found = np.flatnonzero(sound[: len(sound) - len(part), 0] == part[0, 0])
    return next(int(at) for at in found if np.array_equal(sound[at : at + 64], part[:64]))


@pytest.mark.parametrize(("server", "channels", "rate"), MACHINES)
def test_every_sample_that_was_played_is_in_the_recording_bit_by_bit(start, tmp_path, server, channels, rate):
    seconds = 4
    sound = np.stack([white_noise(seconds * rate, seed=n) for n in range(channels)], axis=1)
    with server(rate, channels) as microphone:
        program = start(
            *(
                "--view",
                "none",
                "--channels",
                "all",
                "--record",
                "take.wav",
                "--record-format",
                "float",
                "--stats",
                "s.json",
            ),
            environment=microphone.environment,
        )
        wait_until(
            lambda: (tmp_path / "take.wav").exists() and (tmp_path / "take.wav").stat().st_size > 1e4, "it records"
        )
        with microphone.playing(sound):
            time.sleep(seconds + 1)
        program.send(signal.SIGTERM)
        assert program.end(20).returncode == 0
    heard = recorded(tmp_path / "take.wav")
    assert heard.shape[1] == channels
    first = int(np.flatnonzero(heard.any(axis=1))[0])
    begin = place_of(heard[first : first + 64], sound)
    assert begin < rate / 2  # what the server plays before anybody listens is not heard
    assert json.loads((tmp_path / "s.json").read_text())["gaps"] == []
    np.testing.assert_array_equal(heard[first : first + len(sound) - begin], sound[begin:])


@pytest.mark.parametrize("times", [4, pytest.param(20, marks=[pytest.mark.soak, pytest.mark.timeout(300)])])
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_killed_at_any_moment_all_but_the_last_second_can_be_played(microphone, start, tmp_path, suffix, times):
    rng = random.Random(7)
    with microphone.playing(position_chirp(12 * times)):
        for number in range(times):
            name = tmp_path / f"{number}.{suffix}"
            program = start("--view", "none", "--record", name, environment=microphone.environment)
            wait_until(lambda name=name: name.exists() and name.stat().st_size > 1e4, "it records")
            began = time.monotonic()
            time.sleep(rng.uniform(0.0, 3.5))
            program.send(signal.SIGKILL)
            lasted = time.monotonic() - began
            program.end(5)
            sound = recorded(name)
            assert len(sound) / RATE >= lasted - 1.0, (len(sound) / RATE, lasted)
            assert np.isfinite(sound).all()
    wait_until(lambda: not program.left_behind, "nothing is left behind", 5)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_full_disk_ends_the_recording_and_not_the_run(nothing, start, tmp_path, suffix):
    """A limit of the size of files stands for the disk."""
    program = start(
        *(
            "-c",
            'ulimit -f 1500; exec "$@"',
            "-",
            str(LIVESPEC),
            "demo",
            "--view",
            "none",
            "--speed",
            "0",
            "--duration",
            "60",
        ),
        *(
            "--record",
            f"take.{suffix}",
            "--stats",
            "s.json",
            "--history",
            "1",
            "--span",
            "1",
        ),  # the ring is a file, too
        environment=nothing | {"PATH": os.environ["PATH"]},
        command=(needed("bash"),),
    )
    done = program.end(60)
    assert done.returncode == 4
    first, second = done.stderr.splitlines()
    assert "the recording has ended" in first
    assert "File too large" in first
    assert "until then" in second
    assert json.loads((tmp_path / "s.json").read_text())["captured_samples"] == 60 * RATE
    sound = recorded(tmp_path / f"take.{suffix}")
    assert 5 * RATE < len(sound) < 60 * RATE


def test_what_else_has_failed_is_said_beside_a_recording_that_has(nothing, start, tmp_path):
    program = start(
        *("-c", 'ulimit -f 1500; exec "$@"', "-", LIVESPEC, "demo", "--view", "none", "--speed", "0"),
        *("--duration", "60", "--record", "take.wav", "--history", "1", "--span", "1", "--stats", "s.json"),
        *("--trigger", "100-20000:-60", "--trigger-command", "false"),
        environment=nothing | {"PATH": os.environ["PATH"]},
        command=(needed("bash"),),
    )
    done = program.end(60)
    assert done.returncode == 4
    beside, first, second = done.stderr.splitlines()
    assert beside.startswith("livespec: false: ended with code 1")
    assert "take.wav: the recording has ended" in first
    assert "until then" in second
    assert (tmp_path / "s.json").exists()


@pytest.mark.soak  # it needs the right to mount
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_full_file_system_ends_the_recording_and_not_the_run(nothing, start, tmp_path, suffix):
    program = start(
        *("-rm", "sh", "-c", 'mount -t tmpfs -o size=2m tmpfs small; "$@"; code=$?; cp small/* kept; exit $code', "-"),
        *(LIVESPEC, "demo", "--view", "none", "--speed", "0", "--duration", "60"),
        *("--record", f"small/take.{suffix}", "--stats", "s.json"),
        environment=nothing | {"PATH": os.environ["PATH"]},
        command=(needed("unshare"),),
        folder=folders(tmp_path, "small", "kept"),
    )
    done = program.end(60)
    assert done.returncode == 4
    assert "the recording has ended (No space left on device)" in done.stderr
    assert "until then" in done.stderr.splitlines()[1]
    assert json.loads((tmp_path / "s.json").read_text())["captured_samples"] == 60 * RATE
    sound = recorded(tmp_path / "kept" / f"take.{suffix}")
    assert 5 * RATE < len(sound) < 60 * RATE


def folders(within, *names):
    for name in names:
        (within / name).mkdir()
    return within


def test_a_source_that_was_suspended_is_silence_of_the_true_length_in_the_recording(microphone, start, tmp_path):
    with microphone.playing(position_chirp(30)):
        program = start(
            *("--view", "none", "--record", "take.flac", "--export", "e.npz"), environment=microphone.environment
        )
        program.wait_for_columns(tmp_path / "e.npz", 200)
        microphone.suspend()
        time.sleep(2)
        microphone.resume()
        program.wait_for_columns(tmp_path / "e.npz", 300)
        program.send(signal.SIGTERM)
        assert program.end(10).returncode == 0
    ((position, lost),) = Export.of(tmp_path / "e.npz").gaps
    sound = recorded(tmp_path / "take.flac")
    (gap,) = json.loads((tmp_path / "take.flac.gaps.json").read_text())
    assert (gap["sample"], gap["lost"], gap["zeros"]) == (position, lost, True)
    assert not sound[position : position + lost].any()
    assert sound[position - 100 : position].any()
    assert sound[position + lost : position + lost + 1000].any()
    assert lost / RATE == pytest.approx(2, abs=0.3)


def test_keys_record_and_keep_what_has_happened(microphone, screen, start):
    with microphone.playing(position_chirp(60)):
        program = start("--no-restore", environment=microphone.environment | screen.environment)
        window = screen.window_of(program)
        capture_when(screen, lambda p: p[300:700, 900:1000].any(), "something is there", 10)

        def says_that_it_records(picture):
            return bool(is_colour(picture[30:60, 60:900], RED).sum() > 40)

        window.key("r")
        capture_when(screen, says_that_it_records, "it records", 5)
        time.sleep(2)
        window.key("l")
        wait_until(lambda: list(program.home.rglob("settings.json")), "a folder with what has happened", 10)
        window.key("r")
        capture_when(screen, lambda p: not says_that_it_records(p), "it has ended", 5)
        (take,) = program.home.rglob("livespec*.flac")
        assert 2 < len(recorded(take)) / RATE < 10
        (folder,) = (path.parent for path in program.home.rglob("settings.json"))
        assert {path.name for path in folder.iterdir()} == {"sound.flac", "picture.png", "columns.npz", "settings.json"}
        sound = recorded(folder / "sound.flac")
        assert len(sound) / RATE > 2
        with np.load(folder / "columns.npz") as columns:
            assert len(columns["db"]) == pytest.approx(len(sound) / 512, abs=12)
        window.key("q")
        done = program.end(8)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_round_button_records_and_is_red_while_it_does(own_microphone, screen, start):
    button = (slice(774, 800), slice(1200, 1244))

    def red(picture):
        return is_colour(picture[button], RED)

    with own_microphone.playing(position_chirp(60)):
        program = start("--no-restore", environment=own_microphone.environment | screen.environment)
        window = screen.window_of(program)
        capture_when(screen, lambda p: p[300:700, 900:1000].any(), "something is there", 10)
        assert not red(screen.capture()).any()
        for _ in range(4):  # once around, and out of the picture again
            window.key("Tab")
            time.sleep(0.2)
        capture_when(screen, lambda p: is_colour(p[button], AMBER).sum() > 20, "it has the keyboard, and shows it", 3)
        window.key("space")
        recording = capture_when(screen, lambda p: red(p).sum() > 40, "it is red", 5)
        time.sleep(1)
        (file,) = program.home.rglob("livespec*.flac")
        rows, columns = np.nonzero(red(recording))
        window.click(1200 + int(columns.mean()), 774 + int(rows.mean()))
        capture_when(screen, lambda p: not red(p).any(), "it has ended", 5)
        assert 1 < len(recorded(file)) / RATE < 10
        window.key("q")
        done = program.end(8)
        assert (done.returncode, done.stderr) == (0, "")


def test_what_cannot_be_recorded_is_said_before_the_run(nothing, start, tmp_path):
    (tmp_path / "there.wav").write_text("dear to me")
    soundfile.write(tmp_path / "file.wav", np.zeros(RATE), RATE)
    for flags, code, said in (
        (("demo", "--record", "there.wav"), 4, "is there already"),
        (("demo", "--record", "{when}.wav"), 2, "{when} is not known"),
        (("demo", "--record", "a.mp3"), 2, "WAV or FLAC"),
        (("demo", "--record", "a.flac", "--record-format", "float"), 2, "no floating-point"),
        (("demo", "--record", "there.wav/b/a.wav"), 4, "cannot be recorded to"),
        (("demo", "--force"), 2, "--force is for --record"),
        (("file.wav", "--record", "b.wav"), 2, "is a file already"),
    ):
        done = start(*flags, "--view", "none", "--duration", "1", environment=nothing).end(20)
        assert done.returncode == code, (flags, done.stderr)
        assert said in done.stderr
        assert len(done.stderr.splitlines()) <= 2
    assert (tmp_path / "there.wav").read_text() == "dear to me"
    start("demo", "--view", "none", "--duration", "1", "--record", "there.wav", "--force", environment=nothing).end(20)
    assert len(recorded(tmp_path / "there.wav")) == RATE


def killed(microphone):
    microphone.kill()
    time.sleep(0.5)
    microphone.start()


def stopped_for(seconds):
    def outage(microphone):
        with microphone.server_stopped():
            time.sleep(seconds)

    return outage


def suspended(microphone):
    microphone.suspend()
    time.sleep(1.5)
    microphone.resume()


def arrivals(program, export, seconds):
    """[(columns on disk, when they came to be so many)] of so many seconds."""
    seen, until = [(program.columns_written(export), 0.0)], time.monotonic() + seconds
    while time.monotonic() < until:
        columns = program.columns_written(export)
        if columns != seen[-1][0]:
            seen.append((columns, time.monotonic()))
        time.sleep(0.001)
    return seen[1:]


def again_and_again(outage, times, name, server=VirtualMicrophone):
    soak = [] if times < 5 else [pytest.mark.soak, pytest.mark.timeout(900)]
    return pytest.param(server, outage, times, marks=soak, id=f"{name} {times} times")


@pytest.mark.parametrize(
    ("server", "outage", "times"),
    [
        again_and_again(killed, 2, "killed"),
        again_and_again(killed, 20, "killed"),
        again_and_again(stopped_for(3), 1, "stopped"),
        again_and_again(stopped_for(10), 5, "stopped for ten seconds"),
        again_and_again(suspended, 2, "suspended"),
        again_and_again(suspended, 20, "suspended"),
        again_and_again(killed, 2, "PipeWire killed", VirtualPipeWire),
        again_and_again(killed, 20, "PipeWire killed", VirtualPipeWire),
        again_and_again(stopped_for(3), 1, "PipeWire stopped", VirtualPipeWire),
    ],
)
def test_outages_of_the_sound_server_cost_what_they_last_and_nothing_else(start, tmp_path, server, outage, times):
    """The truth is a clock of the test's own: by it, each hole is as long as it should be, to 50 ms."""
    export = tmp_path / "e.npz"
    with server() as microphone:
        program = start(
            *("--view", "none", "--record", "take.flac", "--stats", "s.json", "--export", "e.npz"),
            environment=microphone.environment,
        )
        program.wait_for_columns(export, 150)
        process = psutil.Process(program.process.pid)
        held = process.num_threads(), process.num_fds()
        periods, lasted, memory = [arrivals(program, export, 2)], [], process.memory_info().rss
        for _ in range(times):
            columns, began = program.columns_written(export), time.monotonic()
            outage(microphone)
            assert program.wait_for_columns(export, 1) < 3
            lasted.append(time.monotonic() - began)
            assert program.columns_written(export) >= columns
            periods.append(arrivals(program, export, 2))
        assert (process.num_threads(), process.num_fds()) == held
        assert process.memory_info().rss - memory < 30e6
        program.send(signal.SIGTERM)
        assert program.end(15).returncode == 0
    stats, columns = read_stats(tmp_path / "s.json"), Export.of(export)
    middles_s = [min(when - columns.times_s[count - 1] for count, when in period) for period in periods]
    errors_ms = 1000 * (np.array(middles_s) - middles_s[0])
    said = [round(gap["samples"] / RATE, 2) for gap in stats["gaps"]]
    print(
        f"\nlasted {[round(one, 2) for one in lasted]}, gaps {said}, time axis off by {errors_ms.round().tolist()} ms"
    )
    assert np.abs(np.diff(errors_ms)).max() < 50
    assert len(stats["gaps"]) == times
    listed = json.loads((tmp_path / "take.flac.gaps.json").read_text())
    assert [one["lost"] for one in listed] == [gap["samples"] for gap in stats["gaps"]]
    lost = sum(gap["samples"] for gap in stats["gaps"])
    assert soundfile.info(tmp_path / "take.flac").frames == stats["captured_samples"] + lost


def cpu_seconds(program):
    """Of the program, its capture process and what else it started."""
    whole = psutil.Process(program.process.pid)
    return sum(sum(one.cpu_times()[:2]) for one in (whole, *whole.children(recursive=True)))


@pytest.mark.parametrize("seconds", [6, pytest.param(600, marks=[pytest.mark.soak, pytest.mark.timeout(900)])])
def test_thirty_two_channels_at_96_khz_are_recorded_with_the_window_open(screen, start, tmp_path, seconds):
    with VirtualMicrophone(96_000, 32) as microphone:
        program = start(
            *("--no-restore", "--channels", "all", "--show", "1,2", "--history", "20", "--record", "take.wav"),
            *("--stats", "s.json"),
            environment=microphone.environment | screen.environment,
        )
        window = screen.window_of(program)
        take = tmp_path / "take.wav"
        wait_until(lambda: take.exists() and take.stat().st_size > 1e6, "it records", 20)
        began, size, spent = time.monotonic(), take.stat().st_size, cpu_seconds(program)
        time.sleep(seconds)
        lasted, written = time.monotonic() - began, take.stat().st_size - size
        cores = (cpu_seconds(program) - spent) / lasted
        window.key("q")
        done = program.end(30)
        assert (done.returncode, done.stderr) == (0, "")
    stats = json.loads((tmp_path / "s.json").read_text())
    print(f"\n{cores:.2f} of a core, software OpenGL in it; {written / lasted / 1e6:.1f} MB/s written")
    assert stats["gaps"] == []
    assert stats["xruns"] == 0
    assert written / lasted == pytest.approx(96_000 * 32 * 3, rel=0.2)
    assert soundfile.info(take).frames == stats["captured_samples"]
