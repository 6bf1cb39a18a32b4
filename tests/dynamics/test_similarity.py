"""The similarity of trajectories: of those that are rotated, unrelated, or of other dimensions."""

import numpy as np

from lstm_toys.dynamics.similarity import procrustes, similarities

RANDOM = np.random.default_rng(0)
STATES = RANDOM.normal(size=(200, 4))
ROTATION = np.linalg.qr(RANDOM.normal(size=(4, 4)))[0]


def test_a_rotated_moved_and_scaled_trajectory_is_the_same():
    np.testing.assert_allclose(procrustes(STATES, 3 * STATES @ ROTATION + 5), 1)
    wider = np.pad(STATES, [(0, 0), (0, 3)]) @ np.linalg.qr(RANDOM.normal(size=(7, 7)))[0]
    np.testing.assert_allclose(procrustes(STATES, wider), 1)


def test_a_stretched_or_an_unrelated_one_is_not():
    angles = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    circle, other = (np.stack([np.cos(k * angles), np.sin(k * angles)], axis=1) for k in (1, 2))
    np.testing.assert_allclose(procrustes(circle, other), 0, atol=1e-12)
    # An ellipse of half axes 1 and a: (1 + a) / sqrt(2 (1 + a^2)).
    np.testing.assert_allclose(procrustes(circle, circle * [1, 3]), 4 / np.sqrt(20))
    assert np.isnan(procrustes(circle, np.ones((100, 2))))


def test_networks_are_compared_with_each_other():
    states = np.stack([STATES, STATES @ ROTATION, RANDOM.normal(size=(200, 4))])
    found = similarities(states, states[:2])
    assert found.shape == (3, 2)
    np.testing.assert_allclose(found[:2], 1)
    assert (found[2] < 0.5).all()
