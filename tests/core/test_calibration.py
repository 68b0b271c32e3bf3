import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livespec.core.calibration import Calibration, parse_correction
from livespec.errors import FileError

UMIK = '"Sens Factor =-1.378dB, SERNO: 7001234"\n10.054\t-6.1\n1000.0\t0.0\n20016.816\t2.3\n'
DAYTON = "*1000Hz\t-40.3\n20.00\t-1.9\n1000.00\t0.0\n20000.00\t1.1\n"
FRD = "* REW export\n* Freq(Hz) SPL(dB) Phase(degrees)\n20.0 -1.5 12.1\n1000.0 0.0 0.0\n20000.0 2.0 -30.5\n"
EXCEL = "Frequency;Response\r\n20,0;-1,25\r\n1000,0;0\r\n20000,0;2,5\r\n"
PLAIN = "\N{ZERO WIDTH NO-BREAK SPACE}// mine\n20 -1\n\n1000 0\n# half\n20000, 2\n"
CSV = "freq,dB\n20,-1\n1000,0\n20000,2\n"


@pytest.mark.parametrize(
    ("text", "hz", "db"),
    [
        (UMIK, [10.054, 1000, 20016.816], [-6.1, 0, 2.3]),
        (DAYTON, [20, 1000, 20_000], [-1.9, 0, 1.1]),
        (FRD, [20, 1000, 20_000], [-1.5, 0, 2]),
        (EXCEL, [20, 1000, 20_000], [-1.25, 0, 2.5]),
        (PLAIN, [20, 1000, 20_000], [-1, 0, 2]),
        (CSV, [20, 1000, 20_000], [-1, 0, 2]),
        ("20,5 -1,5\n100,5 0\n", [20.5, 100.5], [-1.5, 0]),
        ("20, -1.5\n100, 0\n", [20, 100], [-1.5, 0]),
        ("2e1 -1\n+1.0E2 1\n", [20, 100], [-1, 1]),
    ],
)
def test_the_files_of_makers_are_understood(text, hz, db):
    frequencies, response = parse_correction(text, "mic.txt")
    assert frequencies.tolist() == hz
    assert response.tolist() == db


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "0 lines of numbers"),
        ("hello\nworld\n", "0 lines of numbers"),
        ("1000 0\n", "1 lines of numbers"),
        ("20\n1000\n", "line 1: 1 numbers"),
        ("20 1 2 3\n", "line 1: 4 numbers"),
        ("20 1\n1000 zero\n", "line 2: '1000 zero' is not numbers"),
        ("20 1\nhello\n1000 0\n", "line 2: 'hello' is not numbers"),
        ("20 1\n20 2\n", "line 2: 20 Hz is not above 20 Hz"),
        ("1000 1\n20 2\n", "line 2: 20 Hz is not above 1000 Hz"),
        ("0 1\n20 2\n", "line 1: 0 Hz is no frequency"),
        ("-5 1\n20 2\n", "line 1: -5 Hz is no frequency"),
        ("20 nan\n30 1\n", "line 1: nan dB is no response"),
        ("20 -900\n30 1\n", "line 1: -900 dB is no response"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_and_what_a_line_must_be(text, said):
    with pytest.raises(FileError) as caught:
        parse_correction(text, "mic.txt")
    assert caught.value.message.startswith("mic.txt")
    assert said in caught.value.message
    assert caught.value.exit_code == 4
    assert caught.value.hint


@given(st.text(alphabet='0123456789.,;\t \n-+eE*#abcnif"/', max_size=120) | st.text(max_size=60))
def test_any_text_is_a_correction_or_a_file_error(text):
    with contextlib.suppress(FileError):  # anything else escapes
        frequencies, response = parse_correction(text, "any.txt")
        assert len(frequencies) == len(response) >= 2
        assert np.all(np.diff(frequencies) > 0)
        assert np.isfinite(response).all()


def test_the_offset_takes_the_response_out_and_puts_the_sensitivity_in():
    calibration = Calibration(-26.0, np.array([100.0, 1000.0, 10_000.0]), np.array([-3.0, 0.0, 6.0]))
    assert calibration.offset_db([1000.0]) == pytest.approx([120])
    assert calibration.offset_db([0.0, 50.0, 100.0]) == pytest.approx([123] * 3)  # the first value holds below
    assert calibration.offset_db([10_000.0, 24_000.0]) == pytest.approx([114] * 2)
    assert calibration.offset_db([1000 * np.sqrt(10)]) == pytest.approx([117])  # half-way on the log axis
    assert Calibration().offset_db([0.0, 1000.0]).tolist() == [0, 0]
