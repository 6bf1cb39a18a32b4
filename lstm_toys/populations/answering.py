"""Answers of trained networks to any curves."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree, Shaped

from lstm_toys import arguments
from lstm_toys.execution import lowering
from lstm_toys.networks import training
from lstm_toys.populations import blocks
from lstm_toys.populations.trained import Given, Networks, resolved

CURVE_BLOCK = 8

POINTS = 2**16
"""Most time points in one call of a program, summed over its curves; one curve may have more. This bounds memory, and
with `blocks.GROUP_MEMBERS` members per device a call takes some seconds, after which the host can react."""


def answers(
    networks: Given,
    inputs: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    *,
    lengths: Int[Array, " C"] | Int[np.ndarray, " C"] | None = None,
    block: int | None = None,
    rngs: training.Keys = None,
) -> Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"]:
    """Computes the answers of every network to every curve.

    An answer is bit-identical regardless of the other networks and curves: blocks of networks and of curves are padded
    to sizes that depend only on the number of time points.

    Args:
        networks: networks, such as `lt.train` and `lt.load` return; or a pair ``(model, params)``, where every leaf has
            a leading axis S, one entry per network.
        inputs: curves ``[C, T, F]``, as `lt.show` makes them.
        lengths: number of points of each curve ``[C]``, for a model that answers once per curve: it answers after so
            many points, and the padding after them does not count. None: all T points count.
        block: number of networks that one compiled program computes; another value changes the last bits. None: the
            ``block`` of the networks, which is that of their training.
        rngs: random keys by name, such as ``{"noise": jax.random.key(0)}``, for a model that asks for random numbers;
            each network and each curve gets numbers of its own, which depend on its index. None: the model gets no
            random numbers.

    Returns:
        Answers ``[S, C, T, A]``, or ``[S, C, A]`` if the model answers once per curve.

    Raises:
        ValueError: curves are not finite or do not fit the model, lengths are not from 1 to T or given to a model that
            answers at every point, or the parameters are not of networks of the model.

    Example:
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> x = lt.time_points(20)
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, x, ("y",))
        >>> trained = lt.train(task, lt.Stack(1), seeds=2, steps=20, learning_rate=0.1)
        >>> lines = lt.probe("lines", "line", {"slope": np.array([0.1, 0.2, 0.3]), "intercept": 0.5}, x)
        >>> lt.answers(trained, lines.inputs).shape  # [seed, curve, time, feature]
        (2, 3, 20, 1)
    """
    networks, inputs, block = checked(networks, inputs, block, empty=True)
    if lengths is not None:
        lengths = np.array(arguments.wholes("lengths", lengths, least=1, most=inputs.shape[1]), np.int32)
        if len(lengths) != len(inputs):
            raise arguments.refused("lengths", f"one number for each of the {len(inputs)} curves", lengths)
        one, model = blocks.member(networks.params), networks.model
        curve = jax.ShapeDtypeStruct((1, *inputs.shape[1:]), np.float32)
        if len(jax.eval_shape(partial(training.answer, model), one, curve).shape) == 3:
            raise arguments.refused("lengths", "None for a model that answers at every point", lengths)
    program = _program(networks.model, blocks.mesh(), rngs is not None)
    values: np.ndarray = in_blocks(program, networks, inputs, block, lengths, rngs)
    return values


def checked(
    networks: Given, inputs: Any, block: int | None, *, name: str = "inputs", empty: bool = False
) -> tuple[Networks, Any, int]:
    """Checks curves, called ``name``, and networks; returns the networks, the curves and the block."""
    networks = resolved(networks)
    inputs = arguments.array(name, inputs, "C T F", hint=", curves as lt.show makes them", empty=empty)
    count(networks.model, networks.params, *inputs.shape[1:], name=name)
    chosen = networks.block if block is None else block
    return networks, inputs, arguments.whole("block", chosen, least=1, most=arguments.MOST_BLOCK)


def in_blocks(
    program: jax.stages.Wrapped,
    networks: Networks,
    inputs: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    block: int,
    lengths: Int[np.ndarray, " C"] | None = None,
    rngs: training.Keys = None,
) -> PyTree[Float[np.ndarray, "S C ..."]]:
    """Runs a program of `chunked` for all networks and chunks of `curve_block` curves; see `answers`."""
    (curves, points, features), mesh = inputs.shape, blocks.mesh()
    size, tile, together = _sizes(len(networks), curves, points, block, mesh)
    every = networks.params if rngs is None else (networks.params, np.arange(len(networks), dtype=np.uint32))

    def of_group(count: int, members: PyTree) -> PyTree[Float[np.ndarray, "count C ..."]]:
        tiles = []
        for first in range(0, max(1, curves), tile):
            chosen = np.asarray(inputs[first : first + tile])
            padded = np.pad(chosen, ((0, tile - len(chosen)), (0, 0), (0, 0))).reshape(-1, together, points, features)
            shown: list[Any] = [jnp.asarray(padded)]
            if lengths is not None:
                ends = np.pad(lengths[first : first + tile], (0, tile - len(chosen)), constant_values=1)
                shown.append(jnp.asarray(ends.reshape(-1, together)))
            if rngs is not None:
                shown += [dict(rngs), jnp.uint32(first // together)]
            tiles.append(blocks.flat(program(members, *shown), count))

        def whole(*leaves: Shaped[np.ndarray, "count chunks N ..."]) -> Shaped[np.ndarray, "count C ..."]:
            flat = [leaf.reshape(count, -1, *leaf.shape[3:]) for leaf in leaves]
            return np.concatenate(flat, axis=1)[:, :curves]

        return jax.tree.map(whole, *tiles)

    return blocks.joined(of_group(*each) for each in blocks.placed(every, size, block, mesh))


def count(model: nn.Module, params: PyTree, points: int, features: int, *, name: str = "inputs") -> int:
    """Returns the number of networks whose parameters these are.

    Raises ValueError if they are of another model, or take another number of features than the curves, called ``name``.
    """
    expected, own = _shapes(model, points, features), _leaves(params)
    shapes = {name: np.shape(leaf) for name, leaf in own.items()}
    counts = {shape[:1] for shape in shapes.values()}
    if {name: shape[1:] for name, shape in shapes.items()} != expected or len(counts) != 1 or counts & {(), (0,)}:
        own_shapes = {each: shape[1:] for each, shape in shapes.items()}
        for other in sorted({length for shape in own_shapes.values() for length in shape} - {features}):
            if _shapes(model, points, other) == own_shapes:
                raise arguments.refused(f"features of {name}", f"{other}, as of the networks' own curves", features)
        axes = ", ".join(f"{each} {['S', *shape]}" for each, shape in expected.items())
        raise ValueError(
            f"params must be of S networks for curves of {features} features, {axes}, not {arguments.brief(shapes)}; "
            "of one network, jax.tree.map(lambda leaf: leaf[None], params) is"
        )
    for each, leaf in own.items():
        if not arguments.real(leaf):
            raise arguments.refused(f"params {each}", "real numbers", leaf)
    return int(counts.pop()[0])


@cache
def _shapes(model: nn.Module, points: int, features: int) -> dict[str, tuple[int, ...]]:
    variables = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, points, features)))
    return {name: leaf.shape for name, leaf in _leaves(variables["params"]).items()}


def _leaves(params: PyTree) -> dict[str, Any]:
    leaves = jax.tree.leaves_with_path(params)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}


def curve_block(points: int) -> int:
    """Curves that a compiled program answers at a time: `CURVE_BLOCK`, or fewer if they are long."""
    return max(1, min(CURVE_BLOCK, POINTS // points))


def _sizes(seeds: int, curves: int, points: int, block: int, mesh: jax.sharding.Mesh) -> tuple[int, int, int]:
    """Networks and curves in one call of a program, and curves in a chunk."""
    together = curve_block(points)
    tile = together * max(1, min(-(-curves // together), POINTS // (together * points)))
    # Fewer blocks per call if one curve has more than `POINTS` time points.
    most_blocks = max(1, blocks.GROUP_MEMBERS * POINTS // max(POINTS, points) // block)
    return min(blocks.group_size(seeds, block, mesh.size), mesh.size * block * most_blocks), tile, together


def digests_of(
    model: nn.Module,
    params: PyTree[jax.ShapeDtypeStruct],
    curves: Float[np.ndarray, "C T F"],
    block: int,
    seeds: int,
    name: str,
    lengths: Int[np.ndarray, " C"] | None = None,
) -> lowering.Digests:
    """Digests `answers` to a set of curves, whatever the number of ``seeds``; ``params`` are shapes of ONE network."""
    (number, points, features), mesh = curves.shape, blocks.mesh()
    size, tile, together = _sizes(seeds, number, points, block, mesh)
    members = blocks.shapes(params, next(blocks.groups(size, size, block, mesh.size)), mesh)
    chunks = [jax.ShapeDtypeStruct((tile // together, together, points, features), jnp.float32)]
    chunks += [] if lengths is None else [jax.ShapeDtypeStruct((tile // together, together), jnp.int32)]
    program = lowering.lowered(f"answering program {name}", _program(model, mesh), members, *chunks)
    own = [curves] if lengths is None else [curves, lengths]
    return program | {f"curves {name}": lowering.digest(*own)}


@cache
def _program(model: nn.Module, mesh: jax.sharding.Mesh, random: bool = False) -> jax.stages.Wrapped:
    return chunked(partial(training.answer, model), mesh, random=random)


def chunked(function: Callable[..., PyTree], mesh: jax.sharding.Mesh, *, random: bool) -> jax.stages.Wrapped:
    """A program that calls ``function(params, inputs)`` for each network and chunk of curves; see `in_blocks`.

    With ``lengths``, the function takes them as well; if ``random``, the argument ``rngs``.
    """

    def plain(
        params: PyTree, chunks: Float[Array, "chunks N T F"], *lengths: Int[Array, "chunks N"]
    ) -> PyTree[Float[Array, "chunks N ..."]]:
        return jax.lax.map(lambda chunk: function(params, *chunk), (chunks, *lengths))

    def with_keys(member: tuple[PyTree, Array], *others: Any) -> PyTree[Float[Array, "chunks N ..."]]:
        (params, number), (*shown, rngs, first) = member, others
        own = training.folded(rngs, number)
        places = first + jnp.arange(len(shown[0]), dtype=jnp.uint32)
        return jax.lax.map(
            lambda at: function(params, *at[1], rngs=training.folded(own, at[0])), (places, tuple(shown))
        )

    return blocks.spread(with_keys if random else plain, mesh)
