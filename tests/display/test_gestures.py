"""What mouse and keys do to the view of a session that is over: the picture stands, and numbers can be compared."""

import numpy as np
import pytest

from livespec.core.stft import Engine
from livespec.display.gestures import Gestures
from livespec.display.view import View
from livespec.session.columns import ColumnStore
from livespec.settings import Settings

RATE, WIDTH, HEIGHT = 48_000, 900, 600


@pytest.fixture
def view(monitor):
    made = View(monitor)
    made.scene(WIDTH, HEIGHT, 1.0)
    return made


@pytest.fixture
def mouse(view):
    return Mouse(view)


class Mouse:
    """Gestures on the scene that is shown, each followed by a frame."""

    def __init__(self, view):
        self.view, self.gestures = view, Gestures(view)

    def drag(self, x, y, dx, dy):
        self.gestures.press(x, y, 1.0)
        for step in range(1, 11):
            self.gestures.move(x + dx * step // 10, y + dy * step // 10, 1.0)
        self.gestures.release(x + dx, y + dy)
        return self.frame()

    def click(self, x, y):
        self.gestures.press(x, y, 1.0)
        self.gestures.release(x, y)
        return self.frame()

    def double_click(self, x, y):
        self.click(x, y)
        self.gestures.double_click(x, y, 1.0)
        self.gestures.release(x, y)
        return self.frame()

    def wheel(self, x, y, notches, **held):
        self.gestures.wheel(x, y, 1.0, notches, **{"control": False, "shift": False, **held})
        return self.frame()

    def frame(self):
        return self.view.scene(WIDTH, HEIGHT, 1.0)[0]


def hz_at(scene, y):
    plot = scene.plot
    return float(scene.axis.frequency((plot.y + plot.height - y - 0.5) / plot.height))


def seconds_at(scene, x):
    return scene.start_s + (x - scene.plot.x) / scene.plot.width * scene.span_s


@pytest.mark.parametrize("notches", [1, 4, -2])
def test_what_is_under_the_pointer_stays_there_while_frequency_is_zoomed(view, mouse, notches):
    view.change(fmin=200.0, fmax=4000.0)
    scene = mouse.frame()
    plot = scene.plot
    x, y = plot.x + 200, plot.y + plot.height // 3
    before = hz_at(scene, y)
    after = mouse.wheel(x, y, notches, shift=True)
    assert hz_at(after, y) == pytest.approx(before, rel=0.01)
    octaves = [np.log2(hz_at(s, s.plot.y) / hz_at(s, s.plot.y + s.plot.height)) for s in (scene, after)]
    assert octaves[0] / octaves[1] == pytest.approx(1.2**notches, rel=0.02)


def test_a_drag_takes_the_picture_along_in_both_directions(view, mouse):
    view.change(fmin=200.0, fmax=4000.0)
    view.toggle_freeze()
    scene = mouse.frame()
    x, y = scene.plot.x + 300, scene.plot.y + 200
    hz, second = hz_at(scene, y), seconds_at(scene, x)
    after = mouse.drag(x, y, 150, 40)
    assert hz_at(after, y + 40) == pytest.approx(hz, rel=0.01)
    assert seconds_at(after, x + 150) == pytest.approx(second, abs=0.02)


def test_the_wheel_goes_back_in_time_as_far_as_there_is_sound_and_forth_to_now(view, mouse):
    scene = mouse.frame()
    x, y = scene.plot.x + 300, scene.plot.y + 200
    back = mouse.wheel(x, y, 3)
    assert view.frozen
    assert back.start_s == pytest.approx(scene.start_s - 3 / 12 * scene.span_s, abs=0.02)
    furthest = mouse.wheel(x, y, 1000)
    assert furthest.start_s + furthest.span_s >= furthest.span_s / 2 - 0.02
    assert furthest.start_s <= 0
    mouse.wheel(x, y, -1000)
    assert not view.frozen
    assert mouse.frame().start_s == pytest.approx(scene.start_s, abs=0.02)


def test_time_is_zoomed_around_the_pointer_where_the_picture_stands(view, mouse):
    view.scroll(-8)
    scene = mouse.frame()
    x, y = scene.plot.x + scene.plot.width // 4, scene.plot.y + 100
    after = mouse.wheel(x, y, 3, control=True)
    assert after.span_s == pytest.approx(5 / 1.2**3)
    assert seconds_at(after, x) == pytest.approx(seconds_at(scene, x), abs=0.02)


@pytest.mark.parametrize(
    ("place", "moved"),
    [(0.95, (False, True)), (0.05, (True, False)), (0.5, (True, True))],
)
def test_the_colour_bar_moves_an_end_or_both(view, mouse, place, moved):
    bar = mouse.frame().layout.bar
    y = bar.y + round((1 - place) * bar.height)
    low, high = view.range
    mouse.drag(bar.x + 5, y, 0, -bar.height // 10)
    expected = low + 8 * moved[0], high + 8 * moved[1]
    assert view.range == pytest.approx(expected, abs=0.3)
    assert not view.automatic
    mouse.double_click(bar.x + 5, y)
    assert view.automatic


def test_the_range_cannot_be_dragged_shut(view, mouse):
    bar = mouse.frame().layout.bar
    mouse.drag(bar.x + 5, bar.y + 4, 0, 3 * bar.height)
    assert view.range[1] - view.range[0] >= 6


def test_two_clicks_are_two_markers_and_a_third_begins_anew(view, mouse):
    plot = mouse.frame().plot
    places = [(plot.x + 100, plot.y + 50), (plot.x + 400, plot.y + 300), (plot.x + 200, plot.y + 100)]
    scene = [mouse.click(*place) for place in places[:2]][-1]
    one, other = view.markers
    assert one.hz == pytest.approx(hz_at(scene, places[0][1]), rel=0.01)
    assert other.second - one.second == pytest.approx(300 / plot.width * 5, abs=0.02)
    texts = " ".join(label.text for label in scene.over.labels)
    assert "\N{GREEK CAPITAL LETTER DELTA}" in texts
    mouse.click(*places[2])
    assert len(view.markers) == 1
    mouse.drag(plot.x + 100, plot.y + 100, 50, 0)
    assert len(view.markers) == 1  # a drag marks nothing


@pytest.mark.parametrize(
    ("leave", "come_back"),
    [
        (View.to_now, lambda view: view.scroll(-6)),
        (lambda view: view.change(fmin=9000.0), View.reset_zoom),
    ],
)
def test_what_lies_between_two_markers_says_so_where_neither_is_seen(view, mouse, leave, come_back):
    plot = mouse.frame().plot
    view.scroll(-6)
    mouse.frame()
    mouse.click(plot.x + 100, plot.y + 300)
    labels = mouse.click(plot.x + 400, plot.y + 300).over.labels
    (seen,) = (label for label in labels if label.text.startswith("\N{GREEK CAPITAL LETTER DELTA}"))
    assert seen.colour == view.theme.accent
    leave(view)
    told, still = mouse.frame().over.labels[:2]
    assert (told.text, still.text) == ("A and B are off the picture", seen.text)
    assert {told.colour, still.colour} == {view.theme.faint}
    come_back(view)
    assert seen in mouse.frame().over.labels


def test_a_double_click_on_an_axis_undoes_what_was_done_there(view, mouse):
    scene = mouse.frame()
    pane = scene.layout.panes[0]
    view.zoom_frequency(4, 0.3)
    view.scroll(-3)
    mouse.frame()
    after = mouse.double_click(pane.area.x - 20, pane.area.y + 100)
    assert (view.settings.fmin, view.settings.fmax) == (40, 16_000)
    assert after.start_s == pytest.approx(scene.start_s - 3, abs=0.02)
    mouse.double_click(pane.area.x + 100, pane.area.y + pane.area.height + 15)
    assert not view.frozen


def test_the_pointer_says_how_long_ago_it_was_whatever_is_looked_at(view, mouse):
    plot = mouse.frame().plot
    view.scroll(-6)
    view.pointer = plot.x + plot.width - 1, plot.y + 100
    texts = " ".join(label.text for label in mouse.frame().over.labels)
    assert f"\N{MINUS SIGN}{view.behind_s():.2f} s" in texts
    assert view.behind_s() == pytest.approx(6, abs=0.05)


def test_what_is_meant_to_be_kept(view, mouse):
    plot = mouse.frame().plot
    first, last = view.seconds_to_keep()
    assert last - first == pytest.approx(20, abs=0.2)  # all there is of the last thirty
    view.toggle_freeze()
    assert view.seconds_to_keep() is None
    mouse.click(plot.x + 500, plot.y + 100)
    mouse.click(plot.x + 200, plot.y + 200)
    first, last = view.seconds_to_keep()
    assert last - first == pytest.approx(300 / plot.width * 5, abs=0.02)


def test_no_zoom_leaves_what_there_is_and_0_undoes_all(view, mouse):
    plot = mouse.frame().plot
    rng = np.random.default_rng(1)
    for _ in range(300):
        x, y = plot.x + int(rng.integers(plot.width)), plot.y + int(rng.integers(plot.height))
        if rng.integers(2):
            mouse.wheel(x, y, int(rng.integers(-9, 10)), shift=bool(rng.integers(2)), control=bool(rng.integers(2)))
        else:
            mouse.drag(x, y, int(rng.integers(-400, 400)), int(rng.integers(-400, 400)))
        now = view.settings
        assert 0 < now.fmin < now.fmax <= RATE / 2
        assert 0.1 <= now.span <= 600
    view.reset_zoom()
    assert (view.settings.fmin, view.settings.fmax, view.settings.span) == (40, 16_000, 5)


def test_without_a_word_from_the_person_an_axis_begins_where_its_kind_does(view):
    view.change(scale="linear")
    assert view.settings.fmin == 0
    view.change(scale="log")
    assert view.settings.fmin == 40
    view.change(fmin=300.0)
    view.change(scale="linear")
    assert view.settings.fmin == 300


def test_what_cannot_be_is_said_in_the_picture_and_changes_nothing(view, mouse):
    before = view.settings
    view.change(fmin=20_000.0, fmax=100.0)
    assert view.settings == before
    assert any("fm" in label.text for label in mouse.frame().said.labels)


def test_however_often_the_window_length_changes_levels_have_their_own_offsets(view):
    """An engine that has gone may have left its place in memory to one of another length."""
    for n_fft in (1024, 4096, 512) * 10:
        engine = Engine(Settings(n_fft=n_fft, hop=n_fft // 4).at_rate(RATE), RATE)
        store = ColumnStore(engine, 4)
        assert len(view.quantity_of(store).offset_db) == engine.bins
