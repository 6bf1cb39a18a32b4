"""Statistics over seeds against NumPy and SciPy, and what they say about few seeds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from conftest import rarely
from lstm_toys.statistics import intervals

samples = st.lists(st.integers(-1_000, 1_000).map(float), min_size=2, max_size=20).map(np.array)


@settings(max_examples=20, deadline=None)
@given(samples)
def test_intervals_over_seeds_hold_the_median_and_quartiles_and_the_band_are_quantiles(values):
    estimate = intervals.median_bootstrap(values)
    assert estimate.value == np.median(values)
    if not np.isnan(estimate.low):
        assert values.min() <= estimate.low <= estimate.value <= estimate.high <= values.max()
    low, value, high = np.interp(np.array((0.25, 0.5, 0.75)) * (len(values) - 1), range(len(values)), np.sort(values))
    np.testing.assert_allclose(intervals.median_quartiles(values), (value, low, high), atol=1e-6)
    ends = np.interp(np.array((0.05, 0.95)) * (len(values) - 1), range(len(values)), np.sort(values))
    found = intervals.band(np.stack([values, -values], axis=1))
    np.testing.assert_allclose(found, [[ends[0], -ends[1]], [ends[1], -ends[0]]], atol=1e-6)


@pytest.mark.parametrize(
    "values",
    [[0.25], [0.25] * 9, [0.25] * 63 + [7.0], [np.inf] * 9],
    ids=["one seed", "equal values", "equal medians of all resamples", "equal infinite values"],
)
def test_a_median_that_resampling_does_not_change_has_no_interval(values):
    value, *ends = intervals.median_bootstrap(np.array(values))
    assert value == values[0]
    assert np.isnan(ends).all()


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_the_bootstrap_interval_is_that_of_resampled_medians(confidence):
    values = np.random.default_rng(0).normal(3.0, 2.0, 51)
    resamples = np.random.default_rng(1).choice(values, (20_000, 51))
    expected = np.quantile(np.median(resamples, axis=1), (0.5 - confidence / 2, 0.5 + confidence / 2))
    estimate = intervals.median_bootstrap(values, confidence)
    np.testing.assert_allclose(estimate[1:], expected, atol=0.1)
    assert intervals.median_bootstrap(values, confidence) == estimate


def test_nothing_has_no_median_and_no_share():
    for estimate in (intervals.median_bootstrap, intervals.median_quartiles):
        assert np.isnan(estimate(np.empty(0))).all()
    for share in (intervals.wilson, intervals.clopper_pearson):
        assert np.isnan(share(0, 0)).all()


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (3, 64), (41, 64), (64, 64), (999, 1_000)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, intervals.simultaneous(17)])
def test_intervals_of_shares_are_those_of_scipy(successes, trials, confidence):
    for share, method in ((intervals.clopper_pearson, "exact"), (intervals.wilson, "wilson")):
        expected = binomtest(successes, trials).proportion_ci(confidence, method=method)
        found = share(successes, trials, confidence)
        np.testing.assert_allclose(found, (successes / trials, *expected), rtol=1e-9, atol=1e-12)


NEWCOMBE = {
    (56, 70, 48, 80): (0.0524, 0.3339),
    (5, 56, 0, 29): (-0.0381, 0.1926),
    (0, 10, 0, 10): (-0.2775, 0.2775),
    (10, 10, 0, 20): (0.6791, 1.0),
}
"""Successes and trials of two samples, and the published interval: Newcombe (1998), table II, method 10."""


@pytest.mark.parametrize("counts", NEWCOMBE)
def test_differences_of_shares_are_the_published_ones(counts):
    first, second = intervals.wilson(*counts[:2]), intervals.wilson(*counts[2:])
    difference = intervals.difference(first, second)
    assert difference.value == pytest.approx(counts[0] / counts[1] - counts[2] / counts[3])
    np.testing.assert_allclose(difference[1:], NEWCOMBE[counts], atol=5e-5)
    assert np.isnan(intervals.difference(intervals.Estimate(first.value, np.nan, np.nan), second)[1:]).all()


@pytest.mark.parametrize("trials", [(16, 16), *rarely(((64, 64),), ((64, 16),))])
@pytest.mark.parametrize("confidence", [0.95, intervals.simultaneous(120)])
def test_equal_shares_are_told_apart_no_more_often_than_exact_intervals_say(trials, confidence):
    every = [[intervals.clopper_pearson(count, each, confidence) for count in range(each + 1)] for each in trials]
    ends = np.array([[intervals.difference(first, second)[1:] for second in every[1]] for first in every[0]])
    apart = (ends[..., 0] > 0) | (ends[..., 1] < 0)
    for truth in np.linspace(0.01, 0.99, 99):
        first, second = (binom.pmf(np.arange(each + 1), each, truth) for each in trials)
        assert first @ apart @ second <= 1 - confidence
