from pathlib import Path

import pytest

from livespec.batch.plan import form_of, plan
from livespec.errors import UsageError


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("in/a.wav", "in/b.flac", "in/b.mp3", "in/below/a.ogg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def results(*arguments):
    return {str(job.source): str(job.result) for job in plan(*arguments)}


def test_the_tree_is_kept_and_names_that_would_clash_keep_their_ends(here):
    assert results(["in"], Path("out"), "npz") == {
        "in/a.wav": "out/a.npz",
        "in/b.flac": "out/b.flac.npz",
        "in/b.mp3": "out/b.mp3.npz",
        "in/below/a.ogg": "out/below/a.npz",
    }
    assert results(["in"], Path("all.zarr"), "zarr") == {
        "in/a.wav": "all.zarr/a",
        "in/b.flac": "all.zarr/b.flac",
        "in/b.mp3": "all.zarr/b.mp3",
        "in/below/a.ogg": "all.zarr/below/a",
    }
    assert (here / "out" / "below").is_dir()


def test_one_file_goes_where_it_is_said_or_here(here):
    assert results(["in/a.wav"], None, "npz") == {"in/a.wav": "a.npz"}
    assert results(["in/a.wav"], Path("x.png"), "png") == {"in/a.wav": "x.png"}
    assert results(["in/a.wav"], Path("in"), "npz") == {"in/a.wav": "in/a.npz"}
    assert results(["in/a.wav"], None, "zarr") == {"in/a.wav": "columns.zarr/a"}
    with pytest.raises(UsageError, match=r"two files would both become a\.wav\.npz"):
        plan(["in/a.wav", "in/a.wav"], None, "npz")


def test_a_name_of_a_file_is_none_of_a_folder(here):
    with pytest.raises(UsageError, match=r"x\.npz: is no name for a folder"):
        plan(["in"], Path("x.npz"), "npz")
    plan(["in"], Path("x.zarr"), "zarr")
    assert not list(here.glob("x.*"))  # nothing is made before there is something to put into it


def test_the_form_is_what_is_said_or_what_the_name_says():
    assert form_of(None, None) == "npz"
    assert form_of(None, Path("a.ZARR")) == "zarr"
    assert form_of("png", Path("folder")) == "png"
    with pytest.raises(UsageError, match=r"did you mean 'zarr'"):
        form_of("zar", None)
    with pytest.raises(UsageError, match=r"a\.npz: is no name for png"):
        form_of("png", Path("a.npz"))
