"""The spectrum and the labels of its peaks stand for the sound of now."""

import pytest

from livespec.display.layout import Wanted
from livespec.display.spectra import Spectra
from tests.support.pictures import Picture, noisy_levels


@pytest.mark.parametrize(("late_s", "shown"), [(0.0, True), (0.2, True), (1.0, False)])
def test_what_has_stopped_coming_in_is_no_spectrum_of_now(late_s, shown):
    picture = Picture(800, 400, span_s=4.0, wanted=Wanted(spectrum=True))
    picture.add(noisy_levels(300))
    scene = picture.scene(-late_s * picture.frame().layout.panes[0].time_px / picture.span_s)
    spectra = Spectra()
    assert bool(spectra.graphs(scene)) == shown
    assert bool(spectra.peaks(scene, 1.0).labels) == shown
