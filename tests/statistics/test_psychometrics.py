"""Psychometric curves, against a search over a grid of lines."""

import numpy as np
import pytest

import lstm_toys as lt


def test_a_fit_has_the_largest_likelihood():
    random = np.random.default_rng(0)
    coordinate = np.repeat(np.linspace(-2, 3, 7), 40)
    truth = 1 / (1 + np.exp(-1.7 * (coordinate - 0.4)))
    chosen = random.uniform(size=(3, len(coordinate))) < truth
    fit = lt.statistics.psychometric(chosen, coordinate)
    thresholds, slopes = np.meshgrid(np.linspace(0, 1, 201), np.linspace(1, 3, 201), indexing="ij")
    for seed, own in enumerate(chosen):
        ahead = slopes[..., None] * (coordinate - thresholds[..., None])
        likelihood = (ahead * own - np.logaddexp(0, ahead)).sum(axis=-1)
        best = np.unravel_index(likelihood.argmax(), likelihood.shape)
        assert abs(fit.threshold[seed] - thresholds[best]) < 0.01
        assert abs(fit.slope[seed] - slopes[best]) < 0.02
        assert fit.share[seed, 2] == own[coordinate == fit.values[2]].mean()


@pytest.mark.parametrize(
    ("chosen", "threshold", "slope"),
    [
        ([0, 0, 0, 0, 1, 1], 1.5, np.inf),
        ([1, 1, 1, 1, 0, 0], 1.5, -np.inf),
        ([0, 0, 0, 1, 1, 1], 1, np.inf),
        ([1, 1, 1, 1, 1, 1], np.nan, np.nan),
    ],
)
def test_choices_that_one_value_separates_have_no_finite_slope(chosen, threshold, slope):
    fit = lt.statistics.psychometric(np.array([chosen], bool), np.array([0.0, 0, 1, 1, 2, 2]))
    np.testing.assert_array_equal([fit.threshold[0], fit.slope[0]], [threshold, slope])


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"chosen must be True or False \[S, C\]"):
        lt.statistics.psychometric(np.ones((2, 3)), np.arange(3.0))
    with pytest.raises(ValueError, match="coordinate must be at least two different values"):
        lt.statistics.psychometric(np.ones((2, 3), bool), np.ones(3))
