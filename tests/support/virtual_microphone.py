"""A microphone that needs no sound hardware: real PortAudio, real ALSA, a private PulseAudio server.

The server plays into a sink that nobody hears (`vsink`); what it plays is what the source `vmic` records, sample
for sample: no resampling, no volume, float32 throughout. Nothing of the machine's own sound system is touched.
Needs: pulseaudio pulseaudio-utils libasound2-plugins libportaudio2.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np

from tests.support.program import bare_environment, needed, wait_until

RATE, CHANNELS = 48_000, 2
NAME = "vmic"

_PLACES = ["front-left", "front-right", "rear-left", "rear-right", "front-center", "lfe", "side-left", "side-right"]
# The default ALSA device must be PulseAudio, even where no system file says so.
_ALSA = "pcm.!default { type pulse }\nctl.!default { type pulse }\npcm.pulse { type pulse }\n"
_PLAY_AHEAD_MS = 200  # of the player: a busy machine must not make it stutter


class VirtualMicrophone:
    """Use as a context manager; `environment` is for the programs that shall hear it."""

    def __init__(self, rate: int = RATE, channels: int = CHANNELS) -> None:
        self.rate, self.channels = rate, channels
        self._folder = Path(tempfile.mkdtemp(prefix="livespec-mic-"))  # 0700, and short: sockets have short names
        (self._folder / ".asoundrc").write_text(_ALSA)
        self.environment = bare_environment(self._folder) | {
            "PULSE_SERVER": f"unix:{self._folder}/pulse/native",
            "XDG_RUNTIME_DIR": str(self._folder),
        }
        self._server: subprocess.Popen | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    # ---- the server ----

    def start(self) -> None:
        command = [needed("pulseaudio"), "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes"]
        for module in self._modules:
            command += ["-L", module]
        log = self._folder / "pulseaudio.log"
        with log.open("ab") as out:
            self._server = subprocess.Popen(command, env=self.environment, stdout=out, stderr=out)
        wait_until(
            lambda: NAME in self._pactl("list", "short", "sources", check=False),
            "PulseAudio has started",
            10,
            lambda: log.read_text(errors="replace"),
        )
        self._pactl("set-default-source", NAME)

    @property
    def server_pid(self) -> int:
        assert self._server is not None
        return self._server.pid

    @property
    def _modules(self) -> tuple[str, ...]:
        """norewinds: else what is heard lags two seconds behind what is played."""
        form = f"format=float32le rate={self.rate} channels={self.channels} channel_map={self._places}"
        return (
            "module-native-protocol-unix",
            f"module-null-sink sink_name=vsink {form} norewinds=1",
            f"module-remap-source source_name={NAME} master=vsink.monitor",
        )

    @property
    def _places(self) -> str:
        """Names of the channels in the order in which ALSA's plugin asks for them: else they are mixed."""
        return self._places_of(self.channels)

    @staticmethod
    def _places_of(channels: int) -> str:
        if channels == 1:
            return "mono"
        return ",".join((*_PLACES, *(f"aux{n}" for n in range(32)))[:channels])

    def kill(self) -> None:
        """As a crash would: without a word to its clients."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    @contextlib.contextmanager
    def server_stopped(self) -> Iterator[None]:
        """The server is there, and does not answer."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._server.send_signal(signal.SIGCONT)

    # ---- the source ----

    def suspend(self) -> None:
        """The source hands nothing out; what is played meanwhile is lost, and nobody says so."""
        self._pactl("suspend-source", NAME, "1")

    def resume(self) -> None:
        self._pactl("suspend-source", NAME, "0")

    @property
    def description(self) -> str:
        """What it is called to a person."""
        lines = self._pactl("list", "sources").partition(f"\tName: {NAME}\n")[2].splitlines()
        return lines[0].removeprefix("\tDescription: ")

    def plug_in(self, name: str, channels: int | None = None) -> None:
        """Another microphone, that hears the same; with all channels, or the first ones."""
        form = [] if channels is None else [f"channels={channels}", f"channel_map={self._places_of(channels)}"]
        what = (f"source_name={name}", "master=vsink.monitor", *_said(name), *form, *(["remix=no"] if form else []))
        self._pactl("load-module", "module-remap-source", *what)

    def unplug(self, name: str) -> None:
        modules = self._pactl("list", "short", "modules").splitlines()
        (number,) = (line.split("\t")[0] for line in modules if f"source_name={name} " in line)
        self._pactl("unload-module", number)

    def move_listener_to(self, name: str) -> None:
        """As a person does in a mixer: the one program that records from the microphone hears another one.

        PipeWire at times lets it pass unheard, and a person tries again.
        """
        ((number, *_),) = self._outputs()

        def moved() -> bool:
            self._pactl("move-source-output", number, name)
            time.sleep(0.2)
            return not self._outputs()

        wait_until(moved, f"it hears {name}", 10)

    @property
    def listeners(self) -> int:
        """How many programs record from it at this moment."""
        return len(self._outputs())

    @contextlib.contextmanager
    def playing(self, sound: np.ndarray) -> Iterator[None]:
        """The microphone hears this, once. sound: (samples,) for all channels, or (samples, channels); at its rate."""
        file = self._folder / f"{uuid.uuid4().hex}.f32"
        both = np.repeat(sound[:, None], self.channels, axis=1) if sound.ndim == 1 else sound
        both.astype("<f4").tofile(file)
        form = ["--raw", "--format=float32le", f"--rate={self.rate}", f"--channels={self.channels}"]
        form.append(f"--channel-map={self._places}")
        player = subprocess.Popen(
            [needed("paplay"), "--device=vsink", f"--latency-msec={_PLAY_AHEAD_MS}", *form, str(file)],
            env=self.environment,
        )
        try:
            wait_until(lambda: bool(self._pactl("list", "short", "sink-inputs")), "the sound is played", 10)
            yield
        finally:
            player.terminate()
            player.wait()
            file.unlink()

    def _outputs(self) -> list[list[str]]:
        """What pactl says of each stream that records from the microphone."""
        sources = dict(line.split("\t")[1::-1] for line in self._pactl("list", "short", "sources").splitlines())
        outputs = [line.split("\t") for line in self._pactl("list", "short", "source-outputs").splitlines()]
        return [output for output in outputs if output[1] == sources[NAME]]

    def _pactl(self, *words: str, check: bool = True) -> str:
        command = [needed("pactl"), *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=check, timeout=10
        ).stdout


def _said(name: str) -> list[str]:
    return [f"source_properties=device.description={name}"]


@contextlib.contextmanager
def heard_by_this_process(microphone: VirtualMicrophone) -> Iterator[None]:
    """For a capture that this process starts itself."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(microphone.environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
