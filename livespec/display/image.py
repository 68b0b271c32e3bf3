"""The CPU reference: a `Scene` to pixels with numpy. What the GPU draws must look like this."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from livespec.core.arrays import Float32Array, Uint8Array
from livespec.core.scales import RowMap
from livespec.display.scene import (
    BACKGROUND,
    EMPTY,
    GAP,
    GAP_STROKE,
    HATCH_PERIOD_PX,
    HATCH_STROKE_PX,
    PITCH,
    PITCH_EDGE,
    PITCH_EDGE_PX,
    Colour,
    Label,
    Palette,
    Run,
    Scene,
    grown,
)
from livespec.errors import FileError
from livespec.session.columns import ColumnStore

if TYPE_CHECKING:
    from PySide6.QtGui import QImage


def render(scene: Scene, store: ColumnStore, bin_hz: float) -> Uint8Array:
    """The frame as (height, width, 3) pixels."""
    pixels = np.empty((scene.height, scene.width, 3), np.uint8)
    pixels[:] = BACKGROUND
    plot = scene.plot
    pixels[plot.y : plot.y + plot.height, plot.x : plot.x + plot.width] = EMPTY
    rows = scene.axis.rows(plot.height, store.bins, bin_hz)
    for run in scene.runs:
        _draw_run(pixels, scene, store, rows, run)
    _draw_pieces(pixels, grown(scene.pitch, PITCH_EDGE_PX), PITCH_EDGE)
    _draw_pieces(pixels, scene.pitch, PITCH)
    for x, y, width, height, colour, hatched in (*scene.moving.boxes, *scene.fixed.boxes, *scene.over.boxes):
        area = pixels[y : y + height, x : x + width]
        if hatched:
            _draw_hatch(area, x, scene.height - y - height)
        else:
            area[:] = colour
    for label in (*scene.moving.labels, *scene.fixed.labels, *scene.over.labels):
        _draw_label(pixels, label)
    return pixels


def colour_cells(levels: Float32Array, palette: Palette) -> Uint8Array:
    """Colours (…, 3) of levels; the colour of gaps where there is no level."""
    known = ~np.isnan(levels)
    share = np.clip(
        (np.where(known, levels, 0) - np.float32(palette.low)) / np.float32(palette.high - palette.low), 0, 1
    )
    index = np.floor(share * np.float32(len(palette.colours) - 1) + np.float32(0.5)).astype(np.intp)
    return np.where(known[..., None], palette.colours[index], np.array(GAP, np.uint8))


def save_png(pixels: Uint8Array, path: Path) -> None:
    """Write pixels (height, width, 3) under a temporary name, then rename. Raises `FileError`."""
    from PySide6.QtGui import QImage

    height, width, _ = pixels.shape
    data = np.ascontiguousarray(pixels)
    save_image(QImage(data.data, width, height, width * 3, QImage.Format.Format_RGB888), path)


def save_image(image: "QImage", path: Path) -> None:
    """Write a QImage as PNG under a temporary name, then rename. Raises `FileError`."""
    from PySide6.QtGui import QImageWriter

    temporary = path.with_name(path.name + ".tmp")
    if not QImageWriter(str(temporary), b"png").write(image):
        temporary.unlink(missing_ok=True)
        raise FileError(f"{path}: the picture cannot be written")
    temporary.replace(path)


def _draw_run(pixels: Uint8Array, scene: Scene, store: ColumnStore, rows: RowMap, run: Run) -> None:
    plot = scene.plot
    # A pixel belongs to the run when its middle does, as on the GPU.
    x = np.arange(int(np.ceil(run.x0 - 0.5)), int(np.ceil(run.x1 - 0.5)))
    if not len(x):
        return
    cell = run.c0 + (x + 0.5 - run.x0) * (run.c1 - run.c0) / (run.x1 - run.x0)
    cell = np.clip(cell, run.first, run.last)
    first = int(np.floor(cell[0]))
    columns = store.cells(first, min(int(np.floor(cell[-1])) + 2, run.last + 1))
    colours = colour_cells(rows.apply(columns + scene.quantity.offset_db), scene.palette)
    left = np.floor(cell).astype(int) - first
    right = np.minimum(left + 1, len(columns) - 1)
    share = (cell - np.floor(cell)).astype(np.float32)[:, None, None]
    mixed = np.round(colours[left] * (1 - share) + colours[right] * share).astype(np.uint8)
    pixels[plot.y : plot.y + plot.height, x[0] : x[-1] + 1] = mixed.transpose(1, 0, 2)[::-1]


def _draw_pieces(pixels: Uint8Array, pieces: Float32Array, colour: Colour) -> None:
    for x, y, width, height in pieces.astype(int):
        pixels[y : y + height, x : x + width] = colour


def _draw_hatch(area: Uint8Array, x: int, from_bottom: int) -> None:
    height, width = area.shape[:2]
    diagonal = (np.arange(x, x + width)[None, :] + (from_bottom + np.arange(height)[::-1])[:, None]) % HATCH_PERIOD_PX
    area[:] = np.where((diagonal < HATCH_STROKE_PX)[..., None], GAP_STROKE, GAP)


def _draw_label(pixels: Uint8Array, label: Label) -> None:
    from livespec.display.text import rasterise  # Qt: a terminal draws no labels, and may be where Qt cannot be loaded

    mask = rasterise(label.text, label.size_px, bold=label.bold)
    height, width = mask.shape
    x, y = label.left(width), label.y - height // 2
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(pixels.shape[1], x + width), min(pixels.shape[0], y + height)
    if x1 <= x0 or y1 <= y0:
        return
    share = mask[y0 - y : y1 - y, x0 - x : x1 - x, None].astype(np.float32) / 255
    area = pixels[y0:y1, x0:x1]
    area[:] = np.round(area * (1 - share) + np.array(label.colour, np.float32) * share).astype(np.uint8)
