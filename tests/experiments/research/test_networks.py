"""What is inside networks of papers: against states that are made by hand."""

import jax.numpy as jnp
import numpy as np
import plain_cells
import pytest

import lstm_toys as lt
from conftest import initialized
from experiments.research.papers import languages, networks


def test_a_string_is_accepted_whatever_is_answered_to_its_start_and_after_its_end():
    strings = languages.powers(jnp.array([2, 3]), 7, 2)
    right, wrong = (np.where(strings.targets > 0.5, sign, -sign) for sign in (1.0, -1.0))
    several = np.stack([right, np.where(strings.counts > 0, right, wrong), right])
    several[2, 0, 4] *= -1  # The last point of the first string.
    assert networks.accepted(several, strings).tolist() == [1, 1, 0.5]


def test_the_leak_is_that_of_the_counter_where_it_neither_begins_nor_turns(monkeypatch):
    monkeypatch.setattr(networks, "accepted", lambda answers, _: np.ones(len(answers)))  # As if they counted.
    model = lt.Stack(features=3, hidden=(4,), readout="dense")
    params = initialized(model, 3, features=3, scale=3.0)
    string = "^" + 50 * "a" + 50 * "b"
    expected = []
    for seed in range(3):
        layer = {name: np.asarray(leaf[seed], float) for name, leaf in params["lstm_0"].items()}
        state, states, shut = np.zeros((2, 4)), [], []
        for symbol in string:
            state, gates = plain_cells.step("lstm", "sigmoid", layer, np.array([*"^ab"]) == symbol, state)
            states.append(state[1])
            shut.append(1 - gates["forget"])
        count = [*range(1, 51), *range(49, -1, -1)]
        unit = np.argmax([np.corrcoef(count, [state[k] for state in states[1:]])[0, 1] ** 2 for k in range(4)])
        steady = [place for n in range(11, 49) for place in (n, 50 + n)]  # The start is at place 0.
        expected.append(np.mean([shut[place][unit] for place in steady]))
    inside = networks.counters(lt.Networks(model, params))
    leak = np.mean([inside[f"1 - forget gate, 11th to 48th {symbol}"] for symbol in "ab"], axis=0)
    np.testing.assert_allclose(leak, expected, rtol=1e-4)


def test_the_counter_is_the_unit_that_follows_the_count():
    n = 7
    count = np.array([*range(1, n + 1), *range(n - 1, -1, -1)])
    states = np.random.default_rng(0).normal(size=(2, 2 * n, 4))
    states[0, :, 2] = 3 - 0.5 * count
    states[1, :, 1] = 0.8 * count
    states[:, :, 3] = 1.0  # A unit that never changes counts nothing.
    found = networks.counter(states, n)
    assert found.unit.tolist() == [2, 1]
    np.testing.assert_allclose(found.straight, 1)
    np.testing.assert_allclose(found.up, [-0.5, 0.8])
    np.testing.assert_allclose(found.down, [0.5, -0.8])


@pytest.mark.long
def test_eight_memories_by_hand_are_eight_stable_fixed_points():
    model = lt.Stack(features=3, hidden=(3,), readout="dense", cell="rnn")
    one, zero = np.eye(3, dtype=np.float32)[None], np.zeros((1, 3), np.float32)
    layer = {"kernel": 6 * one, "recurrent_kernel": 2 * one, "bias": zero}
    params = {"rnn_0": layer, "readout": {"kernel": one, "bias": zero}}
    found = networks.fixed_points(lt.Networks(model, params), 64)
    assert found["stable fixed points"].tolist() == [8]
    assert found["memories that are stable fixed points"].tolist() == [8]
    assert found["share of starts that end at stable fixed points"] == pytest.approx(1)
    rest = 0.9575040240772687  # Of h = tanh(2 h).
    assert found["largest eigenvalue of a stable fixed point"] == pytest.approx(2 * (1 - rest**2))
