"""Another device while the window is open: sessions are opened and ended beside the GUI thread, one after another."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal

from livespec.capture.device_watch import DeviceWatch
from livespec.capture.devices import InputDevice
from livespec.errors import LivespecError
from livespec.session.monitor import Monitor
from livespec.settings import Settings


class Sessions(QObject):
    """`opened`: a session that runs, in place of the one before; `refused`: why there is none.

    `listed`: the inputs of now, on start and whenever they change; `announced`: which of them came or went, in words.
    """

    opened = Signal(object)
    refused = Signal(str)
    listed = Signal(list)
    announced = Signal(str)

    def __init__(
        self,
        monitor: Monitor,
        reopen: Callable[[Settings], Monitor],
        closed: Callable[[Monitor], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        super().__init__()
        self._now, self._reopen, self._closed, self._failed = monitor, reopen, closed, failed
        self._thread = ThreadPoolExecutor(1, "livespec-sessions")
        self._devices: list[InputDevice] | None = None
        self._watch: DeviceWatch | None = None

    def open(self, settings: Settings) -> None:
        """End the session, and begin one with these settings."""
        self._do(lambda: self._open(settings))

    def list_devices(self) -> None:
        """Tell the inputs of now; from the first call on they are watched."""
        if self._watch is None:
            self._watch = DeviceWatch(self._take_devices)
            self._watch.start()
        elif self._devices is not None:
            self.listed.emit(self._devices)

    def close(self) -> None:
        """Wait for what is under way."""
        if self._watch is not None:
            self._watch.close()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _open(self, settings: Settings) -> None:
        try:
            following = self._reopen(settings)
        except LivespecError as error:
            self.refused.emit(f"{error.message}: {error.hint}" if error.hint else error.message)
            return
        before, self._now = self._now, following
        self.opened.emit(following)
        try:
            before.stop()
        finally:
            self._closed(before)

    def _take_devices(self, now: list[InputDevice]) -> None:
        """On the watch's thread."""
        before, self._devices = self._devices, now
        self.listed.emit(now)
        if before is None:
            return
        names, were = ({device.description for device in devices} for devices in (now, before))
        if came := sorted(names - were):
            self.announced.emit(self.tr("New input: {}").format(", ".join(came)))
        elif gone := sorted(were - names):
            self.announced.emit(self.tr("Input gone: {}").format(", ".join(gone)))

    def _do(self, work: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - a defect in a thread must not be silent
                self._failed(error)

        self._thread.submit(guarded)
