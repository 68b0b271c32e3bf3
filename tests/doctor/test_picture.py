"""Whatever becomes of the process that draws, the report goes on and says what happened."""

import sys

import pytest

from livespec.doctor.picture import check_picture

SAYS = "import json; print(json.dumps(dict(name='OpenGL renderer', status='ok', figure='any')), flush=True)"


def after_the_screen(program, patience_s=5.0):
    return list(check_picture([sys.executable, "-c", program], patience_s))[1:]


def test_what_the_drawing_process_finds_is_handed_on():
    (found,) = after_the_screen(SAYS)
    assert (found.name, found.status, found.figure) == ("OpenGL renderer", "ok", "any")


@pytest.mark.parametrize(
    ("end", "told"),
    [
        ("import os; os.abort()", "SIGABRT"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("raise SystemExit(3)", "exit code 3"),
    ],
)
def test_a_driver_that_crashes_is_red_beside_what_was_found_before(end, told):
    found = after_the_screen(f"{SAYS}\n{end}")
    assert [(finding.name, finding.status) for finding in found] == [
        ("OpenGL renderer", "ok"),
        ("the picture", "failed"),
    ]
    assert told in found[1].figure
    assert found[1].advice


def test_a_driver_that_hangs_is_red_and_its_process_ended():
    found = after_the_screen(f"{SAYS}\nimport time; time.sleep(60)", patience_s=1.0)
    assert [finding.status for finding in found] == ["ok", "failed"]
    assert found[1].figure == "no answer within 1 s"


def test_a_probe_that_cannot_be_started_is_red():
    found = list(check_picture(["/no/such/program"]))
    assert found[-1].status == "failed"
