"""Claims about state tracking: the cells against plain loops, the number, and what other choices change."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

import lstm_toys as lt
from experiments.research.papers import cells, tracking
from lstm_toys.runs.experiment import parse

BITS = jnp.array(np.random.default_rng(0).integers(0, 2, (3, 12, 1)), jnp.float32)


def initialized(cell, scale):
    params = cell.init(jax.random.key(0), BITS)["params"]
    return jax.tree.map(lambda leaf: scale * leaf, params)


def sigmoid(drive):
    return 1 / (1 + np.exp(-drive))


@pytest.mark.parametrize("scale", [1.0, 6.0])
def test_the_slstm_is_that_of_a_plain_loop_without_a_stabilizer(scale):
    cell = cells.SLSTM(4)
    params = initialized(cell, scale)
    kernel, recurrent, bias = (np.asarray(params[name], float) for name in ("kernel", "recurrent_kernel", "bias"))
    for bits, found in zip(BITS, cell.apply({"params": params}, BITS), strict=True):
        hidden, memory, normalizer = np.zeros((3, 4))
        for bit, own in zip(bits, found, strict=True):
            i, f, z, o = np.split(bit @ kernel + hidden @ recurrent + bias, 4)
            memory = sigmoid(f) * memory + np.exp(i) * np.tanh(z)
            normalizer = sigmoid(f) * normalizer + np.exp(i)
            hidden = sigmoid(o) * memory / normalizer
            np.testing.assert_allclose(own, hidden, rtol=2e-4, atol=1e-6)


def test_the_slstm_does_not_overflow_and_has_a_gradient():
    cell = cells.SLSTM(4)
    params = initialized(cell, 300.0)

    def total(params):
        return cell.apply({"params": params}, jnp.tile(BITS, (1, 20, 1))).sum()

    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(jax.value_and_grad(total)(params)))


@pytest.mark.parametrize("name", ["hard", "sigmoid", "positive"])
def test_linear_recurrences_have_the_transitions_that_their_names_say(name):
    settings = parse(*tracking.POPULATIONS[name])[0]
    model = lt.Stack(1, hidden=(4,), readout="dense", cell=settings.cell)
    params = jax.tree.map(lambda leaf: 4 * leaf, model.init(jax.random.key(3), BITS)["params"])
    (layer,) = (own for key, own in params.items() if key != "readout")
    shown = {}
    for key in ("transition", "input"):
        shown[key] = np.asarray(BITS) @ np.asarray(layer[key]["kernel"], float) + np.asarray(layer[key]["bias"])
    s = sigmoid(shown["transition"]) if name == "sigmoid" else np.clip(0.2 * shown["transition"] + 0.5, 0, 1)
    transition = 1 - s if name == "positive" else 1 - 2 * s
    hidden = np.zeros((3, 4))
    readout, offset = (np.asarray(params["readout"][key], float) for key in ("kernel", "bias"))
    for place, answer in enumerate(np.swapaxes(model.apply({"params": params}, BITS), 0, 1)):
        hidden = transition[:, place] * hidden + shown["input"][:, place]
        np.testing.assert_allclose(answer, hidden @ readout + offset, rtol=1e-4, atol=1e-4)
    assert (transition.min() >= 0) == (name == "positive")


def test_networks_are_right_up_to_the_first_wrong_answer_to_any_string():
    drawn = [tracking.long(key) for key in jax.random.split(jax.random.key(0), 4)]
    targets = np.stack([each.targets for each in drawn])
    assert targets.shape == (4, 64, 1_600, 1)
    np.testing.assert_array_equal(targets, np.stack([each.inputs for each in drawn]).cumsum(axis=2) % 2)
    right = np.ones((4, 64, 1_600), bool)
    right[1, 7, 120] = right[1, 9, 48] = right[2, 63, 0] = right[3, 5, 20] = right[0, 0, 801] = False
    sign = np.where(targets[..., 0] > 0, 1.0, -1.0)
    axes = ("seed", "curve", "time", "output_feature")
    answers = axes, np.where(right, sign, -sign)[..., None], {"loss": "binary_cross_entropy"}
    long = xr.Dataset({"answer": answers, "truth": (axes, targets)})
    for length, expected in ((20, [40, 48 / 20, 0, 1]), (40, [801 / 40, 48 / 40, 0, 0.5])):
        training = xr.Dataset(coords={"time": np.arange(length)})
        assert tracking.tracked(long, training).tolist() == expected


def test_all_cells_have_one_recipe():
    usual = [parse(*own)[0] for own in tracking.POPULATIONS.values()]
    assert len({dataclasses.replace(each, cell="lstm") for each in usual}) == 1
