"""The controls: every setting by mouse, beside the picture. They show what holds, whoever changed it."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QPaintEvent, QPixmap, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDockWidget,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from livespec.capture.devices import InputDevice
from livespec.core.window import WINDOWS
from livespec.display.colormaps import FAVOURITES, colormap
from livespec.display.view import View
from livespec.display.window.focus import CHOOSES, COUNTS, PRESSES, with_own_keys
from livespec.display.zoom import SPANS_S
from livespec.session.monitor import Monitor
from livespec.settings import (
    DIRECTIONS,
    LIMITS,
    PICTURES,
    QUANTITIES,
    REFERENCES,
    SCALES,
    THEMES,
    WEIGHTINGS,
    Show,
)

_WIDTH: Final = 264
_BESIDE_ENTRIES_PX: Final = 24
_BESIDE_ICON_PX: Final = 4  # Qt's own
_BESIDE_TEXT_PX: Final = 2
_N_FFTS: Final = tuple(1 << n for n in range(8, 17))
_OVERLAPS: Final = (2, 4, 8, 16, 32)  # windows over each sample
_AVERAGES: Final = ("off", "fast", "slow", "mean:4", "mean:16", "max:20", "max")
_RATES: Final = (44_100, 48_000, 88_200, 96_000, 176_400, 192_000)
_NAMES: Final = {
    "right": "to the right", "down": "downwards", "mel-htk": "mel (HTK)", "erb": "ERB", "bark": "Bark", "Z": "Z (none)",
    "max:20": "peak, falling 20 dB/s", "max": "maximum", "mean:4": "mean of 4", "mean:16": "mean of 16",
    "fast": "fast, 125 ms", "slow": "slow, 1 s", "mel": "mel", "auto": "as the desktop",
}  # fmt: skip
FIELDS: Final = {"fmin": "From", "fmax": "To", "n_fft": "FFT"}  # by their settings, that may be refused
Choice = tuple[str, Any]


def _list_text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


class _Offer(NamedTuple):
    """An entry of the list of devices. wanted: the settings that ask for it; None: it is what is open."""

    text: str
    wanted: dict[str, Any] | None
    tip: str = ""


class _Choices(QComboBox):
    """Closed, it shortens what has no room; the tip has it whole. The wheel is the dock's: it changes nothing here."""

    def __init__(self, hint: str) -> None:
        super().__init__()
        self._hint = hint
        self.setToolTip(hint)
        with_own_keys(self, CHOOSES)
        # Else the longest entry, the name of a channel or of a device, makes the dock's page wider than the dock.
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setItemDelegate(QStyledItemDelegate(self))  # its own does not follow the style sheet

    @property
    def _fitting(self) -> str:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        icon = 0 if option.currentIcon.isNull() else option.iconSize.width() + _BESIDE_ICON_PX
        room = field.width() - icon - _BESIDE_TEXT_PX
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            text = self.currentText()
            self.setToolTip(self._hint if self._fitting == text else f"{text}\n{self._hint}")
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self._fitting
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def showPopup(self) -> None:
        """The list, as wide as its entries need, but no wider than the window, and not beyond the box's right edge."""
        entries = self.view()
        room = self.mapTo(self.window(), self.rect().topRight()).x()
        entries.setMinimumWidth(min(entries.sizeHintForColumn(0) + _BESIDE_ENTRIES_PX, room))
        super().showPopup()
        frame = entries.window()
        right = self.mapToGlobal(self.rect().topRight()).x()
        if frame.geometry().right() > right:
            frame.move(right - frame.width() + 1, frame.y())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in PRESSES:
            self.showPopup()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _Number(QDoubleSpinBox):
    """The wheel is the dock's. `typed`: Enter was pressed; or Escape, and what was typed is nothing."""

    typed = Signal()

    def __init__(self) -> None:
        super().__init__()
        with_own_keys(self, COUNTS, by_click=True)
        self._holds = self.value()

    def show_value(self, value: float) -> None:
        """What holds; not while another is being typed."""
        if not self.hasFocus():
            _quietly(self, lambda: self.setValue(value))
            self._holds = self.value()

    def take(self) -> float | None:
        """What was typed, if it is another value, and was not asked for yet."""
        before, self._holds = self._holds, self.value()
        return None if before == self._holds else self._holds

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            _quietly(self, lambda: self.setValue(self._holds))
        else:
            super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.typed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class Controls(QDockWidget):
    """The GUI thread's. `reopened`: another device, rate or channels are asked for, as settings by name.

    `forgotten`: what was kept is to be emptied.
    """

    reopened = Signal(dict)
    forgotten = Signal()

    def __init__(self, view: View, monitor: Monitor, after: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("controls")
        self.setWindowTitle(self.tr("Controls"))
        self.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        self._view, self._monitor, self._after = view, monitor, after
        self._shows: list[Callable[[], None]] = []
        self._devices: list[InputDevice] | None = None
        self._offers: list[_Offer] = []
        page = QWidget()
        page.setObjectName("page")
        self._form = QFormLayout(page)
        self._form.setContentsMargins(12, 0, 12, 12)
        self._form.setVerticalSpacing(6)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._add_sound()
        self._add_analysis()
        self._add_picture()
        self._add_levels()
        self._add_memory()
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(scroll)
        self.setFixedWidth(_WIDTH)
        self.refresh()

    def refresh(self) -> None:
        """Show what holds now."""
        for show in self._shows:
            show()

    def are_typed_into(self) -> bool:
        """Whether a number has the keys."""
        focused = QApplication.focusWidget()
        return isinstance(focused, _Number) and self.isAncestorOf(focused)

    # ---- groups ----

    def _add_sound(self) -> None:
        info = self._monitor.source.info
        self._heading(self.tr("Sound"))
        self._device = _Choices(self.tr("The input that is shown"))
        self._device.addItem(info.title, None)
        self._device.setAccessibleName(self.tr("Device"))
        self._device.activated.connect(lambda _n: self._ask_device(self._device.currentData()))
        self._form.addRow(self.tr("Device"), self._device)
        self._shows.append(self._refresh_devices)
        if info.kind == "mic":
            self._choice(
                self.tr("Channels"),
                [(self.tr("the first two"), None), (self.tr("all"), "all")],
                lambda: self._monitor.settings.channels,
                lambda channels: self.reopened.emit({"channels": channels, "show": None}),
                self.tr("What is captured of the device, kept and recorded"),
            )
        count = len(info.channels)
        name_of = self._monitor.settings.channel_name
        shows: list[Choice] = [
            (self.tr("channel {}").format(n) if name_of(n) == str(n) else f"{n}  {name_of(n)}", (n,))
            for n in info.channels
        ]
        if count > 1:
            shows += [
                (self.tr("each in a pane"), "all"),
                (self.tr("their mean"), "mix"),
                (self.tr("difference"), "diff"),
            ]
        self._choice(self.tr("Show"), shows, self._shown, self._view.show_channels, self.tr("Which channels are seen"))
        if info.kind == "demo":
            rates = [(f"{rate / 1000:g} kHz", rate) for rate in _RATES]
            self._choice(
                self.tr("Rate"),
                rates,
                lambda: info.samplerate,
                lambda rate: self.reopened.emit({"samplerate": rate}),
                self.tr("Samples a second"),
            )
        else:
            rate = QLabel(f"{info.samplerate / 1000:g} kHz")
            rate.setAccessibleName(self.tr("Rate"))
            self._form.addRow(self.tr("Rate"), rate)

    def _add_analysis(self) -> None:
        view = self._view
        self._heading(self.tr("Analysis"))
        sizes = [(f"{n}", n) for n in _N_FFTS]
        self._setting("n_fft", self.tr("FFT"), sizes, self.tr("Window length: longer is finer in frequency"))
        overlaps = [(_overlap_text(n), n) for n in _OVERLAPS]

        def overlap() -> float:
            assert view.settings.n_fft is not None
            assert view.settings.hop is not None
            return view.settings.n_fft / view.settings.hop

        def set_overlap(windows: float) -> None:
            assert view.settings.n_fft is not None
            view.change(hop=max(1, round(view.settings.n_fft / windows)))

        hint = self.tr("Of neighbouring windows")
        self._choice(self.tr("Overlap"), overlaps, overlap, set_overlap, hint, said=_overlap_text)
        self._setting("window", self.tr("Window"), [(n, n) for n in WINDOWS], self.tr("Window function"))
        self._setting("averaging", self.tr("Averaging"), _named(_AVERAGES), self.tr("Of neighbouring columns"))
        self._switch(
            "multiresolution", self.tr("Multi-resolution"), self.tr("Long windows for bass, short ones for treble")
        )

    def _add_picture(self) -> None:
        self._heading(self.tr("Picture"))
        self._setting("picture", self.tr("Picture"), _named(PICTURES), self.tr("Bins, mel bands or pitch classes (V)"))
        self._setting("scale", self.tr("Scale"), _named(SCALES), self.tr("Frequency axis (M)"))
        self._number("fmin", self.tr("From"), "Hz", self.tr("Lowest frequency"))
        self._number("fmax", self.tr("To"), "Hz", self.tr("Highest frequency"))
        spans = [(_span_text(s), s) for s in SPANS_S]
        self._setting("span", self.tr("Span"), spans, self.tr("Time across the picture"))
        self._setting("direction", self.tr("Time"), _named(DIRECTIONS), self.tr("Where time runs (W)"))
        self._switch("trace", self.tr("Spectrum"), self.tr("Now, 3 s peak hold and mean (U)"))
        self._switch("peaks", self.tr("Peak labels"), self.tr("The strongest tones (K)"))
        self._switch("pitch", self.tr("Pitch line"), self.tr("Of a voice or a melody (T)"))
        self._switch("grid", self.tr("Grid"), self.tr("Lines at the ticks (G)"))
        self._check(
            self.tr("Piano and notes"),
            self.tr("On a logarithmic axis (N)"),
            lambda: self._view.has_piano,
            self._view.toggle_piano,
        )
        self._setting("theme", self.tr("Theme"), _named(THEMES), self.tr("Colours of the window (B)"))

    def _add_levels(self) -> None:
        view = self._view
        self._heading(self.tr("Levels"))
        self._check(
            self.tr("Automatic range"),
            self.tr("Follows the sound, and holds still in silence (A)"),
            lambda: view.automatic,
            view.toggle_auto_range,
        )
        self._range_end(self.tr("Darkest"), 0)
        self._range_end(self.tr("Brightest"), 1)
        self._setting("colormap", self.tr("Colours"), [(n, n) for n in FAVOURITES], self.tr("Colour map (C)"), _strip)
        self._setting("weighting", self.tr("Weighting"), _named(WEIGHTINGS), self.tr("IEC 61672-1"))
        self._setting(
            "quantity", self.tr("Quantity"), _named(QUANTITIES), self.tr("Level of a tone, or density of noise")
        )
        self._setting("reference", self.tr("Reference"), _named(REFERENCES), self.tr("What a full-scale sine reads"))

    def _add_memory(self) -> None:
        if not self._monitor.can_forget:
            return
        self._heading(self.tr("Memory"))
        self._kept = QLabel()
        self._kept.setAccessibleName(self.tr("Sound that is kept"))
        self._form.addRow(self.tr("Kept"), self._kept)
        self._shows.append(lambda: self._kept.setText(kept_text(self._monitor)))
        forget = QPushButton(self.tr("Forget now"))
        forget.setToolTip(self.tr("Empties what is kept of the room (Ctrl+Delete)"))
        with_own_keys(forget, PRESSES)
        forget.clicked.connect(self.forgotten.emit)
        self._form.addRow(forget)

    # ---- controls ----

    def _heading(self, text: str) -> None:
        label = QLabel(text)
        label.setObjectName("heading")
        label.setIndent(0)
        self._form.addRow(label)

    def _setting(
        self,
        key: str,
        name: str,
        choices: Sequence[Choice],
        hint: str,
        icon: Callable[[Any], QIcon] | None = None,
    ) -> None:
        view = self._view
        self._choice(
            name,
            choices,
            lambda: getattr(view.settings, key),
            lambda value: view.change(**{key: value}),
            hint,
            icon,
            _span_text if key == "span" else _list_text,
        )

    def _choice(
        self,
        name: str,
        choices: Sequence[Choice],
        value: Callable[[], Any],
        choose: Callable[[Any], None],
        hint: str,
        icon: Callable[[Any], QIcon] | None = None,
        said: Callable[[Any], str] = _list_text,
    ) -> None:
        """said: how a value is written that is not among the choices, as one from a flag or a file."""
        box = _Choices(hint)
        for text, data in choices:
            box.addItem(text, data)
        if icon is not None:
            box.setIconSize(QSize(48, 10))
            for number, (_, data) in enumerate(choices):
                box.setItemIcon(number, icon(data))
        box.setAccessibleName(name)
        box.activated.connect(lambda number: self._then(lambda: choose(box.itemData(number)))())

        def show() -> None:
            if box.view().isVisible():
                return
            now = value()
            at = next((n for n in range(box.count()) if box.itemData(n) == now), -1)
            if at < 0:
                _quietly(box, lambda: box.addItem(said(now), now))
                at = box.count() - 1
            if at != box.currentIndex():
                _quietly(box, lambda: box.setCurrentIndex(at))

        self._shows.append(show)
        self._form.addRow(name, box)

    def _switch(self, key: str, name: str, hint: str) -> None:
        view = self._view
        self._check(name, hint, lambda: getattr(view.settings, key), lambda: view.toggle(key))

    def _check(self, name: str, hint: str, holds: Callable[[], bool], toggle: Callable[[], None]) -> None:
        box = QCheckBox(name)
        box.setToolTip(hint)
        with_own_keys(box, PRESSES)
        box.clicked.connect(self._then(toggle))
        self._shows.append(lambda: _quietly(box, lambda: box.setChecked(holds())))
        self._form.addRow(box)

    def _number(self, key: str, name: str, unit: str, hint: str) -> None:
        box = self._spin(name, unit, LIMITS[key][:2], hint)
        box.setDecimals(0)
        box.editingFinished.connect(lambda: self._edited(box, lambda value: self._view.change(**{key: value})))
        self._shows.append(lambda: box.show_value(getattr(self._view.settings, key)))

    def _range_end(self, name: str, end: int) -> None:
        view = self._view

        def change(value: float) -> None:
            ends = list(view.range)
            ends[end] = value
            view.set_range(*ends)

        box = self._spin(name, "dB", (-250.0, 200.0), self.tr("Of the colour bar"))
        box.setDecimals(0)
        box.editingFinished.connect(lambda: self._edited(box, change))
        self._shows.append(lambda: box.show_value(view.range[end]))

    def _spin(self, name: str, unit: str, limits: tuple[float, float], hint: str) -> _Number:
        box = _Number()
        box.setRange(*limits)
        box.setSuffix(f" {unit}")
        box.setAccessibleName(name)
        box.setToolTip(hint)
        box.setKeyboardTracking(False)
        box.lineEdit().setTextMargins(4, 0, 0, 0)
        box.typed.connect(self._then(lambda: None))
        self._form.addRow(name, box)
        return box

    def _edited(self, box: _Number, change: Callable[[float], None]) -> None:
        value = box.take()
        if value is not None:
            self._then(lambda: change(value))()

    def _then(self, act: Callable[[], object]) -> Callable[[], None]:
        def do(*_: object) -> None:
            act()
            self._after()  # a number that has the keys no longer shows what holds
            self.refresh()

        return do

    def _shown(self) -> Show | None:
        shown = self._view.shown_channels
        captured = self._monitor.source.info.channels
        if isinstance(shown, str):
            return shown  # type: ignore[return-value]
        numbers = tuple(captured[index] for index in shown)
        return "all" if len(numbers) > 1 and len(numbers) == len(captured) else numbers

    # ---- devices ----

    def show_devices(self, devices: list[InputDevice]) -> None:
        """The inputs of now; a list that is open is renewed once it is closed."""
        self._devices = devices
        self._refresh_devices()

    def _refresh_devices(self) -> None:
        if self._devices is None or self._device.view().isVisible():
            return
        now = self._monitor.source.info
        offers = [
            _Offer(self._said_of(device), {"source": "mic", "device": device.name}, device.host_api)
            for device in self._devices
        ]
        offers.append(_Offer(self.tr("demo signal"), {"source": "demo", "device": None}))
        names = [device.description for device in self._devices]
        at = len(names) if now.kind == "demo" else names.index(now.title) if now.title in names else -1
        if at < 0:
            offers.insert(0, _Offer(now.title, None))
            at = 0
        if (offers, at) == (self._offers, self._device.currentIndex()):
            return
        self._offers = offers
        with QSignalBlocker(self._device):
            self._device.clear()
            for number, offer in enumerate(offers):
                self._device.addItem(offer.text, offer.wanted)
                self._device.setItemData(number, offer.tip, Qt.ItemDataRole.ToolTipRole)
            self._device.setCurrentIndex(at)

    def _said_of(self, device: InputDevice) -> str:
        """As "Scarlett 2i2  ·  2 ch  ·  48 kHz  ·  10 ms  ·  default"."""
        parts = [
            device.description + (self.tr(" (what the computer plays)") if device.monitor else ""),
            self.tr("{} ch").format(device.channels),
            f"{device.samplerate / 1000:g} kHz",
        ]
        if device.latency_ms is not None:
            parts.append(f"{device.latency_ms:g} ms")
        if device.default:
            parts.append(self.tr("default"))
        return "  ·  ".join(parts)

    def _ask_device(self, wanted: dict[str, Any] | None) -> None:
        if wanted is not None:
            kept = "all" if self._monitor.settings.channels == "all" else None  # other channels may not be there
            self.reopened.emit(wanted | {"channels": kept, "show": None, "samplerate": None})
        self._after()


def kept_text(monitor: Monitor) -> str:
    """As "3:12 of 10:00"."""
    rate = monitor.source.info.samplerate
    kept, most = (monitor.ring.end - monitor.ring.oldest) / rate, monitor.ring.capacity / rate
    return f"{_minutes(kept)} of {_minutes(most)} min"


def _overlap_text(windows: float) -> str:
    return f"{100 * (1 - 1 / windows):.4g} %"


def _span_text(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 60 else f"{seconds / 60:.3g} min"  # noqa: PLR2004


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _named(values: Sequence[str]) -> list[Choice]:
    return [(_NAMES.get(value, value), value) for value in values]


def _quietly(widget: QWidget, act: Callable[[], object]) -> None:
    with QSignalBlocker(widget):
        act()


def _strip(name: str) -> QIcon:
    colours = colormap(name)
    image = QImage(colours.tobytes(), len(colours), 1, 3 * len(colours), QImage.Format.Format_RGB888)
    return QIcon(QPixmap.fromImage(image.scaled(48, 10)))
