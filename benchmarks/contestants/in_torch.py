"""Contestants in PyTorch, with one thread in each process."""

import os
from typing import Any

import numpy as np

from benchmarks.job import InitialWeights, State, Trainer, Workload

PARAMETERS = {"kernel": "weight_ih_l", "recurrent_kernel": "weight_hh_l", "bias": "bias_ih_l"}
"""What a layer's number is appended to in `torch.nn.LSTM`; the second bias stays zero."""


def lstm(job: Workload, start: InitialWeights) -> Trainer:
    """`torch.nn.LSTM` of one network."""
    torch = _torch()
    inputs = torch.as_tensor(start.inputs)
    stack = torch.nn.LSTM(1, job.hidden[0], num_layers=len(job.hidden), batch_first=True)
    readout = torch.nn.LSTM(job.hidden[-1], 1, batch_first=True)
    places = [*((stack, number) for number in range(len(job.hidden))), (readout, 0)]
    layers: dict[str, dict[str, Any]] = {}
    with torch.no_grad():
        for name, (module, number) in zip(job.layers, places, strict=True):
            getattr(module, f"bias_hh_l{number}").zero_().requires_grad_(False)
            layers[name] = {leaf: getattr(module, f"{prefix}{number}") for leaf, prefix in PARAMETERS.items()}
            for leaf, parameter in layers[name].items():
                parameter.copy_(torch.as_tensor(start.weights[name][leaf][0].T))
    optimizer = torch.optim.SGD([leaf for layer in layers.values() for leaf in layer.values()], lr=job.learning_rate)
    criterion = torch.nn.MSELoss()

    def loss() -> Any:
        return criterion(readout(stack(inputs)[0])[0], inputs)

    def train(steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()

    def state(members: list[int]) -> State:
        weights = {
            name: {leaf: parameter.detach().numpy().T[None].copy() for leaf, parameter in layer.items()}
            for name, layer in layers.items()
        }
        return weights, np.array([loss().item()] * len(members))

    return Trainer(train, state)


def ensemble(job: Workload, start: InitialWeights) -> Trainer:
    """`torch.func.vmap` of `torch.func.grad` over stacked weights.

    Several threads get into each other's way at this size: one process a core, each with its share of the members, is
    faster. The cell is written with plain operations: `torch.nn.LSTM` has no batching rule, and
    `vmap` walks over its members.
    """
    torch = _torch()
    inputs = torch.as_tensor(start.inputs)
    params = {name: {leaf: torch.tensor(of) for leaf, of in layer.items()} for name, layer in start.weights.items()}

    def answer(weights: dict[str, Any], sequence: Any) -> Any:
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
            sequence = answer(weights[name], sequence)
        return torch.nn.functional.mse_loss(sequence, inputs)

    gradient = torch.func.vmap(torch.func.grad(loss))

    def train(steps: int) -> None:
        with torch.no_grad():
            for _ in range(steps):
                gradients = gradient(params)
                for name, layer in params.items():
                    for leaf, value in layer.items():
                        value.sub_(gradients[name][leaf], alpha=job.learning_rate)

    def state(members: list[int]) -> State:
        with torch.no_grad():
            losses = torch.func.vmap(loss)(params).numpy()[members]
        weights = {name: {leaf: of.numpy()[members] for leaf, of in layer.items()} for name, layer in params.items()}
        return weights, losses

    return Trainer(train, state)


def _torch() -> Any:
    """PyTorch with one thread."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)
    return torch
