"""A `Scene` on the GPU, into whatever framebuffer is bound: the window's or a headless one.

A frame is a few draw calls: the waterfalls' runs, lines and spectra, then boxes and labels, moving and fixed. Labels
are masks in one atlas texture, rasterised once each (`text`), and sharp because they lie on whole device pixels.
"""

from typing import Final

import numpy as np
from vispy import gloo
from vispy.gloo import gl

from livespec.core.arrays import Float32Array
from livespec.display.layout import Pane
from livespec.display.scene import (
    HATCH_PERIOD_PX,
    HATCH_STROKE_PX,
    LONGEST_LABEL_PX,
    Furniture,
    Label,
    Pieces,
    Run,
    Scene,
)
from livespec.display.text import rasterise
from livespec.display.theme import Theme, unit_colour
from livespec.display.waterfall import Waterfall

_ATLAS_WIDTH: Final = LONGEST_LABEL_PX
_ATLAS_HEIGHT: Final = 1024

_BOX_VERTEX: Final = """
uniform vec2 u_size;
attribute vec2 a_position;
attribute vec4 a_colour;
varying vec4 v_colour;
void main() {
    v_colour = a_colour;
    gl_Position = vec4(a_position.x / u_size.x * 2.0 - 1.0, 1.0 - a_position.y / u_size.y * 2.0, 0.0, 1.0);
}
"""

_PIECE_VERTEX: Final = """
uniform vec2 u_size;
attribute vec2 a_position;
attribute vec3 a_colour;
varying vec3 v_colour;
void main() {
    v_colour = a_colour;
    gl_Position = vec4(a_position.x / u_size.x * 2.0 - 1.0, 1.0 - a_position.y / u_size.y * 2.0, 0.0, 1.0);
}
"""

_PIECE_FRAGMENT: Final = """
varying vec3 v_colour;
void main() {
    gl_FragColor = vec4(v_colour, 1.0);
}
"""

_BOX_FRAGMENT: Final = """
uniform vec3 u_gap;
uniform vec3 u_stroke;
varying vec4 v_colour;
void main() {
    if (v_colour.a < 0.5) {
        float diagonal = mod(floor(gl_FragCoord.x) + floor(gl_FragCoord.y), HATCH_PERIOD);
        gl_FragColor = vec4(diagonal < HATCH_STROKE ? u_stroke : u_gap, 1.0);
    } else {
        gl_FragColor = vec4(v_colour.rgb, 1.0);
    }
}
""".replace("HATCH_PERIOD", f"{HATCH_PERIOD_PX:.1f}").replace("HATCH_STROKE", f"{HATCH_STROKE_PX:.1f}")

_LABEL_VERTEX: Final = """
uniform vec2 u_size;
uniform vec2 u_atlas_size;
attribute vec2 a_position;
attribute vec2 a_texel;
attribute vec3 a_colour;
varying vec2 v_texture;
varying vec3 v_colour;
void main() {
    v_texture = a_texel / u_atlas_size;
    v_colour = a_colour;
    gl_Position = vec4(a_position.x / u_size.x * 2.0 - 1.0, 1.0 - a_position.y / u_size.y * 2.0, 0.0, 1.0);
}
"""

_LABEL_FRAGMENT: Final = """
uniform sampler2D u_atlas;
varying vec2 v_texture;
varying vec3 v_colour;
void main() {
    gl_FragColor = vec4(v_colour, texture2D(u_atlas, v_texture).r);
}
"""

_CORNERS: Final = np.array([(0, 0), (1, 0), (1, 1), (0, 0), (1, 1), (0, 1)], np.float32)


