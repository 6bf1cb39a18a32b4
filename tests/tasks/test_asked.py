"""What is right about curves whose targets nobody gave."""

import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.tasks import asked

CURVE = np.arange(6.0).reshape(1, 6, 1)


def truth(probe, **about):
    """What is right about a probe, in a row; None if nothing is."""
    task = lt.Task(lambda *_: None, ("y",), about.pop("answers", ("y",)), **{"sequence": True, **about})
    found = asked.of(task, probe, np.linspace(0, 1, 6)).truth
    return found if found is None else found.ravel().tolist()


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
def test_it_is_what_the_task_says_or_nothing(about, expected):
    found = truth(lt.Probe("other", CURVE, {"a": np.array([0.5])}), **about)
    np.testing.assert_equal(found, expected)


def test_what_follows_the_end_of_a_sequence_is_not_known():
    shown = lt.Examples(CURVE, np.full((1, 6, 1), np.nan), lengths=np.array([4]))
    probe = lt.Probe("short", CURVE, {}, lengths=shown.lengths)
    np.testing.assert_equal(truth(probe, ahead=1), [1, 2, 3, np.nan, np.nan, np.nan])
    np.testing.assert_equal(truth(probe, reproduces=True), [0, 1, 2, 3, np.nan, np.nan])
