"""The status line from a narrow window to a wide one."""

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QToolButton

from livespec.display.theme import DARK
from livespec.display.window.meters import MeterRow
from livespec.display.window.status import PartedLabel, StatusLine
from livespec.display.window.style import style_sheet
from livespec.session.analysis import ViewRequest
from livespec.session.monitor import Monitor
from livespec.settings import Settings
from tests.support.sessions import Sound, hearing

RATE = 48_000
BETWEEN = "   ·   "


@pytest.fixture
def heard():
    settings = Settings(n_fft=4096, hop=512).at_rate(RATE)
    made = Monitor(Sound(np.zeros((RATE, 2)), RATE), settings, ViewRequest(100, 1))
    with hearing(made):
        yield made


def test_the_narrower_the_line_the_more_parts_are_left_out_whole_and_told_by_the_tip(heard):
    line = StatusLine(QToolButton(), QToolButton())
    line.setStyleSheet(style_sheet(DARK))
    line.put_in(MeterRow(heard, DARK, lambda _channel: None))
    line.show()
    line.refresh(heard, slowed=False)
    before = 0
    for width in range(480, 1300, 20):
        line.resize(width, line.sizeHint().height())
        QApplication.processEvents()
        line.refresh(heard, slowed=False)
        assert line.width() == width
        labels = line.findChildren(PartedLabel)
        for label in labels:
            ink = label.fontMetrics().horizontalAdvance(BETWEEN.join(part.text for part in label.shown))
            assert ink <= max(0, label.contentsRect().width())
        shown = [part.text for label in labels for part in label.shown]
        everything = [part for label in labels for part in label.text().split(BETWEEN)]
        assert {label.toolTip() for label in labels} == {"\n".join(part for part in everything if part not in shown)}
        assert "gaps 0" in shown
        assert len(shown) >= before
        before = len(shown)
    assert shown == everything
    line.close()
