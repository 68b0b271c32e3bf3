import numpy as np
import pytest

from livespec.errors import FileError
from livespec.session.calibration import load_calibration
from livespec.settings import Settings


def test_without_a_word_about_the_microphone_there_is_no_calibration():
    assert load_calibration(Settings()) is None
    assert load_calibration(Settings(sensitivity=-26.0)).offset_db([1000.0]).tolist() == [120]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_the_file_is_read_whatever_its_encoding(tmp_path, encoding):
    path = tmp_path / "mic.txt"
    path.write_bytes("* Prüfling\n20\t-1\n1000\t0\n".encode(encoding))
    calibration = load_calibration(Settings(calibration=str(path), sensitivity=-30.0))
    assert calibration.offset_db(np.array([20.0, 1000.0])).tolist() == [125, 124]


def test_what_cannot_be_a_correction_is_told_by_name(tmp_path):
    for name, content, said in (
        ("sound.wav", b"RIFF\0\0", "is no text file"),
        ("large.txt", b"20 1\n" * 300_000, "is too large"),
        ("words.txt", b"no numbers here", "is no correction"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FileError, match=said) as caught:
            load_calibration(Settings(calibration=str(tmp_path / name)))
        assert name in caught.value.message
    with pytest.raises(FileError, match="no such file"):
        load_calibration(Settings(calibration=str(tmp_path / "missing.txt")))
    with pytest.raises(FileError, match="cannot be read"):
        load_calibration(Settings(calibration=str(tmp_path)))
