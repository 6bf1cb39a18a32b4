"""How often intervals contain what is true of all networks, and how often equal populations get a verdict.

Numbers of networks are drawn from distributions that are known. Where networks answer draws of stimuli, a number is the
sum of what is the network's, what is its draw's, and of both together.
"""

import numpy as np
import pytest
from one_number import labeled, the_number
from scipy.stats import binom, norm

from lstm_toys.statistics import comparisons, intervals
from lstm_toys.studies.claims import judging
from lstm_toys.studies.claims.declaration import Claim, Source

SIZES, POPULATIONS = (16, 32, 64), 1_000


@pytest.mark.parametrize("networks", SIZES)
def test_intervals_of_shares_contain_the_share_of_all_networks(networks):
    counts = np.arange(networks + 1)
    ends = np.array([intervals.wilson(int(met), networks)[1:] for met in counts])
    for share in np.linspace(0.1, 0.9, 9):
        inside = (ends[:, 0] <= share) & (share <= ends[:, 1])
        assert 0.91 <= binom.pmf(counts, networks, share) @ inside <= 0.99
        decided = binom.pmf(counts, networks, share) @ (ends[:, 0] > 0.5)
        assert intervals.power(networks, share) == pytest.approx(decided)


def drawn(random, networks, effect=0.0):
    """Numbers of two populations, one of which is higher by an effect; network i of both answers draw i."""
    draw = random.normal(0.0, 1.0, networks)
    ours, theirs = (draw + random.normal(0.0, np.sqrt(1.5), networks) for _ in range(2))
    return ours + effect, theirs


def undefined(random, networks, effect=0.0):
    """Three in ten numbers of both are undefined."""
    both = drawn(random, networks, effect)
    return [np.where(random.uniform(size=networks) < 0.3, np.nan, each) for each in both]


def tied(random, networks, effect=0.0):
    return [np.round(each) for each in drawn(random, networks, effect)]


@pytest.mark.long
@pytest.mark.parametrize("effect", [0.0, 1.0])
@pytest.mark.parametrize("networks", SIZES)
def test_intervals_of_comparisons_contain_what_is_true_of_all_networks(networks, effect):
    random = np.random.default_rng(networks)
    chance = norm.cdf(effect / np.sqrt(5))  # Of two networks on draws of their own.
    inside = {comparisons.probability_above: 0, comparisons.shift: 0}
    for _ in range(POPULATIONS):
        both = drawn(random, networks, effect)
        for compared, true in ((comparisons.probability_above, chance), (comparisons.shift, effect)):
            _, low, high = compared(*both)
            inside[compared] += low <= true <= high
    for count in inside.values():
        assert 0.92 <= count / POPULATIONS <= 0.98


@pytest.mark.long
@pytest.mark.parametrize("numbers", [drawn, undefined, tied])
@pytest.mark.parametrize("networks", SIZES)
def test_equal_populations_get_a_verdict_in_at_most_a_tenth(monkeypatch, numbers, networks):
    def nothing(*_):
        return intervals.NOTHING

    monkeypatch.setattr(comparisons, "shift", nothing)  # They decide nothing, and take long.
    monkeypatch.setattr(intervals, "median_bootstrap", nothing)
    asked = Claim("id", "statement", "statistic", the_number, (Source("ours", "line"),), against="theirs", higher=None)
    random, decided = np.random.default_rng(networks), 0
    for _ in range(POPULATIONS):
        both = numbers(random, networks)
        populations = dict(zip(("ours", "theirs"), map(labeled, both), strict=True))
        decided += judging.judge(asked, populations).verdict != "undecided"
    assert decided / POPULATIONS <= 0.1


@pytest.mark.long
@pytest.mark.parametrize("networks", SIZES)
def test_a_threshold_at_the_median_gets_a_verdict_in_at_most_a_tenth(networks):
    random, decided = np.random.default_rng(networks), 0
    asked = Claim("id", "statement", "statistic", the_number, (Source("ours", "line"),), low=0.0)
    for _ in range(POPULATIONS):
        ours, _ = undefined(random, networks)
        decided += judging.judge(asked, {"ours": labeled(ours)}).verdict != "undecided"
    assert decided / POPULATIONS <= 0.1
