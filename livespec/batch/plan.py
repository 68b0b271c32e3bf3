"""From the words on a command line to jobs."""

from collections import Counter
from pathlib import Path
from typing import Final

from livespec.batch.files import sound_files
from livespec.batch.job import FORMS, Form, Job
from livespec.errors import FileError, UsageError, suggestion
from livespec.session.stats import check_writable

_STORE: Final = Path("columns.zarr")


def form_of(wanted: str | None, output: Path | None) -> Form:
    """What to make: as said, or by the end of the output's name, or NPZ. Raises `UsageError`."""
    ending = output.suffix.lower().removeprefix(".") if output is not None else ""
    by_name = next((form for form in FORMS if form == ending), None)
    if wanted is None:
        return by_name or "npz"
    chosen = next((form for form in FORMS if form == wanted), None)
    if chosen is None:
        near = suggestion(wanted, list(FORMS))
        raise UsageError(f"as = {wanted!r} is not known{': ' + near if near else ''}", f"use {', '.join(FORMS)}")
    if by_name not in (None, chosen):
        raise UsageError(f"{output}: is no name for {chosen}", "leave --as out, or use another name")
    return chosen


def plan(words: list[str], output: Path | None, form: Form) -> list[Job]:
    """Where each file goes. Makes the folders. Raises `LivespecError`."""
    found = list(sound_files(words))
    if form == "zarr":
        return _into_one_store(found, output or _STORE)
    if len(found) == 1 and not (output is not None and output.is_dir()):
        source, place = found[0]
        target = output or Path(place.name).with_suffix(f".{form}")
        if target.suffix.lower() != f".{form}":
            raise UsageError(
                f"{target}: is no name for columns",
                "use a name that ends in .npz, .zarr or .png, or a folder that is there",
            )
        check_writable([target])
        return [Job(source, target)]
    return _into_a_folder(found, output or Path(), form)


def _into_one_store(found: list[tuple[Path, Path]], store: Path) -> list[Job]:
    if store.suffix.lower() != ".zarr":
        raise UsageError(f"{store}: is no name for a Zarr store", "use a name that ends in .zarr")
    if store.exists() and not store.is_dir():
        raise FileError(f"{store}: is a file", "name another, or remove it")
    return [Job(source, store, place.as_posix()) for source, place in _distinct(found, "")]


def _into_a_folder(found: list[tuple[Path, Path]], folder: Path, form: Form) -> list[Job]:
    if folder.exists() and not folder.is_dir():
        raise FileError(f"{folder}: is no folder", "of several files, -o names a folder")
    if folder.suffix.lower() == f".{form}" and not folder.exists():
        raise UsageError(f"{folder}: is no name for a folder", "of several files, -o names a folder, or a .zarr store")
    jobs = [Job(source, folder / place) for source, place in _distinct(found, f".{form}")]
    for parent in sorted({job.target.parent for job in jobs}):
        _make_folder(parent)
    return jobs


def _distinct(found: list[tuple[Path, Path]], suffix: str) -> list[tuple[Path, Path]]:
    """Each file and where it goes: song.npz for song.flac, or song.flac.npz where there is a song.mp3 as well."""
    short = Counter(place.with_suffix(suffix) for _, place in found)
    places = [
        place.with_suffix(suffix) if short[place.with_suffix(suffix)] == 1 else place.with_name(place.name + suffix)
        for _, place in found
    ]
    for place, times in Counter(places).items():
        if times > 1:
            raise UsageError(f"two files would both become {place}", "analyse their folders one after another")
    return [(source, place) for (source, _), place in zip(found, places, strict=True)]


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{path}: cannot be made ({error.strerror})") from error
