"""What is left of an event when its sound is not there any more."""

import json

import numpy as np
import pytest
import soundfile

from livespec.core.ring import AudioRing
from livespec.core.trigger import Event
from livespec.session.alerts import Alerts, alert_plan
from livespec.session.clock import Timeline
from livespec.settings import Settings
from tests.support.sessions import Sound
from tests.support.signals import white_noise

RATE, KEPT_S, AROUND_S, NOW_S = 48_000, 3, 0.5, 10
LOST_S = NOW_S - KEPT_S + 0.25  # up to there samples are gone, or would be while they are written
BEGAN = 1_777_600_000.0


@pytest.fixture
def noise():
    return white_noise(NOW_S * RATE, rms=0.1)


@pytest.fixture
def alerts(tmp_path, noise):
    """Of ten seconds of sound, of which the ring keeps the last three."""
    ring, timeline = AudioRing.in_memory(1, KEPT_S * RATE), Timeline(RATE, live=True)
    for at in range(0, len(noise), 480):
        ring.write(noise[at : at + 480, np.newaxis], round((at + 480) / RATE * 1e9))
        timeline.update(ring)
    timeline.start_wall_time = BEGAN
    log, clips = str(tmp_path / "log.jsonl"), str(tmp_path / "clips")
    settings = Settings(trigger="900-1100:-30", trigger_log=log, trigger_clips=clips, trigger_around=AROUND_S)
    return Alerts(alert_plan(settings), ring, timeline, Sound(np.zeros((1, 1)), RATE))


def happened(alerts, *spans):
    for begin_s, end_s in spans:
        begun = Event(round(begin_s * RATE), None, -20.0, 1000.0)
        alerts.note([begun, begun._replace(end=round(end_s * RATE))])
    alerts.finish()


def logged(tmp_path):
    return [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]


def when(alerts, second):
    return f"{alerts._timeline.moment_at(round(second * RATE)):%Y-%m-%d %H:%M:%S}"


def test_an_event_whose_sound_is_gone_is_logged_without_a_clip_and_named(alerts, tmp_path):
    happened(alerts, (2, 4))
    (event,) = logged(tmp_path)
    assert (event["seconds"], event["clip"]) == (2, None)
    assert alerts.troubles == [f"The event at {when(alerts, 2)} has no clip: nothing of its 3.0 s was kept so long"]


def test_a_clip_whose_beginning_is_gone_says_so_and_keeps_its_time(alerts, tmp_path, noise):
    happened(alerts, (5, 9))
    (event,) = logged(tmp_path)
    clip, _ = soundfile.read(event["clip"])
    gone = round((LOST_S - (5 - AROUND_S)) * RATE)
    assert len(clip) == 5 * RATE
    assert not clip[:gone].any()
    begin = round((5 - AROUND_S) * RATE)
    np.testing.assert_allclose(clip[gone:], noise[begin + gone : begin + 5 * RATE], atol=2**-23)
    (gap,) = json.loads((tmp_path / f"{event['clip']}.gaps.json").read_text())
    assert (gap["sample"], gap["lost"], gap["cause"], gap["zeros"]) == (0, gone, "overwritten", True)
    assert alerts.troubles == [
        f"The clip of the event at {when(alerts, 5)} lacks {gone / RATE:.1f} s that were not kept so long"
    ]


def test_of_several_events_the_last_one_is_named_and_the_others_are_counted(alerts, tmp_path):
    happened(alerts, (1, 2), (3, 4), (5, 6), (7.8, 8.4))
    assert [event["clip"] is not None for event in logged(tmp_path)] == [False, False, False, True]
    (said,) = alerts.troubles
    assert said.startswith(f"The event at {when(alerts, 5)} has no clip: ")
    assert said.endswith(" (and 2 before it)")


def test_a_clip_that_is_whole_is_no_trouble(alerts, tmp_path):
    happened(alerts, (8, 9))
    assert alerts.troubles == []
    assert [path.suffix for path in (tmp_path / "clips").iterdir()] == [".flac"]
