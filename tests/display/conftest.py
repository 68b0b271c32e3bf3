import pytest

from livespec.display.text import ensure_application


@pytest.fixture(scope="session", autouse=True)
def application():
    """Qt without a screen: it rasterises the labels."""
    return ensure_application()
