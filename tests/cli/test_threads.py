"""What runs beside us in our own process."""

import subprocess
import sys

from tests.support.program import bare_environment

RUN = """
import os, time
from livespec.cli import main
try:
    main(["demo", "--view", "none", "--duration", "0.3", "--picture", "mel", "--no-restore"])
except SystemExit as end:
    until = time.monotonic() + 5
    while len(os.listdir("/proc/self/task")) > 1 and time.monotonic() < until:
        time.sleep(0.01)  # our own have ended, but for their last instructions
    print(end.code, len(os.listdir("/proc/self/task")))
"""


def test_numpy_has_no_threads_of_its_own(tmp_path):
    """A fork waits for them (libdbus's, where Qt looks for a bus), and they may wait for what its caller holds."""
    environment = {name: value for name, value in bare_environment(tmp_path).items() if "NUM_THREADS" not in name}
    command = [sys.executable, "-c", RUN]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["0", "1"], done.stderr
