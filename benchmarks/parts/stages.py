"""Where the engine's member-step spends its time: the same step, cut off after each of its stages.

A stage is what the step takes longer when it goes one stage further. Unlike the parts of the floor, stages have all
the loads, stores and copies that the engine has between its dots and activations, and the readout, whose one unit has
no arithmetic to speak of but a hundred steps to wait for.

Every cut runs on all devices at once, in the engine's blocks.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from benchmarks.job import LEARNING_RATE, LEAVES, Job, start
from benchmarks.parts.loop import microseconds, repeated
from lstm_toys.execution import devices
from lstm_toys.networks import lstm

STAGES = ("forward, wide layer", "forward, readout", "backward, readout", "backward, wide layer", "update")


def begin() -> Callable[[float], dict[str, dict[str, Any]]]:
    """Compiles the step up to every stage, and returns what measures the stages; see `benchmarks.entries.Parts`."""
    devices.configure()
    job = Job()
    first = start(job, 1)
    weights = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), first.weights)
    runs = {}
    for stage in STAGES:
        step = partial(cut, stage, jnp.asarray(first.inputs))
        runs[stage] = repeated(step, step((weights, None)), job.block)

    def measure(seconds: float) -> dict[str, dict[str, Any]]:
        parts, before = {}, 0.0
        for stage, run in runs.items():
            us = microseconds(run, seconds)
            parts[stage] = {"us": us - before, "form": f"blocks of {job.block}"}
            before = us
        return parts

    return measure


def cut(stage: str, inputs: Array, carry: tuple[PyTree, PyTree]) -> tuple[PyTree, PyTree]:
    """A member-step of plain SGD up to and with one of `STAGES`.

    Args:
        stage: the last one that is computed.
        inputs: ``[C, T, 1]``, the targets too.
        carry: the weights of one member, and what the step before returned beside them.

    Returns:
        The weights of the next step, and all that a further stage would need. Until the last stage, the weights are
        the old ones but for a trace of the results, so that no step can be left out.
    """
    weights, _ = carry
    wide, readout = (tuple(weights[name][leaf] for leaf in LEAVES) for name in ("lstm_0", "readout"))
    reached = STAGES.index(stage)
    hidden, wide_back = jax.vjp(lstm.recurrence, inputs, *wide)
    needed = kept(wide_back, inputs)
    if reached == 0:
        return touched(weights, hidden), needed
    answer, readout_back = jax.vjp(lstm.recurrence, hidden, *readout)
    if reached == 1:
        return touched(weights, answer), (needed, kept(readout_back, inputs), answer)
    d_hidden, *d_readout = readout_back(2 / inputs.size * (answer - inputs))
    if reached == 2:
        return touched(weights, d_hidden), (needed, d_hidden, d_readout)
    _, *d_wide = wide_back(d_hidden)
    if reached == 3:
        return touched(weights, d_wide[0]), (d_wide, d_readout)
    gradient = {"lstm_0": dict(zip(LEAVES, d_wide, strict=True)), "readout": dict(zip(LEAVES, d_readout, strict=True))}
    return jax.tree.map(lambda weight, d: weight - LEARNING_RATE * d, weights, gradient), ()


def kept(back: PyTree, inputs: Array) -> list[Array]:
    """What a layer keeps of every time point for its backward pass."""
    return [leaf for leaf in jax.tree.leaves(back) if leaf.shape[:2] == inputs.shape[1::-1]]


def touched(weights: PyTree, result: Array) -> PyTree:
    """Weights that depend on a result through one element, on which all that is computed depends."""
    bias = weights["lstm_0"]["bias"]
    return weights | {"lstm_0": weights["lstm_0"] | {"bias": bias.at[0].add(1e-20 * result.ravel()[0])}}
