import os
from pathlib import Path

import pytest

from livespec.display.text import ensure_application


@pytest.fixture(scope="session", autouse=True)
def application():
    """Qt without a screen: it rasterises the labels."""
    return ensure_application()


@pytest.fixture
def environment():
    """Of a process that finds the tests."""
    return dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[2])}
