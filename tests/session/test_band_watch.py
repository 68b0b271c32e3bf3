"""The trigger where a device goes and comes back: sound that is known, on a clock that the test sets."""

from types import SimpleNamespace

import numpy as np
import pytest

from livespec.core.ring import OPENED, OVERFLOW, AudioRing
from livespec.core.stft import Engine
from livespec.session import clock
from livespec.session.alerts import Alerts, alert_plan
from livespec.session.analysis import Analysis, ViewRequest
from livespec.session.clock import Timeline
from livespec.settings import Settings
from tests.support.sessions import Sound
from tests.support.signals import sine_on_bin, white_noise

RATE, N_FFT, HOP, BLOCK = 48_000, 2048, 512, 480
WINDOW_S = N_FFT / RATE
LOOK_S = 0.1


@pytest.fixture
def device(monkeypatch):
    """`device.plays(seconds, loud=…)` in blocks of 10 ms, and `device.is_away(seconds)`, analysed as they come.

    `device.stops_both(seconds)`: the program and its capture process, as by Ctrl-Z; no sound is lost, but it is late.
    """
    now_s = [100.0]
    monkeypatch.setattr(clock, "now_ns", lambda: round(now_s[0] * 1e9))
    ring, timeline = AudioRing.in_memory(1, 20 * RATE), Timeline(RATE, live=True)
    settings = Settings(n_fft=N_FFT, hop=HOP, trigger="1500-2500:-30").at_rate(RATE)
    plan = alert_plan(settings)
    alerts = Alerts(plan, ring, timeline, Sound(np.zeros((1, 1)), RATE))
    view = ViewRequest(200, 1)
    analysis = Analysis(ring, Engine(settings, RATE), (0,), timeline, view, may_skip=True, alerts=alerts)
    tone, noise = sine_on_bin(85, N_FFT, 20 * RATE, 0.1), white_noise(20 * RATE, rms=1e-4)

    def plays(seconds, *, loud, flags=0):
        for _ in range(round(seconds * RATE / BLOCK)):
            now_s[0] += BLOCK / RATE
            sound = (tone if loud else noise)[ring.end : ring.end + BLOCK, None].astype(np.float32)
            ring.write(sound, round(now_s[0] * 1e9), flags)
            flags = 0
            analysis.step()

    def is_away(seconds):
        back_at = now_s[0] + seconds
        while now_s[0] < back_at:
            now_s[0] = min(now_s[0] + LOOK_S, back_at)
            analysis.step()

    def rewinds(seconds):
        now_s[0] -= seconds

    def stops_both(seconds, *, loud):
        now_s[0] += seconds
        is_away(0.3)  # awake again, before the other one
        sound = (tone if loud else noise)[ring.end : ring.end + round((seconds + 0.3) * RATE), None]
        for block in np.split(sound.astype(np.float32), range(BLOCK, len(sound), BLOCK)):
            ring.write(block, round(now_s[0] * 1e9))
        analysis.step()

    return SimpleNamespace(
        plays=plays,
        is_away=is_away,
        rewinds=rewinds,
        stops_both=stops_both,
        alerts=alerts,
        timeline=timeline,
        ring=ring,
    )


@pytest.mark.parametrize(("away_s", "flags"), [(0.3, OVERFLOW), (9.0, OPENED)])
def test_an_event_ends_where_a_gap_begins_and_another_begins_behind_it(device, away_s, flags):
    device.plays(1, loud=False)
    device.plays(2, loud=True)
    lost_at = device.ring.end
    device.is_away(away_s)
    device.plays(2, loud=True, flags=flags)
    device.plays(2, loud=False)
    (gap,) = device.timeline.gaps
    assert (gap.position, gap.samples / RATE) == (lost_at, pytest.approx(away_s, abs=0.05))
    first, second = device.alerts.events
    assert lost_at - HOP <= first.end <= lost_at <= second.begin <= lost_at + HOP
    began_s, ended_s = (device.timeline.seconds_at(position) for position in (second.begin, second.end))
    assert began_s == pytest.approx(3 + away_s, abs=0.05)
    assert ended_s - began_s == pytest.approx(2, abs=2 * WINDOW_S)
    assert device.alerts.count == 2


def test_an_event_ends_while_the_device_is_away(device):
    device.plays(1, loud=False)
    device.plays(1, loud=True)
    device.is_away(0.5)
    assert device.alerts.lasts  # it may still be late
    device.is_away(1.0)
    assert not device.alerts.lasts
    (event,) = device.alerts.events
    assert device.ring.end - HOP <= event.end <= device.ring.end


def test_what_is_only_late_parts_no_event(device):
    device.plays(1, loud=False)
    device.plays(1, loud=True)
    device.is_away(0.3)
    for _ in range(30):
        device.rewinds(BLOCK / RATE)
        device.plays(BLOCK / RATE, loud=True)
    device.plays(2, loud=True)
    assert not device.timeline.gaps
    assert device.alerts.lasts
    assert device.alerts.count == 1


@pytest.mark.parametrize("stopped_s", [1.5, 3.5, 9.0])
def test_a_stop_of_the_whole_program_parts_no_event(device, stopped_s):
    device.plays(1, loud=False)
    device.plays(1, loud=True)
    device.stops_both(stopped_s, loud=True)
    device.plays(1, loud=True)
    assert device.alerts.lasts
    device.plays(1, loud=False)
    assert not device.timeline.gaps
    (event,) = device.alerts.events
    began_s, ended_s = (device.timeline.seconds_at(position) for position in (event.begin, event.end))
    assert began_s == pytest.approx(1, abs=2 * WINDOW_S)
    assert ended_s - began_s == pytest.approx(1 + stopped_s + 0.3 + 1, abs=3 * WINDOW_S)
