"""Turned modes against linear networks in closed form, and against the eigenvalues of edited linearizations."""

import maps
import numpy as np
import pytest
from scipy.linalg import block_diag

import lstm_toys as lt
from lstm_toys.dynamics.edited_modes import edited, oscillation
from lstm_toys.dynamics.linear import linearizations
from lstm_toys.dynamics.system import system_of

ANGLE, RADIUS = 0.5, 0.9
CURVES = np.random.default_rng(0).uniform(size=(2, 9, 1)).astype(np.float32)


def mixed(matrix):
    """The same map in other coordinates, in which modes share components."""
    basis = np.random.default_rng(1).normal(size=matrix.shape)
    return basis @ matrix @ np.linalg.inv(basis)


def map_of(angle=ANGLE, radius=RADIUS, others=1.0):
    """A linear map with three pairs of modes, of which the first one leads, and others are turned by a factor."""
    turned = maps.rotation(angle, radius), maps.rotation(1.1 * others, 0.7), maps.rotation(0.4 * others, 0.6)
    return mixed(block_diag(*turned, [[0.95]]))


EDITS = {
    "faster": (lambda mode: mode.turned(1.4), map_of(1.4 * ANGLE), 1.0),
    "shorter": (lambda mode: mode.turned(1.0, 2.0), map_of(radius=RADIUS**0.5), 1.0),
    "others faster": (lambda mode: mode.others_turned(1.3), map_of(others=1.3), 1.0),
    "a faster clock": (lambda mode: mode.turned(), map_of(), 1.4),
}
"""The matrices of an edit, the map that has the edited modes, and the speed of the clock."""


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_that_of_a_linear_network_in_closed_form(name):
    """x' = x + speed (F(x) - x) + (x - x*) edit, for the F of `maps.linear`."""
    matrices, after, speed = EDITS[name]
    before = map_of().astype(np.float32).astype(float)
    system, params = maps.linear(before)
    mode = oscillation((system.model, params), np.array([0.3]))
    found = edited((system.model, params), CURVES, mode.rest, matrices(mode), speed)
    kernel = np.eye(7)[0]
    np.testing.assert_allclose(mode.rest[0, 0], 0.3 * kernel @ np.linalg.inv(np.eye(7) - before), atol=1e-5)
    for answers, curve in zip(found[0], CURVES[:, :, 0].astype(float), strict=True):
        state = np.zeros(7)
        for answer, value in zip(answers, curve, strict=True):
            expected = state @ before + value * kernel
            np.testing.assert_allclose(answer, expected, atol=1e-5)
            state = state + speed * (expected - state) + (state - mode.rest[0, 0]) @ (after - before)
    if name == "faster":
        np.testing.assert_array_equal(lt.dynamics.turn_mode((system.model, params), CURVES, 1.4, at=0.3), found)


@pytest.mark.long
def test_a_turned_network_has_the_turned_eigenvalue_at_rest_and_answers_as_usual_without_an_edit():
    model = lt.Stack(1, hidden=(3,), gates="hard")
    params = maps.drawn(model, 3)
    system = system_of((model, params), 1)
    found = oscillation((system.model, params), np.array([0.2]))
    matrices, near = found.turned(0.5), linearizations(system, params, np.array([[0.2]]), found.rest[:, :, None])
    known = np.isfinite(found.value[:, 0])
    assert known.any()
    for seed in np.flatnonzero(known):
        values = np.linalg.eigvals(near.A[seed, 0, 0] + matrices[seed, 0])
        expected = np.abs(found.value[seed, 0]) * np.exp(0.5j * np.angle(found.value[seed, 0]))
        assert np.abs(values - expected).min() < 1e-4
    usual = edited((system.model, params), CURVES, found.rest, found.turned())
    np.testing.assert_allclose(usual[known], lt.answers((model, params), CURVES)[known], atol=1e-5)


def test_without_an_oscillation_there_is_no_answer():
    system, params = maps.linear(np.diag([0.5, 0.4, 0.3, 0.2, 0.1]))
    mode = oscillation((system.model, params), np.array([0.3]))
    assert np.isnan(edited((system.model, params), CURVES, mode.rest, mode.turned(1.2))).all()


def test_a_pair_is_turned_next_to_modes_whose_eigenvectors_coincide():
    matrix = np.diag([0.0, 0, 1, 1], 1)
    matrix[:2, :2] = maps.rotation(ANGLE, RADIUS)
    system, params = maps.linear(matrix)
    mode = oscillation((system.model, params), np.array([0.3]))
    found = np.linalg.eigvals(params["recurrent_kernel"][0].T + mode.turned(1.2)[0, 0])
    assert np.abs(found - RADIUS * np.exp(1.2j * ANGLE)).min() < 1e-6


def test_matrices_may_differ_by_curve():
    system, params = maps.linear(maps.rotation(ANGLE, RADIUS))
    own = oscillation((system.model, params), np.array([0.1, 0.4]))
    both = edited((system.model, params), CURVES, own.rest, own.turned(1.3))
    for place in range(2):
        one = edited((system.model, params), CURVES[[place]], own.rest[:, [place]], own.turned(1.3)[:, [place]])
        np.testing.assert_allclose(both[:, [place]], one, atol=1e-12)
