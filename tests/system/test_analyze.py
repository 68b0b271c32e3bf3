"""`livespec analyze` as a user runs it."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest
import soundfile
import xarray as xr
import zarr

from tests.support.exports import Export, read_picture
from tests.support.program import wait_until, words_of
from tests.support.signals import tone, white_noise

RATE = 48_000


@pytest.fixture
def sounds(tmp_path):
    for name, hz in (("one", 1000), ("two ä", 2000), ("below/three", 3000)):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / "in" / f"{name}.wav", tone(hz, RATE, RATE, 0.5), RATE)
    return tmp_path


def test_one_file_becomes_one_npz(start, nothing, sounds):
    done = start("analyze", "in/one.wav", "--n-fft", 4800, "--hop", 480, environment=nothing).end()
    assert done.returncode == 0, done.stderr
    assert done.stdout == "one.npz\n"
    assert done.stderr == ""
    found = Export.of(sounds / "one.npz")
    assert found.db.shape == (91, 2401)
    assert found.db.max() == pytest.approx(-6.02, abs=0.01)
    assert found.frequencies_hz[found.db[50].argmax()] == 1000


def test_a_folder_is_done_with_its_tree_and_a_second_time_only_what_changed(start, nothing, sounds):
    done = start("analyze", "in", "-o", "out", environment=nothing).end()
    assert done.returncode == 0, done.stderr
    assert {str(p.relative_to(sounds / "out")) for p in (sounds / "out").rglob("*.*")} == {
        "one.npz", "two ä.npz", "below/three.npz"
    }  # fmt: skip
    again = start("analyze", "in", "-o", "out", environment=nothing).end()
    assert again.returncode == 0
    assert again.stdout == ""
    assert "3 of 3 files are done already" in again.stderr
    other = start("analyze", "in", "-o", "out", "--n-fft", 1024, environment=nothing).end()
    assert len(other.stdout.splitlines()) == 3
    assert Export.of(sounds / "out" / "one.npz").n_fft == 1024


def test_bad_files_are_named_with_their_reason_and_the_others_are_done(start, nothing, sounds):
    (sounds / "in" / "noise.wav").write_bytes(os.urandom(3000))
    (sounds / "in" / "empty.flac").touch()
    soundfile.write(sounds / "in" / "short.wav", np.zeros(10), RATE)
    whole = (sounds / "in" / "one.wav").read_bytes()
    (sounds / "in" / "cut.wav").write_bytes(whole[: len(whole) // 2])
    done = start("analyze", "in", "-o", "out", environment=nothing).end()
    assert done.returncode == 4
    for name in ("noise.wav", "empty.flac", "short.wav"):
        assert name in done.stderr
    assert "3 of 7 files could not be analysed" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(list((sounds / "out").rglob("*.npz"))) == 4  # the truncated one as far as it goes
    assert not [path for path in (sounds / "out").rglob("*") if path.suffix in (".part", ".tmp")]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("missing.wav",), 4, "no such file"),
        (("in/one.wav", "in/below/three.wav", "-o", "in/one.wav"), 4, "is no folder"),
        (("in/one.wav", "-o", "x.txt"), 2, "is no name for columns"),
        (("in/one.wav", "in/one.wav", "-o", "out"), 2, "two files would both become"),
        (("in/*.mp3",), 4, "no file has such a name"),
        (("in/one.wav", "--jobs", "0"), 2, "jobs = 0"),
        (("in/one.wav", "--n-fft", "1000000"), 4, "shorter than one window"),
        (("in/one.wav", "--window", "kaiser"), 2, "lacks its beta"),
    ],
)
def test_what_cannot_be_analysed_is_told_in_two_lines(start, nothing, sounds, words, code, said):
    done = start("analyze", *words, environment=nothing).end()
    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert not list(sounds.glob("*.npz"))


def test_ctrl_c_ends_it_at_once_and_leaves_no_half_file(start, nothing, sounds):
    for number in range(40):
        soundfile.write(sounds / "in" / f"long{number}.wav", tone(1000, RATE, 20 * RATE, 0.5), RATE)
    program = start("analyze", "in", "-o", "out", "--hop", 64, "--jobs", 2, environment=nothing)
    wait_until(
        lambda: list((sounds / "out").rglob("*.part")) if (sounds / "out").exists() else False, "it is at work", 20
    )
    program.send(signal.SIGINT)
    done = program.end(15)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    complete = list((sounds / "out").rglob("*.npz"))
    assert all(Export.of(path).db.shape[1] == 2049 for path in complete)


# ---- Zarr and pictures ----


def assert_the_same(npz, group):
    """Every array and value of an NPZ in a group of a Zarr store, to the last bit."""
    with np.load(npz) as columns:
        for name in columns.files:
            expected = columns[name]
            found = group[name][...] if name in group else np.asarray(group.attrs[name])
            assert np.array_equal(found, expected, equal_nan=expected.dtype.kind == "f"), name


def test_a_folder_becomes_one_zarr_store_with_what_the_npz_have(start, nothing, sounds):
    flags = ("--features", "mel,mfcc,pitch,flux", "--show", "all", "--averaging", "mean:3", "--weighting", "A")
    stereo = np.stack([tone(500, RATE, 3 * RATE, 0.5), tone(700, RATE, 3 * RATE, 0.5)], axis=1)
    soundfile.write(sounds / "in" / "stereo.flac", stereo, RATE)
    for output in ("out", "archive.zarr"):
        done = start("analyze", "in", "-o", output, *flags, environment=nothing).end()
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 4
    store = zarr.open_group(sounds / "archive.zarr", mode="r")
    for name in ("one", "two ä", "below/three", "stereo"):
        assert_the_same(sounds / "out" / f"{name}.npz", store[name])
    table = xr.open_zarr(sounds / "archive.zarr", group="stereo", consolidated=False)
    assert table["db"].dims == ("channel", "time", "frequency")
    assert table["mel"].dims == ("channel", "time", "mel_band")
    again = start("analyze", "in", "-o", "archive.zarr", *flags, environment=nothing).end()
    assert "4 of 4 files are done already" in again.stderr
    assert again.stdout == ""
    other = start("analyze", "in", "-o", "archive.zarr", "--features", "rms", environment=nothing).end()
    assert len(other.stdout.splitlines()) == 4
    assert "mel" not in zarr.open_group(sounds / "archive.zarr", mode="r")["one"]


def test_a_group_that_is_not_whole_is_done_again(start, nothing, sounds):
    soundfile.write(sounds / "in" / "long.wav", white_noise(120 * RATE).astype(np.float32), RATE)
    killed = start("analyze", "in/long.wav", "-o", "a.zarr", "--hop", 64, environment=nothing)
    wait_until(lambda: list((sounds / "a.zarr").rglob("c/1")), "two chunks are written", 20)
    killed.send(signal.SIGKILL)
    killed.end()
    assert not (sounds / "a.zarr" / "long").exists()
    done = start("analyze", "in/long.wav", "-o", "a.zarr", environment=nothing).end()
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (sounds / "a.zarr").iterdir() if path.is_dir()] == ["long"]


def test_pictures_of_a_folder(start, nothing, sounds):
    done = start("analyze", "in", "-o", "out", "--as", "png", environment=nothing).end()
    assert done.returncode == 0, done.stderr
    pictures = sorted((sounds / "out").rglob("*.png"))
    assert len(pictures) == 3
    assert all(read_picture(path).std() > 10 for path in pictures)
    again = start("analyze", "in", "-o", "out", "--as", "png", environment=nothing).end()
    assert "3 of 3 files are done already" in again.stderr
    other = start("analyze", "in", "-o", "out", "--as", "png", "--scale", "linear", environment=nothing).end()
    assert len(other.stdout.splitlines()) == 3


# ---- what goes wrong on the way ----


@pytest.fixture
def small_disk(tmp_path):
    """A folder with room for two megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], check=False).returncode:
        pytest.fail("a small file system cannot be mounted here: run the tests as root, or in a container of your own")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("output", ["small", "small/a.zarr"])
