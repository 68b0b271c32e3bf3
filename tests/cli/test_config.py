import json
import re
import subprocess
import sys
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livespec import config
from livespec.cli import _with_command
from livespec.cli.config import _toml, show
from livespec.core.window import make_window
from livespec.display.colormaps import colormap
from livespec.errors import FileError, UsageError
from livespec.settings import KEYS, Settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where the user's own file would be; none is there."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path in config.user_file().parents
    return tmp_path


def written(folder, text, name="my.toml"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refused(path):
    with pytest.raises(UsageError) as caught:
        config.read(path)
    return caught.value


# ---- files ----


def test_an_unknown_key_is_told_with_file_line_and_the_nearest_one(tmp_path):
    path = written(tmp_path, "# mine\nspan = 5\n\nn_ftf = 1024\n")
    error = refused(path)
    assert error.message == f"{path}, line 4: unknown key 'n_ftf'"
    assert error.hint == "did you mean 'n_fft'?"


def test_a_key_like_no_other_brings_the_list_of_keys(tmp_path):
    error = refused(written(tmp_path, "zzz = 1\n"))
    assert all(key in error.hint for key in KEYS)


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("span = 5\nn_fft = 3\n", 2, "n_fft"),
        ("[analysis]\nn_fft = 1024\n", 1, "analysis"),
        ('span = 5\n"scale" = "mell"\n', 2, "scale"),
        ("range = [-20, -90]\n", 1, "range"),
        ("\n\n  hop   = -1\n", 3, "hop"),
        ("channels = [0]\n", 1, "channels"),
    ],
)
def test_a_wrong_value_is_told_with_file_line_and_key(tmp_path, text, line, key):
    path = written(tmp_path, text)
    error = refused(path)
    assert error.message.startswith(f"{path}, line {line}: ")
    assert key in error.message
    assert error.hint


