"""What `--help` says above the flags."""

import pytest
from typer.testing import CliRunner

from livespec.cli.app import app


@pytest.mark.parametrize("command", ["monitor", "render", "analyze", "devices", "doctor", "bench", "config"])
def test_no_line_of_the_help_is_broken_in_mid_sentence(command):
    text = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "400"}).output
    said = [line.strip() for line in text.split("\N{BOX DRAWINGS LIGHT ARC DOWN AND RIGHT}")[0].splitlines()]
    sentences = [line for line in said if line and not line.startswith("Usage:")]
    assert sentences
    assert [line for line in sentences if not line.endswith((".", ":"))] == []
