"""Real parts for every test here: a sound server, a screen, and livespec as a process.

A server and a screen are shared by all tests that leave them as they are; who stops or kills the server has its own.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.program import Program, bare_environment, wait_until
from tests.support.virtual_microphone import VirtualMicrophone
from tests.support.virtual_pipewire import VirtualPipeWire
from tests.support.virtual_screen import VirtualScreen

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.system)


@pytest.fixture(scope="session")
def microphone() -> Iterator[VirtualMicrophone]:
    with VirtualMicrophone() as shared:
        yield shared


@pytest.fixture
def own_microphone() -> Iterator[VirtualMicrophone]:
    with VirtualMicrophone() as own:
        yield own


@pytest.fixture(params=[VirtualMicrophone, VirtualPipeWire], ids=["PulseAudio", "PipeWire"])
def any_microphone(request: pytest.FixtureRequest) -> Iterator[VirtualMicrophone]:
    """Its own, of every sound server."""
    with request.param() as own:
        yield own


@pytest.fixture(scope="session")
def screen() -> Iterator[VirtualScreen]:
    with VirtualScreen() as shared:
        yield shared


@pytest.fixture
def nothing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a machine without microphone, screen or terminal."""
    return bare_environment(tmp_path_factory.mktemp("home", numbered=True))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """start("--view", "none", environment=…): livespec in `tmp_path`. Whatever it started must be gone at the end."""
    programs: list[Program] = []

    def begin(*arguments: str | Path, environment: dict[str, str], **more) -> Program:
        program = Program([str(argument) for argument in arguments], environment, more.pop("folder", tmp_path), **more)
        programs.append(program)
        return program

    yield begin
    try:
        for program in programs:
            if not program.runs:
                wait_until(
                    lambda program=program: not program.left_behind,
                    "all its processes are gone",
                    0.5,
                    lambda program=program: "\n".join(program.left_behind),
                )
    finally:
        for program in programs:
            program.clean_up()
