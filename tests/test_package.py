"""The wheel: which files it holds, and that what it installs runs from any folder."""

import configparser
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import conftest

ROOT = Path(__file__).parent.parent
INSTALLED = {"lstm_toys": "lstm_toys", "experiments": "lstm_toys/experiments"}
"""Folders of the clone, and where they lie in a wheel."""


def run(*arguments, **options):
    """What a process printed that ended well."""
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=conftest.HANG, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of a copy, since building leaves folders where it builds; no index is asked."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for name in (*INSTALLED, "benchmarks", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    alone = ["--no-index", "--no-deps", "--no-build-isolation"]
    run(sys.executable, "-m", "pip", "wheel", "--quiet", *alone, f"--wheel-dir={out}", str(copy), cwd=out)
    (path,) = out.iterdir()
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder that the wheel is installed into."""
    target = tmp_path_factory.mktemp("installed")
    alone = ["--no-index", "--no-deps", f"--target={target}"]
    run(sys.executable, "-m", "pip", "install", "--quiet", *alone, str(wheel), cwd=target)
    return target


@pytest.fixture
def elsewhere(installed, tmp_path):
    """Runs something of the installed in a folder that has nothing to do with it."""
    return lambda *arguments: run(*arguments, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)})


def test_the_wheel_holds_every_file_of_what_is_installed_and_no_other(wheel):
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {
        f"{place}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, place in INSTALLED.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert found == expected
    assert found >= {"lstm_toys/experiments/post/published.json", "lstm_toys/py.typed"}


def test_the_wheel_names_its_script_and_its_license(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name.partition(".dist-info/")[2]: name for name in archive.namelist()}
        entries = configparser.ConfigParser()
        entries.read_string(archive.read(names["entry_points.txt"]).decode())
        assert archive.read(names["licenses/LICENSE"]) == (ROOT / "LICENSE").read_bytes()
    assert dict(entries["console_scripts"]) == {"lstm-toys": "lstm_toys.cli.script:main"}


def test_the_script_is_the_command_from_any_folder(installed, elsewhere, tmp_path):
    code = "import lstm_toys.experiments; print(*lstm_toys.experiments.__path__)"
    assert elsewhere(sys.executable, "-c", code).splitlines() == [str(installed / "lstm_toys" / "experiments")]
    assert not (installed / "experiments").exists()
    script = installed / "bin" / "lstm-toys"
    assert "sine" in elsewhere(script)
    helped = run(sys.executable, "-m", "experiments.sine", "--help")
    assert elsewhere(script, "sine", "--help") == helped.replace("python -m experiments.sine", "lstm-toys sine")
    assert not any(tmp_path.iterdir())


@pytest.mark.long
def test_the_script_trains_and_draws_from_any_folder(installed, elsewhere, tmp_path):
    small = ["--seeds=2", "--steps=2", "--timesteps=12", "--publish"]
    elsewhere(installed / "bin" / "lstm-toys", "sine", *small)
    assert {path.name for path in tmp_path.glob("results/sine/*.png")} == conftest.SINE_FIGURES
    assert len(list(tmp_path.glob("results/runs/sine-*/results.nc"))) == 1
