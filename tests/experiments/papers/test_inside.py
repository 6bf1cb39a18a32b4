"""What is found inside networks that count and remember: against networks and states that are made by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from experiments.papers import networks


def test_the_counter_is_the_unit_that_follows_the_count():
    rng = np.random.default_rng(0)
    n = 7
    count = np.array([*range(1, n + 1), *range(n - 1, -1, -1)])
    states = rng.normal(size=(2, 2 * n, 4))
    states[0, :, 2] = 3 - 0.5 * count
    states[1, :, 1] = 0.8 * count
    states[:, :, 3] = 1.0  # A unit that never changes counts nothing.
    found = networks.counter(states, n)
    assert found.unit.tolist() == [2, 1]
    np.testing.assert_allclose(found.straight, 1)
    np.testing.assert_allclose(found.up, [-0.5, 0.8])
    np.testing.assert_allclose(found.down, [0.5, -0.8])


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sigmoid", "hard"])
def test_gates_are_those_of_the_layer(kind):
    model = lt.Stack(features=3, hidden=(4,), readout="dense", gates=kind)
    inputs = np.random.default_rng(0).normal(size=(1, 9, 3)).astype(np.float32)
    params = jax.tree.map(lambda leaf: np.asarray(leaf)[None], model.init(jax.random.key(0), jnp.asarray(inputs)))
    inside = lt.states(model, params["params"], inputs)["lstm_0"]
    opened = networks.gates(params["params"]["lstm_0"], inputs[0], inside["hidden"][:, 0], kind)
    cell = np.zeros(4)
    for place in range(9):
        i, f, g, o = opened[0, place]
        cell = f * cell + i * g
        np.testing.assert_allclose(cell, inside["cell"][0, 0, place], atol=1e-5)
        np.testing.assert_allclose(o * np.tanh(cell), inside["hidden"][0, 0, place], atol=1e-5)


@pytest.mark.long
def test_eight_memories_by_hand_are_eight_stable_fixed_points():
    model = lt.Stack(features=3, hidden=(3,), readout="dense", cell="rnn")
    one = np.eye(3, dtype=np.float32)[None]
    zero = np.zeros((1, 3), np.float32)
    params = {
        "rnn_0": {"kernel": 6 * one, "recurrent_kernel": 2 * one, "bias": zero},
        "readout": {"kernel": one, "bias": zero},
    }
    found = networks.fixed_points(lt.Saved(model, params, {}, lt.Results(), (), (), None), 64)
    assert found["stable fixed points"].tolist() == [8]
    assert found["memories that are stable fixed points"].tolist() == [8]
    assert found["share of starts that end at stable fixed points"] == pytest.approx(1)
    rest = 0.9575040240772687  # Of h = tanh(2 h).
    assert found["largest eigenvalue of a stable fixed point"] == pytest.approx(2 * (1 - rest**2))
    assert 0 < found["those with one unstable direction"] <= 12
    assert found["unstable fixed points"] <= 27 - 8
    assert found["fixed points and other things found"] == 8 + found["unstable fixed points"]
