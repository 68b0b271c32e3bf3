"""A `Scene` on the GPU, into whatever framebuffer is bound: the window's or a headless one.

A frame is a few draw calls: the waterfall's runs, then boxes and labels, moving and fixed. Labels are
masks in one atlas texture, rasterised once each (`text`), and sharp because they lie on whole device pixels.
"""

from typing import Final

import numpy as np
from vispy import gloo
from vispy.gloo import gl

from livespec.core.arrays import Float32Array
from livespec.display.scene import (
    BACKGROUND,
    EMPTY,
    GAP,
    GAP_STROKE,
    HATCH_PERIOD_PX,
    HATCH_STROKE_PX,
    LONGEST_LABEL_PX,
    PITCH,
    PITCH_EDGE,
    PITCH_EDGE_PX,
    Furniture,
    Label,
    Scene,
    grown,
    unit_colour,
)
from livespec.display.text import rasterise
from livespec.display.waterfall import Waterfall
from livespec.session.columns import ColumnStore

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

# The colour goes by way of the vertices: Mesa's software renderer rotates red, green and blue of a fragment shader that
# is nothing but a uniform.
_PIECE_VERTEX: Final = """
uniform vec2 u_size;
uniform vec3 u_colour;
attribute vec2 a_position;
varying vec3 v_colour;
void main() {
    v_colour = u_colour;
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
        largest = int(gl.glGetParameter(gl.GL_MAX_TEXTURE_SIZE))
        self.waterfall = Waterfall(largest)
        self._atlas = atlas = _Atlas()
        self._pitch = _PitchLine()
        self._moving = _FurnitureBatch(atlas)
        self._fixed = _FurnitureBatch(atlas)
        self._over = _FurnitureBatch(atlas)

    def draw(self, scene: Scene, store: ColumnStore, bin_hz: float, *, hold: bool = False) -> None:
        """The whole frame. hold: the columns stay as they are (a frozen view)."""
        self.waterfall.update(scene, store, bin_hz, hold=hold)
        gloo.set_viewport(0, 0, scene.width, scene.height)
        gloo.set_state(blend=False, depth_test=False, scissor_test=False)
        gloo.clear(color=(*unit_colour(BACKGROUND), 1))
        plot = scene.plot
        gloo.set_state(scissor_test=True)
        gloo.set_scissor(plot.x, scene.height - plot.y - plot.height, plot.width, plot.height)
        gloo.clear(color=(*unit_colour(EMPTY), 1))
        gloo.set_state(scissor_test=False)
        self.waterfall.draw(scene)
        self._pitch.draw(scene)
        self._set_furniture(scene)
        self._moving.draw_boxes()
        self._fixed.draw_boxes()
        gloo.set_state(blend=True, blend_func=("src_alpha", "one_minus_src_alpha"))
        self._moving.draw_labels()
        self._fixed.draw_labels()
        gloo.set_state(blend=False)
        self._over.draw_boxes()
        gloo.set_state(blend=True)
        self._over.draw_labels()

    def _set_furniture(self, scene: Scene) -> None:
        """All of it before any is drawn: where the atlas was full and began anew, once more from the start."""
        for _ in range(2):
            generation = self._atlas.generation
            self._moving.set(scene.moving, scene)
            self._fixed.set(scene.fixed, scene)
            self._over.set(scene.over, scene)
            if self._atlas.generation == generation:
                return


class _PitchLine:
    """Another one each frame: it moves with the waterfall."""

    def __init__(self) -> None:
        self._pieces = gloo.Program(_PIECE_VERTEX, _PIECE_FRAGMENT)

    def draw(self, scene: Scene) -> None:
        if not len(scene.pitch):
            return
        self._pieces["u_size"] = (scene.width, scene.height)
        for pieces, colour in ((grown(scene.pitch, PITCH_EDGE_PX), PITCH_EDGE), (scene.pitch, PITCH)):
            self._pieces["a_position"] = _vertices(pieces)
            self._pieces["u_colour"] = unit_colour(colour)
            self._pieces.draw("triangles")


class _FurnitureBatch:
    """The vertices of one `Furniture`, made again only when it is another one."""

    def __init__(self, atlas: "_Atlas") -> None:
        self._atlas = atlas
        self._made_for: tuple[Furniture, int, int, int] | None = None
        self._boxes = gloo.Program(_BOX_VERTEX, _BOX_FRAGMENT)
        self._labels = gloo.Program(_LABEL_VERTEX, _LABEL_FRAGMENT)
        self._boxes["u_gap"] = unit_colour(GAP)
        self._boxes["u_stroke"] = unit_colour(GAP_STROKE)
        self._labels["u_atlas"] = atlas.texture
        self._labels["u_atlas_size"] = (_ATLAS_WIDTH, _ATLAS_HEIGHT)

    def set(self, furniture: Furniture, scene: Scene) -> None:
        """What to draw next."""
        key = (furniture, scene.width, scene.height, self._atlas.generation)
        if self._made_for is not None and all(a is b for a, b in zip(key, self._made_for, strict=True)):
            return
        if furniture.boxes:
            colours = np.array([(*box.colour, 0 if box.hatched else 255) for box in furniture.boxes], np.float32) / 255
            self._boxes["a_position"] = _vertices(np.array([box[:4] for box in furniture.boxes], np.float32))
            self._boxes["a_colour"] = np.repeat(colours, 6, axis=0)
            self._boxes["u_size"] = (scene.width, scene.height)
        if furniture.labels:
            self._set_labels(furniture.labels)
            self._labels["u_size"] = (scene.width, scene.height)
        self._made_for = (furniture, scene.width, scene.height, self._atlas.generation)

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
