"""Energy scores against plain loops, and what settings they prefer."""

import itertools

import numpy as np
import pytest

from experiments.post import scores
from experiments.recipe import ComparedCurve
from experiments.recipe import scores as settings_scores

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


def many(centers, spreads, seeds=40, curves=6, points=5):
    """Answers around a center for each setting, to curves that are drawn around zero with spread one."""
    published = np.random.default_rng(1).normal(size=(curves, points))
    drawn = np.random.default_rng(2).normal(size=(curves, 1, seeds, points))
    answers = np.array(centers)[:, None, None] + np.array(spreads)[:, None, None] * drawn
    sound = np.ones((len(centers), seeds), bool)
    sound[-1] = False
    return [ComparedCurve("", p, p, a, sound) for p, a in zip(published, answers, strict=True)]


def test_the_setting_that_the_curves_come_from_is_best_and_others_are_beaten():
    found = settings_scores(many((0.0, 4.0, 0.0, 0.0, 0.0), (1.0, 1.0, 12.0, 1.02, 1.0)))
    assert np.argmin(found.mean) in (0, 3)
    assert np.isposinf(found.mean[4])
    assert found.unbeaten().tolist() == [True, False, False, True, False]
    low, high = found.interval()
    assert ((low < found.mean) & (found.mean < high))[:4].all()
    np.testing.assert_allclose(found.mean, [np.mean(row) for row in found.of_curves])
