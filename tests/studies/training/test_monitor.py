"""Monitors that experiments declare: what they get, and that nothing depends on them."""

import dataclasses
import signal
from itertools import product

import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out, executed
from lstm_toys.execution.signals import Interruption
from lstm_toys.populations import blocks, train
from lstm_toys.runs.experiment import parse
from lstm_toys.studies.sweep.settings import SweepSettings
from lstm_toys.studies.sweep.study import Sweep

LINE = {"slope": 0.5, "intercept": 0.1}
SMALL = {"timesteps": 9, "steps": 6, "learning_rate": 0.1, "hidden": (2,)}
RAMP = lt.Experiment("ramp", "A ramp.", SMALL, lambda x: lt.reproduce("line", LINE, x))


def monitored(monitor):
    return dataclasses.replace(RAMP, monitor=monitor)


@pytest.fixture
def train_ramp(tmp_path, monkeypatch):
    """Trains nine networks in two groups, with a monitor, as a command does; each call of the program is one step."""
    monkeypatch.setattr(blocks, "GROUP_MEMBERS", 4)
    monkeypatch.setattr(train, "CALL_SECONDS", 0.0)
    return lambda monitor: carry_out(monitored(monitor), ["--seeds=9", f"--results_dir={tmp_path}"])


def found(tmp_path):
    (run,) = (tmp_path / "runs").iterdir()
    return run, lt.load(run).results.training


def test_a_monitor_gets_every_record_of_all_networks_then_the_summary_and_figures(train_ramp, tmp_path, capsys):
    told = []
    assert train_ramp(told.append) == 0
    run, records = found(tmp_path)
    *during, last = told
    assert [each.step for each in during] == [*range(7)]
    np.testing.assert_array_equal([each.losses for each in during], records.train_loss.T)
    rmse = [each.measures["train_rmse/y"] for each in during]
    np.testing.assert_array_equal(rmse, records.train_rmse[..., 0].T)
    assert all(each.sound.all() and not each.summary for each in during)
    assert {each.run for each in told} == {run.name}
    assert all(each.settings["learning_rate"] == 0.1 for each in told)
    assert (last.step, last.medians) == (6, {})
    assert last.summary["summary"]["train MSE"]["median"] == pytest.approx(np.median(during[-1].losses))
    assert {*last.figures} == {*run.glob("*.png")} != set()
    capsys.readouterr()
    assert train_ramp(None) == 0  # It is the same run without a monitor.
    assert "ramp: already finished" in capsys.readouterr().out


def test_a_monitor_that_raises_is_reported_once_and_ends_nothing(train_ramp, tmp_path, capsys):
    told = []

    def monitor(recorded):
        told.append(recorded.step)
        if recorded.step == 2:
            raise OSError("no\nspace")

    assert train_ramp(monitor) == 0
    run, _ = found(tmp_path)
    output, errors = capsys.readouterr()
    (line,) = (line for line in output.splitlines() if "raised" in line)
    assert line.startswith(f"{run.name}: its monitor raised OSError: no space (test_monitor.py, line ")
    assert line.endswith("); it is not called again")
    assert (told, errors) == ([0, 1, 2], "")


def test_the_monitor_of_a_continued_training_goes_on_in_the_same_run(train_ramp, tmp_path, monkeypatch):
    told = []

    def interrupted(interruption):
        if told and told[-1].step == 2:
            interruption.number = signal.SIGTERM
        return bool(interruption.number)

    with monkeypatch.context() as patch:
        patch.setattr(Interruption, "__call__", interrupted)
        assert train_ramp(told.append) == 143
    first = [each.step for each in told]
    assert first[:3] == [0, 1, 2]
    assert train_ramp(told.append) == 0
    run, records = found(tmp_path)
    *second, _ = [each.step for each in told[len(first) :]]
    assert second == [*range(first[-1], 7)]
    np.testing.assert_array_equal([each.losses for each in told[len(first) : -1]], records.train_loss.T[first[-1] :])
    assert {each.run for each in told} == {run.name}


def test_every_setting_of_a_sweep_is_a_run_of_its_own(tmp_path):
    told = {}
    experiment = monitored(lambda recorded: told.setdefault(recorded.run, []).append(recorded))
    varied = [*product((0.01, 0.1), (2, 4))]
    settings = tuple(
        parse(experiment, ["--seeds=3", f"--learning_rate={rate}", f"--steps={steps}"])[0] for rate, steps in varied
    )
    run = executed(Sweep(experiment, SweepSettings("sweep", settings=settings)), tmp_path)
    losses = lt.load_results(run.results).training.train_loss
    assert sorted(told) == [f"{run.folder.name}-{number}" for number in range(4)]
    for number, (rate, steps) in enumerate(varied):
        each = told[f"{run.folder.name}-{number}"]
        assert {(one.settings["learning_rate"], one.settings["steps"]) for one in each} == {(rate, steps)}
        assert [one.step for one in each] == [*range(steps + 1)]
        expected = losses.isel(setting=number).sel(step=slice(0, steps))
        np.testing.assert_array_equal([one.losses for one in each], expected.transpose("step", "seed"))
