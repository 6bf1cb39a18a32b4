"""Turned modes against linear networks in closed form, and against the eigenvalues of edited linearizations."""

import maps
import numpy as np
import pytest
from scipy.linalg import block_diag

import lstm_toys as lt
from lstm_toys.dynamics.linear import linearizations
from lstm_toys.dynamics.system import system_of
from lstm_toys.dynamics.turned import edited, oscillation

ANGLE, RADIUS = 0.5, 0.9
CURVES = np.random.default_rng(0).uniform(size=(2, 9, 1)).astype(np.float32)


def mixed(matrix):
    """The same map in other coordinates, in which modes share components."""
    basis = np.random.default_rng(1).normal(size=matrix.shape)
    return basis @ matrix @ np.linalg.inv(basis)


@pytest.mark.parametrize(("factor", "decay"), [(1.4, 1.0), (1.0, 2.0)])
def test_the_leading_pair_of_a_linear_network_is_turned_and_no_other(factor, decay):
    other = maps.rotation(1.1, 0.6)
    before = mixed(block_diag(maps.rotation(ANGLE, RADIUS), other, [[0.95]])).astype(np.float32).astype(float)
    after = mixed(block_diag(maps.rotation(factor * ANGLE, RADIUS ** (1 / decay)), other, [[0.95]]))
    system, params = maps.linear(before)
    found = lt.turn_mode((system.model, params), CURVES, factor, decay, at=0.3)

    kernel = np.eye(5)[0]
    rest = 0.3 * kernel @ np.linalg.inv(np.eye(5) - before)
    for place, curve in enumerate(CURVES[:, :, 0].astype(float)):
        state, answers = np.zeros(5), []
        for value in curve:
            answers.append(state @ before + value * kernel)
            state = answers[-1] + (state - rest) @ (after - before)
        np.testing.assert_allclose(found[0, place], answers, atol=1e-5)


@pytest.mark.long
def test_a_turned_network_has_the_turned_eigenvalue_at_rest_and_answers_as_usual_without_an_edit():
    model = lt.Stack(1, hidden=(3,), gates="hard")
    params = maps.drawn(model, 3)
    system = system_of((model, params), 1)
    found = oscillation(system, params, np.array([0.2]))
    matrices, near = found.turned(0.5), linearizations(system, params, np.array([[0.2]]), found.rest[:, :, None])
    known = np.isfinite(found.value[:, 0])
    assert known.any()
    for seed in np.flatnonzero(known):
        values = np.linalg.eigvals(near.A[seed, 0, 0] + matrices[seed, 0])
        expected = np.abs(found.value[seed, 0]) * np.exp(0.5j * np.angle(found.value[seed, 0]))
        assert np.abs(values - expected).min() < 1e-4
    usual = edited(system, params, CURVES, found.rest, found.turned())
    np.testing.assert_allclose(usual[known], lt.answers((model, params), CURVES)[known], atol=1e-5)


def test_without_an_oscillation_there_is_no_answer():
    system, params = maps.linear(np.diag([0.5, 0.4, 0.3, 0.2, 0.1]))
    mode = oscillation(system, params, np.array([0.3]))
    assert np.isnan(edited(system, params, CURVES, mode.rest, mode.turned(1.2))).all()


def test_a_pair_is_turned_next_to_modes_whose_eigenvectors_coincide():
    matrix = np.diag([0.0, 0, 1, 1], 1)
    matrix[:2, :2] = maps.rotation(ANGLE, RADIUS)
    system, params = maps.linear(matrix)
    mode = oscillation(system, params, np.array([0.3]))
    found = np.linalg.eigvals(params["recurrent_kernel"][0].T + mode.turned(1.2)[0, 0])
    assert np.abs(found - RADIUS * np.exp(1.2j * ANGLE)).min() < 1e-6


def test_matrices_may_differ_by_curve():
    system, params = maps.linear(maps.rotation(ANGLE, RADIUS))
    own = oscillation(system, params, np.array([0.1, 0.4]))
    both = edited(system, params, CURVES, own.rest, own.turned(1.3))
    for place in range(2):
        one = edited(system, params, CURVES[[place]], own.rest[:, [place]], own.turned(1.3)[:, [place]])
        np.testing.assert_allclose(both[:, [place]], one, atol=1e-12)


def stepped(before, edit, rest, curve, speed):
    """The answers of x' = x + speed (F(x) - x) + (x - x*) edit, for the F of `maps.linear`."""
    state, answers = np.zeros(len(before)), []
    for value in curve:
        answers.append(state @ before + value * np.eye(len(before))[0])
        state = state + speed * (answers[-1] - state) + (state - rest) @ edit
    return answers


def test_all_other_pairs_are_turned_and_the_leading_one_is_not():
    def map_of(*angles):
        return mixed(block_diag(*map(maps.rotation, angles, (RADIUS, 0.7, 0.6)), [[0.95]]))

    before = map_of(ANGLE, 1.1, 0.4).astype(np.float32).astype(float)
    system, params = maps.linear(before)
    mode = oscillation(system, params, np.array([0.3]))
    found = edited(system, params, CURVES, mode.rest, mode.others_turned(1.3))
    edit = map_of(ANGLE, 1.3 * 1.1, 1.3 * 0.4) - before
    for answers, curve in zip(found[0], CURVES[:, :, 0].astype(float), strict=True):
        np.testing.assert_allclose(answers, stepped(before, edit, mode.rest[0, 0], curve, 1.0), atol=1e-5)


def test_a_clock_that_runs_faster_goes_so_much_further_in_each_step():
    before = np.array(maps.rotation(ANGLE, RADIUS)).astype(np.float32).astype(float)
    system, params = maps.linear(before)
    mode = oscillation(system, params, np.array([0.3]))
    found = edited(system, params, CURVES, mode.rest, mode.turned(), 1.4)
    expected = stepped(before, np.zeros((2, 2)), mode.rest[0, 0], CURVES[0, :, 0].astype(float), 1.4)
    np.testing.assert_allclose(found[0, 0], expected, atol=1e-5)
