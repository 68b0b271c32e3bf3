"""From the start of the process to the first frame: livespec against a bare Qt + vispy window."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.screen import last_line_of, screen

ROUNDS = 7


def run():
    livespec, bare, imports, numpy_alone = [], [], [], []
    with screen() as environment, tempfile.TemporaryDirectory() as folder:
        stats = Path(folder) / "stats.json"
        for _ in range(ROUNDS):
            subprocess.run(
                [sys.executable, "-m", "livespec", "--source", "demo", "--duration", "0.5", "--stats", stats],
                env=environment,
                check=True,
            )
            livespec.append(json.loads(stats.read_text())["startup_ms"]["first_frame"])
            bare.append(float(last_line_of("bare", environment=environment)))
            imports.append(_import_cpu("import livespec"))
            numpy_alone.append(_import_cpu("import numpy"))
    ratio = float(np.median(np.array(livespec) / np.array(bare)))
    print("startup: process start → first frame, ms, medians")
    print(f"livespec {np.median(livespec):.0f}   bare Qt + vispy window {np.median(bare):.0f}   ratio {ratio:.2f}")
    print(f"import livespec / import numpy, CPU: {np.median(imports) / np.median(numpy_alone):.2f}")
    return {"livespec_ms": livespec, "bare_ms": bare, "ratio": ratio}


def _import_cpu(statement):
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport time; print(time.process_time())"],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)
