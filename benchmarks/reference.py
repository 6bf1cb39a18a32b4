"""The answer key: the same training as plain loops in float64, differentiated by JAX."""

from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from benchmarks.job import CHECKED_STEPS, LEARNING_RATE, Start, Weights, flat

TOLERANCE = 1e-4
"""How far a contestant's weights and losses may be from the reference, in absolute terms."""


def train(start: Start, steps: int = CHECKED_STEPS) -> tuple[Weights, Float[np.ndarray, " M"]]:
    """Trains the members in float64, and returns their weights and losses."""
    with jax.enable_x64(True):
        inputs = jnp.asarray(start.inputs, jnp.float64)
        weights = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), start.weights)
        trained, losses = jax.jit(jax.vmap(_train_one, in_axes=(0, None, None)))(weights, inputs, steps)
        return jax.tree.map(np.asarray, trained), np.asarray(losses)


@cache
def answers(start: Path, members: tuple[int, ...]) -> tuple[Weights, Float[np.ndarray, " M"]]:
    """What some members whose beginning is in a file come to in `CHECKED_STEPS` steps."""
    return train(Start.load(start).take(list(members)))


def disagreement(
    weights: Weights,
    losses: Float[np.ndarray, " M"],
    expected: Weights,
    expected_losses: Float[np.ndarray, " M"],
) -> tuple[float, float]:
    """How far weights and losses are from those of the reference, at most; what is not a number is infinitely far."""
    leaves = flat(expected)
    if {name: leaf.shape for name, leaf in flat(weights).items()} != {
        name: leaf.shape for name, leaf in leaves.items()
    }:
        return np.inf, np.inf
    far = max(_largest(leaf - leaves[name]) for name, leaf in flat(weights).items())
    return far, _largest(losses - expected_losses)


def agrees(far: tuple[float, float]) -> bool:
    """Whether a disagreement is small enough for the contestant to be timed."""
    return max(far) <= TOLERANCE


def _largest(difference: Float[np.ndarray, "..."]) -> float:
    largest = float(np.abs(difference).max())
    return largest if np.isfinite(largest) else np.inf


def _train_one(
    weights: PyTree[Float[Array, "..."]], inputs: Float[Array, "C T 1"], steps: int
) -> tuple[PyTree[Float[Array, "..."]], Float[Array, ""]]:
    def update(_: int, weights: PyTree[Float[Array, "..."]]) -> PyTree[Float[Array, "..."]]:
        gradient = jax.grad(_loss)(weights, inputs)
        return jax.tree.map(lambda weight, slope: weight - LEARNING_RATE * slope, weights, gradient)

    trained = jax.lax.fori_loop(0, steps, update, weights)
    return trained, _loss(trained, inputs)


def _loss(weights: PyTree[Float[Array, "..."]], inputs: Float[Array, "C T 1"]) -> Float[Array, ""]:
    answers = jax.vmap(lambda curve: _answer(weights, curve))(inputs)
    return jnp.mean((answers - inputs) ** 2)


def _answer(weights: PyTree[Float[Array, "..."]], curve: Float[Array, "T 1"]) -> Float[Array, "T 1"]:
    layers = [weights[name] for name in sorted(weights, key=lambda name: (name == "readout", name))]

    def step(
        states: list[tuple[Float[Array, " H"], Float[Array, " H"]]], value: Float[Array, " F"]
    ) -> tuple[list[tuple[Float[Array, " H"], Float[Array, " H"]]], Float[Array, " H"]]:
        after = []
        for layer, (hidden, cell) in zip(layers, states, strict=True):
            a = value @ layer["kernel"] + hidden @ layer["recurrent_kernel"] + layer["bias"]
            i, f, g, o = a.reshape(4, -1)
            cell = cell / (1 + jnp.exp(-f)) + jnp.tanh(g) / (1 + jnp.exp(-i))
            value = jnp.tanh(cell) / (1 + jnp.exp(-o))
            after.append((value, cell))
        return after, value

    zeros = [jnp.zeros(len(layer["recurrent_kernel"]), curve.dtype) for layer in layers]
    return jax.lax.scan(step, [(zero, zero) for zero in zeros], curve)[1]
