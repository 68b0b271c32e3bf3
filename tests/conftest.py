"""What every test shares: the builders in `tests.support`, and one profile of hypothesis."""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent.parent))  # `tests.support`, however pytest was started

settings.register_profile(
    "livespec", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("livespec")


@pytest.fixture(scope="session", autouse=True)
def application():
    """Qt without a screen, with widgets: there can be but one in a process."""
    from PySide6.QtWidgets import QApplication

    return QApplication(["livespec", "-platform", "offscreen"])