class Canvas:
    """Create and use it with its GL context current; one thread."""

    def __init__(self) -> None:
        self._largest = int(gl.glGetParameter(gl.GL_MAX_TEXTURE_SIZE))
        self._waterfalls: dict[tuple[int, int], Waterfall] = {}
        atlas = _Atlas()
        self._pieces = _PieceBatch()
        self._backdrop, self._moving, self._fixed, self._over = (_FurnitureBatch(atlas) for _ in range(4))
        self._atlas = atlas

    @property
    def uploaded_bytes(self) -> int:
        """Levels that were handed to the GPU so far, by the waterfalls that there are."""
        return sum(waterfall.uploaded_bytes for waterfall in self._waterfalls.values())

    def draw(self, scene: Scene, detail: int = 1) -> None:
        """The whole frame. detail: rows of the waterfall that share one."""
        drawn = self._updated_waterfalls(scene, detail)
        gloo.set_viewport(0, 0, scene.width, scene.height)
        gloo.set_state(blend=False, depth_test=False, scissor_test=False)
        gloo.clear(color=(*unit_colour(scene.theme.background), 1))
        self._set_furniture(scene)
        self._backdrop.draw_boxes()
        for waterfall, runs, pane in drawn:
            waterfall.draw(runs, pane, scene)
        self._pieces.draw(scene.pieces, scene)
        self._moving.draw_boxes()
        self._fixed.draw_boxes()
        gloo.set_state(blend=True, blend_func=("src_alpha", "one_minus_src_alpha"))
        self._moving.draw_labels()
        self._fixed.draw_labels()
        gloo.set_state(blend=False)
        self._over.draw_boxes()
        gloo.set_state(blend=True)
        self._over.draw_labels()

    def _updated_waterfalls(self, scene: Scene, detail: int) -> list[tuple[Waterfall, tuple[Run, ...], Pane]]:
        """One for each channel of each store in the scene; those of stores that have gone are let go of."""
        drawn, used = [], {}
        for layer in scene.layers:
            store = layer.shown.columns.store
            for pane in scene.layout.panes[: store.channels]:
                key = id(store), pane.channel
                waterfall = self._waterfalls.get(key) or Waterfall(self._largest, store, pane.channel)
                waterfall.update(layer, pane, scene, detail)
                used[key] = waterfall
                drawn.append((waterfall, layer.runs, pane))
        for key, waterfall in self._waterfalls.items():
            if key not in used:
                waterfall.release()
        self._waterfalls = used
        return drawn

    def _set_furniture(self, scene: Scene) -> None:
        """All of it before any is drawn: where the atlas was full and began anew, once more from the start."""
        for _ in range(2):
            generation = self._atlas.generation
            self._backdrop.set(scene.backdrop, scene)
            self._moving.set(scene.moving, scene)
            self._fixed.set(scene.fixed, scene)
            self._over.set(scene.over, scene)
            if self._atlas.generation == generation:
                return


class _PieceBatch:
    """Others each frame: they move with the sound."""

    def __init__(self) -> None:
        self._program = gloo.Program(_PIECE_VERTEX, _PIECE_FRAGMENT)

    def draw(self, pieces: tuple[Pieces, ...], scene: Scene) -> None:
        """All pieces in one call, in their order."""
        if not pieces:
            return
        rectangles = np.concatenate([one.rectangles for one in pieces])
        colours = np.repeat(
            np.array([unit_colour(one.colour) for one in pieces], np.float32),
            [6 * len(one.rectangles) for one in pieces],
            axis=0,
        )
        self._program["u_size"] = (scene.width, scene.height)
        self._program["a_position"] = _vertices(rectangles)
        self._program["a_colour"] = colours
        self._program.draw("triangles")


