"""The contestants that need other libraries, each in its idiomatic form; the extra ``peers`` installs the libraries."""

import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from benchmarks.contestants.in_jax import Spread
from benchmarks.job import LEARNING_RATE, Job, Start, Weights, nested


class Equinox(Spread):
    """`equinox.nn.LSTMCell` in a scan, all members of a device under one `jax.vmap`."""

    def build(self, job: Job, start: Start) -> tuple[PyTree, Callable[[PyTree, Array], Array]]:
        """See `Spread`."""
        import equinox as eqx

        sizes = zip((1, *job.hidden), (*job.hidden, 1), strict=True)
        cells = [eqx.nn.LSTMCell(below, units, key=jax.random.key(0)) for below, units in sizes]
        self._layers = job.layers

        def of(cells: list[Any]) -> list[Any]:
            return [getattr(cell, name) for cell in cells for name in ("weight_ih", "weight_hh", "bias")]

        leaves = []
        for name in job.layers:
            weights = start.weights[name]
            leaves += [weights["kernel"].swapaxes(1, 2), weights["recurrent_kernel"].swapaxes(1, 2), weights["bias"]]
        params, static = eqx.partition(eqx.tree_at(of, cells, leaves), eqx.is_array_like)

        def answer_one(cells: list[Any], curve: Float[Array, "T 1"]) -> Float[Array, "T 1"]:
            sequence = curve
            for cell in cells:
                zero = jnp.zeros(cell.hidden_size)

                def step(
                    state: tuple[Array, Array], value: Array, cell: Any = cell
                ) -> tuple[tuple[Array, Array], Array]:
                    state = cell(value, state)
                    return state, state[0]

                sequence = jax.lax.scan(step, (zero, zero), sequence)[1]
            return sequence

        def answer(params: PyTree, inputs: Float[Array, "C T 1"]) -> Float[Array, "C T 1"]:
            cells = eqx.combine(params, static)
            return jax.vmap(lambda curve: answer_one(cells, curve))(inputs)

        return params, answer

    def weights(self, params: PyTree) -> Weights:
        """See `Spread`."""
        return {
            name: {
                "kernel": np.swapaxes(cell.weight_ih, 1, 2),
                "recurrent_kernel": np.swapaxes(cell.weight_hh, 1, 2),
                "bias": np.asarray(cell.bias),
            }
            for name, cell in zip(self._layers, params, strict=True)
        }


