"""Intervals over recipes with two networks each, and what a number goes with among their settings."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, spearmanr
from statsmodels.stats.multitest import multipletests

from lstm_toys.statistics import intervals, recipes
from lstm_toys.statistics.intervals import wilson

POPULATIONS = 1_500
ALIKE = (0.0, 0.1, 0.3, 0.6, 0.9, 1.0)
"""Correlation of two networks of a recipe, from recipes that are all alike to wholly different ones."""


def networks_met(random, count, share, correlation):
    """Which networks of each recipe meet something, ``[R, 2]``; the share of a recipe has a beta distribution."""
    if correlation in (0, 1):
        own = np.full(count, share) if correlation == 0 else random.random(count) < share
    else:
        total = 1 / correlation - 1
        own = random.beta(share * total, (1 - share) * total, count)
    return (random.random((count, 2)) < own[:, None]).astype(float)


def covered(count, share, correlation, change=lambda _, met: met):
    random, inside = np.random.default_rng(count), 0
    for _ in range(POPULATIONS):
        _, low, high = recipes.share(change(random, networks_met(random, count, share, correlation)))
        inside += low <= share <= high
    return inside / POPULATIONS


def test_recipes_that_are_alike_count_all_networks_and_those_that_differ_only_themselves():
    alike, different = np.tile([1.0, 0.0], (400, 1)), np.repeat([[1.0], [0.0]], 200, axis=0) * np.ones(2)
    alike[:100], alike[100:200] = 0.0, 1.0  # As often as by chance.
    for met, size in ((alike, 800), (different, 400)):
        _, low, high = recipes.share(met)
        _, first, last = wilson(size // 2, size)
        assert (low, high) == pytest.approx((first, last), abs=3e-3)


def test_the_number_of_recipes_counts_if_all_their_networks_agree():
    _, low, high = recipes.share(np.ones((32, 2)))
    assert low == pytest.approx(0.885, abs=1e-3)  # t in place of z: a little lower than Wilson's 0.893.
    assert high == 1.0
    assert wilson(32, 32).low == pytest.approx(0.893, abs=1e-3)


def test_networks_without_a_number_are_left_out():
    met = np.array([[1.0, 1.0], [1.0, np.nan], [0.0, 0.0], [np.nan, np.nan]])
    assert recipes.share(met).value == 0.6
    assert recipes.share(met) == recipes.share(met[:3])
    assert recipes.agreement(met) == (0.5, 0.0, 0.5)
    assert np.isnan(recipes.share(met[3:]).value)
    assert np.isnan(recipes.agreement(met[3:]).all)
    assert np.isnan(recipes.share(met[:1]).low)  # A single recipe says nothing about others.


def test_agreement_counts_recipes_of_whose_networks_all_some_or_none_meet_it():
    assert recipes.agreement(np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])) == (0.25, 0.5, 0.25)


def test_associations_are_those_of_scipy_with_nearly_its_probabilities():
    random = np.random.default_rng(5)
    choice = random.random(40)
    numbers = choice + random.normal(0, 0.6, 40)
    found, expected = recipes.rank_association(numbers, choice, np.zeros(40, int)), spearmanr(numbers, choice)
    assert found.effect == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue, abs=0.01)
    chosen = choice > 0.6
    apart = recipes.median_association(numbers, chosen)
    assert apart.effect == pytest.approx(np.median(numbers[chosen]) - np.median(numbers[~chosen]))
    assert apart.p < 0.05
    assert mannwhitneyu(numbers[chosen], numbers[~chosen]).pvalue < 0.05


def test_a_difference_between_groups_is_no_association_within_them():
    random = np.random.default_rng(6)
    groups = np.repeat([0, 1], 30)
    choice, numbers = random.random(60) + groups, random.random(60) + groups
    assert recipes.rank_association(numbers, choice, 0 * groups).effect > 0.5
    assert abs(recipes.rank_association(numbers, choice, groups).effect) < 0.3
    assert recipes.rank_association(choice, choice, groups).effect == pytest.approx(1)
    assert recipes.rank_association(choice, choice, groups).p < 1e-3


def test_what_does_not_differ_goes_with_nothing():
    numbers, same = np.arange(8.0), np.zeros(8)
    assert np.isnan(recipes.rank_association(numbers, same, np.zeros(8, int)).effect)
    assert np.isnan(recipes.median_association(numbers, same > 0).effect)


def test_holm_corrects_what_is_known():
    p = np.array([0.02, np.nan, 0.0005, 0.3, 0.012, 1.0])
    expected = np.insert(multipletests(p[~np.isnan(p)], method="holm")[1], 1, np.nan)
    np.testing.assert_allclose(intervals.holm(p), expected)


def test_effects_of_nothing_are_found_as_rarely_as_stated():
    random, found = np.random.default_rng(7), 0
    for _ in range(50):
        numbers, choice = random.random(32), random.random(32)
        p = [
            recipes.rank_association(numbers, choice, np.zeros(32, int)).p,
            *(recipes.median_association(numbers, choice > end).p for end in (0.3, 0.5, 0.7)),
        ]
        found += intervals.holm(np.array(p)).min() <= 0.05
    assert found <= 7


CELLS = [*product((32, 64, 128), (0.5, 0.8, 0.95), ALIKE)]


@pytest.mark.long
@pytest.mark.parametrize(("count", "share", "correlation"), CELLS)
def test_intervals_contain_the_share_of_networks_of_all_recipes(count, share, correlation):
    assert 0.93 <= covered(count, share, correlation) <= 0.99


def without_some(random, met):
    """A fifth of the networks have no number."""
    return np.where(random.random(met.shape) < 0.2, np.nan, met)


def without_recipes(random, met):
    """A fifth of the recipes do not learn the task."""
    return np.where(random.random((len(met), 1)) < 0.2, np.nan, met)


@pytest.mark.long
@pytest.mark.parametrize("change", [without_some, without_recipes])
@pytest.mark.parametrize(("count", "share", "correlation"), [each for each in CELLS if each[0] == 32])
def test_intervals_hold_if_networks_are_left_out_at_random(change, count, share, correlation):
    assert 0.93 <= covered(count, share, correlation, change) <= 0.99


@pytest.mark.long
@pytest.mark.parametrize("correlation", ALIKE)
def test_bounds_contain_what_networks_without_a_number_would_have_met(correlation):
    """Networks lack a number more often where they fail, so that the share of the others is too high."""
    random, inside = np.random.default_rng(8), 0
    for _ in range(POPULATIONS):
        met = networks_met(random, 32, 0.7, correlation)
        lacking = random.random(met.shape) < np.where(met > 0, 0.05, 0.5)
        low, high = (recipes.share(np.where(lacking, end, met)) for end in (0.0, 1.0))
        inside += low.low <= 0.7 <= high.high
    assert inside / POPULATIONS >= 0.95
