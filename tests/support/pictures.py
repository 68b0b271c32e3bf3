"""Scenes over columns that are known, without a session."""

import math
from dataclasses import dataclass, field

import numpy as np

from livespec.core.arrays import Float32Array
from livespec.core.quantity import RAW, LevelQuantity
from livespec.core.scales import FrequencyAxis
from livespec.core.stft import Engine
from livespec.display.colormaps import colormap
from livespec.display.layout import Wanted
from livespec.display.scene import Banner, Columns, Frame, Palette, Scene, Shown
from livespec.display.scene_builder import SceneBuilder
from livespec.display.theme import DARK, Theme
from livespec.session.clock import Timeline
from livespec.session.columns import ColumnStore
from livespec.session.gap_index import Gap
from livespec.session.picture import PictureAxis
from livespec.settings import Settings
from tests.support.signals import white_noise

RATE, N_FFT, HOP = 48_000, 2048, 512
BINS, BIN_HZ = N_FFT // 2 + 1, RATE / N_FFT
ENGINE = Engine(Settings(n_fft=N_FFT, hop=HOP), RATE)


def noisy_levels(count: int, seed: int = 1, bins: int = BINS) -> Float32Array:
    """(count, bins) dBFS: noise that differs from bin to bin and column to column, tones, and a chirp."""
    levels = white_noise(count * bins, rms=4, seed=seed).reshape(count, bins) - 85
    levels[:, [20, 100, 500]] = -10, -25, -40
    levels[np.arange(count), np.arange(count) * 3 % bins] = -15
    return levels


@dataclass
class Picture:
    """A store that can be added to, and its scenes. gaps: (position, samples) of holes."""

    width: int = 640
    height: int = 400
    scale: float = 1.0
    span_s: float = 4.0
    gaps: tuple[tuple[int, int], ...] = ()
    banners: tuple[Banner, ...] = ()
    axis: PictureAxis = field(default_factory=lambda: FrequencyAxis("mel", 40.0, 16_000.0))
    palette: Palette = field(default_factory=lambda: Palette(colormap("magma"), -100.0, 0.0))
    quantity: LevelQuantity = RAW
    wanted: Wanted = field(default_factory=Wanted)
    theme: Theme = DARK
    engine: Engine = ENGINE
    recorded_s: int | None = None

    def __post_init__(self) -> None:
        columns = self.span_s * RATE / self.engine.hop
        self.pooled = max(1, math.ceil(columns / self.frame().layout.panes[0].time_px))
        self.store = ColumnStore(self.engine, math.ceil(columns / self.pooled) + 64, self.pooled)
        self.timeline = Timeline(RATE, live=True)
        self.timeline.start_wall_time = 1_700_000_000.0
        self.timeline.gaps = tuple(Gap(position, samples, "lost") for position, samples in self.gaps)
        self.columns = 0

    def add(self, levels: Float32Array, pitch_hz: Float32Array | None = None) -> None:
        """Columns (n, bins) that follow those before; windows over a gap are blanked as a session does it."""
        for start in range(0, len(levels), 29):
            part = levels[start : start + 29]
            pitches = None if pitch_hz is None else pitch_hz[start : start + 29]
            self.store.append(
                self.columns, part[None], np.zeros(len(part), np.int64), None if pitches is None else pitches[None]
            )
            self.columns += len(part)
        self.store.mark_gaps(self.timeline)

    def frame(self) -> Frame:
        return Frame(
            width=self.width,
            height=self.height,
            scale=self.scale,
            title="Test",
            subtitle="48 kHz  ·  mix",
            axis=self.axis,
            palette=self.palette,
            quantity=self.quantity,
            banners=self.banners,
            wanted=self.wanted,
            theme=self.theme,
            recorded_s=self.recorded_s,
        )

    def scene(self, beside_px: float = 0.0) -> Scene:
        """The newest column at the right edge, or beside it."""
        newest = self.timeline.seconds_at(self.store.centre(self.columns / self.pooled - 1))
        end_s = newest - beside_px * self.span_s / self.frame().layout.panes[0].time_px
        shown = Shown(Columns.now(self.store), self.axis, self.quantity)
        return SceneBuilder().build(self.frame(), [shown], self.timeline, end_s, self.span_s)
