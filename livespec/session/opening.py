"""What every reader of a source begins with: its ring, the channels to show, and what can be wrong with it."""

from typing import Final

from livespec.capture.shared_ring import SharedRing
from livespec.capture.source import Source, SourceInfo
from livespec.core.framing import shown_channels
from livespec.core.ring import MARGIN, Geometry
from livespec.errors import DeviceError, FileError, UsageError
from livespec.settings import Settings, Show

NO_SOUND_S: Final = 5.0  # a device from which nothing came for so long is given up
_SPARE_S: Final = 2.0
_READ_AHEAD_S: Final = 2.0


def open_ring(info: SourceInfo, settings: Settings) -> SharedRing:
    """An empty ring for a source. settings: resolved."""
    channels = len(info.channels)
    return SharedRing.create(Geometry(channels, ring_capacity(settings, info.samplerate, channels, info.length)))


def ring_capacity(settings: Settings, samplerate: int, channels: int, length: int | None) -> int:
    """Samples that the ring keeps: the history asked for, within its cap, and never less than the view needs."""
    n_fft = settings.n_fft or 0
    needed = round((settings.span + _SPARE_S) * samplerate) + 2 * n_fft
    wanted = round(settings.history * samplerate)
    if length is not None:
        wanted = min(wanted, length)
    cap = round(settings.history_mb * 1e6 / (4 * channels))
    return max(min(max(wanted, needed), cap), MARGIN + 2 * n_fft)


def read_ahead_of(n_fft: int, samplerate: int) -> int:
    """How many samples a source that can wait may be ahead of its readers."""
    return n_fft + max(round(_READ_AHEAD_S * samplerate), MARGIN)


def shown_of(info: SourceInfo, show: Show | None) -> tuple[int, ...] | str:
    """The channels to analyse, as a `Framer` takes them. Raises `UsageError` for one that is not captured."""
    show = show or ("mix" if info.kind in ("file", "stdin") else (info.channels[0],))
    return ring_channels(show, info.channels)


def _these(channels: tuple[int, ...]) -> str:
    if len(channels) == 1:
        return f"is channel {channels[0]} alone"
    return f"are channels {', '.join(map(str, channels))}"


def ring_channels(show: Show, captured: tuple[int, ...]) -> tuple[int, ...] | str:
    """Indices into the captured channels, or the word for a mixture. Raises `UsageError`."""
    if isinstance(show, str):
        if show == "diff" and len(captured) < 2:  # noqa: PLR2004
            raise UsageError("show = diff needs two channels, and one is captured", "capture two: --channels 1,2")
        return shown_channels(show, len(captured))
    missing = [number for number in show if number not in captured]
    if missing:
        raise UsageError(
            f"channel {missing[0]} cannot be shown: captured {_these(captured)}",
            "choose one of them with --show, or capture it with --channels",
        )
    return tuple(captured.index(number) for number in show)


def too_short(name: str, samples: int, n_fft: int) -> FileError:
    """The error of a source that ends before one window is full."""
    return FileError(
        f"{name}: {samples} samples are shorter than one window ({n_fft})", "use a smaller --n-fft, or more sound"
    )


def no_sound(source: Source) -> DeviceError:
    """The error of a device from which nothing came."""
    return DeviceError(
        source.trouble or f"no sound came from {source.info.name}",
        "check the device, its cable and its permission, or choose another with --device",
    )
