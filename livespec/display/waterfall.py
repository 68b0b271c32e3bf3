"""The waterfall on the GPU: each column is uploaded once, coloured once, and then only moved.

Three textures. `levels`: a float ring of the columns in dBFS, one column a texture line, the truth from
which everything else follows. `picture`: an RGBA ring of screen rows × columns; new columns alone are
coloured into it (bins → weighting → rows → range → colour, in the fragment shader), and all of it only when
scale, weighting, range, colours or height change. A frame is one textured quad a run. So the cost of a frame
follows the new columns, not the pixels on screen (docs/architecture.md has the figures).

Everything here belongs to the thread that owns the GL context.
"""

from typing import Final

import numpy as np
from vispy import gloo

from livespec.core.arrays import Float32Array
from livespec.core.quantity import LevelQuantity
from livespec.display.layout import Pane
from livespec.display.scene import Layer, Palette, Run, Scene
from livespec.display.theme import Theme, unit_colour
from livespec.session.columns import ColumnStore
from livespec.session.picture import PictureAxis

_NO_LEVEL: Final = np.float32(-1e6)  # stands for NaN, which GLSL's max() does not define

_COLOUR_VERTEX: Final = """
attribute vec2 a_position;
void main() {
    gl_Position = vec4(a_position, 0.0, 1.0);
}
"""

_COLOUR_FRAGMENT: Final = """
uniform sampler2D u_levels;
uniform sampler2D u_offsets;
uniform sampler2D u_rows;
uniform sampler2D u_colours;
uniform vec2 u_levels_size;
uniform float u_offset_count;
uniform float u_row_count;
uniform float u_low;
uniform float u_span;
uniform float u_last_colour;
uniform vec3 u_gap;

float level(float bin, float line) {
    float offset = texture2D(u_offsets, vec2((bin + 0.5) / u_offset_count, 0.5)).r;
    return texture2D(u_levels, vec2(bin + 0.5, line) / u_levels_size).r + offset;
}

void main() {
    float line = gl_FragCoord.x;
    vec3 row = texture2D(u_rows, vec2(gl_FragCoord.y / u_row_count, 0.5)).rgb;
    float value = level(row.r, line);
    if (row.b < 0.0) {
        int count = int(row.g - row.r + 0.5);
        for (int i = 1; i <= count; i++) {
            value = max(value, level(row.r + float(i), line));
        }
    } else {
        value = mix(value, level(row.g, line), row.b);
    }
    if (value < -1e5) {
        gl_FragColor = vec4(u_gap, 1.0);
    } else {
        float share = clamp((value - u_low) / u_span, 0.0, 1.0);
        float index = floor(share * u_last_colour + 0.5);
        gl_FragColor = vec4(texture2D(u_colours, vec2((index + 0.5) / (u_last_colour + 1.0), 0.5)).rgb, 1.0);
    }
}
"""

_SHOW_VERTEX: Final = """
attribute vec2 a_position;
attribute vec2 a_texture;
attribute vec2 a_limits;
varying vec2 v_texture;
varying vec2 v_limits;
void main() {
    v_texture = a_texture;
    v_limits = a_limits;
    gl_Position = vec4(a_position, 0.0, 1.0);
}
"""

_SHOW_FRAGMENT: Final = """
uniform sampler2D u_picture;
uniform float u_columns;
varying vec2 v_texture;
varying vec2 v_limits;
void main() {
    float column = clamp(v_texture.x, v_limits.x, v_limits.y);
    gl_FragColor = texture2D(u_picture, vec2(column / u_columns, v_texture.y));
}
"""


