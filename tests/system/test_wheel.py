"""What `pip install livespec` brings: built, installed in a clean environment, run from another folder."""

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.exports import Export

PROJECT = Path(__file__).parents[2]
PRESETS = {path.name for path in (PROJECT / "config" / "presets").glob("*.toml")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(PROJECT)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = out.glob("livespec-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The `livespec` command of a clean environment. The dependencies are borrowed; livespec itself is the wheel's."""
    home = tmp_path_factory.mktemp("clean")
    venv.create(home, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    own = next((home / "lib").glob("python3*")) / "site-packages"
    (own / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin" / "livespec"


def test_the_wheel_carries_the_presets_and_the_explained_defaults(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        assert {f"livespec/_presets/{name}" for name in PRESETS} <= names
        assert archive.read("livespec/_default.toml") == (PROJECT / "config" / "default.toml").read_bytes()
    assert "livespec/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "config/"))]


def test_the_installed_livespec_is_the_wheels(installed, start, nothing):
    python = installed.with_name("python")
    script = "import livespec, livespec.config; print(livespec.__file__); print(livespec.config.presets()['voice'])"
    done = start("-c", script, environment=nothing, command=(str(python),)).end()
    assert done.returncode == 0, done.stderr
    package, preset = done.stdout.splitlines()
    assert Path(package).is_relative_to(installed.parents[1])
    assert Path(preset) == Path(package).parent / "_presets" / "voice.toml"


def test_version_presets_and_a_run_work_from_another_folder(installed, start, nothing, tmp_path):
    def run(*arguments):
        done = start(*arguments, environment=nothing, command=(str(installed),)).end()
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("--version").startswith("livespec 0.")
    for name in PRESETS:
        assert json.loads(run("config", "show", "--preset", name.removesuffix(".toml"), "--json"))
    assert json.loads(run("config", "show", "--preset", "voice", "--json"))["n_fft"] == 2048
    run("config", "init", "all.toml")
    assert run("config", "check", "all.toml") == "all.toml: fine\n"
    run("--source", "demo", "--view", "none", "--speed", "0", "--duration", "2", "--export", "demo.npz")
    export = Export.of(tmp_path / "demo.npz")
    assert len(export.db) == 1 + (2 * 48_000 - 4096) // 512
    assert export.db.max() > -40


def test_the_presets_are_those_that_are_promised():
    assert {"voice", "music", "interface", "bass", "ultrasonic", "presentation"} == {
        name.removesuffix(".toml") for name in PRESETS
    }
