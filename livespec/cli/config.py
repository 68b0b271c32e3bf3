"""`livespec config show|init|check`: the settings that hold, a file to start from, a file's mistakes."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from livespec import config as files
from livespec.errors import FileError, UsageError

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
    settings = files.load(preset, config, {}).as_dict()
    if as_json:
        print(json.dumps(settings, indent=2))
        return
    for key, value in settings.items():
        print(f"# {key} = (chosen to fit)" if value is None else f"{key} = {_toml(value)}")


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
    """A whole file, and the names in it that only a run looks up. Raises `UsageError` with file and line."""
    values = files.read(path)
    from livespec.core.window import make_window
    from livespec.display.colormaps import colormap

    for key, look_up in (("window", lambda name: make_window(name, 4096)), ("colormap", colormap)):
        if key in values:
            try:
                look_up(values[key])
            except UsageError as error:
                where = f"{path}, line {files.line_of(key, path.read_text(encoding='utf-8'))}"
                raise UsageError(f"{where}: {error.message}", error.hint) from None


def _toml(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)
