"""An experiment whose networks answer classes, from the command to the table."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out
from lstm_toys.cli import generalization, sweep
from lstm_toys.results import storage


def examples(key, count, points):
    bits = jax.random.bernoulli(key, 0.5, (count, points)).astype(jnp.float32)
    more = (jnp.cumsum(2 * bits - 1, axis=1) > 0).astype(jnp.float32)
    return lt.Examples(bits[..., None], more[..., None], 4 + jnp.arange(count) % (points - 3))


def task(x):
    drawn = lambda key, _: examples(key, 16, len(x))  # noqa: E731
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
    return run, storage.load_results(run / "results.nc")


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
    np.testing.assert_allclose(metrics["train_loss"], found.train_loss.values[:, -1])
    assert "train_mse" not in metrics


def test_the_figure_of_losses_has_the_accuracy_of_the_goal(trained):
    _, found = trained
    labels = [axes.get_ylabel() for axes in lt.figures.loss(found, "Majority", goal=GOAL).axes]
    assert labels == ["train cross-entropy", "train accuracy over sequences"]


@pytest.mark.parametrize(
    ("command", "more"), [(sweep, ["--grid=learning_rate=0.1 1"]), (generalization, ["--curve=mine.csv"])]
)
def test_studies_of_errors_refuse_classes(command, more, monkeypatch, tmp_path, capsys):
    from lstm_toys.cli import modules

    (tmp_path / "mine.csv").write_text("y\n" + "0.5\n" * 12)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(modules, "declared", lambda *_: EXPERIMENT)
    assert carry_out(command, ["--task=majority", "--seeds=2", "--quiet", f"--results_dir={tmp_path}", *more]) == 2
    assert "its networks learn by cross_entropy, and this measures errors of values" in capsys.readouterr().err
