"""When a network counts as having learned, and what a goal refuses."""

import re

import numpy as np
import pytest
import xarray as xr

import lstm_toys as lt
from conftest import rarely
from experiments import own
from lstm_toys.networks import losses
from lstm_toys.results import arrays, summary
from lstm_toys.tasks.goal import Goal

RMSE = np.array([[[0.3, 0.1], [0.03, 0.01]]], np.float32)


def test_a_goal_is_about_all_features_together_or_each_of_those_that_it_names():
    together = np.sqrt((RMSE[..., 0] ** 2 + RMSE[..., 1] ** 2) / 2)
    np.testing.assert_allclose(Goal(rmse=0.1).error(RMSE, ("x", "y")), together)
    np.testing.assert_array_equal(Goal(rmse=0.1, features=("y",)).error(RMSE, ("x", "y")), RMSE[..., 1])
    np.testing.assert_array_equal(Goal(rmse=0.1, features=("y", "x")).error(RMSE, ("x", "y")), RMSE[..., 0])


def test_a_goal_of_an_accuracy_is_met_from_below():
    accuracies = np.array([[0.95, 0.5], [0.9, 0.9]])
    points, both = Goal(accuracy=0.95), Goal(accuracy=0.9, features=("points", "sequences"))
    assert points.met(points.error(accuracies, ("points", "sequences"))).tolist() == [True, False]
    assert both.met(both.error(accuracies, ("points", "sequences"))).tolist() == [False, True]
    weighted = "train accuracy over points (weighted as in the loss)"
    assert (str(points), points.after) == (f"{weighted} at least 0.95", 0)
    assert str(Goal(accuracy=1, after=0.1)) == f"{weighted} after the first tenth at least 1"


def test_a_goal_names_its_measure():
    with pytest.raises(TypeError):
        Goal(0.05)
    assert [
        goal.told(scaled=scaled)
        for scaled in (False, True)
        for goal in (Goal(rmse=0.05), Goal(rmse=1, features=("x", "y"), after=0.25), own.EXPERIMENT.goal)
    ] == [
        "train RMSE at most 0.05",
        "train RMSE of x and y after the first 25 % at most 1",
        "train RMSE over whole curves at most 0.0316",
        "train RMSE of scaled values at most 0.05",
        "train RMSE of x and y of scaled values after the first 25 % at most 1",
        "train RMSE of scaled values over whole curves at most 0.0316",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"rmse": float("nan")}, "rmse is an error above 0, not nan"),
        ({"rmse": 0.0}, "rmse is an error above 0, not 0.0"),
        ({"rmse": -1}, "rmse is an error above 0, not -1"),
        ({"rmse": float("inf")}, "rmse is an error above 0, not inf"),
        ({"rmse": "0.1"}, "rmse is a number, not '0.1'"),
        ({"rmse": True}, "rmse is a number, not True"),
        ({"after": 1.0}, "after is a share of the curve from 0 to less than 1, not 1.0"),
        ({"after": float("nan")}, "after is a share of the curve from 0 to less than 1, not nan"),
        ({"rmse": None}, "give one of rmse and accuracy"),
        ({"accuracy": 0.9}, "give one of rmse and accuracy"),
        ({"rmse": None, "accuracy": 1.5}, "accuracy is a share above 0 and at most 1, not 1.5"),
        ({"rmse": None, "accuracy": "1"}, "accuracy is a number, not '1'"),
        ({"rmse": None, "accuracy": 0.9, "features": ("y",)}, "an accuracy is over points or sequences, not 'y'"),
        ({"features": "y"}, "features is a tuple of names, such as ('y',), not 'y'"),
        ({"features": (1,)}, "features is a tuple of names, such as ('y',), not (1,)"),
    ],
)
def test_what_cannot_be_a_goal_is_refused(arguments, said):
    made = object.__new__(Goal)  # As Python makes it where nothing checks the types of arguments.
    for name, value in ({"rmse": 0.1, "accuracy": None, "features": (), "after": 0.1} | arguments).items():
        object.__setattr__(made, name, value)
    with pytest.raises(ValueError, match=re.escape(f"goal: {said}")):
        made.__post_init__()


def test_a_tenth_is_left_out_to_the_time_point():
    for points in range(1, 3_000):
        assert losses.first_settled(points, 0.1) == -(-(points - 1) // 10)
        assert losses.first_settled(points, 0) == 0
    assert [losses.first_settled(points, 0.3) for points in (2, 11, 12)] == [1, 3, 4]


@pytest.mark.parametrize("after", [0.3, *rarely(0)])
def test_what_is_recorded_leaves_out_what_it_is_told_to(after):
    x = lt.time_points(11)
    task = lt.reproduce("line", {"slope": 0.3, "intercept": 0.1}, x)
    trained = lt.train(task, lt.Stack(1), seeds=1, steps=0, learning_rate=0.1, block=1, after=after)
    shown = lt.show(0.1 + 0.3 * x[None], x, ("y",))
    error = (np.asarray(lt.answers(trained.model, trained.params, shown))[0] - np.asarray(shown))[0, :, 0]
    np.testing.assert_allclose(trained.train_rmse[0, 0], np.sqrt(np.mean(error[round(10 * after) :] ** 2)), rtol=1e-5)
    history = arrays.histories(trained)
    assert history.train_rmse.attrs == {"after": after}
    assert summary.steps_to_goal(history, Goal(rmse=9.0, after=after)) == 0
    with pytest.raises(ValueError, match=f"the goal leaves out 0.1 of a curve, and what was recorded {after:g}"):
        summary.steps_to_goal(history, Goal(rmse=9.0))


def test_of_scaled_curves_it_is_about_what_networks_are_trained_on():
    """An RMSE over whole curves whose square is at most the MSE that was the limit."""
    random = np.random.default_rng(0)
    scaling = lt.Scaling(((350.0, 12.5), (0.0, 2.0)), ((350.0, 12.5), (0.0, 2.0)), ("co2", "y"))
    rmse = random.uniform(0.0, 0.06, (50, 1, 2)).astype(np.float32)
    results = xr.Dataset(
        {"train_rmse": (("seed", "step", "feature"), rmse, {"after": 0}), "diverged": ("seed", np.zeros(50, bool))},
        {"step": [0], "feature": ["co2", "y"]},
    )
    steps = summary.steps_to_goal(arrays.in_units(results, scaling), own.EXPERIMENT.goal)
    learned = np.square(rmse).mean(axis=-1)[:, 0] <= 1e-3
    assert 5 < learned.sum() < 45
    np.testing.assert_array_equal(np.isfinite(steps), learned)
