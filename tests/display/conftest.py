import os
import time
from pathlib import Path

import pytest

from livespec.capture.demo import DemoSource
from livespec.display.view import view_request
from livespec.session.monitor import Monitor
from livespec.settings import Settings

RATE, WIDTH, SECONDS = 48_000, 900, 20


@pytest.fixture(scope="module")
def monitor():
    """A session that is over, with twenty seconds of the demo signal."""
    settings = Settings(source="demo", scale="log", fmin=40.0, fmax=16_000.0, range=(-80, 0), span=5.0).at_rate(RATE)
    made = Monitor(DemoSource(0, RATE, SECONDS * RATE), settings, view_request(settings, RATE, WIDTH))
    made.start()
    while made.poll():
        time.sleep(0.01)
    made.stop()
    return made


@pytest.fixture
def environment():
    """Of a process that finds the tests."""
    return dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[2])}
