"""What the pointer reads, against what was put into the picture."""

from dataclasses import replace

import numpy as np
import pytest

from livespec.core.bands import ChromaAxis
from livespec.core.peaks import Peak
from livespec.core.scales import FrequencyAxis
from livespec.display.cursor import crosshairs, overtones, read, reading_area, reading_box
from livespec.display.headless import HeadlessCanvas
from livespec.display.image import render
from livespec.display.layout import Rect, Wanted
from livespec.display.marks import joined, peak_labels
from livespec.display.scene import Banner, Furniture
from livespec.display.text import rasterise
from livespec.display.theme import AMBER, DARK
from livespec.session.columns import ColumnStore
from tests.support.pictures import BINS, ENGINE, HOP, RATE, Picture, noisy_levels

SPAN_S = 4.0


def picture_of(level, axis=None):
    """Columns that are alike, but for one a second before the newest, ten decibels louder."""
    picture = Picture(span_s=SPAN_S, axis=axis or FrequencyAxis("log", 40.0, 16_000.0))
    columns = np.full((round(SPAN_S * RATE / HOP), BINS), level, np.float32)
    columns[-round(RATE / HOP) - 1] += 10
    picture.add(columns)
    return picture, picture.scene()


def test_it_reads_frequency_note_level_and_time():
    _, scene = picture_of(-50)
    plot = scene.plot
    x = plot.x + plot.width - 1 - round(plot.width / SPAN_S)
    y = plot.y + plot.height - 1 - int(float(scene.axis.place(440)) * plot.height)
    found = read(scene, x, y)
    assert found.hz == pytest.approx(440, rel=0.02)
    assert found.pitch_class.startswith("A4 ")
    assert found.level == pytest.approx(-40)
    assert found.before_s == pytest.approx(1, abs=SPAN_S / plot.width)
    assert read(scene, x - 20, y).level == pytest.approx(-50)
    assert "\N{MINUS SIGN}40.0 dBFS" in found.text("dBFS")
    assert found.text("dBFS").endswith(f"\N{MINUS SIGN}{found.before_s:.2f} s")


@pytest.mark.parametrize(("dx", "dy"), [(-1, 0), (0, -1), (10_000, 0), (0, 10_000)])
def test_outside_of_the_picture_there_is_nothing_to_read(dx, dy):
    _, scene = picture_of(-50)
    assert read(scene, scene.plot.x + dx, scene.plot.y + dy) is None


def test_where_no_sound_is_no_level_is_read():
    picture = Picture(span_s=SPAN_S)
    picture.add(np.full((100, BINS), -200, np.float32))
    scene = picture.scene()
    plot = scene.plot
    empty = read(scene, plot.x + 2, plot.y + 2)
    assert empty.level is None
    assert "dBFS" not in empty.text("dBFS")
    silent = read(scene, plot.x + plot.width - 9, plot.y + 2)
    assert "silence" in silent.text("dBFS")


def test_chroma_has_pitch_classes():
    picture = Picture(span_s=SPAN_S, axis=ChromaAxis())
    picture.store = ColumnStore(ENGINE, 400, bins=12)
    picture.add(np.tile(np.arange(-12, 0, dtype=np.float32), (100, 1)))
    scene = picture.scene()
    plot = scene.plot
    y = plot.y + plot.height - 1 - int(9.5 / 12 * plot.height)
    found = read(scene, plot.x + plot.width - 20, y)
    assert (found.hz, found.pitch_class, found.level) == (None, "A", -3)


@pytest.mark.parametrize(("across", "down"), [(0.5, 0.5), (0.001, 0.001), (0.999, 0.999)])
def test_the_gpu_draws_what_the_cpu_draws_and_the_reading_stays_inside(across, down):
    picture = Picture(span_s=SPAN_S)
    picture.add(noisy_levels(400))
    scene = picture.scene()
    plot = scene.plot
    x, y = plot.x + int(across * plot.width), plot.y + int(down * plot.height)
    text = read(scene, x, y).text("dBFS")
    over = joined(crosshairs(scene, x, y, 1.0), reading_box(scene, text, x, y, 1.0))
    area = over.boxes[-1]
    assert plot.x <= area.x
    assert area.x + area.width <= plot.x + plot.width
    assert plot.y <= area.y
    assert area.y + area.height <= plot.y + plot.height
    scene = replace(scene, over=over)
    drawn = render(scene)
    assert (drawn[y, plot.x + 1] == DARK.strong).all()
    canvas = HeadlessCanvas(picture.width, picture.height)
    try:
        apart = np.abs(canvas.render(scene).astype(int) - drawn).max(axis=2) > 2
    finally:
        canvas.close()
    assert apart.mean() <= 0.001


