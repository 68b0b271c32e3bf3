"""The waterfall on the GPU: a column is coloured once, and then only moved.

Two rings of textures. `levels`: the columns in dBFS, one a texture line, the truth from which everything else follows.
`picture`: screen rows × columns in their colours, of which a frame shows one textured quad a run.

The few columns that come in from frame to frame are coloured by the processor; their levels are uploaded when some have
gathered. All columns in another look (scale, weighting, range, colours, height), and many that come in at once, are
coloured by the GPU from their levels, by the same rules: bins → weighting → rows → range → colour, in the fragment
shader. For a few that costs more, because the GPU then draws into a texture between two frames. Either way the cost of
a frame follows the new columns, not the pixels on screen (docs/architecture.md has the figures).

Everything here belongs to the thread that owns the GL context.
"""

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from vispy.gloo import gl

from livespec.core.arrays import Float32Array, Uint32Array
from livespec.core.quantity import LevelQuantity
from livespec.core.scales import RowMap
from livespec.display.gpu import PLACED, Program, Target, Texels, Texture, Vertices
from livespec.display.layout import Pane
from livespec.display.scene import Layer, Palette, Run, Scene, Shown
from livespec.display.theme import Theme, pixels_of, unit_colour
from livespec.session.columns import ColumnStore
from livespec.session.picture import PictureAxis

_FEW: Final = 16  # cells: no more wait for their upload, and no more are coloured by the processor in a frame
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
uniform float u_columns;
uniform float u_width;
uniform float u_lines;
uniform float u_row_count;
uniform float u_low;
uniform float u_span;
uniform float u_last_colour;
uniform vec3 u_gap;

float level(float bin, float column) {
    float line = floor((bin + 0.5) / u_width);
    float x = (bin + 0.5) / u_width - line;
    float offset = texture2D(u_offsets, vec2(x, (line + 0.5) / u_lines)).r;
    return texture2D(u_levels, vec2(x, (line + column / u_columns) / u_lines)).r + offset;
}

