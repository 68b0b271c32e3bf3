"""What every source of sound is to the rest of the program."""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from livespec.capture.legs import Leg
from livespec.capture.shared_ring import SharedRing

SourceKind = Literal["mic", "file", "stdin", "demo"]


@dataclass(frozen=True)
class SourceInfo:
    """channels: numbers (from 1) of the channels that are captured, in the ring's order.

    live: samples that do not come in time are lost (a device), not merely late (a file, a pipe).
    speed: seconds of sound a second; 0 is as fast as the readers allow.
    length: samples in all, where that is known. noisy: an input that is never quite silent, as converters are.
    devices: where another one than before was heard: from which position on, and its name, oldest first.
    """

    kind: SourceKind
    name: str
    samplerate: int
    channels: tuple[int, ...]
    live: bool = False
    speed: float = 1.0
    length: int | None = None
    noisy: bool = False
    devices: tuple[tuple[int, str], ...] = ()

    def heard_at(self, position: int) -> str:
        """The name of what the sample at a position comes from."""
        return next((name for begin, name in reversed(self.devices) if begin <= position), self.name)

    def hearing(self, name: str, position: int) -> "SourceInfo":
        """The same, where from a position on something of this name is heard."""
        before = tuple(one for one in self.devices if one[0] < position)
        same = before and before[-1][1] == name
        return replace(self, name=name, devices=before if same else (*before, (position, name)))

    @property
    def title(self) -> str:
        """The name as a heading: of a file, without its folders."""
        return Path(self.name).name if self.kind == "file" else self.name


@dataclass(frozen=True)
class Transport:
    """What a person asks of a replay. speed: seconds of sound a second, more than 0."""

    speed: float = 1.0
    paused: bool = False
    loop: bool = False
    listen: bool = False


@dataclass(frozen=True)
class Reception:
    """What a source and its readers tell each other while it runs.

    wake: set after every block. needed_from: position of the oldest sample that a reader still needs;
    sources that can wait (files, pipes) do not overwrite it, and stay within `read_ahead` samples of it, so that
    little is left to do when a run is ended. Devices cannot wait. behind: samples by which the right edge of a picture
    is behind the newest sample, so that what is heard can stand there.
    """

    wake: threading.Event
    needed_from: Callable[[], int]
    read_ahead: int = sys.maxsize
    behind: int = 0


class Source(Protocol):
    """Started once, stopped once; writes the ring from a thread or process of its own."""

    @property
    def info(self) -> SourceInfo: ...

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The newest legs of its sound, oldest first."""

    @property
    def finished(self) -> bool:
        """Nothing more will come."""

    @property
    def failure(self) -> BaseException | None:
        """Why it ended, when it did so on an error."""

    @property
    def trouble(self) -> str:
        """What is wrong right now, in a few words for a banner; empty when all is well."""

    @property
    def device_latency_ms(self) -> float | None:
        """What the driver says that it adds before the callback; None where there is no device."""

    def start(self, ring: SharedRing, reception: Reception) -> None: ...

    def stop(self) -> None:
        """End it and free what it holds, in well under a second; may be called twice."""
