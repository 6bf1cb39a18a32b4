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
    if np.isnan(estimate.low):
        assert np.isnan(estimate.high)
    else:
        assert values.min() <= estimate.low <= estimate.value <= estimate.high <= values.max()
        assert estimate.low < estimate.high
    low, value, high = np.interp(np.array((0.25, 0.5, 0.75)) * (len(values) - 1), range(len(values)), np.sort(values))
    np.testing.assert_allclose(intervals.median_quartiles(values), (value, low, high), atol=1e-6)
    low, high = intervals.band(np.stack([values, -values], axis=1))
    quantiles = [np.interp(share * (len(values) - 1), range(len(values)), np.sort(values)) for share in (0.05, 0.95)]
    np.testing.assert_allclose([low, high], [[quantiles[0], -quantiles[1]], [quantiles[1], -quantiles[0]]], atol=1e-6)


@pytest.mark.parametrize(
    "values",
    [[0.25], [0.25] * 9, [0.25] * 63 + [7.0], [np.inf] * 9],
    ids=["one seed", "equal values", "equal medians of all resamples", "equal infinite values"],
)
def test_a_median_that_resampling_does_not_change_has_no_interval(values):
    estimate = intervals.median_bootstrap(np.array(values))
    assert estimate.value == values[0]
    assert np.isnan(estimate[1:]).all()


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_the_bootstrap_interval_is_that_of_resampled_medians(confidence):
    values = np.random.default_rng(0).normal(3.0, 2.0, 51)
    resamples = np.random.default_rng(1).choice(values, (20_000, 51))
    low, high = np.quantile(np.median(resamples, axis=1), (0.5 - confidence / 2, 0.5 + confidence / 2))
    estimate = intervals.median_bootstrap(values, confidence)
    np.testing.assert_allclose((estimate.low, estimate.high), (low, high), atol=0.1)
    assert intervals.median_bootstrap(values, confidence) == estimate


def test_nothing_has_no_median_and_no_share():
    for estimate in (intervals.median_bootstrap, intervals.median_quartiles):
        assert np.isnan(estimate(np.empty(0))).all()
    for share in (intervals.wilson, intervals.clopper_pearson):
        assert np.isnan(share(0, 0)).all()


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [*((5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)), *((0, 10, 0.0, 0.2775), (41, 64, 0.5182, 0.7471))],
)
def test_wilson_intervals_are_those_made_by_hand(successes, trials, low, high):
    z, p = 1.959964, successes / trials
    middle, half = p + z**2 / (2 * trials), z * np.sqrt(p * (1 - p) / trials + z**2 / (4 * trials**2))
    formula = np.array((middle - half, middle + half)) / (1 + z**2 / trials)
    share = intervals.wilson(successes, trials)
    np.testing.assert_allclose(share, (p, low, high), atol=5e-5)
    np.testing.assert_allclose(share[1:], formula, atol=1e-6)


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (0, 64), (3, 64), (41, 64), (64, 64), (999, 1_000)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, intervals.simultaneous(17)])
def test_exact_intervals_are_those_of_scipy(successes, trials, confidence):
    expected = binomtest(successes, trials).proportion_ci(confidence, method="exact")
    share = intervals.clopper_pearson(successes, trials, confidence)
    np.testing.assert_allclose(share, (successes / trials, *expected), rtol=1e-9)


def test_the_probability_of_a_higher_number_counts_every_pair_and_ties_half():
    ours, theirs = np.array([3.0, 2.0, 1.0]), np.array([2.0, 0.0])
    assert intervals.probability_above(ours, theirs).value == (2 + 1.5 + 1) / 6
    assert np.isnan(intervals.probability_above(ours, np.empty(0))).all()
    for without_interval in ((ours, np.array([2.0])), (np.zeros(9), np.zeros(9))):
        estimate = intervals.probability_above(*without_interval)
        assert estimate.value == 0.5
        assert np.isnan(estimate[1:]).all()


@pytest.mark.parametrize(("ours", "theirs"), [(9, 16), (1, 16)])
def test_samples_without_overlap_have_the_exact_interval_of_a_share_of_the_smaller_one(ours, theirs):
    fewer, high, low = min(ours, theirs), np.arange(100.0, 100 + ours), np.arange(float(theirs))
    above, below = intervals.probability_above(high, low), intervals.probability_above(low, high)
    assert above == intervals.clopper_pearson(fewer, fewer)
    assert below == intervals.clopper_pearson(0, fewer)


def test_its_interval_is_that_of_both_samples_resampled():
    random = np.random.default_rng(0)
    ours, theirs = random.normal(0.5, 1.0, 40), random.normal(0.0, 1.0, 30)
    resampled = [np.mean(random.choice(ours, 40)[:, None] > random.choice(theirs, 30)[None, :]) for _ in range(5_000)]
    estimate = intervals.probability_above(ours, theirs)
    np.testing.assert_allclose(estimate[1:], np.quantile(resampled, (0.025, 0.975)), atol=0.01)


NEWCOMBE = {
    (56, 70, 48, 80): (0.0524, 0.3339),
    (9, 10, 3, 10): (0.1705, 0.8090),
    (6, 7, 2, 7): (0.0582, 0.8062),
    (5, 56, 0, 29): (-0.0381, 0.1926),
    (0, 10, 0, 20): (-0.1611, 0.2775),
    (0, 10, 0, 10): (-0.2775, 0.2775),
    (10, 10, 0, 20): (0.6791, 1.0),
    (10, 10, 0, 10): (0.6075, 1.0),
}
"""Successes and trials of two samples, and the published interval: Newcombe (1998), table II, method 10."""


@pytest.mark.parametrize("counts", NEWCOMBE)
def test_differences_of_shares_are_the_published_ones(counts):
    first, second = intervals.wilson(*counts[:2]), intervals.wilson(*counts[2:])
    difference = intervals.difference(first, second)
    assert difference.value == pytest.approx(counts[0] / counts[1] - counts[2] / counts[3])
    np.testing.assert_allclose(difference[1:], NEWCOMBE[counts], atol=5e-5)
    np.testing.assert_allclose(intervals.difference(second, first), np.negative(difference)[[0, 2, 1]])
    alone = intervals.difference(intervals.Estimate(first.value, np.nan, np.nan), second)
    assert alone.value == difference.value
    assert np.isnan(alone[1:]).all()


@pytest.mark.parametrize("trials", [(16, 16), *rarely(((64, 64),), ((64, 32),), ((64, 16),))])
@pytest.mark.parametrize("confidence", [0.95, intervals.simultaneous(120)])
def test_equal_shares_are_told_apart_no_more_often_than_exact_intervals_say(trials, confidence):
    every = [[intervals.clopper_pearson(count, each, confidence) for count in range(each + 1)] for each in trials]
    ends = np.array([[intervals.difference(first, second)[1:] for second in every[1]] for first in every[0]])
    apart = (ends[..., 0] > 0) | (ends[..., 1] < 0)
    for truth in np.linspace(0.01, 0.99, 99):
        first, second = (binom.pmf(np.arange(each + 1), each, truth) for each in trials)
        assert first @ apart @ second <= 1 - confidence
