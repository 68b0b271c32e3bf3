import contextlib
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from livespec.batch.files import sound_files
from livespec.batch.job import Job, Order, attempt, do, is_done
from livespec.capture.file import FileSource
from livespec.errors import FileError
from livespec.session.analysis import ViewRequest
from livespec.session.monitor import Monitor
from livespec.settings import Settings
from tests.support.signals import tone, white_noise

RATE = 48_000
SETTINGS = Settings(n_fft=1024, hop=300)


@pytest.fixture
def stereo(tmp_path):
    sound = np.stack([tone(1000, RATE, 90_000, 0.5), white_noise(90_000, rms=0.1)], axis=1)
    path = tmp_path / "stereo.wav"
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    return path


def exported(path, target, settings):
    monitor = Monitor(FileSource(path, None, 0.0), settings.at_rate(RATE), ViewRequest(200, 1), target)
    monitor.start()
    while monitor.poll():
        time.sleep(0.005)
    monitor.stop()


@pytest.mark.parametrize(
    "keys",
    [{}, {"show": (1, 2)}, {"show": "diff"}, {"averaging": "mean:7", "weighting": "A", "quantity": "density"},
     {"multiresolution": True}, {"padding": 2, "precision": "double"}],
)  # fmt: skip
def test_the_columns_of_a_file_are_those_of_an_export_of_its_run_to_the_last_bit(stereo, tmp_path, keys):
    settings = Settings(n_fft=1024, hop=300, **keys)
    do(Job(stereo, tmp_path / "a.npz"), Order("npz", settings), lambda _: None)
    exported(stereo, tmp_path / "b.npz", settings)
    with np.load(tmp_path / "a.npz") as ours, np.load(tmp_path / "b.npz") as theirs:
        assert set(ours.files) == set(theirs.files)
        for name in set(ours.files) - {"settings", "start_time"}:
            assert np.array_equal(ours[name], theirs[name]), name
        assert len(ours["positions"]) == 1 + (90_000 - 1024) // 300
        assert json.loads(str(ours["settings"]))["source"] == str(stereo)
    assert not list(tmp_path.glob("*.part*"))


def test_progress_is_told_in_seconds_of_sound(stereo, tmp_path):
    told = []
    do(Job(stereo, tmp_path / "a.npz"), Order("npz", SETTINGS), told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(90_000 / RATE)


def test_what_fails_half_way_leaves_nothing(stereo, tmp_path):
    def interrupted(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        do(Job(stereo, tmp_path / "a.npz"), Order("npz", SETTINGS), interrupted)
    soundfile.write(tmp_path / "short.wav", np.zeros(100), RATE)
    with pytest.raises(FileError, match="100 samples are shorter than one window"):
        do(Job(tmp_path / "short.wav", tmp_path / "a.npz"), Order("npz", SETTINGS), lambda _: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["short.wav", "stereo.wav"]


def test_done_is_what_has_the_same_settings_and_is_newer(stereo, tmp_path):
    target = tmp_path / "a.npz"
    job, order = Job(stereo, target), Order("npz", SETTINGS)
    assert not is_done(job, order)
    do(job, order, lambda _: None)
    assert is_done(job, order)
    assert not is_done(job, Order("npz", Settings(n_fft=2048)))
    assert not is_done(job, Order("npz", SETTINGS, ("rms",)))
    os.utime(stereo, (time.time() + 60, time.time() + 60))
    assert not is_done(job, order)
    target.write_bytes(b"half a file")
    os.utime(stereo, (0, 0))
    assert not is_done(job, order)


@contextlib.contextmanager
def unprivileged():
    """Not as root, whom no mode of a folder keeps out."""
    if os.geteuid():
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_cannot_be_read_is_told_of_and_the_others_are_found():
    with tempfile.TemporaryDirectory() as name:  # pytest's own folder is closed to others
        top = Path(name)
        for folder in ("open", "closed"):
            (top / folder).mkdir()
            (top / folder / "a.wav").touch()
        top.chmod(0o755)
        (top / "closed").chmod(0)
        with unprivileged():
            found = list(sound_files([name]))
            outcome = attempt(Job(top / "closed", top / "x.npz"), Order("npz", SETTINGS))
        (top / "closed").chmod(0o755)
    assert [str(place) for _, place in found] == ["closed", "open/a.wav"]
    assert outcome.error == f"{top / 'closed'}: is a folder that cannot be read (Permission denied)"


def test_files_folders_and_patterns_name_sound_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.wav", "b.FLAC", "notes.txt", "deep/c.ogg", "deep/er/a.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [str(place) for _, place in sound_files(["a.wav", "missing.wav"])] == ["a.wav", "missing.wav"]
    assert {str(place) for _, place in sound_files([str(tmp_path)])} == {
        "a.wav",
        "b.FLAC",
        "deep/c.ogg",
        "deep/er/a.wav",
    }
    assert [str(file) for file, _ in sound_files(["*.wav"])] == ["a.wav"]
    for word, said in (("*.mp3", "no file has such a name"), ("empty", "has no sound files")):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(FileError, match=said):
            list(sound_files([word]))
