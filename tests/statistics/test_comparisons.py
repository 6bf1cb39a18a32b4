"""Comparisons of two populations, against loops over pairs and resamples."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from lstm_toys.statistics import comparisons
from lstm_toys.statistics.comparisons import probability_above, shift
from lstm_toys.statistics.intervals import clopper_pearson


def test_the_probability_of_a_higher_number_counts_every_pair_and_ties_half():
    ours, theirs = np.array([3.0, 2.0, 1.0]), np.array([2.0, 0.0])
    assert probability_above(ours, theirs).value == (2 + 1.5 + 1) / 6
    assert np.isnan(probability_above(ours, np.empty(0))).all()
    for without_interval in ((ours, np.array([2.0])), (np.zeros(9), np.zeros(9))):
        value, *ends = probability_above(*without_interval)
        assert value == 0.5
        assert np.isnan(ends).all()
    above, below = np.arange(100.0, 109), np.arange(16.0)  # Without overlap: the exact interval of a share of nine.
    assert probability_above(above, below) == clopper_pearson(9, 9)
    assert probability_above(below, above) == clopper_pearson(0, 9)


@pytest.mark.parametrize(("apart", "networks"), [(0.5, 40), (2.0, 16)])
def test_its_interval_is_scipys_bias_corrected_and_accelerated_one(apart, networks):
    random = np.random.default_rng(0)
    ours, theirs = random.normal(apart, 1.0, networks), random.normal(0.0, 1.0, networks)
    theirs[:10] = np.nan if apart == 0.5 else theirs[:10]

    def chance(first, second, axis=-1):
        above = np.where(np.isnan(second)[..., None, :], np.nan, first[..., :, None] > second[..., None, :])
        return np.nanmean(above, axis=(axis - 1, axis))

    found = bootstrap((ours, theirs), chance, paired=True, batch=500, rng=random).confidence_interval
    np.testing.assert_allclose(probability_above(ours, theirs)[1:], found, atol=0.01)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("ours", "theirs", "interval"),
    [
        ([1.0] * 9, [1.0] * 9, (np.nan, np.nan)),  # Nothing differs between resamples.
        ([np.inf] * 9, [np.inf] * 9, (np.nan, np.nan)),
        ([1.0], [0.0], (np.nan, np.nan)),
        ([2.0] * 9, [1.0] * 12, clopper_pearson(9, 9)[1:]),
        ([1.0] * 9, [2.0] * 12, clopper_pearson(0, 9)[1:]),
        ([1.0] * 9 + [np.nan] * 9, [np.nan] * 9 + [0.0] * 9, clopper_pearson(9, 9)[1:]),
    ],
)
def test_what_does_not_vary_has_an_exact_interval_or_none(ours, theirs, interval):
    np.testing.assert_array_equal(probability_above(ours, theirs)[1:], interval)


@pytest.mark.filterwarnings("error")
def test_nearly_separated_samples_have_an_interval_that_contains_the_probability():
    for ours, theirs in (([0.0] * 60 + [1.0], [0.0] * 61), ([*np.arange(1.0, 9), 100], [9.0] * 9)):
        value, low, high = probability_above(ours, theirs)
        assert 0 <= low <= value <= high <= 1
        assert low < high


def differences(ours, theirs):
    return [0.0 if one == other else one - other for one in ours for other in theirs]


def test_both_numbers_of_a_seed_are_resampled_together_and_missing_ones_stay_missing():
    random = np.random.default_rng(0)
    common = random.normal(0.0, 3.0, 40)
    ours, theirs = common + random.normal(0.3, 1.0, 40), common[:30] + random.normal(0.0, 1.0, 30)
    ours[3], theirs[5] = np.nan, np.nan
    chances, shifts = [], []
    for _ in range(3_000):
        drawn = random.integers(40, size=40)
        one, other = ours[drawn], theirs[drawn[drawn < 30]]
        one, other = one[~np.isnan(one)], other[~np.isnan(other)]
        chances.append(np.mean(one[:, None] > other[None, :]))
        shifts.append(np.quantile(differences(one, other), 0.5, method="inverted_cdf"))
    for found, resampled, scale in ((probability_above, chances, 1), (shift, shifts, 10)):
        ends = np.quantile(resampled, (0.025, 0.975))
        np.testing.assert_allclose(found(ours, theirs)[1:], ends, atol=0.015 * scale)
    apart = np.ptp(np.quantile(chances, (0.025, 0.975)))
    whole = [ours[~np.isnan(ours)], random.permutation(theirs[~np.isnan(theirs)])]
    independent = np.subtract(*probability_above(*whole)[1:][::-1])
    assert apart < 0.7 * independent  # What both share cancels.


def test_the_shift_is_the_median_of_all_differences_on_the_side_of_the_probability():
    random = np.random.default_rng(0)
    assert shift([1.0, np.inf, np.inf], [np.inf, np.inf, 3.0]).value == 0.0
    assert np.isnan(shift([], [1.0])).all()
    for _ in range(200):
        sizes = random.integers(1, 7, 2)
        ours, theirs = (random.integers(0, 4, size).astype(float) for size in sizes)
        value, chance = shift(ours, theirs).value, probability_above(ours, theirs).value
        assert value == np.quantile(differences(ours, theirs), 0.5, method="inverted_cdf")
        assert value * (chance - 0.5) >= 0


def test_fewer_than_eight_networks_have_no_interval():
    for ours, theirs in ((np.arange(7.0), np.arange(9.0)), (np.arange(9.0), [*np.arange(7.0), np.nan, np.nan])):
        assert np.isnan(probability_above(ours, theirs)[1:]).all()
        assert np.isnan(shift(ours, theirs)[1:]).all()
    assert np.isnan(probability_above(np.arange(7.0), np.arange(7.0) + 10)[1:]).all()


def test_the_power_of_a_comparison_is_that_of_simulations(monkeypatch):
    monkeypatch.setattr(comparisons, "RESAMPLES", 500)
    random = np.random.default_rng(0)
    decided = 0
    for _ in range(200):
        ours, theirs = random.normal(0.72, 1.0, 32), random.normal(0.0, 1.0, 32)  # P is about 0.695.
        decided += probability_above(ours, theirs).low > 0.5
    assert comparisons.power(32, 0.695) == pytest.approx(decided / 200, abs=0.08)
