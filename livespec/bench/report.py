"""All measurements in one run, as one value; and what was promised of it."""

import platform
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, NamedTuple

from livespec import __version__
from livespec.bench.channels import analyse_again_ms, many_channels, share_of_a_core
from livespec.bench.contenders import LIMIT, LOOP, OURS, contenders, disagreement_db, limits, task
from livespec.bench.files import WAYS, FileTimes, measure_file, write_noise
from livespec.bench.measure import interleaved

_ROUNDS: Final = 100
_FILE_RUNS: Final = 3  # the middle one counts: memory that the system has to find first takes from 0 to a second
_TARGET_N_FFT: Final = 4096
_TOLERANCE_DB: Final = 0.1
_SHORT_FILE_S, _LONG_FILE_S, _WARM_UP_S = 120, 600, 3
_LIBRARIES: Final = (
    "numpy", "scipy", "pyfftw", "mkl-fft", "librosa", "torch", "audioflux", "spectrofast",
)  # fmt: skip


class Extent(NamedTuple):
    """How much is measured."""

    sizes: tuple[int, ...]
    counts: tuple[int, ...]
    channels: tuple[int, ...]
    file_s: int


QUICK: Final = Extent((4096,), (1, 2, 4, 16), (1, 32), _SHORT_FILE_S)
WHOLE: Final = Extent((1024, 2048, 4096, 8192, 16_384), (1, 2, 4, 16), (1, 2, 8, 32), _LONG_FILE_S)


def measure(extent: Extent, tell: Callable[[str], None]) -> dict[str, Any]:
    """Everything; tell: called with what is being measured."""
    columns = []
    for n_fft in extent.sizes:
        for count in extent.counts:
            tell(f"n_fft {n_fft}, {count} columns a call")
            columns.append(_columns(n_fft, count))
    tell("channels")
    channels = [many_channels(number, max(20, 400 // number))._asdict() for number in extent.channels]
    share, again = share_of_a_core(), analyse_again_ms()
    report = {
        "version": __version__,
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "libraries": dict(_versions()),
        "columns": columns,
        "channels": channels,
        "share_of_a_core_32_channels_96_khz": share,
        "analyse_again_5600_columns_ms": again,
        "files": list(_files(extent.file_s, tell)),
    }
    report["targets"] = [target._asdict() for target in targets(report)]
    return report


def _columns(n_fft: int, count: int) -> dict[str, Any]:
    given = task(n_fft, count)
    right, wrong = {}, {}
    for name, work in contenders(given).items():
        error = disagreement_db(work(), given)
        if error <= _TOLERANCE_DB:
            right[name] = work
        else:
            wrong[name] = error
    medians = interleaved({**right, **limits(given)}, _ROUNDS)
    return {
        "n_fft": n_fft,
        "columns": count,
        "us": {name: seconds / count * 1e6 for name, seconds in medians.items()},
        "left_out_db_off": wrong,
    }


def _files(seconds: int, tell: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="livespec-bench-") as folder:
        path = Path(folder, "noise.wav")
        write_noise(Path(folder, "warm-up.wav"), _WARM_UP_S)
        write_noise(path, seconds)
        found: dict[str, list[FileTimes]] = {name: [] for name in WAYS}
        for run in range(_FILE_RUNS):
            for name in WAYS:
                tell(f"a file of {seconds} s, {name}, {run + 1} of {_FILE_RUNS}")
                times = measure_file(name, path)
                if times is not None:
                    found[name].append(times)
        for runs in found.values():
            if runs:
                yield {"seconds": seconds, **sorted(runs, key=lambda times: times.wall_s)[len(runs) // 2]._asdict()}


def _versions() -> Iterator[tuple[str, str]]:
    for library in _LIBRARIES:
        try:
            yield library, version(library)
        except PackageNotFoundError:
            continue


# ---- what was promised ----


class Target(NamedTuple):
    """A ratio of this run, and what it should be at least (or, `most`, at most)."""

    name: str
    measured: float
    target: float
    most: bool


def targets(report: dict[str, Any]) -> Iterator[Target]:
    """Those whose figures are in the report."""
    for count, most in ((1, 1.40), (4, 1.55), (16, 1.55)):
        yield from _ratio(report, count, f"engine / bare scipy FFT, {count} columns", OURS, LIMIT, most, most=True)
    for peer, least in (
        (LOOP, {1: 1.25, 2: 1.7, 4: 2.9, 16: 3.4}),
        ("librosa", {1: 8.0, 4: 6.0, 16: 3.2}),
        ("scipy ShortTimeFFT", {1: 2.7, 4: 4.3, 16: 4.2}),
    ):
        for count, ratio in least.items():
            yield from _ratio(report, count, f"{peer} / engine, {count} columns", peer, OURS, ratio)
    for count, ratio in ((1, 3.4), (2, 3.9), (4, 4.5), (16, 5.0)):
        yield from _ratio(report, count, f"{LOOP} / engine with FFTW, {count} columns", LOOP, f"{OURS} fftw", ratio)
    for row in report["channels"]:
        if row["channels"] == 32:  # noqa: PLR2004
            yield Target(
                "plain numpy program / ring + engine, 32 channels",
                row["numpy_us"] / row["livespec_us"],
                3.0,
                most=False,
            )
    yield Target("share of a core, 32 channels at 96 kHz", report["share_of_a_core_32_channels_96_khz"], 0.3, most=True)
    yield Target("ms to analyse 5,600 columns again", report["analyse_again_5600_columns_ms"], 50.0, most=True)
    yield from _of_files({row["name"]: row for row in report["files"]})


def _ratio(
    report: dict[str, Any], count: int, name: str, above: str, below: str, target: float, *, most: bool = False
) -> Iterator[Target]:
    rows = [row["us"] for row in report["columns"] if (row["n_fft"], row["columns"]) == (_TARGET_N_FFT, count)]
    row: dict[str, float] = rows[0] if rows else {}
    if above in row and below in row:
        yield Target(name, row[above] / row[below], target, most)


def _of_files(files: dict[str, dict[str, Any]]) -> Iterator[Target]:
    streamed, kept = files.get("livespec, streamed"), files.get("livespec, kept")
    if streamed is None or kept is None:
        return
    if streamed["peak_mb"] is not None:
        yield Target("file, streamed: MB above the imports", streamed["peak_mb"], 40.0, most=True)
    librosa = files.get("librosa")
    if librosa is not None:
        yield Target("file: librosa / livespec, time", librosa["wall_s"] / kept["wall_s"], 8.0, most=False)
        yield Target("file: librosa / livespec, processor time", librosa["cpu_s"] / kept["cpu_s"], 2.7, most=False)
        if streamed["peak_mb"] is not None:
            yield Target(
                "file: livespec / librosa, peak memory", streamed["peak_mb"] / librosa["peak_mb"], 0.1, most=True
            )
    for peer in ("spectrofast", "audioflux", "torch.stft"):
        if peer in files:
            yield Target(f"file: {peer} / livespec, time", files[peer]["wall_s"] / kept["wall_s"], 4.0, most=False)
