"""The wheel: which files it holds, and that what it installs runs from any folder."""

import re
import shutil
import tomllib
import zipfile

import pytest

from conftest import ROOT, SINE_FIGURES, process
from lstm_toys.studies import STUDIES

INSTALLED = {"lstm_toys": "lstm_toys", "experiments": "lstm_toys/experiments"}
"""Folders of the clone, and where they lie in a wheel."""

CLONED = ("page", "research")
"""Folders of the experiments that only a clone has."""


def installed(folder):
    """Every file of a folder of the clone that is installed."""
    every = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [path for path in every if path.relative_to(ROOT / folder).parts[0] not in CLONED]


def test_every_folder_of_code_is_a_package_and_every_study_is_a_command():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    folders = {
        ".".join((name.replace("/", "."), *path.relative_to(ROOT / folder).parent.parts))
        for folder, name in INSTALLED.items()
        for path in installed(folder)
    }
    assert {*declared["setuptools"]["packages"]} == folders
    folders = {path.parent.name for path in (ROOT / "lstm_toys" / "studies").glob("*/study.py")}
    assert folders == {*STUDIES, "analysis", "training"}


def locked(name):
    """The versions in a lock file, with the Python and system that each is for, and their hashes."""
    every = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    return {each.partition(" \\\n")[0]: {*re.findall(r"sha256:\w{64}", each)} for each in every}


def test_what_running_needs_is_locked_in_the_versions_that_are_tested():
    running, every = locked("requirements-run.lock"), locked("requirements.lock")
    assert running.items() <= every.items()
    assert all(running.values())
    names = {each.partition("==")[0] for each in running}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert names >= {re.match(r"[\w-]+", each)[0] for each in project["dependencies"]}
    assert not names & {"pytest", "mypy", "playwright"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of a copy, since building leaves folders where it builds; no index is asked."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for name in (*INSTALLED, "benchmarks", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    alone = ["--no-index", "--no-deps", "--no-build-isolation"]
    process("-m", "pip", "wheel", "--quiet", *alone, f"--wheel-dir={out}", str(copy), cwd=out)
    (path,) = out.iterdir()
    return path


@pytest.fixture(scope="module")
def command(wheel, tmp_path_factory):
    """The script of the installed wheel, and the environment that it is called in."""
    target = tmp_path_factory.mktemp("installed")
    process("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", f"--target={target}", str(wheel), cwd=target)
    return target / "bin" / "lstm-toys", {"PYTHONPATH": str(target)}


@pytest.mark.long
def test_the_wheel_holds_every_file_of_what_is_installed_and_no_other(wheel):
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {
        f"{place}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, place in INSTALLED.items()
        for path in installed(folder)
        if not path.name.startswith(".")
    }
    assert found == expected
    assert found >= {"lstm_toys/experiments/published/answers.json", "lstm_toys/py.typed"}


@pytest.mark.long
def test_the_script_is_the_command_and_trains_and_draws_from_any_folder(command, tmp_path):
    def run(*arguments, code=0):
        return process(command[0], *arguments, code=code, cwd=tmp_path, env=command[1])

    assert "\n  sine " in run().stdout
    assert "research" not in run().stdout
    told = "horizons is not installed; it is run in a clone of the repository, by lstm-toys horizons\n"
    assert run("horizons", code=2).stderr == told
    assert run("sine", "--help").stdout == process("-m", "experiments.sine", "--help").stdout
    assert not any(tmp_path.iterdir())
    run("sine", "--seeds=2", "--steps=2", "--timesteps=12", "--publish")
    assert {path.name for path in tmp_path.glob("results/sine/*.png")} == SINE_FIGURES
    assert len(list(tmp_path.glob("results/runs/sine-*/results.nc"))) == 1
