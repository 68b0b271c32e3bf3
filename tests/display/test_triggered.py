"""What met the trigger, as frames in the picture: where the sound was, live, frozen and further back."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel, QToolButton

from livespec.core.bands import ChromaAxis
from livespec.core.scales import FrequencyAxis
from livespec.core.trigger import Event, TriggerRule
from livespec.display.headless import HeadlessCanvas
from livespec.display.image import render
from livespec.display.layout import Wanted
from livespec.display.marks import triggered
from livespec.display.theme import AMBER
from livespec.display.view import View, view_request
from livespec.display.window.status import StatusLine
from livespec.session.monitor import Monitor
from livespec.settings import Settings
from tests.support.pictures import BINS, HOP, N_FFT, RATE, Picture
from tests.support.program import wait_until
from tests.support.sessions import Sound, hearing
from tests.support.signals import sine_on_bin, white_noise

SPAN_S, TOP_HZ = 4.0, 16_000.0
RULE = TriggerRule(2_000.0, 4_000.0, -30.0)
WINDOW_S = N_FFT / RATE


def marked(pixels, pane):
    """Where a frame is: (frequency, time) of a pane, from its lowest and its oldest pixel."""
    area = pane.area
    inside = pixels[area.y : area.y + area.height, area.x : area.x + area.width]
    lit = (inside == np.array(AMBER, np.uint8)).all(axis=2)[::-1]
    return lit.T if pane.downwards else lit


def ends(line):
    at = np.flatnonzero(line)
    return int(at[0]), int(at[-1])


def picture_with(events, axis=None, **wanted):
    picture = Picture(span_s=SPAN_S, axis=axis or FrequencyAxis("linear", 0.0, TOP_HZ), wanted=Wanted(**wanted))
    picture.add(np.full((round(SPAN_S * RATE / HOP), BINS), -90, np.float32))
    scene = picture.scene(0.3)
    return replace(scene, pieces=triggered(scene, events, RULE, picture.timeline, picture.scale))


def px_at(scene, second):
    pane = scene.layout.panes[0]
    return (second - scene.start_s) / scene.span_s * pane.time_px


@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize("end_s", [2.0, None])
def test_an_event_is_framed_where_it_was_and_one_that_lasts_up_to_the_newest_edge(downwards, end_s):
    event = Event(RATE, None if end_s is None else round(end_s * RATE), -20.0, 3_000.0)
    scene = picture_with([event], downwards=downwards)
    pane, pixels = scene.layout.panes[0], render(scene)
    lit = marked(pixels, pane)
    low, high = ends(lit.any(axis=1))
    assert (low, high) == pytest.approx([hz / TOP_HZ * pane.frequency_px for hz in (2_000, 4_000)], abs=1)
    begin, end = ends(lit.any(axis=0))
    newest = px_at(scene, end_s) if end_s else pane.time_px
    assert (begin, end) == pytest.approx([px_at(scene, 1.0), newest], abs=2)
    closed = lit[low : high + 1].all(axis=0)
    assert (closed[begin], closed[end]) == (True, end_s is not None)
    canvas = HeadlessCanvas(scene.width, scene.height)
    assert np.abs(canvas.render(scene).astype(int) - pixels).max() <= 2  # a level between two colours may be either
    assert np.array_equal(marked(canvas.render(scene), pane), lit)
    canvas.close()


def test_every_pane_has_the_frames_and_what_is_not_to_be_seen_has_none():
    event = Event(RATE, 2 * RATE, -20.0, 3_000.0)
    scene = picture_with([event], panes=("1", "2"))
    assert all(marked(render(scene), pane).any() for pane in scene.layout.panes)
    assert not picture_with([event], axis=FrequencyAxis("linear", 5_000.0, TOP_HZ)).pieces
    assert not picture_with([event], axis=ChromaAxis()).pieces
    assert not picture_with([Event(9 * RATE, None, -20.0, 3_000.0)]).pieces


BEEPS_S = ((4.0, 5.0), (6.0, 7.0), (11.0, 12.0))


@pytest.fixture
def session():
    """Noise with three beeps of 3 kHz, the last of which still lasts."""
    tone = sine_on_bin(128, N_FFT, 12 * RATE, 0.3)
    sound = white_noise(12 * RATE, rms=1e-4)
    for start, stop in BEEPS_S:
        sound[round(start * RATE) : round(stop * RATE)] += tone[round(start * RATE) : round(stop * RATE)]
    settings = Settings(
        n_fft=N_FFT, hop=HOP, trigger="2000-4000:-30", span=SPAN_S, scale="linear", fmin=0.0, fmax=TOP_HZ,
        range=(-80, 0), trace=False, peaks=False, colormap="gray",
    ).at_rate(RATE)  # fmt: skip
    monitor = Monitor(Sound(sound[:, None], RATE), settings, view_request(settings, RATE, 700))
    with hearing(monitor):
        yield monitor


def framed_s(view):
    """Begin and end in seconds of each frame, by the picture alone."""
    scene, _ = view.scene(900, 600, 1.0)
    pane = scene.layout.panes[0]
    lit = marked(render(scene), pane)[: round(0.4 * pane.frequency_px)]  # no banners
    edges = np.diff(np.concatenate([[0], lit.any(axis=0).astype(int), [0]]))
    return [
        tuple(scene.start_s + at / pane.time_px * SPAN_S for at in pair)
        for pair in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True)
    ]


def test_frames_are_there_live_frozen_and_further_back(session):
    view = View(session)
    first, second, third = (pytest.approx(beep, abs=WINDOW_S) for beep in BEEPS_S)

    def shows(expected):
        wait_until(lambda: framed_s(view) == expected, f"frames at {expected}", 10, lambda: str(framed_s(view)))

    shows([third])
    view.toggle_freeze()
    shows([third])
    view.scroll(-4.5)
    shows([first, second])
    still = view.still(900, 600, 1.0)
    assert marked(render(still), still.layout.panes[0]).any()


def test_the_status_line_counts_the_events(session):
    status = StatusLine(QToolButton())
    status.refresh(session, slowed=False)
    (label,) = (one for one in status.findChildren(QLabel) if "xruns" in one.text())
    assert "triggered 3" in label.text()
    assert "2000 to 4000 Hz above −30 dBFS: 3" in label.toolTip()


def test_a_bounded_number_of_events_is_kept(session):
    for number in range(3_000):
        session.alerts.note([Event(number, None, -20.0, 3_000.0)])
        session.alerts.note([Event(number, number + 1, -20.0, 3_000.0)])
    assert session.alerts.count == 3_003
    assert [event.begin for event in session.alerts.events] == list(range(2_000, 3_000))
    assert not session.alerts.lasts
