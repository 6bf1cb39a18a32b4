"""Figures of histories: what they draw of labeled results."""

import numpy as np
import pytest
import xarray as xr
from drawn import assert_legible, axes_of, labels, legend

from lstm_toys import figures
from lstm_toys.figures import histories
from lstm_toys.tasks.goal import Goal

GOALS = {"the loss": Goal(rmse=0.02, after=0), "an error": Goal(rmse=0.1, features=("y",))}


def levels(axes):
    """The heights of lines from edge to edge."""
    return [line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]]


def test_the_loss_is_drawn_for_every_network_with_the_median_of_those_kept(hand_made):
    labeled = hand_made(6, diverged=(1, 4))
    figure = figures.loss(labeled, "loss", {"the post's network": 6.8e-4})
    axes = axes_of(figure)
    assert axes.get_yscale() == "log"
    curves = [np.asarray(line.get_ydata()) for line in axes.lines]
    for seed in range(6):
        assert any(np.array_equal(curve, labeled.train_loss.values[seed], equal_nan=True) for curve in curves)
    median = np.median(np.delete(labeled.train_loss.values, (1, 4), axis=0), axis=0)
    assert any(len(curve) == 11 and np.allclose(curve, median) for curve in curves)
    assert levels(axes) == [6.8e-4]
    told = ["one network", "median of 4 networks", "2 networks diverged", "the post's network: 0.00068"]
    assert legend(figure) == told
    assert_legible(figure)


@pytest.mark.parametrize("about", GOALS)
def test_a_goal_is_drawn_where_its_own_number_is_drawn(hand_made, about):
    labeled, goal = hand_made(3, diverged=()), GOALS[about]
    level = goal.rmse if about == "an error" else goal.rmse**2
    figure = figures.loss(labeled, "loss", {"another": 0.5}, goal)
    first, *others = figure.axes
    assert len(others) == (about == "an error")
    last = others[-1] if others else first
    assert levels(first) == ([0.5] if others else [0.5, level])
    assert levels(last)[-1] == level
    assert last.get_ylabel() == ("train RMSE of y after the first tenth" if others else "train MSE")
    values = labeled.train_rmse.values[..., 0] if others else labeled.train_loss.values
    for seed in range(3):
        np.testing.assert_array_equal(last.lines[seed].get_ydata(), values[seed])
    assert legend(figure)[-1] == f"counts as learned: {level:g}"


def test_the_title_says_how_many_networks_meet_the_goal_at_last(hand_made):
    labeled = hand_made(5, diverged=(1,))
    labeled.train_rmse[:, -1] = np.array([0.09, 0.01, 0.3, 0.1, 0.11])[:, None]
    figure = figures.loss(labeled, "loss", goal=GOALS["an error"])
    assert figure.get_suptitle() == "loss: learned by 2 of 5 networks"
    shares = labeled.train_rmse.isel(feature=[0]).rename(feature="counted").assign_coords(counted=["points"])
    accurate = labeled.drop_vars("train_rmse").assign(train_accuracy=1 - shares.assign_attrs(after=0, weighted=0))
    accurate.train_loss.attrs["loss"] = "binary_cross_entropy"
    accurate.train_accuracy.attrs.update(after=0, weighted=0)
    assert figures.loss(accurate, "loss", goal=Goal(accuracy=0.8)).get_suptitle() == "loss: learned by 3 of 5 networks"


def test_an_accuracy_is_drawn_from_0_to_1(hand_made):
    labeled, counted = hand_made(3, diverged=()), np.array(["points", "sequences"])
    values = np.random.default_rng(0).uniform(0.2, 1, (3, 11, 2))
    variables = {"train_accuracy": (("seed", "step", "counted"), values, {"after": 0, "weighted": 0})}
    labeled = labeled.drop_vars("train_rmse").assign(variables).assign_coords(counted=counted)
    labeled.train_loss.attrs["loss"] = "binary_cross_entropy"
    for figure in (
        figures.loss(labeled, "", goal=Goal(accuracy=0.9)),
        figures.error_histories({"a": labeled}, "", Goal(accuracy=0.9)),
    ):
        axes = figure.axes[-1]
        assert (axes.get_yscale(), axes.get_ylabel()) == ("linear", "train accuracy over points")
        assert axes.get_ylim()[0] <= 0 < 1 <= axes.get_ylim()[1]
        assert levels(axes) == [0.9]


def test_errors_of_populations_are_drawn_with_the_goal(hand_made):
    goal = GOALS["an error"]
    populations = {"two layers": hand_made(3, diverged=()), "one layer": hand_made(4, diverged=(0,))}
    axes = axes_of(figures.error_histories(populations, "errors", goal))
    for line, labeled in zip(axes.lines, populations.values(), strict=False):
        kept = labeled.train_rmse.values[~labeled.diverged.values, :, 0]
        np.testing.assert_allclose(line.get_ydata(), np.median(kept, axis=0))
    assert levels(axes) == [goal.rmse]
    told = [f"{name}: median and middle 90 % of 3 networks" for name in populations]
    assert labels(axes) == [*told, "counts as learned: 0.1"]


@pytest.mark.parametrize("names", [("y",), ("slope", "intercept")])
def test_the_loss_stands_for_the_error_of_a_goal_only_if_that_is_of_one_number(names):
    errors = np.random.default_rng(0).uniform(0.01, 1, (2, 5, len(names)))
    variables = {
        "train_loss": (("seed", "step"), (errors**2).mean(axis=2)),
        "train_rmse": (("seed", "step", "feature"), errors),
    }
    results = xr.Dataset(variables, {"feature": list(names)})
    label, history, limit = histories.goal_history(results, Goal(rmse=0.1, features=names))
    if len(names) == 1:
        assert (label, limit) == ("train MSE", 0.1**2)
        np.testing.assert_array_equal(history, variables["train_loss"][1])
    else:
        assert (label, limit) == ("largest train RMSE of slope or intercept", 0.1)
        np.testing.assert_array_equal(history, errors.max(axis=2))
