"""Runs on disk: their names, their folders, and files that are written as a whole or not at all."""

import dataclasses
import json
import re

import pytest

from lstm_toys.runs import Run, Settings, replacing, write_json

SETTINGS = Settings(
    experiment="sine",
    seeds=16,
    base_seed=0,
    steps=4_000,
    learning_rate=0.1,
    optimizer="sgd",
    hidden=(32,),
    readout="lstm",
    timesteps=100,
    block=None,
)
OTHERS = {
    "experiment": "line",
    "seeds": 17,
    "base_seed": 1,
    "steps": 4_001,
    "learning_rate": 0.2,
    "optimizer": "adam",
    "hidden": (32, 32),
    "readout": "dense",
    "timesteps": 50,
    "block": 4,
}


@pytest.fixture
def run(tmp_path):
    run = Run(SETTINGS, tmp_path / "results")
    run.create()
    return run


def test_equal_settings_are_the_same_run(tmp_path):
    again = dataclasses.replace(SETTINGS)
    assert again.identity == SETTINGS.identity
    assert Run(again, tmp_path).folder == Run(SETTINGS, tmp_path).folder
    assert re.fullmatch("sine-[0-9a-f]{10}", Run(SETTINGS, tmp_path).folder.name)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Settings)])
def test_any_other_setting_is_another_run(name):
    assert dataclasses.replace(SETTINGS, **{name: OTHERS[name]}).identity != SETTINGS.identity


def test_a_run_says_what_it_is(run):
    config = json.loads((run.folder / "config.json").read_text())
    assert config.pop("hidden") == [32]
    assert config == {name: value for name, value in dataclasses.asdict(SETTINGS).items() if name != "hidden"}


def test_a_run_may_be_created_again(run):
    run.create()
    assert [path.name for path in run.folder.iterdir()] == ["config.json"]


def test_a_folder_of_another_run_is_left_alone(run):
    other = json.dumps({**SETTINGS.as_dict(), "seeds": 3})
    (run.folder / "config.json").write_text(other)
    with pytest.raises(FileExistsError, match="other settings"):
        run.create()
    assert (run.folder / "config.json").read_text() == other


def test_a_run_is_finished_once_its_metrics_are_there(run):
    assert not run.finished
    with pytest.raises(FileNotFoundError):
        run.read_metrics()
    write_json(run.metrics, {"seeds": 16})
    assert run.finished
    assert run.read_metrics() == {"seeds": 16}


def test_a_published_set_is_replaced(run):
    def draw(*names):
        for path in run.figures():
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


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_stays_if_its_replacement_fails(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def replace_and_fail():
        with replacing(path) as temporary:
            temporary.write_text("half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_and_fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_json_holds_no_number_that_json_has_no_word_for(tmp_path, number):
    path = tmp_path / "file.json"
    write_json(path, [1.5, None])
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, [number])
    assert json.loads(path.read_text()) == [1.5, None]
    assert list(tmp_path.iterdir()) == [path]
