"""An experiment whose networks answer classes, from the command to the table."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out
from lstm_toys.cli import generalization, modules, sweep
from lstm_toys.results import storage


def examples(key, count, points):
    bits = jax.random.bernoulli(key, 0.5, (count, points)).astype(jnp.float32)
    more = (jnp.cumsum(2 * bits - 1, axis=1) > 0).astype(jnp.float32)
    return lt.Examples(bits[..., None], more[..., None], 4 + jnp.arange(count) % (points - 3))


def task(x):
    def drawn(key, _):
        return examples(key, 16, len(x))

    return lt.Task(drawn, ("bit",), ("fewer", "more"), sequence=True, loss="cross_entropy")


def probes(x):
    made = examples(jax.random.key(7), 5, len(x))
    targets = np.asarray(made.targets).copy()
    targets[0, 3:] = np.nan
    return [lt.Probe("unseen", np.asarray(made.inputs), {"number": np.arange(5.0)}, targets=targets)]


GOAL = lt.Goal(accuracy=0.9, features=("sequences",))
EXPERIMENT = lt.Experiment(
    name="majority",
    doc="Whether there have been more ones than zeros so far.",
    defaults={"steps": 150, "learning_rate": 0.02, "optimizer": "rmsprop", "hidden": "6", "readout": "dense"},
    fixed={"timesteps": 12},
    goal=GOAL,
    task=task,
    probes=probes,
    draw=lambda results, _: {"loss.png": lt.figures.loss(results, "Majority", goal=GOAL)},
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run, and its labeled results."""
    folder = tmp_path_factory.mktemp("classes")
    assert carry_out(EXPERIMENT, ["--seeds=3", "--quiet", f"--results_dir={folder}"]) == 0
    (run,) = (folder / "runs").iterdir()
    return run, storage.load_results(run / "results.nc", set())


def test_the_accuracies_are_those_of_the_answers(trained):
    run, found = trained
    metrics = json.loads((run / "metrics.json").read_text())
    assert found.answer.dims == ("seed", "curve", "time", "output_feature")
    known = found.truth.notnull().values
    right = (found.answer.values.argmax(-1) == found.truth.values) & known
    points = right.sum((1, 2)) / known.sum()
    whole = (right | ~known).all(2).mean(1)
    summary = metrics["summary"]
    np.testing.assert_allclose(summary["unseen, accuracy over points"]["median"], np.median(points))
    np.testing.assert_allclose(summary["unseen, accuracy over sequences"]["median"], np.median(whole))
    last = found.train_accuracy.values[:, -1, 1]
    np.testing.assert_allclose(summary["train accuracy over sequences"]["median"], np.median(last))
    assert metrics["converged"] == (last >= 0.9).sum()
    assert metrics["goal"] == "train accuracy over sequences at least 0.9"
    assert "train accuracy over points (weighted as in the loss)" in summary  # And not that of the probe.
    np.testing.assert_allclose(metrics["train_loss"], found.train_loss.values[:, -1])
    assert "train_mse" not in metrics


def test_the_figure_of_losses_has_the_accuracy_of_the_goal(trained):
    _, found = trained
    labels = [axes.get_ylabel() for axes in lt.figures.loss(found, "Majority", goal=GOAL).axes]
    assert labels == ["train cross-entropy", "train accuracy over sequences"]


def made_at(key, _, length):
    return examples(key, 4, length)


def longer(x):
    return dataclasses.replace(task(x), at_length=made_at)


MARGIN = lt.Measure("margin", lambda answer, _: jnp.abs(answer[:, 0] - answer[:, 1]).min(), "margin", "logits")
LONGER = dataclasses.replace(
    EXPERIMENT, task=longer, probes=lambda x: [*probes(x), lt.probe_at("long", longer(x), 30)], measures=(MARGIN,)
)


@pytest.fixture
def told(monkeypatch):
    monkeypatch.setattr(modules, "declared", lambda *_: LONGER)


def right(answer, truth):
    """Which points are right, and which are known, by NumPy alone."""
    known = ~np.isnan(truth)
    return (answer.argmax(-1) == truth) & known, known


