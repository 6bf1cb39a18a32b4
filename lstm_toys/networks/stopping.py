"""Early stopping of one network: when it takes no more steps, and which of its parameters are kept."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.supervision import Task

BLOCK = "members"
"""The mapped axis of the members of a block."""


class EarlyStopping(NamedTuple):
    """When networks stop and what they keep; by default they take all steps, and keep the last parameters.

    Attributes:
        until: a network that has met this goal at ``hold`` records in a row takes no more steps.
        best: whether the parameters with the smallest loss at any record are kept.
        validation: the task whose examples give that loss; None: it is the recorded loss.
    """

    until: Goal | None = None
    hold: int = 1
    best: bool = False
    validation: Task | None = None


class Held(NamedTuple):
    """For how many ``records`` in a row a network has met its goal, and its last ``step``, -1 while it trains."""

    records: Int[Array, ""]
    step: Int[Array, ""]


class Best(NamedTuple):
    """The record at which a network had its smallest loss."""

    step: Int[Array, ""]
    loss: Float[Array, ""]


def counted(held: Held, step: Int[Array, ""], met: Bool[Array, ""], hold: int) -> Held:
    """Counts a record at which the goal is met or missed; at the ``hold``-th in a row, the network stops."""
    records = jnp.where(met, held.records + 1, 0)
    return Held(records, jnp.where((held.step < 0) & (records >= hold), step, held.step))


def end(held: Held, begun: Int[Array, ""], stop: Int[Array, ""]) -> Int[Array, ""]:
    """The step to train to: ``begun``, so that nothing is computed, if no member of the block trains any more."""
    return jnp.where(jax.lax.pmax((held.step < 0).astype(jnp.int32), BLOCK) > 0, stop, begun)
