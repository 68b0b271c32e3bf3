"""A check that goes wrong is a line of the report, and never its end."""

import numpy as np
import pytest

from livespec.doctor.finding import Check, judged
from livespec.errors import DeviceError


def red(check):
    return [(finding.name, finding.status, finding.figure, finding.advice) for finding in check.findings()][-1]


def test_a_check_that_breaks_is_one_red_finding_after_what_it_had_found():
    def breaks():
        yield judged("first", 1, 2, "{:.0f}", "")
        raise ValueError("broken\non two lines")

    found = list(Check("the check", breaks).findings())
    assert [(finding.name, finding.status) for finding in found] == [("first", "ok"), ("the check", "failed")]
    assert found[1].figure == "ValueError: broken"


def test_a_package_that_cannot_be_imported_is_a_red_finding():
    def imports():
        raise ImportError("libGL.so.1: cannot open shared object file")

    name, status, figure, advice = red(Check("the picture", imports))
    assert (name, status) == ("the picture", "failed")
    assert "libGL.so.1" in figure
    assert "install" in advice


def test_what_livespec_itself_says_keeps_its_words_and_its_advice():
    def refused():
        raise DeviceError("the microphone cannot be opened", "plug it in")

    assert red(Check("sound", refused)) == ("sound", "failed", "the microphone cannot be opened", "plug it in")


@pytest.mark.parametrize(("value", "status"), [(1.0, "ok"), (1.1, "failed"), (np.nan, "failed"), (np.inf, "failed")])
def test_only_a_number_up_to_the_limit_is_well(value, status):
    assert judged("x", value, 1.0, "{:.1f}", "mend it").status == status


def test_numbers_have_a_true_minus_sign_and_advice_only_where_there_is_need():
    well = judged("x", -3.0, -2.0, "{:.1f} dB", "mend it")
    assert (well.figure, well.limit, well.advice) == ("−3.0 dB", "≤ −2.0 dB", "")
    assert judged("x", -1.0, -2.0, "{:.1f} dB", "mend it").advice == "mend it"
