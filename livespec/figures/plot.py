"""Figures of spectrograms, by matplotlib, which is imported when the first is drawn.

Rows follow the same rule as the live picture: where several bins share a row the loudest is shown.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from livespec.core.arrays import Float32Array
from livespec.core.pooling import loudest_of_runs
from livespec.core.scales import FrequencyAxis, RowMap
from livespec.display.axes import frequency_ticks
from livespec.display.colormaps import colormap
from livespec.errors import FileError, UsageError
from livespec.figures.overview import Overview
from livespec.session.stretch import Stretch
from livespec.settings import FMIN_DEFAULT_HZ, Scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS: Final = ("png", "svg", "pdf")
_ROWS: Final = 720
_COLUMNS: Final = 4096
_TICKS_APART: Final = 26.0
_MOST_BESIDE: Final = 3
_DPI: Final = 150
_NOTEBOOK_DB: Final = 90.0


def plot_spec(
    db: npt.ArrayLike,
    sr: int,
    title: str = "",
    hop: int = 512,
    *,
    n_fft: int | None = None,
    scale: Scale = "log",
    fmin: float | None = None,
    fmax: float | None = None,
    range: tuple[float, float] | None = None,  # noqa: A002 - the name of the setting
    colormap_name: str = "magma",
    unit: str = "dB",
    start_s: float = 0.0,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draws decibels over time and frequency, with a colour bar, and returns the axes.

    db: (bins, frames) as `to_decibels` gives them, frame t centred on sample t · hop; n_fft: 2 · (bins − 1) unless
    given; range: levels of the darkest and the brightest colour, those of the data unless given; start_s: the middle of
    frame 0; ax: to draw into, else a new figure. Raises `UsageError`, also where matplotlib is not there.

    >>> import numpy as np, livespec
    >>> guitar = np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)
    >>> axes = livespec.plot_spec(livespec.to_decibels(guitar), 22_050, "Guitar")
    >>> axes.get_title(), axes.get_xlabel(), axes.get_ylabel()
    ('Guitar', 'time in s', 'frequency')
    """
    levels = np.asarray(db, np.float32)
    if levels.ndim != 2 or not levels.size:  # noqa: PLR2004
        raise UsageError(
            f"an array of shape {levels.shape} is no spectrogram", "use (bins, frames), as to_decibels gives"
        )
    if ax is None:
        ax = _pyplot().subplots(figsize=(10, 4), layout="constrained")[1]
    length = n_fft or 2 * (levels.shape[0] - 1)
    axis = _axis(scale, fmin, fmax, sr)
    pooled = -(-levels.shape[1] // _COLUMNS)
    columns = loudest_of_runs(levels.T, np.arange(0, levels.shape[1], pooled))
    image = _draw(ax, columns, pooled * hop / sr, sr / length, axis, range, colormap_name, start_s)
    ax.set_title(title)
    ax.figure.colorbar(image, ax=ax, label=unit, pad=0.015)
    return ax


def png_of(db: Float32Array, sr: int, hop: int, n_fft: int, unit: str, start_s: float) -> bytes:
    """`plot_spec` as a PNG in memory, 90 dB below the loudest."""
    _pyplot()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    loudest = float(np.nanmax(db, initial=-np.inf)) if np.isfinite(db).any() else 0.0
    shown = (loudest - _NOTEBOOK_DB, loudest)
    plot_spec(db, sr, "", hop, n_fft=n_fft, range=shown, unit=unit, start_s=start_s, ax=figure.subplots())
    memory = BytesIO()
    figure.savefig(memory, format="png")
    return memory.getvalue()


def render(
    sounds: Sequence[Overview],
    titles: Sequence[str],
    *,
    scale: Scale,
    fmin: float | None,
    fmax: float | None,
    levels: tuple[float, float],
    colormap_name: str,
    unit: str,
    waveform: bool,
) -> "Figure":
    """The figure of one or several sounds, side by side, with one colour scale. Raises `UsageError`."""
    _pyplot()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    beside = min(len(sounds), _MOST_BESIDE)
    lines = -(-len(sounds) // beside)
    width = 10.0 if beside == 1 else 5.2 * beside
    figure = Figure(figsize=(width, (4.0 + waveform) * lines), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    heights = [1, 4] * lines if waveform else [1] * lines
    grid = figure.subplots(len(heights), beside, height_ratios=heights, squeeze=False)
    image = None
    for number in range(lines * beside):
        line, place = divmod(number, beside)
        spectrum = grid[(2 * line + 1) if waveform else line][place]
        if number >= len(sounds):
            for empty in (spectrum, *([grid[2 * line][place]] if waveform else [])):
                empty.set_axis_off()
            continue
        sound = sounds[number]
        axis = _axis(scale, fmin, fmax, sound.samplerate)
        image = _draw(spectrum, sound.db, sound.column_s, sound.samplerate / sound.n_fft, axis, levels, colormap_name)
        top = grid[2 * line][place] if waveform else spectrum
        top.set_title(titles[number])
        if waveform:
            _draw_waveform(top, sound)
        if place:
            spectrum.set_ylabel("")
    if image is not None:
        spectra = grid[1::2] if waveform else grid
        figure.colorbar(image, ax=spectra.ravel().tolist(), label=unit, pad=0.01)
    return figure


def save_stretch(stretch: Stretch, levels: tuple[float, float], title: str, path: Path) -> None:
    """What a window shows as a figure: PNG, SVG or PDF, by the path. Raises `UsageError`, `FileError`."""
    _pyplot()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    settings = stretch.settings
    assert settings.hop is not None
    assert settings.n_fft is not None
    figure = Figure(figsize=(10, 4 * len(stretch.db)), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(stretch.db), squeeze=False)[:, 0]
    for ax, label, db in zip(axes, stretch.labels, stretch.db, strict=True):
        plot_spec(
            db.T,
            int(stretch.description["samplerate"]),
            title if len(axes) == 1 else f"{title}, channel {label}",
            settings.hop,
            n_fft=settings.n_fft * settings.padding,
            scale=settings.scale,
            fmin=settings.fmin,
            fmax=settings.fmax,
            range=levels,
            colormap_name=settings.colormap,
            unit=stretch.unit,
            start_s=float(stretch.times_s[0]),
            ax=ax,
        )
    save(figure, path)


def save(figure: "Figure", path: Path, description: Mapping[str, str] | None = None) -> None:
    """Under a temporary name, then renamed. description: texts that a PNG keeps. Raises `FileError`."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        figure.savefig(temporary, format=path.suffix.removeprefix(".").lower(), metadata=description)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise FileError(f"{path}: cannot be written ({error.strerror})") from error


def read_description(path: Path) -> dict[str, str]:
    """The texts that `save` put into a PNG. Raises `OSError` where it is none."""
    from PIL import Image

    with Image.open(path) as picture:
        return {name: value for name, value in picture.info.items() if isinstance(value, str)}


def _draw(
    ax: "Axes",
    columns: Float32Array,
    column_s: float,
    bin_hz: float,
    axis: FrequencyAxis,
    levels: tuple[float, float] | None,
    colormap_name: str,
    start_s: float = 0.0,
) -> Any:
    """columns: (n, bins). The picture lies in places 0 … 1 of the frequency axis; its ticks say which frequencies."""
    from matplotlib.colors import ListedColormap

    rows = RowMap.of(axis, _ROWS, columns.shape[1], bin_hz).apply(columns)
    low, high = levels if levels is not None else (None, None)
    colours = ListedColormap(colormap(colormap_name) / 255, colormap_name)
    image = ax.imshow(
        rows.T,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(start_s - column_s / 2, start_s + (len(columns) - 0.5) * column_s, 0, 1),
        cmap=colours.with_extremes(bad="0.5"),  # gaps and samples that are no numbers
        vmin=low,
        vmax=high,
    )
    height_px = ax.get_window_extent().height * 100 / ax.figure.dpi
    ticks = frequency_ticks(axis, height_px, _TICKS_APART)
    ax.set_yticks([place for place, _ in ticks], [text for _, text in ticks])
    ax.set(xlabel="time in s", ylabel="frequency")
    place: Any = ax  # matplotlib's way to say what lies under the mouse is to replace the method
    place.format_coord = lambda x, y: f"{x:.3f} s, {float(axis.frequency(y)):.1f} Hz"
    return image


def _draw_waveform(ax: "Axes", sound: Overview) -> None:
    times = (np.arange(len(sound.lowest)) + 0.5) * sound.column_s
    ax.fill_between(times, sound.lowest, sound.highest, step="mid", linewidth=0.4, color="#555d68", edgecolor="#555d68")
    ax.set_xlim(-sound.column_s / 2, (len(sound.db) - 0.5) * sound.column_s)
    reach = max(0.01, float(np.abs([sound.lowest, sound.highest]).max()))
    ax.set_ylim(-1.05 * reach, 1.05 * reach)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def _axis(scale: Scale, fmin: float | None, fmax: float | None, samplerate: int) -> FrequencyAxis:
    high = samplerate / 2 if fmax is None else fmax
    low = (0.0 if scale in ("linear", "mel", "mel-htk", "bark", "erb") else FMIN_DEFAULT_HZ) if fmin is None else fmin
    if not 0 <= low < high <= samplerate / 2:
        raise UsageError(
            f"frequencies from {low:g} to {high:g} Hz cannot be shown",
            f"choose fmin < fmax up to {samplerate / 2:g} Hz",
        )
    return FrequencyAxis.between(scale, low, high)


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise UsageError(f"figures need matplotlib ({error})", 'install it: pip install "livespec[figures]"') from None
    return plt
