"""The summary of labeled results: which networks count, which learned, and what the rows are called."""

import json

import numpy as np
import pytest
import xarray as xr
from drawn import labels

import lstm_toys as lt
from conftest import untrained
from experiments.sine import EXPERIMENT
from lstm_toys.results import summary
from lstm_toys.results.arrays import of_networks, probed
from lstm_toys.tasks.goal import Goal


def strict_json(value):
    return json.loads(json.dumps(value, allow_nan=False))


def test_metrics_leave_out_diverged_seeds(hand_made):
    labeled = hand_made(12, diverged=(1, 4))
    metrics = strict_json(summary.metrics(labeled, EXPERIMENT.goal))
    assert (metrics["diverged_seeds"], metrics["last_sound_steps"]) == ([1, 4], [20, 20])
    assert (metrics["experiment"], metrics["seeds"], metrics["steps"]) == ("sine", 12, 100)
    final = labeled.training.train_loss.values[:, -1]
    assert metrics["train_mse"] == [None if seed in (1, 4) else final[seed] for seed in range(12)]
    rows = metrics["summary"]
    kept = np.delete(final, (1, 4))
    quartiles = dict(zip(("low", "median", "high"), np.quantile(kept, (0.25, 0.5, 0.75)), strict=True))
    assert {name: rows["train MSE"][name] for name in quartiles} == pytest.approx(quartiles)
    for probe in ("line", "line_origin", "amplitude", "phase", "frequency"):
        row = rows[f"{probe}, RMSE to target"]
        errors = summary.measured(probed(labeled, probe)).values
        assert row["median"] == pytest.approx(np.median(np.delete(errors, (1, 4))))
        assert 0.15 < row["low"] <= row["median"] <= row["high"] < 0.25
        assert row["interval"] == "95 % bootstrap"


def test_what_fresh_examples_record_is_called_validation(hand_made):
    """As the loss says of itself; other losses say nothing, so that their files stay as they are."""
    examples = lt.Examples(*(np.ones((2, 12, 1)),) * 2)
    tasks = (lt.Task(lambda *_: examples, ("y",), ("y",), sequence=True, fresh=fresh) for fresh in (True, False))
    fresh, usual = (untrained(task, lt.Stack(1, (2,))).results.training.train_loss.attrs for task in tasks)
    assert usual == {}
    labeled, goal = hand_made(), Goal(rmse=0.1, features=("y",))
    labeled.training.train_loss.attrs |= fresh
    metrics = strict_json(summary.metrics(labeled, goal))
    assert [*metrics["summary"]][:2] == ["validation MSE", "validation RMSE of y after the first tenth"]
    assert metrics["goal"] == "validation RMSE of y at most 0.1"
    assert [axes.get_ylabel() for axes in lt.figures.loss(labeled, "", goal=goal).axes] == [*metrics["summary"]][:2]
    assert "validation curve" in labels(lt.figures.training_answer(labeled, "").axes[0])


def test_metrics_without_a_seed_left_are_null(hand_made):
    metrics = strict_json(summary.metrics(hand_made(2, diverged=(0, 1)), EXPERIMENT.goal))
    assert metrics["diverged_seeds"] == [0, 1]
    assert metrics["train_mse"] == [None, None]
    assert metrics["converged"] == 0
    assert {row[part] for row in metrics["summary"].values() for part in ("median", "low", "high")} == {None}


def test_a_seed_has_learned_when_it_meets_the_goal_for_good(hand_made):
    labeled = hand_made(5, diverged=(4,))
    steps = labeled.training.step.values
    losses = np.tile(np.linspace(1.0, 0.0, len(steps)), (5, 1))
    losses[1, 8] = 0.9  # Falls back once.
    losses[2] = 0.5  # Never gets there.
    losses[3] = 0.0  # Is there from the beginning.
    labeled.training.train_rmse[:] = losses[:, :, None]
    expected = [steps[7], steps[9], np.inf, steps[0], np.inf]
    for goal in (Goal(rmse=0.31), Goal(rmse=0.31, features=("y",))):
        np.testing.assert_array_equal(summary.steps_to_goal(probed(labeled, "training"), goal), expected)
        metrics = strict_json(summary.metrics(labeled, goal))
        assert metrics["steps_to_goal"] == [70, 90, None, 0, None]
        assert metrics["converged"] == 3
        row = metrics["summary"]["steps until learned"]
        assert (row["low"], row["median"], row["high"]) == (0, 70, 90)


def test_each_seed_that_did_not_learn_has_a_reason(hand_made):
    """By hand, of six seeds with eleven records each, the goal being met below 0.31."""
    labeled = hand_made(6, diverged=(4,))
    losses = np.tile(np.linspace(1.0, 0.0, 11), (6, 1))
    losses[1, [5, 9, 10]] = 0.1, 0.9, 0.9  # Meets it at steps 50, 70 and 80.
    losses[2] = 0.5
    losses[3, 10] = np.nan
    labeled.training.train_rmse[:] = losses[:, :, None]
    labeled.sound_step[4] = 20
    expected = {
        1: "met the goal and lost it after step 80",
        2: "never met the goal",
        3: "met the goal and lost it after step 90",
        4: "diverged after step 20",
    }
    goal = Goal(rmse=0.31)
    assert {each.seed: str(each) for each in summary.unlearned(probed(labeled, "training"), goal)} == expected
    told = summary.judged(labeled, goal)
    assert told.learned.values.tolist() == [seed not in expected for seed in range(6)]
    assert told.reason.values.tolist() == [expected.get(seed, "") for seed in range(6)]
    swept = of_networks(labeled, {}, {"seed": [0, 1, 2, 0, 1, 2]})  # Two settings.
    assert summary.judged(swept, goal).learned.values.tolist() == told.learned.values.tolist()
    metrics = strict_json(summary.metrics(labeled, goal))
    assert metrics["unlearned"][0] == {"seed": 1, "why": "met the goal and lost it", "step": 80}
    assert metrics["converged"] + len(metrics["unlearned"]) == metrics["seeds"]


def bits(answer, truth, n):
    """Answers to bits, of which the parameter n is known."""
    axes = ("seed", "curve", "time", "output_feature")
    answered = {"answer": (axes, answer, {"loss": "binary_cross_entropy"}), "truth": (axes[1:], truth)}
    return xr.Dataset(answered, {"parameter_n": ("curve", n)})


def test_what_is_accepted_ends_at_the_first_wrong_one_whatever_the_order():
    right = np.array([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [0, 0, 0, 0]], bool)
    n = np.array([4, 1, 3, 2])  # Of the second network 1 is wrong, of the third 3.
    answer = np.where(right, 1.0, -1.0)[:, :, None, None]
    every = bits(answer, np.ones((4, 1, 1)), n)
    assert lt.sequences.accepted(every, by="n").tolist() == [4, 0, 2, 0]
    assert lt.sequences.accepted([every.isel(curve=[0, 1]), every.isel(curve=[2, 3])], by="n").tolist() == [4, 0, 2, 0]


def test_answers_without_a_truth_are_neither_right_nor_wrong():
    answer, truth = np.ones((1, 1, 2, 1)), np.full((1, 2, 1), np.nan)
    with pytest.raises(ValueError, match="of which no target is known"):
        lt.sequences.right(bits(answer, truth, [1]))
    with pytest.raises(ValueError, match="only answers of classes or bits"):
        lt.sequences.right(xr.Dataset({"answer": (("seed", "curve", "time", "feature"), answer)}))
