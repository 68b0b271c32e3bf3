"""The waterfall on the GPU: each column is uploaded once, coloured once, and then only moved.

Three textures. `levels`: a float ring of the columns in dBFS, one column a texture line, the truth from
which everything else follows. `picture`: an RGBA ring of screen rows × columns; new columns alone are
coloured into it (bins → weighting → rows → range → colour, in the fragment shader), and all of it only when
scale, weighting, range, colours or height change. A frame is one textured quad a run. So the cost of a frame
follows the new columns, not the pixels on screen (docs/architecture.md has the figures).

Everything here belongs to the thread that owns the GL context.
"""

from typing import TYPE_CHECKING, Final

import numpy as np
from vispy import gloo

from livespec.core.arrays import Float32Array
from livespec.display.scene import GAP, Palette, Rect, Scene, unit_colour
from livespec.session.columns import ColumnStore

if TYPE_CHECKING:
    from livespec.core.quantity import LevelQuantity
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
    """Draws the runs of a `Scene` from a `ColumnStore`. largest: the GPU's limit of texture size."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._colour = gloo.Program(_COLOUR_VERTEX, _COLOUR_FRAGMENT)
        self._show = gloo.Program(_SHOW_VERTEX, _SHOW_FRAGMENT)
        self._colour["u_gap"] = unit_colour(GAP)
        self._store: ColumnStore | None = None
        self._axis: PictureAxis | None = None
        self._palette: Palette | None = None
        self._quantity: LevelQuantity | None = None
        self._rows = 0
        self._rewrites = 0
        self._uploaded = 0  # one past the newest cell in `levels`
        self._folded = 1  # bins that share a texel where there are more than the GPU takes
        self.uploaded_bytes = 0

    def update(self, scene: Scene, store: ColumnStore, bin_hz: float, *, hold: bool = False) -> None:
        """Bring the textures up to the store and the scene's look. hold: take in no new columns (frozen)."""
        fresh = store is not self._store
        if fresh:
            self._make_levels(store)
        taller = scene.plot.height != self._rows
        if fresh or taller:
            self._make_picture(store, scene.plot.height)
        look = (
            fresh
            or taller
            or scene.axis != self._axis
            or scene.palette is not self._palette
            or scene.quantity is not self._quantity
        )
        if look:
            self._set_look(scene, store, bin_hz)
        if not hold or fresh:
            self._take_in(store, everything=fresh or store.rewrites != self._rewrites, coloured=not look)
        if look:
            self._colour_cells(max(0, self._uploaded - store.capacity), self._uploaded)

    def _take_in(self, store: ColumnStore, *, everything: bool, coloured: bool) -> None:
        """Upload what is new; a cell that pools several columns is new until it is full."""
        self._rewrites = store.rewrites
        stop = store.end
        first = max(0 if everything else self._uploaded - (store.pooled > 1), store.oldest)
        self._upload(store, first, stop)
        if coloured:
            self._colour_cells(first, stop)
        self._uploaded = stop

    def draw(self, scene: Scene) -> None:
        """The plot's background and the visible runs, over what is bound."""
        if not scene.runs or self._store is None:
            return
        capacity = self._store.capacity
        position, texture, limits = [], [], []
        for run in scene.runs:
            base = run.first // capacity * capacity  # keeps the numbers small enough for floats
            position.append(_quad(run.x0, run.x1, scene.plot, scene))
            c0, c1 = run.c0 + 0.5 - base, run.c1 + 0.5 - base
            texture.append([(c0, 1.0), (c1, 1.0), (c1, 0.0), (c0, 1.0), (c1, 0.0), (c0, 0.0)])
            limits.append([(run.first + 0.5 - base, run.last + 0.5 - base)] * 6)
        self._show["a_position"] = np.array(position, np.float32).reshape(-1, 2)
        self._show["a_texture"] = np.array(texture, np.float32).reshape(-1, 2)
        self._show["a_limits"] = np.array(limits, np.float32).reshape(-1, 2)
        self._show.draw("triangles")

    def _make_levels(self, store: ColumnStore) -> None:
        self._store = store
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
        self._uploaded = 0

    def _make_picture(self, store: ColumnStore, rows: int) -> None:
        self._rows = rows
        self._picture = gloo.Texture2D(
            shape=(rows, store.capacity, 4),
            format="rgba",
            interpolation="linear",
            wrapping=("repeat", "clamp_to_edge"),
        )
        self._target = gloo.FrameBuffer(color=self._picture)
        self._show["u_picture"] = self._picture
        self._show["u_columns"] = float(store.capacity)

    def _set_look(self, scene: Scene, store: ColumnStore, bin_hz: float) -> None:
        self._axis, self._palette, self._quantity = scene.axis, scene.palette, scene.quantity
        rows = scene.axis.rows(self._rows, -(-store.bins // self._folded), bin_hz * self._folded)
        table = np.stack([rows.first, rows.last, rows.between], axis=-1).astype(np.float32)[None]
        self._colour["u_rows"] = gloo.Texture2D(table, format="rgb", internalformat="rgb32f", interpolation="nearest")
        self._colour["u_row_count"] = float(self._rows)
        offsets = scene.quantity.offset_db[:: self._folded]
        self._colour["u_offsets"] = gloo.Texture2D(
            offsets[None, :, None], format="luminance", internalformat="r32f", interpolation="nearest"
        )
        self._colour["u_offset_count"] = float(len(offsets))
        colours = scene.palette.colours
        self._colour["u_colours"] = gloo.Texture2D(colours[None], format="rgb", interpolation="nearest")
        self._colour["u_last_colour"] = float(len(colours) - 1)
        self._colour["u_low"] = float(scene.palette.low)
        self._colour["u_span"] = float(scene.palette.high - scene.palette.low)

    def _upload(self, store: ColumnStore, first: int, stop: int) -> None:
        for start, end in _slots(first, stop, store.capacity):
            cells = store.cells(start, end)
            cells[np.isnan(cells)] = _NO_LEVEL
            folded = _fold(cells, self._folded)
            self._levels.set_data(folded[..., None], offset=(start % store.capacity, 0))
            self.uploaded_bytes += folded.nbytes

    def _colour_cells(self, first: int, stop: int) -> None:
        assert self._store is not None
        capacity = self._store.capacity
        quads = []
        for start, end in _slots(first, stop, capacity):
            at = start % capacity
            x0, x1 = 2 * at / capacity - 1, 2 * (at + end - start) / capacity - 1
            quads.append([(x0, 1), (x1, 1), (x1, -1), (x0, 1), (x1, -1), (x0, -1)])
        if not quads:
            return
        self._colour["a_position"] = np.array(quads, np.float32).reshape(-1, 2)
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


def _quad(x0: float, x1: float, plot: Rect, scene: Scene) -> list[tuple[float, float]]:
    left, right = 2 * x0 / scene.width - 1, 2 * x1 / scene.width - 1
    top, bottom = 1 - 2 * plot.y / scene.height, 1 - 2 * (plot.y + plot.height) / scene.height
    return [(left, top), (right, top), (right, bottom), (left, top), (right, bottom), (left, bottom)]
