"""Many networks trained at once, one a seed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import NamedTuple, Protocol

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PyTree, UInt32

from lstm_toys import blocks, training
from lstm_toys.model import Stack
from lstm_toys.tasks import Task

RECORDS = 200
"""Recorded steps of a training, at most, besides step 0."""


class Monitor(Protocol):
    """Is told of the progress of a training, at every recorded step."""

    def __call__(self, step: int, losses: Float[np.ndarray, " M"]) -> None:
        """Takes the step that a group of members has reached, and their losses, not finite where they diverged."""


@dataclass
class Population:
    """Trained networks, one a seed.

    Attributes:
        task: what they were trained on.
        model: the network.
        params: of the model, every leaf with a leading axis S.
        steps: recorded steps ``[R]``.
        train_loss: mean squared error over the training set after each recorded step, ``[S, R]``.
        block: members that one compiled program works on.
        seconds: spent on ``compile`` and ``train``.
    """

    task: Task
    model: Stack
    params: PyTree[Float[np.ndarray, "S ..."]]
    steps: Int[np.ndarray, " R"]
    train_loss: Float[np.ndarray, "S R"]
    block: int
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def diverged(self) -> Bool[np.ndarray, " S"]:
        """Seeds whose loss ended above where it began, or is not a number at all.

        The answers of LSTM units are bounded, and so is their loss: a seed whose weights exploded ends on a finite but
        useless loss.
        """
        return ~(np.isfinite(self.train_loss).all(axis=1) & (self.train_loss[:, -1] <= self.train_loss[:, 0]))


class Start(NamedTuple):
    """What makes one member of a population different from another.

    Attributes:
        seed: its number.
        learning_rate: of its optimizer.
    """

    seed: UInt32[Array, "blocks N"]
    learning_rate: Float[Array, "blocks N"]


def recorded_steps(steps: int) -> Int[np.ndarray, " R"]:
    """Step 0, the last step, and evenly spaced ones between, at most `RECORDS` after step 0."""
    return np.unique(np.append(np.arange(0, steps, -(-steps // RECORDS)), steps)).astype(np.int32)


def train(
    task: Task,
    model: Stack,
    *,
    seeds: int,
    steps: int,
    learning_rate: float,
    optimizer: str = "sgd",
    base_seed: int = 0,
    block: int = blocks.BLOCK,
    monitor: Monitor | None = None,
) -> Population:
    """Trains one network a seed.

    Args:
        task: the training set.
        model: the network.
        seeds: number of networks S; seed i is the same network whatever S is.
        steps: updates of each.
        learning_rate: of the optimizer.
        optimizer: a name in `lstm_toys.training.OPTIMIZERS`.
        base_seed: another one gives other networks under the same seed numbers.
        block: members that one compiled program works on; another one changes the last bits of every result.
        monitor: told of the progress.

    Raises:
        ValueError: seeds, steps or block below 1.
        KeyError: an unknown optimizer.
    """
    for name, value in {"seeds": seeds, "steps": steps, "block": block}.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}")
    mesh = blocks.mesh()
    base = jnp.uint32(base_seed)

    def begin(start: Start, base: UInt32[Array, ""]) -> training.Member:
        return training.init(task, model, optimizer, training.seed_key(base, start.seed), start.learning_rate)

    def place(group: Int[np.ndarray, "blocks N"]) -> PyTree:
        return blocks.place(Start(jnp.asarray(group, jnp.uint32), jnp.full(group.shape, learning_rate)), mesh)

    groups = list(blocks.groups(seeds, block, mesh.size))
    began = time.perf_counter()
    first = place(groups[0])
    initialize = blocks.spread(begin, mesh, batch=blocks.one_by_one).lower(first, base).compile()
    step = blocks.spread(partial(training.advance, task, model, optimizer), mesh, donate=True)
    advance = step.lower(initialize(first, base), jnp.int32(0), jnp.int32(0)).compile()
    compiled = time.perf_counter()
    recorded = recorded_steps(steps)
    params, losses = [], []
    for group in groups:
        real = int((group < seeds).sum())
        trained, history = _train_group(initialize(place(group), base), advance, recorded, real, monitor)
        params.append(trained)
        losses.append(history)
    seconds = {"compile": compiled - began, "train": time.perf_counter() - compiled}
    return Population(task, model, blocks.joined(params, seeds), recorded, blocks.joined(losses, seeds), block, seconds)


def _train_group(
    members: training.Member,
    advance: Callable[..., tuple[training.Member, training.Record]],
    recorded: Int[np.ndarray, " R"],
    real: int,
    monitor: Monitor | None,
) -> tuple[PyTree[Float[np.ndarray, "M ..."]], Float[np.ndarray, "M R"]]:
    """Trains the members on the devices together, and returns their parameters and losses, padding included."""
    history: list[Float[np.ndarray, " M"]] = []

    def look(record: training.Record) -> None:
        history.append(blocks.flat(record).loss)
        if monitor is not None:
            monitor(int(recorded[len(history) - 1]), history[-1][:real])

    members, record = advance(members, jnp.int32(0), jnp.int32(0))
    for last, step in pairwise(recorded):
        members, following = advance(members, jnp.int32(last), jnp.int32(step))
        look(record)  # One record behind, so that the devices are at work while the host looks.
        record = following
    look(record)
    return blocks.flat(members.params), np.stack(history, axis=1)
