"""Draws the picture of docs/learn.md from the sounds that its code makes.

.venv/bin/python scripts/make_learn_pictures.py
"""

import doctest
from pathlib import Path
from typing import Any

import matplotlib as mpl

import livespec

mpl.use("agg")
from matplotlib import pyplot as plt

DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    """Runs the page's code up to the sounds, then draws them side by side."""
    made: dict[str, Any] = {}
    parser = doctest.DocTestParser()
    for example in parser.get_examples((DOCS / "learn.md").read_text(encoding="utf-8")):
        exec(example.source, made)
        if "guitar" in made:
            break
    sr = made["sr"]
    figure, places = plt.subplots(1, 3, figsize=(13, 4), layout="constrained", sharey=True)
    for ax, name in zip(places, ("pluck", "kick", "snare"), strict=True):
        title = {"pluck": "Guitar"}.get(name, name.capitalize())
        livespec.plot_spec(livespec.to_decibels(made[name]()), sr, title, range=(-80, 0), ax=ax)
        if ax is not places[0]:
            ax.set_ylabel("")
    figure.savefig(DOCS / "images" / "learn.png", dpi=100)


if __name__ == "__main__":
    main()
