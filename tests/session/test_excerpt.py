"""What has already happened, in a folder."""

import numpy as np
import pytest
import soundfile

from livespec.core.ring import AudioRing
from livespec.errors import UsageError
from livespec.session.clock import Timeline
from livespec.session.excerpt import write_excerpt
from livespec.session.stretch import stretch_between
from livespec.settings import Settings
from tests.support.sessions import Sound
from tests.support.signals import white_noise

RATE = 48_000


def test_sound_that_is_gone_is_left_out_and_without_any_there_is_no_folder(tmp_path):
    sound = white_noise(5 * RATE, rms=0.1)
    ring, timeline = AudioRing.in_memory(1, 2 * RATE), Timeline(RATE, live=True)
    for at in range(0, len(sound), 480):
        ring.write(sound[at : at + 480, np.newaxis], round((at + 480) / RATE * 1e9))
        timeline.update(ring)
    settings = Settings(n_fft=1024).at_rate(RATE)

    def excerpt(seconds, folder):
        stretch = stretch_between(ring, timeline, settings, (0,), ["1"], None, (4.0, 4.5))
        return write_excerpt(ring, timeline, settings, Sound(np.zeros((1, 1)), RATE), seconds, stretch, folder)

    assert excerpt((1.0, 5.0), tmp_path / "kept") == 1.75  # of two seconds all but what may go while it is written
    heard, _ = soundfile.read(tmp_path / "kept" / "sound.flac")
    np.testing.assert_allclose(heard, sound[-round(1.75 * RATE) :], atol=2**-23)
    assert not list((tmp_path / "kept").glob("*.gaps.json"))
    with pytest.raises(UsageError, match="no sound"):
        excerpt((1.0, 3.0), tmp_path / "gone")
    assert not (tmp_path / "gone").exists()
