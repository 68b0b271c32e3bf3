"""The clock of the blocks: the computer's sleep is in it, and all processes have the same."""

import subprocess
import sys
from pathlib import Path

import pytest

from livespec.capture.moment import now_ns


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel says it in /proc")
def test_the_time_that_the_computer_slept_is_in_it():
    """/proc/uptime counts it, as `uptime` does."""
    before, uptime_s, after = now_ns(), float(Path("/proc/uptime").read_text().split()[0]), now_ns()
    assert before / 1e9 - 0.02 <= uptime_s <= after / 1e9 + 0.02


def test_it_is_the_same_in_another_process():
    before = now_ns()
    code = "from livespec.capture.moment import now_ns; print(now_ns())"
    there = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
    assert before < there < now_ns()
