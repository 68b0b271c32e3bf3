"""The CPU reference: a `Scene` to pixels with numpy. What the GPU draws must look like this."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from livespec.core.arrays import Float32Array, Uint8Array
from livespec.core.scales import RowMap
from livespec.display.layout import Pane
from livespec.display.scene import HATCH_PERIOD_PX, HATCH_STROKE_PX, Box, Label, Layer, Palette, Run, Scene
from livespec.display.theme import Colour, Theme
from livespec.errors import FileError

if TYPE_CHECKING:
    from PySide6.QtGui import QImage


def render(scene: Scene) -> Uint8Array:
    """The frame as (height, width, 3) pixels."""
    pixels = np.empty((scene.height, scene.width, 3), np.uint8)
    pixels[:] = scene.theme.background
    for rectangles, colour in scene.backdrop:
        _draw_pieces(pixels, rectangles, colour)
    for layer in scene.layers:
        store = layer.shown.columns.store
        for pane in scene.layout.panes[: store.channels]:
            rows = layer.shown.axis.rows(pane.frequency_px, store.bins, store.bin_hz)
            for run in layer.runs:
                _draw_run(pixels, scene, layer, pane, rows, run)
    for rectangles, colour in scene.pieces:
        _draw_pieces(pixels, rectangles, colour)
    for area, graph in scene.graphs:
        where = slice(area.y, area.y + area.height), slice(area.x, area.x + area.width)
        pixels[where] = np.ascontiguousarray(graph).view(np.uint8).reshape(*graph.shape, 4)[..., 2::-1]
    for furniture in (scene.moving, scene.fixed, scene.over, scene.said):
        _draw_boxes(pixels, scene, furniture.boxes)
        for label in furniture.labels:
            _draw_label(pixels, label)
    return pixels


def _draw_boxes(pixels: Uint8Array, scene: Scene, boxes: tuple[Box, ...]) -> None:
    for x, y, width, height, colour, hatched in boxes:
        area = pixels[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
        if hatched:
            _draw_hatch(area, x, scene.height - y - height, scene.theme)
        else:
            area[:] = colour


def colour_cells(levels: Float32Array, palette: Palette, gap: Colour) -> Uint8Array:
    """Colours (…, 3) of levels; that of a gap where there is no level."""
    colours: Uint8Array = palette.colours[palette.indices(levels)]
    colours[np.isnan(levels)] = gap
    return colours


def save_png(pixels: Uint8Array, path: Path) -> None:
    """Write pixels (height, width, 3) under a temporary name, then rename. Raises `FileError`."""
    save_image(image_of(pixels), path)


def image_of(pixels: Uint8Array) -> "QImage":
    """Qt's image of pixels (height, width, 3)."""
    from PySide6.QtGui import QImage

    height, width, _ = pixels.shape
    data = np.ascontiguousarray(pixels)
    return QImage(data.data, width, height, width * 3, QImage.Format.Format_RGB888).copy()


def save_image(image: "QImage", path: Path) -> None:
    """Write a QImage as PNG under a temporary name, then rename. Raises `FileError`."""
    from PySide6.QtCore import QBuffer, QIODevice
    from PySide6.QtGui import QImageWriter

    png = QBuffer()
    png.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(png, b"png").write(image)
    temporary = path.with_name(path.name + ".tmp")
    try:  # not by Qt, which does not say why it could not
        temporary.write_bytes(png.data().data())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise FileError(f"{path}: the picture cannot be written ({error.strerror})") from error


def _draw_run(pixels: Uint8Array, scene: Scene, layer: Layer, pane: Pane, rows: RowMap, run: Run) -> None:
    shown, area = layer.shown, pane.area
    # A pixel belongs to the run when its middle does, as on the GPU.
    t = np.arange(int(np.ceil(run.t0 - 0.5)), int(np.ceil(run.t1 - 0.5)))
    if pane.downwards:  # there the middle is looked at from the newest edge
        t = np.arange(int(np.floor(run.t0 + 0.5)), int(np.floor(run.t1 + 0.5)))
    if not len(t):
        return
    cell = np.clip(run.c0 + (t + 0.5 - run.t0) * (run.c1 - run.c0) / (run.t1 - run.t0), run.first, run.last)
    first = int(np.floor(cell[0]))
    columns = shown.columns.store.cells(first, min(int(np.floor(cell[-1])) + 2, run.last + 1), pane.channel)
    colours = colour_cells(rows.apply(columns + shown.quantity.offset_db), scene.palette, scene.theme.gap)
    left = np.floor(cell).astype(int) - first
    right = np.minimum(left + 1, len(columns) - 1)
    share = (cell - np.floor(cell)).astype(np.float32)[:, None, None]
    mixed = np.round(colours[left] * (1 - share) + colours[right] * share).astype(np.uint8)  # (time, row, 3)
    if pane.downwards:
        bottom = area.y + area.height
        pixels[bottom - t[-1] - 1 : bottom - t[0], area.x : area.x + area.width] = mixed[::-1]
    else:
        pixels[area.y : area.y + area.height, area.x + t[0] : area.x + t[-1] + 1] = mixed.transpose(1, 0, 2)[::-1]


def _draw_pieces(pixels: Uint8Array, pieces: Float32Array, colour: Colour) -> None:
    for x, y, width, height in pieces.astype(int):
        pixels[y : y + height, x : x + width] = colour


def _draw_hatch(area: Uint8Array, x: int, from_bottom: int, theme: Theme) -> None:
    height, width = area.shape[:2]
    diagonal = (np.arange(x, x + width)[None, :] + (from_bottom + np.arange(height)[::-1])[:, None]) % HATCH_PERIOD_PX
    area[:] = np.where((diagonal < HATCH_STROKE_PX)[..., None], theme.gap_stroke, theme.gap)


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
