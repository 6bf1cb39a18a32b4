"""Turned modes against linear networks in closed form, and against finite differences."""

import jax
import jax.numpy as jnp
import maps
import numpy as np
import pytest

import lstm_toys as lt
from conftest import rarely
from lstm_toys.dynamics.system import system_of
from lstm_toys.dynamics.turned import edited, oscillation

ANGLE, RADIUS = 0.5, 0.9


def blocks(*each):
    """A block-diagonal matrix."""
    size = sum(len(block) for block in each)
    whole, place = np.zeros((size, size)), 0
    for block in each:
        whole[place : place + len(block), place : place + len(block)] = block
        place += len(block)
    return whole


def mixed(matrix):
    """The same map in other coordinates, in which modes share components."""
    basis = np.random.default_rng(1).normal(size=matrix.shape)
    return basis @ matrix @ np.linalg.inv(basis)


@pytest.mark.parametrize(("factor", "decay"), [(1.4, 1.0), (1.0, 2.0)])
def test_the_leading_pair_of_a_linear_network_is_turned_and_no_other(factor, decay):
    other = maps.rotation(1.1, 0.6)
    before = mixed(blocks(maps.rotation(ANGLE, RADIUS), other, [[0.95]])).astype(np.float32).astype(float)
    after = mixed(blocks(maps.rotation(factor * ANGLE, RADIUS ** (1 / decay)), other, [[0.95]]))
    system, params = maps.linear(before)
    curves = np.random.default_rng(0).uniform(size=(2, 9, 1)).astype(np.float32)
    found = lt.turn_mode(system.model, params, curves, factor, decay, at=0.3)

    kernel = np.eye(5)[0]
    rest = 0.3 * kernel @ np.linalg.inv(np.eye(5) - before)
    for place, curve in enumerate(curves[:, :, 0].astype(float)):
        state, answers = np.zeros(5), []
        for value in curve:
            answers.append(state @ before + value * kernel)
            state = answers[-1] + (state - rest) @ (after - before)
        np.testing.assert_allclose(found[0, place], answers, atol=1e-5)


@pytest.mark.parametrize("options", [{"cell": "gru", "readout": "dense"}, *rarely({"gates": "hard"})], ids=str)
def test_a_turned_network_has_the_turned_eigenvalue_at_rest(options):
    model = lt.Stack(1, **{"hidden": (3,), **options})
    params = maps.drawn(model, 3)
    system = system_of(model, params, 1)
    found = oscillation(system, params, np.array([0.2]))
    matrices = found.turned(0.5)
    known = np.isfinite(found.value[:, 0])
    assert known.any()
    for seed in np.flatnonzero(known):
        moved = [found.rest[seed, 0] + step for step in 1e-6 * np.eye(system.dimension)]
        A = np.stack([(after(system, params, seed, each) - found.rest[seed, 0]) / 1e-6 for each in moved], axis=1)
        values = np.linalg.eigvals(A + matrices[seed, 0])
        expected = np.abs(found.value[seed, 0]) * np.exp(0.5j * np.angle(found.value[seed, 0]))
        assert np.abs(values - expected).min() < 1e-4


def after(system, params, seed, state):
    """The next state of one network under the constant input."""
    with jax.enable_x64(True):
        own = jax.tree.map(jnp.asarray, maps.stacked(params, seed))
        return np.asarray(system.step(own, jnp.asarray(state), jnp.array([0.2]))[0])


def test_without_an_edit_networks_answer_as_usual_and_without_an_oscillation_not_at_all():
    model = lt.Stack(1, hidden=(3,), gates="hard")
    params = maps.drawn(model, 3)
    curves = np.random.default_rng(0).uniform(size=(2, 9, 1)).astype(np.float32)
    found = lt.turn_mode(model, params, curves)
    known = np.isfinite(found).all(axis=(1, 2, 3))
    assert known.any()
    np.testing.assert_allclose(found[known], lt.answers(model, params, curves)[known], atol=1e-5)
    calm, params = maps.linear([[0.5, 0.0], [0.0, 0.4]])
    assert np.isnan(lt.turn_mode(calm.model, params, curves, 1.2)).all()


def test_matrices_may_differ_by_curve():
    system, params = maps.linear(maps.rotation(ANGLE, RADIUS))
    curves = np.random.default_rng(0).uniform(size=(2, 6, 1))
    own = oscillation(system, params, np.array([0.1, 0.4]))
    both = edited(system, params, curves, own.rest, own.turned(1.3))
    for place in range(2):
        one = edited(system, params, curves[[place]], own.rest[:, [place]], own.turned(1.3)[:, [place]])
        np.testing.assert_allclose(both[:, [place]], one, atol=1e-12)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"factor": 0.0}, "factor must be above 0"),
        ({"decay": -1.0}, "decay must be above 0"),
        ({"at": np.nan}, "at must be a finite number"),
    ],
)
def test_what_is_wrong_is_refused(changed, said):
    system, params = maps.linear(maps.rotation(ANGLE, RADIUS))
    with pytest.raises(ValueError, match=said):
        lt.turn_mode(system.model, params, **{"curves": np.zeros((2, 9, 1)), **changed})
