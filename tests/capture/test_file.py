import os

import numpy as np
import pytest
import soundfile

from livespec.capture.file import FileSource, choose_channels
from livespec.errors import FileError, UsageError
from tests.support.signals import white_noise

RATE = 22_050


def written(folder, name, samples, **keys):
    path = folder / name
    soundfile.write(path, samples, RATE, **keys)
    return path


def sound_of(source):
    return np.concatenate(list(source._up_to_limit()))


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("a.wav", {"subtype": "PCM_16"}),
        ("a.wav", {"subtype": "FLOAT"}),
        ("a.flac", {"subtype": "PCM_24"}),
        ("a.aiff", {"subtype": "PCM_24"}),
        ("a.ogg", {}),
        ("a.mp3", {}),
    ],
)
def test_a_file_is_what_soundfile_reads_from_it(tmp_path, name, keys):
    path = written(tmp_path, name, white_noise(40_000).reshape(-1, 2), **keys)
    expected, _ = soundfile.read(path, dtype="float32")
    source = FileSource(path, None, 0.0)
    assert (source.info.kind, source.info.samplerate, source.info.channels) == ("file", RATE, (1, 2))
    assert source.info.length == len(expected)
    assert not source.info.live
    lossy = 1e-6 if name.endswith("mp3") else 0  # its decoder rounds differently for other block lengths
    assert np.allclose(sound_of(source), expected, rtol=0, atol=lossy)


@pytest.mark.parametrize(
    ("wanted", "channels"), [((2,), (2,)), ((3, 1), (3, 1)), ("all", (1, 2, 3)), (None, (1, 2, 3))]
)
def test_channels_are_picked_in_the_order_asked_for(tmp_path, wanted, channels):
    path = written(tmp_path, "a.wav", np.tile([0.25, 0.5, 0.75], (100, 1)), subtype="FLOAT")
    source = FileSource(path, wanted, 0.0)
    assert source.info.channels == channels
    assert sound_of(source)[50].tolist() == [number / 4 for number in channels]


@pytest.mark.parametrize("limit", [1, 8191, 8192, 8193, 19_999, 20_000, 50_000])
def test_a_limit_ends_the_sound_at_that_sample(tmp_path, limit):
    sound = white_noise(20_000)
    path = written(tmp_path, "a.wav", sound, subtype="FLOAT")
    source = FileSource(path, None, 0.0, limit)
    assert source.info.length == min(limit, 20_000)
    assert np.array_equal(sound_of(source)[:, 0], sound[:limit])


def test_one_channel_too_many_says_how_many_there_are(tmp_path):
    path = written(tmp_path, "a.wav", np.zeros(100))
    with pytest.raises(UsageError, match=r"channel 2 of a\.wav: it has 1 channel\n"):
        FileSource(path, (1, 2), 0.0)
    with pytest.raises(UsageError) as caught:
        choose_channels((5,), 4, "x")
    assert "from 1 to 4" in caught.value.hint


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b""), r"a\.wav: "),
        (lambda path: path.write_bytes(b"RIFF\xff\xff\xff\xffWAVEnonsense"), r"a\.wav: "),
        (lambda path: path.write_text("this is no sound at all"), r"a\.wav: "),
        (lambda path: soundfile.write(path, np.zeros(0), RATE), "has no samples"),
    ],
)
def test_what_is_no_sound_is_refused_by_name_before_anything_starts(tmp_path, make, message):
    path = tmp_path / "a.wav"
    make(path)
    with pytest.raises(FileError, match=message) as caught:
        FileSource(path, None, 0.0)
    assert str(path) in caught.value.message


def test_what_is_no_sound_is_told_with_its_name_and_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    soundfile.write(tmp_path / "slow.wav", np.zeros(1000), 50)
    header = bytearray((tmp_path / "slow.wav").read_bytes())
    header[24:28] = bytes(4)
    (tmp_path / "never.wav").write_bytes(header)
    for name, said in (("pipe", "is no regular file"), ("slow", "at 50 Hz is no sound"), ("never", "makes no sense")):
        with pytest.raises(FileError, match=rf"{name}\.wav: .*{said}"):
            FileSource(tmp_path / f"{name}.wav", None, 0.0)
