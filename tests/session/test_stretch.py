"""What is on the screen as numbers, against the same sound analysed as a file."""

import csv

import numpy as np
import pytest

from livespec.core.ring import AudioRing
from livespec.core.stft import Engine
from livespec.errors import FileError, UsageError
from livespec.session.clock import Timeline
from livespec.session.gap_index import Gap
from livespec.session.stretch import stretch_between, write_csv, write_npz
from livespec.settings import Settings
from tests.support.signals import white_noise

RATE, N_FFT, HOP = 48_000, 2048, 512
SETTINGS = Settings(n_fft=N_FFT, hop=HOP).at_rate(RATE)


@pytest.fixture(scope="module")
def sound():
    return np.stack([white_noise(3 * RATE), white_noise(3 * RATE, seed=2)], axis=1)


@pytest.fixture
def ring(sound):
    made = AudioRing.in_memory(2, 4 * RATE)
    made.write(sound, 0)
    return made


def taken(ring, seconds, settings=SETTINGS, shown=(0, 1), gaps=()):
    timeline = Timeline(RATE, live=False)
    timeline.gaps = gaps
    labels = ["1", "2"] if shown == (0, 1) else [str(shown)]
    return stretch_between(ring, timeline, settings, shown, labels, None, seconds)


def test_it_is_every_column_between_two_moments(ring, sound):
    stretch = taken(ring, (1.0, 2.0))
    first, stop = int(np.ceil((RATE - N_FFT / 2) / HOP)), int(np.ceil((2 * RATE - N_FFT / 2) / HOP))
    np.testing.assert_array_equal(stretch.positions, np.arange(first, stop) * HOP)
    assert stretch.times_s == pytest.approx((stretch.positions + N_FFT / 2) / RATE)
    assert stretch.times_s[0] >= 1
    assert stretch.times_s[-1] < 2
    engine = Engine(SETTINGS, RATE)
    windows = np.lib.stride_tricks.sliding_window_view(sound, N_FFT, axis=0)[stretch.positions]
    for channel in (0, 1):
        expected = np.empty((1, len(windows), engine.bins), np.float32)
        engine.columns_into(np.ascontiguousarray(windows[None, :, channel]), expected)
        np.testing.assert_array_equal(stretch.db[channel], expected[0])


def test_a_mixture_an_average_and_a_picture_of_bands_are_exported_as_they_are_analysed(ring):
    assert taken(ring, (1, 2), shown="mix").db.shape[0] == 1
    averaged = taken(ring, (1, 2), Settings(n_fft=N_FFT, hop=HOP, averaging="mean:16").at_rate(RATE))
    assert np.std(averaged.db[0, :, 10]) < 0.5 * np.std(taken(ring, (1, 2)).db[0, :, 10])
    bands = taken(ring, (1, 2), Settings(n_fft=N_FFT, hop=HOP, picture="chroma").at_rate(RATE))
    assert bands.db.shape[2] == N_FFT // 2 + 1


def test_columns_with_a_gap_inside_have_no_levels(ring):
    gap = Gap(72_000, 4800, "lost")
    stretch = taken(ring, (1.0, 2.0), gaps=(gap,))
    inside = (stretch.positions < 72_000) & (stretch.positions + N_FFT > 72_000)
    assert inside.any()
    np.testing.assert_array_equal(np.isnan(stretch.db).all(axis=(0, 2)), inside)
    np.testing.assert_array_equal(stretch.gap, inside)


def test_files_have_the_same_numbers(ring, tmp_path):
    stretch = taken(ring, (1.0, 1.2))
    write_npz(stretch, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as content:
        np.testing.assert_array_equal(content["db"], stretch.db)
        np.testing.assert_array_equal(content["times_s"], stretch.times_s)
    write_csv(stretch, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        header, *lines = csv.reader(file)
    assert header[:2] == ["time_s", "channel"]
    assert [float(hz) for hz in header[2:]] == pytest.approx(np.arange(N_FFT // 2 + 1) * RATE / N_FFT, rel=1e-5)
    values = np.array([[float(value) for value in line[2:]] for line in lines])
    np.testing.assert_allclose(values, stretch.db.reshape(-1, N_FFT // 2 + 1), atol=0.006)
    assert {line[1] for line in lines} == {"1", "2"}


def test_what_cannot_be_written_is_said_and_leaves_nothing(ring, tmp_path):
    with pytest.raises(UsageError, match="no sound"):
        taken(ring, (5.0, 6.0))
    with pytest.raises(UsageError, match="no sound"):
        taken(ring, (2.0, 1.0))
    stretch = taken(ring, (1.0, 1.1))
    for write in (write_npz, write_csv):
        with pytest.raises(FileError, match="cannot be written"):
            write(stretch, tmp_path / "no such folder" / "a")
    assert not list(tmp_path.iterdir())
