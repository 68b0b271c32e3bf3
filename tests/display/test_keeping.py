"""What a person keeps of a session: a terminal's picture is as fine as a window's, and what fails is said as it is."""

import errno
import os

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, Qt

from livespec.display.image import render, save_png
from livespec.display.keeping import Errands, Visible, new_path
from livespec.display.text import ensure_application
from livespec.display.view import View, view_request
from livespec.display.window.takeaway import TakeAway
from livespec.errors import FileError
from livespec.session.monitor import Monitor
from livespec.settings import Settings
from tests.support.full_disk import room_for
from tests.support.program import wait_until
from tests.support.sessions import Sound, hearing
from tests.support.signals import white_noise

RATE, SPAN_S, SIZE = 48_000, 4.0, (900, 600)


def settled(view, size, scale, *, kept=False):
    """The scene once its columns are there; kept: as a file of it is."""

    def is_whole():
        view.scene(*size, scale)
        return view._monitor.analysis.past_is_full and not view._monitor.analysis.filling

    view.scene(*size, scale)
    wait_until(is_whole, "it is filled in")
    view.scene(*size, scale)
    return view.still(*SIZE, 1.0) if kept else view.scene(*size, scale)[0]


@pytest.mark.parametrize("more", [{}, {"show": (1, 2)}, {"averaging": "fast"}, {"picture": "mel"}])
def test_the_picture_of_a_terminal_is_that_of_a_window_whatever_the_terminal_shows_of_it(more):
    sound = np.stack([white_noise(7 * RATE, seed=n) for n in (1, 2)], axis=1)
    settings = Settings(n_fft=1024, hop=128, span=SPAN_S, range=(-80, 0), trace=False, peaks=False, **more).at_rate(
        RATE
    )
    monitor = Monitor(Sound(sound, RATE), settings, view_request(settings, RATE, 60))
    with hearing(monitor):
        view = View(monitor)
        view.toggle_freeze()
        visible = Visible.of(settled(view, (100, 50), 1 / 3, kept=True), monitor, view)
        kept = visible.in_detail().scene
        plots = kept.layout.plots
        area = slice(plots.y + plots.height // 5, plots.y + plots.height), slice(plots.x, plots.x + plots.width)
        scenes = settled(view, SIZE, 1.0), kept, visible.scene
        window, file, terminal = (render(scene)[area].astype(int) for scene in scenes)
        assert np.abs(window - file).mean() < 0.5
        assert np.abs(window - terminal).mean() > 2


@pytest.mark.parametrize(("what", "name"), [("picture", "p.png"), ("figure", "p.svg"), ("numbers", "p.npz")])
def test_where_a_file_stands_in_place_of_the_folder_nothing_is_saved_and_that_is_said(tmp_path, what, name):
    ensure_application()
    (tmp_path / "Pictures").write_text("no folder")
    said, failed = [], []
    take_away = TakeAway(lambda *_: None)
    take_away.finished.connect(said.append)
    take_away.failed.connect(failed.append)
    getattr(take_away, what)(None, tmp_path / "Pictures" / name)
    take_away.close()
    QCoreApplication.processEvents()
    assert (said, failed) == ([], [f"{tmp_path / 'Pictures'} is no folder: nothing can be saved there"])


def test_what_the_disk_refuses_is_said_without_the_number_of_an_error():
    said, failed = [], []
    errands = Errands(said.append, failed.append)

    def refused():
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), "/home/x/Pictures/a\nb.csv")

    errands.do(refused)
    errands.do(lambda: "The picture is in a.png")
    errands.close()
    assert failed == ["/home/x/Pictures/a\\nb.csv: cannot be written (Permission denied)"]
    assert said == ["The picture is in a.png"]


def test_a_picture_that_cannot_be_written_says_why(tmp_path):
    path = tmp_path / f"{'x' * 300}.png"
    with pytest.raises(FileError, match=r"the picture cannot be written \(File name too long\)"):
        save_png(np.zeros((4, 4, 3), np.uint8), path)


def test_a_folder_that_cannot_be_looked_into_gives_a_name_all_the_same(monkeypatch):
    monkeypatch.setenv("XDG_PICTURES_DIR", f"/{'x' * 300}")
    assert new_path(".png").suffix == ".png"


def test_why_a_picture_cannot_be_written_is_said_once_and_nothing_is_left(tmp_path, capfd):
    pixels = np.random.default_rng(1).integers(0, 256, (200, 300, 3), np.uint8)
    with room_for(20_000), pytest.raises(FileError, match=r"a\.png: the picture cannot be written \(File too large\)"):
        save_png(pixels, tmp_path / "a.png")
    assert capfd.readouterr().err == ""  # nor does libpng speak
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FileError, match="cannot be written"):
        save_png(pixels, tmp_path / "file" / "a.png")


@pytest.mark.parametrize(
    ("room", "said", "kept"),
    [
        (100_000, "nothing is kept: {0}/sound.flac: the recording has ended (File too large)", None),
        (160_000, "nothing is kept: {0}/columns.npz: cannot be written (File too large)", None),
        (
            300_000,
            "1 s of sound and columns are in {0}; {0}/picture.png: the picture cannot be written (File too large)",
            {"sound.flac", "columns.npz", "settings.json"},
        ),
    ],
)
def test_of_what_has_happened_nothing_is_kept_by_halves(tmp_path, room, said, kept):
    settings = Settings(n_fft=1024, hop=512, span=1.0).at_rate(RATE)
    monitor = Monitor(Sound(white_noise(RATE)[:, np.newaxis], RATE), settings, view_request(settings, RATE, 60))
    folder, told = tmp_path / "kept", []
    take_away = TakeAway(lambda *_: None)
    for outcome in (take_away.finished, take_away.failed):
        outcome.connect(told.append, Qt.ConnectionType.DirectConnection)
    with hearing(monitor):
        view = View(monitor)
        view.toggle_freeze()
        visible = Visible.of(settled(view, SIZE, 1.0), monitor, view)
        with room_for(room):
            take_away.excerpt(visible, (0.0, 1.0), folder)
            take_away.close()
    assert told == [said.format(folder)]
    assert (kept is None and not folder.exists()) or {path.name for path in folder.iterdir()} == kept
