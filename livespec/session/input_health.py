"""What may be wrong with an input, by its levels alone: nothing but zeros, a dead channel, a constant offset."""

import sys
from typing import Final

from livespec.core.levels import Needle

ZEROS_S: Final = 3.0  # for so long nothing but zeros is no pause: real converters have noise
OFFSET: Final = 0.01  # of full scale

_WAYS: Final = {
    "darwin": "Permit it: System Settings → Privacy & Security → Microphone",
    "win32": "Permit it: Settings → Privacy & security → Microphone",
}
_LINUX: Final = "Unmute it in the system's sound settings"


def silence_of(needle: Needle) -> str | None:
    """A sentence where all channels give nothing but zeros, with what to do about it."""
    if not (needle.zeros_s >= ZEROS_S).all():
        return None
    return f"Only zeros come in. {_WAYS.get(sys.platform, _LINUX)}"


def trouble_of(needle: Needle, channel: int) -> str | None:
    """What is wrong with one channel, in a word or two."""
    if needle.zeros_s[channel] >= ZEROS_S:
        return "only zeros"
    if abs(needle.offset[channel]) >= OFFSET:
        return f"a constant offset of {100 * needle.offset[channel]:+.1f} %"
    return None
