"""Wrong use: one or two lines on stderr that say what, why and what to do; the exit code; nothing left behind."""

import json
import os
import struct

import numpy as np
import pytest
import soundfile

from tests.support.program import LIVESPEC
from tests.support.signals import white_noise
from tests.support.virtual_microphone import NAME

USAGE, DEVICE, FILE = 2, 3, 4
FAST = ("--view", "none", "--speed", "0")
# Where a wrong check would let it run on, it shall at least end; and it must leave none of these.
OUTPUTS = ("--export", "out.npz", "--stats", "out.json", "--screenshot", "out.png")


@pytest.fixture
def folder(tmp_path):
    """Sound files, right and wrong."""
    soundfile.write(tmp_path / "good.wav", white_noise(9600), 48_000, subtype="FLOAT")
    soundfile.write(tmp_path / "short.wav", white_noise(1000), 48_000, subtype="FLOAT")
    soundfile.write(tmp_path / "no-samples.wav", white_noise(0), 48_000)
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "corrupt.flac").write_bytes(b"fLaC" + bytes(range(256)) * 8)
    (tmp_path / "text.wav").write_text("this is no sound\n" * 40)
    (tmp_path / "a-folder").mkdir()
    return tmp_path


def refused(program, code, *said, changed=()):
    """It ended with this code and said all of this, as an error should be said, and made nothing."""
    before = {path.name for path in program.folder.rglob("*")}
    done = program.end(30)
    lines = done.stderr.splitlines()
    assert done.returncode == code, done.stderr
    assert 1 <= len(lines) <= 2, done.stderr
    assert lines[0].startswith("livespec: ")
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr
    assert done.stdout == ""
    for words in said:
        assert words in done.stderr, f"{words!r} is not in\n{done.stderr}"
    made = {path.name for path in program.folder.rglob("*")} - before - set(changed)
    assert not made
    assert not program.left_behind


# ---- flags ----

WRONG_FLAGS = [
    (("--no-such-flag",), "No such option", "--help"),
    (("--scael", "log"), "--scael", "did you mean '--scale'?"),
    (("--colourmap", "gray"), "--colourmap", "did you mean '--colormap'?"),
    (("--scale", "lgo"), "scale = 'lgo'", "did you mean 'log'?"),
    (("--window", "hamn"), "window", "did you mean 'hann'?"),
    (("--colormap", "magmaa"), "colormap = 'magmaa'", "did you mean 'magma'?"),
    (("--view", "nome"), "view = 'nome'", "did you mean 'none'?"),
    (("--preset", "voise"), "no preset 'voise'", "did you mean 'voice'?", "ultrasonic"),
    (("--precision", "dubble"), "precision", "double"),
    (("--n-fft", "4"), "n_fft = 4", "16 to 1048576"),
    (("--n-fft", "many"), "n_fft = 'many'", "whole number"),
    (("--n-fft", "1024.5"), "n_fft = '1024.5'", "whole number"),
    (("--n-fft", "1024", "--hop", "2048"), "hop = 2048", "n_fft = 1024"),
    (("--hop", "0"), "hop = 0", "1 to"),
    (("--fmin", "5000", "--fmax", "100"), "fmin = 5000", "fmax = 100"),
    (("--fmax", "30000"), "fmax = 30000", "24000"),
    (("--fmin", "nan"), "fmin", "0"),
    (("--range", "0,-80"), "range", "LOW"),
    (("--range", "loud"), "range = 'loud'", "-90,-20"),
    (("--span", "0"), "span = 0", "0.1 to 3600"),
    (("--history", "-1"), "history", "0 to 86400"),
    (("--samplerate", "5"), "samplerate = 5", "100 to"),
    (("--channels", "0"), "channels = 0", "1,2"),
    (("--channels", "1,1"), "channels = 1,1", "each once"),
    (("--show", "both"), "show = 'both'", "mix"),
    (("--show", "2"), "channel 2 cannot be shown", "--channels"),
    (("--show", "diff"), "diff", "two"),
    (("--channels", "2"), "channel 2", "1 channel"),
    (("--duration", "0"), "duration", "more than 0"),
    (("--duration", "nan"), "duration"),
    (("--duration", "soon"), "duration = 'soon'", "number"),
    (("--speed", "-1"), "speed = -1", "real time"),
    (("--speed", "inf"), "speed = inf"),
    (("--device", "vmic"), "--device", "exclude"),
    (("--format", "s16le"), "--format", "standard input"),
    (("--fullscreen",), "--fullscreen", "window"),
    (("--source", "mic"), "two sources", "demo"),
    (("another.wav",), "another.wav"),
    (("--loop",), "--loop is for files"),
    (("--listen",), "--listen is for files"),
    (("--export", "same.x", "--stats", "same.x"), "two outputs", "same name"),
]


