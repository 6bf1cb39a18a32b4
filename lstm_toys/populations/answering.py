"""What trained networks answer to curves that they were not trained on."""

from functools import cache, partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from lstm_toys.networks import training
from lstm_toys.populations import blocks

CURVE_BLOCK = 8
"""Curves that one compiled program answers at a time."""


def answers(
    model: nn.Module,
    params: PyTree[Float[np.ndarray, "S ..."]],
    inputs: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    *,
    block: int = blocks.BLOCK,
) -> Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"]:
    """Answers of every network to every curve.

    Works in fixed blocks of members and of curves, both padded, so that an answer is bitwise the same however many
    other networks and curves there are.

    Args:
        model: the network.
        params: its parameters, every leaf with a leading axis S.
        inputs: the curves ``[C, T, F]``.
        block: members that one compiled program works on.

    Example:
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> x = lt.time_points(20)
        >>> task = lt.reproduce("sine", {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}, x)
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> lines = lt.probe("lines", "line", {"slope": np.array([0.1, 0.2, 0.3]), "intercept": 0.5}, x)
        >>> lt.answers(trained.model, trained.params, lines.inputs).shape  # [seed, curve, time, feature]
        (2, 3, 20, 1)
    """
    mesh = blocks.mesh()
    answered: np.ndarray = in_blocks(_program(model, mesh), mesh, params, inputs, block)
    return answered


def in_blocks(
    program: jax.stages.Wrapped,
    mesh: jax.sharding.Mesh,
    params: PyTree[Float[np.ndarray, "S ..."]],
    inputs: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    block: int,
) -> PyTree[Float[np.ndarray, "S C ..."]]:
    """What a program gives for every network and every curve.

    Args:
        program: from blocks of members, and chunks of `CURVE_BLOCK` curves, to arrays with the leading axes blocks, N,
            chunks, curves.
        mesh: the devices.
        params: of the networks, every leaf with a leading axis S.
        inputs: the curves ``[C, T, F]``.
        block: members that one compiled program works on.
    """
    seeds, curves = jax.tree.leaves(params)[0].shape[0], inputs.shape[0]
    padding = -curves % CURVE_BLOCK
    padded = np.concatenate([np.asarray(inputs), np.zeros((padding, *inputs.shape[1:]), inputs.dtype)])
    chunks = jnp.asarray(padded.reshape(-1, CURVE_BLOCK, *inputs.shape[1:]))

    every: list[PyTree] = []
    size = blocks.group_size(seeds, block, mesh.size)
    for group in blocks.groups(seeds, size, block, mesh.size):
        members = jax.tree.map(partial(np.take, indices=group, axis=0, mode="clip"), params)
        found, count = blocks.flat(program(blocks.place(members, mesh), chunks)), min(size, seeds - group[0, 0])
        every.append(jax.tree.map(lambda leaf, count=count: leaf[:count], found))

    def together(*parts: np.ndarray) -> np.ndarray:
        whole = np.concatenate(parts)
        return whole.reshape(seeds, curves + padding, *whole.shape[3:])[:, :curves]

    return jax.tree.map(together, *every)


@cache
def _program(model: nn.Module, mesh: jax.sharding.Mesh) -> jax.stages.Wrapped:
    """Answers of blocks of members to chunks of curves; kept, so that asking again compiles nothing."""

    def answer(params: PyTree, chunks: Float[Array, "chunks N T F"]) -> Float[Array, "chunks N ..."]:
        return jax.lax.map(lambda chunk: training.answer(model, params, chunk), chunks)

    return blocks.spread(answer, mesh)
