"""Many networks at once: blocks of members under `jax.vmap`, walked by `jax.lax.map`, spread over the devices.

A block is always the same compiled program on the same number of members, padded at the end. That makes seed i bitwise
the same however many other seeds and devices there are: XLA programs for different batch sizes differ in the last bits,
and training amplifies that.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int, PyTree

from lstm_toys import devices, training
from lstm_toys.model import Stack
from lstm_toys.tasks import Task

BLOCK = 4
"""Members in a block, unless the caller says otherwise."""

GROUP_BLOCKS = 64
"""Blocks that one device holds at a time, at most: the bound on memory."""

RECORDS = 200
"""Recorded steps of a training, at most, besides step 0."""


class Monitor(Protocol):
    """Is told of the progress of a training, between chunks of steps."""

    def __call__(self, member_steps: int, step: int, losses: Float[np.ndarray, " M"]) -> None:
        """Takes the member-steps just done, the step reached, and the group's losses (not finite where diverged)."""


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


def recorded_steps(steps: int) -> Int[np.ndarray, " R"]:
    """Step 0, the last step, and evenly spaced ones between, at most `RECORDS` after step 0."""
    return np.unique(np.append(np.arange(0, steps, max(1, -(-steps // RECORDS))), steps)).astype(np.int32)


def spread(
    function: Callable[..., Any], mesh: jax.sharding.Mesh, *, batch: Callable[..., Any] = jax.vmap, donate: bool = False
) -> Callable[..., Any]:
    """Compiles a function of one member to one of many blocks of members.

    Args:
        function: from one member's pytree, and further arguments that all members share.
        mesh: the devices, in a row.
        batch: what maps the function over the members of a block.
        donate: give the members' memory to the result.

    Returns:
        A jitted function whose first argument has two leading axes: blocks, a multiple of the number of devices, and N.
    """

    def on_device(blocks: PyTree, *shared: PyTree) -> PyTree:
        return jax.lax.map(batch(lambda member: function(member, *shared)), blocks)

    def on_devices(blocks: PyTree, *shared: PyTree) -> PyTree:
        in_specs = (jax.P("device"), *(jax.P() for _ in shared))
        mapped = jax.shard_map(on_device, mesh=mesh, in_specs=in_specs, out_specs=jax.P("device"), check_vma=False)
        return mapped(blocks, *shared)

    return jax.jit(on_devices, donate_argnums=0 if donate else ())


def one_by_one(function: Callable[..., Any]) -> Callable[..., Any]:
    """Maps a function over members in turn, for what must not be batched."""
    return partial(jax.lax.map, function)


def groups(members: int, block: int, device_count: int) -> Iterator[Int[np.ndarray, "blocks N"]]:
    """Splits members into groups of blocks, all of one shape, that fill the devices evenly.

    Yields:
        Member numbers, from 0; those past the last member are padding, to be computed and dropped.
    """
    blocks = -(-members // block)
    group_count = -(-blocks // (device_count * GROUP_BLOCKS))
    per_device = -(-blocks // (device_count * group_count))
    shape = (device_count * per_device, block)
    for first in range(0, members, shape[0] * shape[1]):
        yield first + np.arange(shape[0] * shape[1]).reshape(shape)


def flat(blocks: PyTree) -> PyTree:
    """Merges the axes of blocks and of members in a block, on the host."""
    return jax.tree.map(lambda leaf: np.asarray(leaf).reshape(-1, *leaf.shape[2:]), blocks)


def joined(parts: list[PyTree], members: int) -> PyTree:
    """Joins the groups' trees along the axis of members, without the padding."""
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:members], *parts)


def train(
    task: Task,
    model: Stack,
    *,
    seeds: int,
    steps: int,
    learning_rate: float,
    optimizer: str = "sgd",
    base_seed: int = 0,
    block: int = BLOCK,
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
    mesh = devices.mesh()
    sharding = jax.sharding.NamedSharding(mesh, jax.P("device"))

    def begin(member: tuple[jax.Array, jax.Array], base: jax.Array) -> training.Member:
        seed, rate = member
        return training.init(task, model, optimizer, training.seed_key(base, seed), rate)

    initialize = spread(begin, mesh, batch=one_by_one)
    advance = spread(partial(training.advance, task, model, optimizer), mesh, donate=True)
    recorded = recorded_steps(steps)
    base = jnp.uint32(base_seed)
    seconds = {"compile": 0.0, "train": 0.0}
    params, losses = [], []
    for group in groups(seeds, block, mesh.size):
        began = time.perf_counter()
        start = jax.device_put((group.astype(np.uint32), np.full(group.shape, learning_rate, np.float32)), sharding)
        if not params:
            initialize = initialize.lower(start, base).compile()
        members = initialize(start, base)
        if not params:
            advance = advance.lower(members, jnp.int32(0), jnp.int32(0)).compile()
            seconds["compile"] += time.perf_counter() - began
            began = time.perf_counter()
        records: list[Float[np.ndarray, " M"]] = []
        real = group.reshape(-1) < seeds
        pending = None
        for first, last in zip(np.append(0, recorded[:-1]), recorded, strict=True):
            members, record = advance(members, jnp.int32(first), jnp.int32(last))
            if pending is not None:
                records.append(_observe(pending, real, recorded, len(records), monitor))
            pending = record
        records.append(_observe(pending, real, recorded, len(records), monitor))
        losses.append(np.stack(records, axis=1))
        params.append(flat(members.params))
        seconds["train"] += time.perf_counter() - began
    return Population(
        task, model, joined(params, seeds), recorded, np.concatenate(losses)[:seeds], block, seconds
    )


def _observe(
    record: training.Record | None,
    real: Bool[np.ndarray, " M"],
    recorded: Int[np.ndarray, " R"],
    index: int,
    monitor: Monitor | None,
) -> Float[np.ndarray, " M"]:
    """Waits for a record, tells the monitor, and returns the losses."""
    losses = flat(record).loss
    if monitor is not None:
        done = int(recorded[index] - recorded[max(index - 1, 0)])
        monitor(done * int(real.sum()), int(recorded[index]), losses[real])
    return losses
