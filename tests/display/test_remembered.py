"""What the window finds of the last run, and what it makes of a file that somebody else wrote."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livespec.display.window import remembered
from livespec.display.window.remembered import Remembered, changed_settings, recall, remember
from livespec.settings import Settings


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "window.json"
    monkeypatch.setattr(remembered, "state_file", lambda: path)
    return path


def test_what_was_remembered_is_recalled(file):
    assert recall() == Remembered()
    state = Remembered({"n_fft": 8192, "colormap": "viridis", "range": (-90.0, -10.0)}, "AAEC", controls=True)
    remember(state)
    assert recall() == state


def test_only_what_a_person_changed_is_remembered_and_nothing_of_the_device():
    first = Settings(n_fft=4096, scale="mel")
    now = Settings(n_fft=2048, scale="mel", device="Scarlett", sensitivity=-26.0)
    assert changed_settings({"grid": True}, first, now) == {"grid": True, "n_fft": 2048}


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("", {}),
        ("[]", {}),
        ('{"schema": 1, "settings": {"n_fft": 8192, "gone": 1, "scale": "no such", "span": -1}}', {"n_fft": 8192}),
        ('{"schema": 1, "settings": {"n_fft": [1], "hop": {}, "grid": "yes", "colormap": 3}}', {}),
        ('{"schema": 2, "settings": {"n_fft": 8192}}', {}),
        ('{"schema": 1, "settings": 5, "geometry": 7, "controls": "x"}', {}),
    ],
)
def test_what_makes_no_sense_is_left_aside_value_by_value(file, content, settings):
    file.parent.mkdir()
    file.write_text(content)
    assert recall() == Remembered(settings)


@given(
    st.dictionaries(
        st.sampled_from(
            ["n_fft", "hop", "scale", "range", "span", "colormap", "theme", "picture", "window", "fullscreen"]
        ),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.integers()),
    )
)
def test_whatever_is_in_the_file_settings_can_be_made_of_it(tmp_path_factory, settings):
    path = tmp_path_factory.mktemp("state") / "window.json"
    path.write_text(json.dumps({"schema": 1, "settings": settings}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remembered, "state_file", lambda: path)
        Settings(**recall().settings)


def test_a_folder_that_cannot_be_written_troubles_nobody(file):
    file.parent.write_text("a file where the folder would be")
    remember(Remembered(controls=True))
    assert recall() == Remembered()
