"""Text in the picture: glyphs by Qt, as masks of coverage that the GPU and numpy draw alike.

The font is Open Sans, which vispy brings along: the same on every machine, with digits of one width. Needs
a `QGuiApplication` (`ensure_application`).
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QGuiApplication, QImage, QPainter

from livespec.core.arrays import Uint8Array

_FACES: Final = ("OpenSans-Regular.ttf", "OpenSans-Bold.ttf")


def ensure_application() -> QGuiApplication:
    """The application that there is, or one without a screen; the main thread's, for as long as the process lives."""
    application = QGuiApplication.instance()
    return application if isinstance(application, QGuiApplication) else _application_without_screen()


@lru_cache(maxsize=1)
def _application_without_screen() -> QGuiApplication:
    return QGuiApplication(["livespec", "-platform", "offscreen"])  # kept: with it, its fonts would go


@lru_cache(maxsize=1)
def font_family() -> str:
    """Loads the font; its name."""
    import vispy

    folder = Path(vispy.__file__).parent / "util" / "fonts" / "data"  # what lists the system's fonts stays out of it
    loaded = [QFontDatabase.addApplicationFont(str(folder / face)) for face in _FACES]
    families = QFontDatabase.applicationFontFamilies(loaded[0]) if loaded[0] >= 0 else []
    return families[0] if families else QFont().family()


@lru_cache(maxsize=512)
def rasterise(text: str, size_px: int, *, bold: bool = False) -> Uint8Array:
    """Coverage 0 … 255 of one line of text, (height, width); the height is that of the font."""
    font = QFont(font_family())
    font.setPixelSize(size_px)
    font.setWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
    font.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    metrics = QFontMetricsF(font)
    width, height = int(metrics.horizontalAdvance(text)) + 2, int(metrics.height()) + 1
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setFont(font)
    painter.setPen(QColor(Qt.GlobalColor.white))
    painter.drawText(QPointF(1, metrics.ascent()), text)
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine() // 4, 4)
    return np.ascontiguousarray(pixels[:, :width, 3])
