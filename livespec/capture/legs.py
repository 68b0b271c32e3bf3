"""How the sound of a source follows upon itself: which stretch of the ring is which of the sound, and at which speed.

A source that nobody steers has one leg. A replay that is steered begins another with every jump, pause and change
of speed. Legs are values: the source publishes a leg before the first block of it is in the ring.
"""

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Leg:
    """From `position` on, up to the next leg. Each is itself alone.

    due: position up to which it comes as fast as the readers follow, and only then at `speed` (seconds of sound a
    second; 0: no pace). seam: position from which on the sound is one piece, which begins with the source's sample
    `begins`; it lies before `position` where a leg goes on from the one before.
    """

    position: int = 0
    due: int = 0
    speed: float = 1.0
    seam: int = 0
    begins: int = 0


def leg_at(legs: tuple[Leg, ...], position: int) -> Leg:
    """The leg that a position belongs to; legs: oldest first, at least one."""
    return next((leg for leg in reversed(legs) if leg.position <= position), legs[0])
