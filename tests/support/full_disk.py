"""A disk without room, for which a limit of this process stands."""

import contextlib
from collections.abc import Iterator

import pytest


@contextlib.contextmanager
def room_for(size: int) -> Iterator[None]:
    """Inside, no file grows beyond so many bytes."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
