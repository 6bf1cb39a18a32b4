"""Answers to curves of other shapes than networks take."""

import numpy as np
import pytest

import lstm_toys as lt


@pytest.mark.parametrize("ask", [lt.answers, lt.states])
def test_curves_of_other_features_are_told(ask):
    task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(12))
    trained = lt.train(task, lt.Stack(features=1, hidden=(3,)), seeds=2, steps=0, learning_rate=0.1)
    with pytest.raises(
        ValueError, match=r"^curves of 2 features are none that these networks take: [^\n]*shape \(1, 12\), "
    ):
        ask(trained.model, trained.params, np.zeros((3, 12, 2), np.float32))
