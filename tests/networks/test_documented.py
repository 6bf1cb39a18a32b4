"""The cells of the guides: trained, and each against a loop in NumPy written from its formula."""

import re
import sys
from types import ModuleType

import jax
import numpy as np
import pytest

import lstm_toys as lt
from conftest import ROOT

X = lt.time_points(10)
CURVES = np.stack([X, 1 - X])[:, :, None]


@pytest.fixture(scope="module", autouse=True)
def documented():
    """The modules that the guide writes, as if they were in the folder."""
    text = (ROOT / "docs" / "cells.md").read_text()
    with pytest.MonkeyPatch.context() as patch:
        for name, block in re.findall(r"This is `(\w+)\.py`.*?```python\n(.*?)```", text, re.DOTALL):
            patch.setitem(sys.modules, name, module := ModuleType(name))
            exec(block, module.__dict__)
        yield


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def leaky(f):
    def step(params, rates, value, matrix):
        return 0.8 * rates + 0.2 * f(value @ params["kernel"] + params["bias"] + rates @ matrix)

    return step


def dense(params, value):
    return value @ params["kernel"] + params["bias"]


def min_gru(params, hidden, value, _):
    gate = sigmoid(dense(params["z"], value))
    return (1 - gate) * hidden + gate * dense(params["c"], value)


def linear(squash):
    def step(params, hidden, value, _):
        return (1 - 2 * squash(dense(params["a"], value))) * hidden + dense(params["b"], value)

    return step


def signed(params):
    return np.array([1, 1, 1, -1])[:, None] * np.abs(params["strengths"])


CELLS = {
    "rate_cells:Leaky(noise=0.1)": (leaky(np.tanh), lambda params: params["recurrent_kernel"]),
    "rate_cells:Dale": (leaky(lambda a: np.maximum(a, 0)), signed),
    "rate_cells:LowRank(rank=2)": (leaky(np.tanh), lambda params: params["left"] @ params["right"].T / 4),
    "linear_cells:MinGRU": (min_gru, lambda _: None),
    "linear_cells:Linear": (linear(sigmoid), lambda _: None),
    "linear_cells:Linear(hard=True)": (linear(lambda a: np.clip(0.2 * a + 0.5, 0, 1)), lambda _: None),
}


@pytest.mark.parametrize("cell", CELLS)
def test_a_documented_cell_is_trained_and_follows_its_formula(cell):
    step, matrix = CELLS[cell]
    model = lt.Stack(1, (4,), "dense", cell=cell)
    task = lt.reproduce(CURVES)
    networks = lt.train(task, model, seeds=2, steps=20, learning_rate=0.1)
    losses = networks.results.training.train_loss
    assert (losses[:, -1] < losses[:, 0]).all()
    (layer,) = networks.params.keys() - {"readout"}
    params = jax.tree.map(lambda leaf: np.asarray(leaf[0], float), networks.params)
    hidden, expected = np.zeros((2, 4)), []
    for time in range(len(X)):
        hidden = step(params[layer], hidden, CURVES[:, time], matrix(params[layer]))
        expected.append(dense(params["readout"], hidden))
    np.testing.assert_allclose(lt.answers(networks, CURVES)[0], np.stack(expected, axis=1), atol=1e-5)
