"""Interventions against a plain loop, one network, layer, curve and time point after another."""

import itertools

import maps
import numpy as np
import pytest
from plain_cells import step

import lstm_toys as lt
from conftest import rarely

CURVES = np.random.default_rng(0).uniform(size=(2, 7, 1)).astype(np.float32)


def loop(model, params, curve, held=None, clamped=None, times=slice(None)):
    """Answers, hidden states of the first layer, and its gates; ``held`` and ``clamped`` are of its units, at times."""
    layers = [params[name] for name in sorted(params) if name != "readout" or model.readout == "cell"]
    states = [(np.zeros(len(layer["recurrent_kernel"])),) * 2 for layer in layers]
    answers, hidden, gates = [], [], []
    for time, values in enumerate(curve.astype(float)):
        during = time in range(len(curve))[times]
        if during and held is not None:
            states[0] = (states[0][0].copy(), states[0][1])
            states[0][0][held[0]] = held[1]
        for place, layer in enumerate(layers):
            changed = clamped if place == 0 and during else None
            states[place], seen = step(model.cell, model.gates, layer, values, states[place], changed)
            if place == 0:
                if during and held is not None:
                    states[0][0][held[0]] = held[1]
                gates.append(seen)
            values = states[place][0]
        hidden.append(states[0][0].copy())
        dense = params["readout"] if model.readout == "dense" else None
        answers.append(values if dense is None else values @ dense["kernel"] + dense["bias"])
    return np.stack(answers), np.stack(hidden), gates


@pytest.mark.parametrize(
    ("options", "gates"),
    [
        ({"gates": "hard"}, ("forget",)),
        *rarely(({"gates": "hard"}, ("input", "output")), ({}, ("input", "forget", "output")), ({"cell": "rnn"}, ())),
        *rarely(({"cell": "gru"}, ("z", "r")), ({"cell": "gru", "gates": "hard"}, ("z", "r"))),
    ],
    ids=str,
)
def test_held_units_and_clamped_gates_are_those_of_a_plain_loop(options, gates):
    model = lt.Stack(1, hidden=(4,), readout="dense" if options.get("cell") == "rnn" else "cell", **options)
    params = maps.drawn(model, 2)
    units = np.array([[0, 2], [3, 1]])
    layer = f"{model.cell}_0"
    plain = [[loop(model, maps.stacked(params, seed), curve) for curve in CURVES] for seed in range(2)]
    for gate, hold in [(None, None), (None, 0.25), *itertools.product(gates, (None, 0.0, 0.3, 1.0))]:
        found = lt.dynamics.intervene((model, params), CURVES, layer, units, hold, gate)
        for seed, (place, curve) in itertools.product(range(2), enumerate(CURVES)):
            own = units[seed]
            if gate is None:
                values = [hidden[:, own] for _, hidden, _ in plain[seed]]
            else:
                values = [[seen[gate][own] for seen in each] for _, _, each in plain[seed]]
            value = np.mean(values, axis=(0, 1)) if hold is None else hold
            change = {"held": (own, value)} if gate is None else {"clamped": {gate: (own, value)}}
            expected, _, _ = loop(model, maps.stacked(params, seed), curve, **change)
            np.testing.assert_allclose(found[seed, place], expected, atol=2e-6)
            assert np.abs(expected - plain[seed][place][0]).max() > 1e-5


def test_units_of_a_cell_of_ones_own_are_held():
    _, params = maps.linear([[0.5, 0.3], [0.2, 0.4]])
    found = lt.dynamics.intervene((maps.Linear(2), params), CURVES, "", [0], hold=0.5)
    np.testing.assert_array_equal(found[0, :, :, 0], 0.5)
    expected = 0.0
    for time in range(CURVES.shape[1]):
        expected = 0.4 * expected + 0.3 * 0.5
        np.testing.assert_allclose(found[0, :, time, 1], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"units": [4]}, "units must be units of lstm_0, from 0 to 3, or one row of units for each of 2 networks, not"),
        ({"gate": "forget", "hold": 1.5}, "hold must be at most 1"),
    ],
)
def test_what_cannot_be_held_is_refused(changed, said):
    model = lt.Stack(1, hidden=(4,))
    with pytest.raises(ValueError, match=said):
        lt.dynamics.intervene((model, maps.drawn(model, 2)), CURVES, **{"layer": "lstm_0", "units": [0], **changed})


class Twisted(lt.GRU):
    """Other equations, whose gates nobody named."""

    def __call__(self, inputs):
        return super().__call__(inputs) ** 2


def test_gates_belong_to_the_equations_that_they_are_named_for():
    assert (lt.GRU.gate_places(), Twisted.gate_places()) == ({"z": 0, "r": 1}, {})


@pytest.mark.parametrize("gate", [None, "forget"])
@pytest.mark.parametrize(("start", "stop"), [(2, 5), (0, 4), (3, None)])
def test_an_intervention_that_begins_and_ends_is_one_between_pieces_from_given_states(gate, start, stop):
    model = lt.Stack(1, hidden=(4,), readout="dense")
    params, units = maps.drawn(model, 2), np.array([[0, 2], [3, 1]])
    own = model, params
    found = lt.dynamics.intervene(own, CURVES, "lstm_0", units, 0.2, gate, start=start, stop=stop)
    for seed, (place, curve) in itertools.product(range(2), enumerate(CURVES)):
        change = {"held": (units[seed], 0.2)} if gate is None else {"clamped": {gate: (units[seed], 0.2)}}
        expected, _, _ = loop(model, maps.stacked(params, seed), curve, **change, times=slice(start, stop))
        known = slice(stop if gate is None else None)  # Cells are held, too, which matters afterward.
        np.testing.assert_allclose(found[seed, place, known], expected[known], atol=3e-6)