@pytest.mark.parametrize("wrong", WRONG_FLAGS, ids=lambda wrong: " ".join(wrong[0]))
def test_wrong_flags_are_answered_in_two_lines(start, nothing, wrong):
    flags, *said = wrong
    outputs = () if "--export" in flags else OUTPUTS
    limits = tuple(
        word
        for flag, value in (("--view", "none"), ("--speed", "0"), ("--duration", "0.5"))
        if flag not in flags
        for word in (flag, value)
    )
    program = start("demo", *limits, *outputs, *flags, environment=nothing)
    refused(program, USAGE, *said)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("divices",), FILE, ("divices: no such file", "did you mean 'devices'?")),
        (("config", "shwo"), USAGE, ("shwo", "show")),
        (("config", "check", "none.toml"), FILE, ("none.toml: no such file",)),
        (("--speed", "2", "--view", "none"), USAGE, ("--speed is for files",)),
        (("--listen", "--view", "none"), USAGE, ("--listen is for files",)),
        (("-", "--listen", "--view", "none"), USAGE, ("--listen is for files",)),
        (("a.wav", "--listen", "--view", "none"), USAGE, ("--listen needs the window",)),
        (("a.wav", "--loop", "--speed", "0", "--view", "none"), USAGE, ("--loop needs a pace",)),
        (("a.wav", "--loop", "--view", "none"), USAGE, ("never end", "--duration")),
        (
            ("a.wav", "--loop", "--speed", "1", "--duration", "5", "--export", "e.npz", "--view", "none"),
            *(USAGE, ("--export exclude each other",)),
        ),
        (("--source", "", "--view", "none"), USAGE, ("no name",)),
        (("-", "--format", "s17le", "--view", "none"), USAGE, ("format = 's17le'", "did you mean 's16le'?")),
        (("-", "--format", "s16le", "--view", "none"), USAGE, ("rate and channels", "--samplerate")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_words_are_answered_in_two_lines(start, nothing, words, code, said):
    refused(start(*words, environment=nothing), code, *said)


# ---- files ----


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing.wav", "missing.wav: no such file"),
        ("empty.wav", "empty.wav"),
        ("no-samples.wav", "has no samples"),
        ("corrupt.flac", "corrupt.flac"),
        ("text.wav", "text.wav"),
        ("a-folder", "is a folder"),
        ("short.wav", "1000 samples are shorter than one window (4096)"),
    ],
)
def test_a_file_that_cannot_be_analysed_is_named_with_its_reason(start, nothing, folder, name, said):
    refused(start(name, *FAST, *OUTPUTS, environment=nothing), FILE, name, said)


def test_another_rate_than_the_files_is_refused(start, nothing, folder):
    program = start("good.wav", *FAST, *OUTPUTS, "--samplerate", "44100", environment=nothing)
    refused(program, USAGE, "good.wav", "48000 Hz, not 44100 Hz")


def test_a_file_without_a_window_to_show_it_in_is_refused(start, nothing, folder):
    refused(start("good.wav", "--view", "window", environment=nothing), DEVICE, "no display", "--view none")


def test_a_file_is_never_overwritten_by_its_own_analysis(start, nothing, folder):
    before = (folder / "good.wav").read_bytes()
    refused(start("good.wav", *FAST, "--export", "good.wav", environment=nothing), USAGE, "good.wav", "overwritten")
    assert (folder / "good.wav").read_bytes() == before


@pytest.mark.parametrize("flag", ["--export", "--stats", "--screenshot"])
@pytest.mark.parametrize(
    ("path", "said"),
    [("no/such/folder/out", "there is no folder"), ("a-folder", "is a folder")],
    ids=["nowhere", "folder"],
)
def test_an_output_that_cannot_be_written_is_refused_before_the_run(start, nothing, folder, flag, path, said):
    refused(start("good.wav", *FAST, flag, path, environment=nothing), FILE, path, said)


def test_an_output_that_the_system_refuses_is_an_error_of_the_file(start, nothing, folder):
    # /proc takes no new files, not even root's.
    program = start("good.wav", *FAST, "--export", "/proc/out.npz", environment=nothing)
    refused(program, FILE, "/proc/out.npz")


# ---- configuration ----