class _FurnitureBatch:
    """The vertices of one `Furniture`, made again only when it is another one."""

    def __init__(self, atlas: "_Atlas") -> None:
        self._atlas = atlas
        self._made_for: tuple[Furniture, int, int, Theme, int] | None = None
        self._boxes = gloo.Program(_BOX_VERTEX, _BOX_FRAGMENT)
        self._labels = gloo.Program(_LABEL_VERTEX, _LABEL_FRAGMENT)
        self._labels["u_atlas"] = atlas.texture
        self._labels["u_atlas_size"] = (_ATLAS_WIDTH, _ATLAS_HEIGHT)

    def set(self, furniture: Furniture, scene: Scene) -> None:
        """What to draw next."""
        key = (furniture, scene.width, scene.height, scene.theme, self._atlas.generation)
        if self._made_for is not None and all(a is b for a, b in zip(key, self._made_for, strict=True)):
            return
        if furniture.boxes:
            colours = np.array([(*box.colour, 0 if box.hatched else 255) for box in furniture.boxes], np.float32) / 255
            self._boxes["a_position"] = _vertices(np.array([box[:4] for box in furniture.boxes], np.float32))
            self._boxes["a_colour"] = np.repeat(colours, 6, axis=0)
            self._boxes["u_size"] = (scene.width, scene.height)
            self._boxes["u_gap"] = unit_colour(scene.theme.gap)
            self._boxes["u_stroke"] = unit_colour(scene.theme.gap_stroke)
        if furniture.labels:
            self._set_labels(furniture.labels)
            self._labels["u_size"] = (scene.width, scene.height)
        self._made_for = (furniture, scene.width, scene.height, scene.theme, self._atlas.generation)

    def draw_boxes(self) -> None:
        if self._made_for is not None and self._made_for[0].boxes:
            self._boxes.draw("triangles")

    def draw_labels(self) -> None:
        if self._made_for is not None and self._made_for[0].labels:
            self._labels.draw("triangles")

    def _set_labels(self, labels: tuple[Label, ...]) -> None:
        cells = self._atlas.cells(labels)
        places = [
            (label.left(int(width)), label.y - int(height) // 2, width, height)
            for label, (_, _, width, height) in zip(labels, cells.tolist(), strict=True)
        ]
        colours = np.array([label.colour for label in labels], np.float32) / 255
        self._labels["a_position"] = _vertices(np.array(places, np.float32))
        self._labels["a_texel"] = _vertices(cells)
        self._labels["a_colour"] = np.repeat(colours, 6, axis=0)


class _Atlas:
    """Label masks, shelf by shelf; when it is full it begins anew (and `generation` changes)."""

    def __init__(self) -> None:
        self.generation = 0
        self.texture = gloo.Texture2D(
            np.zeros((_ATLAS_HEIGHT, _ATLAS_WIDTH, 1), np.uint8),
            format="luminance",
            internalformat="r8",
            interpolation="nearest",
        )
        self._clear()

    def cells(self, labels: tuple[Label, ...]) -> Float32Array:
        """(n, 4) x, y, width, height of each label's mask in the atlas, which has them all at once."""
        keys = [(label.text, label.size_px, label.bold) for label in labels]
        if not all(self._place(*key) for key in keys):
            self._clear()
            for key in keys:
                self._place(*key)
        return np.array([self._known.get(key, (0, 0, 0, 0)) for key in keys], np.float32)

    def _clear(self) -> None:
        self.generation += 1
        self._known: dict[tuple[str, int, bool], tuple[int, int, int, int]] = {}
        self._x = self._y = self._shelf = 0

    def _place(self, text: str, size_px: int, bold: bool) -> bool:  # noqa: FBT001
        if (text, size_px, bold) in self._known:
            return True
        mask = rasterise(text, size_px, bold=bold)[:_ATLAS_HEIGHT, :_ATLAS_WIDTH]
        height, width = mask.shape
        if self._x + width > _ATLAS_WIDTH:
            self._x, self._y, self._shelf = 0, self._y + self._shelf, 0
        if self._y + height > _ATLAS_HEIGHT:
            return False
        self.texture.set_data(mask[..., None], offset=(self._y, self._x))
        self._known[text, size_px, bold] = self._x, self._y, width, height
        self._x += width
        self._shelf = max(self._shelf, height)
        return True


def _vertices(rects: Float32Array) -> Float32Array:
    """Six corners each of (n, 4) x, y, width, height: (6 n, 2)."""
    corners: Float32Array = rects[:, None, :2] + _CORNERS * rects[:, None, 2:]
    return corners.reshape(-1, 2)
