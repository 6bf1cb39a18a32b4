"""Slow points, against the algebra of maps made by hand."""

import numpy as np
import pytest
from maps import SPACING, drawn, linear, made, rotation

import lstm_toys as lt
from lstm_toys.dynamics.slow import descents, variance_shares
from lstm_toys.networks.gru import GRU
from lstm_toys.networks.lstm import LSTM

INPUTS = np.array([[0.0], [0.5]])


def starts(seeds, dimension, count=12):
    """Random states, the same under both inputs."""
    return np.repeat(np.random.default_rng(1).normal(size=(seeds, 1, count, dimension)), 2, axis=1)


def test_a_linear_map_moves_to_the_nearest_of_its_slowest_points():
    matrices = [rotation(0.3, 0.9), [[1.0, 0.0], [0.2, 0.5]]]  # One fixed point; a line of them without an input.
    system, params = linear(*matrices)
    begun = starts(2, 2)
    found = descents(system, params, INPUTS, begun, SPACING, tolerance=0.0)
    for seed, matrix in enumerate(np.array(matrices, np.float32).astype(float)):
        change = matrix.T - np.eye(2)
        for place, (constant,) in enumerate(INPUTS):
            moved = begun[seed, place] @ change.T + np.array([constant, 0.0])
            expected = begun[seed, place] - moved @ np.linalg.pinv(change).T
            np.testing.assert_allclose(found.state[seed, place], expected, atol=1e-6)
            left = expected @ change.T + np.array([constant, 0.0])
            np.testing.assert_allclose(found.q[seed, place], (left**2).sum(axis=1) / 2, atol=1e-12)
            np.testing.assert_allclose(found.speed[seed, place], np.linalg.norm(left, axis=1) / SPACING, atol=1e-5)
        expected = np.linalg.eigvals(matrix)
        assert np.sort_complex(found.eigenvalues[seed, 0, 0]) == pytest.approx(np.sort_complex(expected), abs=1e-9)


def test_slow_points_of_a_line_lie_on_a_line_and_those_of_a_plane_do_not():
    system, params = linear(np.diag([1.0, 0.5, 0.3]), np.diag([1.0, 1.0, 0.3]))
    found = descents(system, params, INPUTS[:1], starts(2, 3, 40)[:, :1], SPACING)
    shares = variance_shares(found.state, found.q <= 1e-9)[:, 0]
    assert shares[0] == pytest.approx([1, 0], abs=1e-4)
    assert 0.5 <= shares[1, 0] < 0.95
    assert shares[1].sum() == pytest.approx(1, abs=1e-4)
    assert np.isnan(variance_shares(found.state, found.q < 0)).all()


def test_slow_points_of_a_model_begin_evenly_in_the_states_that_it_visited():
    model = LSTM(2)
    system, params = made(model, drawn(model, 2))
    visited = lt.states((model, params), np.random.default_rng(0).normal(size=(4, 10, 1)).astype(np.float32))
    found = lt.dynamics.slow_points((model, params), visited, INPUTS, starts=5, spacing=SPACING, tolerance=1e-3)
    flat = np.concatenate([visited[""][name] for _, name, _ in system.places], axis=-1).reshape(2, 40, -1)
    begun = np.repeat(flat[:, None, [0, 10, 20, 29, 39]], 2, axis=1)
    np.testing.assert_array_equal(found.start, begun)
    again = descents(system, params, INPUTS, begun.astype(float), SPACING, tolerance=1e-3)
    np.testing.assert_array_equal(found.state, again.state)
    settings = {"learning_rate": np.array([0.1, 0.2])}
    examined = {"examined": found.examined[:1], "eigenvalues": found.eigenvalues[:, :, :1]}
    rows = found._replace(settings=settings, **examined).to_dataframe()
    assert rows.groupby("learning_rate").seed.unique().explode().to_dict() == {0.1: 0, 0.2: 1}
    for name in ("eigenvalue_real", "eigenvalue_imaginary"):
        assert rows[name].isna().mean() == 0.8  # One of five starts is examined.


def test_states_of_other_networks_are_refused():
    visited = {"": {"hidden": np.zeros((3, 1, 4, 2))}}
    with pytest.raises(ValueError, match=r"finite numbers of shape \[3, C, T, 5\]"):
        lt.dynamics.slow_points((GRU(5), drawn(GRU(5), 3)), visited, INPUTS)
