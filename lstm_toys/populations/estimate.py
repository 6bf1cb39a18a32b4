"""Estimates of the memory and disk space that a training needs."""

from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp

from lstm_toys.execution.footprint import Footprint
from lstm_toys.networks import sizes, training
from lstm_toys.networks.optimizers import Hyper
from lstm_toys.populations import blocks, programs
from lstm_toys.populations.checkpoints import KEPT
from lstm_toys.populations.specification import RECORDS
from lstm_toys.tasks.supervision import Task

TRACES = 16
"""Values per unit, curve and time point of a step: an LSTM's gates, states and derivatives; other cells need less."""


def estimate(
    task: Task,
    model: nn.Module,
    optimizer: str,
    *,
    timesteps: int,
    members: int,
    states: int = 1,
    probed: int,
    block: int | None,
    streamed: bool = False,
) -> Footprint:
    """Estimates the peak memory and disk space of a run, without libraries and compiled programs.

    Args:
        task: the training set, with any number of time points.
        model: the Flax module.
        optimizer: a name in `lstm_toys.networks.optimizers.TAKES`.
        timesteps: time points per curve.
        members: number of networks.
        states: number of steps after which parameters are kept.
        probed: number of answers per network after training: time points of all curves, or curves.
        block: members in a block; None: the usual number.
        streamed: whether the results of a group of members are written before the next group is trained.

    Raises:
        InvalidModel: the model cannot be trained on the task; see `lstm_toys.networks.training`.
    """
    key, one = jax.random.key(0), jnp.float32(1)
    hyper = Hyper(one, one, one, one, programs.unspecified(task))
    member = jax.eval_shape(lambda key: training.init(task, model, optimizer, key, hyper), key)
    jax.eval_shape(partial(training.loss, task.loss, model), member.params, member.examples)
    parameters, state = _bytes(member.params), _bytes((member.params, member.optimizer_state, member.sound))
    (curves, _, features), outputs = programs.shown(task), len(task.output_features)
    at_once = programs.curves_at_once(task, model)
    points = timesteps if task.sequence else 1
    answers = 4 * (probed + points) * outputs
    frames = 4 * programs.STOPS * points * outputs
    history = 4 * (RECORDS + states) * (1 + outputs)
    units = sum(sizes.size(model, features).widths)
    examples = 4 * curves * (timesteps * features + points * outputs)
    working = 4 * timesteps * (at_once * units * TRACES + curves * units)
    devices, block = jax.device_count(), block or _usual_block()
    together = blocks.group_size(members, block, devices)
    held = together * (3 * state + examples + 2 * frames) + min(members, devices * block) * working
    return Footprint(
        memory=held + (min(members, together) if streamed else members) * (states * parameters + history + 3 * answers),
        disk=KEPT * together * (state + history + states * parameters)
        + members * (states * parameters + history + parameters + history + states * answers),
        devices=held,
    )


def _usual_block() -> int:
    """The smallest block on a CPU, the default block on an accelerator."""
    return 1 if jax.default_backend() == "cpu" else blocks.default_block(0)


def _bytes(tree: object) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
