"""What keys and controls do to the picture."""

import pytest

from livespec.display.image import render
from livespec.display.view import View
from livespec.settings import SCALES


@pytest.fixture
def view(monitor):
    made = View(monitor)
    made.scene(900, 600, 1.0)
    return made


def scene(view):
    return view.scene(900, 600, 1.0)[0]


def said(view):
    return None if view.noted is None else view.noted.text


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("direction", ["right", "down"])
def test_a_piano_lies_along_every_axis_of_octaves_and_n_once_more_is_the_axis_before(view, scale, direction):
    view.change(scale=scale, direction=direction)
    if scale == "linear":
        view.change(fmin=0.0)
    before, plot = view.settings, scene(view).plot
    for _ in range(2):
        view.toggle_piano()
        assert view.has_piano
        assert scene(view).layout.pianos
        assert {"C4", "C6"} <= {label.text for label in scene(view).fixed.labels}
        view.toggle_piano()
        assert not view.has_piano
        assert view.settings == before
        assert scene(view).plot == plot


def test_a_piano_that_was_asked_for_waits_for_an_axis_of_octaves(view):
    """As by `piano = true` in a file."""
    view.change(scale="linear", fmin=0.0, piano=True)
    assert (view.has_piano, scene(view).layout.pianos) == (False, ())
    view.change(scale="octave", fmin=40.0)
    assert view.has_piano
    view.change(picture="chroma")
    assert not view.has_piano


def test_an_axis_that_was_chosen_while_the_piano_was_there_stays_when_it_goes(view):
    view.change(scale="mel")
    view.toggle_piano()
    assert view.settings.scale == "semitone"
    view.change(scale="log")
    view.toggle_piano()
    assert (view.settings.scale, view.has_piano) == ("log", False)


@pytest.mark.parametrize("act", [
    lambda view: view.zoom_frequency(1.25),
    lambda view: view.zoom_frequency(0.8, 0.2),
    lambda view: view.move_frequency(0.1),
    lambda view: view.move_frequency(-0.1),
])  # fmt: skip
def test_chroma_has_nothing_to_zoom_and_says_so(view, act):
    view.change(picture="chroma")
    before = view.settings
    act(view)
    assert view.settings == before
    assert said(view) == "Chroma is of all frequencies: there is nothing to zoom"
    view.change(picture="spectrum")
    act(view)
    assert view.settings != before


def test_what_stays_the_same_is_the_same_object_from_frame_to_frame(view):
    """Else it is handed to the GPU anew with each."""
    view.note("a word that stays")
    first, second = scene(view), scene(view)
    assert first.said.labels
    assert first.over.labels
    for part in ("backdrop", "fixed", "over", "said"):
        assert getattr(first, part) is getattr(second, part)


def test_automatic_holds_at_once_for_a_picture_that_stands(view):
    view.set_range(-60.0, -10.0)
    view.toggle_freeze()
    scene(view)
    assert view.range == (-60.0, -10.0)
    view.change(range="auto")
    shown = scene(view)
    assert "auto" in [label.text for label in shown.fixed.labels]
    followed = view.range
    assert followed != (-60.0, -10.0)
    assert (shown.palette.low, shown.palette.high) == followed
    assert view.frozen


def test_the_pointers_lines_lie_under_labels_and_its_reading_over_all(view):
    tones = [box for box in scene(view).over.boxes if not box.hatched]
    under = tones[0]  # of a peak
    view.pointer = under.x + under.width // 2, under.y + under.height // 2
    shown = scene(view)
    drawn = render(shown)
    assert (drawn[view.pointer[1], under.x + 1] == under.colour).all()
    reading = shown.over.boxes[-1]
    assert not reading.hatched
    assert (drawn[reading.y + 1, reading.x + 1] == reading.colour).all()
