"""Level meters over sessions whose sound is known: what they say, what their lights mean, and that they have room."""

from datetime import datetime

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QEnterEvent, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QToolTip

from livespec.display.theme import DARK, LIGHT, RED, css
from livespec.display.window.meters import MeterRow, Reading
from livespec.display.window.status import StatusLine
from livespec.session.analysis import ViewRequest
from livespec.session.monitor import Monitor
from livespec.settings import Settings
from tests.support.program import wait_until
from tests.support.sessions import Sound, hearing
from tests.support.signals import sine_on_bin

RATE, N_FFT = 48_000, 4096
CLIPPED_AT = (30_000, 30_001, 90_000)


def heard(sound, kind="demo"):
    """A session that is over."""
    settings = Settings(n_fft=N_FFT, hop=512, channel_names=("", "Guitar")).at_rate(RATE)
    made = Monitor(Sound(sound, RATE, kind), settings, ViewRequest(100, 1))
    with hearing(made):
        return made


@pytest.fixture
def quiet_clipped_over():
    """Three channels: one at −20 dBFS, one that clips thrice, one whose samples miss crests of +1 dBTP."""
    quiet = sine_on_bin(200, N_FFT, 2 * RATE, 0.1)
    clipped = quiet.copy()
    clipped[list(CLIPPED_AT)] = 1.0, -1.0, 1.0
    over = sine_on_bin(N_FFT / 4, N_FFT, 2 * RATE, 10 ** (1 / 20), phase=np.pi / 4)
    over[:480] *= np.linspace(0, 1, 480)
    return heard(np.stack([quiet, clipped, over], axis=1))


@pytest.fixture
def row(quiet_clipped_over):
    made = MeterRow(quiet_clipped_over, DARK, lambda _channel: None)
    made.resize(600, 22)
    made.show()
    made.refresh()
    yield made
    made.close()


def tip(meter):
    at = QPoint(5, 5)
    QApplication.sendEvent(meter, QHelpEvent(QEvent.Type.ToolTip, at, meter.mapToGlobal(at)))
    return meter.toolTip()


def colours_of(meter):
    image = meter.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_a_meter_says_when_it_clipped_first_and_last(row, quiet_clipped_over):
    quiet, clipped, _ = row.meters
    start = quiet_clipped_over.timeline.start_wall_time
    first, last = (
        f"{datetime.fromtimestamp(start + at / RATE).astimezone():%H:%M:%S}" for at in (CLIPPED_AT[0], CLIPPED_AT[-1])
    )
    said = f"Clipped samples: 3, last at {last}, first at {first}"
    assert said in tip(clipped)
    assert said in clipped.accessibleDescription()
    assert "lipped" not in tip(quiet)
    assert not quiet.accessibleDescription()


def test_of_a_pipe_the_time_is_that_of_its_sound():
    sound = np.zeros((3 * RATE, 1))
    sound[round(1.5 * RATE)] = 1.0
    row = MeterRow(heard(sound, "stdin"), DARK, lambda _channel: None)
    row.refresh()
    assert "last at 0:01.5" in tip(row.meters[0])


def test_a_meter_says_rms_peak_and_true_peak_in_figures(row):
    quiet, _, over = row.meters
    assert "RMS −20.0 dBFS, peak −20.0 dBFS" in tip(quiet)
    assert "true peak: −20.0 dBTP" in tip(quiet)
    true_peak = float(tip(over).split("true peak: ")[1].split(" dBTP")[0])
    assert true_peak == pytest.approx(1.0, abs=0.3)


def test_a_tip_that_is_open_goes_on_being_right_until_the_pointer_leaves(row):
    quiet = row.meters[0]
    place = QPointF(5, 5)
    QApplication.sendEvent(quiet, QEnterEvent(place, place, place))
    row.renew_tips()
    assert not QToolTip.isVisible()
    assert tip(quiet) == QToolTip.text()
    quiet.show_reading(Reading(peak_dbfs=-3.0, rms_dbfs=-6.0))
    row.renew_tips()
    assert "RMS −6.0 dBFS, peak −3.0 dBFS" in QToolTip.text()
    QApplication.sendEvent(quiet, QEvent(QEvent.Type.Leave))

    def is_closed():
        row.refresh()
        row.renew_tips()
        QApplication.processEvents()
        return not QToolTip.isVisible()

    wait_until(is_closed, "it is closed", 3)


