"""Networks taken to torch: the same answers, or one line that says why not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_toys.networks.lstm import LSTM
from lstm_toys.networks.stack import Stack
from lstm_toys.populations.porting import COLUMNS, to_torch

CURVES = np.random.default_rng(0).normal(size=(3, 30, 2)).astype(np.float32)


def parameters(model):
    """Of ONE network, with biases that are not zero."""
    params = jax.jit(model.init)(jax.random.key(0), jnp.asarray(CURVES))["params"]
    random = np.random.default_rng(1)
    return jax.tree.map(lambda leaf: np.asarray(leaf) + random.normal(0.0, 0.3, leaf.shape).astype(np.float32), params)


@pytest.mark.parametrize(
    "model",
    [
        *(Stack(2, (6, 4), cell=cell) for cell in COLUMNS),
        *(Stack(1, (6,), "dense", sequence=False, cell=cell) for cell in COLUMNS),
        Stack(1, ()),
        *(Stack(1, (6,), readout, cell=cell, gates="hard") for cell, readout in (("lstm", "cell"), ("gru", "dense"))),
    ],
    ids=lambda model: f"{model.cell}-{model.hidden}-{model.readout}-{model.gates}",
)
def test_answers_in_torch_are_the_same(model):
    torch = pytest.importorskip("torch", reason="torch is not installed; it is among the extra peers")
    params = parameters(model)
    with torch.no_grad():
        found = to_torch((model, jax.tree.map(lambda leaf: leaf[None], params)))(torch.tensor(CURVES)).numpy()
    expected = model.apply({"params": jax.tree.map(jnp.asarray, params)}, jnp.asarray(CURVES))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6, strict=True)


def test_what_torch_has_no_form_of_is_told():
    with pytest.raises(ValueError, match="torch has no equivalent of LSTM; only a Stack of lstm, gru, rnn can be"):
        to_torch((LSTM(4), {"kernel": np.zeros((1, 2))}))
    with pytest.raises(ValueError, match=r"network must be one network, such as networks\[0\], not <Networks: 2"):
        to_torch((Stack(1), {"kernel": np.zeros((2, 2))}))
