"""The picture on the GPU (EGL, without a screen) against the CPU's, and both against what they should show."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from livespec.core.bands import ChromaAxis, MelBandAxis
from livespec.core.quantity import RAW, LevelQuantity, level_quantity
from livespec.core.scales import FrequencyAxis
from livespec.core.stft import Engine
from livespec.display.colormaps import colormap
from livespec.display.cursor import crosshairs, overtones, reading_box
from livespec.display.furniture import end_of_times, fixed_furniture, time_marks
from livespec.display.headless import HeadlessCanvas
from livespec.display.image import colour_cells, render
from livespec.display.layout import Wanted
from livespec.display.marks import joined
from livespec.display.scene import LONGEST_LABEL_PX, Banner, Palette
from livespec.display.spectra import Spectra
from livespec.display.text import rasterise
from livespec.display.theme import AMBER, DARK, LIGHT, PITCH, RED
from livespec.session.columns import ColumnStore
from livespec.session.gap_index import Gap
from livespec.settings import Settings
from tests.support.pictures import BIN_HZ, BINS, ENGINE, HOP, N_FFT, RATE, Picture, noisy_levels
from tests.support.signals import white_noise

AXES = {
    "linear": FrequencyAxis("linear", 0.0, 16_000.0),
    "log": FrequencyAxis("log", 20.0, 24_000.0),
    "mel": FrequencyAxis("mel", 40.0, 16_000.0),
    "bass": FrequencyAxis("mel", 40.0, 400.0),  # rows much finer than bins
}
BANNERS = (Banner("DEMO SIGNAL", AMBER), Banner("FROZEN  −1.0 s", RED))


def share_that_differs(one, other):
    """Share of pixels that are more than 2/255 apart in some colour."""
    assert one.shape == other.shape
    return np.mean(np.abs(one.astype(int) - other.astype(int)).max(axis=2) > 2)


def on_gpu(picture, scene, canvas=None):
    made = canvas or HeadlessCanvas(picture.width, picture.height)
    try:
        return made.render(scene)
    finally:
        if canvas is None:
            made.close()


@pytest.fixture
def canvas():
    made = HeadlessCanvas(640, 400)
    yield made
    made.close()


# ---- golden ----


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(
    ("width", "height", "scale", "span_s", "beside_px"),
    [
        (480, 320, 1.0, 3.0, 0.0),
        (640, 400, 1.0, 30.0, 0.4),  # several columns share a pixel
        (1280, 800, 2.0, 1.0, 5.7),  # a column is many pixels wide
    ],
)
def test_the_gpu_draws_what_the_cpu_draws(axis, width, height, scale, span_s, beside_px):
    columns = int(span_s * RATE / HOP * 1.7)  # past the end of the ring of columns
    middle = int((columns - 0.5 * span_s * RATE / HOP) * HOP) + 77
    picture = Picture(
        width, height, scale, span_s, axis=AXES[axis], banners=BANNERS, gaps=((middle, int(0.05 * span_s * RATE)),)
    )
    assert (picture.pooled > 1) == (span_s == 30.0)
    picture.add(noisy_levels(columns))
    scene = picture.scene(beside_px)
    assert len(scene.runs) == 2
    assert share_that_differs(on_gpu(picture, scene), render(scene)) <= 0.001


LAYOUTS = {
    "downwards": Wanted(downwards=True),
    "downwards with all": Wanted(("channel 1", "channel 2", "channel 5"), downwards=True, spectrum=True, piano=True),
    "panes": Wanted(("channel 1", "channel 2", "channel 5"), spectrum=True, piano=True),
    "spectrum": Wanted(spectrum=True),
}


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("wanted", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("size", [(760, 560, 1.0), (1500, 1000, 2.0)])
def test_the_gpu_draws_every_layout_in_both_themes_as_the_cpu_does(wanted, theme, size):
    picture = Picture(*size, gaps=((100_000, 20_000),), wanted=wanted, theme=theme)
    channels = len(wanted.panes)
    picture.store = ColumnStore(ENGINE, 500, shown=tuple(range(channels)))
    levels = np.stack([noisy_levels(400, seed=channel) for channel in range(channels)])
    picture.store.append(0, levels, np.zeros(400, np.int64))
    picture.columns = 400
    picture.store.mark_gaps(picture.timeline)
    scene = picture.scene(0.4)
    scene = replace(scene, graphs=Spectra().graphs(scene, picture.scale))
    assert bool(scene.graphs) == wanted.spectrum
    shown = on_gpu(picture, scene)
    assert share_that_differs(shown, render(scene)) <= 0.001
    for pane in scene.layout.panes:  # the newest column of each channel is at its newest edge
        edge = pane.box(pane.time_px - 1, 0, 1, pane.frequency_px)
        seen = shown[edge.y : edge.y + edge.height, edge.x : edge.x + edge.width].reshape(-1, 3)
        newest = levels[pane.channel, -1:]
        expected = colour_cells(
            picture.axis.rows(pane.frequency_px, BINS, BIN_HZ).apply(newest), picture.palette, theme.gap
        )
        expected = expected[0] if wanted.downwards else expected[0, ::-1]
        assert np.median(np.abs(seen.astype(int) - expected).max(axis=1)) < 60


@pytest.mark.parametrize("axis", [MelBandAxis.of(40.0, 16_000.0), ChromaAxis()])
@pytest.mark.parametrize("beside_px", [0.0, 0.4])
def test_the_gpu_draws_bands_as_the_cpu_does(axis, beside_px):
    picture = Picture(span_s=2.0, axis=axis)
    bands = 128 if isinstance(axis, MelBandAxis) else 12
    picture.store = ColumnStore(ENGINE, 300, bins=bands)
    picture.add(noisy_levels(400)[:, 15 : 15 + bands])
    scene = picture.scene(beside_px)
    assert share_that_differs(on_gpu(picture, scene), render(scene)) <= 0.001


@pytest.mark.parametrize("axis", [*AXES.values(), ChromaAxis()])
@pytest.mark.parametrize("span_s", [2.0, 30.0])
def test_the_pitch_lies_where_the_axis_says(axis, span_s):
    picture = Picture(span_s=span_s, axis=axis)
    hz = 100 * 2 ** (np.arange(round(span_s * RATE / HOP)) / 200 * 2 / span_s).astype(np.float32)
    hz[::7] = np.nan
    picture.add(np.full((len(hz), BINS), -100, np.float32), hz)
    scene = picture.scene(0.3)
    drawn = render(scene)
    assert share_that_differs(on_gpu(picture, scene), drawn) <= 0.001
    plot = scene.plot
    lit = (drawn == np.array(PITCH)).all(axis=2)[plot.y : plot.y + plot.height, plot.x : plot.x + plot.width]
    (run,) = scene.runs
    places = []
    for x in np.flatnonzero(lit.any(axis=0)):
        cell = run.cell_at(x + 0.5)
        expected = axis.place(picture.store.pitch_hz(round(cell), round(cell) + 1))[0]
        places.append(abs(plot.height - 1 - np.flatnonzero(lit[:, x]).mean() - expected * plot.height))
    assert len(places) > 100
    assert np.median(places) < 2


def test_the_gpu_draws_what_the_cpu_draws_on_a_4k_screen():
    picture = Picture(3840, 2160, 2.0, 10.0, banners=BANNERS, gaps=((300_000, 20_000),))
    picture.add(noisy_levels(1000))
    scene = picture.scene(0.3)
    assert share_that_differs(on_gpu(picture, scene), render(scene)) <= 0.001


def test_the_first_and_the_newest_column_keep_their_colour_up_to_their_edges():
    picture = Picture(1280, 800, 2.0, 1.0)  # a column is some 10 pixels wide
    levels = np.full((40, BINS), -100, np.float32)
    levels[[0, -1]] = 0
    picture.add(levels)
    scene = picture.scene(beside_px=-8.0)
    shown = on_gpu(picture, scene)
    assert share_that_differs(shown, render(scene)) <= 0.001
    (run,) = scene.runs
    for x in (scene.plot.x + round(run.t0) + 1, scene.plot.x + round(run.t1) - 2):
        assert shown[scene.plot.y + 100, x].tolist() == picture.palette.colours[-1].tolist()


@pytest.mark.parametrize(("height", "keys"), [(300, False), (900, True)])
def test_a_piano_has_keys_or_where_they_would_be_too_narrow_octaves(height, keys):
    picture = Picture(640, height, axis=FrequencyAxis("semitone", 40.0, 16_000.0), wanted=Wanted(piano=True))
    picture.columns = 300
    scene = picture.scene()
    (strip,) = scene.layout.pianos
    shown = render(scene)[strip.y : strip.y + strip.height, strip.x : strip.x + strip.width].astype(int).sum(axis=2)
    at_its_edge, at_the_picture = shown[:, 1], shown[:, -2]
    assert (at_the_picture.min() < 100) == keys  # black ones
    assert np.count_nonzero(at_its_edge < 600) >= 8


def test_one_pixel_aside_is_another_picture():
    picture = Picture()
    picture.add(noisy_levels(700))
    shown = render(picture.scene())
    assert share_that_differs(shown, render(picture.scene(1.0))) > 0.1  # what golden tests see


# ---- from frame to frame ----


def in_a_ring(cells, pooled=1):
    """A picture that fills a small ring again and again."""
    picture = Picture(span_s=0.6 * cells * pooled * HOP / RATE)
    picture.store, picture.pooled = ColumnStore(ENGINE, cells, pooled), pooled
    return picture


@pytest.mark.parametrize("pooled", [1, 3])
def test_frame_by_frame_and_in_another_look_it_is_what_the_cpu_draws(canvas, pooled):
    picture, rng = in_a_ring(60, pooled), np.random.default_rng(1)
    picture.add(noisy_levels(4))
    for number in range(150):
        levels = noisy_levels(int(rng.integers(0, 3 * pooled)) + (40 if number == 70 else 0), seed=number)
        levels[rng.random(len(levels)) < 0.05] = np.nan
        picture.add(levels)
        if number % 7 == 6:
            picture.palette = replace(picture.palette, low=float(rng.integers(-110, -60)))
        if number % 31 == 30:
            picture.axis = AXES[sorted(AXES)[number % len(AXES)]]
        if number % 41 == 40:
            picture.quantity = replace(RAW, offset_db=rng.uniform(-6, 6, BINS).astype(np.float32))
        scene = picture.scene(0.25)
        assert share_that_differs(on_gpu(picture, scene, canvas), render(scene)) <= 0.001, number
    assert picture.store.end > 2 * picture.store.capacity


def test_cells_that_gave_way_to_older_ones_and_came_again_are_those_of_now(canvas):
    picture = in_a_ring(100)

    def shown_after(first, count, level):
        picture.store.append(first, np.full((1, count, BINS), level, np.float32), np.zeros(count, np.int64))
        picture.columns = picture.store.end
        scene = picture.scene()
        return share_that_differs(on_gpu(picture, scene, canvas), render(scene))

    assert shown_after(200, 100, -20.0) <= 0.001
    assert shown_after(190, 10, -20.0) <= 0.001  # for which the newest ten give way
    assert shown_after(290, 1, -80.0) <= 0.001
    assert shown_after(291, 29, -80.0) <= 0.001
    picture.palette = replace(picture.palette)
    assert share_that_differs(on_gpu(picture, picture.scene(), canvas), render(picture.scene())) <= 0.001


@pytest.mark.parametrize("pooled", [1, 2])
def test_a_layer_that_holds_shows_what_it_had_in_any_look(canvas, pooled):
    picture = in_a_ring(100, pooled)
    picture.add(noisy_levels(150))
    on_gpu(picture, picture.scene(), canvas)
    picture.add(noisy_levels(5, seed=2))
    scene = picture.scene()
    (layer,) = scene.layers
    held = replace(scene, layers=(layer._replace(shown=layer.shown._replace(hold=True)),))
    before = on_gpu(picture, scene, canvas)
    uploaded = [0]
    for count in (0, 1, 1, 300):
        picture.add(noisy_levels(count, seed=3) + 30)
        assert share_that_differs(on_gpu(picture, held, canvas), before) == 0
        uploaded.append(canvas.canvas.uploaded_bytes)
        held = replace(held, palette=replace(held.palette))
    assert uploaded[-1] == uploaded[1]


# ---- what a frame uploads ----


@pytest.mark.parametrize("span_s", [3.0, 30.0])
def test_frames_upload_the_new_columns_alone(canvas, span_s):
    picture = Picture(span_s=span_s)
    picture.add(noisy_levels(1000))
    on_gpu(picture, picture.scene(), canvas)
    waterfall = canvas.canvas
    of_a_cell = 4 * (BINS + picture.frame().layout.panes[0].frequency_px)  # its levels, and its colours
    begun_at, cells_at_begin, frames = waterfall.uploaded_bytes, picture.store.end, 0
    for count in (1, 5, 0, 0, 37, 64, *20 * [1], 2):
        before, cells_before = waterfall.uploaded_bytes, picture.store.end
        picture.add(noisy_levels(count, seed=count))
        shown = on_gpu(picture, picture.scene(0.25), canvas)
        frames += 1
        # Levels are sent when some cells have gathered; a cell that pools several columns is sent again while it fills.
        new = picture.store.end - cells_before + (picture.pooled > 1)
        assert waterfall.uploaded_bytes - before <= (new + 17) * of_a_cell
        assert share_that_differs(shown, render(picture.scene(0.25))) <= 0.001
    cells = picture.store.end - cells_at_begin
    assert (cells - 17) * 4 * BINS <= waterfall.uploaded_bytes - begun_at
    assert waterfall.uploaded_bytes - begun_at <= (cells + frames * (picture.pooled > 1)) * of_a_cell


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: {"axis": AXES["linear"]},
        lambda picture: {"axis": AXES["bass"]},
        lambda picture: {"palette": replace(picture.palette, low=-60.0, high=-5.0)},
        lambda picture: {"palette": replace(picture.palette, colours=colormap("viridis"))},
    ],
)
def test_another_scale_range_or_colour_map_holds_for_all_history_in_the_next_frame_without_an_upload(canvas, change):
    picture = Picture()
    picture.add(noisy_levels(1000))
    before = on_gpu(picture, picture.scene(), canvas)
    uploaded = canvas.canvas.uploaded_bytes
    for key, value in change(picture).items():
        setattr(picture, key, value)
    shown = on_gpu(picture, picture.scene(), canvas)
    assert canvas.canvas.uploaded_bytes == uploaded
    assert share_that_differs(shown, render(picture.scene())) <= 0.001
    assert share_that_differs(shown, before) > 0.3


def test_another_height_needs_no_upload_either():
    canvas = HeadlessCanvas(1280, 800)
    picture = Picture()
    picture.add(noisy_levels(1000))
    on_gpu(picture, picture.scene(), canvas)
    uploaded = canvas.canvas.uploaded_bytes
    picture.height = 700
    shown = on_gpu(picture, picture.scene(), canvas)
    canvas.close()
    assert canvas.canvas.uploaded_bytes == uploaded
    assert share_that_differs(shown, render(picture.scene())) <= 0.001


def test_a_gap_that_is_found_late_is_drawn_over_what_stood_there(canvas):
    picture = Picture()
    picture.add(noisy_levels(700))
    on_gpu(picture, picture.scene(), canvas)
    picture.timeline.gaps = (Gap(500 * HOP + 100, 20_000, "lost"),)
    picture.store.mark_gaps(picture.timeline)
    shown = on_gpu(picture, picture.scene(), canvas)
    assert share_that_differs(shown, render(picture.scene())) <= 0.001


def test_another_store_takes_the_place_of_the_old_one(canvas):
    picture = Picture()
    picture.add(noisy_levels(700))
    on_gpu(picture, picture.scene(), canvas)
    longer = Picture(span_s=20.0)
    longer.add(noisy_levels(2000, seed=2))
    shown = on_gpu(longer, longer.scene(), canvas)
    assert share_that_differs(shown, render(longer.scene())) <= 0.001


@pytest.mark.parametrize("n_fft", [1 << 15, 1 << 16])
@pytest.mark.parametrize("axis", ["linear", "bass"])
@pytest.mark.parametrize("largest", [None, 2048])
def test_no_bin_of_a_long_window_is_lost_where_a_line_of_texels_is_shorter(canvas, n_fft, axis, largest):
    """Textures end at 16,384 or 32,768 texels: such windows have one bin more, or twice as many."""
    if largest is not None:
        canvas.canvas._largest = largest
    engine = Engine(Settings(n_fft=n_fft, hop=HOP * 20, weighting="A"), RATE)
    picture = Picture(axis=AXES[axis], quantity=level_quantity(engine, None))
    picture.store = ColumnStore(engine, 100)
    levels = white_noise(50 * engine.bins, rms=20, seed=3).reshape(50, -1) - 50
    picture.store.append(0, levels[None], np.zeros(50, np.int64))
    picture.columns = 50
    scene = picture.scene(0.4)
    assert share_that_differs(canvas.render(scene), render(scene)) <= 0.001


def test_more_bins_than_the_gpu_takes_still_show_a_tone_where_it_is(canvas):
    canvas.canvas._largest = 2048
    n_fft, picture = 1 << 17, Picture(axis=AXES["linear"])
    picture.store = ColumnStore(Engine(Settings(n_fft=n_fft, hop=HOP * 20), RATE), 100)
    levels = np.full((50, n_fft // 2 + 1), -100, np.float32)
    tone_hz = 5_000.0
    levels[:, round(tone_hz / (RATE / n_fft))] = 0
    picture.store.append(0, levels[None], np.zeros(50, np.int64))
    picture.columns = 50
    scene = picture.scene()
    shown = canvas.render(scene)
    assert lit_row(shown, scene) == pytest.approx(row_of(tone_hz, scene), abs=1)


# ---- what the picture shows ----


def row_of(hz, scene):
    """Pixels from the bottom of the plot."""
    return float(scene.axis.place(hz)) * scene.plot.height - 0.5


def lit_row(pixels, scene, beside=20):
    """The brightest row of a column near the right edge, in pixels from the bottom of the plot."""
    column = pixels[scene.plot.y : scene.plot.y + scene.plot.height, scene.plot.x + scene.plot.width - beside]
    brightness = column.astype(int).sum(axis=1)[::-1]
    return float(np.flatnonzero(brightness == brightness.max()).mean())


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("number", [3, 12, 60, 300, 650])
@pytest.mark.parametrize("renderer", ["cpu", "gpu"])
def test_a_tone_lights_the_row_where_the_axis_says_it_is(axis, number, renderer, canvas):
    hz = number * BIN_HZ
    picture = Picture(axis=AXES[axis], palette=Palette(colormap("gray"), -100.0, 0.0))
    if not picture.axis.fmin < hz < picture.axis.fmax:
        hz = number % 14 * BIN_HZ + 3 * BIN_HZ
    levels = np.full((700, BINS), -100, np.float32)
    levels[:, round(hz / BIN_HZ)] = 0
    picture.add(levels)
    scene = picture.scene()
    shown = render(scene) if renderer == "cpu" else on_gpu(picture, scene, canvas)
    half_a_bin = (row_of(hz + BIN_HZ / 2, scene) - row_of(hz - BIN_HZ / 2, scene)) / 2
    assert lit_row(shown, scene) == pytest.approx(row_of(hz, scene), abs=max(1, half_a_bin))


def test_a_level_has_the_colour_that_the_bar_gives_it():
    picture = Picture(palette=Palette(colormap("gray"), -100.0, 0.0))
    picture.add(np.full((700, BINS), -40, np.float32))
    scene = picture.scene()
    pixels = render(scene)
    inside = pixels[scene.plot.y + 50, scene.plot.x + 100]
    assert inside.tolist() == colormap("gray")[round(0.6 * 255)].tolist()


@pytest.mark.parametrize("renderer", ["cpu", "gpu"])
def test_an_offset_of_each_bin_moves_its_level_and_no_gap(renderer, canvas):
    offsets = np.linspace(-60, 60, BINS).astype(np.float32)
    axis = FrequencyAxis("linear", 0, (BINS - 1) * BIN_HZ)
    palette = Palette(colormap("gray"), -100.0, 0.0)
    moved = Picture(axis=axis, palette=palette, quantity=LevelQuantity("dB", "", offsets))
    plain = Picture(axis=axis, palette=palette)
    levels = np.full((700, BINS), -70, np.float32)
    levels[300:320] = np.nan
    moved.add(levels)
    plain.add(levels + offsets)

    def shown(picture):
        scene = picture.scene()
        return render(scene) if renderer == "cpu" else on_gpu(picture, scene, canvas)

    assert share_that_differs(shown(moved), shown(plain)) <= 0.001


def test_a_click_lies_in_the_picture_where_its_time_says():
    picture = Picture(palette=Palette(colormap("gray"), -100.0, 0.0))
    levels = np.full((700, BINS), -100, np.float32)
    levels[600] = 0
    picture.add(levels)
    scene = picture.scene()
    pixels = render(scene)
    row = pixels[scene.plot.y + 100, scene.plot.x : scene.plot.x + scene.plot.width].astype(int).sum(axis=1)
    lit = np.flatnonzero(row == row.max()).mean() + 0.5
    end_s = (699 * HOP + N_FFT / 2) / RATE
    expected = (1 - (end_s - (600 * HOP + N_FFT / 2) / RATE) / picture.span_s) * scene.plot.width
    assert lit == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("renderer", ["cpu", "gpu"])
def test_a_hole_is_drawn_to_scale_and_hatched_and_no_level_is_made_up_in_it(renderer, canvas):
    hole_s = 1.0
    picture = Picture(gaps=((500 * HOP, round(hole_s * RATE)),))
    picture.add(np.full((700, BINS), -40, np.float32))
    scene = picture.scene()
    pixels = render(scene) if renderer == "cpu" else on_gpu(picture, scene, canvas)
    line = pixels[scene.plot.y + 150, scene.plot.x : scene.plot.x + scene.plot.width]
    gap = np.all(line == DARK.gap, axis=1) | np.all(line == DARK.gap_stroke, axis=1)
    first, last = np.flatnonzero(gap)[[0, -1]]
    assert gap[first : last + 1].all()
    # The hole, and on each side the windows that would reach over it: half a window, to whole columns and pixels.
    per_s = scene.plot.width / picture.span_s
    expected = (hole_s + (N_FFT - HOP) / RATE) * per_s
    assert last + 1 - first == pytest.approx(expected, abs=HOP / RATE * per_s + 2)
    assert np.any(np.all(line == DARK.gap_stroke, axis=1))


def test_the_picture_before_the_first_column_has_its_axes_and_no_sound():
    picture = Picture()
    picture.columns = 1
    picture.store.end = 0
    pixels = on_gpu(picture, picture.scene())
    assert share_that_differs(pixels, render(picture.scene())) <= 0.001
    assert np.any(np.all(pixels == DARK.background, axis=2))


@pytest.mark.parametrize("wanted", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("size", [(480, 320, 1.0), (240, 135, 1.0), (900, 600, 2.0)])
def test_what_is_said_lies_over_peaks_and_the_pointer(wanted, size):
    picture = Picture(*size, banners=BANNERS, wanted=wanted)
    picture.store = ColumnStore(ENGINE, 500, shown=tuple(range(len(wanted.panes))))
    picture.store.append(0, np.stack([noisy_levels(400)] * len(wanted.panes)), np.zeros(400, np.int64))
    picture.columns = 400
    scene = picture.scene()
    banner = scene.said.boxes[-1]
    parts = [Spectra().peaks(scene, size[2])]
    for x, y in ((banner.x, banner.y), (banner.x + banner.width - 2, banner.y + banner.height - 2)):
        text = "440.00 Hz  ·  A4 +0 ct  ·  −20.0 dBFS"
        parts += [crosshairs(scene, x, y, size[2]), overtones(scene, x, y, size[2])]
        parts.append(reading_box(scene, text, x, y, size[2]))
    over = replace(scene, over=joined(*parts))
    shown, alone = render(over), render(scene)
    for box in scene.said.boxes:
        area = slice(box.y, box.y + box.height), slice(box.x, box.x + box.width)
        assert (shown[area] == alone[area]).all()
    assert share_that_differs(on_gpu(picture, over), shown) <= 0.001


def ink(label):
    """Left, top, right, bottom of what a label really covers."""
    mask = rasterise(label.text, label.size_px, bold=label.bold)
    rows, columns = np.flatnonzero(mask.max(axis=1)), np.flatnonzero(mask.max(axis=0))
    left, top = label.left(mask.shape[1]), label.y - mask.shape[0] // 2
    return left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1


@pytest.mark.parametrize(
    ("width", "height", "scale"),
    [(480, 320, 1.0), (640, 400, 1.0), (1280, 800, 1.0), (1920, 1080, 1.5), (3840, 2160, 1.0), (3840, 2160, 2.0)],
)
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("span_s", [0.1, 1.0, 10.0, 600.0])
@pytest.mark.parametrize("unit", ["dBFS", "dBFS rms A/Hz"])
def test_no_label_lies_on_another_or_outside_the_picture(width, height, scale, axis, span_s, unit):
    quantity = LevelQuantity(unit, "", RAW.offset_db)
    assert_labels_have_room(Picture(width, height, scale, span_s, axis=AXES[axis], quantity=quantity))


@pytest.mark.parametrize(("width", "height", "scale"), [(640, 400, 1.0), (1280, 800, 1.0), (3840, 2160, 2.0)])
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize("panes", [2, 3])
def test_no_label_of_a_pane_lies_on_its_neighbours(width, height, scale, axis, downwards, panes):
    wanted = Wanted(tuple(f"channel {n}" for n in range(panes)), downwards=downwards)
    assert_labels_have_room(Picture(width, height, scale, 10.0, axis=AXES[axis], wanted=wanted))


@pytest.mark.parametrize(("width", "height", "scale"), [(480, 270, 1.0), (1400, 900, 1.5), (3840, 2160, 2.0)])
@pytest.mark.parametrize("span_s", [0.1, 0.2, 2.0, 6.0, 600.0])
@pytest.mark.parametrize("panes", [1, 8])
def test_where_time_runs_downwards_no_time_and_no_name_is_cut(width, height, scale, span_s, panes):
    wanted = Wanted(tuple(f"channel {1 + n}" for n in range(panes)), downwards=True)
    picture = Picture(width, height, scale, span_s, wanted=wanted)
    assert_labels_have_room(picture, least=3)
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d(\.\d+)?", label.text) for label in picture.scene().moving.labels)


@pytest.mark.parametrize(
    ("width", "height", "scale"), [(480, 320, 1.0), (736, 600, 1.0), (900, 600, 1.0), (1920, 1080, 1.5)]
)
@pytest.mark.parametrize("spectrum", [False, True])
@pytest.mark.parametrize("unit", ["dBFS", "dBFS rms A/Hz"])
@pytest.mark.parametrize("clock", [False, True])
def test_two_times_at_least_can_be_read_whatever_the_span_and_the_moment(width, height, scale, spectrum, unit, clock):
    quantity = LevelQuantity(unit, "", RAW.offset_db)
    frame = replace(
        Picture(width, height, scale, quantity=quantity, wanted=Wanted(spectrum=spectrum)).frame(), clock=clock
    )
    origin = 1_700_000_000.0 if clock else None
    end = end_of_times(frame, frame.layout)
    shortest = 0.1 if unit == "dBFS" or width > 480 else 0.16  # hundredths beside a unit that is as long as they are
    for span_s in (shortest, 0.2, 0.5, 1.8, 2.0, 2.3, 5.0, 9.0, 10.0, 20.0, 30.0, 60.0, 300.0, 600.0, 2400.0):
        for start_s in np.arange(1000, 1000 + span_s, span_s / 23):
            _, labels = time_marks(frame, frame.layout, start_s, span_s, origin, end)
            assert len(labels) >= 2, (span_s, start_s)
        ends = [ink(label) for label in labels]
        assert all(one[2] + 2 <= other[0] for one, other in pairwise(ends)), span_s
        under = [ink(label) for label in fixed_furniture(frame, frame.layout).labels if label.y > 0.9 * height]
        assert all(ends[-1][2] <= other[0] or other[2] <= ends[-1][0] or other[3] <= ends[-1][1] for other in under)


@pytest.mark.parametrize(("width", "height"), [(480, 320), (736, 600), (1280, 800)])
@pytest.mark.parametrize(
    "title", ["demo signal", "MMMM WWWW", "Remapped Monitor of Null Output", "Scarlett 2i2 USB " * 9]
)
def test_when_a_recording_begins_no_label_moves_and_it_is_told_of_beside_the_title(width, height, title):
    frame = replace(Picture().frame(), width=width, height=height, title=title)
    before, now = (
        fixed_furniture(replace(frame, recorded_s=seconds), frame.layout).labels for seconds in (None, 35_999)
    )
    (told,) = (label for label in now if label.text == "● REC 9:59:59")
    for label in now:
        same = [one for one in before if one._replace(text="") == label._replace(text="")]
        assert label is told or same
        assert label is told or ink(label)[2] < ink(told)[0] or ink(told)[2] < ink(label)[0] or ink(label)[1] > 36
    assert ink(told)[2] <= width


def test_names_of_low_panes_cover_little_of_them():
    names = (*(f"channel {n}" for n in range(1, 8)), "Vocals, left")
    scene = Picture(480, 270, wanted=Wanted(names)).frame()
    labels = fixed_furniture(scene, scene.layout).labels
    for pane, name in zip(scene.layout.panes, ("1", "2", "3", "4", "5", "6", "7", "Vocals, left"), strict=True):
        (label,) = (one for one in labels if pane.area.holds(one.x, one.y))
        left, top, right, bottom = ink(label)
        assert label.text == name
        assert pane.area.holds(left, top)
        assert pane.area.holds(right - 1, bottom - 1)
        assert right - left < 0.2 * pane.area.width


def assert_labels_have_room(picture, least=7):
    picture.columns = 300
    for beside_px in (0, 13, 47):
        scene = picture.scene(beside_px)
        boxes = [ink(label) for label in (*scene.fixed.labels, *scene.moving.labels)]
        assert len(boxes) >= least
        for number, (left, top, right, bottom) in enumerate(boxes):
            assert 0 <= left < right <= picture.width
            assert 0 <= top < bottom <= picture.height
            for other in boxes[number + 1 :]:
                assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


@pytest.mark.parametrize(("width", "scale"), [(900, 1.0), (1280, 1.0), (1280, 1.5), (2560, 2.0)])
def test_a_name_of_a_channel_that_is_too_long_is_shortened_and_nothing_else_of_the_settings(width, scale):
    subtitle = f"48 kHz  ·  {'Guitar amp close microphone, ' * 8}end  ·  4096 / 512 hann  ·  mel"
    frame = replace(Picture().frame(), width=width, height=800, scale=scale, title="A song.wav", subtitle=subtitle)
    title, settings = (
        label for label in fixed_furniture(frame, frame.layout).labels if label.text.startswith(("A song", "48 kHz"))
    )
    assert title.text == "A song.wav"
    assert settings.text.startswith("48 kHz  ·  Guitar")
    assert settings.text.endswith("end  ·  4096 / 512 hann  ·  mel")
    assert ink(title)[2] < ink(settings)[0]
    assert ink(settings)[2] - ink(settings)[0] <= LONGEST_LABEL_PX
