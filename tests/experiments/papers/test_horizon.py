"""How far networks count, and what is inside them: against their answers, and against states that are made by hand."""

import json
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import experiments.horizon
import experiments.longevity
import lstm_toys as lt
from conftest import ROOT, rarely
from experiments import horizon, longevity
from experiments.papers import languages, networks, reports


@pytest.mark.parametrize("gates", ["sigmoid", *rarely("hard")])
def test_what_networks_reach_is_what_their_answers_say(gates, monkeypatch):
    monkeypatch.setattr(horizon, "SIZES", np.arange(1, 6))
    model = lt.Stack(features=3, hidden=(4,), readout="dense", gates=gates)
    every = [model.init(jax.random.key(seed), jnp.zeros((1, 2, 3)))["params"] for seed in range(20)]
    params = jax.tree.map(lambda *leaves: 3 * np.stack(leaves), *every)
    strings = languages.powers(jnp.arange(1, 6), 11, 2)
    right = (np.asarray(lt.answers((model, params), strings.inputs)) > 0) == (np.asarray(strings.targets) > 0.5)[None]
    counted = (np.arange(11) < np.asarray(strings.lengths)[:, None]) & (np.asarray(strings.weights) > 0)
    accepted = (right.all(axis=-1) | ~counted[None]).all(axis=-1)
    expected = [5 if each.all() else each.argmin() for each in accepted]
    np.testing.assert_array_equal(horizon.reached(lt.Networks(model, params)), expected)


def test_gates_are_rounded_where_they_are_saturated():
    openness = np.array([0.0, 0.02, 0.06, 0.5, 0.94, 0.97, 1.0])
    np.testing.assert_array_equal(horizon.rounded(openness, 0.05), [0, 0, 0.06, 0.5, 0.94, 1, 1])


def test_a_correlation_needs_enough_networks_that_differ_and_predicts_on_the_expected_side():
    n = np.arange(10.0)
    own = {"reached": n.tolist(), horizon.LEAK: (-n).tolist()}
    falls, rises = (horizon.correlation({**own, horizon.LEAK: [*each]}, horizon.LEAK) for each in (-n, n))
    assert (falls["value"], rises["value"]) == pytest.approx((-1, 1))
    assert horizon.correlation({**own, "reached": [50.0] * 10}, horizon.LEAK)["value"] is None
    unknown = horizon.correlation({**own, horizon.LEAK: [None] * 3 + [1.0] * 7}, horizon.LEAK)
    assert unknown["networks"] == 7
    assert horizon.predicts([falls, unknown], -1) == {"recipes": 1, "count": 1, "median": -1.0, "supported": True}
    assert not horizon.predicts([rises], -1)["supported"]


def test_a_hypothesis_names_the_recipes_that_meet_it():
    unknown = {what: {"value": None} for what in (horizon.LEAK, horizon.DRIFT)}
    reached = {"RMSprop 0.1": 24 * [2_000.0], "Adam 0.01": 8 * [2_000.0] + 16 * [60.0], "Adam 0.1": 24 * [49.0]}
    found = {
        f"{gates}, {recipe}": {"reached": each, "rounded": each, "correlations": unknown}
        for gates in ("sigmoid", "hard")
        for recipe, each in reached.items()
    }
    judged = dict(horizon.verdicts(found))["hard gates: most networks reach 1,000"]
    assert judged == {"recipes": 2, "count": 1, "met": ["RMSprop 0.1"], "supported": False}
    (line,) = (
        each for each in reports.horizon({"populations": {}, "verdicts": {"most": judged}}) if isinstance(each, str)
    )
    assert line == "most: not supported (1 of 2 recipes: RMSprop 0.1)"


def test_the_leak_is_that_of_the_counter_where_it_neither_begins_nor_turns(monkeypatch):
    monkeypatch.setattr(horizon, "SIZES", np.array([1]))
    monkeypatch.setattr(networks, "accepted", lambda answers, _: np.ones(len(answers)))  # As if they counted.
    model = lt.Stack(features=3, hidden=(4,), readout="dense")
    every = [model.init(jax.random.key(seed), jnp.zeros((1, 2, 3)))["params"] for seed in range(3)]
    params = jax.tree.map(lambda *leaves: 3 * np.stack(leaves), *every)
    monkeypatch.setattr(lt, "load", lambda _: lt.Networks(model, params))
    string = "^" + 50 * "a" + 50 * "b"
    expected = []
    for seed in range(3):
        layer = {name: np.asarray(leaf[seed], float) for name, leaf in params["lstm_0"].items()}
        hidden, cell, states, shut = np.zeros(4), np.zeros(4), [], []
        for symbol in string:
            shown = np.array([symbol == each for each in "^ab"], float)
            i, f, g, o = np.split(shown @ layer["kernel"] + hidden @ layer["recurrent_kernel"] + layer["bias"], 4)
            cell = cell / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            hidden = np.tanh(cell) / (1 + np.exp(-o))
            states.append(cell)
            shut.append(1 / (1 + np.exp(f)))
        count = [*range(1, 51), *range(49, -1, -1)]
        unit = np.argmax([np.corrcoef(count, [state[k] for state in states[1:]])[0, 1] ** 2 for k in range(4)])
        steady = [place for n in range(11, 49) for place in (n, 50 + n)]  # The start is at place 0.
        expected.append(np.mean([shut[place][unit] for place in steady]))
    run = SimpleNamespace(folder=None)
    np.testing.assert_allclose(horizon.measured(run)[horizon.LEAK], expected, rtol=1e-4)


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


@pytest.mark.parametrize(("command", "judged"), [(experiments.horizon, horizon), (experiments.longevity, longevity)])
def test_what_is_published_is_judged_told_and_drawn(command, judged, tmp_path):
    asked = command.plan([f"--results_dir={tmp_path}"]).study
    metrics = json.loads((ROOT / "results" / asked.name / "metrics.json").read_text())
    verdicts = judged.verdicts(*(metrics[name] for name in ("populations", "sine") if name in metrics))
    supported = {words: each["supported"] for words, each in verdicts}
    assert supported == {words: each["supported"] for words, each in metrics["verdicts"].items()}
    told = [each for each in asked.subject.report(metrics) if isinstance(each, str)]
    for words, holds in supported.items():
        assert any(line.startswith(f"{words}: {'supported' if holds else 'not supported'} (") for line in told)
    assert [*asked.subject.draw(metrics, {})] == [f"{asked.name}.png"]
