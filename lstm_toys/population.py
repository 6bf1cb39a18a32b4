"""Many networks trained at once, one a seed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PyTree, UInt32

from lstm_toys import blocks, training
from lstm_toys.model import Stack
from lstm_toys.tasks import Task

RECORDS = 200
"""Recorded steps of a training, at most, besides step 0."""


Monitor = Callable[[int, Float[np.ndarray, " M"]], None]
"""Is told, at every recorded step, of the step a group of members has reached, and of their losses."""


@dataclass
class Population:
    """Trained networks, one a seed.

    Attributes:
        task: what they were trained on.
        model: the network.
        params: of the model, every leaf with a leading axis S.
        steps: recorded steps ``[R]``.
        train_loss: mean squared error over the training set after each recorded step, ``[S, R]``.
        train_rmse: root mean squared error of each feature of the answers, ``[S, R, A]``; see `training.Record`.
        frame_steps: those of the recorded steps whose answers were kept, ``[K]``.
        frames: answers to the first training curve after them, ``[S, K, T, A]`` or ``[S, K, A]``.
        block: members that one compiled program works on.
        seconds: spent on ``compile`` and ``train``.
    """

    task: Task
    model: Stack
    params: PyTree[Float[np.ndarray, "S ..."]]
    steps: Int[np.ndarray, " R"]
    train_loss: Float[np.ndarray, "S R"]
    train_rmse: Float[np.ndarray, "S R A"]
    frame_steps: Int[np.ndarray, " K"]
    frames: Float[np.ndarray, "S K ..."]
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


class History(NamedTuple):
    """What is kept of a group's records, each a list over steps or, once stacked, an array ``[M, steps, ...]``.

    Attributes:
        losses: at every recorded step.
        errors: at every recorded step.
        frames: answers to the first training curve, at some of them.
    """

    losses: Any
    errors: Any
    frames: Any


def recorded_steps(steps: int, least: int = 1) -> Int[np.ndarray, " R"]:
    """Step 0, the last step, and evenly spaced ones between, at most `RECORDS` after step 0.

    Args:
        steps: the last one.
        least: steps that have to lie between two records, but for the last.
    """
    return np.unique(np.append(np.arange(0, steps, max(least, -(-steps // RECORDS))), steps)).astype(np.int32)


def frame_indices(records: int, frames: int) -> Int[np.ndarray, " K"]:
    """Which records to keep as frames: the first, the last, and ones that come ever more rarely between."""
    return np.unique(np.geomspace(1, records, frames).round().astype(int)) - 1


def train(
    task: Task,
    model: Stack,
    *,
    seeds: int,
    steps: int,
    learning_rate: float,
    optimizer: str = "sgd",
    base_seed: int = 0,
    block: int | None = None,
    frames: int = 0,
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
        block: members that one compiled program works on; another one changes the last bits of every result. None: as
            many as suit the task.
        frames: how many records to keep the answer to the first training curve of, at most.
        monitor: told of the progress.

    Raises:
        ValueError: seeds, steps or block below 1.
        KeyError: an unknown optimizer.
    """
    shape = jax.eval_shape(task.examples, jax.random.key(0)).inputs.shape
    curves = task.batch or shape[0]
    if block is None:
        block = blocks.default_block(curves * shape[1] * max((*model.hidden, model.features)))
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
    # A record is a forward pass over the whole training set: with minibatches, about a tenth of the work at most.
    recorded = recorded_steps(steps, 1 if task.batch is None else 3 * shape[0] // task.batch)
    kept = frame_indices(len(recorded), frames)
    params, histories = [], []
    for group in groups:
        real = int((group < seeds).sum())
        members, history = _train_group(initialize(place(group), base), advance, recorded, kept, real, monitor)
        params.append(members)
        histories.append(History(*(np.stack(part, axis=1) if part else np.empty((group.size, 0)) for part in history)))
    losses, errors, films = blocks.joined(histories, seeds)
    seconds = {"compile": compiled - began, "train": time.perf_counter() - compiled}
    return Population(
        task, model, blocks.joined(params, seeds), recorded, losses, errors, recorded[kept], films, block, seconds
    )


def _train_group(
    members: training.Member,
    advance: Callable[..., tuple[training.Member, training.Record]],
    recorded: Int[np.ndarray, " R"],
    kept: Int[np.ndarray, " K"],
    real: int,
    monitor: Monitor | None,
) -> tuple[PyTree[Float[np.ndarray, "M ..."]], History]:
    """Trains the members on the devices together, and returns their parameters and history, padding included."""
    history = History([], [], [])

    def look(record: training.Record) -> None:
        index = len(history.losses)
        history.losses.append(blocks.flat(record.loss))
        history.errors.append(blocks.flat(record.rmse))
        if index in kept:
            history.frames.append(blocks.flat(record.answer))
        if monitor is not None:
            monitor(int(recorded[index]), history.losses[-1][:real])

    members, record = advance(members, jnp.int32(0), jnp.int32(0))
    for last, step in pairwise(recorded):
        members, following = advance(members, jnp.int32(last), jnp.int32(step))
        look(record)  # One record behind, so that the devices are at work while the host looks.
        record = following
    look(record)
    return blocks.flat(members.params), history
