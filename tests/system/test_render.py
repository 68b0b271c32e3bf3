"""`livespec render` as a user runs it."""

import numpy as np
import pytest
import soundfile

from tests.support.exports import read_picture
from tests.support.signals import tone, white_noise

RATE = 22_050


@pytest.fixture
def files(tmp_path):
    soundfile.write(tmp_path / "Guitar.wav", tone(440, RATE, 2 * RATE, 0.5), RATE)
    soundfile.write(tmp_path / "Snare ä.wav", white_noise(RATE), RATE)
    return tmp_path


@pytest.mark.parametrize(("name", "begins"), [("f.png", b"\x89PNG"), ("f.svg", b"<?xml"), ("f.pdf", b"%PDF")])
def test_a_figure_is_written_in_each_format(start, nothing, files, name, begins):
    done = start("render", "Guitar.wav", "-o", name, "--waveform", "--title", "My guitar", environment=nothing).end()
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{name}\n"
    assert (files / name).read_bytes().startswith(begins)
    assert not list(files.glob("*.tmp"))


def test_the_figure_has_colours_of_the_map_and_several_files_lie_side_by_side(start, nothing, files):
    for sounds, width in ((("Guitar.wav",), 1500), (("Guitar.wav", "Snare ä.wav"), 1560)):
        done = start("render", *sounds, "-o", "f.png", environment=nothing).end()
        assert done.returncode == 0, done.stderr
        picture = read_picture(files / "f.png")
        assert picture.shape[1] == pytest.approx(width, abs=10)
        assert np.all(picture == (252, 253, 191), axis=2).any()  # magma's brightest: the loudest tone


def test_without_a_name_the_figure_is_called_as_the_sound(start, nothing, files):
    done = start("render", "Guitar.wav", environment=nothing).end()
    assert done.returncode == 0, done.stderr
    assert (files / "Guitar.png").exists()


def test_a_bad_file_is_named_and_the_others_are_drawn(start, nothing, files):
    (files / "bad.wav").write_bytes(b"no sound")
    done = start("render", "bad.wav", "Guitar.wav", "missing.wav", "-o", "f.png", environment=nothing).end()
    assert done.returncode == 4
    assert "bad.wav" in done.stderr
    assert "missing.wav: no such file" in done.stderr
    assert "2 of 3 files could not be drawn" in done.stderr
    assert "Traceback" not in done.stderr
    assert (files / "f.png").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("missing.wav",), 4, "no such file"),
        (("Guitar.wav", "-o", "f.gif"), 2, "is no format of a figure"),
        (("Guitar.wav", "-o", "nowhere/f.png"), 4, "there is no folder"),
        (("Guitar.wav", "--reference", "loud"), 2, "reference = 'loud' is not known"),
        (("Guitar.wav", "--top-db", "x"), 2, "top-db = 'x'"),
        (("Guitar.wav", "--title", "a", "--title", "b"), 2, "2 titles for 1 files"),
        (("Guitar.wav", "--fmax", "99999"), 2, "fmax"),
        (("Guitar.wav", "--show", "3"), 2, "channel 3"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_two_lines(start, nothing, files, words, code, said):
    done = start("render", *words, environment=nothing).end()
    assert done.returncode == code
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert not list(files.glob("*.p*g"))