def _torch() -> Any:
    """PyTorch with one thread."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)
    return torch


class Torch:
    """`torch.nn.LSTM` of one network, with one thread."""

    unit = 1

    def __init__(self) -> None:
        self._torch = _torch()

    def prepare(self, job: Job, start: Start) -> None:
        """See `contestants.Contestant`."""
        torch = self._torch
        self._job = job
        self._inputs = torch.as_tensor(start.inputs)
        stack = torch.nn.LSTM(1, job.hidden[0], num_layers=len(job.hidden), batch_first=True)
        self._modules = [stack, torch.nn.LSTM(job.hidden[-1], 1, batch_first=True)]
        self._places = [(stack, layer) for layer in range(len(job.hidden))] + [(self._modules[1], 0)]
        with torch.no_grad():
            for (module, layer), name in zip(self._places, job.layers, strict=True):
                weights = start.weights[name]
                getattr(module, f"weight_ih_l{layer}").copy_(torch.as_tensor(weights["kernel"][0].T))
                getattr(module, f"weight_hh_l{layer}").copy_(torch.as_tensor(weights["recurrent_kernel"][0].T))
                getattr(module, f"bias_ih_l{layer}").copy_(torch.as_tensor(weights["bias"][0]))
                second = getattr(module, f"bias_hh_l{layer}")
                second.zero_().requires_grad_(False)
        trained = [p for module in self._modules for p in module.parameters() if p.requires_grad]
        self._optimizer = torch.optim.SGD(trained, lr=LEARNING_RATE)
        self._criterion = torch.nn.MSELoss()

    def _loss(self) -> Any:
        stack, readout = self._modules
        return self._criterion(readout(stack(self._inputs)[0])[0], self._inputs)

    def train(self, steps: int) -> None:
        """See `contestants.Contestant`."""
        for _ in range(steps):
            self._optimizer.zero_grad()
            self._loss().backward()
            self._optimizer.step()

    def state(self, members: list[int]) -> tuple[Weights, Float[np.ndarray, " M"]]:
        """See `contestants.Contestant`."""
        leaves = {}
        for (module, layer), name in zip(self._places, self._job.layers, strict=True):
            leaves[f"{name}/kernel"] = getattr(module, f"weight_ih_l{layer}").detach().numpy().T[None].copy()
            leaves[f"{name}/recurrent_kernel"] = getattr(module, f"weight_hh_l{layer}").detach().numpy().T[None].copy()
            leaves[f"{name}/bias"] = getattr(module, f"bias_ih_l{layer}").detach().numpy()[None].copy()
        return nested(leaves), np.array([self._loss().item()] * len(members))


class TorchEnsemble:
    """`torch.func.vmap` of `torch.func.grad` over stacked weights, with one thread.

    Several threads get into each other's way at this size: one process a core, each with its share of the members, is
    faster. The cell is written with plain operations: `torch.nn.LSTM` has no batching rule, and
    `vmap` walks over its members.
    """

    unit = 1

    def __init__(self) -> None:
        self._torch = _torch()

    def prepare(self, job: Job, start: Start) -> None:
        """See `contestants.Contestant`."""
        torch = self._torch
        inputs = torch.as_tensor(start.inputs)

        def layer(weights: dict[str, Any], sequence: Any) -> Any:
            projected = sequence @ weights["kernel"] + weights["bias"]
            hidden = cell = torch.zeros(len(inputs), weights["recurrent_kernel"].shape[0])
            answers = []
            for at in projected.unbind(1):
                i, f, g, o = (at + hidden @ weights["recurrent_kernel"]).chunk(4, dim=-1)
                cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
                hidden = o.sigmoid() * cell.tanh()
                answers.append(hidden)
            return torch.stack(answers, dim=1)

        def loss(weights: dict[str, Any]) -> Any:
            sequence = inputs
            for name in job.layers:
                sequence = layer(weights[name], sequence)
            return torch.nn.functional.mse_loss(sequence, inputs)

        self._params = {
            name: {leaf: torch.tensor(value) for leaf, value in group.items()} for name, group in start.weights.items()
        }
        self._gradients = torch.func.vmap(torch.func.grad(loss))
        self._losses = torch.func.vmap(loss)

    def train(self, steps: int) -> None:
        """See `contestants.Contestant`."""
        with self._torch.no_grad():
            for _ in range(steps):
                gradients = self._gradients(self._params)
                for name, group in self._params.items():
                    for leaf, value in group.items():
                        value.sub_(gradients[name][leaf], alpha=LEARNING_RATE)

    def state(self, members: list[int]) -> tuple[Weights, Float[np.ndarray, " M"]]:
        """See `contestants.Contestant`."""
        with self._torch.no_grad():
            losses = self._losses(self._params).numpy()[members]
        weights = {
            name: {leaf: value.numpy()[members] for leaf, value in group.items()}
            for name, group in self._params.items()
        }
        return weights, losses


class Keras:
    """One `keras.Sequential` of `keras.layers.LSTM` on TensorFlow, step by step with ``train_on_batch``."""

    unit = 1

    def __init__(self) -> None:
        os.environ["KERAS_BACKEND"] = "tensorflow"
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        import keras

        self._keras: Any = keras

    def prepare(self, job: Job, start: Start) -> None:
        """See `contestants.Contestant`."""
        keras = self._keras
        self._inputs = start.inputs
        self._layers = dict(
            zip(
                job.layers, (keras.layers.LSTM(units, return_sequences=True) for units in (*job.hidden, 1)), strict=True
            )
        )
        self._model = keras.Sequential([keras.Input((job.points, 1)), *self._layers.values()])
        self._model.compile(optimizer=keras.optimizers.SGD(LEARNING_RATE), loss="mse")
        for name, layer in self._layers.items():
            layer.set_weights([start.weights[name][leaf][0] for leaf in ("kernel", "recurrent_kernel", "bias")])

    def train(self, steps: int) -> None:
        """See `contestants.Contestant`."""
        for _ in range(steps):
            self._model.train_on_batch(self._inputs, self._inputs)

    def state(self, members: list[int]) -> tuple[Weights, Float[np.ndarray, " M"]]:
        """See `contestants.Contestant`."""
        leaves = {}
        for name, layer in self._layers.items():
            for leaf, value in zip(("kernel", "recurrent_kernel", "bias"), layer.get_weights(), strict=True):
                leaves[f"{name}/{leaf}"] = value[None]
        answers = self._model.predict_on_batch(self._inputs)
        return nested(leaves), np.array([np.mean(np.square(answers - self._inputs))] * len(members))


class KerasFit(Keras):
    """The same, with ``fit``: one epoch of one batch a step."""

    def train(self, steps: int) -> None:
        """See `contestants.Contestant`."""
        size = len(self._inputs)
        self._model.fit(self._inputs, self._inputs, batch_size=size, epochs=steps, shuffle=False, verbose=0)