WRONG_TOML = [
    ("scale = 'log'\nscael = 'mel'\n", "line 2", "unknown key 'scael'", "did you mean 'scale'?"),
    ("\n\nn_fft = 3\n", "line 3", "n_fft = 3", "16 to 1048576"),
    ("n_fft = 4096.0\n", "line 1", "n_fft = 4096.0", "whole number"),
    ("n_fft = '4096'\n", "line 1", "n_fft", "whole number"),
    ("colormap = 7\n", "line 1", "colormap = 7", "quotes"),
    ("# a comment\nscale = 'melody'\n", "line 2", "scale = 'melody'", "linear, log, octave"),
    ("range = [0, -80]\n", "line 1", "range", "LOW"),
    ("fullscreen = 'yes'\n", "line 1", "true or false"),
    ("fmin = 500\nfmax = 100\n", "fmin = 500", "fmax = 100"),
    ("[display]\nscale = 'log'\n", "line 1", "unknown key 'display'"),
    ("scale = = 'log'\n", "not valid TOML", "line 1"),
]


@pytest.mark.parametrize("wrong", WRONG_TOML, ids=lambda wrong: wrong[0].strip().replace("\n", "; "))
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_mistake_in_a_toml_file_is_shown_with_its_file_and_line(start, nothing, tmp_path, wrong, command):
    text, *said = wrong
    (tmp_path / "mine.toml").write_text(text)
    words = {"check": ("config", "check", "mine.toml"), "run": ("demo", *FAST, *OUTPUTS, "--config", "mine.toml")}
    refused(start(*words[command], environment=nothing), USAGE, "mine.toml", *said)


def test_the_users_own_file_is_read_and_its_mistakes_are_shown(start, nothing, tmp_path):
    config = nothing | {"XDG_CONFIG_HOME": str(tmp_path)}
    (tmp_path / "livespec").mkdir()
    (tmp_path / "livespec" / "livespec.toml").write_text("scale = 'log'\n")
    done = start("config", "show", "--json", environment=config).end()
    assert json.loads(done.stdout)["scale"] == "log"
    (tmp_path / "livespec" / "livespec.toml").write_text("scale = 'lag'\n")
    refused(start("demo", *FAST, *OUTPUTS, environment=config), USAGE, "livespec.toml, line 1", "did you mean 'log'?")


def test_a_config_file_is_never_replaced_unasked(start, nothing, tmp_path):
    done = start("config", "init", "new.toml", environment=nothing).end()
    assert (done.returncode, done.stdout) == (0, "new.toml\n")
    (tmp_path / "new.toml").write_text("scale = 'log'\n")
    refused(start("config", "init", "new.toml", environment=nothing), FILE, "new.toml", "--force")
    assert (tmp_path / "new.toml").read_text() == "scale = 'log'\n"


# ---- devices ----


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--source", "mic"), ("no microphone", "--source demo")),
        (("--device", "anything"), ("no input device", "--source demo")),
    ],
)
def test_a_microphone_that_is_not_there_is_said(start, nothing, flags, said):
    refused(start("--view", "none", "--duration", "1", *OUTPUTS, *flags, environment=nothing), DEVICE, *said)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--device", "vmik"), ("no input device 'vmik'", "did you mean 'vmic'?", "livespec devices")),
        (("--device", "77"), ("no input device '77'", "livespec devices")),
        (("--device", "monitor"), ("fits several devices", "index")),
        (("--channels", "3"), ("channel 3", "it has 2 channels")),
        (("--channels", "1,32"), ("channel 32", "it has 2 channels")),
        (("--samplerate", "96000"), ("runs at 48000 Hz, not 96000 Hz",)),
        (("--samplerate", "44100"), ("runs at 48000 Hz, not 44100 Hz",)),
    ],
    ids=" ".join,
)
def test_what_the_microphone_does_not_have_is_refused_saying_what_it_has(start, microphone, flags, said):
    limits = ("--source", "mic", "--view", "none", "--duration", "1")
    refused(start(*limits, *OUTPUTS, *flags, environment=microphone.environment), DEVICE, *said)


def test_a_window_without_a_display_is_refused_before_the_microphone_is_opened(start, microphone):
    program = start("--view", "window", *OUTPUTS, environment=microphone.environment)
    refused(program, DEVICE, "no display", "--view none")


# ---- standard input and output ----

PCM = {"s16le": "<i2", "s32le": "<i4", "f32le": "<f4", "f64le": "<f8"}


