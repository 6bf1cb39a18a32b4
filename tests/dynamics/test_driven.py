"""What linear networks forget along a curve, and their Lyapunov exponents."""

import maps
import numpy as np

from lstm_toys.dynamics.driven import driven

RANDOM = np.random.default_rng(0)


def test_a_linear_network_forgets_by_its_matrix():
    matrices = [np.diag([0.9, 0.5]), maps.rotation(0.2, 0.8), np.diag([1.25, 0.0])]
    system, params = maps.linear(*matrices)
    curves = RANDOM.uniform(size=(2, 200, 1))
    starts = RANDOM.uniform(-1, 1, (3, 3, 2))
    found = driven(system, params, curves, starts, maps.SPACING, largest=2, skipped=100)
    assert found.distance.shape == (3, 2, 200)
    assert found.exponents.shape == (3, 2, 2)
    for seed, exponents in enumerate(([0.9, 0.5], [0.8, 0.8], [1.25, 0.0])):
        with np.errstate(divide="ignore"):
            expected = np.log(exponents) / maps.SPACING
        np.testing.assert_allclose(found.exponents[seed], np.tile(expected, (2, 1)), rtol=1e-6)
        apart = starts[seed, 1:] - starts[seed, :1]
        power = np.linalg.matrix_power(np.float32(matrices[seed]).astype(float), 20)
        ratios = np.linalg.norm(apart @ power, axis=1) / np.linalg.norm(apart, axis=1)
        np.testing.assert_allclose(found.distance[seed, :, 19], np.sqrt(ratios.prod()), rtol=1e-6)