def test_a_full_disk_is_told_of_the_files_it_had_no_room_for(start, nothing, sounds, small_disk, output):
    soundfile.write(sounds / "in" / "long.wav", white_noise(60 * RATE).astype(np.float32), RATE)
    done = start("analyze", "in", "-o", output, "--hop", 2048, "--jobs", 1, environment=nothing).end()
    assert done.returncode == 4
    assert "No space left on device" in done.stderr
    assert "1 of 4 files could not be analysed" in done.stderr
    assert len(done.stdout.splitlines()) == 3
    names = {path.name for path in small_disk.rglob("*")}
    assert "long.npz" not in names
    assert "long" not in names
    assert not [name for name in names if name.endswith((".part", ".tmp"))]


def test_names_with_odd_characters_are_done_and_told(start, nothing, sounds):
    odd = sounds / "odd"
    odd.mkdir()
    for name in ("new\nline.wav", "quo'te\".wav", "😀.wav", "-dash.wav", "[red]x.wav", "no.suffix.wav"):
        soundfile.write(odd / name, tone(1000, RATE, RATE, 0.5), RATE)
    (odd / os.fsdecode(b"\xff.wav")).write_bytes((odd / "😀.wav").read_bytes())
    (odd / "ba\nd.wav").write_text("no sound")
    for output in ("out", "out.zarr"):
        done = start("analyze", "odd", "-o", output, environment=nothing).end()
        assert done.returncode == 4, done.stderr
        assert "1 of 8 files could not be analysed" in done.stderr
    assert len(list((sounds / "out").iterdir())) == 7


def test_a_process_that_is_killed_takes_no_file_with_it(start, nothing, sounds):
    for number in range(12):
        soundfile.write(sounds / "in" / f"more{number}.wav", white_noise(5 * RATE).astype(np.float32), RATE)
    program = start("analyze", "in", "-o", "out", "--hop", 64, "--jobs", 2, environment=nothing)
    wait_until(lambda: len(list(sounds.glob("out/*.npz"))) > 1, "some are done", 30)
    workers = [p for p in psutil.Process(program.process.pid).children() if "spawn_main" in " ".join(words_of(p))]
    workers[0].kill()
    done = program.end(60)
    assert done.returncode == 0, done.stderr
    assert len(list((sounds / "out").rglob("*.npz"))) == 15
    assert not list((sounds / "out").rglob("*.part"))


