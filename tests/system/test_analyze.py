"""`livespec analyze` as a user runs it."""

import os
import signal

import numpy as np
import pytest
import soundfile

from tests.support.exports import Export
from tests.support.program import wait_until
from tests.support.signals import tone

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
