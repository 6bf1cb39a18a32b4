"""Energy scores against plain loops, and what settings they prefer."""

import itertools

import numpy as np
import pytest

from experiments.post.recipe import Scores, held_out
from lstm_toys.statistics import scores

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("seeds", [[0, 1, 2, 3], [0, 0, 1, 3]], ids=["alike", "weighted"])
def test_the_energy_score_is_that_of_a_plain_loop(seeds):
    """Over all pairs of different seeds, one by one; a weighted seed is there several times."""
    answers, published = RANDOM.normal(size=(5, 7)), RANDOM.normal(size=7)
    published[[2, 5]] = np.nan
    answers[4] = np.nan  # A seed that diverged does not count.

    def distance(a, b):
        return np.sqrt(np.mean([(p - q) ** 2 for p, q, each in zip(a, b, published, strict=True) if np.isfinite(each)]))

    to_curve = np.mean([distance(answers[seed], published) for seed in seeds])
    pairs = [distance(answers[i], answers[j]) for i, j in itertools.permutations(seeds, 2) if i != j]
    weights = np.array([[*(float(seeds.count(seed)) for seed in range(4)), 1.0]])
    found = scores.energy_score(scores.distances(answers, published, np.arange(5) < 4), weights)
    np.testing.assert_allclose(found, to_curve - np.mean(pairs) / 2)


def test_fewer_than_two_seeds_have_no_score():
    found = scores.energy_score(scores.distances(np.ones((3, 4)), np.zeros(4), np.arange(3) < 1), np.ones((1, 3)))
    assert np.isposinf(found).all()


def test_differences_are_simultaneous():
    """Of twenty settings that differ by noise alone, all intervals hold 0 in about 19 of 20 cases."""
    random = np.random.default_rng(4)
    every = 0
    for _ in range(100):
        each = random.normal(0, 0.3, (20, 40))
        found, low, high = Scores(each, np.repeat(each[:, None], 300, axis=1)).differences()
        assert found[0] == low[0] == high[0] == 0
        np.testing.assert_allclose(found, each.mean(axis=1) - each[0].mean())
        every += ((low <= 0) & (high >= 0)).all()
    assert 85 <= every < 100


def test_a_left_out_curve_has_no_say_in_the_choice():
    each = np.array([[0.0, 1.0, 1.0], [5.0, 0.5, 0.5]])
    made = Scores(each, each[:, None])

    def best(some):
        return int(np.argmin(some.mean))

    chosen, score = held_out(made, np.arange(3), best)
    # Without the first curve the second setting is best; without another one, the first.
    assert chosen.tolist() == [1, 0, 0]
    assert score.tolist() == [5.0, 1.0, 1.0]
    together, _ = held_out(made, np.array([0, 1, 1]), best)
    assert together.tolist() == [1, 0, 0]
