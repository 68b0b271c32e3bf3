"""What is said over the picture: whole, inside of it, and on nothing else that is written."""

from itertools import combinations

import numpy as np
import pytest

from livespec.display.banners import wrap
from livespec.display.layout import Rect, Wanted
from livespec.display.scene import Banner
from livespec.display.text import rasterise
from livespec.display.theme import AMBER
from tests.support.pictures import Picture

PATH = "/home/somebody/Pictures/livespec/a folder/" + "of_a_name_without_end/" * 5 + "livespec-13.08.55.png"
TROUBLE = "Scarlett 2i2 4th Gen has gone. What it gave is kept: it is opened again as soon as it is plugged in"
SAID = ["DEMO SIGNAL", TROUBLE, f"Saved {PATH}", "MMMM WWWW @@@@ MMMM WWWW @@@@", "FROZEN  −12.3 s"]
SIZES = [(480, 270, 1.0), (640, 400, 1.0), (1280, 800, 1.0), (1920, 1080, 1.5), (3840, 2160, 1.0), (3840, 2160, 2.0)]


def banners_of(picture):
    """The rectangle of each, and the labels on it."""
    said = picture.scene().said
    return [
        (Rect(*box[:4]), [label for label in said.labels if Rect(*box[:4]).holds(label.x, label.y)])
        for box in said.boxes
    ]


def ink(label):
    mask = rasterise(label.text, label.size_px, bold=label.bold)
    rows, columns = np.flatnonzero(mask.max(axis=1)), np.flatnonzero(mask.max(axis=0))
    left, top = label.left(mask.shape[1]) + int(columns[0]), label.y - mask.shape[0] // 2 + int(rows[0])
    return Rect(left, top, int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)


def is_inside(inner, outer):
    return outer.holds(inner.x, inner.y) and outer.holds(inner.x + inner.width - 1, inner.y + inner.height - 1)


def apart(one, other):
    beside = one.x + one.width <= other.x or other.x + other.width <= one.x
    return beside or one.y + one.height <= other.y or other.y + other.height <= one.y


@pytest.mark.parametrize(("width", "height", "scale"), SIZES)
@pytest.mark.parametrize("panes", [("",), ("channel 1", "channel 2"), ("Overhead microphone, left", "2", "3", "4")])
@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize("said", [SAID[:3], SAID[2:], SAID[1:2]])
def test_banners_are_inside_the_picture_and_on_no_name_of_a_pane(width, height, scale, panes, downwards, said):
    banners = tuple(Banner(text, AMBER) for text in said)
    picture = Picture(width, height, scale, banners=banners, wanted=Wanted(panes, downwards=downwards))
    picture.columns = 300
    layout, found = picture.frame().layout, banners_of(picture)
    assert len(found) == len(said)
    names = [label for label in picture.scene().fixed.labels if label.size_px == round(12 * scale)]
    for area, lines in found:
        assert is_inside(area, layout.plots)
        assert 1 <= len(lines) <= 3
        assert all(is_inside(ink(line), area) for line in lines)
        assert all(apart(area, ink(name)) for name in names)
    assert all(apart(one[0], other[0]) for one, other in combinations(found, 2))


@pytest.mark.parametrize(
    ("width", "height", "scale"), [(240, 135, 1.0), (480, 270, 2.0), (320, 200, 1.0), (480, 180, 1.0)]
)
@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize("panes", [("",), ("channel 1", "channel 2")])
def test_in_the_smallest_window_it_can_be_read_that_it_stands_and_that_it_records(
    width, height, scale, panes, downwards
):
    banners = Banner("DEMO SIGNAL", AMBER), Banner("FROZEN  −12.3 s", AMBER)
    picture = Picture(width, height, scale, banners=banners, wanted=Wanted(panes, downwards=downwards), recorded_s=727)
    picture.columns = 300
    found = banners_of(picture)
    assert [[line.text for line in lines] for _, lines in found] == [
        ["● REC 0:12:07"],
        ["DEMO SIGNAL"],
        ["FROZEN  −12.3 s"],
    ]
    for area, (line,) in found:
        assert is_inside(area, Rect(0, 0, width, height))
        assert is_inside(ink(line), area)
    assert all(apart(one[0], other[0]) for one, other in combinations(found, 2))


@pytest.mark.parametrize("room_px", [150, 250, 400, 900])
def test_a_message_keeps_its_words_and_a_long_path_both_of_its_ends(room_px):
    assert " ".join(wrap(TROUBLE, room_px, 9)) == TROUBLE
    said = wrap(f"Saved {PATH}", room_px, 3)
    assert len(said) <= 3
    assert said[0].startswith("Saved")
    assert said[-1].endswith("55.png")
    assert "\N{HORIZONTAL ELLIPSIS}" in "".join(said) or room_px == 900
