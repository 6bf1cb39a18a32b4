"""Conversion of a trained network to PyTorch."""

import importlib
from typing import Any

import numpy as np

from lstm_toys import arguments
from lstm_toys.networks.cells import cell_class
from lstm_toys.networks.layer import CANDIDATE, SLOPE
from lstm_toys.networks.stack import Stack
from lstm_toys.populations.trained import AnyNetworks, resolved

COLUMNS = {"lstm": ("input", "forget", CANDIDATE, "output"), "gru": ("r", "z", CANDIDATE), "rnn": (CANDIDATE,)}
"""The gates of torch's layers in torch's order, by the names in ``columns`` of ours; the formulas are the same."""


def to_torch(network: AnyNetworks) -> Any:
    """Converts a trained network to a `torch.nn.Module` with the same answers, up to rounding.

    Its ``layers`` are a torch.nn.LSTM, GRU or RNN for each layer, and a torch.nn.Linear for a dense readout. With hard
    gates, a layer is a subclass that loops over the time points. The extra ``peers`` installs torch.

    Args:
        network: a single trained network, such as ``networks[0]``, or a pair ``(model, params)`` whose leaves have a
            leading axis of length 1; see `lt.answers`. Its model is a `Stack` of a built-in cell.

    Returns:
        A module that answers curves ``[C, T, F]``, as a tensor, like the model does.

    Raises:
        ValueError: torch has no equivalent of the model, or there are several networks.
        RuntimeError: the parameters are not those of one network of the model.
        ImportError: torch is not installed.

    Example:
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
        >>> networks = lt.train(task, lt.Stack(1), seeds=2, steps=3, learning_rate=0.1)
        >>> module = lt.to_torch(networks[0])  # doctest: +SKIP
    """
    network = resolved(network)
    model, params = network.model, network.params
    arguments.expect(len(network) == 1, "network", "one network, such as networks[0]", network)
    if not isinstance(model, Stack) or model.cell not in COLUMNS:
        what = f"the cell {model.cell}" if isinstance(model, Stack) else type(model).__name__
        raise ValueError(f"torch has no equivalent of {what}; only a Stack of {', '.join(COLUMNS)} can be converted")
    names = [*(f"{model.cell}_{number}" for number in range(len(model.hidden))), "readout"]
    try:
        torch: Any = importlib.import_module("torch")
    except ModuleNotFoundError as error:
        raise ImportError("to_torch needs torch; run pip install 'lstm_toys[peers]'") from error
    built = _hard(torch, model.cell) if model.gates == "hard" else getattr(torch.nn, model.cell.upper())
    columns, layers = cell_class(model.cell).columns, []
    order = [columns.index(column) for column in COLUMNS[model.cell]]
    for name, units in zip(names, model.widths, strict=True):
        weights = {leaf: np.asarray(value[0], np.float32) for leaf, value in params[name].items()}
        dense = "recurrent_kernel" not in weights
        below = len(weights["kernel"])
        layer = torch.nn.Linear(below, units) if dense else built(below, units, batch_first=True)
        layers.append(layer)
        linear = {"weight": weights["kernel"].T, "bias": weights["bias"]}
        filled = linear if dense else _recurrent(weights, order)
        layer.load_state_dict({place: torch.tensor(np.ascontiguousarray(value)) for place, value in filled.items()})

    class Answers(torch.nn.Module):
        """Layers in sequence; returns the answer at every time point, or only at the last."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = torch.nn.ModuleList(layers)

        def forward(self, curves: Any) -> Any:
            """Answers curves ``[C, T, F]``."""
            for layer in self.layers:
                answers = layer(curves)
                curves = answers[0] if isinstance(answers, tuple) else answers
            return curves if model.sequence else curves[:, -1]

    return Answers()


def _hard(torch: Any, cell: str) -> Any:
    """A subclass of torch's LSTM or GRU, with the same parameters, whose gates are hard."""

    def squashed(summed: Any) -> Any:
        return (SLOPE * summed + 0.5).clamp(0, 1)

    def lstm(drive: Any, back: Any, state: Any) -> Any:
        i, f, g, o = (drive + back).chunk(4, dim=-1)
        inner = squashed(f) * state[1] + squashed(i) * torch.tanh(g)
        return squashed(o) * torch.tanh(inner), inner

    def gru(drive: Any, back: Any, state: Any) -> Any:
        (r, z, n), (back_r, back_z, back_n) = drive.chunk(3, dim=-1), back.chunk(3, dim=-1)
        kept = squashed(z + back_z)
        return (kept * state[0] + (1 - kept) * torch.tanh(n + squashed(r + back_r) * back_n),)

    step = {"lstm": lstm, "gru": gru}[cell]

    class Hard(getattr(torch.nn, cell.upper())):  # type: ignore[misc]  # Known only when torch is there.
        """A layer whose gates are clip(0.2 a + 0.5, 0, 1)."""

        def forward(self, curves: Any) -> Any:
            """Returns hidden states ``[C, T, H]``, from a zero state."""
            drives = torch.nn.functional.linear(curves, self.weight_ih_l0, self.bias_ih_l0)
            state, hidden = (curves.new_zeros(len(curves), self.hidden_size),) * 2, []
            for drive in drives.unbind(dim=1):
                back = torch.nn.functional.linear(state[0], self.weight_hh_l0, self.bias_hh_l0)
                state = step(drive, back, state)
                hidden.append(state[0])
            return torch.stack(hidden, dim=1)

    Hard.__name__ = f"Hard{cell.upper()}"
    return Hard


def _recurrent(weights: dict[str, np.ndarray], order: list[int]) -> dict[str, np.ndarray]:
    """The weights of a recurrent layer in torch's names, orientation and order; torch always has two biases."""

    def ordered(columns: np.ndarray) -> np.ndarray:
        gates = np.split(columns, len(order), axis=-1)
        return np.concatenate([gates[place] for place in order], axis=-1)

    bias = weights["bias"]
    input_bias, hidden_bias = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
    return {
        "weight_ih_l0": ordered(weights["kernel"]).T,
        "weight_hh_l0": ordered(weights["recurrent_kernel"]).T,
        "bias_ih_l0": ordered(input_bias),
        "bias_hh_l0": ordered(hidden_bias),
    }
