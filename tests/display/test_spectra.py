"""The spectrum and the labels of its peaks stand for the sound of now."""

import numpy as np
import pytest

from livespec.core.scales import FrequencyAxis
from livespec.display.layout import Wanted
from livespec.display.spectra import Spectra
from tests.support.pictures import BIN_HZ, BINS, Picture, noisy_levels


@pytest.mark.parametrize(("late_s", "shown"), [(0.0, True), (0.2, True), (1.0, False)])
def test_what_has_stopped_coming_in_is_no_spectrum_of_now(late_s, shown):
    picture = Picture(800, 400, span_s=4.0, wanted=Wanted(spectrum=True))
    picture.add(noisy_levels(300))
    scene = picture.scene(-late_s * picture.frame().layout.panes[0].time_px / picture.span_s)
    spectra = Spectra()
    assert bool(spectra.graphs(scene)) == shown
    assert bool(spectra.peaks(scene, 1.0).labels) == shown


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
