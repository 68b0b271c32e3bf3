"""A Wayland desktop that nobody sees: sway without outputs or inputs of the machine's.

Needs: sway grim wtype, and setpriv where the tests are root's.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import numpy as np

from livespec.core.arrays import Uint8Array
from tests.support.program import needed, wait_until

WIDTH, HEIGHT = 1280, 800
_NOBODY = "65534"
_DESKTOP = f"output * resolution {WIDTH}x{HEIGHT}\ndefault_border none\nxwayland disable\n"


class VirtualWayland:
    """Use as a context manager; `environment` (a part of one) is for the programs that shall open a window on it."""

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="livespec-wayland-"))
        (self._folder / "sway.conf").write_text(_DESKTOP)
        as_nobody = []
        if os.getuid() == 0:  # it will not be root
            os.chown(self._folder, int(_NOBODY), int(_NOBODY))
            as_nobody = [needed("setpriv"), "--reuid", _NOBODY, "--regid", _NOBODY, "--clear-groups"]
        self._log = self._folder / "sway.log"
        own = {
            "HOME": str(self._folder),
            "XDG_RUNTIME_DIR": str(self._folder),
            "WLR_BACKENDS": "headless",
            "WLR_LIBINPUT_NO_DEVICES": "1",
            "WLR_RENDERER": "pixman",
        }
        with self._log.open("wb") as out:
            self._server = subprocess.Popen(
                [*as_nobody, needed("sway"), "-c", str(self._folder / "sway.conf")],
                env=os.environ | own,
                stdout=out,
                stderr=out,
            )
        wait_until(lambda: bool(self._sockets), "sway has started", 10, self._log.read_text)
        self.environment = {"XDG_RUNTIME_DIR": str(self._folder), "WAYLAND_DISPLAY": self._sockets[0].name}
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def capture(self) -> Uint8Array:
        """(HEIGHT, WIDTH, 3): what a person would see."""
        ppm = self._run("grim", "-t", "ppm", "-")
        return np.frombuffer(ppm, np.uint8, offset=len(ppm) - WIDTH * HEIGHT * 3).reshape(HEIGHT, WIDTH, 3)

    def key(self, letter: str) -> None:
        """Press and let go, on a keyboard that is plugged in for it: its user takes note of that first."""
        self._run("wtype", "-s", "500", letter, "-s", "200")

    @property
    def _sockets(self) -> list[Path]:
        return [path for path in self._folder.glob("wayland-*") if path.is_socket()]

    def _run(self, tool: str, *words: str) -> bytes:
        return subprocess.run(
            [needed(tool), *words], env=os.environ | self.environment, capture_output=True, check=True, timeout=20
        ).stdout