@pytest.mark.parametrize(
    "text",
    ["n_fft = 'big'", "n_fft = 1024.5", "hop = true", "samplerate = '48k'", "scale = 3", "precision = 1", "span = 'x'",
     "fullscreen = 1", "range = 5", "range = 'a,b'", "channels = 'x'", "show = 1.5", "history = []"],
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_told_with_its_key_and_what_would_be_right(tmp_path, text):
    error = refused(written(tmp_path, text))
    key = text.split(" ")[0]
    assert key in error.message
    assert error.hint or "true or false" in error.message


def test_what_is_no_toml_or_no_file_is_told_by_name(tmp_path):
    broken = written(tmp_path, "span = = 5")
    assert refused(broken).message.startswith(f"{broken}: not valid TOML")
    with pytest.raises(FileError, match="no such file"):
        config.read(tmp_path / "missing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match=r"binary\.toml: cannot be read"):
        config.read(tmp_path / "binary.toml")
    with pytest.raises(FileError):
        config.read(tmp_path)


def test_values_that_exclude_each_other_in_one_file_are_told_with_the_file(tmp_path):
    path = written(tmp_path, "n_fft = 1024\nhop = 2048\n")
    assert refused(path).message.startswith(f"{path}: hop = 2048 is longer than n_fft = 1024")


def test_a_correction_file_is_looked_up_beside_the_file_that_names_it(tmp_path, monkeypatch):
    folder = tmp_path / "stage"
    folder.mkdir()
    path = written(folder, 'calibration = "umik.txt"\n')
    monkeypatch.chdir(tmp_path)
    assert config.read(path)["calibration"] == str(folder / "umik.txt")
    written(folder, f'calibration = "{tmp_path}/other.txt"\n')
    assert config.read(path)["calibration"] == f"{tmp_path}/other.txt"
    assert config.load(None, None, {"calibration": "here.txt"}).calibration == "here.txt"


# ---- which wins ----


def test_a_flag_wins_over_a_file_over_a_preset_over_the_users_own_file(home):
    config.user_file().parent.mkdir(parents=True, exist_ok=True)
    config.user_file().write_text('n_fft = 256\nhop = 64\nspan = 2\nscale = "log"\ncolormap = "gray"\nhistory = 60\n')
    assert config.load(None, None, {}).n_fft == 256
    voice = tomllib.loads(config.presets()["voice"].read_text())
    with_preset = config.load("voice", None, {})
    assert with_preset.span == voice["span"] != 2
    assert with_preset.history == 60  # what the preset does not say stays
    mine = written(home, "span = 3\nfmin = 100\n")
    with_file = config.load("voice", mine, {})
    assert (with_file.span, with_file.fmin, with_file.n_fft) == (3, 100, voice["n_fft"])
    with_flag = config.load("voice", mine, {"span": 4.0})
    assert (with_flag.span, with_flag.fmin) == (4.0, 100)


def test_without_any_file_the_built_in_settings_hold(home):
    assert config.load(None, None, {}) == Settings()


def test_an_unknown_preset_brings_the_nearest_and_the_list(home):
    with pytest.raises(UsageError, match=r"no preset 'voise': did you mean 'voice'\?") as caught:
        config.load("voise", None, {})
    assert "presentation" in caught.value.hint


# ---- what comes with the program ----


def test_the_default_file_says_what_is_built_in_and_mentions_every_key():
    text = config.default_file().read_text(encoding="utf-8")
    assert Settings(**config.read(config.default_file())) == Settings()
    for key in KEYS:
        (line,) = re.findall(rf"^(?:# )?{key} = .*$", text, re.MULTILINE)
        config.parse(key, tomllib.loads(line.removeprefix("# "))[key])  # an example that would be taken


@pytest.mark.parametrize("name", ["voice", "music", "interface", "bass", "ultrasonic", "presentation"])
def test_every_preset_is_right_and_changes_something(name):
    values = config.read(config.presets()[name])
    chosen = Settings(**values)
    assert chosen != Settings()
    resolved = chosen.at_rate(192_000 if name == "ultrasonic" else 48_000)
    assert len(make_window(resolved.window, resolved.n_fft)) == resolved.n_fft
    assert colormap(resolved.colormap).shape == (256, 3)


def test_what_config_show_prints_can_be_read_again():
    values = {"range": (-90.0, -20.0), "channels": (1, 2), "scale": "log", "span": 5.0, "fullscreen": True}
    text = "\n".join(f"{key} = {_toml(value)}" for key, value in values.items())
    assert {key: config.parse(key, value) for key, value in tomllib.loads(text).items()} == values


def test_config_show_says_what_the_window_does_to_levels(tmp_path, capsys, home):
    path = written(tmp_path, 'window = "flattop"\nn_fft = 8192\nfmax = 90000\n')
    show(None, path, as_json=True)
    found = json.loads(capsys.readouterr().out)["window_figures"]
    assert found["noise_bandwidth_bins"] == pytest.approx(3.77, abs=0.01)  # D'Antona & Ferrero 2006
    assert found["noise_bandwidth_hz"] == pytest.approx(3.77 * 48_000 / 8192, abs=0.05)
    assert found["scalloping_db"] == pytest.approx(0.01, abs=0.005)
    show(None, path)
    assert "noise bandwidth 3.770 bins = 22.09 Hz with n_fft 8192 at 48000 Hz" in capsys.readouterr().out


def test_config_show_takes_the_windows_bandwidth_at_the_rate_that_is_set(tmp_path, capsys, home):
    show(None, written(tmp_path, "samplerate = 96000\n"))
    text = capsys.readouterr().out
    assert "noise bandwidth 1.500 bins = 17.58 Hz with n_fft 8192 at 96000 Hz" in text
    lines = text.splitlines()
    assert lines[lines.index('window = "hann"') + 1].startswith("#   coherent gain 0.5000, scalloping 1.42 dB")
    assert (
        Settings(**{key: config.parse(key, value) for key, value in tomllib.loads(text).items()}).samplerate == 96_000
    )


def test_config_show_as_json_has_the_settings_at_the_top_and_the_windows_figures_beside_them(capsys, home):
    show(None, None, as_json=True)
    found = json.loads(capsys.readouterr().out)
    figures = found.pop("window_figures")
    assert tuple(found) == KEYS
    assert figures["n_fft"] == 4096
    assert figures["coherent_gain"] == pytest.approx(0.5)


def test_config_show_does_not_wait_for_scipy(home):
    code = "import sys; from livespec.cli.config import show; show(None, None); assert 'scipy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)


# ---- parsing ----


@pytest.mark.parametrize(
    ("key", "value", "parsed"),
    [
        ("range", "-90,-20", (-90.0, -20.0)),
        ("range", [-90, -20], (-90.0, -20.0)),
        ("range", "auto", "auto"),
        ("channels", "1,2", (1, 2)),
        ("channels", 3, (3,)),
        ("channels", [2, 1], (2, 1)),
        ("channels", "all", "all"),
        ("show", "mix", "mix"),
        ("show", "diff", "diff"),
        ("device", 3, "3"),
        ("device", "Scarlett", "Scarlett"),
        ("fullscreen", True, True),
        ("n_fft", 1024, 1024),
    ],
)
def test_a_value_is_understood_as_a_flag_or_a_file_writes_it(key, value, parsed):
    assert config.parse(key, value) == parsed


@pytest.mark.parametrize(
    ("key", "value"),
    [("channels", "mix"), ("channels", "1,x"), ("channels", ""), ("show", "left"), ("range", "-90"),
     ("range", "-90,-20,0"), ("range", None), ("device", True), ("device", 1.5), ("channels", True),
     ("channels", [1.5])],
)  # fmt: skip
def test_a_value_that_cannot_be_meant_is_refused_with_its_key(key, value):
    with pytest.raises(UsageError, match=f"{key} = "):
        Settings(**{key: config.parse(key, value)})


toml_values = st.recursive(
    st.text(max_size=8)
    | st.sampled_from(["1,2", "auto", "all", "mix", "-90,-20", "1e999,2", "nan,nan", ",", "hann", "log"])
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def answer_to(work):
    """What a `UsageError` says; None where all is well. Anything else escapes."""
    try:
        work()
    except UsageError as error:
        return error.message
    return None


@given(st.sampled_from(KEYS), toml_values | st.just(10**400) | st.just([10**400, 1]))
def test_whatever_a_file_says_the_answer_is_a_setting_or_a_usage_error(key, value):
    said = answer_to(lambda: Settings(**{key: config.parse(key, value)}))
    assert said is None or key in said


@given(st.text(alphabet="abcnfthop_=[]\"'.# \n0123456789-,", max_size=40))
def test_no_text_whatever_is_more_than_a_usage_error(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, encoding="utf-8")
    said = answer_to(lambda: config.read(path))
    assert said is None or said.startswith(f"{path}")


@pytest.mark.parametrize(
    ("given_words", "understood"),
    [
        ([], ["monitor"]),
        (["song.flac"], ["monitor", "song.flac"]),
        (["-"], ["monitor", "-"]),
        (["--source", "demo"], ["monitor", "--source", "demo"]),
        (["devices", "--json"], ["devices", "--json"]),
        (["config", "show"], ["config", "show"]),
        (["--version"], ["--version"]),
        (["--help"], ["--help"]),
    ],
)
def test_a_first_word_that_is_no_command_is_a_source(given_words, understood):
    assert _with_command(given_words) == understood
