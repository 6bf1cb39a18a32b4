"""Runs on disk: their names, their folders, their locks."""

import dataclasses
import json
import re
import shutil
import threading
from pathlib import Path

import pytest

from experiments.sine import EXPERIMENT
from lstm_toys.files import Damaged, read_sealed, sha256, write_sealed
from lstm_toys.runs.experiment import parse
from lstm_toys.runs.folder import Busy, Run, why_new
from lstm_toys.runs.identity import Settings
from lstm_toys.tasks.goal import EarlyStopping

SETTINGS, _ = parse(EXPERIMENT, [])
OTHERS = (
    {"experiment": "line", "seeds": 17, "base_seed": 1, "steps": 4_001, "learning_rate": 0.2, "optimizer": "adam"}
    | {"momentum": 0.5, "decay": 0.99, "hidden": (32, 32), "readout": "dense", "timesteps": 50, "noise": 0.1}
    | {"block": 4, "keep_steps": (10,), "numbers": (), "cell": "gru", "gates": "sigmoid"}
    | {"early_stopping": EarlyStopping(records=3, best=True)}
)

ONE, OTHER = {"probes": "one", "training": "one"}, {"probes": "one", "training": "two", "goal": "one"}


def computing(value, settings=SETTINGS, results_dir=Path()):
    """A run that computes something."""
    return Run.named(results_dir / "runs", settings.as_dict(), value)


@pytest.fixture
def run(tmp_path):
    run = computing(ONE, results_dir=tmp_path / "results")
    run.folder.mkdir(parents=True)
    with run.locked():
        pass
    return run


def lock(run, **options):
    """Locks a run for a moment."""
    with run.locked(**options):
        pass


def test_equal_settings_are_the_same_run_and_any_other_setting_or_value_another():
    every = [
        dataclasses.replace(SETTINGS, **{field.name: OTHERS[field.name]}) for field in dataclasses.fields(Settings)
    ]
    names = [computing(ONE, settings).folder.name for settings in (SETTINGS, dataclasses.replace(SETTINGS), *every)]
    names.append(computing(OTHER).folder.name)
    assert re.fullmatch("sine-[0-9a-f]{10}", names[0])
    assert names[0] == names[1]
    assert len(set(names)) == len(names) - 1


def test_a_lock_keeps_others_away_and_leaves_the_settings_alone(run):
    before = (run.folder / "config.json").stat().st_mtime_ns
    with run.locked():
        with pytest.raises(Busy, match=run.folder.name):
            lock(computing(ONE, results_dir=run.folder.parents[1]))
        other = computing(ONE, dataclasses.replace(SETTINGS, seeds=3), run.folder.parents[1])
        other.folder.mkdir()
        lock(other)
    lock(run)
    assert (run.folder / "config.json").stat().st_mtime_ns == before
    assert {path.name for path in run.folder.iterdir()} == {"config.json", ".lock"}


def test_a_folder_of_another_run_is_left_alone_unless_it_is_to_be_made_anew(run):
    before = json.loads((run.folder / "config.json").read_text())
    other = json.dumps({**before, "seeds": 3})
    (run.folder / "config.json").write_text(other)
    with pytest.raises(Damaged, match="does not match the name of its folder"):
        lock(run)
    assert (run.folder / "config.json").read_text() == other
    lock(run, anew=True)
    assert json.loads((run.folder / "config.json").read_text()) == before


def finish(run, **metrics):
    (run.folder / "results.nc").write_text("arrays")
    run.write_metrics({"files": {"results.nc": sha256(run.folder / "results.nc")}, "seconds": {}, **metrics})


def test_a_run_is_finished_while_all_that_it_wrote_is_there(run):
    assert not run.finished
    with pytest.raises(FileNotFoundError):
        run.read_metrics()
    finish(run, seeds=16)
    assert run.finished
    assert (run.read_metrics()["seeds"], run.read_metrics()["run"]) == (16, run.folder.name)
    (run.folder / "results.nc").unlink()
    assert not run.finished
    finish(run)
    with run.locked(anew=True):
        assert not run.finished


def test_the_summary_of_another_run_is_told(run):
    other = computing(OTHER, results_dir=run.folder.parents[1])
    other.folder.mkdir()
    finish(other)
    shutil.copy(other.metrics, run.metrics)
    with pytest.raises(Damaged, match=f"belongs to another run, {other.folder.name}"):
        run.read_metrics()


ELSEWHERE = ["../victim.png", "/victim.png", "below/victim.png", "..", ".", "", "a\0.png", "\ud800.png", 3, None]

SPOILED = [
    *({"figures": ["loss.png", name]} for name in [*ELSEWHERE, "results.nc", ".lock"]),
    *({"files": {name: ""}} for name in ELSEWHERE if isinstance(name, str)),
    *({name: each} for name in ("files", "seconds", "value") for each in (None, ["a"], "a", 3)),
    *({"figures": each} for each in (None, {"a": 1}, "a", 3)),
]


@pytest.mark.parametrize("entries", SPOILED)
def test_a_summary_that_names_what_no_run_records_is_damaged(run, entries):
    finish(run)
    write_sealed(run.metrics, read_sealed(run.metrics) | entries)  # As whoever passes it on could write it.
    with pytest.raises(Damaged, match=r"metrics\.json: is damaged: its '[a-z]+' is not what a run records"):
        run.read_metrics()


def test_only_a_file_that_the_run_wrote_is_read(run):
    finish(run)
    assert run.checked("results.nc") == run.folder / "results.nc"
    with (run.folder / "results.nc").open("ab") as file:
        file.write(b" ")
    with pytest.raises(Damaged, match=r"results\.nc: is damaged or belongs to another run"):
        run.checked("results.nc")


def test_a_missing_entry_of_a_summary_is_damage(run):
    finish(run, summary={"train MSE": {}})
    for read in (lambda: run.read_metrics()["seeds"], lambda: run.read_metrics()["summary"]["train MSE"]["median"]):
        with pytest.raises(Damaged, match=r"metrics\.json: is damaged, or .*: it has no entry '(seeds|median)'"):
            read()


def test_what_a_run_recorded_is_published_and_nothing_else(run, tmp_path):
    finish(run, figures=["loss.svg"])
    for name in ("loss.svg", "added.svg", "added.json", "loaded-1.json.gz", "population.json"):
        (run.folder / name).write_text("")
    run.publish(tmp_path / "published")
    assert {path.name for path in (tmp_path / "published").iterdir()} == {"loss.svg", "metrics.json", "manifest.json"}


def test_a_lock_is_waited_for(run):
    with run.locked():
        others = computing(ONE, results_dir=run.folder.parents[1])
        waiting = threading.Thread(target=lambda: lock(others, patience=60.0))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
    waiting.join()


def test_why_a_run_is_new_is_told_unless_it_was_begun_or_has_other_settings(run):
    new = computing(OTHER, results_dir=run.folder.parents[1])
    said = f"{new.folder.name}: new; {run.folder.name} has the same settings and other goal, training"
    assert why_new(new) == said
    assert why_new(run) is None
    assert why_new(computing(OTHER, dataclasses.replace(SETTINGS, seeds=3), run.folder.parents[1])) is None
