"""The answer key: the same training as plain loops in float64, differentiated by JAX."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from benchmarks.job import CHECKED_STEPS, LEARNING_RATE, Start, State

TOLERANCE = 1e-4
"""How far a contestant's weights and losses may be from the reference, in absolute terms."""

Carry = tuple[Float[Array, " H"], Float[Array, " H"]]


def train(start: Start) -> State:
    """Trains the members in float64 to the checked step, and returns their weights and losses."""
    with jax.enable_x64(True):
        inputs, weights = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), (start.inputs, start.weights))
        trained, losses = jax.jit(jax.vmap(_train_one, in_axes=(0, None)))(weights, inputs)
        return jax.tree.map(np.asarray, trained), np.asarray(losses)


@cache
def answers(start: Start, members: tuple[int, ...]) -> State:
    """What some members come to."""
    return train(start.take(list(members)))


def disagreement(state: State, expected: State) -> tuple[float, float]:
    """How far weights and losses are from those of the reference, at most; what is not a number is infinitely far."""
    if jax.tree.map(np.shape, state) != jax.tree.map(np.shape, expected):
        return np.inf, np.inf
    weights, losses = jax.tree.map(_largest, state, expected)
    return max(jax.tree.leaves(weights)), losses


def agrees(far: tuple[float, float]) -> bool:
    """Whether a disagreement is small enough for the contestant to be timed."""
    return max(far) <= TOLERANCE


def _largest(leaf: Float[np.ndarray, "..."], expected: Float[np.ndarray, "..."]) -> float:
    largest = float(np.abs(leaf - expected).max())
    return largest if np.isfinite(largest) else np.inf


def _train_one(weights: PyTree[Array], inputs: Float[Array, "C T 1"]) -> tuple[PyTree[Array], Float[Array, ""]]:
    def update(_: int, weights: PyTree[Array]) -> PyTree[Array]:
        gradient = jax.grad(_loss)(weights, inputs)
        return jax.tree.map(lambda weight, slope: weight - LEARNING_RATE * slope, weights, gradient)

    trained = jax.lax.fori_loop(0, CHECKED_STEPS, update, weights)
    return trained, _loss(trained, inputs)


def _loss(weights: PyTree[Array], inputs: Float[Array, "C T 1"]) -> Float[Array, ""]:
    answers = jax.vmap(lambda curve: _answer(weights, curve))(inputs)
    return jnp.mean((answers - inputs) ** 2)


def _answer(weights: PyTree[Array], curve: Float[Array, "T 1"]) -> Float[Array, "T 1"]:
    layers = [weights[name] for name in sorted(weights, key=lambda name: (name == "readout", name))]

    def step(states: list[Carry], value: Float[Array, " F"]) -> tuple[list[Carry], Float[Array, " H"]]:
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
