"""Processor time of a frame: the same sound, size and rate of frames, drawn in different ways.

Each way is a process of its own; the ways take turns.
"""

import json

import numpy as np

from benchmarks.screen import last_line_of, screen

WAYS = {
    "livespec": "livespec's window, all of it",
    "widget": "the same canvas in a QOpenGLWidget",
    "recolour": "the same window, all history coloured in every frame",
    "naive": "vispy's Image.set_data with the whole picture",
}
ROUNDS = 4


def run():
    results = {way: [] for way in WAYS}
    with screen() as environment:
        for _ in range(ROUNDS):
            for way in WAYS:
                results[way].append(json.loads(last_line_of("way", way, environment=environment)))
    print("frame: processor time of the whole program per frame drawn (870 × 570), medians")
    print(f"{'':<58} {'ms/frame':>9} {'fps':>6} {'livespec/this':>14}")
    table = {}
    ours = np.median([one["cpu_ms_per_frame"] for one in results["livespec"]])
    for way, words in WAYS.items():
        cost = float(np.median([one["cpu_ms_per_frame"] for one in results[way]]))
        fps = float(np.median([one["fps"] for one in results[way]]))
        table[way] = {"cpu_ms_per_frame": cost, "fps": fps, "livespec_over_this": float(ours / cost)}
        print(f"{words:<58} {cost:>9.2f} {fps:>6.1f} {ours / cost:>14.2f}")
    return table
