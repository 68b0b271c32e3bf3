"""A `Scene` for an OpenGL without float textures: painted by the processor, shown by the GPU."""

import re
from typing import Final

import numpy as np
from vispy.gloo import gl

from livespec.display.gpu import PLACED, Program, Texels, Texture, Vertices
from livespec.display.image import render
from livespec.display.scene import Scene

_VERTEX: Final = """
attribute vec2 a_position;
varying vec2 v_texture;
void main() {
    v_texture = vec2(a_position.x + 1.0, 1.0 - a_position.y) / 2.0;
    gl_Position = vec4(a_position, 0.0, 1.0);
}
"""

_FRAGMENT: Final = """
uniform sampler2D u_picture;
varying vec2 v_texture;
void main() {
    gl_FragColor = vec4(texture2D(u_picture, v_texture).rgb, 1.0);
}
"""


def has_float_textures() -> bool:
    """Whether levels can be handed to the GPU as they are; with the context current.

    They are part of OpenGL and OpenGL ES from version 3.0 on, before that an extension.
    """
    version = re.search(r"\d+", str(gl.glGetParameter(gl.GL_VERSION)))
    if version is not None and int(version.group()) >= 3:  # noqa: PLR2004
        return True
    return "texture_float" in str(gl.glGetParameter(gl.GL_EXTENSIONS))


class PaintedCanvas:
    """Create and use it with its GL context current; one thread. Slower than `Canvas`, and the same pixels."""

    def __init__(self) -> None:
        self._program = Program(_VERTEX, _FRAGMENT, ["u_picture"])
        self._whole = Vertices()
        corners = [(-1, -1), (1, -1), (1, 1), (-1, -1), (1, 1), (-1, 1)]
        self._whole.put(np.array([(corner,) for corner in corners], PLACED))

    def draw(self, scene: Scene, _detail: int = 1) -> None:
        """The whole frame."""
        picture = Texture.of(render(scene), Texels.COLOURS)
        gl.glViewport(0, 0, scene.width, scene.height)
        for test in (gl.GL_BLEND, gl.GL_DEPTH_TEST, gl.GL_SCISSOR_TEST):
            gl.glDisable(test)
        self._program.draw(self._whole, picture)
        picture.release()
