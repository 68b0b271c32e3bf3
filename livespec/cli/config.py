"""`livespec config show|init|check`: the settings that hold, a file to start from, a file's mistakes."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from livespec import config as files
from livespec.errors import FileError, LivespecError
from livespec.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

_COMMON_RATE: Final = 48_000

app = typer.Typer(no_args_is_help=True, help="Show, write or check settings.")

_Preset = Annotated[str | None, typer.Option("--preset", metavar="NAME", help="Settings for a purpose.")]
_Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="A TOML file of settings.")]
_Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@app.command()
def show(
    preset: _Preset = None,
    config: _Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    debug: _Debug = False,  # noqa: ARG001
) -> None:
    """Print the settings that hold, as TOML; what is left to the program is a comment."""
    settings = files.load(preset, config, {})
    values, window = settings.as_dict(), _window_figures(settings)
    if as_json:
        print(json.dumps(values | {"window_figures": window}, indent=2))
        return
    for key, value in values.items():
        print(f"# {key} = (chosen to fit)" if value is None else f"{key} = {_toml(value)}")
        if key == "window":
            print(
                "#   coherent gain {coherent_gain:.4f}, scalloping {scalloping_db:.2f} dB, noise bandwidth "
                "{noise_bandwidth_bins:.3f} bins = {noise_bandwidth_hz:.2f} Hz "
                "with n_fft {n_fft} at {samplerate} Hz".format(**window)
            )


@app.command()
def init(
    path: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Default: the user's own file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    debug: _Debug = False,  # noqa: ARG001
) -> None:
    """Write a file with every key and its explanation."""
    target = path or files.user_file()
    if target.exists() and not force:
        raise FileError(f"{target} is there already", "replace it with --force, or name another file")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(files.default_file().read_text(encoding="utf-8"), encoding="utf-8")
    except OSError as error:
        raise FileError(f"{target}: cannot be written ({error.strerror})") from error
    print(target)


@app.command()
def check(
    path: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Default: the user's own file.")] = None,
    debug: _Debug = False,  # noqa: ARG001
) -> None:
    """Say whether a file is right; if not, where and why (exit code 2)."""
    target = path or files.user_file()
    check_names(target)
    print(f"{target}: fine")


def check_names(path: Path) -> None:
    """A whole file, and the names in it that only a run looks up. Raises `LivespecError` with file and line."""
    values = files.read(path)
    from livespec.core.window import make_window
    from livespec.display.colormaps import colormap
    from livespec.session.calibration import load_calibration

    look_ups: dict[str, Callable[[str], object]] = {
        "window": lambda name: make_window(name, values.get("n_fft", 4096)),
        "colormap": colormap,
        "calibration": lambda name: load_calibration(Settings(calibration=name)),
    }
    for key, look_up in look_ups.items():
        if key in values:
            try:
                look_up(values[key])
            except LivespecError as error:
                where = f"{path}, line {files.line_of(key, path.read_text(encoding='utf-8'))}"
                raise type(error)(f"{where}: {error.message}", error.hint) from None


def _window_figures(settings: Settings) -> dict[str, float]:
    """What the window function does to levels, at the rate that is set or the commonest."""
    from livespec.core.window import figures, make_window

    any_frequencies = replace(settings, fmin=None, fmax=None)
    resolved = any_frequencies.at_rate(settings.samplerate or _COMMON_RATE)
    assert resolved.n_fft is not None
    assert resolved.samplerate is not None
    found = figures(make_window(resolved.window, resolved.n_fft))
    bandwidth_hz = found.noise_bandwidth_bins * resolved.samplerate / resolved.n_fft
    return asdict(found) | {
        "noise_bandwidth_hz": bandwidth_hz,
        "n_fft": resolved.n_fft,
        "samplerate": resolved.samplerate,
    }


def _toml(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)