# ---- a cluster ----


def test_a_cluster_that_loses_a_worker_makes_what_one_machine_makes(start, nothing, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(200):
        sound = white_noise(RATE // 2 + 100 * number, seed=number).astype(np.float32)
        soundfile.write(tmp_path / "in" / f"{number:03}.wav", sound, RATE)
    (tmp_path / "in" / "bad.wav").write_text("no sound")
    local = start("analyze", "in", "-o", "local.zarr", environment=nothing).end(60)
    assert "1 of 201 files could not be analysed" in local.stderr
    shared = ("--scheduler-file", "s.json", "--no-dashboard")
    scheduler = run_module("distributed.cli.dask_scheduler", "--port", "0", *shared, cwd=tmp_path)
    one_thread = ("--nthreads", "1", "--no-nanny")
    workers = [run_module("distributed.cli.dask_worker", *one_thread, *shared, cwd=tmp_path) for _ in range(2)]
    try:
        wait_until(lambda: scheduler_address(tmp_path / "s.json") is not None, "the scheduler runs", 20)
        address = scheduler_address(tmp_path / "s.json")
        program = start("analyze", "in", "-o", "far.zarr", "--scheduler", address, environment=nothing)
        wait_until(lambda: len(list(tmp_path.glob("far.zarr/*"))) > 20, "some are done", 30)
        workers[0].kill()
        done = program.end(60)
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()
    assert done.returncode == 4
    assert len(done.stdout.splitlines()) == 200
    told = done.stderr.splitlines()
    assert "bad.wav" in told[0]
    assert told[1:] == ["livespec: 1 of 201 files could not be analysed", "  the others are done"]
    for number in range(200):
        ours, theirs = (
            zarr.open_group(tmp_path / store / f"{number:03}", mode="r") for store in ("far.zarr", "local.zarr")
        )
        assert dict(ours.attrs) == dict(theirs.attrs)
        assert set(ours.array_keys()) == set(theirs.array_keys())
        for name in ours.array_keys():
            assert np.array_equal(ours[name][...], theirs[name][...]), (number, name)


def scheduler_address(told_in):
    """None until it is written to the end: the file is there, empty, a moment before."""
    try:
        return json.loads(told_in.read_text())["address"]
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def run_module(*command, cwd):
    return subprocess.Popen(
        [sys.executable, "-m", *command], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def test_a_scheduler_that_is_not_there_is_told_in_two_lines(start, nothing, sounds):
    done = start("analyze", "in", "-o", "a.zarr", "--scheduler", "tcp://127.0.0.1:9", environment=nothing).end(30)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "livespec: no scheduler can be reached at tcp://127.0.0.1:9"
    assert len(done.stderr.splitlines()) == 2


# ---- long files ----

_PEAK = """
import resource, sys
from livespec.cli import main
try:
    main(sys.argv[1:])
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, file=sys.stderr)
"""
FORMS = (
    ("analyze", "-o", "o.npz", "--features", "mel,rms"), ("analyze", "-o", "o.zarr"), ("render", "-o", "o.png"),
)  # fmt: skip


@pytest.fixture(scope="module")
def noise_file(tmp_path_factory):
    """noise_file(minutes): a file of noise so long."""
    folder = tmp_path_factory.mktemp("noise")
    minute = (white_noise(60 * RATE) * 3000).astype(np.int16)

    def of(minutes):
        path = folder / f"{minutes}.wav"
        if not path.exists():
            with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16", format="RF64") as file:
                for _ in range(minutes):
                    file.write(minute)
        return path

    return of


def peak_mb(sound, folder, environment, command, *flags):
    """Of a whole run."""
    words = [sys.executable, "-c", _PEAK, command, str(sound), *flags]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return float(done.stderr.splitlines()[-1])


def test_peak_memory_does_not_grow_with_the_length(nothing, tmp_path, noise_file):
    for command in FORMS:
        hop = ("--hop", "256" if command[0] == "render" else "1024")  # so that a minute fills the figure
        short, long = (peak_mb(noise_file(minutes), tmp_path, nothing, *command, *hop) for minutes in (1, 5))
        print(f"\n{command[0]} {command[2]}: {short:.0f} MB for a minute, {long:.0f} MB for five")
        assert long < short + 20  # four minutes have 92 MB of columns more


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_hours_take_the_memory_of_ten_minutes(nothing, tmp_path, noise_file):
    for command in FORMS:
        hop = ("--hop", "4096") if command[0] == "analyze" else ()
        short, long = (peak_mb(noise_file(minutes), tmp_path, nothing, *command, *hop) for minutes in (10, 600))
        print(f"\n{command[0]} {command[2]}: {short:.0f} MB for ten minutes, {long:.0f} MB for ten hours")
        assert long < short + 20
