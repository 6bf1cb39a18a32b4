"""The summary of labeled results, against NumPy."""

import json

import numpy as np
import pytest

from experiments.sine import EXPERIMENT
from lstm_toys.results import arrays, summary
from lstm_toys.tasks.goal import Goal

FAMILIES = {"line": 5, "line_origin": 6, "amplitude": 6, "phase": 6, "frequency": 6}


def test_errors_are_taken_over_all_curves_of_a_family(hand_made):
    labeled = hand_made()
    errors = summary.family_rmse(labeled)
    first = 0
    for family, count in FAMILIES.items():
        part = slice(first, first + count)
        difference = labeled.answer.values[:, part] - labeled.input.values[part]
        np.testing.assert_allclose(errors[family], np.sqrt(np.mean(difference**2, axis=(1, 2, 3))))
        first += count
    assert list(errors) == list(FAMILIES)


def strict_json(value):
    return json.loads(json.dumps(value, allow_nan=False))


def test_metrics_leave_out_diverged_seeds(hand_made):
    labeled = hand_made(6, diverged=(1, 4))
    metrics = strict_json(summary.metrics(labeled, EXPERIMENT.goal))
    assert metrics["diverged_seeds"] == [1, 4]
    assert (metrics["experiment"], metrics["seeds"], metrics["steps"]) == ("sine", 6, 100)
    final = labeled.train_loss.values[:, -1]
    assert metrics["train_mse"] == [None if seed in (1, 4) else final[seed] for seed in range(6)]
    rows = metrics["summary"]
    kept = np.delete(final, (1, 4))
    quartiles = dict(zip(("low", "median", "high"), np.quantile(kept, (0.25, 0.5, 0.75)), strict=True))
    assert {name: rows["train MSE"][name] for name in quartiles} == pytest.approx(quartiles)
    for family, errors in summary.family_rmse(labeled).items():
        row = rows[f"{family}, RMSE to target"]
        assert row["median"] == pytest.approx(np.median(np.delete(errors, (1, 4))))
        assert 0.15 < row["low"] <= row["median"] <= row["high"] < 0.25
        assert row["interval"] == "95 % bootstrap"


def inputs(labeled):
    return labeled


def targets(labeled):
    return labeled.assign(truth=labeled.input + 1)


def of_another_length(labeled):
    return labeled.merge(arrays._named(targets(labeled)[["answer", "input", "truth", "family"]], "long"))


@pytest.mark.parametrize(
    ("made", "row", "least"), [(inputs, "line", 0), (targets, "line", 0.8), (of_another_length, "long", 0.8)]
)
def test_errors_are_to_the_target_whatever_it_is(hand_made, made, row, least):
    rows = summary.summary(made(hand_made()), EXPERIMENT.goal)
    assert rows[f"{row}, RMSE to target"][0].value > least
    assert not any("to input" in each or "to truth" in each for each in rows)


def test_metrics_without_a_seed_left_are_null(hand_made):
    metrics = strict_json(summary.metrics(hand_made(2, diverged=(0, 1)), EXPERIMENT.goal))
    assert metrics["diverged_seeds"] == [0, 1]
    assert metrics["train_mse"] == [None, None]
    assert metrics["converged"] == 0
    assert {row[part] for row in metrics["summary"].values() for part in ("median", "low", "high")} == {None}


def test_a_seed_has_learned_when_it_meets_the_goal_for_good(hand_made):
    labeled = hand_made(5, diverged=(4,))
    steps = labeled.step.values
    losses = np.tile(np.linspace(1.0, 0.0, len(steps)), (5, 1))
    losses[1, 8] = 0.9  # Falls back once.
    losses[2] = 0.5  # Never gets there.
    losses[3] = 0.0  # Is there from the beginning.
    labeled["train_loss"][:] = losses
    labeled["train_rmse"][:] = losses[:, :, None]
    expected = [steps[7], steps[9], np.inf, steps[0], np.inf]
    for goal in (Goal(rmse=0.31), Goal(rmse=0.31, features=("y",))):
        np.testing.assert_array_equal(summary.steps_to_goal(labeled, goal), expected)
        metrics = strict_json(summary.metrics(labeled, goal))
        assert metrics["steps_to_goal"] == [70, 90, None, 0, None]
        assert metrics["converged"] == 3
        row = metrics["summary"]["steps until learned"]
        assert (row["low"], row["median"], row["high"]) == (0, 70, 90)
