"""`livespec`, as `make run` starts it, where there is no microphone, no screen and no terminal."""

import json

import numpy as np

from tests.support.exports import Export, read_picture, read_stats

AMBER = (255, 193, 69)


def test_it_runs_the_demo_for_ten_seconds_and_says_where_the_picture_is(nothing, start, tmp_path):
    listing = start("devices", "--json", environment=nothing).end()
    assert json.loads(listing.stdout) == [], "this test is for machines without sound hardware"
    done = start(environment=nothing).end(30)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "there is no microphone: showing the demo signal" in done.stderr
    assert "livespec.png" in done.stderr.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["livespec.png"]
    picture = read_picture(tmp_path / "livespec.png")
    assert picture.shape == (800, 1280, 3)
    assert (picture == AMBER).all(axis=2).sum() > 1000  # the banner
    plot = picture[100:700, 100:1100].reshape(-1, 3)
    assert len(np.unique(plot, axis=0)) > 100  # the sound


def test_nobody_wants_the_demo_signal_recorded_or_watched_over(nothing, start, tmp_path):
    for flags in (("--record", "night.wav"), ("--trigger", "100-1000:-40")):
        done = start("--view", "none", "--duration", "1", *flags, environment=nothing).end(20)
        assert done.returncode == 3
        assert "there is no microphone" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_demo_is_the_same_sound_in_every_run(nothing, start, tmp_path):
    for name in ("a", "b"):
        done = start(
            *("demo", "--view", "none", "--speed", "0", "--duration", "3"),
            *("--export", f"{name}.npz", "--stats", f"{name}.json"),
            environment=nothing,
        ).end()
        assert done.returncode == 0, done.stderr
    first, second = Export.of(tmp_path / "a.npz"), Export.of(tmp_path / "b.npz")
    np.testing.assert_array_equal(first.db, second.db)
    assert read_stats(tmp_path / "a.json")["captured_samples"] == 3 * 48_000
    assert len(first.db) == 1 + (3 * 48_000 - 4096) // 512


def test_help_and_version_are_said_on_stdout_without_touching_a_device(nothing, start):
    for arguments in (("--help",), ("monitor", "--help"), ("--version",), ("config", "--help")):
        done = start(*arguments, environment=nothing).end()
        assert done.returncode == 0
        assert done.stdout
        assert done.stderr == ""


def test_a_display_without_a_name_is_none_and_no_other_program_complains_of_it(nothing, start):
    done = start("demo", "--duration", "1", environment=nothing | {"DISPLAY": ""}).end(20)
    assert done.returncode == 0
    assert [line for line in done.stderr.splitlines() if not line.startswith("livespec: ")] == []
