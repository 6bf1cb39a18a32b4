"""How far networks count: against their answers, and with gates that are rounded by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out
from experiments import horizon as command
from experiments.papers import horizon, languages


@pytest.mark.parametrize("gates", ["sigmoid", "hard"])
def test_what_networks_reach_is_what_their_answers_say(gates, monkeypatch):
    monkeypatch.setattr(horizon, "SIZES", np.arange(1, 6))
    model = lt.Stack(features=3, hidden=(4,), readout="dense", gates=gates)
    every = [model.init(jax.random.key(seed), jnp.zeros((1, 2, 3)))["params"] for seed in range(20)]
    params = jax.tree.map(lambda *leaves: 3 * np.stack(leaves), *every)
    strings = languages.powers(jnp.arange(1, 6), 11, 2)
    answers = lt.answers(model, params, strings.inputs)
    right = (np.asarray(answers) > 0) == (np.asarray(strings.targets) > 0.5)[None]
    counted = (np.arange(11) < np.asarray(strings.lengths)[:, None]) & (np.asarray(strings.weights) > 0)
    accepted = (right.all(axis=-1) | ~counted[None]).all(axis=-1)
    expected = [5 if each.all() else each.argmin() for each in accepted]
    own = lt.Saved(model, params, {}, lt.Results(), (), (), None)
    np.testing.assert_array_equal(horizon.reached(own), expected)


def test_gates_are_rounded_where_they_are_saturated():
    openness = np.array([0.0, 0.02, 0.06, 0.5, 0.94, 0.97, 1.0])
    np.testing.assert_array_equal(horizon.rounded(openness, 0.05), [0, 0, 0.06, 0.5, 0.94, 1, 1])
    np.testing.assert_array_equal(horizon.rounded(openness, 0.0), openness)


def test_a_correlation_needs_enough_networks_that_differ():
    n = np.arange(10.0)
    own = {"reached": n.tolist(), horizon.LEAK: (-n).tolist()}
    assert horizon.correlation(own, horizon.LEAK)["value"] == pytest.approx(-1)
    assert horizon.correlation({**own, "reached": [50.0] * 10}, horizon.LEAK)["value"] is None
    assert horizon.correlation({**own, horizon.LEAK: [None] * 3 + [1.0] * 7}, horizon.LEAK)["networks"] == 7


@pytest.mark.long
def test_the_command_says_how_far_networks_count(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "RECIPES", {"RMSprop 0.1": ("rmsprop", 0.1, 50), "Adam 0.01": ("adam", 0.01, 50)})
    assert carry_out(command, ["--seeds=6", f"--results_dir={tmp_path}"]) == 0
    assert "hard gates: most networks reach 1,000: not supported" in capsys.readouterr().out
