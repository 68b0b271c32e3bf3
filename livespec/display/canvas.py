"""A `Scene` on the GPU, into whatever framebuffer is bound: the window's or a headless one.

A frame is a few draw calls: the waterfalls' runs, lines and spectra, then one for each furniture (two where it has
hatched boxes). Labels are masks in one atlas texture, rasterised once each (`text`), and sharp because they lie on
whole device pixels; boxes are drawn with them, by a mask that is full.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from vispy.gloo import gl

from livespec.core.arrays import Float32Array
from livespec.display.gpu import PLACED, Program, Texels, Texture, Vertices
from livespec.display.layout import Pane, Rect
from livespec.display.scene import (
    HATCH_PERIOD_PX,
    HATCH_STROKE_PX,
    LONGEST_LABEL_PX,
    Furniture,
    Graph,
    Label,
    Pieces,
    Run,
    Scene,
)
from livespec.display.text import rasterise
from livespec.display.theme import unit_colour
from livespec.display.waterfall import SHOWN, Waterfall, WaterfallPrograms

_ATLAS_WIDTH: Final = LONGEST_LABEL_PX
_ATLAS_HEIGHT: Final = 1024
_FULL_TEXEL: Final = 0.5, 0.5
_Mask = tuple[int, int, int, int]  # x, y, width, height in the atlas

_ON_SCREEN: Final = """
uniform vec2 u_size;
attribute vec2 a_position;
vec4 on_screen() {
    return vec4(a_position.x / u_size.x * 2.0 - 1.0, 1.0 - a_position.y / u_size.y * 2.0, 0.0, 1.0);
}
"""

# Where many pixels are drawn, what a fragment is made of comes to it as it is needed: llvmpipe has a path of its own
# for shaders that only hand on a colour or a texel, five to twenty times as fast as for those that reckon. Furniture
# is of few pixels: there it is the draw calls that cost.
_PIECE: Final = np.dtype([("a_position", np.float32, 2), ("a_colour", np.uint8, 4)])
_PIECE_VERTEX: Final = f"""{_ON_SCREEN}
attribute vec4 a_colour;
varying vec4 v_colour;
void main() {{
    v_colour = a_colour;
    gl_Position = on_screen();
}}
"""

_PIECE_FRAGMENT: Final = """
varying vec4 v_colour;
void main() {
    gl_FragColor = v_colour;
}
"""

_PLACED_VERTEX: Final = f"""{_ON_SCREEN}
void main() {{
    gl_Position = on_screen();
}}
"""

_HATCH_FRAGMENT: Final = """
uniform vec3 u_gap;
uniform vec3 u_stroke;
void main() {
    float diagonal = mod(floor(gl_FragCoord.x) + floor(gl_FragCoord.y), HATCH_PERIOD);
    gl_FragColor = vec4(diagonal < HATCH_STROKE ? u_stroke : u_gap, 1.0);
}
""".replace("HATCH_PERIOD", f"{HATCH_PERIOD_PX:.1f}").replace("HATCH_STROKE", f"{HATCH_STROKE_PX:.1f}")

_MASKED: Final = np.dtype([("a_position", np.float32, 2), ("a_texel", np.float32, 2), ("a_colour", np.uint8, 4)])
_MASKED_VERTEX: Final = f"""{_ON_SCREEN}
uniform vec2 u_atlas_size;
attribute vec2 a_texel;
attribute vec4 a_colour;
varying vec2 v_texture;
varying vec4 v_colour;
void main() {{
    v_texture = a_texel / u_atlas_size;
    v_colour = a_colour;
    gl_Position = on_screen();
}}
"""

_MASKED_FRAGMENT: Final = """
uniform sampler2D u_atlas;
varying vec2 v_texture;
varying vec4 v_colour;
void main() {
    gl_FragColor = vec4(v_colour.rgb, texture2D(u_atlas, v_texture).r);
}
"""

_CORNERS: Final = np.array([(0, 0), (1, 0), (1, 1), (0, 0), (1, 1), (0, 1)], np.float32)


class _Programs:
    """What is drawn with each: pieces; hatched boxes; all other boxes, and labels."""

    def __init__(self) -> None:
        self.pieces = Program(_PIECE_VERTEX, _PIECE_FRAGMENT)
        self.hatched = Program(_PLACED_VERTEX, _HATCH_FRAGMENT)
        self.masked = Program(_MASKED_VERTEX, _MASKED_FRAGMENT, ["u_atlas"])
        self.masked.set(u_atlas_size=(_ATLAS_WIDTH, _ATLAS_HEIGHT))

    def set_look(self, scene: Scene) -> None:
        """What all of a frame has in common."""
        for program in (self.pieces, self.hatched, self.masked):
            program.set(u_size=(scene.width, scene.height))
        self.hatched.set(u_gap=unit_colour(scene.theme.gap), u_stroke=unit_colour(scene.theme.gap_stroke))


class Canvas:
    """Create and use it with its GL context current; one thread."""

    def __init__(self) -> None:
        self._largest = int(gl.glGetParameter(gl.GL_MAX_TEXTURE_SIZE))
        self._waterfalls: dict[tuple[int, int], Waterfall] = {}
        self._waterfall_programs = WaterfallPrograms()
        self._programs = _Programs()
        self._atlas = _Atlas()
        self._backdrop, self._pieces = _PieceBatch(self._programs), _PieceBatch(self._programs)
        self._graphs: list[_DrawnGraph] = []
        self._furniture = [_FurnitureBatch(self._programs, self._atlas) for _ in range(4)]

    @property
    def uploaded_bytes(self) -> int:
        """Levels and colours that were handed to the GPU so far, by the waterfalls that there are."""
        return sum(waterfall.uploaded_bytes for waterfall in self._waterfalls.values())

    def draw(self, scene: Scene, detail: int = 1) -> None:
        """The whole frame. detail: rows of the waterfall that share one."""
        drawn = self._updated_waterfalls(scene, detail)
        self._set_furniture((scene.moving, scene.fixed, scene.over, scene.said))
        self._programs.set_look(scene)
        gl.glViewport(0, 0, scene.width, scene.height)
        for test in (gl.GL_BLEND, gl.GL_DEPTH_TEST, gl.GL_SCISSOR_TEST):
            gl.glDisable(test)
        gl.glClearColor(*unit_colour(scene.theme.background), 1.0)
        gl.glClear(gl.GL_COLOR_BUFFER_BIT)
        self._backdrop.draw(scene.backdrop)
        for waterfall, runs, pane in drawn:
            waterfall.draw(runs, pane, scene)
        self._pieces.draw(scene.pieces)
        for graph in self._updated_graphs(scene.graphs):
            graph.draw(scene)
        gl.glBlendFunc(gl.GL_SRC_ALPHA, gl.GL_ONE_MINUS_SRC_ALPHA)
        gl.glEnable(gl.GL_BLEND)
        for batch in self._furniture:
            batch.draw()

    def _updated_waterfalls(self, scene: Scene, detail: int) -> list[tuple[Waterfall, tuple[Run, ...], Pane]]:
        """One for each channel of each store in the scene; those of stores that have gone are let go of."""
        drawn, used = [], {}
        for layer in scene.layers:
            store = layer.shown.columns.store
            for pane in scene.layout.panes[: store.channels]:
                key = id(store), pane.channel
                waterfall = self._waterfalls.get(key) or Waterfall(
                    self._waterfall_programs, self._largest, store, pane.channel
                )
                waterfall.update(layer, pane, scene, detail)
                used[key] = waterfall
                drawn.append((waterfall, layer.runs, pane))
        for key, waterfall in self._waterfalls.items():
            if key not in used:
                waterfall.release()
        self._waterfalls = used
        return drawn

    def _updated_graphs(self, graphs: tuple[Graph, ...]) -> list["_DrawnGraph"]:
        """One for each."""
        while len(self._graphs) > len(graphs):
            self._graphs.pop().release()
        while len(self._graphs) < len(graphs):
            self._graphs.append(_DrawnGraph(self._waterfall_programs.show))
        for drawn, graph in zip(self._graphs, graphs, strict=True):
            drawn.set(graph)
        return self._graphs

    def _set_furniture(self, furniture: tuple[Furniture, ...]) -> None:
        """All of it before any is drawn: where the atlas was full and began anew, once more from the start."""
        for _ in range(2):
            generation = self._atlas.generation
            for batch, one in zip(self._furniture, furniture, strict=True):
                batch.set(one)
            if self._atlas.generation == generation:
                return


class _PieceBatch:
    """The vertices of a frame's pieces, made again only when they are others."""

    def __init__(self, programs: _Programs) -> None:
        self._programs = programs
        self._made_for: tuple[Pieces, ...] = ()
        self._vertices = Vertices()

    def draw(self, pieces: tuple[Pieces, ...]) -> None:
        """All of them in one call, in their order."""
        if not pieces:
            return
        if len(pieces) != len(self._made_for) or not all(a is b for a, b in zip(pieces, self._made_for, strict=True)):
            self._made_for = pieces
            colours = np.array([(*one.colour, 255) for one in pieces], np.uint8)
            out = _quads(np.concatenate([one.rectangles for one in pieces]), _PIECE)
            out["a_colour"] = np.repeat(colours, [len(one.rectangles) for one in pieces], axis=0)[:, None]
            self._vertices.put(out.ravel())
        self._programs.pieces.draw(self._vertices)


