"""Another device while the window is open: sessions are opened and ended beside the GUI thread, one after another."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal

from livespec.capture.devices import list_devices
from livespec.errors import LivespecError
from livespec.session.monitor import Monitor
from livespec.settings import Settings


class Sessions(QObject):
    """`opened`: a session that runs, in place of the one before; `refused`: why there is none; `listed`: the inputs."""

    opened = Signal(object)
    refused = Signal(str)
    listed = Signal(list)

    def __init__(
        self, monitor: Monitor, reopen: Callable[[Settings], Monitor], failed: Callable[[BaseException], None]
    ) -> None:
        super().__init__()
        self._now, self._reopen, self._failed = monitor, reopen, failed
        self._thread = ThreadPoolExecutor(1, "livespec-sessions")

    def open(self, settings: Settings) -> None:
        """End the session, and begin one with these settings."""
        self._do(lambda: self._open(settings))

    def list_devices(self) -> None:
        """Look for the inputs of now."""

        def work() -> None:
            with contextlib.suppress(LivespecError):
                self.listed.emit(list_devices())

        self._do(work)

    def close(self) -> None:
        """Wait for what is under way."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _open(self, settings: Settings) -> None:
        try:
            following = self._reopen(settings)
        except LivespecError as error:
            self.refused.emit(error.message)
            return
        before, self._now = self._now, following
        self.opened.emit(following)
        before.stop()

    def _do(self, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - a defect in a thread must not be silent
                self._failed(error)

        self._thread.submit(guarded)
