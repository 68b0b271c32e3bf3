"""A screen to draw on: the one that is there, or a virtual one for the length of a benchmark."""

import contextlib
import os
import subprocess

from livespec.display.screen import has_display


@contextlib.contextmanager
def screen(width=1400, height=900):
    """The environment for programs that open a window."""
    if has_display():
        yield dict(os.environ)
        return
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        with os.fdopen(reader) as lines:
            number = lines.readline().strip()
        yield os.environ | {"DISPLAY": f":{number}"}
    finally:
        server.terminate()
        server.wait()
