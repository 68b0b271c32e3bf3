"""`--stats`: what a run measured, as JSON. A figure that was not measured is null, never a guess."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from livespec.capture.moment import now_ns
from livespec.errors import FileError


class Durations:
    """Durations in ms of one kind. One thread adds; the last hour at 60 a second is kept."""

    def __init__(self, kept: int = 216_000) -> None:
        self._values = np.zeros(kept, np.float32)
        self._count = 0

    def add(self, milliseconds: float) -> None:
        self._values[self._count % len(self._values)] = milliseconds
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def recent(self, n: int) -> float | None:
        """Median of the last n, or None."""
        if not self._count:
            return None
        indices = np.arange(max(0, self._count - n), self._count) % len(self._values)
        return float(np.median(self._values[indices]))

    def percentiles(self) -> dict[str, float] | None:
        """p50, p95 and p99, or None where there are none."""
        if not self._count:
            return None
        values = np.percentile(self._values[: min(self._count, len(self._values))], (50, 95, 99))
        return {name: round(float(value), 3) for name, value in zip(("p50", "p95", "p99"), values, strict=True)}


@dataclass
class StartupTimes:
    """Moments of `now_ns`, None where they have not come."""

    first_sample: int | None = None
    first_column: int | None = None
    first_frame: int | None = None

    def since_process_start_ms(self) -> dict[str, float | None]:
        """Each in milliseconds since the process began."""
        import psutil

        age_s = time.time() - psutil.Process().create_time()
        began_ns = now_ns() - round(age_s * 1e9)
        return {
            name: None if moment is None else round((moment - began_ns) / 1e6, 1)
            for name, moment in asdict(self).items()
        }


def process_figures() -> dict[str, float]:
    """cpu_percent since the start (100 is one core) and rss_mb, of this process and its children."""
    import psutil

    me = psutil.Process()
    seconds, rss = 0.0, 0
    for process in (me, *me.children(recursive=True)):
        try:
            times = process.cpu_times()
            seconds += times.user + times.system
            rss += process.memory_info().rss
        except psutil.Error:  # it has just ended
            continue
    lived = max(time.time() - me.create_time(), 1e-3)
    return {"cpu_percent": round(100 * seconds / lived, 1), "rss_mb": round(rss / 1e6, 1)}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Under a temporary name, then renamed. Raises `FileError`."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror})") from error


def check_writable(paths: Sequence[Path]) -> None:
    """Raises `FileError` where a file could not be made later, so that a long run does not end in vain."""
    for path in paths:
        if path.is_dir():
            raise FileError(f"{path}: is a folder", "name a file in it")
        if path.exists() and not path.is_file():
            raise FileError(f"{path}: is no regular file and cannot be replaced", "name another")
        probe = path.with_name(path.name + ".tmp")
        try:
            probe.touch()
            probe.unlink()
        except FileNotFoundError:
            raise FileError(f"{path}: there is no folder {path.parent}") from None
        except OSError as error:
            raise FileError(f"{path}: cannot be written ({error.strerror})") from error
