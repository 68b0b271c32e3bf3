"""What is said when a run ends: all that went wrong."""

from types import SimpleNamespace

import pytest

from livespec.cli.monitor import _finish
from livespec.errors import FileError


def test_the_first_error_is_raised_and_all_else_is_said(tmp_path, capsys):
    def fail():
        raise FileError("take.wav: the recording has ended", "some of it is there")

    said = ["false: ended with code 1", "The disk or the program was too slow: 3.1 s are silence in old.wav"]
    session = SimpleNamespace(stop=fail, troubles=said, stats=lambda: {"captured_samples": 1})
    with pytest.raises(FileError, match=r"take\.wav"):
        _finish([session], [], tmp_path / "no-folder" / "s.json")
    unwritten = f"{tmp_path}/no-folder/s.json: cannot be written (No such file or directory)"
    assert capsys.readouterr().err.splitlines() == [f"livespec: {text}" for text in (unwritten, *said)]
