"""Evaluation sets of curves without targets."""

import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.tasks.probes import evaluation_set

CURVE = np.arange(6.0).reshape(1, 6, 1)


def truth(probe, **about):
    """The correct answers to a probe, in a row; None if they are unknown."""
    task = lt.Task(lambda *_: None, ("y",), about.pop("answers", ("y",)), **{"sequence": True, **about})
    correct = evaluation_set(task, probe, np.linspace(0, 1, 6)).truth
    return correct if correct is None else correct.ravel().tolist()


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"reproduces": True}, [0, 1, 2, 3, 4, 5]),
        ({"ahead": 2}, [2, 3, 4, 5, np.nan, np.nan]),
        ({"ahead": 1, "answers": ("z",)}, None),
        ({"answers": ("z",)}, None),
        ({}, None),
        ({"loss": "binary_cross_entropy"}, None),
        ({"sequence": False, "answers": ("a", "b")}, [0.5, np.nan]),
        ({"sequence": False, "answers": ("b",)}, None),
    ],
    ids=str,
)
def test_correct_answers_follow_from_the_task_or_are_unknown(about, expected):
    correct = truth(lt.Probe("other", CURVE, {"a": np.array([0.5])}), **about)
    np.testing.assert_equal(correct, expected)


def test_what_follows_the_end_of_a_sequence_is_not_known():
    shown = lt.Examples(CURVE, np.full((1, 6, 1), np.nan), lengths=np.array([4]))
    probe = lt.Probe("short", CURVE, {}, lengths=shown.lengths)
    np.testing.assert_equal(truth(probe, ahead=1), [1, 2, 3, np.nan, np.nan, np.nan])
    np.testing.assert_equal(truth(probe, reproduces=True), [0, 1, 2, 3, np.nan, np.nan])
