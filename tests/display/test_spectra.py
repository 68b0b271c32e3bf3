"""The spectrum and the labels of its peaks stand for the sound of now."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livespec.core.scales import FrequencyAxis
from livespec.display.image import render
from livespec.display.layout import Wanted
from livespec.display.spectra import Spectra
from livespec.display.spectrum import HOLD_S, SpectrumFinder
from livespec.display.theme import DARK, pixels_of
from livespec.session.clock import Timeline
from livespec.session.columns import ColumnStore
from livespec.session.gap_index import Gap
from tests.support.pictures import BIN_HZ, BINS, ENGINE, HOP, RATE, Picture, noisy_levels
from tests.support.program import wait_until


@pytest.mark.parametrize(("late_s", "shown"), [(0.0, True), (0.2, True), (1.0, False)])
def test_what_has_stopped_coming_in_is_no_spectrum_of_now(late_s, shown):
    picture = Picture(800, 400, span_s=4.0, wanted=Wanted(spectrum=True))
    picture.add(noisy_levels(300))
    scene = picture.scene(-late_s * picture.frame().layout.panes[0].time_px / picture.span_s)
    spectra = Spectra()
    assert bool(spectra.graphs(scene, 1.0)) == shown
    assert bool(spectra.peaks(scene, 1.0).labels) == shown


@pytest.mark.parametrize("downwards", [False, True])
def test_no_line_of_the_scale_cuts_the_lines_of_the_sound(downwards):
    picture = Picture(800, 400, span_s=4.0, wanted=Wanted(spectrum=True, downwards=downwards))
    picture.add(noisy_levels(300))
    scene = picture.scene()
    scene = replace(scene, graphs=Spectra().graphs(scene, 1.0))
    (graph,) = scene.graphs
    shown, x, y = render(scene), graph.area.x, graph.area.y
    panel = shown[y : y + graph.area.height, x : x + graph.area.width]
    for colour in (DARK.accent, DARK.average):
        assert np.array_equal((panel == colour).all(axis=2), graph.pixels == pixels_of(colour))
    along = (panel == DARK.gap).all(axis=2).sum(axis=1 if downwards else 0)  # each line's pixels
    assert 3 <= np.count_nonzero(along) <= 6
    assert along.max() > 100


def test_what_is_filled_in_of_a_picture_that_stands_is_seen_beside_it_too():
    picture = Picture(800, 400, span_s=4.0, wanted=Wanted(spectrum=True))
    levels = noisy_levels(300)
    picture.store.append(200, levels[None, 200:], np.zeros(100, np.int64))
    picture.columns = 300
    spectra = Spectra()
    before = spectra.graphs(picture.scene(), 1.0)[0].pixels
    picture.store.append(0, levels[None, :200], np.zeros(200, np.int64))
    expected = Spectra().graphs(picture.scene(), 1.0)[0].pixels
    assert not np.array_equal(expected, before)
    wait_until(lambda: np.array_equal(spectra.graphs(picture.scene(), 1.0)[0].pixels, expected), "it is drawn anew")


@pytest.mark.parametrize(("fmin", "fmax", "labels"), [
    (40, 16_000, {100, 150, 200, 300, 400}),
    (550 * BIN_HZ, 650 * BIN_HZ, {600}),
])  # fmt: skip
def test_the_strongest_tones_of_what_is_in_view_have_labels(fmin, fmax, labels):
    levels = np.full((300, BINS), -120, np.float32)
    for bin_number, level in {100: -10, 150: -12, 200: -14, 300: -16, 400: -18, 600: -40}.items():
        levels[:, bin_number] = level
        levels[:, [bin_number - 1, bin_number + 1]] = level - 6  # as a window's main lobe
    picture = Picture(800, 600, span_s=3.0, axis=FrequencyAxis("log", fmin, fmax))
    picture.add(levels)
    shown = [label.text for label in Spectra().peaks(picture.scene(), 1.0).labels]
    hz = [float(text.split()[0]) * (1000 if "kHz" in text else 1) for text in shown]
    assert {round(one / BIN_HZ) for one in hz} == labels


@settings(max_examples=40)
@given(st.data())
def test_lines_are_the_highest_and_the_mean_power_of_the_last_seconds(data):
    pooled, channels = data.draw(st.sampled_from([1, 3])), data.draw(st.integers(1, 2))
    store = ColumnStore(ENGINE, 400 // pooled, pooled, shown=tuple(range(channels)))
    finder, timeline = SpectrumFinder(store), Timeline(RATE, live=True)
    columns = 0
    for seed in range(data.draw(st.integers(1, 6))):
        count = data.draw(st.integers(1, 130))
        levels = np.stack([noisy_levels(count, seed=7 * seed + channel) for channel in range(channels)])
        if data.draw(st.booleans()):
            levels[:, count // 2] = np.nan
        store.append(columns, levels, np.zeros(count, np.int64))
        columns += count
        if data.draw(st.booleans()):
            timeline.gaps = (*timeline.gaps, Gap(HOP * columns - data.draw(st.integers(0, 100)) * HOP, 1, "lost"))
            store.mark_gaps(timeline)
        held = round(HOLD_S * RATE / (HOP * pooled))
        for cell in data.draw(st.lists(st.integers(store.oldest, store.end - 1), max_size=4)):
            channel = data.draw(st.integers(0, channels - 1))
            cells = store.cells(max(store.oldest, cell + 1 - held), cell + 1, channel).astype(np.float64)
            there = cells[~np.isnan(cells[:, 0])]
            found = finder.at(cell, store.oldest, channel)
            assert np.array_equal(found.now, store.cells(cell, cell + 1, channel)[0], equal_nan=True)
            if len(there):
                assert np.array_equal(found.held, there.max(axis=0).astype(np.float32))
                mean = 10 * np.log10(np.mean(10 ** (there / 10), axis=0))
                assert np.abs(found.mean - mean).max() < 0.001
            else:
                assert np.isnan(found.held).all()
                assert np.isneginf(found.mean).all()
