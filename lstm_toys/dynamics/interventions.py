"""Answers of networks while units are held at a value or gates are clamped."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, TypeAlias

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax import traverse_util
from jaxtyping import Array, Float, Int, PyTree

from lstm_toys import arguments
from lstm_toys.networks.layer import SLOPE, Layer, squashed
from lstm_toys.networks.states import inside, last
from lstm_toys.populations import answering, blocks
from lstm_toys.populations.answering import check_initial
from lstm_toys.populations.trained import AnyNetworks

Context: TypeAlias = nn.module.InterceptorContext

Member: TypeAlias = tuple[PyTree, Int[Array, " K"], Float[Array, " K"]]
"""ONE network, its held or clamped units, and their values; NaN: the means of the units."""

During: TypeAlias = Callable[[PyTree | None, Float[Array, "C T F"]], tuple[Float[Array, "C ..."], PyTree]]
"""A function from states (None: zero) and a piece of curves to the answers of ONE network, and its states after it."""

FAR = 1e4
"""An input at which both gate functions are 1; at its negative, they are 0."""


def intervene(
    networks: AnyNetworks,
    curves: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    layer: str,
    units: Sequence[int] | Int[np.ndarray, "S K"],
    hold: float | Float[np.ndarray, "S K"] | None = None,
    gate: str | None = None,
    *,
    start: int = 0,
    stop: int | None = None,
    block: int | None = None,
) -> Float[np.ndarray, "S C T A"] | Float[np.ndarray, "S C A"]:
    """Computes the answers of every network to curves while some units of a layer, or one of their gates, are held.

    A held unit has a constant value from before the time point ``start``, as seen by its own layer and by the layers
    above. Only its hidden state has the value ``hold``; its other states, such as the cell of an LSTM, are held at
    their means. Answers do not depend on which other networks there are.

    Args:
        networks: networks, or a pair ``(model, params)``; see `lt.answers`.
        curves: curves ``[C, T, F]``, as `lt.show` makes them.
        layer: name of the layer, as `lt.states` returns it, such as ``"lstm_0"``.
        units: indices of the units, the same for all networks, or one row per network ``[S, K]``.
        hold: the value at which units, or their gates, are held: one number, or one for each unit of each network
            ``[S, K]``. None: the mean of each unit, or of its gate, over these curves without an intervention.
        gate: the gate to hold, instead of the hidden state of the units: ``"input"``, ``"forget"`` or ``"output"`` of
            an LSTM, ``"z"`` or ``"r"`` of a GRU; other cells have no gates. A gate takes values from 0 to 1. None:
            hidden states are held.
        start: first time point at which units, or gates, are held; by default from the beginning.
        stop: first time point at which they are not held any more; None: they are held to the end.
        block: number of networks that one compiled program computes; another value changes the last bits. None: the
            ``block`` of the networks, which is that of their training.

    Returns:
        Answers ``[S, C, T, A]``, or ``[S, C, A]`` if the model answers once per curve.

    Raises:
        ValueError: the layer, unit or gate does not exist, the gate cannot have the value, ``start`` and ``stop`` are
            not time points in this order, or the layers ignore given initial states; or see `lt.answers`.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> task = lt.reproduce("sine", {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}, x)
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> curves = lt.show(x[None] ** 2, x, ("y",))
        >>> lt.dynamics.intervene(trained, curves, "lstm_0", [0, 2], hold=0.0).shape
        (2, 1, 20, 1)
    """
    arguments.kinds(locals(), gate=str | None)
    networks, curves, block = answering.checked(networks, curves, block, name="curves")
    model, params, seeds = networks.model, networks.params, len(networks)
    one = jax.tree.map(lambda leaf: leaf[0], params)
    states = jax.eval_shape(lambda *shapes: inside(model, *shapes)[1], one, jnp.zeros((1, 1, curves.shape[2])))
    width = states[arguments.choice("layer", layer, *states)]["hidden"].shape[-1]
    rows = np.asarray(units)
    fits = rows.dtype.kind in "iu" and rows.size and rows.ndim in (1, 2) and rows.shape[:-1] in ((), (seeds,))
    if not fits or rows.min() < 0 or rows.max() >= width:
        expected = f"units of {layer}, from 0 to {width - 1}, or one row of units for each of {seeds} networks"
        raise arguments.refused("units", expected, units)
    rows = np.broadcast_to(rows, (seeds, rows.shape[-1]))
    values, bounds = np.full(rows.shape, np.nan, np.float32), {} if gate is None else {"least": 0, "most": 1}
    points = curves.shape[1]
    start = arguments.whole("start", start, least=0, most=points - 1)
    stop = points if stop is None else arguments.whole("stop", stop, least=start + 1, most=points)
    if gate is None or (start, stop) != (0, points):
        check_initial(model, params, curves.shape[2])
    if hold is not None:
        values[:] = arguments.numbers("hold", hold, f"{seeds} {rows.shape[1]}", **bounds)

    program = _program(model, layer, gate, start, stop)
    size = blocks.group_size(seeds, block, jax.device_count())
    members = params, rows.astype(np.int32), values
    return np.asarray(blocks.in_groups(program, members, size, block, jnp.asarray(curves, jnp.float32)))


@cache
def _program(model: nn.Module, layer: str, gate: str | None, start: int, stop: int) -> jax.stages.Wrapped:
    changed = partial(_held, model, layer) if gate is None else partial(_clamped, model, layer, gate)

    def answered(member: Member, curves: Float[Array, "C T F"]) -> Float[Array, "C ..."]:
        """The answers of ONE network before, during and after the intervention."""
        during, begun, parts = changed(member, curves), None, []
        if start:
            answers, states = inside(model, member[0], curves[:, :start])
            parts, begun = [answers], last(states)
        answers, begun = during(begun, curves[:, start:stop])
        parts.append(answers)
        if stop < curves.shape[1]:
            parts.append(inside(model, member[0], curves[:, stop:], begun)[0])
        return jnp.concatenate(parts, axis=1) if answers.ndim == 3 else parts[-1]

    return blocks.spread(answered)


def _held(model: nn.Module, layer: str, member: Member, curves: Float[Array, "C T F"]) -> During:
    """Returns the function that computes the answers of ONE network with some units held."""
    params, units, values = member
    _, states = inside(model, params, curves)

    def value(name: str, state: Float[Array, "C T H"]) -> Float[Array, " K"]:
        mean = state[:, :, units].mean(axis=(0, 1))
        return jnp.where(jnp.isnan(values), mean, values) if name == "hidden" else mean

    held = {name: value(name, state) for name, state in states[layer].items()}

    def overwritten(states: dict[str, dict[str, Array]]) -> dict[str, dict[str, Array]]:
        of_layer = {name: state.at[:, units].set(held[name][None]) for name, state in states[layer].items()}
        return {**states, layer: of_layer}

    def returned(following: Callable[..., Any], args: Any, kwargs: Any, context: Context) -> Any:
        hidden = following(*args, **kwargs)
        return hidden.at[:, :, units].set(held["hidden"][None, None]) if _is_layer(context, layer) else hidden

    def step(states: PyTree, inputs: Float[Array, "C F"]) -> tuple[PyTree, Float[Array, "C ..."]]:
        with nn.intercept_methods(returned):
            answers, after = inside(model, params, inputs[:, None], states)
        return overwritten(last(after)), answers

    zero = jax.tree.map(jnp.zeros_like, last(states))

    def during(begun: PyTree | None, curves: Float[Array, "C T F"]) -> tuple[Float[Array, "C ..."], PyTree]:
        first = overwritten(zero if begun is None else begun)
        end, answers = jax.lax.scan(step, first, jnp.swapaxes(curves, 0, 1))
        return jnp.swapaxes(answers[:, :, 0], 0, 1) if answers.ndim == 4 else answers[-1], end

    return during


def _clamped(model: nn.Module, layer: str, gate: str, member: Member, curves: Float[Array, "C T F"]) -> During:
    """Like `_held`, with a gate of some units clamped, by weights that make the gate constant."""
    params, units, values = member
    seen: list[tuple[nn.Module, Array, Array]] = []

    def noted(following: Callable[..., Any], args: Any, kwargs: Any, context: Context) -> Any:
        hidden = following(*args, **kwargs)
        if _is_layer(context, layer):
            seen.append((context.module, args[0], hidden))
        return hidden

    with nn.intercept_methods(noted):
        model.apply({"params": params}, curves)
    module, inputs, hidden = seen[-1]
    places = module.gate_places() if isinstance(module, Layer) else {}
    arguments.expect(gate in places, "gate", f"{' or '.join(map(repr, places)) or 'None'} for {layer}", gate)
    columns = places[gate] * module.units + units
    leaves, path = traverse_util.flatten_dict(params), tuple(filter(None, layer.split("/")))
    kernel, recurrent_kernel, bias = (leaves[*path, name] for name in ("kernel", "recurrent_kernel", "bias"))
    before = jnp.concatenate([jnp.zeros_like(hidden[:, :1]), hidden[:, :-1]], axis=1)
    biases = jnp.atleast_2d(bias)  # A GRU has two, which are added up.
    summed = inputs @ kernel[:, columns] + before @ recurrent_kernel[:, columns]
    mean = squashed(summed + biases[:, columns].sum(axis=0)[None, None], module.gates).mean(axis=(0, 1))
    value = jnp.where(jnp.isnan(values), mean, values)
    # The inputs at which the gate function has these values; for 0 and 1, far beyond where rounding reaches them.
    inner = (value - 0.5) / SLOPE if module.gates == "hard" else jnp.log(value) - jnp.log1p(-value)
    constant = jnp.where(value <= 0, -FAR, jnp.where(value >= 1, FAR, inner))
    leaves[*path, "kernel"] = kernel.at[:, columns].set(0)
    leaves[*path, "recurrent_kernel"] = recurrent_kernel.at[:, columns].set(0)
    leaves[*path, "bias"] = biases.at[:, columns].set(0).at[0, columns].set(constant).reshape(bias.shape)
    clamped = traverse_util.unflatten_dict(leaves)

    def during(begun: PyTree | None, curves: Float[Array, "C T F"]) -> tuple[Float[Array, "C ..."], PyTree]:
        answers, states = inside(model, clamped, curves, begun)
        return answers, last(states)

    return during


def _is_layer(context: Context, layer: str) -> bool:
    return context.method_name == "__call__" and "/".join(context.module.path) == layer
