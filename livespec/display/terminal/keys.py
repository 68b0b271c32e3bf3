"""What a terminal sends for keys, as names."""

import re
from typing import Final

_KEY: Final = re.compile(r"\x1b\[[0-9;]*[@-~]|\x1bO[ -~]|\x1b[^\x1b\[O]|[^\x1b]")
_BEGUN: Final = re.compile(r"\x1b(\[[0-9;]*|O)?$")
_NAMES: Final = {
    " ": "space",
    "\x03": "q",  # where Ctrl-C is no signal
    "\x08": "backspace",
    "\x7f": "backspace",
    "\x1b[D": "left",
    "\x1bOD": "left",
    "\x1b[C": "right",
    "\x1bOC": "right",
    "\x1b[1;2D": "shift+left",
    "\x1b[1;2C": "shift+right",
    "\x1b[H": "home",
    "\x1bOH": "home",
    "\x1b[1~": "home",
    "\x1b[7~": "home",
}


class Keys:
    """Puts sequences together that come in pieces."""

    def __init__(self) -> None:
        self._begun = ""

    def pressed(self, data: bytes) -> list[str]:
        """Names of the keys: "left", "space", or the small letter. What is no key of ours comes as it is."""
        text = self._begun + data.decode("utf-8", "replace")
        unfinished = _BEGUN.search(text)
        self._begun = unfinished.group() if unfinished else ""
        found = _KEY.findall(text.removesuffix(self._begun))
        return [_NAMES.get(key, key.lower() if len(key) == 1 else key) for key in found]
