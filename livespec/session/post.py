"""The child that posts to a web address: `python -m livespec.session.post URL`. It may hang, its parent may not.

Each line of standard input is JSON to be posted; for each there is a line on standard output: empty, or why it failed.
"""

import signal
import sys
import urllib.request
from http.client import HTTPException
from typing import Final

_LIMIT_S: Final = 30.0  # the parent is more impatient; this is for the time when it has gone


def main(url: str) -> None:
    """Until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's affair
    for line in sys.stdin:
        sys.stdout.write(_post(url, line.strip()) + "\n")
        sys.stdout.flush()


def _post(url: str, text: str) -> str:
    kind = {"Content-Type": "application/json"}
    try:
        request = urllib.request.Request(url, text.encode(), kind)  # noqa: S310 - http, by the settings
        urllib.request.urlopen(request, timeout=_LIMIT_S).close()  # noqa: S310
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        return " ".join(str(said).split())
    return ""


if __name__ == "__main__":
    main(sys.argv[1])
