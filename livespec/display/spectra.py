"""The spectra beside the panes and the labels of their peaks, kept from frame to frame where nothing changes."""

import time
from typing import TYPE_CHECKING, Final

import numpy as np

from livespec.core.peaks import ColumnPeaks, Peak
from livespec.core.scales import FrequencyAxis, RowMap
from livespec.display.layout import Pane
from livespec.display.marks import joined, peak_labels
from livespec.display.scene import Furniture, Graph, Layer, Scene
from livespec.display.spectrum import SpectrumFinder, spectrum_graph
from livespec.session.columns import ColumnStore

if TYPE_CHECKING:
    from livespec.core.stft import Engine

_INTERVAL_S: Final = 1 / 32  # the eye does not follow more
_PEAKS_S: Final = 0.25
_MOST_PEAKS: Final = 5
_ABOVE_MEDIAN_DB: Final = 20.0
_ABOVE_LOWEST: Final = 0.4  # of the range
_STALE_S: Final = 0.5


class Spectra:
    """The GUI thread's."""

    def __init__(self) -> None:
        self._finder: tuple[ColumnStore, SpectrumFinder] | None = None
        self._rows: tuple[tuple[object, ...], RowMap] | None = None
        self._drawn: tuple[tuple[object, ...], float, tuple[Graph, ...]] = (), 0.0, ()
        self._labels: tuple[tuple[object, ...], Furniture] = (), Furniture()
        self._peaks: tuple[float, list[list[Peak]]] = 0.0, []
        self._peak_finder: tuple[Engine, ColumnPeaks] | None = None

    def graphs(self, scene: Scene, scale: float) -> tuple[Graph, ...]:
        """Of every pane that has a spectrum, at the newest edge."""
        layer = scene.layers[-1]
        cell = newest_cell(layer, scene)
        if cell is None:
            return ()
        store = layer.shown.columns.store
        # Cells of a picture that stands may still be filled in, or be blanked for a gap.
        sound = cell, layer.shown.columns.oldest, store.rewrites
        look = (scene.layout, scale, layer.shown.axis, scene.palette, layer.shown.quantity, scene.theme, store)
        key = (sound, *look)
        now = time.perf_counter()
        before, drawn_at, graphs = self._drawn
        same_look = len(before) == len(key) and all(a is b or a == b for a, b in zip(before[1:], look, strict=True))
        if same_look and (before[0] == sound or now - drawn_at < _INTERVAL_S):
            return graphs
        out: list[Graph] = []
        for pane in scene.layout.panes[: store.channels]:
            if pane.spectrum is not None:
                spectrum = self._finder_of(store).at(cell, layer.shown.columns.oldest, pane.channel)
                offset = layer.shown.quantity.offset_db
                rows = self._rows_of(layer, pane)
                out.append(spectrum_graph(spectrum, rows, offset, scene.palette, pane, scene.theme, scale))
        self._drawn = key, now, tuple(out)
        return self._drawn[2]

    def peaks(self, scene: Scene, scale: float) -> Furniture:
        """The strongest tones at the newest edge."""
        layer = scene.layers[-1]
        store = layer.shown.columns.store
        if store.picture != "spectrum":
            return Furniture()
        now = time.perf_counter()
        looked, found = self._peaks
        if now - looked > _PEAKS_S or len(found) != store.channels:
            cell = newest_cell(layer, scene)
            found = [] if cell is None else [self._find(layer, scene, cell, n) for n in range(store.channels)]
            self._peaks = now, found
        key = (found, scene.layout, scene.axis, scene.theme, scale)
        before, labels = self._labels
        if len(before) != len(key) or not all(a is b or a == b for a, b in zip(before, key, strict=True)):
            pairs = zip(scene.layout.panes, found, strict=False)
            labels = joined(*(peak_labels(scene, pane, peaks, scale) for pane, peaks in pairs))
            self._labels = key, labels
        return labels

    def _find(self, layer: Layer, scene: Scene, cell: int, channel: int) -> list[Peak]:
        store, offset = layer.shown.columns.store, layer.shown.quantity.offset_db
        levels = store.cells(cell, cell + 1, channel)[0] + offset
        if np.isnan(levels).any():
            return []
        low, high = scene.palette.low, scene.palette.high
        least = max(low + _ABOVE_LOWEST * (high - low), float(np.median(levels)) + _ABOVE_MEDIAN_DB)
        found = self._peak_finder_of(store).find(levels, len(levels), least)
        axis = layer.shown.axis
        seen = [peak for peak in found if isinstance(axis, FrequencyAxis) and 0 <= axis.place(peak.frequency_hz) < 1]
        return seen[:_MOST_PEAKS]

    def _finder_of(self, store: ColumnStore) -> SpectrumFinder:
        if self._finder is None or self._finder[0] is not store:
            self._finder = store, SpectrumFinder(store)
        return self._finder[1]

    def _rows_of(self, layer: Layer, pane: Pane) -> RowMap:
        store, axis = layer.shown.columns.store, layer.shown.axis
        key = (axis, pane.frequency_px, store.bins, store.bin_hz)
        if self._rows is None or self._rows[0] != key:
            self._rows = key, axis.rows(pane.frequency_px, store.bins, store.bin_hz)
        return self._rows[1]

    def _peak_finder_of(self, store: ColumnStore) -> ColumnPeaks:
        if self._peak_finder is None or self._peak_finder[0] is not store.engine:
            self._peak_finder = store.engine, ColumnPeaks(store.engine)
        return self._peak_finder[1]


def newest_cell(layer: Layer, scene: Scene) -> int | None:
    """The cell at the newest edge; None where there is no sound, or none that is of now any more."""
    if not layer.runs:
        return None
    run, time_px = layer.runs[-1], scene.layout.panes[0].time_px
    if run.t1 >= time_px - 2:
        return max(run.first, min(run.last, int(run.c1)))
    store = layer.shown.columns.store  # a hole begins here, or the sound has ended: half a window before its end
    stale_px = max(_STALE_S, store.n_fft / store.engine.samplerate) * time_px / scene.span_s
    is_last = layer.shown.columns.end - 1 == run.last
    return min(run.last, int(run.c1)) if is_last and time_px - run.t1 < stale_px else None
