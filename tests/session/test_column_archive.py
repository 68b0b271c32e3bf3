"""Groups of a store that many write to at one time."""

from concurrent.futures import ThreadPoolExecutor

import zarr

from livespec.core.quantity import RAW
from livespec.core.stft import Engine
from livespec.session.clock import Timeline
from livespec.session.column_archive import ColumnArchive
from livespec.settings import Settings

ENGINE = Engine(Settings(n_fft=256, hop=64), 8000)


def test_many_may_begin_a_store_at_one_time(tmp_path):
    def begin(number):
        ColumnArchive(tmp_path / f"{number // 8}.zarr", f"a/b/{number}", ENGINE, RAW, 1, Timeline(8000, live=False))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(begin, range(8 * 30)))
    assert all(zarr.open_group(tmp_path / f"{n}.zarr" / "a" / "b", mode="r") for n in range(30))
