"""The summary of labeled results, and which sequences are answered right, against NumPy and plain loops."""

import json

import numpy as np
import pytest
import xarray as xr
from drawn import labels

import lstm_toys as lt
from conftest import untrained
from experiments.sine import EXPERIMENT
from lstm_toys.figures.histories import goal_label
from lstm_toys.results import summary
from lstm_toys.results.arrays import nodes_of, of_networks, probed
from lstm_toys.tasks.goal import Goal

PROBES = {"line": 5, "line_origin": 6, "amplitude": 6, "phase": 6, "frequency": 6}


def changed(results, name, change):
    """Results with another node, or with another root."""
    nodes = nodes_of(results)
    return lt.Results.from_dict({**nodes, name: change(nodes[name])})


def errors_of(results, probe):
    return summary.measured(probed(results, probe)).values


def test_errors_are_taken_over_all_curves_of_a_probe(hand_made):
    labeled = hand_made()
    for probe, count in PROBES.items():
        own = labeled[probe]
        assert own.sizes["curve"] == count
        difference = own.answer.values - own.input.values
        np.testing.assert_allclose(errors_of(labeled, probe), np.sqrt(np.mean(difference**2, axis=(1, 2, 3))))


def strict_json(value):
    return json.loads(json.dumps(value, allow_nan=False))


def test_metrics_leave_out_diverged_seeds(hand_made):
    labeled = hand_made(6, diverged=(1, 4))
    metrics = strict_json(summary.metrics(labeled, EXPERIMENT.goal))
    assert metrics["diverged_seeds"] == [1, 4]
    assert (metrics["experiment"], metrics["seeds"], metrics["steps"]) == ("sine", 6, 100)
    final = labeled.training.train_loss.values[:, -1]
    assert metrics["train_mse"] == [None if seed in (1, 4) else final[seed] for seed in range(6)]
    rows = metrics["summary"]
    kept = np.delete(final, (1, 4))
    quartiles = dict(zip(("low", "median", "high"), np.quantile(kept, (0.25, 0.5, 0.75)), strict=True))
    assert {name: rows["train MSE"][name] for name in quartiles} == pytest.approx(quartiles)
    for probe in PROBES:
        row = rows[f"{probe}, RMSE to target"]
        assert row["median"] == pytest.approx(np.median(np.delete(errors_of(labeled, probe), (1, 4))))
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
    training = probed(labeled, "training")
    accuracies = training.train_rmse.rename(feature="counted").assign_coords(counted=["points"])
    accurate = training.drop_vars("train_rmse").assign(train_accuracy=accuracies.assign_attrs(after=0, weighted=0))
    label = goal_label(accurate, Goal(accuracy=0.9, after=0))
    assert label == "validation accuracy over points"
    assert "validation curve" in labels(lt.figures.training_answer(labeled, "").axes[0])


def test_errors_are_to_the_target_whatever_it_is(hand_made):
    other = changed(hand_made(), "line", lambda line: line.assign(truth=line.input + 1))
    rows = summary.summary(other, EXPERIMENT.goal)
    assert rows["line, RMSE to target"][0].value > 0.8 > rows["phase, RMSE to target"][0].value


def test_every_point_counts_by_its_weight(hand_made):
    labeled = hand_made()
    counts = np.random.default_rng(1).integers(0, 3, labeled.line.truth.shape).astype(float)
    truth = np.where(counts > 0, labeled.line.truth.values, np.nan)
    axes = labeled.line.truth.dims
    weighted = changed(labeled, "line", lambda line: line.assign(truth=(axes, truth), counts=(axes, counts)))
    wrong = np.nan_to_num(labeled.line.answer.values - truth)
    expected = np.sqrt((counts * wrong**2).sum(axis=(1, 2, 3)) / counts.sum())
    np.testing.assert_allclose(errors_of(weighted, "line"), expected)


def test_without_a_truth_there_is_no_error(hand_made):
    unknown = changed(hand_made(), "line", lambda line: line.drop_vars(["truth", "counts"]))
    assert summary.measured(probed(unknown, "line")) is None
    assert not [row for row in summary.summary(unknown, None) if row.startswith("line,")]


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


def test_without_a_goal_nobody_is_said_to_have_learned_or_not(hand_made):
    with_goal, without = (summary.metrics(hand_made(), goal) for goal in (EXPERIMENT.goal, None))
    about = {"goal", "steps_to_goal", "converged", "unlearned"}
    assert with_goal.keys() - without.keys() == about
    assert with_goal["summary"].keys() - without["summary"].keys() == {"steps until learned"}


BINARY, CLASSES = "binary_cross_entropy", "cross_entropy"


def curves(answer, truth, loss, **parameters):
    axes = ("seed", "curve", "time", "output_feature")
    own = axes[1:] if truth.ndim == 3 else axes[1:3]
    columns = {name: ("curve", values) for name, values in parameters.items()}
    return xr.Dataset({"answer": (axes, answer, {"loss": loss}), "truth": (own, truth)}, columns)


@pytest.mark.parametrize("loss", [BINARY, CLASSES])
def test_a_sequence_is_right_if_every_known_point_is(loss):
    random = np.random.default_rng(0)
    answer = random.normal(size=(40, 6, 3, 2))
    truth = random.integers(0, 2, (6, 3, 2) if loss == BINARY else (6, 3)).astype(float)
    truth[2, 1:] = np.nan
    if loss == BINARY:
        truth[3, 1, 0] = np.nan
    expected = np.ones((40, 6), bool)
    for seed, curve, point in np.ndindex(40, 6, 3):
        known, ours = truth[curve, point], answer[seed, curve, point]
        if not np.isnan(known).all():
            right = (ours > 0) == (known == 1)
            same = ours.argmax() == known if loss == CLASSES else right[~np.isnan(known)].all()
            expected[seed, curve] &= same
    assert 0 < expected.mean() < 0.5
    np.testing.assert_array_equal(lt.right(curves(answer, truth, loss)), expected)


def test_what_is_accepted_ends_at_the_first_wrong_one_whatever_the_order():
    right = np.array([[1, 1, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [0, 0, 0, 0]], bool)
    n = np.array([4, 1, 3, 2])  # Of the second network 1 is wrong, of the third 3.
    answer = np.where(right, 1.0, -1.0)[:, :, None, None]
    every = curves(answer, np.ones((4, 1, 1)), BINARY, parameter_n=n)
    assert lt.accepted(every, by="n").tolist() == [4, 0, 2, 0]
    assert lt.accepted([every.isel(curve=[0, 1]), every.isel(curve=[2, 3])], by="n").tolist() == [4, 0, 2, 0]


def test_answers_without_a_truth_are_neither_right_nor_wrong():
    answer, truth = np.ones((1, 1, 2, 1)), np.full((1, 2, 1), np.nan)
    with pytest.raises(ValueError, match="of which no target is known"):
        lt.right(curves(answer, truth, BINARY))
    with pytest.raises(ValueError, match="only answers of classes or bits"):
        lt.right(xr.Dataset({"answer": (("seed", "curve", "time", "feature"), answer)}))
