"""Draws docs/images/bench.svg and prints the tables of docs/numerics.md from what the benchmark wrote.

.venv/bin/livespec bench --all --json > FILE; .venv/bin/python scripts/plot_bench.py FILE
"""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

TARGET = Path(__file__).parents[1] / "docs" / "images" / "bench.svg"
_BACKGROUND, _TEXT, _FAINT = "#0e1116", "#cdd5de", "#485260"
_OURS = {"livespec": "#ffc145", "livespec fftw": "#f5a04a", "livespec mkl": "#e5835f"}
_PEERS = ("numpy loop", "scipy ShortTimeFFT", "librosa", "torch.stft", "audioflux", "spectrofast")
_GREYS = ("#5ab4ac", "#7aa6c2", "#9a8fbf", "#b787a9", "#8b95a1", "#5f6b7a")
_LIMIT = "bare scipy FFT"
_N_FFT = 4096


def main(source: str) -> None:
    """Reads the figures, writes the picture and the tables."""
    report = json.loads(Path(source).read_text(encoding="utf-8"))
    report = report.get("engine", report)
    mpl.rcParams.update({"text.color": _TEXT, "axes.labelcolor": _TEXT, "xtick.color": _TEXT, "ytick.color": _TEXT})
    mpl.rcParams.update({"svg.hashsalt": "livespec", "font.size": 10, "axes.edgecolor": _FAINT})
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), facecolor=_BACKGROUND)
    _columns(left, [row for row in report["columns"] if row["n_fft"] == _N_FFT])
    _files(right, report["files"])
    figure.tight_layout()
    figure.savefig(TARGET, facecolor=_BACKGROUND, metadata={"Date": None})
    _print_columns([row for row in report["columns"] if row["n_fft"] == _N_FFT])
    _print_targets(report["targets"])


def _print_columns(rows: list[dict[str, Any]]) -> None:
    print(f"| µs a column, {_N_FFT} / {_N_FFT // 8} | " + " | ".join(f"{row['columns']} a call" for row in rows) + " |")
    print("|---|" + "---|" * len(rows))
    for name in rows[0]["us"]:
        print(f"| {name} | " + " | ".join(f"{row['us'][name]:.1f}" for row in rows) + " |")


def _print_targets(rows: list[dict[str, Any]]) -> None:
    print("\n| ratio or figure | measured | target | |\n|---|---|---|---|")
    for row in rows:
        met = row["measured"] <= row["target"] if row["most"] else row["measured"] >= row["target"]
        sign = "≤" if row["most"] else "≥"
        print(f"| {row['name']} | {row['measured']:.2f} | {sign} {row['target']:g} | {'met' if met else 'missed'} |")


def _columns(axes: Any, rows: list[dict[str, Any]]) -> None:
    counts = [row["columns"] for row in rows]
    for name, colour in (*_OURS.items(), *zip(_PEERS, _GREYS, strict=True), (_LIMIT, _TEXT)):
        values = [row["us"].get(name) for row in rows]
        if all(value is not None for value in values):
            style = "--" if name == _LIMIT else "-"
            width = 2.4 if name in _OURS else 1.4
            axes.plot(counts, values, style, color=colour, linewidth=width, marker="o", markersize=4, label=name)
    axes.set(xscale="log", yscale="log", xlabel="columns a call", ylabel="µs a column")
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.set_yticks([5, 10, 20, 50, 100, 200, 500], ["5", "10", "20", "50", "100", "200", "500"])
    axes.set_ylim(4.5, 4000)
    axes.minorticks_off()
    axes.set_title(f"dB columns of {_N_FFT} samples, one thread", color=_TEXT, fontsize=11)
    axes.legend(fontsize=8, facecolor=_BACKGROUND, edgecolor=_FAINT, labelcolor=_TEXT, ncols=2)
    _plain(axes)


def _files(axes: Any, rows: list[dict[str, Any]]) -> None:
    rows = sorted(rows, key=lambda row: -row["wall_s"])
    names = [row["name"] for row in rows]
    colours = [_OURS["livespec"] if name.startswith("livespec") else _GREYS[1] for name in names]
    axes.barh(names, [row["wall_s"] for row in rows], color=colours, height=0.62)
    for place, row in enumerate(rows):
        axes.text(row["wall_s"], place, f"  {row['wall_s']:.1f} s, {row['peak_mb']:.0f} MB", va="center", fontsize=9)
    axes.set_xlim(0, max(row["wall_s"] for row in rows) * 1.3)
    axes.set_xlabel("seconds")
    minutes = rows[0]["seconds"] / 60
    axes.set_title(f"a mono file of {minutes:g} minutes at 48 kHz; time, peak memory", color=_TEXT, fontsize=11)
    _plain(axes)


def _plain(axes: Any) -> None:
    axes.set_facecolor(_BACKGROUND)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(visible=True, color=_FAINT, linewidth=0.4, alpha=0.6)
    axes.set_axisbelow(True)


if __name__ == "__main__":
    main(sys.argv[1])
