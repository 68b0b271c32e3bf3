"""The virtual microphone once more, with PipeWire as its server: a core, a session manager, PulseAudio's protocol.

Needs, beside what the other one needs: pipewire wireplumber dbus-daemon.
"""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.program import needed, wait_until
from tests.support.virtual_microphone import CHANNELS, NAME, RATE, VirtualMicrophone

# Of its own, for the package that has it takes the place of the machine's own sound server.
_PULSE_PROTOCOL = """
context.spa-libs = { audio.convert.* = audioconvert/libspa-audioconvert, support.* = support/libspa-support }
context.modules = [
  { name = libpipewire-module-protocol-native }
  { name = libpipewire-module-client-node }
  { name = libpipewire-module-adapter }
  { name = libpipewire-module-metadata }
  { name = libpipewire-module-protocol-pulse args = { server.address = [ "unix:native" ] } }
]
"""


class VirtualPipeWire(VirtualMicrophone):
    """As `VirtualMicrophone`."""

    def __init__(self, rate: int = RATE, channels: int = CHANNELS) -> None:
        super().__init__(rate, channels)
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={self._folder}/bus"
        self._configuration = self._folder / "pulse-protocol.conf"
        self._configuration.write_text(_PULSE_PROTOCOL)
        self._servers: list[subprocess.Popen] = []

    def start(self) -> None:
        bus = self._folder / "bus"
        self._begin("dbus-daemon", "--session", "--nofork", f"--address=unix:path={bus}", there=bus)
        self._begin("pipewire", there=self._folder / "pipewire-0")
        self._begin("wireplumber")
        self._begin("pipewire", "-c", str(self._configuration), there=self._folder / "pulse" / "native")
        self.bring_back()

    def bring_back(self) -> None:
        """The microphone, which goes with its server, and is not there again with that."""
        form = f"format=float32le rate={self.rate} channels={self.channels} channel_map={self._places}"
        for command in (
            f"load-module module-null-sink sink_name=vsink {form}",
            f"load-module module-remap-source source_name={NAME} master=vsink.monitor",
            f"set-default-source {NAME}",
        ):
            wait_until(lambda command=command: self._takes(command), command, 10)

    def kill(self) -> None:
        for server in self._servers:
            server.kill()
            server.wait()
        self._servers.clear()

    def restart_without_microphone(self) -> None:
        """As where the driver or the cable is gone: the server is there again, the device is not."""
        self._servers[-1].kill()
        self._servers.pop().wait()
        native = self._folder / "pulse" / "native"
        native.unlink(missing_ok=True)
        self._begin("pipewire", "-c", str(self._configuration), there=native)

    @contextlib.contextmanager
    def server_stopped(self) -> Iterator[None]:
        for server in self._servers:
            server.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for server in self._servers:
                server.send_signal(signal.SIGCONT)

    def _begin(self, *command: str, there: Path | None = None) -> None:
        name, *words = command
        log = self._folder / f"{name}-{len(self._servers)}.log"
        with log.open("ab") as out:
            begun = subprocess.Popen([needed(name), *words], env=self.environment, stdout=out, stderr=out)
        self._servers.append(begun)
        if there is not None:
            wait_until(there.exists, f"{name} has started", 10, lambda: log.read_text(errors="replace"))

    def _takes(self, command: str) -> bool:
        return not subprocess.run(
            [needed("pactl"), *command.split()], env=self.environment, capture_output=True, timeout=10, check=False
        ).returncode
