"""The commands of the window: every key, menu entry and what it does."""

from functools import partial
from typing import TYPE_CHECKING

from livespec.display.colormaps import next_colormap
from livespec.display.steering import FAR_JUMP_S, JUMP_S, Steering
from livespec.display.view import MOST_SOLO, View
from livespec.display.window.commands import Command
from livespec.display.zoom import KEY_STEP, KEY_ZOOM

if TYPE_CHECKING:
    from collections.abc import Callable

    from livespec.display.window.main_window import MainWindow


def commands_of(window: "MainWindow", view: View, channels: int) -> list[Command]:
    """All of them. channels: how many are captured."""
    steering = view.steering
    return [
        *([Command("File", "Record", ("R",), window.toggle_recording, window.recording)] if steering is None else []),
        *_file(window),
        *_view(window, view),
        *_analysis(view, channels),
        *_time(view, steering),
        *_levels(view),
        *([] if steering is None else _play(steering)),
        Command("Help", "All keys", ("?", "F1"), window.show_keys),
        Command("Help", "About livespec", (), window.show_about),
    ]


def _file(window: "MainWindow") -> list[Command]:
    return [
        Command("File", "Save picture", ("S",), window.save_picture),
        Command("File", "Save picture as…", ("Ctrl+Shift+S",), window.save_picture_as),
        Command("File", "Save figure (SVG)", ("Ctrl+Shift+F",), window.save_figure),
        Command("File", "Copy picture", ("Ctrl+C",), window.copy_picture),
        Command("File", "Size of saved pictures", ("Ctrl+R",), window.next_picture_size),
        Command("File", "Save what has happened", ("L",), window.keep),
        Command("File", "Export visible columns (NPZ)", ("Ctrl+E",), partial(window.export, ".npz")),
        Command("File", "Export visible columns (CSV)", ("Ctrl+Shift+E",), partial(window.export, ".csv")),
        Command("File", "Hear what the computer plays", (), window.hear_computer),
        Command("File", "Forget now", ("Ctrl+Del",), window.forget),
        Command("File", "Quit", ("Q", "Ctrl+Q"), window.close),
    ]


def _view(window: "MainWindow", view: View) -> list[Command]:
    return [
        Command("View", "Controls", ("D",), window.toggle_controls, window.controls_shown),
        _switch(view, "Spectrum", "U", "trace"),
        _switch(view, "Peak labels", "K", "peaks"),
        _switch(view, "Grid", "G", "grid"),
        Command("View", "Piano and notes", ("N",), view.toggle_piano, lambda: view.has_piano),
        _switch(view, "Pitch line", "T", "pitch"),
        Command("View", "Overtones of the pointer", ("O",), partial(_toggle_overtones, view), lambda: view.overtones),
        Command("View", "Remove markers", ("Del",), view.clear_markers),
        Command("View", "Dark or light", ("B",), window.next_theme),
        Command("View", "Full screen", ("F", "F11"), window.toggle_full_screen, window.isFullScreen),
        Command("View", "Presenter", ("P",), window.toggle_presenting, window.presenting),
        Command("View", "Small window on top", ("X",), window.toggle_compact, window.compact),
        Command("", "Leave full screen", ("Esc",), window.leave),
    ]


def _analysis(view: View, channels: int) -> list[Command]:
    out = [
        Command("Analysis", "Next picture", ("V",), view.next_picture),
        Command("Analysis", "Next frequency scale", ("M",), view.next_scale),
        Command("Analysis", "Longer window", (".",), view.longer_window),
        Command("Analysis", "Shorter window", (",",), view.shorter_window),
        Command("Analysis", "Zoom frequency in", ("Shift+Up",), partial(view.zoom_frequency, KEY_ZOOM)),
        Command("Analysis", "Zoom frequency out", ("Shift+Down",), partial(view.zoom_frequency, 1 / KEY_ZOOM)),
        Command("Analysis", "Higher frequencies", ("Up",), partial(view.move_frequency, KEY_STEP)),
        Command("Analysis", "Lower frequencies", ("Down",), partial(view.move_frequency, -KEY_STEP)),
    ]
    if channels > 1:
        out += [
            Command("Analysis", "All channels, in panes", ("9",), partial(view.show_channels, "all")),
            *(
                Command("Analysis", f"Channel {n} alone", (str(n),), partial(view.solo_nth, n - 1))
                for n in range(1, min(channels, MOST_SOLO) + 1)
            ),
        ]
    return out


def _time(view: View, steering: Steering | None) -> list[Command]:
    out = [
        Command("Time", "Freeze" if steering is None else "Pause", ("Space",), view.toggle_freeze, lambda: view.frozen),
        Command("Time", "Zoom time in", ("+", "="), partial(view.zoom_time, KEY_ZOOM)),
        Command("Time", "Zoom time out", ("-",), partial(view.zoom_time, 1 / KEY_ZOOM)),
        Command("Time", "Reset zoom", ("0",), view.reset_zoom),
        Command("Time", "To the right or downwards", ("W",), view.next_direction),
    ]
    if steering is None:
        out += [
            Command("Time", "Back", ("Left",), lambda: view.scroll(-KEY_STEP * view.settings.span)),
            Command("Time", "Ahead", ("Right",), lambda: view.scroll(KEY_STEP * view.settings.span)),
            Command("Time", "A screen back", ("PgUp", "Shift+Left"), lambda: view.scroll(-view.settings.span)),
            Command("Time", "A screen ahead", ("PgDown", "Shift+Right"), lambda: view.scroll(view.settings.span)),
            Command("Time", "Now", ("End",), view.to_now),
        ]
    return out


def _levels(view: View) -> list[Command]:
    return [
        Command("Levels", "Automatic range", ("A",), view.toggle_auto_range, lambda: view.automatic),
        Command("Levels", "Next colour map", ("C",), lambda: view.set_colormap(next_colormap(view.settings.colormap))),
        Command("Levels", "Next weighting", ("Shift+W",), view.next_weighting),
    ]


def _play(steering: Steering) -> list[Command]:
    keys: tuple[tuple[str, str, Callable[[], object]], ...] = (
        ("Back", "Left", lambda: steering.seek_by(-JUMP_S)),
        ("Ahead", "Right", lambda: steering.seek_by(JUMP_S)),
        ("Far back", "Shift+Left", lambda: steering.seek_by(-FAR_JUMP_S)),
        ("Far ahead", "Shift+Right", lambda: steering.seek_by(FAR_JUMP_S)),
        ("To the start", "Home", lambda: steering.seek_to(0.0)),
        ("Repeat", "R", steering.toggle_loop),
        ("Slower", "[", steering.slower),
        ("Faster", "]", steering.faster),
        ("Speed 1", "Backspace", lambda: steering.set_speed(1.0)),
        ("Listen", "H", steering.toggle_listen),
    )
    return [Command("Play", name, (key,), act) for name, key, act in keys]


def _switch(view: View, name: str, key: str, setting: str) -> Command:
    return Command("View", name, (key,), partial(view.toggle, setting), lambda: bool(getattr(view.settings, setting)))


def _toggle_overtones(view: View) -> None:
    if view.shows_spectrum("Overtones"):
        view.overtones = not view.overtones
