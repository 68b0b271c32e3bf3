"""What the benchmark says is consistent, and what it compares is the same thing. No test here looks at a clock."""

import json

import numpy as np
import pytest

from livespec.bench import report as reports
from livespec.bench.contenders import LIMIT, LOOP, OURS, contenders, disagreement_db, limits, task
from livespec.bench.files import measure_file, write_noise
from livespec.bench.measure import interleaved
from livespec.bench.report import Extent, measure, targets


@pytest.mark.parametrize(("n_fft", "count"), [(1024, 1), (1024, 16), (4096, 4)])
def test_every_contender_computes_the_same_columns(n_fft, count):
    given = task(n_fft, count)
    work = contenders(given)
    assert {OURS, LOOP, "numpy batch", "scipy ShortTimeFFT", f"{OURS} fftw", f"{OURS} mkl"} <= set(work)
    for name, make in work.items():
        assert disagreement_db(make(), given) < 0.01, name
    assert limits(given)[LIMIT]().shape == (count, n_fft // 2 + 1)


def test_a_contender_that_is_wrong_is_found_out():
    given = task(1024, 4)
    right = contenders(given)[OURS]()
    assert disagreement_db(right + np.float32(0.2), given) > 0.1
    assert disagreement_db(right[:3], given) == np.inf


def test_every_contender_is_timed_as_often_and_the_order_turns():
    calls = []
    work = {name: (lambda name=name: calls.append(name)) for name in "abc"}
    medians = interleaved(work, 6)
    assert set(medians) == {"a", "b", "c"}
    assert all(seconds >= 0 for seconds in medians.values())
    assert {name: calls.count(name) for name in "abc"} == dict.fromkeys("abc", calls.count("a"))
    assert calls[-1] != calls[-7] or calls[-1] != calls[-13]


def test_a_report_is_whole_and_its_ratios_are_those_of_its_figures(monkeypatch):
    monkeypatch.setattr(reports, "_ROUNDS", 3)
    monkeypatch.setattr(reports, "_files", lambda *_: iter(()))
    said = []
    report = json.loads(json.dumps(measure(Extent((4096,), (1, 4), (1, 32), 1), said.append)))
    assert said
    for row in report["columns"]:
        assert {OURS, LOOP, LIMIT} <= set(row["us"])
        assert all(us > 0 for us in row["us"].values())
        assert row["left_out_db_off"] == {}
    found = {target["name"]: target["measured"] for target in report["targets"]}
    first = report["columns"][0]["us"]
    assert found["numpy loop / engine, 1 columns"] == pytest.approx(first[LOOP] / first[OURS])
    assert found["engine / bare scipy FFT, 1 columns"] == pytest.approx(first[OURS] / first[LIMIT])
    assert found["share of a core, 32 channels at 96 kHz"] > 0
    assert len(list(targets(report))) == len(found)


@pytest.mark.parametrize("name", ["livespec, streamed", "livespec, kept", "scipy ShortTimeFFT"])
def test_a_whole_file_is_measured_in_a_process_of_its_own(tmp_path, name):
    for file in ("noise.wav", "warm-up.wav"):
        write_noise(tmp_path / file, 2)
    found = measure_file(name, tmp_path / "noise.wav")
    assert found.name == name
    assert found.wall_s > 0
    assert found.cpu_s > 0
    assert found.peak_mb >= 0


def test_a_way_whose_library_is_not_there_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("livespec.bench.files.find_spec", lambda _: None)
    assert measure_file("librosa", tmp_path / "noise.wav") is None