void main() {
    float column = mod(gl_FragCoord.x, u_columns);  // after the last column comes the first once more
    vec3 row = texture2D(u_rows, vec2(gl_FragCoord.y / u_row_count, 0.5)).rgb;
    float value = level(row.r, column);
    if (row.b < 0.0) {
        int count = int(row.g - row.r + 0.5);
        for (int i = 1; i <= count; i++) {
            value = max(value, level(row.r + float(i), column));
        }
    } else {
        value = mix(value, level(row.g, column), row.b);
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

# The fragment shader takes its texel from where it is told: llvmpipe draws that four times as fast as one that reckons
# where, and only while no texel is outside of the texture.
_SHOW_VERTEX: Final = """
attribute vec2 a_position;
attribute vec2 a_texture;
varying vec2 v_texture;
void main() {
    v_texture = a_texture;
    gl_Position = vec4(a_position, 0.0, 1.0);
}
"""

_SHOW_FRAGMENT: Final = """
uniform sampler2D u_picture;
varying vec2 v_texture;
void main() {
    gl_FragColor = texture2D(u_picture, v_texture);
}
"""

SHOWN: Final = np.dtype([("a_position", np.float32, 2), ("a_texture", np.float32, 2)])


class WaterfallPrograms:
    """What all waterfalls of a canvas are coloured and shown with."""

    def __init__(self) -> None:
        self.colour = Program(_COLOUR_VERTEX, _COLOUR_FRAGMENT, ["u_levels", "u_offsets", "u_rows", "u_colours"])
        self.show = Program(_SHOW_VERTEX, _SHOW_FRAGMENT, ["u_picture"])


class Waterfall:
    """Draws one channel of a `ColumnStore`. largest: the GPU's limit of texture size."""

    def __init__(self, programs: WaterfallPrograms, largest: int, store: ColumnStore, channel: int) -> None:
        self._programs, self._store, self._channel = programs, store, channel
        self._look: _Look | None = None
        self._picture: Texture | None = None
        self._target: Target | None = None
        self._tables: dict[str, Texture] = {}
        self._coloured, self._shown = Vertices(), Vertices()
        self._rewrites = store.rewrites
        self._taken = range(0)  # cells that are in `picture`
        self._uploaded = range(0)  # those of them that are in `levels` too
        self._holds = False
        self.uploaded_bytes = 0
        self._lines = lines = _laid_out(store.bins, store.capacity, largest)
        self._levels = Texture(store.capacity * lines.number, lines.width, Texels.LEVELS)
        self._uniforms: dict[str, float | tuple[float, ...]] = {
            "u_columns": store.capacity,
            "u_width": lines.width,
            "u_lines": lines.number,
        }

    def update(self, layer: Layer, pane: Pane, scene: Scene, detail: int = 1) -> None:
        """Bring the textures up to the store and the scene's look. detail: rows of the screen that share one."""
        height = max(1, pane.frequency_px // detail)
        looks_new = self._look is None or not self._look.is_of(height, layer.shown, scene)
        if looks_new:
            self._set_look(height, layer.shown, scene)
        # A layer that holds shows what it has; one that has nothing yet takes what there is.
        holds = layer.shown.hold and len(self._taken) > 0
        begins_to_hold = holds and not self._holds  # from now on its store may go on without it
        self._holds = holds
        new = [] if holds else self._take_in()
        if begins_to_hold or (not holds and (looks_new or _count(self._waiting) > _FEW)):
            self._upload()
        if looks_new:
            self._colour([(self._taken.start, self._taken.stop)])
        elif _count(new) > _FEW:
            self._colour(new)
        else:
            self._paint(new)

    def _take_in(self) -> list[tuple[int, int]]:
        """The cells of now, and which of them are not in the picture yet as they are now."""
        store, before, rewrites = self._store, self._taken, self._store.rewrites
        if rewrites != self._rewrites:
            self._rewrites = rewrites
            before = self._uploaded = range(0)
        self._taken = taken = range(store.oldest, store.end)
        self._uploaded = range(max(self._uploaded.start, taken.start), min(self._uploaded.stop, taken.stop))
        return self._missing_of(before)

    @property
    def _waiting(self) -> list[tuple[int, int]]:
        """Cells whose levels are to be uploaded."""
        return self._missing_of(self._uploaded)

    def _missing_of(self, there: range) -> list[tuple[int, int]]:
        """What of the cells of now is not `there`; the newest that is may have grown where it pools several columns."""
        cells = self._taken
        if not there or cells.stop <= there.start or cells.start >= there.stop:
            return [(cells.start, cells.stop)]
        grows = self._store.pooled > 1
        return [(cells.start, there.start), (max(cells.start, there.stop - grows), cells.stop)]

    def draw(self, runs: tuple[Run, ...], pane: Pane, scene: Scene) -> None:
        """The visible runs, over what is bound."""
        if not runs:
            return
        assert self._picture is not None
        capacity = self._store.capacity
        parts = [part for run in runs for part in _parts(run, capacity)]
        corners = [corner for part in parts for corner in _quad(part, capacity + 1, pane, scene)]
        self._shown.put(np.array(corners, SHOWN))
        self._programs.show.draw(self._shown, self._picture)

    def release(self) -> None:
        """Give the GPU its memory back."""
        for owned in (self._target, self._picture, self._levels, *self._tables.values(), self._coloured, self._shown):
            if owned is not None:
                owned.release()

    def _set_look(self, height: int, shown: Shown, scene: Scene) -> None:
        before = self._look
        if before is None or before.height != height:
            self._make_picture(height)
        axis, quantity, palette, theme = shown.axis, shown.quantity, scene.palette, scene.theme
        same_rows = before and (before.height, before.axis) == (height, axis)
        rows = before.rows if before and same_rows else self._set_rows(axis, height)
        offsets = before.offsets if before and before.quantity is quantity else self._set_offsets(quantity)
        same_colours = before and before.palette.colours is palette.colours
        colours = before.colours if before and same_colours else self._set_colours(palette)
        self._look = _Look(height, axis, quantity, palette, theme, rows, offsets, colours)
        self._uniforms |= {
            "u_gap": unit_colour(theme.gap),
            "u_low": float(palette.low),
            "u_span": float(palette.high - palette.low),
        }

    def _make_picture(self, height: int) -> None:
        """With a column after the last that is the first once more: what is between the two is drawn like all else."""
        for owned in (self._target, self._picture):
            if owned is not None:
                owned.release()
        self._picture = Texture(height, self._store.capacity + 1, Texels.PICTURE, smooth=True)
        self._target = Target(self._picture)

    def _set_rows(self, axis: PictureAxis, height: int) -> RowMap:
        store, folded = self._store, self._lines.folded
        rows = axis.rows(height, -(-store.bins // folded), store.bin_hz * folded)
        table = np.stack([rows.first, rows.last, rows.between], axis=-1).astype(np.float32)[None]
        self._set_table("rows", table, Texels.TRIPLES)
        self._uniforms["u_row_count"] = height
        return rows

    def _set_offsets(self, quantity: LevelQuantity) -> Float32Array:
        offsets = quantity.offset_db[:: self._lines.folded]
        lines = np.zeros((self._lines.number, self._lines.width), np.float32)
        lines.ravel()[: len(offsets)] = offsets
        self._set_table("offsets", lines, Texels.LEVELS)
        return offsets

    def _set_colours(self, palette: Palette) -> Uint32Array:
        self._set_table("colours", palette.colours[None], Texels.COLOURS)
        self._uniforms["u_last_colour"] = len(palette.colours) - 1
        return pixels_of(palette.colours)

    def _set_table(self, name: str, row: np.ndarray, texels: Texels) -> None:
        if name in self._tables:
            self._tables[name].release()
        self._tables[name] = Texture.of(row, texels)

    def _upload(self) -> None:
        """The levels of all that is waiting."""
        store = self._store
        for start, end in _slots(self._waiting, store.capacity):
            cells = self._cells(start, end)
            cells[np.isnan(cells)] = _NO_LEVEL
            for line in range(self._lines.number):
                part = cells[:, line * self._lines.width : (line + 1) * self._lines.width]
                self._levels.put(part, 0, line * store.capacity + start % store.capacity)
            self.uploaded_bytes += cells.nbytes
        self._uploaded = self._taken

    def _cells(self, first: int, stop: int) -> Float32Array:
        """Levels as they lie in the texture: (n, bins), the maximum of some where there is no room for each."""
        return _fold(self._store.cells(first, stop, self._channel), self._lines.folded)

    def _paint(self, stretches: list[tuple[int, int]]) -> None:
        """Colour cells by the processor."""
        capacity = self._store.capacity
        assert self._picture is not None
        assert self._look is not None
        for start, end in _slots(stretches, capacity):
            pixels = self._look.paint(self._cells(start, end))
            self._picture.put(pixels, start % capacity)
            if start % capacity == 0:
                self._picture.put(pixels[:, :1], capacity)
            self.uploaded_bytes += pixels.nbytes

    def _colour(self, stretches: list[tuple[int, int]]) -> None:
        """Colour cells by the GPU."""
        capacity = self._store.capacity
        columns = [(start % capacity, start % capacity + end - start) for start, end in _slots(stretches, capacity)]
        columns += [(capacity, capacity + 1) for start, _ in columns if start == 0]
        if not columns:
            return
        edges = 2 * np.array(columns) / (capacity + 1) - 1
        out = np.empty((len(columns), 6), PLACED)
        out["a_position"] = [[(x0, 1), (x1, 1), (x1, -1), (x0, 1), (x1, -1), (x0, -1)] for x0, x1 in edges.tolist()]
        self._coloured.put(out.ravel())
        tables = (self._tables[name] for name in ("offsets", "rows", "colours"))
        assert self._target is not None
        assert self._look is not None
        with self._target:
            gl.glViewport(0, 0, capacity + 1, self._look.height)
            for test in (gl.GL_BLEND, gl.GL_DEPTH_TEST, gl.GL_SCISSOR_TEST):
                gl.glDisable(test)
            self._programs.colour.set(**self._uniforms)
            self._programs.colour.draw(self._coloured, self._levels, *tables)


class _Look(NamedTuple):
    """How levels become pixels: what is asked for, and what follows from that.

    height: rows of the picture; rows, offsets: of the bins as they lie in the texture; colours: as pixels.
    """

    height: int
    axis: PictureAxis
    quantity: LevelQuantity
    palette: Palette
    theme: Theme
    rows: RowMap
    offsets: Float32Array
    colours: Uint32Array

    def is_of(self, height: int, shown: Shown, scene: Scene) -> bool:
        """Whether it is what is asked for."""
        same = self.quantity is shown.quantity and self.palette is scene.palette and self.theme is scene.theme
        return same and self.height == height and self.axis == shown.axis

    def paint(self, cells: Float32Array) -> Uint32Array:
        """(n, bins) levels → (rows, n) pixels, as the fragment shader colours them."""
        levels = self.rows.apply(cells + self.offsets)
        pixels = self.colours.take(self.palette.indices(levels))
        pixels[np.isnan(levels)] = pixels_of(self.theme.gap)
        return pixels.T


class _Part(NamedTuple):
    """t0, t1: as of a run; u0, u1: places in the picture's columns, of which 0.5 is the middle of the first."""

    t0: float
    t1: float
    u0: float
    u1: float


def _parts(run: Run, capacity: int) -> list[_Part]:
    """Pieces of a run, each in one lap of the ring. Beyond the first and the last cell it may show these go on."""
    seams = range(int(run.c0 // capacity + 1) * capacity, int(run.c1) + 1, capacity)
    cuts = sorted({run.c0, run.c1, *(c for c in (run.first, run.last, *seams) if run.c0 < c < run.c1)})
    px_per_cell = (run.t1 - run.t0) / (run.c1 - run.c0)
    parts = []
    for start, stop in pairwise(cuts):
        lap = (start + stop) / 2 // capacity * capacity
        u0, u1 = (min(max(cell, run.first), run.last) - lap + 0.5 for cell in (start, stop))
        t0, t1 = (run.t0 + (cell - run.c0) * px_per_cell for cell in (start, stop))
        parts.append(_Part(t0, t1, u0, u1))
    return parts


def _count(stretches: list[tuple[int, int]]) -> int:
    return sum(max(0, stop - start) for start, stop in stretches)


def _slots(stretches: list[tuple[int, int]], capacity: int) -> list[tuple[int, int]]:
    """Cells first … stop − 1 of each as at most two stretches that do not cross the ring's end."""
    out = []
    for first, stop in stretches:
        seam = min((first // capacity + 1) * capacity, stop)
        out += [(start, end) for start, end in ((first, seam), (seam, stop)) if start < end]
    return out


class _Lines(NamedTuple):
    """How the bins of a column lie in a texture: `number` lines of `width` texels, each the maximum of `folded` bins.

    The first lines of all columns come before the second ones.
    """

    number: int
    width: int
    folded: int


def _laid_out(bins: int, capacity: int, largest: int) -> _Lines:
    """Without folding, wherever the texture is large enough for that."""
    for folded in range(1, bins + 1):
        texels = -(-bins // folded)
        width = min(texels, largest)
        number = -(-texels // width)
        if number * capacity <= largest:
            return _Lines(number, width, folded)
    raise ValueError(f"{capacity} columns are more than a texture of {largest} lines holds")


def _fold(cells: Float32Array, folded: int) -> Float32Array:
    """The maximum of every `folded` bins."""
    if folded == 1:
        return cells
    starts = np.arange(0, cells.shape[1], folded)
    return np.maximum.reduceat(cells, starts, axis=1)


def _quad(part: _Part, columns: int, pane: Pane, scene: Scene) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Its corners on the screen and in the picture: oldest and newest, lowest and highest, as two triangles."""
    area = pane.area
    if pane.downwards:
        bottom = area.y + area.height
        old, new = 1 - 2 * (bottom - part.t0) / scene.height, 1 - 2 * (bottom - part.t1) / scene.height
        low, high = 2 * area.x / scene.width - 1, 2 * (area.x + area.width) / scene.width - 1
        places = (low, old), (low, new), (high, new), (high, old)
    else:
        old, new = 2 * (area.x + part.t0) / scene.width - 1, 2 * (area.x + part.t1) / scene.width - 1
        high, low = 1 - 2 * area.y / scene.height, 1 - 2 * (area.y + area.height) / scene.height
        places = (old, low), (new, low), (new, high), (old, high)
    u0, u1 = part.u0 / columns, part.u1 / columns
    corners = list(zip(places, ((u0, 0.0), (u1, 0.0), (u1, 1.0), (u0, 1.0)), strict=True))
    return [corners[number] for number in (0, 1, 2, 0, 2, 3)]