def test_a_probe_of_its_own_length_is_a_set_of_its_own(tmp_path):
    assert carry_out(LONGER, ["--seeds=2", "--steps=30", "--quiet", f"--results_dir={tmp_path}"]) == 0
    (run,) = (tmp_path / "runs").iterdir()
    found, saved = storage.load_results(run / "results.nc"), lt.load(run)
    assert found.answer_long.dims == ("seed", "curve_long", "time_long", "output_feature")
    assert found.answer.sizes["time"], found.answer_long.sizes["time_long"] == (12, 30)
    np.testing.assert_allclose(np.diff(found.time_long), found.time[1] - found.time[0], rtol=1e-5)
    long = lt.probed(found, "long")
    np.testing.assert_array_equal(long.answer, lt.answers(saved.model, saved.params, long.input.values, block=4))
    ours, known = right(long.answer.values, long.truth.values)
    summary = json.loads((run / "metrics.json").read_text())["summary"]
    points = ours.sum((1, 2)) / known.sum()
    np.testing.assert_allclose(summary["long, accuracy over points"]["median"], np.median(points))
    assert "unseen, accuracy over points" in summary
    np.testing.assert_array_equal(lt.right(long), (ours | ~known).all(2))
    assert lt.probed(found, "unseen").answer.sizes["time"] == 12
    with pytest.raises(ValueError, match=r"there are no answers to 'short'; the probes are unseen, long"):
        lt.probed(found, "short")


@pytest.mark.usefixtures("told")
def test_a_sweep_has_accuracies_and_measures_of_every_probe(tmp_path, capsys):
    grid = ["--task=majority", "--seeds=2", "--grid=steps=10 30", f"--results_dir={tmp_path}"]
    assert carry_out(sweep, grid) == 0
    (run,) = (tmp_path / "runs").iterdir()
    found = storage.load_results(run / "results.nc", set())
    assert found.probe.values.tolist() == ["unseen", "long"]
    ours, known = right(found.answer.values, found.truth.values)
    unseen = found.accuracy.sel(probe="unseen")
    np.testing.assert_allclose(unseen.sel(counted="points"), ours.sum((2, 3)) / known.sum(), rtol=1e-6)
    np.testing.assert_allclose(unseen.sel(counted="sequences"), (ours | ~known).all(3).mean(2), rtol=1e-6)
    answer = found.answer.values
    margin = np.abs(answer[..., 0] - answer[..., 1]).min(-1).mean(-1)
    np.testing.assert_allclose(found.margin.sel(probe="unseen"), margin, rtol=1e-5)
    assert {path.name for path in run.glob("*.png")} == {
        *("accuracy.png", "loss.png", "accuracy_over_points.png", "accuracy_over_sequences.png", "margin.png")
    }
    words = " ".join(capsys.readouterr().out.split())
    assert "train loss" in words
    assert "train MSE" not in words


@pytest.mark.usefixtures("told")
def test_networks_are_measured_at_the_lengths_that_their_task_makes(tmp_path):
    flags = ["--task=majority", "--seeds=2", "--steps=30", "--length=12:30:2", "--quiet", f"--results_dir={tmp_path}"]
    assert carry_out(generalization, flags) == 0
    (run,) = (tmp_path / "runs").glob("generalization*")
    (population,) = (tmp_path / "runs").glob("majority*")
    saved, found = lt.load(population), storage.load_results(run / "results.nc", set())
    assert found.length.values.tolist() == [12, 30]
    for length in (12, 30):
        shown = lt.probe_at("it", longer(np.arange(12.0)), length)
        answers = lt.answers(saved.model, saved.params, shown.inputs, block=4)
        ours, known = right(answers, shown.targets[..., 0])
        own = found.accuracy.sel(length=length)
        np.testing.assert_allclose(own.sel(counted="points"), ours.sum((1, 2)) / known.sum(), rtol=1e-6)
        np.testing.assert_allclose(own.sel(counted="sequences"), (ours | ~known).all(2).mean(1), rtol=1e-6)
        margin = np.abs(answers[..., 0] - answers[..., 1]).min(-1).mean(-1)
        np.testing.assert_allclose(found.margin.sel(length=length), margin, rtol=1e-5)
    summary = json.loads((run / "metrics.json").read_text())["summary"]
    assert "30 time points, accuracy over sequences" in summary
    assert (run / "length.png").is_file()


@pytest.mark.parametrize(
    ("own", "more", "message"),
    [
        (EXPERIMENT, ["--curve=mine.csv"], "needs networks that answer values, but these learn by cross_entropy"),
        (EXPERIMENT, [], "nor a task with at_length, for longer sequences"),
        (
            dataclasses.replace(
                LONGER, task=lambda x: dataclasses.replace(task(x), at_length=lambda key, *_: examples(key, 4, 12))
            ),
            [],
            "at_length must return 24 time points, not 12",
        ),
        (
            dataclasses.replace(LONGER, measures=(lt.Measure("all", lambda answer, _: answer, "all"),)),
            [],
            "its measure all cannot be computed: ValueError: it must return a single number for each answer",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused_before_training(own, more, message, monkeypatch, tmp_path, capsys):
    (tmp_path / "mine.csv").write_text("y\n" + "0.5\n" * 12)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(modules, "declared", lambda *_: own)
    flags = ["--task=majority", "--seeds=2", "--quiet", f"--results_dir={tmp_path}", *more]
    assert carry_out(generalization, flags) == 2
    assert message in capsys.readouterr().err
