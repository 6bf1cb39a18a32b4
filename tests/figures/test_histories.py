"""Figures of histories: what they draw of labeled results."""

import numpy as np
import pytest
import xarray as xr
from drawn import assert_legible, axes_of, labels, legend

from lstm_toys import figures
from lstm_toys.figures import histories
from lstm_toys.results.summary import goal_error
from lstm_toys.tasks.goal import Goal

GOAL = Goal(rmse=0.1, features=("y",))


def levels(axes):
    """The heights of lines from edge to edge."""
    return [line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]]


def accurate(training, values, counted):
    """Makes results those of bits, with these accuracies instead of errors."""
    own = training.to_dataset(inherit=False).drop_vars("train_rmse")
    variables = {"train_accuracy": (("seed", "step", "counted"), values, {"after": 0, "weighted": 0})}
    training.dataset = own.assign(variables).assign_coords(counted=counted)
    training.train_loss.attrs["loss"] = "binary_cross_entropy"


def test_the_loss_is_drawn_for_every_network_with_the_median_of_those_kept(hand_made):
    labeled = hand_made(6, diverged=(1, 4))
    values = labeled["training"].train_loss.values
    figure = figures.loss(labeled, "loss", {"the post's network": 6.8e-4})
    axes = axes_of(figure)
    assert axes.get_yscale() == "log"
    curves = [np.asarray(line.get_ydata()) for line in axes.lines]
    for seed in range(6):
        assert any(np.array_equal(curve, values[seed], equal_nan=True) for curve in curves)
    median = np.median(np.delete(values, (1, 4), axis=0), axis=0)
    assert any(len(curve) == 11 and np.allclose(curve, median) for curve in curves)
    assert levels(axes) == [6.8e-4]
    told = ["one network", "median of 4 networks", "2 networks diverged", "the post's network: 0.00068"]
    assert legend(figure) == told
    assert_legible(figure)


@pytest.mark.parametrize("goal", [Goal(rmse=0.02, after=0), GOAL])
def test_a_goal_is_drawn_over_the_error_that_it_limits(hand_made, goal):
    labeled = hand_made(3, diverged=())
    recorded = labeled["training"].train_rmse
    recorded.attrs["after"] = goal.after
    figure = figures.loss(labeled, "loss", {"another": 0.5}, goal)
    first, last = figure.axes
    assert (levels(first), levels(last)) == ([0.5], [goal.rmse])
    assert last.get_ylabel() == ("train RMSE of y after the first tenth" if goal.features else "train RMSE")
    for seed in range(3):
        np.testing.assert_allclose(last.lines[seed].get_ydata(), recorded[seed, :, 0])
    assert legend(figure)[-1] == f"counts as learned: {goal.rmse:g}"


def test_the_title_says_how_many_networks_meet_the_goal_at_last(hand_made):
    labeled = hand_made(5, diverged=(1,))
    training = labeled["training"]
    training.train_rmse.values[:, -1, 0] = [0.09, 0.01, 0.3, 0.1, 0.11]
    figure = figures.loss(labeled, "loss", goal=GOAL)
    assert figure.get_suptitle() == "loss: learned by 2 of 5 networks"
    accurate(training, 1 - training.train_rmse.values, ["points"])
    assert figures.loss(labeled, "loss", goal=Goal(accuracy=0.8)).get_suptitle() == "loss: learned by 3 of 5 networks"


def test_an_accuracy_is_drawn_from_0_to_1(hand_made):
    labeled = hand_made(3, diverged=())
    values = np.random.default_rng(0).uniform(0.2, 1, (3, 11, 2))
    accurate(labeled["training"], values, ["points", "sequences"])
    for figure in (
        figures.loss(labeled, "", goal=Goal(accuracy=0.9)),
        figures.error_histories({"a": labeled}, "", Goal(accuracy=0.9)),
    ):
        axes = figure.axes[-1]
        assert (axes.get_yscale(), axes.get_ylabel()) == ("linear", "train accuracy over points")
        assert axes.get_ylim()[0] <= 0 < 1 <= axes.get_ylim()[1]
        assert levels(axes) == [0.9]


def test_errors_of_populations_are_drawn_with_the_goal(hand_made):
    populations = {"two layers": hand_made(3, diverged=()), "one layer": hand_made(4, diverged=(0,))}
    figure = figures.error_histories(populations, "learned", GOAL)
    axes = axes_of(figure)
    for line, labeled in zip(axes.lines, populations.values(), strict=False):
        kept = labeled["training"].train_rmse.values[~labeled.diverged.values, :, 0]
        np.testing.assert_allclose(line.get_ydata(), np.median(kept, axis=0))
    assert levels(axes) == [GOAL.rmse]
    assert labels(axes) == ["counts as learned: 0.1", "median and middle 90 % of 3 networks"]
    ends = {each.get_text(): each for each in axes.texts}
    for line, name in zip(axes.lines, populations, strict=False):
        assert (ends[name].get_color(), ends[name].xy[1]) == (line.get_color(), line.get_ydata()[-1])
    assert_legible(figure)


def test_the_title_of_histories_says_who_learned_first(hand_made):
    populations = {name: hand_made(3, diverged=()) for name in ("late", "soon", "never")}
    for error, learned in zip(populations.values(), (5, 2, 11), strict=True):
        error["training"].train_rmse.values[:] = np.where(np.arange(11) < learned, 1.0, 0.01)[None, :, None]
    steps = populations["late"]["training"].step.values
    title = axes_of(figures.error_histories(populations, "Half learned", GOAL)).get_title().replace("\u00a0", " ")
    assert title == f"Half learned: {steps[2]:,} (soon), {steps[5]:,} (late), never (never)"


def test_of_several_errors_a_goal_limits_the_largest():
    errors, names = np.random.default_rng(0).uniform(0.01, 1, (2, 5, 2)), ("slope", "intercept")
    training = xr.Dataset({"train_rmse": (("seed", "step", "output_feature"), errors)}, {"output_feature": [*names]})
    goal = Goal(rmse=0.1, features=names)
    assert histories.goal_label(training, goal) == "largest train RMSE of slope or intercept"
    np.testing.assert_array_equal(goal_error(training, goal), errors.max(axis=2))
