"""From what is known of a frame and a moment to a `Scene`."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from livespec.display.furniture import backdrop, end_of_times, fixed_furniture, holes, said, time_marks
from livespec.display.layout import Pane
from livespec.display.scene import Columns, Frame, Furniture, Layer, Pieces, Run, Scene, Shown, edged
from livespec.display.theme import PITCH
from livespec.session.clock import Timeline

_PITCH_PX: Final = 3
_PITCH_STEP: Final = 0.08  # of the frequency axis: where the next pitch is further away the line breaks


def waterfall_runs(columns: Columns, timeline: Timeline, start_s: float, px_per_s: float, px: int) -> tuple[Run, ...]:
    """The visible stretches of columns between the gaps, on an axis of `px` pixels that begins at `start_s`."""
    store, oldest, end = columns
    if end == 0:
        return ()
    rate = timeline.samplerate
    begins = store.centre(oldest - 1)
    lost = timeline.lost_before(begins)
    cuts = [(0, lost)]
    for gap in timeline.gaps_between(begins, store.centre(end)):
        lost += gap.samples
        cuts.append((gap.position, lost))
    runs = []
    for (position, lost), following in zip(cuts, [*cuts[1:], None], strict=True):
        first = max(oldest, int(np.ceil(store.cell_at(position))))
        last = end - 1
        if following is not None:
            last = min(last, int(np.ceil(store.cell_at(following[0]))) - 1)
        if last < first:
            continue

        def cell_t(cell: float, lost: int = lost) -> float:
            return ((store.centre(cell) + lost) / rate - start_s) * px_per_s

        t0, t1 = cell_t(first - 0.5), cell_t(last + 0.5)
        left, right = max(t0, 0.0), min(t1, float(px))
        if right <= left:
            continue
        per_px = (last + 1 - first) / (t1 - t0)
        c0 = first - 0.5 + (left - t0) * per_px
        runs.append(Run(left, right, c0, c0 + (right - left) * per_px, first, last))
    return tuple(runs)


def pitch_line(layer: Layer, pane: Pane, scale: float) -> tuple[Pieces, ...]:
    """A piece for each cell that has a pitch on the axis, as high as what lies between it and its neighbour."""
    store, length = layer.shown.columns.store, pane.frequency_px
    if not store.has_pitches:
        return ()
    pieces = [np.empty((0, 4), np.float32)]
    thick = scale * _PITCH_PX
    for run in layer.runs:
        first, stop = int(max(run.first, run.c0)), min(run.last, int(run.c1)) + 1
        hz = store.pitch_hz(first, stop, pane.channel)
        voiced = np.isfinite(hz)
        if not voiced.any():
            continue
        place = layer.shown.axis.place(np.where(voiced, hz, 1.0))
        f = length * place
        near = voiced & np.roll(voiced, -1) & (np.abs(np.roll(f, -1) - f) < _PITCH_STEP * length)
        near[-1] = False
        following = np.where(near, np.roll(f, -1), f)
        px_per_cell = (run.t1 - run.t0) / (run.c1 - run.c0)
        # On whole pixels, where both renderers agree.
        edges = np.clip(run.t0 + (np.arange(first, stop + 1) - 0.5 - run.c0) * px_per_cell, run.t0, run.t1).round()
        low = (np.minimum(f, following) - thick / 2).round()
        high = (np.maximum(f, following) + thick / 2).round()
        piece = np.stack([edges[:-1], low, np.diff(edges), high - low], axis=1)
        inside = voiced & (place >= 0) & (place <= 1) & (low >= 0) & (high <= length)
        pieces.append(pane.boxes(piece[inside]))
    return edged(np.concatenate(pieces), PITCH)


class _Standing(NamedTuple):
    """What is the same for as long as a frame is. end_of_times: pixels, where what is right of the times begins."""

    backdrop: tuple[Pieces, ...]
    fixed: Furniture
    said: Furniture
    end_of_times: int

    @classmethod
    def of(cls, frame: Frame) -> "_Standing":
        layout = frame.layout
        return cls(
            backdrop(frame, layout), fixed_furniture(frame, layout), said(frame, layout), end_of_times(frame, layout)
        )


class SceneBuilder:
    """Turns a `Frame` and a moment into a `Scene`; keeps what stands of the last frame."""

    def __init__(self) -> None:
        self._kept: tuple[Frame, _Standing] | None = None

    def build(
        self,
        frame: Frame,
        shown: Sequence[Shown],
        timeline: Timeline,
        end_s: float,
        span_s: float,
    ) -> Scene:
        """The picture whose newest edge is at `end_s`."""
        layout = frame.layout
        if self._kept is None or self._kept[0] is not frame:
            self._kept = frame, _Standing.of(frame)
        standing = self._kept[1]
        start_s = end_s - span_s
        pane = layout.panes[0]
        px_per_s = pane.time_px / span_s
        layers = tuple(
            Layer(one, waterfall_runs(one.columns, timeline, start_s, px_per_s, pane.time_px)) for one in shown
        )
        origin = timeline.start_wall_time if frame.clock else None
        marks, times = time_marks(frame, layout, start_s, span_s, origin, standing.end_of_times)
        channels = layers[-1].shown.columns.store.channels
        lines = [pitch_line(layers[-1], pane, frame.scale) for pane in layout.panes if pane.channel < channels]
        return Scene(
            width=frame.width,
            height=frame.height,
            layout=layout,
            theme=frame.theme,
            palette=frame.palette,
            layers=layers,
            start_s=start_s,
            span_s=span_s,
            backdrop=standing.backdrop,
            pieces=tuple(piece for line in lines for piece in line),
            moving=Furniture((*holes(timeline, layout, start_s, px_per_s, frame.theme), *marks), times),
            fixed=standing.fixed,
            said=standing.said,
        )
