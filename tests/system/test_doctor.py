"""`livespec doctor` as a user runs it, on machines that lack this and that."""

import json
import time

import numpy as np
import pytest

from tests.support.signals import tone
from tests.support.virtual_microphone import RATE


def examined(start, environment, *more):
    done = start("doctor", "--json", *more, environment=environment).end(40)
    report = json.loads(done.stdout)
    assert done.stderr == ""
    assert report["ok"] == (done.returncode == 0)
    assert report["ok"] == all(finding["status"] != "failed" for finding in report["findings"])
    return done.returncode, {finding["name"]: finding for finding in report["findings"]}


def test_a_machine_without_microphone_and_screen_is_well_and_says_what_is_not_there(start, nothing):
    code, found = examined(start, nothing)
    assert code == 0, found
    assert found["a screen for the window"]["status"] == "absent"
    assert found["inputs"]["status"] == "absent"
    assert {found[name]["status"] for name in ("levels against float64", "pixels unlike numpy's picture")} == {"ok"}


def test_a_microphone_that_hears_a_tone_is_well(start, microphone, screen):
    with microphone.playing(tone(1000, RATE, 20 * RATE, 0.25)):
        code, found = examined(start, microphone.environment | screen.environment)
    assert code == 0, found
    assert found["a screen for the window"]["status"] == "ok"
    assert "2 channels, 48000 Hz" in found["the default microphone"]["figure"]
    assert "peak -12.0" in found["sound from it"]["figure"].replace("−", "-")
    assert found["overflows"]["figure"] == "0"


@pytest.mark.parametrize(
    ("sound", "red"),
    [
        (None, "sound from it"),
        (np.sign(tone(1000, RATE, 20 * RATE)), "clipped samples"),
        (tone(1000, RATE, 20 * RATE, 0.1) + np.float32(0.2), "DC offset, of full scale"),
    ],
)
def test_what_is_wrong_with_the_sound_is_red_and_the_exit_code_1(start, own_microphone, sound, red):
    if sound is None:
        code, found = examined(start, own_microphone.environment)
        assert found[red]["figure"] == "every sample is zero"
    else:
        with own_microphone.playing(sound):
            code, found = examined(start, own_microphone.environment)
    assert code == 1
    assert [name for name, finding in found.items() if finding["status"] == "failed"] == [red]
    assert found[red]["advice"]


def test_a_microphone_that_delivers_nothing_is_red(start, own_microphone):
    own_microphone.suspend()
    code, found = examined(start, own_microphone.environment)
    assert code == 1
    assert found["the default microphone"]["status"] == "ok"
    assert found["sound from it"]["status"] == "failed"
    assert "not one sample" in found["sound from it"]["figure"]


def test_a_sound_server_that_does_not_answer_is_told_and_hangs_nothing(start, own_microphone):
    with own_microphone.server_stopped():
        began = time.perf_counter()
        code, found = examined(start, own_microphone.environment)
        took_s = time.perf_counter() - began
    assert code == 1
    assert "did not answer" in found["the sound system"]["figure"]
    assert took_s < 20, took_s  # 10 on a machine that does nothing else


def test_a_machine_without_opengl_says_so_and_is_well(start, nothing):
    code, found = examined(start, nothing | {"EGL_PLATFORM": "x11"})  # of which there is none
    assert code == 0, found
    assert found["OpenGL without a screen"]["status"] == "absent"


def test_a_graphics_package_that_is_broken_is_red_and_the_rest_is_still_tested(start, nothing, tmp_path):
    (tmp_path / "vispy.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    code, found = examined(start, nothing | {"PYTHONPATH": str(tmp_path)})
    assert code == 1
    assert "libGL.so.1" in found["the picture"]["figure"]
    assert [name for name, finding in found.items() if finding["status"] == "failed"] == ["the picture"]
    assert "inputs" in found


def test_the_report_for_people_has_a_mark_a_figure_and_a_verdict(start, nothing):
    done = start("doctor", environment=nothing).end(40)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for heading in ("Numbers", "Speed", "Picture", "Sound"):
        assert heading in lines
    assert any(line.startswith("✓  levels against float64") and "dB off" in line for line in lines)
    assert any(line.startswith("–  inputs") for line in lines)
    assert lines[-1] == "All is well."
    assert max(map(len, lines)) <= 100


def test_the_report_needs_no_unicode_and_has_no_colour_where_it_is_piped(start, nothing):
    done = start("doctor", environment=nothing | {"PYTHONIOENCODING": "ascii"}).end(40)
    assert done.returncode == 0, done.stderr
    assert any(line.startswith("+  levels against float64") for line in done.stdout.splitlines())
    assert "\x1b" not in done.stdout
