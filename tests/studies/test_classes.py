"""An experiment whose networks answer classes, from the command to the table."""

import dataclasses
import json
import shutil

import majority
import numpy as np
import parity
import pytest
from commands import generalization, sweep

import lstm_toys as lt
from conftest import carry_out
from lstm_toys.results import storage
from lstm_toys.results.arrays import names_of

SMALL = ("--task=majority", "--seeds=3", "--quiet")


@pytest.fixture(scope="module")
def run(world):
    return world("majority").run


@pytest.fixture(scope="module")
def found(run):
    return lt.load_results(run / "results.nc")


def accuracies(answer, truth):
    """Over points and over sequences, for networks along the first axis, by NumPy alone."""
    known = ~np.isnan(truth)
    right = (answer.argmax(-1) == truth) & known
    return right.sum((-2, -1)) / known.sum(), (right | ~known).all(-1).mean(-1)


def test_the_accuracies_are_those_of_the_answers(run, found):
    metrics = json.loads((run / "metrics.json").read_text())
    summary, training = metrics["summary"], found["training"]
    for probe in ("unseen", "long"):
        own = lt.probed(found, probe)
        assert own.answer.dims == ("seed", "curve", "time", "output_feature")
        points, sequences = accuracies(own.answer.values, own.truth.values)
        np.testing.assert_allclose(summary[f"{probe}, accuracy over points"]["median"], np.median(points))
        np.testing.assert_allclose(summary[f"{probe}, accuracy over sequences"]["median"], np.median(sequences))
        np.testing.assert_allclose(lt.right(own).mean(axis=1), sequences)
    last = training.train_accuracy.values[:, -1, 1]
    np.testing.assert_allclose(summary["train accuracy over sequences"]["median"], np.median(last))
    assert metrics["converged"] == (last >= 0.9).sum()
    assert metrics["goal"] == "train accuracy over sequences at least 0.9"
    assert "train accuracy over points" in summary
    learned = training.train_accuracy.sel(counted="sequences") >= 0.9
    np.testing.assert_array_equal(found.learned, learned.isel(step=-1))
    np.testing.assert_array_equal(found.reason != "", ~found.learned)
    assert {each["seed"] for each in metrics["unlearned"]} == set(np.flatnonzero(~found.learned))
    np.testing.assert_allclose(metrics["train_loss"], training.train_loss.values[:, -1])
    assert "train_mse" not in metrics


def test_a_probe_of_its_own_length_is_a_set_of_its_own(run, found):
    long, unseen, saved = lt.probed(found, "long"), lt.probed(found, "unseen"), lt.load(run)
    assert (unseen.answer.sizes["time"], long.answer.sizes["time"]) == (20, 30)
    np.testing.assert_allclose(np.diff(long.time), unseen.time[1] - unseen.time[0], rtol=1e-5)
    np.testing.assert_array_equal(long.answer, lt.answers(saved, long.input.values, block=4))
    with pytest.raises(ValueError, match=r"there are no answers to 'short'; the probes are unseen, long"):
        lt.probed(found, "short")


def test_a_sweep_has_accuracies_of_every_probe(tmp_path, capsys):
    assert carry_out(sweep, [*SMALL[:2], "--grid=steps=10 30", f"--results_dir={tmp_path}"]) == 0
    (run,) = (tmp_path / "runs").iterdir()
    found = storage.load_results(run / "results.nc", set())
    assert names_of(found) == ["unseen", "long"]
    for probe in names_of(found):
        own = found[probe]
        points, sequences = accuracies(own.answer.values, own.truth.values)
        np.testing.assert_allclose(own.accuracy.sel(counted="points"), points, rtol=1e-6)
        np.testing.assert_allclose(own.accuracy.sel(counted="sequences"), sequences, rtol=1e-6)
    drawn = {"accuracy", "loss", "accuracy_over_points", "accuracy_over_sequences"}
    assert {path.stem for path in run.glob("*.png")} == drawn
    words = " ".join(capsys.readouterr().out.split())
    assert "train cross-entropy" in words
    assert "train MSE" not in words


@pytest.mark.usefixtures("drawing")
def test_a_sweep_needs_no_probes(tmp_path, monkeypatch):
    monkeypatch.setattr(parity, "EXPERIMENT", dataclasses.replace(parity.EXPERIMENT, probes=lambda _: []))
    arguments = ["--task=parity", "--seeds=2", "--grid=steps=2 4", f"--results_dir={tmp_path}"]
    assert carry_out(sweep, arguments) == 0
    (run,) = (tmp_path / "runs").iterdir()
    found = storage.load_results(run / "results.nc", set())
    assert [*found.children] == ["training"]
    assert {"accuracy", "loss"} <= {path.stem for path in run.glob("*.png")}
    told = json.loads((run / "metrics.json").read_text())  # Of fresh examples.
    assert told["loss"] == "validation binary cross-entropy"
    assert told["goal"] == "validation accuracy over points at least 0.9"


def test_networks_are_measured_at_the_lengths_that_their_task_makes(run, tmp_path):
    shutil.copytree(run, tmp_path / "runs" / run.name)
    assert carry_out(generalization, [*SMALL, "--length=20:30:2", f"--results_dir={tmp_path}"]) == 0
    (measured,) = (tmp_path / "runs").glob("generalization*")
    saved, found = lt.load(run), storage.load_results(measured / "results.nc", set())
    assert found.length.values.tolist() == [20, 30]
    summary = json.loads((measured / "metrics.json").read_text())["summary"]
    for length in (20, 30):
        shown = lt.probe_at("it", majority.task(np.arange(20.0)), length)
        answers = lt.answers(saved, shown.inputs, block=4)
        truth = np.where(np.arange(length) < shown.lengths[:, None], shown.targets[..., 0], np.nan)
        points, sequences = accuracies(answers, truth)
        own = found.sel(length=length)
        np.testing.assert_allclose(own["accuracy over points"], points, rtol=1e-6)
        np.testing.assert_allclose(own["accuracy over sequences"], sequences, rtol=1e-6)
        assert summary[f"{length} time points, accuracy over sequences"]["median"] == np.median(sequences)
    short = dataclasses.replace(majority.task(np.arange(20.0)), at_length=lambda key, *_: majority.drawn(key, 4, 20))
    with pytest.raises(ValueError, match="at_length must return 40 time points, not 20"):
        lt.probe_at("it", short, 40)