@pytest.mark.parametrize(("width", "height"), [(480, 320), (640, 400)])
@pytest.mark.parametrize("downwards", [False, True])
def test_a_reading_is_in_the_picture_beside_the_pointer_and_under_no_banner(width, height, downwards):
    banners = Banner("DEMO SIGNAL", AMBER), Banner("FROZEN  −1.0 s", AMBER)
    picture = Picture(width, height, span_s=SPAN_S, banners=banners, wanted=Wanted(downwards=downwards))
    picture.columns = 300
    scene = picture.scene()
    plot, text = scene.plot, "4.3771 kHz  ·  C#8 −23 ct  ·  −156.4 dBFS  ·  −4.59 s"
    for x in range(plot.x, plot.x + plot.width, 7):
        for y in range(plot.y, plot.y + plot.height, 7):
            area = reading_area(scene, text, x, y, 1.0)
            (label,) = reading_box(scene, text, x, y, 1.0).labels
            assert rasterise(text, label.size_px, bold=False).shape[1] < area.width
            assert Rect(0, plot.y, width, plot.height).holds(area.x, area.y)
            assert area.x + area.width <= width
            assert not area.holds(x, y)
            assert not any(area.meets(Rect(*box[:4])) for box in scene.said.boxes)


def test_readings_without_end_leave_every_other_label_as_it_was():
    """Each is another text: the atlas of labels is full after a while, and begins anew."""
    picture = Picture(1280, 800, scale=2.0, span_s=SPAN_S)
    picture.add(noisy_levels(400))
    scene = picture.scene()
    canvas = HeadlessCanvas(picture.width, picture.height)
    try:
        generations = set()
        for number in range(300):
            text = f"{number} \N{MIDDLE DOT} a reading of its own, as long as they are"
            over = joined(crosshairs(scene, 600, 400, 2.0), reading_box(scene, text, 600, 400, 2.0))
            fixed = Furniture(scene.fixed.boxes, (*scene.fixed.labels, over.labels[0]._replace(y=700)))
            shown = replace(scene, fixed=fixed, over=over)
            drawn = canvas.render(shown)
            if canvas.canvas._atlas.generation not in generations or number % 50 == 0:
                generations.add(canvas.canvas._atlas.generation)
                apart = np.abs(drawn.astype(int) - render(shown)).max(axis=2) > 2
                assert apart.mean() <= 0.001, number
        assert len(generations) > 2
    finally:
        canvas.close()


@pytest.mark.parametrize(
    ("width", "height", "scale"), [(480, 320, 1.0), (900, 600, 1.0), (240, 135, 1.0), (1280, 800, 2.0)]
)
@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize("panes", [("",), ("channel 1", "channel 2")])
@pytest.mark.parametrize("hz", [60, 110, 440, 1500])
@pytest.mark.parametrize("banners", [(), (Banner("TRIGGERED  1", AMBER), Banner("FROZEN  −10.0 s", AMBER))])
def test_numbers_of_overtones_lie_on_nothing_and_each_on_its_line(width, height, scale, downwards, panes, hz, banners):
    axis = FrequencyAxis("log", 40.0, 16_000.0)
    wanted = Wanted(panes, downwards=downwards)
    picture = Picture(width, height, scale, SPAN_S, axis=axis, wanted=wanted, banners=banners)
    picture.columns = 300
    scene = picture.scene()
    pane = scene.layout.panes[0]
    at = pane.box(pane.time_px // 3, float(axis.place(hz)) * pane.frequency_px, 1, 1)
    reading = reading_area(scene, "440.00 Hz  ·  A4 +0 ct  ·  −20.0 dBFS", at.x, at.y, scale)
    shown = overtones(scene, at.x, at.y, scale, reading)
    lines, numbers = (
        [Rect(*box[:4]) for box in shown.boxes if (box.colour == DARK.background) == of_numbers]
        for of_numbers in (False, True)
    )
    assert lines
    assert len(numbers) == len(shown.labels)
    peaks = peak_labels(scene, pane, [Peak(number * hz, -20.0, 0.0) for number in (1, 2, 3)], scale)
    names = [box for box in scene.fixed.boxes if box.colour == DARK.background] if any(panes) else []
    others = [reading] if width < 480 else [reading, *(Rect(*box[:4]) for box in (*peaks.boxes[::2], *names))]
    others += [Rect(*box[:4]) for box in scene.said.boxes]
    for number, (area, label) in enumerate(zip(numbers, shown.labels, strict=True)):
        assert area.within(pane.area) == area
        mask = rasterise(label.text, label.size_px, bold=False)
        assert int(mask.any(axis=0).sum()) <= area.width - 2
        line = lines[int(label.text[:-1]) - 2]
        assert area.meets(line)
        assert not any(area.meets(other) for other in (*numbers[:number], *others))
    assert banners or "2\N{MULTIPLICATION SIGN}" in [label.text for label in overtones(scene, at.x, at.y, scale).labels]