def analysed(start, folder, environment, name, arguments, data=None):
    """The levels that livespec exports; data: what is piped in."""
    read_end, write_end = os.pipe()
    program = start(*arguments, *FAST, "--export", name, environment=environment, stdin=read_end)
    os.close(read_end)
    with os.fdopen(write_end, "wb") as pipe:
        pipe.write(data or b"")
    done = program.end(20)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    with np.load(folder / name) as export:
        return export["db"]


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_wav_through_a_pipe_is_analysed_as_the_file(start, nothing, tmp_path, subtype):
    stereo = np.stack([white_noise(30_000), white_noise(30_000, seed=2)], axis=1)
    soundfile.write(tmp_path / "sound.wav", stereo, 44_100, subtype=subtype)
    as_file = analysed(start, tmp_path, nothing, "file.npz", ["sound.wav"])
    piped = analysed(start, tmp_path, nothing, "pipe.npz", ["-"], (tmp_path / "sound.wav").read_bytes())
    np.testing.assert_array_equal(piped, as_file)
    assert piped.shape == (1 + (30_000 - 4096) // 512, 2049)


@pytest.mark.parametrize("form", sorted(PCM))
def test_raw_samples_through_a_pipe_are_analysed_as_the_file(start, nothing, tmp_path, form):
    noise = np.clip(white_noise(30_000, rms=0.1), -1, 1)
    integers = np.dtype(PCM[form]).kind == "i"
    scale = 2 ** (8 * np.dtype(PCM[form]).itemsize - 1) if integers else 1
    raw = np.round(noise.astype(float) * scale) if integers else noise
    subtype = {"s16le": "PCM_16", "s32le": "PCM_32", "f32le": "FLOAT", "f64le": "DOUBLE"}[form]
    soundfile.write(tmp_path / "sound.wav", raw.astype(PCM[form]), 48_000, subtype=subtype)
    as_file = analysed(start, tmp_path, nothing, "file.npz", ["sound.wav"])
    flags = ["-", "--format", form, "--samplerate", "48000", "--channels", "1"]
    piped = analysed(start, tmp_path, nothing, "pipe.npz", flags, raw.astype(PCM[form]).tobytes())
    np.testing.assert_array_equal(piped, as_file)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "standard input is empty"),
        (b"this is no WAV, but text\n" * 9, "standard input is not WAV"),
        (b"RIFF\x00\x00\x00\x00WAVE", "the WAV header is broken"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt " + struct.pack("<IHHIIHH", 16, 7, 1, 8000, 8000, 1, 8), "code 7"),
    ],
    ids=["empty", "text", "cut off", "mu-law"],
)
def test_standard_input_that_is_no_sound_is_an_error_of_the_file(start, nothing, data, said):
    read_end, write_end = os.pipe()
    program = start("-", *FAST, *OUTPUTS, environment=nothing, stdin=read_end)
    os.close(read_end)
    with os.fdopen(write_end, "wb") as pipe:
        pipe.write(data)
    refused(program, FILE, said)


def test_devices_as_json_are_the_real_sources_and_nothing_else(start, microphone):
    done = start("devices", "--json", environment=microphone.environment).end()
    assert done.returncode == 0
    assert done.stderr == ""
    default, *others = json.loads(done.stdout)
    assert (default["name"], default["channels"], default["samplerate"]) == (NAME, 2, 48_000)
    assert default["default"]
    assert not default["monitor"]
    assert any(other["monitor"] and other["name"] == "vsink.monitor" for other in others)
    table = start("devices", environment=microphone.environment).end()
    assert "48 kHz" in table.stdout
    assert table.stderr == ""


def test_settings_as_json_and_as_toml_can_be_read_back(start, nothing, tmp_path):
    shown = start("config", "show", "--preset", "voice", "--json", environment=nothing).end()
    settings = json.loads(shown.stdout)
    assert settings["n_fft"] == 2048
    toml = start("config", "show", "--preset", "voice", environment=nothing).end()
    (tmp_path / "shown.toml").write_text(toml.stdout)
    again = start("config", "show", "--config", "shown.toml", "--json", environment=nothing).end()
    assert json.loads(again.stdout) == settings
    assert shown.stderr == toml.stderr == again.stderr == ""


def test_debug_shows_the_traceback_of_an_error(start, nothing):
    done = start("missing.wav", "--view", "none", "--debug", environment=nothing).end()
    assert done.returncode != 0
    assert "Traceback" in done.stderr
    assert "missing.wav: no such file" in done.stderr


def test_the_installed_command_and_the_module_are_the_same(start, nothing):
    assert LIVESPEC.exists()
    import sys

    by_name = start("--version", environment=nothing).end()
    by_module = start("-m", "livespec", "--version", environment=nothing, command=(sys.executable,)).end()
    assert by_name.stdout == by_module.stdout != ""
