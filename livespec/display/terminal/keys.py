"""What a terminal sends for keys, as names."""

import re
from typing import Final

_KEY: Final = re.compile(r"\x1b\[[0-9;]*[@-~]|\x1bO[ -~]|\x1b[^\x1b\[O]|[^\x1b]")
_BEGUN: Final = re.compile(r"\x1b(\[[0-9;]*|O)?$")
_ALONE_S: Final = 0.05  # the rest of a sequence follows at once
_ARROWS: Final = {"A": "up", "B": "down", "C": "right", "D": "left"}
_ENDS: Final = {"H": "home", "F": "end"}
_NUMBERED: Final = {1: "home", 4: "end", 5: "pageup", 6: "pagedown", 7: "home", 8: "end"}
_NAMES: Final = {
    " ": "space",
    "\x1b": "escape",
    "\x03": "q",  # where Ctrl-C is no signal
    "\x08": "backspace",
    "\x7f": "backspace",
    **{f"\x1b[1;2{letter}": f"shift+{name}" for letter, name in _ARROWS.items()},
    **{f"\x1b{begin}{letter}": name for begin in "[O" for letter, name in (_ARROWS | _ENDS).items()},
    **{f"\x1b[{number}~": name for number, name in _NUMBERED.items()},
}


class Keys:
    """Puts sequences together that come in pieces. What begins one is a key by itself where nothing follows: Esc."""

    def __init__(self) -> None:
        self._begun = ""
        self._begun_at = 0.0

    def pressed(self, data: bytes, now: float) -> list[str]:
        """Names of the keys: "left", "space", or the small letter. What is no key of ours comes as it is.

        data: empty where nothing was typed, which must be told too; now: seconds of any clock.
        """
        if not data:
            return self._alone(now)
        text = self._begun + data.decode("utf-8", "replace")
        unfinished = _BEGUN.search(text)
        self._begun, self._begun_at = unfinished.group() if unfinished else "", now
        found = _KEY.findall(text.removesuffix(self._begun))
        return [_NAMES.get(key, key.lower() if len(key) == 1 else key) for key in found]

    def _alone(self, now: float) -> list[str]:
        """What was begun, once its rest would have come."""
        if not self._begun or now - self._begun_at < _ALONE_S:
            return []
        begun, self._begun = self._begun, ""
        return [_NAMES.get(begun, begun)]