class _DrawnGraph:
    """The pixels of one `Graph`, made again only when it is another one."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._graph: Graph | None = None
        self._place: tuple[Rect, int, int] | None = None
        self._texture: Texture | None = None
        self._vertices = Vertices()

    def set(self, graph: Graph) -> None:
        """What to draw next."""
        before, self._graph = self._graph, graph
        if graph is before:
            return
        if before is None or graph.area[2:] != before.area[2:]:
            if self._texture is not None:
                self._texture.release()
            self._texture = Texture(graph.area.height, graph.area.width, Texels.PICTURE)
        assert self._texture is not None
        self._texture.put(graph.pixels)

    def draw(self, scene: Scene) -> None:
        assert self._graph is not None
        assert self._texture is not None
        place = self._graph.area, scene.width, scene.height
        if place != self._place:
            self._place = place
            out = _quads([self._graph.area], SHOWN)
            out["a_position"] = out["a_position"] * (2 / scene.width, -2 / scene.height) + (-1, 1)
            out["a_texture"] = _CORNERS
            self._vertices.put(out.ravel())
        self._program.draw(self._vertices, self._texture)

    def release(self) -> None:
        """Give the GPU its memory back."""
        for owned in (self._texture, self._vertices):
            if owned is not None:
                owned.release()


class _FurnitureBatch:
    """The vertices of one `Furniture`, made again only when it is another one. Hatched boxes lie under the others."""

    def __init__(self, programs: _Programs, atlas: "_Atlas") -> None:
        self._programs, self._atlas = programs, atlas
        self._made_for: tuple[Furniture, int] | None = None
        self._hatched, self._masked = Vertices(), Vertices()

    def set(self, furniture: Furniture) -> None:
        """What to draw next."""
        if self._made_for == (furniture, self._atlas.generation):
            return
        boxes = [box for box in furniture.boxes if not box.hatched]
        masks = self._atlas.masks(furniture.labels)
        self._made_for = furniture, self._atlas.generation
        places = [box[:4] for box in boxes]
        places += [_place_of(label, mask) for label, mask in zip(furniture.labels, masks, strict=True)]
        out = _quads(places, _MASKED)
        out["a_texel"][: len(boxes)] = _FULL_TEXEL
        out["a_texel"][len(boxes) :] = _corners(masks)
        colours = [(*box.colour, 255) for box in boxes] + [(*label.colour, 255) for label in furniture.labels]
        out["a_colour"] = np.array(colours, np.uint8).reshape(-1, 1, 4)
        self._masked.put(out.ravel())
        self._hatched.put(_quads([box[:4] for box in furniture.boxes if box.hatched], PLACED).ravel())

    def draw(self) -> None:
        """All of it, blended."""
        self._programs.hatched.draw(self._hatched)
        self._programs.masked.draw(self._masked, self._atlas.texture)


def _place_of(label: Label, mask: _Mask) -> tuple[int, int, int, int]:
    """Where its mask lies on the screen: x, y, width, height."""
    _, _, width, height = mask
    return label.left(width), label.y - height // 2, width, height


class _Atlas:
    """Label masks, shelf by shelf; when it is full it begins anew (and `generation` changes)."""

    def __init__(self) -> None:
        self.generation = 0
        self.texture = Texture.of(np.zeros((_ATLAS_HEIGHT, _ATLAS_WIDTH), np.uint8), Texels.MASKS)
        self._clear()

    def masks(self, labels: tuple[Label, ...]) -> list[_Mask]:
        """Where each label's mask is in the atlas, which has them all at once."""
        keys = [(label.text, label.size_px, label.bold) for label in labels]
        if not all(self._place(*key) for key in keys):
            self._clear()
            for key in keys:
                self._place(*key)
        return [self._known.get(key, (0, 0, 0, 0)) for key in keys]

    def _clear(self) -> None:
        self.generation += 1
        self._known: dict[tuple[str, int, bool], _Mask] = {}
        self.texture.put(np.full((1, 1), 255, np.uint8))  # `_FULL_TEXEL`
        self._x, self._y, self._shelf = 1, 0, 1

    def _place(self, text: str, size_px: int, bold: bool) -> bool:  # noqa: FBT001
        if (text, size_px, bold) in self._known:
            return True
        mask = rasterise(text, size_px, bold=bold)[:_ATLAS_HEIGHT, :_ATLAS_WIDTH]
        height, width = mask.shape
        if self._x + width > _ATLAS_WIDTH:
            self._x, self._y, self._shelf = 0, self._y + self._shelf, 0
        if self._y + height > _ATLAS_HEIGHT:
            return False
        self.texture.put(mask, self._x, self._y)
        self._known[text, size_px, bold] = self._x, self._y, width, height
        self._x += width
        self._shelf = max(self._shelf, height)
        return True


def _quads(rectangles: npt.ArrayLike, vertex: np.dtype[np.void]) -> np.ndarray:
    """(n, 6) vertices, with their positions, of n rectangles x, y, width, height."""
    corners = _corners(rectangles)
    out = np.empty(corners.shape[:2], vertex)
    out["a_position"] = corners
    return out


def _corners(rectangles: npt.ArrayLike) -> Float32Array:
    """(n, 6, 2): two triangles each of n rectangles x, y, width, height."""
    places = np.asarray(rectangles, np.float32).reshape(-1, 1, 4)
    corners: Float32Array = places[..., :2] + _CORNERS * places[..., 2:]
    return corners
