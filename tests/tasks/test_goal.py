"""When a network counts as having learned, and what a goal refuses."""

import re

import numpy as np
import pytest
import xarray as xr

from experiments import own
from lstm_toys.results import summary
from lstm_toys.statistics import errors
from lstm_toys.tasks.goal import Goal, counted_over

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
    assert points.after == 0


@pytest.mark.parametrize("features", [(), ("points",), ("sequences",), ("points", "sequences")])
def test_with_one_answer_per_sequence_a_goal_is_about_the_only_accuracy(features):
    goal, only = Goal(accuracy=0.9, features=features), ("sequences",)
    assert goal.error(np.array([[0.95], [0.5]]), only).tolist() == [0.95, 0.5]
    assert (
        goal.text(scaled=False, over=counted_over(only, weighted=False)) == "train accuracy over sequences at least 0.9"
    )


def test_weights_are_told_of_the_accuracy_that_they_weight():
    goal, weighted = Goal(accuracy=0.9, features=("points", "sequences")), "(weighted as in the loss)"
    over = counted_over(("points", "sequences"), weighted=True)
    assert goal.text(scaled=False, over=over) == f"train accuracy over points {weighted} and sequences at least 0.9"
    alone = counted_over(("sequences",), weighted=True)
    assert goal.text(scaled=False, over=alone) == f"train accuracy over sequences {weighted} at least 0.9"


@pytest.mark.parametrize(
    ("goal", "told"),
    [
        (Goal(rmse=0.05), "train RMSE{} at most 0.05"),
        (Goal(rmse=1, features=("x", "y"), after=0.25), "train RMSE of x and y{} after the first 25 % at most 1"),
        (own.EXPERIMENT.goal, "train RMSE{} over whole curves at most 0.0316"),
    ],
)
def test_a_goal_names_its_measure(goal, told):
    assert str(goal) == goal.text(scaled=False) == told.format("")
    assert goal.text(scaled=True) == told.format(" of scaled values")


REFUSED = [
    ("rmse must be a finite number, not nan", {"rmse": np.nan}),
    ("rmse must be above 0, not 0.0", {"rmse": 0.0}),
    ("rmse must be a finite number, not '0.1'", {"rmse": "0.1"}),
    ("after must be below 1, not 1.0", {"after": 1.0}),
    ("a goal has one limit: rmse or accuracy", {"rmse": None}),
    ("a goal has one limit: rmse or accuracy", {"accuracy": 0.9}),
    ("accuracy must be at most 1, not 1.5", {"rmse": None, "accuracy": 1.5}),
    ("of an accuracy must be 'points' or 'sequences'", {"rmse": None, "accuracy": 0.9, "features": ("y",)}),
    ("features must be a tuple of names, such as ('y',), not 'y'", {"features": "y"}),
]


@pytest.mark.parametrize(("said", "arguments"), REFUSED)
@pytest.mark.usefixtures("as_users_have_it")
def test_what_cannot_be_a_goal_is_refused(said, arguments):
    with pytest.raises(ValueError, match=re.escape(said)):
        Goal(**{"rmse": 0.1, **arguments})


def test_a_goal_cannot_be_subclassed():
    with pytest.raises(TypeError, match=r"^lt\.Goal cannot be subclassed, .*; use its attributes, or .*results$"):

        class Strict(Goal):
            def met(self, errors):
                return errors < self.limit / 2


def test_a_tenth_is_left_out_to_the_time_point():
    for points in range(1, 3_000):
        assert errors.first_settled(points, 0.1) == -(-(points - 1) // 10)
        assert errors.first_settled(points, 0) == 0
    assert [errors.first_settled(points, 0.3) for points in (2, 11, 12)] == [1, 3, 4]
    assert errors.first_settled(101, 0.07) == 7  # 0.07 * 100 is above 7.


def test_a_goal_leaves_out_as_much_as_what_was_recorded():
    recorded = {"train_rmse": (("seed", "step", "feature"), np.ones((1, 1, 1)), {"after": 0.3})}
    training = xr.Dataset(recorded, {"feature": ["y"]})
    assert summary.goal_error(training, Goal(rmse=9.0, after=0.3)).tolist() == [[1]]
    with pytest.raises(ValueError, match=r"the goal leaves out 0\.1 of a curve, and what was recorded 0\.3"):
        summary.goal_error(training, Goal(rmse=9.0, after=0.1))
