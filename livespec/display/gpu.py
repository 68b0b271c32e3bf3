"""The little of OpenGL that the canvases are made of: programs, vertices, textures, and drawing into one of these.

Called directly, through vispy's plain binding. Its gloo queues each call and works the queue off in Python, which in a
frame of a dozen draw calls took longer than all that OpenGL did. Everything here belongs to the thread whose context is
current, and is to be used only while it is.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final, Self

import numpy as np
from vispy.gloo import gl

_RED: Final = 0x1903  # these are not among vispy's constants: they are newer than OpenGL ES 2
_R8, _R32F, _RGB32F, _BGRA = 0x8229, 0x822E, 0x8815, 0x80E1
_VERSION: Final = "#version 120\n"
PLACED: Final = np.dtype([("a_position", np.float32, 2)])  # a vertex of which nothing but its place is known
_TYPES: Final = {"float32": gl.GL_FLOAT, "uint8": gl.GL_UNSIGNED_BYTE}


class Texels(Enum):
    """What a texture holds, as OpenGL's internal format, format and type.

    PICTURE: the order in which screens have their bytes. llvmpipe draws such a texture five times as fast as RGBA.
    """

    LEVELS = (_R32F, _RED, gl.GL_FLOAT)
    TRIPLES = (_RGB32F, gl.GL_RGB, gl.GL_FLOAT)
    COLOURS = (gl.GL_RGB, gl.GL_RGB, gl.GL_UNSIGNED_BYTE)
    MASKS = (_R8, _RED, gl.GL_UNSIGNED_BYTE)
    PICTURE = (gl.GL_RGBA, _BGRA, gl.GL_UNSIGNED_BYTE)


class Texture:
    """Texels (height, width), nothing in them at first. smooth: mixed linearly where it is drawn, else the nearest."""

    def __init__(self, height: int, width: int, texels: Texels, *, smooth: bool = False) -> None:
        self._texels = texels
        self.handle = gl.glCreateTexture()
        gl.glBindTexture(gl.GL_TEXTURE_2D, self.handle)
        for name in (gl.GL_TEXTURE_MIN_FILTER, gl.GL_TEXTURE_MAG_FILTER):
            gl.glTexParameteri(gl.GL_TEXTURE_2D, name, gl.GL_LINEAR if smooth else gl.GL_NEAREST)
        for name in (gl.GL_TEXTURE_WRAP_S, gl.GL_TEXTURE_WRAP_T):
            gl.glTexParameteri(gl.GL_TEXTURE_2D, name, gl.GL_CLAMP_TO_EDGE)
        internal, form, kind = texels.value
        gl.glTexImage2D(gl.GL_TEXTURE_2D, 0, internal, form, kind, (height, width))

    @classmethod
    def of(cls, pixels: np.ndarray, texels: Texels) -> Self:
        """With this in it: (height, width) or (height, width, 3)."""
        made = cls(pixels.shape[0], pixels.shape[1], texels)
        made.put(pixels)
        return made

    def put(self, pixels: np.ndarray, x: int = 0, y: int = 0) -> None:
        """Write a rectangle whose first texel is at x, y."""
        _, form, kind = self._texels.value
        gl.glBindTexture(gl.GL_TEXTURE_2D, self.handle)
        gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 1)
        gl.glTexSubImage2D(gl.GL_TEXTURE_2D, 0, x, y, form, kind, np.ascontiguousarray(pixels))

    def release(self) -> None:
        """Give the GPU its memory back."""
        gl.glDeleteTexture(self.handle)


class Target:
    """A texture to draw into, as a context manager; then what was bound before is drawn into again."""

    def __init__(self, texture: Texture) -> None:
        self._handle = gl.glCreateFramebuffer()
        with self:
            gl.glFramebufferTexture2D(gl.GL_FRAMEBUFFER, gl.GL_COLOR_ATTACHMENT0, gl.GL_TEXTURE_2D, texture.handle, 0)

    def __enter__(self) -> Self:
        self._before = gl.glGetParameter(gl.GL_FRAMEBUFFER_BINDING)
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, self._before)

    def release(self) -> None:
        """The texture stays."""
        gl.glDeleteFramebuffer(self._handle)


class Vertices:
    """Triangles, kept by the GPU."""

    def __init__(self) -> None:
        self.handle = gl.glCreateBuffer()
        self.dtype: np.dtype[Any] = np.dtype([])
        self.count = 0

    def put(self, array: np.ndarray) -> None:
        """Three a triangle, as a structured array with a field for each attribute: float32, or uint8 for 0 … 1."""
        self.dtype, self.count = array.dtype, len(array)
        if self.count:
            gl.glBindBuffer(gl.GL_ARRAY_BUFFER, self.handle)
            gl.glBufferData(gl.GL_ARRAY_BUFFER, array, gl.GL_DYNAMIC_DRAW)

    def release(self) -> None:
        """Give the GPU its memory back."""
        gl.glDeleteBuffer(self.handle)


class Program:
    """Two shaders (GLSL 1.20). textures: the names of its samplers, in the order in which `draw` is given them."""

    def __init__(self, vertex: str, fragment: str, textures: Sequence[str] = ()) -> None:
        self._handle = gl.glCreateProgram()
        for kind, source in ((gl.GL_VERTEX_SHADER, vertex), (gl.GL_FRAGMENT_SHADER, fragment)):
            shader = gl.glCreateShader(kind)
            gl.glShaderSource(shader, _VERSION + source)
            gl.glCompileShader(shader)
            if not gl.glGetShaderParameter(shader, gl.GL_COMPILE_STATUS):
                raise RuntimeError(f"a shader does not compile: {gl.glGetShaderInfoLog(shader)}")
            gl.glAttachShader(self._handle, shader)
            gl.glDeleteShader(shader)  # with the program
        gl.glLinkProgram(self._handle)
        if not gl.glGetProgramParameter(self._handle, gl.GL_LINK_STATUS):
            raise RuntimeError(f"shaders do not link: {gl.glGetProgramInfoLog(self._handle)}")
        self._uniforms: dict[str, int] = {}
        self._values: dict[str, float | Sequence[float]] = {}
        self._attributes: dict[np.dtype[Any], list[tuple[Any, ...]]] = {}
        gl.glUseProgram(self._handle)
        for unit, name in enumerate(textures):
            gl.glUniform1i(self._uniform(name), unit)

    def set(self, **uniforms: float | Sequence[float]) -> None:
        """Numbers, and vectors of two or three. They stay; those that are the same as before cost nothing."""
        changed = [(name, value) for name, value in uniforms.items() if self._values.get(name) != value]
        if not changed:
            return
        self._values |= changed
        gl.glUseProgram(self._handle)
        for name, value in changed:
            at = self._uniform(name)
            if isinstance(value, int | float):
                gl.glUniform1f(at, value)
            else:
                (gl.glUniform2f if len(value) == 2 else gl.glUniform3f)(at, *value)  # noqa: PLR2004

    def draw(self, vertices: Vertices, *textures: Texture) -> None:
        """All triangles."""
        if not vertices.count:
            return
        gl.glUseProgram(self._handle)
        for unit, texture in enumerate(textures):
            gl.glActiveTexture(gl.GL_TEXTURE0 + unit)
            gl.glBindTexture(gl.GL_TEXTURE_2D, texture.handle)
        gl.glActiveTexture(gl.GL_TEXTURE0)
        attributes = self._attributes.get(vertices.dtype) or self._described(vertices.dtype)
        gl.glBindBuffer(gl.GL_ARRAY_BUFFER, vertices.handle)
        for attribute in attributes:
            gl.glEnableVertexAttribArray(attribute[0])
            gl.glVertexAttribPointer(*attribute)
        gl.glDrawArrays(gl.GL_TRIANGLES, 0, vertices.count)
        for attribute in attributes:
            gl.glDisableVertexAttribArray(attribute[0])

    def _uniform(self, name: str) -> int:
        if name not in self._uniforms:
            self._uniforms[name] = gl.glGetUniformLocation(self._handle, name)
        return self._uniforms[name]

    def _described(self, dtype: np.dtype[Any]) -> list[tuple[Any, ...]]:
        """The arguments of glVertexAttribPointer for each field."""
        assert dtype.fields is not None
        self._attributes[dtype] = [
            (
                gl.glGetAttribLocation(self._handle, name),
                *field.shape,
                _TYPES[field.base.name],
                field.base == np.uint8,
                dtype.itemsize,
                offset,
            )
            for name, (field, offset, *_) in dtype.fields.items()
        ]
        return self._attributes[dtype]
