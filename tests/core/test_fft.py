import threading
import tracemalloc

import numpy as np
import pytest

from livespec.core.stft import Engine
from livespec.errors import UsageError
from livespec.settings import FFT_LIBRARIES, Settings
from tests.support.reference_stft import reference_dbfs
from tests.support.signals import tone, white_noise

RATE = 48_000
LENGTH = 60_000
SOUND = white_noise(LENGTH, rms=1e-3) + tone(1000, RATE, LENGTH, 0.5)
OTHERS = [library for library in FFT_LIBRARIES if library != "scipy"]


def windows_of(samples, n_fft, hop):
    return np.lib.stride_tricks.sliding_window_view(samples, n_fft)[::hop]


@pytest.mark.parametrize("library", OTHERS)
@pytest.mark.parametrize("n_fft", [16, 1000, 1009, 1023, 4096, 16_384])
@pytest.mark.parametrize("precision", ["single", "double"])
def test_every_library_gives_the_numbers_of_scipys(library, n_fft, precision):
    frames = windows_of(SOUND, n_fft, n_fft // 3)
    ours, theirs = (
        Engine(Settings(n_fft=n_fft, fft=which, precision=precision), RATE).columns(frames)
        for which in ("scipy", library)
    )
    below = ours.max(axis=1, keepdims=True) - ours
    apart = np.abs(ours - theirs)
    assert apart[below < 70].max() <= 0.003
    assert apart[below < 80].max() <= (0.01 if precision == "single" else 0.001)


@pytest.mark.parametrize("library", FFT_LIBRARIES)
def test_every_library_is_exact_to_a_hundredth_of_a_db(library):
    got = Engine(Settings(n_fft=4096, hop=512, fft=library), RATE).columns(windows_of(SOUND, 4096, 512))
    exact = reference_dbfs(SOUND, 4096, 512)
    near = (exact > -100) & (exact > exact.max(axis=1, keepdims=True) - 80)
    assert np.abs(got - exact)[near].max() <= 0.01


@pytest.mark.parametrize("library", FFT_LIBRARIES)
@pytest.mark.parametrize("n_fft", [1000, 4096])
def test_a_column_does_not_depend_on_how_many_are_transformed_with_it(library, n_fft):
    engine = Engine(Settings(n_fft=n_fft, fft=library), RATE)
    frames = windows_of(SOUND, n_fft, 512)[:40]
    together = engine.columns(frames)
    for count in (1, 2, 3, 5, 16):
        parts = [engine.columns(frames[k : k + count]) for k in range(0, 40, count)]
        assert np.abs(np.concatenate(parts) - together).max() <= (0 if library != "mkl" else 0.003)


@pytest.mark.parametrize("library", FFT_LIBRARIES)
def test_other_threads_run_during_the_transform(library):
    engine = Engine(Settings(n_fft=1 << 18, hop=1 << 18, fft=library), RATE)
    frames = white_noise(4 << 18).reshape(4, -1)
    engine.columns(frames)
    spectra = engine._work[0].transform.spectra(4)
    counted, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counted[0] += 1

    other = threading.Thread(target=count)
    other.start()
    try:
        free = 0
        for _ in range(8):
            before = counted[0]
            spectra()
            free += counted[0] - before
    finally:
        stop.set()
        other.join()
    # Were the lock held, the other thread would get at most a turn of a few ms between two calls.
    assert free > 1000


@pytest.mark.parametrize("library", FFT_LIBRARIES)
def test_the_steady_state_makes_no_arrays_but_the_transforms_own(library):
    engine = Engine(Settings(n_fft=4096, hop=512, fft=library), RATE)
    frames = windows_of(SOUND, 4096, 512)[:32]
    out = np.empty((32, engine.bins), np.float32)
    engine.columns_into(frames, out)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for _ in range(5):
            engine.columns_into(frames, out)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    of_the_library = {"scipy": 32 * engine.bins * 8, "fftw": 0, "mkl": 32 * 4096 * 4}[library]
    assert peak - before < of_the_library + 64_000  # and numpy's fixed buffers
    assert after - before < 10_000


@pytest.mark.parametrize(("library", "module"), [("fftw", "pyfftw"), ("mkl", "mkl_fft")])
def test_a_library_that_is_not_there_is_told_with_what_to_install(library, module, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(UsageError, match=f"{module} is not there") as caught:
        Engine(Settings(fft=library), RATE)
    assert f"livespec[{library}]" in caught.value.hint
