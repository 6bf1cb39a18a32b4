"""Linearizations, gains and forgetting of networks for which they are known in closed form."""

import maps
import numpy as np

from lstm_toys.dynamics.linear import Linear, distances, eigenvalues, linearizations, measured_response, modes, response

RANDOM = np.random.default_rng(0)


def test_nothing_is_linearized_at_no_state():
    system, params = maps.linear(maps.rotation(0.1, 0.9), 0.5 * np.eye(2))
    states = np.zeros((2, 1, 2))
    states[1] = np.nan
    found = linearizations(system, params, np.zeros((1, 1)), states)
    np.testing.assert_allclose(found.A[0, 0], np.transpose(maps.rotation(0.1, 0.9)), rtol=1e-6)
    for each in (found.A, eigenvalues(found.A), response(found, np.array([1.0]), maps.SPACING)):
        assert np.isnan([each[1].real, each[1].imag]).all() if each.dtype.kind == "c" else np.isnan(each[1]).all()


def test_modes_are_those_of_a_damped_sine():
    values = np.exp((-1 / 0.3 + 7j) * 0.01) * np.ones(1)
    time_constant, frequency = modes(np.concatenate([values, values.conj(), [0, 1, 1.1]]), 0.01)
    np.testing.assert_allclose(time_constant, [0.3, 0.3, 0, np.inf, -0.01 / np.log(1.1)], rtol=1e-12)
    np.testing.assert_allclose(frequency, [7, -7, 0, 0, 0], rtol=1e-12)


def test_the_gain_of_a_leaky_integrator_is_known_and_measured():
    """``h[t] = f h[t-1] + u[t]`` answers ``exp(i w t)`` by ``exp(i w t) / (1 - f exp(-i w))``."""
    leaks = np.float32([0.5, 0.9])
    system, params = maps.linear(*(leak * np.eye(1) for leak in leaks))
    frequencies = np.array([10.0, 60.0])
    states = 0.3 / (1 - leaks.astype(float))[:, None]
    expected = 1 / (1 - leaks[:, None] * np.exp(-1j * frequencies * maps.SPACING))
    found = response(linearizations(system, params, np.array([[0.3]]), states[:, None]), frequencies, maps.SPACING)
    np.testing.assert_allclose(found[:, 0, :, 0, 0], expected, rtol=1e-9)
    measured = [measured_response(system, params, states, 0.3, each, maps.SPACING, 0.01)[:, 0] for each in frequencies]
    np.testing.assert_allclose(np.transpose(measured), expected, rtol=1e-9)


def test_the_response_of_a_defective_map_is_that_of_its_linear_systems():
    A = np.array([[0.5, 1.0], [0.0, 0.5]])  # It has one eigenvector.
    own = Linear(A[None], np.array([[[0.0], [1.0]]]), np.array([[[1.0, 0.0]]]), np.zeros((1, 1, 1)))
    w = np.array([1.0, 5.0, 20.0])
    np.testing.assert_allclose(response(own, w, 0.1)[0, :, 0, 0], 1 / np.square(np.exp(0.1j * w) - 0.5), rtol=1e-9)


def test_a_linear_network_forgets_by_its_matrix():
    matrices = [np.diag([0.9, 0.5]), maps.rotation(0.2, 0.8)]
    system, params = maps.linear(*matrices)
    starts = RANDOM.uniform(-1, 1, (2, 3, 2))
    found = distances(system, params, RANDOM.uniform(size=(2, 20, 1)), starts)
    for seed, matrix in enumerate(matrices):
        apart = starts[seed, 1:] - starts[seed, :1]
        power = np.linalg.matrix_power(np.float32(matrix).astype(float), 20)
        ratios = np.linalg.norm(apart @ power, axis=1) / np.linalg.norm(apart, axis=1)
        np.testing.assert_allclose(found[seed, :, -1], np.sqrt(ratios.prod()), rtol=1e-6)
