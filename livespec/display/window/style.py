"""How widgets look beside the picture: one style sheet for each theme."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtWidgets import QWidget

from livespec.display.theme import DARK, LIGHT, Theme, css
from livespec.settings import ThemeName


def theme_for(name: ThemeName) -> Theme:
    """The theme of a setting; "auto" is the desktop's."""
    if name != "auto":
        return LIGHT if name == "light" else DARK
    return LIGHT if QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light else DARK


def style_sheet(theme: Theme) -> str:
    """For the main window and all that belongs to it."""
    background, raised, line = css(theme.background), css(theme.raised), css(theme.line)
    text, faint, strong, accent = css(theme.text), css(theme.faint), css(theme.strong), css(theme.accent)
    return f"""
    QMainWindow, QStatusBar, QDialog, QDockWidget, QScrollArea, QWidget#page, QWidget#below {{
        background: {background}; color: {text}; }}
    QStatusBar::item {{ border: none; }}
    QLabel {{ color: {text}; font-size: 12px; background: transparent; }}
    QLabel#status {{ color: {faint}; padding: 3px 10px; }}
    QLabel#heading {{ color: {faint}; font-weight: bold; padding-top: 10px; }}
    QListView, QTreeView, QLineEdit {{ background: {raised}; color: {text}; selection-background-color: {line};
        selection-color: {strong}; border: 1px solid {line}; }}
    QHeaderView::section {{ background: {background}; color: {faint}; border: none; padding: 3px; }}
    QMenuBar {{ background: {background}; color: {faint}; font-size: 12px; }}
    QMenuBar::item {{ padding: 4px 10px; background: transparent; }}
    QMenuBar::item:selected {{ background: {raised}; color: {strong}; }}
    QMenu {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 4px 0; font-size: 12px; }}
    QMenu::item {{ padding: 4px 28px 4px 24px; }}
    QMenu::item:selected {{ background: {line}; color: {strong}; }}
    QMenu::item:disabled {{ color: {faint}; }}
    QMenu::indicator {{ width: 8px; height: 8px; left: 9px; border-radius: 3px; }}
    QMenu::indicator:checked {{ background: {accent}; }}
    QMenu::separator {{ height: 1px; background: {line}; margin: 4px 0; }}
    QDockWidget {{ font-size: 12px; titlebar-close-icon: none; }}
    QDockWidget::title {{ background: {background}; color: {faint}; padding: 8px; text-align: left; }}
    QScrollArea {{ border: none; }}
    QComboBox {{ combobox-popup: 0; /* as a menu, Fusion edges it in the desktop's colours */ }}
    QComboBox, QDoubleSpinBox {{ background: {raised}; color: {text}; border: 1px solid {line};
        border-radius: 4px; padding: 2px 6px; min-height: 20px; font-size: 12px; }}
    QComboBox:focus, QDoubleSpinBox:focus, QCheckBox:focus, QPushButton:focus {{ border-color: {accent}; }}
    QComboBox::drop-down {{ border: none; width: 20px; }}
    QComboBox::down-arrow {{ width: 0; height: 0; border-left: 4px solid {raised}; border-right: 4px solid {raised};
        border-top: 5px solid {faint}; }}
    QComboBox QAbstractItemView {{ background: {raised}; color: {text}; selection-background-color: {line};
        selection-color: {strong}; border: 1px solid {line}; outline: none; }}
    QComboBox QAbstractItemView::item {{ min-height: 24px; padding-left: 4px; }}
    QComboBox QAbstractItemView::item:selected {{ background: {line}; color: {strong}; }}
    QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {{ width: 0; }}
    QCheckBox {{ color: {text}; font-size: 12px; spacing: 8px; border: 1px solid transparent; border-radius: 4px; }}
    QCheckBox::indicator {{ width: 12px; height: 12px; border: 1px solid {line}; border-radius: 3px;
        background: {raised}; }}
    QCheckBox::indicator:checked {{ background: {accent}; border-color: {accent}; }}
    QPushButton, QToolButton {{ background: {raised}; color: {text}; border: 1px solid {line}; border-radius: 4px;
        padding: 4px 10px; font-size: 12px; }}
    QPushButton:hover, QToolButton:hover {{ color: {strong}; }}
    QWidget#below QToolButton {{ background: transparent; border: 1px solid transparent; padding: 2px 9px; }}
    QWidget#below QToolButton:hover {{ background: {raised}; }}
    QWidget#below QToolButton:focus {{ border-color: {accent}; }}
    QToolTip {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 3px; font-size: 12px; }}
    QScrollBar:vertical {{ background: {background}; width: 8px; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {line}; border-radius: 4px; min-height: 24px; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; }}
    """


def with_tabular_digits(widget: QWidget, pixels: int = 12) -> None:
    """Figures that change keep their places."""
    font = widget.font()
    font.setPixelSize(pixels)
    font.setFeature(QFont.Tag("tnum"), 1)
    widget.setFont(font)
