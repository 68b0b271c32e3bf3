"""A sound file to columns: the same as live, streamed, so that memory does not grow with the length."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from livespec.capture.file import choose_channels, open_sound, read_blocks
from livespec.capture.source import SourceInfo
from livespec.core.arrays import Float32Array
from livespec.core.feature_set import FeatureSet
from livespec.core.framing import choose, column_count
from livespec.core.quantity import LevelQuantity, level_quantity
from livespec.core.stft import Engine
from livespec.session.calibration import load_calibration
from livespec.session.clock import Timeline
from livespec.session.opening import shown_of, too_short
from livespec.settings import Settings

_COLUMNS_AT_ONCE: Final = 64


class ColumnSink(Protocol):
    """Where columns go: all in their order, then `finish` or not; `discard` leaves nothing that is not whole."""

    def append(self, levels: Float32Array, features: Mapping[str, Float32Array] | None = None) -> None: ...
    def finish(self, description: Mapping[str, Any]) -> None: ...
    def discard(self) -> None: ...


Open = Callable[[Engine, LevelQuantity, int, Timeline], ColumnSink]


def analyse_file(
    path: Path, settings: Settings, features: Sequence[str], open_sink: Open, tell: Callable[[float], None]
) -> int:
    """Hand the columns of a sound file on; returns how many there are.

    open_sink: makes what takes them, for an engine, its quantity and a number of channels. tell: called now and then
    with the seconds of sound that are done. Raises `LivespecError`.
    """
    with open_sound(path) as file:
        picked = choose_channels(settings.channels, file.channels, path.name)
        info = SourceInfo("file", str(path), file.samplerate, picked, length=file.frames)
        resolved = resolved_for(path, settings, file.samplerate)
        engine = Engine(resolved, file.samplerate)
        if not column_count(file.frames, engine.n_fft, engine.hop):
            raise too_short(str(path), file.frames, engine.n_fft)
        shown = shown_of(info, settings.show)
        labels = [shown] if isinstance(shown, str) else [str(picked[index]) for index in shown]
        described = FeatureSet(features, engine, len(labels)) if features else None
        quantity = level_quantity(engine, load_calibration(settings))
        sink = open_sink(engine, quantity, len(labels), Timeline(file.samplerate, live=False))
        try:
            count = samples = 0
            for block in read_blocks(file, [number - 1 for number in picked], _COLUMNS_AT_ONCE * engine.hop):
                with np.errstate(invalid="ignore", over="ignore"):  # samples that are no numbers are told by NaN
                    windows = engine.windows(choose(block.T, shown))
                    levels = engine.columns(windows)
                    if levels.shape[1]:
                        sink.append(levels, None if described is None else described.push(windows, levels))
                count += levels.shape[1]
                samples += len(block)
                tell(samples / file.samplerate)
            description: dict[str, Any] = {"channels": labels, "settings": resolved.as_dict()}
            if described is not None:
                description |= {"features": list(features), **described.constants}
            sink.finish(description)
        finally:
            sink.discard()
        return count


def resolved_for(path: Path, settings: Settings, samplerate: int) -> Settings:
    """The settings that a file's columns have, and that are kept with them."""
    return replace(settings, source=str(path.absolute())).at_rate(samplerate)
