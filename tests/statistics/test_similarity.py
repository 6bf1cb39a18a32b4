"""The Procrustes distance, against SciPy and its own definition."""

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes

import lstm_toys as lt


def test_it_is_the_angle_after_the_best_rotation():
    random = np.random.default_rng(0)
    states, others = random.normal(size=(3, 4, 10, 5)), random.normal(size=(2, 4, 10, 5))
    found = lt.statistics.procrustes(states, others)
    for place, angle in np.ndenumerate(found):
        x, y = (each - each.mean(0) for each in (states[place[0]].reshape(40, 5), others[place[1]].reshape(40, 5)))
        x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
        rotation, _ = orthogonal_procrustes(x, y)
        np.testing.assert_allclose(np.cos(angle), np.sum(x @ rotation * y))
    own = lt.statistics.procrustes(states, np.concatenate([states, others]))
    np.testing.assert_allclose(own[:, :3], own[:, :3].T)
    np.testing.assert_allclose(np.diag(own), 0, atol=1e-6)
    assert (own[0, 1] <= own[0] + own[1] + 1e-12).all()  # The triangle inequality.
    wider = np.concatenate([states, np.zeros((3, 4, 10, 2))], axis=-1)
    np.testing.assert_allclose(lt.statistics.procrustes(wider, others), found)


def test_states_at_other_points_or_without_variance_are_refused():
    states = np.random.default_rng(0).normal(size=(1, 4, 10, 5))
    with pytest.raises(ValueError, match="others must be states at 4x10 points"):
        lt.statistics.procrustes(states, states[:, :, 1:])
    with pytest.raises(ValueError, match="states must be states that vary"):
        lt.statistics.procrustes(0 * states, states)
