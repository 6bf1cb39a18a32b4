"""The rank correlation against SciPy's, and its interval against a plain loop."""

import numpy as np
import pytest
from scipy.stats import spearmanr

import lstm_toys as lt


@pytest.mark.parametrize("equal", [False, True], ids=["all differ", "some are equal"])
def test_it_is_spearmans_and_its_interval_that_of_resampled_seeds(equal):
    random = np.random.default_rng(1)
    first = random.integers(0, 9, 40).astype(float) if equal else random.normal(size=40)
    second = first + random.normal(size=40) * 4
    value, *ends = lt.statistics.rank_correlation(first, second)
    assert value == pytest.approx(spearmanr(first, second).statistic)
    drawn = np.random.default_rng(0).integers(40, size=(2_000, 40))
    resampled = [spearmanr(first[own], second[own]).statistic for own in drawn]
    np.testing.assert_allclose(ends, np.quantile(resampled, (0.025, 0.975)))
    assert lt.statistics.rank_correlation(first, second) == (value, *ends)


def test_it_depends_on_order_alone():
    first, second = np.random.default_rng(0).normal(size=(2, 20))
    found = lt.statistics.rank_correlation(first, second)
    assert lt.statistics.rank_correlation(np.exp(first), 3 * second**3) == found
    assert lt.statistics.rank_correlation(first, -second).value == pytest.approx(-found.value)


def test_a_perfect_order_has_no_interval_and_seeds_that_do_not_differ_have_no_correlation():
    for sign in (1, -1):
        value, *ends = lt.statistics.rank_correlation(np.arange(9.0), sign * np.arange(9.0) ** 3)
        assert value == sign
        assert np.isnan(ends).all()
    assert np.isnan(lt.statistics.rank_correlation(np.arange(9.0), np.ones(9))).all()
    assert np.isnan(lt.statistics.rank_correlation(np.ones(1), np.ones(1))).all()


@pytest.mark.parametrize("second", [[1.0, 2.0], [1.0, np.nan, 3.0], [[1.0], [2.0], [3.0]]])
def test_numbers_that_are_missing_or_of_other_seeds_are_refused(second):
    with pytest.raises(ValueError, match="second must be finite numbers of shape"):
        lt.statistics.rank_correlation(np.arange(3.0), second)
