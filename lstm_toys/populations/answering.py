"""What trained networks answer to curves that they were not trained on."""

from collections.abc import Sequence
from functools import cache, partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax import errors
from jaxtyping import Array, Float, PyTree, Shaped

from lstm_toys.networks import training
from lstm_toys.populations import blocks, value

CURVE_BLOCK = 8
"""Curves that one compiled program answers at a time."""

POINTS = 2**16
"""Time points of all curves that one call of a program answers, but for one longer curve: the bound on memory, and of
`blocks.GROUP_MEMBERS` members on a device the work of some seconds, after which the host can react."""


def answers(
    model: nn.Module,
    params: PyTree[Float[np.ndarray, "S ..."]],
    inputs: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    *,
    block: int = blocks.BLOCK,
) -> Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"]:
    """Answers of every network to every curve.

    Works in blocks of members and of curves whose size depends on nothing but the number of time points, both padded,
    so that an answer is bitwise the same however many other networks and curves there are.

    Args:
        model: the network.
        params: its parameters, every leaf with a leading axis S.
        inputs: the curves ``[C, T, F]``.
        block: members that one compiled program works on.

    Raises:
        ValueError: the curves have another shape, or features that the networks do not take.

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
        program: from blocks of members, and chunks of `curve_block` curves, to arrays with the leading axes blocks, N,
            chunks, curves.
        mesh: the devices.
        params: of the networks, every leaf with a leading axis S.
        inputs: the curves ``[C, T, F]``.
        block: members that one compiled program works on.

    Raises:
        ValueError: the curves have another shape, or features that the networks do not take.
    """
    if np.ndim(inputs) != 3:
        raise ValueError(f"curves have the shape (C, T, F), as lt.show makes them, not {np.shape(inputs)}")
    (seeds, *_), (curves, points, features) = jax.tree.leaves(params)[0].shape, inputs.shape
    together = curve_block(points)
    tile = together * max(1, min(-(-curves // together), POINTS // (together * points)))
    size = min(blocks.group_size(seeds, block, mesh.size), mesh.size * block * _most_blocks(points, block))

    every: list[PyTree] = []
    for group in blocks.groups(seeds, size, block, mesh.size):
        members = blocks.place(jax.tree.map(partial(np.take, indices=group, axis=0, mode="clip"), params), mesh)
        count = min(size, seeds - int(group[0, 0]))
        try:
            tiles = [
                blocks.flat(program(members, jnp.asarray(_tiled(inputs, first, tile, together))))
                for first in range(0, max(1, curves), tile)
            ]
        except errors.ScopeParamShapeError as error:
            told = str(error).partition(". (")[0]  # What follows is an address.
            raise ValueError(f"curves of {features} features are none that these networks take: {told}") from None
        every.append(jax.tree.map(lambda *leaves, count=count: _joined(leaves, count, curves), *tiles))
    return jax.tree.map(lambda *parts: np.concatenate(parts), *every)


def curve_block(points: int) -> int:
    """Curves of so many time points that one compiled program answers at a time: `CURVE_BLOCK`, or fewer long ones."""
    return max(1, min(CURVE_BLOCK, POINTS // points))


def _most_blocks(points: int, block: int) -> int:
    """Blocks of members that a device works on in one call: fewer where one curve has more than `POINTS`."""
    return max(1, blocks.GROUP_MEMBERS * POINTS // max(POINTS, points) // block)


def _tiled(
    inputs: Float[Array, "C T F"] | Float[np.ndarray, "C T F"], first: int, tile: int, together: int
) -> Float[np.ndarray, "chunks N T F"]:
    """Some curves in chunks, padded by zeros."""
    chosen = np.asarray(inputs[first : first + tile])
    padding = np.zeros((tile - len(chosen), *chosen.shape[1:]), chosen.dtype)
    return np.concatenate([chosen, padding]).reshape(-1, together, *chosen.shape[1:])


def _joined(
    tiles: Sequence[Shaped[np.ndarray, "members ..."]], count: int, curves: int
) -> Shaped[np.ndarray, "S C ..."]:
    """What tiles ``[member, chunk, curve, ...]`` hold of members and curves that are no padding."""
    flat = [tile[:count].reshape(count, -1, *tile.shape[3:]) for tile in tiles]
    return np.concatenate(flat, axis=1)[:, :curves]


def value_of(
    model: nn.Module, params: PyTree[jax.ShapeDtypeStruct], curves: Float[np.ndarray, "C T F"], block: int
) -> value.Value:
    """Digests of the program of `answers`, and of the curves.

    Args:
        model: the network.
        params: the shapes of those of ONE network.
        curves: that are answered.
        block: members that one compiled program works on.
    """
    points, features = curves.shape[1:]
    chunk = jax.ShapeDtypeStruct((1, curve_block(points), points, features), jnp.float32)
    program = _program(model, value.mesh())
    return {
        **value.lowered("answers", program, value.spread(params, block), chunk),
        "curves": value.digest(curves),
    }


@cache
def _program(model: nn.Module, mesh: blocks.Devices) -> jax.stages.Wrapped:
    """Answers of blocks of members to chunks of curves; kept, so that asking again compiles nothing."""

    def answer(params: PyTree, chunks: Float[Array, "chunks N T F"]) -> Float[Array, "chunks N ..."]:
        return jax.lax.map(lambda chunk: training.answer(model, params, chunk), chunks)

    return blocks.spread(answer, mesh)
