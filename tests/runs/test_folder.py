"""Runs on disk: their names, their folders, their locks."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lstm_toys.files import Damaged, write_json
from lstm_toys.runs.folder import Busy, Run
from lstm_toys.runs.identity import Settings

ROOT = Path(__file__).parents[2]

SETTINGS = Settings(
    experiment="sine",
    seeds=16,
    base_seed=0,
    steps=4_000,
    learning_rate=0.1,
    optimizer="sgd",
    momentum=None,
    decay=None,
    hidden=(32,),
    readout="lstm",
    timesteps=100,
    train_amplitude=0.3,
    noise=0.0,
    block=None,
)
OTHERS = {
    "experiment": "line",
    "seeds": 17,
    "base_seed": 1,
    "steps": 4_001,
    "learning_rate": 0.2,
    "optimizer": "adam",
    "momentum": 0.5,
    "decay": 0.99,
    "hidden": (32, 32),
    "readout": "dense",
    "timesteps": 50,
    "train_amplitude": None,
    "noise": 0.1,
    "block": 4,
}


@pytest.fixture
def run(tmp_path):
    run = Run(SETTINGS, tmp_path / "results")
    run.folder.mkdir(parents=True)
    with run.locked():
        pass
    return run


def test_equal_settings_are_the_same_run(tmp_path):
    again = dataclasses.replace(SETTINGS)
    assert again.hash == SETTINGS.hash
    assert Run(again, tmp_path).folder == Run(SETTINGS, tmp_path).folder
    assert re.fullmatch("sine-[0-9a-f]{10}", Run(SETTINGS, tmp_path).folder.name)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Settings)])
def test_any_other_setting_is_another_run(name):
    assert dataclasses.replace(SETTINGS, **{name: OTHERS[name]}).hash != SETTINGS.hash


def test_a_run_says_what_it_is(run):
    config = json.loads((run.folder / "config.json").read_text())
    assert config.pop("hidden") == [32]
    assert config == {name: value for name, value in dataclasses.asdict(SETTINGS).items() if name != "hidden"}


def test_a_lock_keeps_others_away_and_leaves_the_settings_alone(run):
    before = (run.folder / "config.json").stat()
    with run.locked():
        with pytest.raises(Busy, match=run.folder.name), Run(SETTINGS, run.results_dir).locked():
            pass
        other = Run(dataclasses.replace(SETTINGS, seeds=3), run.results_dir)
        other.folder.mkdir()
        with other.locked():
            pass
    with run.locked():
        pass
    assert (run.folder / "config.json").stat() == before
    assert {path.name for path in run.folder.iterdir()} == {"config.json", ".lock"}


def test_a_lock_ends_with_its_process(run):
    program = f"""
import os, signal
from pathlib import Path
from lstm_toys.runs.folder import Run
from tests.runs.test_folder import SETTINGS
with Run(SETTINGS, Path({str(run.results_dir)!r})).locked():
    print("locked", flush=True)
    signal.pause()
"""
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "locked\n"
    with pytest.raises(Busy), run.locked():
        pass
    process.kill()
    process.communicate()
    with run.locked():
        pass


def test_a_lock_removes_what_a_killed_process_left_half_written(run):
    (run.folder / ".results.nc.123").write_text("half")
    run.checkpoints.mkdir()
    (run.checkpoints / ".members-0-15-step-20.checkpoint.123").write_text("half")
    with run.locked():
        pass
    assert {path.name for path in run.folder.rglob("*")} == {"config.json", ".lock", "checkpoints"}


def test_a_folder_of_another_run_is_left_alone(run):
    other = json.dumps({**SETTINGS.as_dict(), "seeds": 3})
    (run.folder / "config.json").write_text(other)
    with pytest.raises(Damaged, match="not the settings"), run.locked():
        pass
    assert (run.folder / "config.json").read_text() == other


def test_a_run_is_finished_once_its_metrics_are_there(run):
    assert not run.finished
    with pytest.raises(FileNotFoundError):
        run.read_metrics()
    metrics = dict.fromkeys(Settings.summarized, 0)
    write_json(run.metrics, metrics)
    assert run.finished
    assert run.read_metrics() == metrics
    run.reset()
    assert not run.finished


def test_a_summary_without_its_parts_is_damaged(run):
    write_json(run.metrics, {"seeds": 16})
    with pytest.raises(Damaged, match="missing"):
        run.read_metrics()


def test_a_published_set_is_replaced(run):
    def draw(*names):
        for path in run.folder.glob("*.[gp]*"):
            path.unlink()
        for name in names:
            (run.folder / name).write_text(f"drawn as {name}")

    (run.folder / "parameters.npz").write_text("large")
    write_json(run.metrics, {"seeds": 16})
    draw("loss.png", "old.png", "film.gif")
    run.publish()
    draw("loss.png", "new.png")
    target = run.publish()
    assert target == run.results_dir / "sine"
    assert {path.name for path in target.iterdir()} == {"loss.png", "new.png", "metrics.json"}
    assert (target / "new.png").read_text() == "drawn as new.png"
    assert json.loads((target / "metrics.json").read_text()) == {"seeds": 16}


def test_publishing_leaves_what_is_not_its_own(run):
    write_json(run.metrics, {})
    target = run.publish()
    (target / "notes.txt").write_text("mine")
    run.publish()
    assert (target / "notes.txt").read_text() == "mine"
