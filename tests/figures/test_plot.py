"""The figure, looked at: what stands where, in which colour."""

import numpy as np
import pytest
import soundfile
from matplotlib.figure import Figure

import livespec
from livespec.display.colormaps import colormap
from livespec.errors import UsageError
from livespec.figures.overview import below_the_loudest, overview
from livespec.figures.plot import render
from livespec.settings import SCALES, Settings
from tests.support.signals import chirp, tone, white_noise

RATE = 22_050


def axes():
    return Figure(figsize=(10, 4), dpi=100).subplots()


def image_of(ax):
    return np.asarray(ax.images[0].get_array())


def test_the_words_of_the_textbook_run_as_they_stand():
    guitar, sr = tone(440, RATE, RATE, 0.5), RATE
    ax = livespec.plot_spec(livespec.to_decibels(guitar), sr, "Guitar")
    assert ax.get_title() == "Guitar"
    assert ax.get_xlabel() == "time in s"
    assert ax.get_ylabel() == "frequency"
    assert ax.figure.axes[1].get_ylabel() == "dB"
    assert {label.get_text() for label in ax.get_yticklabels()} >= {"100 Hz", "1 kHz", "10 kHz"}


@pytest.mark.parametrize("scale", SCALES)
def test_a_tone_lies_where_its_frequency_is_and_lasts_as_long_as_it_sounds(scale):
    sound = np.zeros(4 * RATE, np.float32)
    sound[RATE : 3 * RATE] = tone(1000, RATE, 2 * RATE, 0.5)
    ax = livespec.plot_spec(livespec.to_decibels(sound), RATE, scale=scale, ax=axes())
    picture = image_of(ax)
    left, right, low, high = ax.images[0].get_extent()
    row, _ = np.unravel_index(picture.argmax(), picture.shape)
    place = low + (row + 0.5) / len(picture) * (high - low)
    shown = float(ax.format_coord(0, place).split(", ")[1].removesuffix(" Hz"))
    assert shown == pytest.approx(1000, abs=RATE / 2048)
    sounding = np.flatnonzero(picture[row] > -20)
    seconds = left + (sounding[[0, -1]] + [0, 1]) / picture.shape[1] * (right - left)
    assert seconds == pytest.approx([1, 3], abs=0.08)


def test_a_level_has_the_colour_that_the_bar_gives_it():
    ax = livespec.plot_spec(np.full((1025, 50), -40.0), RATE, range=(-80.0, 0.0), colormap_name="gray", ax=axes())
    shown = ax.images[0].to_rgba(image_of(ax))[10, 10, :3]
    assert shown == pytest.approx(colormap("gray")[128] / 255, abs=0.01)


def test_long_sounds_keep_their_clicks():
    db = np.full((65, 300_000), -80.0, np.float32)
    db[:, 123_456] = 0
    ax = livespec.plot_spec(db, 8000, hop=64, ax=axes())
    picture = image_of(ax)
    assert picture.shape[1] <= 4096
    assert picture.max() == 0
    left, right, *_ = ax.images[0].get_extent()
    at = left + (picture.max(axis=0).argmax() + 0.5) / picture.shape[1] * (right - left)
    assert at == pytest.approx(123_456 * 64 / 8000, abs=2 * (right - left) / picture.shape[1])


@pytest.mark.parametrize(("hop", "offset"), [(256, 0), (300, 0), (256, 0.5)])
def test_the_overview_of_a_file_is_what_to_decibels_gives(tmp_path, hop, offset):
    """offset: DC, which is not doubled in dBFS, may be the loudest."""
    sound = chirp(50, 10_000, RATE, 3 * RATE, 0.4) + white_noise(3 * RATE, rms=1e-3) + np.float32(offset)
    soundfile.write(tmp_path / "chirp.wav", sound, RATE, subtype="FLOAT")
    found = overview(tmp_path / "chirp.wav", Settings(n_fft=1024, hop=hop))
    expected = livespec.to_decibels(sound, 1024, hop)
    ours = below_the_loudest([found])[0].db.T
    assert ours.shape == expected.shape
    assert np.abs(np.maximum(ours, -80) - expected).max() <= 0.01
    assert found.seconds == pytest.approx(3)
    assert found.highest.max() == pytest.approx(sound.max())
    assert found.lowest.min() == pytest.approx(sound.min())


def test_the_overview_of_a_long_file_is_small_and_loses_no_click(tmp_path):
    sound = np.zeros(60 * 8000, np.float32)
    sound[200_000] = 0.9
    soundfile.write(tmp_path / "long.wav", sound, 8000)
    found = overview(tmp_path / "long.wav", Settings(n_fft=64, hop=16))
    assert found.pooled > 1
    assert len(found.db) <= 4096
    assert found.db.max(axis=1).argmax() * found.column_s == pytest.approx(25, abs=2 * found.column_s)
    assert found.highest.argmax() * found.column_s == pytest.approx(25, abs=found.column_s)


def test_several_sounds_share_one_colour_scale(tmp_path):
    for name, level in (("loud", 0.5), ("soft", 0.05)):
        soundfile.write(tmp_path / f"{name}.wav", tone(1000, RATE, RATE, level), RATE)
    sounds = [overview(tmp_path / f"{name}.wav", Settings(n_fft=1024, hop=256)) for name in ("loud", "soft")]
    figure = render(
        sounds, ["Loud", "Soft"], scale="log", fmin=None, fmax=None, levels=(-90.0, 0.0), colormap_name="magma",
        unit="dBFS", waveform=True,
    )  # fmt: skip
    pictures = [ax for ax in figure.axes if ax.images]
    assert [ax.images[0].get_clim() for ax in pictures] == [(-90.0, 0.0)] * 2
    assert image_of(pictures[0]).max() - image_of(pictures[1]).max() == pytest.approx(20, abs=0.1)
    assert {ax.get_title() for ax in figure.axes} >= {"Loud", "Soft"}


def test_a_spectrogram_shows_itself_in_a_notebook():
    png = livespec.analyze(tone(440, RATE, RATE, 0.5), RATE)._repr_png_()
    assert png.startswith(b"\x89PNG")
    assert len(png) > 10_000
    assert livespec.analyze(np.full(9000, np.nan), RATE)._repr_png_().startswith(b"\x89PNG")


def test_what_cannot_be_drawn_is_refused(monkeypatch):
    with pytest.raises(UsageError, match="is no spectrogram"):
        livespec.plot_spec(np.zeros(10), RATE)
    with pytest.raises(UsageError, match="cannot be shown"):
        livespec.plot_spec(np.zeros((9, 9)), RATE, fmax=99_999, ax=axes())
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(UsageError, match="figures need matplotlib"):
        livespec.plot_spec(np.zeros((9, 9)), RATE)
