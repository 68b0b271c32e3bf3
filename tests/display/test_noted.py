"""What is said in the picture for a while."""

import numpy as np

from livespec.display.view import View, view_request
from livespec.errors import FileError
from livespec.session.monitor import Monitor
from livespec.session.recorder import RecordingPlan
from livespec.settings import Settings
from tests.support.sessions import Sound, hearing
from tests.support.signals import white_noise

RATE = 48_000


def test_of_a_recording_that_has_failed_nothing_says_that_it_goes_on(tmp_path):
    settings = Settings(n_fft=1024, span=1.0).at_rate(RATE)
    monitor = Monitor(Sound(white_noise(RATE)[:, np.newaxis], RATE), settings, view_request(settings, RATE, 60))

    with hearing(monitor):
        view = View(monitor)
        view.note("Recording to take.wav")
        file = monitor.record(RecordingPlan("take.wav", "24", folder=tmp_path))
        assert view.noted
        monitor.recorder.trouble = FileError(f"{file}: the recording has ended (No space left on device)")
        view.scene(900, 600, 1.0)
        assert not view.noted
        view.note("The picture is in a.png")
        view.scene(900, 600, 1.0)
        assert view.noted
        monitor.recorder.trouble = None
