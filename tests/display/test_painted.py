"""An OpenGL without float textures, as Mesa can pretend to be: in a process of its own, for Mesa is asked but once."""

import subprocess
import sys

WITHOUT_FLOATS = {"MESA_GL_VERSION_OVERRIDE": "2.1", "MESA_EXTENSION_OVERRIDE": "-GL_ARB_texture_float"}

PAINT = """
import os
os.environ.setdefault("EGL_PLATFORM", "surfaceless")
import numpy as np
from vispy import app, gloo
from livespec.display.image import render
from livespec.display.painted import PaintedCanvas, has_float_textures
from livespec.display.text import ensure_application
from tests.support.pictures import Picture, noisy_levels

application = ensure_application()
host = app.Canvas(size=(640, 400), app=app.Application("egl"), show=False, dpi=96)
host.set_current()
print(has_float_textures())
picture = Picture()
picture.add(noisy_levels(400))
scene = picture.scene()
PaintedCanvas().draw(scene)
print(np.array_equal(gloo.read_pixels((0, 0, 640, 400), alpha=False), render(scene)))
"""


def printed(environment):
    done = subprocess.run(
        [sys.executable, "-c", PAINT], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.split()


def test_the_processor_paints_the_same_pixels_where_the_gpu_takes_no_levels(environment):
    assert printed(environment | WITHOUT_FLOATS) == ["False", "True"]
    assert printed(environment) == ["True", "True"]