def test_the_light_is_red_after_clipping_and_a_frame_where_only_the_true_peak_is_over(row):
    quiet, clipped, over = row.meters
    accent, red = QColor(*DARK.accent).name(), QColor(*RED).name()
    assert (quiet.clip_light, quiet.over_light) == (False, False)
    assert (clipped.clip_light, red in colours_of(clipped)) == (True, True)
    assert (over.clip_light, over.over_light) == (False, True)
    light = over._light(over._bar())
    image = over.grab().toImage()
    assert image.pixelColor(light.topLeft()).name() == accent
    assert image.pixelColor(light.center()).name() == QColor(*DARK.background).name()


def test_a_click_on_the_light_puts_it_out_and_the_true_peak_begins_anew(row):
    _, clipped, over = row.meters
    for meter in (clipped, over):
        QTest.mouseClick(meter, Qt.MouseButton.LeftButton, pos=meter._light(meter._bar()).center())
        row.refresh()
        assert (meter.clip_light, meter.over_light) == (False, False)
        assert "true peak: −∞ dBTP" in tip(meter)
    assert "Clipped samples: 3" in tip(clipped)


@pytest.mark.parametrize("channels", [1, 2, 4, 5, 8, 32])
@pytest.mark.parametrize("width", [480, 1280])
def test_meters_have_room_and_can_be_clicked(channels, width):
    sound = np.full((RATE, channels), 1.0)
    clicked = []
    status, row = StatusLine(QToolButton()), MeterRow(heard(sound), DARK, clicked.append)
    status.put_in(row)
    status.resize(width, status.sizeHint().height())
    status.show()
    QApplication.processEvents()
    row.refresh()
    assert status.width() == width
    areas = [meter.geometry().translated(row.pos()) for meter in row.meters]
    for number, (meter, area) in enumerate(zip(row.meters, areas, strict=True)):
        assert status.rect().contains(area)
        assert not any(area.intersects(other) for other in areas[:number])
        bar, light, label = meter._bar(), meter._light(meter._bar()), meter._label_area()
        for part in (bar, light, label):
            assert meter.rect().contains(part)
        assert not any(bar.intersects(part) for part in (light, label))
        assert max(bar.width(), bar.height()) >= 18
        assert label.width() >= meter.fontMetrics().horizontalAdvance(str(number + 1))
        assert meter.clip_light
        QTest.mouseClick(meter, Qt.MouseButton.LeftButton, pos=light.center())
        assert not meter.clip_light
        QTest.mouseClick(meter, Qt.MouseButton.LeftButton, pos=bar.center())
    assert clicked == list(range(1, channels + 1))
    status.close()


def test_a_channel_is_called_by_the_name_that_it_was_given(row):
    _, second, third = row.meters
    assert [meter.accessibleName() for meter in row.meters] == [
        "Level of channel 1",
        "Level of channel Guitar",
        "Level of channel 3",
    ]
    assert tip(second).splitlines()[0] == "Channel 2, Guitar"
    assert tip(third).splitlines()[0] == "Channel 3"


def contrast(colour, other):
    """As of WCAG 2.1: 1 for colours that are alike."""

    def luminance(name):
        parts = np.array(QColor(name).getRgbF()[:3])
        return (0.2126, 0.7152, 0.0722) @ np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)

    dark, light = sorted((luminance(colour), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_it_can_be_seen_how_far_a_meter_could_reach(row, theme):
    row.set_theme(theme)
    row.setStyleSheet(f"background: {css(theme.background)}")
    quiet = row.meters[0]
    image, bar, light = quiet.grab().toImage(), quiet._bar(), quiet._light(quiet._bar())
    sound, track, unlit, background = (
        image.pixelColor(x, bar.center().y()).name()
        for x in (bar.x() + 2, bar.right() - 2, light.center().x(), light.right() + 3)
    )
    assert background == css(theme.background)
    assert contrast(track, background) > 1.4
    assert contrast(unlit, background) > 1.4
    assert contrast(sound, track) > 3
