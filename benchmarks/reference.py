"""The answer key: the same training as plain loops in float64, differentiated by JAX."""

from collections.abc import Callable
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from benchmarks.job import CHECKED_STEPS, InitialWeights, State

TOLERANCE = 1e-4
"""How far a contestant's weights and losses may be from the reference, in absolute terms."""

Carry = tuple[Float[Array, " H"], Float[Array, " H"]]


def train(start: InitialWeights) -> State:
    """Trains the members in float64 to the checked step, and returns their weights and losses."""
    job = start.job
    gate = _sigmoid if job.gates == "sigmoid" else _hard

    def answer(weights: PyTree[Array], curve: Float[Array, "T 1"]) -> Float[Array, "T 1"]:
        layers = [weights[name] for name in job.layers]

        def step(states: list[Carry], value: Float[Array, " F"]) -> tuple[list[Carry], Float[Array, " H"]]:
            after = []
            for layer, state in zip(layers, states, strict=True):
                after.append(CELLS[job.cell](layer, value, *state, gate))
                value, _ = after[-1]
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


def _sigmoid(summed: Float[Array, " H"]) -> Float[Array, " H"]:
    return 1 / (1 + jnp.exp(-summed))


def _hard(summed: Float[Array, " H"]) -> Float[Array, " H"]:
    return jnp.minimum(jnp.maximum(0.2 * summed + 0.5, 0), 1)


def _lstm(layer: PyTree[Array], value: Array, hidden: Array, cell: Array, gate: Callable[[Array], Array]) -> Carry:
    a = value @ layer["kernel"] + hidden @ layer["recurrent_kernel"] + layer["bias"]
    i, f, g, o = a.reshape(4, -1)
    cell = cell * gate(f) + jnp.tanh(g) * gate(i)
    return jnp.tanh(cell) * gate(o), cell


def _gru(layer: PyTree[Array], value: Array, hidden: Array, _: Array, gate: Callable[[Array], Array]) -> Carry:
    z, r, a = (value @ layer["kernel"] + layer["bias"][0]).reshape(3, -1)
    to_z, to_r, b = (hidden @ layer["recurrent_kernel"] + layer["bias"][1]).reshape(3, -1)
    kept = gate(z + to_z)
    return kept * hidden + (1 - kept) * jnp.tanh(a + gate(r + to_r) * b), _


def _rnn(layer: PyTree[Array], value: Array, hidden: Array, _: Array, __: Callable[[Array], Array]) -> Carry:
    return jnp.tanh(value @ layer["kernel"] + hidden @ layer["recurrent_kernel"] + layer["bias"]), _


CELLS = {"lstm": _lstm, "gru": _gru, "rnn": _rnn}
"""From weights, an input, the states before and the function of the gates to the states after, the hidden one first."""
