"""The areas of the self-test, in their order.

Each is loaded when its turn comes: a package that cannot be imported is a finding there, and the rest goes on.
"""

from collections.abc import Iterator
from typing import Final

from livespec.doctor.finding import Check, Finding


def examine() -> Iterator[tuple[str, Finding]]:
    """(area, finding), as they come; never raises."""
    for area, check in _AREAS.items():
        for finding in check.findings():
            yield area, finding


def _numbers() -> Iterator[Finding]:
    from livespec.doctor.numbers import check_numbers

    return check_numbers()


def _speed() -> Iterator[Finding]:
    from livespec.doctor.speed import check_speed

    return check_speed()


def _picture() -> Iterator[Finding]:
    from livespec.doctor.picture import check_picture

    return check_picture()


def _sound() -> Iterator[Finding]:
    from livespec.doctor.sound import check_sound

    return check_sound()


_AREAS: Final = {
    "Numbers": Check("the numbers", _numbers),
    "Speed": Check("the speed", _speed),
    "Picture": Check("the picture", _picture),
    "Sound": Check("the sound system", _sound),
}
