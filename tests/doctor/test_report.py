"""The report as it is printed."""

import pytest

from livespec.cli.doctor import _printed
from livespec.doctor.finding import Finding


@pytest.fixture
def printed(capsys):
    def lines(*found):
        list(_printed(iter([("Sound", finding) for finding in found])))
        return [line for line in capsys.readouterr().out.split("\nSound\n")[1].splitlines() if line]

    return lines


def test_a_name_that_looks_like_markup_is_printed_as_it_is(printed):
    name = "HDA [bold]Intel[/] :smile: [/x]"
    assert any(name in line for line in printed(Finding("microphone", "ok", name)))


def test_limits_stand_below_each_other_and_advice_below_its_finding(printed):
    first, second, advice, verdict = printed(
        Finding("one", "ok", "1 dB", "at most 2 dB"),
        Finding("another, longer one", "failed", "3.000 dB off", "at most 2 dB", "mend it"),
    )
    assert first.index("at most") == second.index("at most")
    assert first.index("1 dB") == second.index("3.000")
    assert advice.strip() == "mend it"
    assert verdict == "1 of 2 findings is wrong."


def test_what_is_not_there_is_no_failure(printed):
    lines = printed(Finding("inputs", "absent", "none"))
    assert lines[-1] == "All is well."
