"""`livespec bench` as a user runs it."""

import json

import pytest


@pytest.mark.timeout(240)
def test_the_benchmark_ends_by_itself_and_its_json_has_every_contender_with_positive_figures(start, nothing):
    done = start("bench", "--json", environment=nothing).end(200)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [row["columns"] for row in report["columns"]] == [1, 2, 4, 16]
    for row in report["columns"]:
        assert {"livespec", "livespec fftw", "livespec mkl", "numpy loop", "bare scipy FFT"} <= set(row["us"])
        assert all(us > 0 for us in row["us"].values())
        assert row["left_out_db_off"] == {}
    assert {"livespec, streamed", "livespec, kept", "scipy ShortTimeFFT"} <= {row["name"] for row in report["files"]}
    assert all(target["measured"] > 0 for target in report["targets"])
