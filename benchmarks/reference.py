"""The answer key: the same training as plain loops over the cells of the tests in float64, differentiated by JAX."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from benchmarks.job import CHECKED_STEPS, InitialWeights, State
from tests import plain_cells

TOLERANCE = 1e-4
"""How far a contestant's weights and losses may be from the reference, in absolute terms."""

Carry = tuple[Float[Array, " H"], Float[Array, " H"]]


def train(start: InitialWeights) -> State:
    """Trains the members in float64 to the checked step, and returns their weights and losses."""
    job = start.job

    def answer(weights: PyTree[Array], curve: Float[Array, "T 1"]) -> Float[Array, "T 1"]:
        layers = [weights[name] for name in job.layers]

        def step(states: list[Carry], value: Float[Array, " F"]) -> tuple[list[Carry], Float[Array, " H"]]:
            after = []
            for layer, before in zip(layers, states, strict=True):
                state, _ = plain_cells.step(job.cell, job.gates, layer, value, before, library=jnp)
                after.append(state)
                value, _ = state
            return after, value

        zeros = [jnp.zeros(len(layer["recurrent_kernel"]), curve.dtype) for layer in layers]
        return jax.lax.scan(step, [(zero, zero) for zero in zeros], curve)[1]

    def loss(weights: PyTree[Array], inputs: Float[Array, "C T 1"]) -> Float[Array, ""]:
        return jnp.mean((jax.vmap(partial(answer, weights))(inputs) - inputs) ** 2)

    def train_one(weights: PyTree[Array], inputs: Float[Array, "C T 1"]) -> tuple[PyTree[Array], Float[Array, ""]]:
        def update(_: int, weights: PyTree[Array]) -> PyTree[Array]:
            grads = jax.grad(loss)(weights, inputs)
            return jax.tree.map(lambda weight, slope: weight - job.learning_rate * slope, weights, grads)

        trained = jax.lax.fori_loop(0, CHECKED_STEPS, update, weights)
        return trained, loss(trained, inputs)

    with jax.enable_x64(True):
        weights, inputs = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), (start.weights, start.inputs))
        trained: State = jax.jit(jax.vmap(train_one, in_axes=(0, None)))(weights, inputs)
        return jax.tree.map(np.asarray, trained)


@cache
def answers(start: InitialWeights, members: tuple[int, ...]) -> State:
    """What some members come to."""
    return train(start.take([*members]))


def disagreement(state: State, expected: State) -> tuple[float, float]:
    """How far weights and losses are from those of the reference, at most; what is not a number is infinitely far."""
    if jax.tree.map(np.shape, state) != jax.tree.map(np.shape, expected):
        return np.inf, np.inf
    weights, losses = jax.tree.map(lambda a, b: float(np.nan_to_num(np.abs(a - b), nan=np.inf).max()), state, expected)
    return max(jax.tree.leaves(weights)), losses