class Waterfall:
    """Draws one channel of a `ColumnStore`. largest: the GPU's limit of texture size."""

    def __init__(self, largest: int, store: ColumnStore, channel: int) -> None:
        self._largest, self._store, self._channel = largest, store, channel
        self._colour = gloo.Program(_COLOUR_VERTEX, _COLOUR_FRAGMENT)
        self._show = gloo.Program(_SHOW_VERTEX, _SHOW_FRAGMENT)
        self._axis: PictureAxis | None = None
        self._table_for: tuple[PictureAxis, int] | None = None
        self._palette: Palette | None = None
        self._quantity: LevelQuantity | None = None
        self._theme: Theme | None = None
        self._picture: gloo.Texture2D | None = None
        self._target: gloo.FrameBuffer | None = None
        self._rows = 0
        self._rewrites = store.rewrites
        self._taken = range(0)  # cells in `levels`
        self.uploaded_bytes = 0
        self._make_levels()

    def update(self, layer: Layer, pane: Pane, scene: Scene, detail: int = 1) -> None:
        """Bring the textures up to the store and the scene's look, for what is visible of it."""
        rows = max(1, pane.frequency_px // detail)
        taller = rows != self._rows
        if taller:
            self._make_picture(rows)
        shown = layer.shown
        look = (
            taller
            or shown.axis != self._axis
            or scene.palette is not self._palette
            or shown.quantity is not self._quantity
            or scene.theme is not self._theme
        )
        if look:
            self._set_look(layer, scene)
        # A layer that holds shows what it has; one that nothing was taken of yet has nothing.
        if not shown.hold or not self._taken:
            self._take_in(coloured=not look)
        if look:
            self._colour_cells(self._taken.start, self._taken.stop)

    def _take_in(self, *, coloured: bool) -> None:
        """Upload what is new at either end; a cell that pools several columns is new until it is full."""
        store, taken = self._store, self._taken
        first, stop = store.oldest, store.end
        if store.rewrites != self._rewrites or not taken or stop <= taken.start or first >= taken.stop:
            taken = range(first, first)
        self._rewrites = store.rewrites
        new = [(first, taken.start), (max(first, taken.stop - (store.pooled > 1)), stop)]
        for start, end in new:
            if end > start:
                self._upload(start, end)
                if coloured:
                    self._colour_cells(start, end)
        self._taken = range(first, stop)

    def draw(self, runs: tuple[Run, ...], pane: Pane, scene: Scene) -> None:
        """The visible runs, over what is bound."""
        if not runs:
            return
        capacity = self._store.capacity
        position, texture, limits = [], [], []
        for run in runs:
            base = run.first // capacity * capacity  # keeps the numbers small enough for floats
            position.append(_quad(run, pane, scene))
            c0, c1 = run.c0 + 0.5 - base, run.c1 + 0.5 - base
            texture.append([(c0, 0.0), (c1, 0.0), (c1, 1.0), (c0, 0.0), (c1, 1.0), (c0, 1.0)])
            limits.append([(run.first + 0.5 - base, run.last + 0.5 - base)] * 6)
        self._show["a_position"] = np.array(position, np.float32).reshape(-1, 2)
        self._show["a_texture"] = np.array(texture, np.float32).reshape(-1, 2)
        self._show["a_limits"] = np.array(limits, np.float32).reshape(-1, 2)
        self._show.draw("triangles")

    def release(self) -> None:
        """Give the GPU its memory back."""
        for owned in (self._levels, self._picture, self._target):
            if owned is not None:
                owned.delete()

    def _make_levels(self) -> None:
        store = self._store
        self._folded = -(-store.bins // self._largest)
        width = -(-store.bins // self._folded)
        self._levels = gloo.Texture2D(
            shape=(store.capacity, width, 1),
            format="luminance",
            internalformat="r32f",
            interpolation="nearest",
        )
        self._colour["u_levels"] = self._levels
        self._colour["u_levels_size"] = (width, store.capacity)

    def _make_picture(self, rows: int) -> None:
        for owned in (self._target, self._picture):
            if owned is not None:
                owned.delete()
        self._rows = rows
        self._picture = gloo.Texture2D(
            shape=(rows, self._store.capacity, 4),
            format="rgba",
            interpolation="linear",
            wrapping=("repeat", "clamp_to_edge"),
        )
        self._target = gloo.FrameBuffer(color=self._picture)
        self._show["u_picture"] = self._picture
        self._show["u_columns"] = float(self._store.capacity)

    def _set_look(self, layer: Layer, scene: Scene) -> None:
        shown = layer.shown
        before = self._palette
        if self._table_for != (shown.axis, self._rows):
            self._set_rows(shown.axis)
        if shown.quantity is not self._quantity:
            self._set_offsets(shown.quantity)
        if before is None or scene.palette.colours is not before.colours:
            self._set_colours(scene.palette)
        self._axis, self._palette, self._quantity = shown.axis, scene.palette, shown.quantity
        self._theme = scene.theme
        self._colour["u_gap"] = unit_colour(scene.theme.gap)
        self._colour["u_low"] = float(scene.palette.low)
        self._colour["u_span"] = float(scene.palette.high - scene.palette.low)

    def _set_rows(self, axis: PictureAxis) -> None:
        store = self._store
        self._table_for = axis, self._rows
        rows = axis.rows(self._rows, -(-store.bins // self._folded), store.bin_hz * self._folded)
        table = np.stack([rows.first, rows.last, rows.between], axis=-1).astype(np.float32)[None]
        self._colour["u_rows"] = gloo.Texture2D(table, format="rgb", internalformat="rgb32f", interpolation="nearest")
        self._colour["u_row_count"] = float(self._rows)

    def _set_offsets(self, quantity: LevelQuantity) -> None:
        offsets = quantity.offset_db[:: self._folded]
        self._colour["u_offsets"] = gloo.Texture2D(
            offsets[None, :, None], format="luminance", internalformat="r32f", interpolation="nearest"
        )
        self._colour["u_offset_count"] = float(len(offsets))

    def _set_colours(self, palette: Palette) -> None:
        self._colour["u_colours"] = gloo.Texture2D(palette.colours[None], format="rgb", interpolation="nearest")
        self._colour["u_last_colour"] = float(len(palette.colours) - 1)

    def _upload(self, first: int, stop: int) -> None:
        store = self._store
        for start, end in _slots(first, stop, store.capacity):
            cells = store.cells(start, end, self._channel)
            cells[np.isnan(cells)] = _NO_LEVEL
            folded = _fold(cells, self._folded)
            self._levels.set_data(folded[..., None], offset=(start % store.capacity, 0))
            self.uploaded_bytes += folded.nbytes

    def _colour_cells(self, first: int, stop: int) -> None:
        capacity = self._store.capacity
        quads = []
        for start, end in _slots(first, stop, capacity):
            at = start % capacity
            x0, x1 = 2 * at / capacity - 1, 2 * (at + end - start) / capacity - 1
            quads.append([(x0, 1), (x1, 1), (x1, -1), (x0, 1), (x1, -1), (x0, -1)])
        if not quads:
            return
        self._colour["a_position"] = np.array(quads, np.float32).reshape(-1, 2)
        assert self._target is not None
        with self._target:
            gloo.set_viewport(0, 0, capacity, self._rows)
            gloo.set_state(blend=False, depth_test=False)
            self._colour.draw("triangles")


def _slots(first: int, stop: int, capacity: int) -> list[tuple[int, int]]:
    """Cells first … stop − 1 as at most two stretches that do not cross the ring's end."""
    if stop <= first:
        return []
    seam = (first // capacity + 1) * capacity
    return [(first, stop)] if stop <= seam else [(first, seam), (seam, stop)]


def _fold(cells: Float32Array, folded: int) -> Float32Array:
    """The maximum of every `folded` bins."""
    if folded == 1:
        return cells
    starts = np.arange(0, cells.shape[1], folded)
    return np.maximum.reduceat(cells, starts, axis=1)


def _quad(run: Run, pane: Pane, scene: Scene) -> list[tuple[float, float]]:
    """Its corners: oldest and newest at the lowest frequency, newest and oldest at the highest, as two triangles."""
    area = pane.area
    if pane.downwards:
        bottom = area.y + area.height
        old, new = 1 - 2 * (bottom - run.t0) / scene.height, 1 - 2 * (bottom - run.t1) / scene.height
        low, high = 2 * area.x / scene.width - 1, 2 * (area.x + area.width) / scene.width - 1
        return [(low, old), (low, new), (high, new), (low, old), (high, new), (high, old)]
    old, new = 2 * (area.x + run.t0) / scene.width - 1, 2 * (area.x + run.t1) / scene.width - 1
    high, low = 1 - 2 * area.y / scene.height, 1 - 2 * (area.y + area.height) / scene.height
    return [(old, low), (new, low), (new, high), (old, low), (new, high), (old, high)]
