"""Answers of trained networks to any curves."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree, Shaped

from lstm_toys import arguments
from lstm_toys.execution.digests import Digests, digest, program
from lstm_toys.networks import training
from lstm_toys.networks.states import inside, last, listed
from lstm_toys.populations import blocks
from lstm_toys.populations.trained import AnyNetworks, Networks, resolved

Initial = Mapping[str, Mapping[str, Float[np.ndarray, "S #C _"] | Float[Array, "S #C _"]]] | None
"""States by layer and name in which networks begin, at one time point; None: zero."""

Begun = dict[str, dict[str, Float[np.ndarray, "S C _"]]] | None

CURVE_BLOCK = 8

POINTS = 2**16
"""Most time points in one call of a program, summed over its curves; one curve may have more. This bounds memory, and
with `blocks.GROUP_MEMBERS` members per device a call takes some seconds, after which the host can react."""


def answers(
    networks: AnyNetworks,
    inputs: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    *,
    lengths: Int[Array, " C"] | Int[np.ndarray, " C"] | None = None,
    initial: Initial = None,
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
        initial: states of every layer in which the networks begin, by layer and name as `lt.states` returns them, at
            one time point: ``[S, C, H]``, or ``[S, 1, H]``, the same for all curves. None: all states begin at 0.
        block: number of networks that one compiled program computes; another value changes the last bits. None: the
            ``block`` of the networks, which is that of their training.
        rngs: random keys by name, such as ``{"noise": jax.random.key(0)}``, for a model that asks for random numbers;
            each network and each curve gets different numbers, which depend on its index. None: the model gets no
            random numbers.

    Returns:
        Answers ``[S, C, T, A]``, or ``[S, C, A]`` if the model answers once per curve.

    Raises:
        ValueError: curves are not finite or do not fit the model, lengths are not from 1 to T or given to a model that
            answers at every point, initial states are not those of the model's layers, or these ignore them, or the
            parameters are not of networks of the model.

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
    begun = checked_initial(networks, initial, inputs)
    program = _program(networks.model, rngs is not None or begun is not None)
    return in_blocks(program, networks, inputs, block, lengths, rngs, begun)


def separate_answers(
    networks: Networks, inputs: Float[np.ndarray, "S C T F"], lengths: Int[np.ndarray, "S C"] | None = None
) -> Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"]:
    """Computes the answers of every network to separate curves, regardless of the other networks; see `answers`."""
    program = _separate_program(networks.model)
    return in_blocks(program, networks, inputs, networks.block, lengths)


def checked(
    networks: AnyNetworks, inputs: Any, block: int | None, *, name: str = "inputs", empty: bool = False
) -> tuple[Networks, Any, int]:
    """Checks curves, called ``name``, and networks; returns the networks, the curves and the block."""
    networks = resolved(networks)
    inputs = arguments.array(name, inputs, "C T F", hint=", curves as lt.show makes them", empty=empty)
    count(networks.model, networks.params, *inputs.shape[1:], name=name)
    chosen = networks.block if block is None else block
    return networks, inputs, arguments.whole("block", chosen, least=1, most=arguments.MOST_BLOCK)


def checked_initial(networks: Networks, initial: Initial, inputs: Float[Any, "C T F"]) -> Begun:
    """Checks initial states, and that layers begin in them; returns them for every curve ``[S, C, H]``."""
    if initial is None:
        return None
    arguments.kinds(locals(), initial=Mapping)
    one = blocks.member(networks.params)
    curve = jax.ShapeDtypeStruct((1, 1, inputs.shape[2]), np.float32)
    shapes = jax.eval_shape(lambda *arguments: inside(networks.model, *arguments)[1], one, curve)
    names_given = {layer: {*names} for layer, names in initial.items() if isinstance(names, Mapping)}
    if names_given != {layer: {*names} for layer, names in shapes.items()}:
        raise arguments.refused("initial", f"states by layer and name, of all layers, {listed(shapes)}", initial)
    check_initial(networks.model, networks.params, inputs.shape[2])

    def of_curves(layer: str, name: str, units: int) -> Float[np.ndarray, "S C _"]:
        value = np.asarray(initial[layer][name])
        curves = 1 if value.ndim == 3 and value.shape[1] == 1 else len(inputs)
        states = arguments.array(
            f"initial[{layer!r}][{name!r}]", value, f"{len(networks)} {curves} {units}", finite=False
        )
        return np.broadcast_to(np.asarray(states, np.float32), (len(networks), len(inputs), units))

    return {
        layer: {name: of_curves(layer, name, leaf.shape[-1]) for name, leaf in names.items()}
        for layer, names in shapes.items()
    }


def check_initial(model: nn.Module, params: PyTree[Float[np.ndarray, "S ..."]], features: int) -> None:
    """Raises ValueError if the layers of a model ignore initial states, which `Layer.initial` reads."""
    one = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), params)
    inputs = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (1, 4, features)), jnp.float32)
    whole, second = _halves(model, one, inputs)
    same = jax.tree.map(lambda ours, theirs: np.allclose(ours, theirs, rtol=1e-3, atol=1e-5), last(whole), last(second))
    if not all(jax.tree.leaves(same)):
        kind = getattr(model, "cell", type(model).__name__)
        raise ValueError(
            f"layers of {kind} do not begin in the states that they are given; a custom cell begins in "
            "self.initial(name, inputs, kernel), as docs/cells.md says"
        )


@partial(jax.jit, static_argnums=0)
def _halves(
    model: nn.Module, params: PyTree, inputs: Float[Array, "C T F"]
) -> tuple[PyTree[Float[Array, "C T _"]], PyTree[Float[Array, "C _ _"]]]:
    """The states of ONE network along a curve, and along its second half from the end of the first."""
    half = inputs.shape[1] // 2
    _, whole = inside(model, params, inputs)
    _, first = inside(model, params, inputs[:, :half])
    _, second = inside(model, params, inputs[:, half:], last(first))
    return whole, second


def in_blocks(
    program: jax.stages.Wrapped,
    networks: Networks,
    inputs: Float[Array, "C T F"] | Float[np.ndarray, "C T F"] | Float[np.ndarray, "S C T F"],
    block: int,
    lengths: Int[np.ndarray, " C"] | Int[np.ndarray, "S C"] | None = None,
    rngs: training.Keys = None,
    begun: Begun = None,
) -> PyTree[Float[np.ndarray, "S C ..."]]:
    """Runs a program of `chunked` for all networks and chunks of `curve_block` curves; see `answers`.

    If each network has different curves, they and their lengths have a leading axis S.
    """
    (curves, points, features), separate = inputs.shape[-3:], inputs.ndim == 4
    size, tile, together = _sizes(len(networks), curves, points, block)
    starts = range(0, max(1, curves), tile)
    members: Any = networks.params
    if rngs is not None or begun is not None:
        numbers = np.arange(len(networks), dtype=np.uint32)
        rows = len(networks), len(starts), tile // together, together

        def in_tiles(leaf: Float[np.ndarray, "S C H"]) -> Float[np.ndarray, "S tiles chunks N H"]:
            padding = (0, 0), (0, len(starts) * tile - leaf.shape[1]), (0, 0)
            return np.pad(leaf, padding).reshape(*rows, leaf.shape[2])

        members = networks.params, numbers, jax.tree.map(in_tiles, begun)

    def chunks_of(array: Any, first: int, group: Int[np.ndarray, "blocks N"]) -> Any:
        """The chunks of a tile for each network of a group; padding repeats the last."""
        rows, columns = np.minimum(group, len(array) - 1), np.minimum(np.arange(first, first + tile), curves - 1)
        chosen = array[rows[..., None], columns].reshape(*group.shape, -1, together, *array.shape[2:])
        return blocks.place(chosen)

    def of_group(places: np.ndarray, count: int, group: PyTree) -> PyTree[Float[np.ndarray, "count C ..."]]:
        tiles = []
        for number, first in enumerate(starts):
            if separate:
                chunks = [chunks_of(array, first, places) for array in (inputs, lengths) if array is not None]
                tiles.append(blocks.flat(program((group, *chunks)), count))
                continue
            chosen = np.asarray(inputs[first : first + tile])
            padded = np.pad(chosen, ((0, tile - len(chosen)), (0, 0), (0, 0))).reshape(-1, together, points, features)
            shown: list[Any] = [jnp.asarray(padded)]
            if lengths is not None:
                ends = np.pad(lengths[first : first + tile], (0, tile - len(chosen)), constant_values=1)
                shown.append(jnp.asarray(ends.reshape(-1, together)))
            part = group
            if rngs is not None or begun is not None:
                shown += [None if rngs is None else dict(rngs), jnp.uint32(first // together)]
                states = jax.tree.map(lambda leaf, number=number: leaf[:, :, number], group[2])
                part = group[0], group[1], states
            tiles.append(blocks.flat(program(part, *shown), count))

        def whole(*leaves: Shaped[np.ndarray, "count chunks N ..."]) -> Shaped[np.ndarray, "count C ..."]:
            flat = [leaf.reshape(count, -1, *leaf.shape[3:]) for leaf in leaves]
            return np.concatenate(flat, axis=1)[:, :curves]

        return jax.tree.map(whole, *tiles)

    groups = blocks.groups(len(networks), size, block, jax.device_count())
    parts = zip(groups, blocks.placed(members, size, block), strict=True)
    return blocks.joined(of_group(places, *part) for places, part in parts)


def count(model: nn.Module, params: PyTree, points: int, features: int, *, name: str = "inputs") -> int:
    """Returns the number of networks whose parameters these are.

    Raises ValueError if they are of another model, or take another number of features than the curves, called ``name``.
    """
    expected, leaves = _shapes(model, points, features), leaves_by_path(params)
    shapes = {path: np.shape(leaf) for path, leaf in leaves.items()}
    counts = {shape[:1] for shape in shapes.values()}
    of_one = {path: shape[1:] for path, shape in shapes.items()}
    if of_one != expected or len(counts) != 1 or counts & {(), (0,)}:
        for other in sorted({length for shape in of_one.values() for length in shape} - {features}):
            if _shapes(model, points, other) == of_one:
                raise arguments.refused(f"features of {name}", f"{other}, as of the networks' own curves", features)
        axes = ", ".join(f"{path} {['S', *shape]}" for path, shape in expected.items())
        raise ValueError(
            f"params must be of S networks for curves of {features} features, {axes}, not {arguments.brief(shapes)}; "
            "of one network, jax.tree.map(lambda leaf: leaf[None], params) is"
        )
    for path, leaf in leaves.items():
        arguments.expect(arguments.real(leaf), f"params {path}", "real numbers", leaf)
    return int(counts.pop()[0])


@cache
def _shapes(model: nn.Module, points: int, features: int) -> dict[str, tuple[int, ...]]:
    variables = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, points, features)))
    return {name: leaf.shape for name, leaf in leaves_by_path(variables["params"]).items()}


def leaves_by_path(params: PyTree) -> dict[str, Any]:
    """The leaves of a tree by path, such as ``lstm_0/kernel``."""
    leaves = jax.tree.leaves_with_path(params)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}


def curve_block(points: int) -> int:
    """Curves that a compiled program answers at a time: `CURVE_BLOCK`, or fewer if they are long."""
    return max(1, min(CURVE_BLOCK, POINTS // points))


def _sizes(seeds: int, curves: int, points: int, block: int) -> tuple[int, int, int]:
    """Networks and curves in one call of a program, and curves in a chunk."""
    together = curve_block(points)
    # Blocks of an accelerator may have more members than a group on a CPU, and take fewer curves per call.
    share = 1 if jax.default_backend() == "cpu" else max(1, block // blocks.GROUP_MEMBERS)
    tile = together * max(1, min(-(-curves // together), POINTS // share // (together * points)))
    # Fewer blocks per call if one curve has more than `POINTS` time points.
    most_blocks = max(1, blocks.GROUP_MEMBERS * POINTS // max(POINTS, points) // block)
    devices = jax.device_count()
    return min(blocks.group_size(seeds, block, devices), devices * block * most_blocks), tile, together


def digests_of(
    model: nn.Module,
    params: PyTree[jax.ShapeDtypeStruct],
    curves: Float[np.ndarray, "C T F"],
    block: int,
    seeds: int,
    name: str,
    lengths: Int[np.ndarray, " C"] | None = None,
) -> Digests:
    """Digests `answers` to a set of curves, whatever the number of ``seeds``; ``params`` are shapes of ONE network."""
    number, points, features = curves.shape
    size, tile, together = _sizes(seeds, number, points, block)
    members = blocks.shapes(params, size, block)
    chunks = [jax.ShapeDtypeStruct((tile // together, together, points, features), jnp.float32)]
    chunks += [] if lengths is None else [jax.ShapeDtypeStruct((tile // together, together), jnp.int32)]
    shown = [curves] if lengths is None else [curves, lengths]
    described = program(_program(model), members, *chunks)
    return described.named(f"answering program {name}") | {f"curves {name}": digest(*shown)}


@cache
def _program(model: nn.Module, begun: bool = False) -> jax.stages.Wrapped:
    return chunked(partial(training.answer, model), begun=begun)


@cache
def _separate_program(model: nn.Module) -> jax.stages.Wrapped:
    """A program for networks that each answer chunks of different curves, with their lengths."""

    def answered(member: tuple[PyTree, *tuple[Array, ...]]) -> Float[Array, "chunks N ..."]:
        return jax.lax.map(lambda chunk: training.answer(model, member[0], *chunk), member[1:])

    return blocks.spread(answered)


def chunked(function: Callable[..., PyTree], *, begun: bool) -> jax.stages.Wrapped:
    """A program that calls ``function(params, inputs)`` for each network and chunk of curves; see `in_blocks`.

    With ``lengths``, the function takes them as well; if ``begun``, the arguments ``rngs`` and ``initial``.
    """

    def plain(
        params: PyTree, chunks: Float[Array, "chunks N T F"], *lengths: Int[Array, "chunks N"]
    ) -> PyTree[Float[Array, "chunks N ..."]]:
        return jax.lax.map(lambda chunk: function(params, *chunk), (chunks, *lengths))

    def from_states(member: tuple[PyTree, Array, PyTree], *others: Any) -> PyTree[Float[Array, "chunks N ..."]]:
        (params, number, states), (*shown, rngs, first) = member, others
        of_network = training.folded(rngs, number)
        places = first + jnp.arange(len(shown[0]), dtype=jnp.uint32)

        def of_chunk(at: tuple[Array, tuple[Array, ...], PyTree]) -> PyTree[Float[Array, "N ..."]]:
            return function(params, *at[1], rngs=training.folded(of_network, at[0]), initial=at[2])

        return jax.lax.map(of_chunk, (places, tuple(shown), states))

    return blocks.spread(from_states if begun else plain)
