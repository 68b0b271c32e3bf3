"""When a capture process is begun, replaced and given up: a state machine without a clock, a thread or a process.

    WAITING ── the back-off is over ──▶ OPENING ── its first block ──▶ CAPTURING
       ▲                                   │                              │
       └── refused, ended, or no sound ────┴──────────────────────────────┘
    OPENING ── refused before any sample has ever come ──▶ REFUSED, for ever

Its owner looks at the process, tells what it saw (`look`), and then starts or ends one as `wants_process` says.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

STALLED_S: Final = 1.0  # a stream that has run and says nothing for so long is dead
OPENING_S: Final = 3.0  # one that has said nothing yet, or hangs in opening
BACK_OFF_S: Final = (0.0, 0.1, 0.25, 0.5, 1.0)  # before each attempt in a row; the last one for all that follow
_STAND_IN_AFTER: Final = 4  # attempts in a row


class State(Enum):
    """Of a capture."""

    WAITING = auto()
    OPENING = auto()
    CAPTURING = auto()
    REFUSED = auto()


@dataclass(frozen=True)
class Look:
    """What is seen of the process. elapsed_s: since the look before, as far as the program itself was awake.

    blocks: of all processes so far. ended: why there is no process where one was begun, in words for a person;
    refusal: why it could not open the device, in PortAudio's.
    """

    elapsed_s: float
    blocks: int
    ended: str | None = None
    refusal: str | None = None


class Recovery:
    """The supervisor's. state: of now; trouble: in a few words, what is wrong right now; empty when all is well."""

    def __init__(self) -> None:
        self.state = State.WAITING
        self.trouble = ""
        self._for_s = 0.0  # without a block, or waited
        self._blocks = 0
        self._attempts = 0  # in a row, without a block

    @property
    def wants_process(self) -> bool:
        """Whether a capture process is to run."""
        return self.state in (State.OPENING, State.CAPTURING)

    @property
    def wants_stand_in(self) -> bool:
        """Whether the attempt of now may be made on another device: every other one, once it takes long."""
        return self._attempts >= _STAND_IN_AFTER and self._attempts % 2 == 0

    def look(self, seen: Look) -> None:
        """Take in what is seen now, and come to the state that follows."""
        came = seen.blocks > self._blocks
        self._blocks = seen.blocks
        self._for_s = 0.0 if came else self._for_s + seen.elapsed_s
        if self.state is State.WAITING:
            if self._for_s >= BACK_OFF_S[min(self._attempts, len(BACK_OFF_S) - 1)]:
                self._become(State.OPENING)
        elif self.wants_process:
            self._follow(seen, came=came)

    def _follow(self, seen: Look, *, came: bool) -> None:
        if came:
            self._attempts = 0
            self.trouble = ""
            if self.state is State.OPENING:
                self._become(State.CAPTURING)
        if seen.refusal is not None:
            if self._blocks:
                self._try_again("cannot be opened")  # PortAudio's words say little to a person
            else:
                self.trouble = seen.refusal
                self._become(State.REFUSED)
        elif seen.ended is not None:
            self._try_again(seen.ended)
        elif self._for_s > (STALLED_S if self.state is State.CAPTURING else OPENING_S):
            self._try_again("no sound arrives")
        elif self._for_s > STALLED_S:
            self.trouble = "no sound arrives"

    def _try_again(self, why: str) -> None:
        self.trouble = f"{why}; trying again"
        if self.state is State.OPENING:
            self._attempts += 1
        self._become(State.WAITING)

    def _become(self, state: State) -> None:
        self.state = state
        self._for_s = 0.0
