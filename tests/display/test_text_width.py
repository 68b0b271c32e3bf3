import pytest
from PySide6.QtGui import QFont, QFontMetricsF

from livespec.display.text import font_family
from livespec.display.text_width import text_width


@pytest.mark.parametrize(
    "text",
    [
        "4.3771 kHz  ·  C#8 −23 ct  ·  −156.4 dBFS  ·  −4.59 s",
        "Δ  +440.0 Hz  ·  +1.250 s  ·  −12.0 dB",
        "440.0 Hz",
        "12×",
        "A and B are off the picture",
        "Scarlett 2i2 USB, Vocals (left)",
    ],
)
def test_a_text_is_no_wider_than_that_and_not_much_narrower(application, text):
    font = QFont(font_family())
    font.setPixelSize(100)
    real = QFontMetricsF(font).horizontalAdvance(text)
    assert real <= text_width(text, 100) <= 1.12 * real
