"""Networks as discrete maps in double precision, from a flat state and an input to the next state and the answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeAlias

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PyTree

from lstm_toys import arguments
from lstm_toys.networks.states import inside, last, unbounded
from lstm_toys.populations import answering, blocks
from lstm_toys.populations.answering import check_initial
from lstm_toys.populations.trained import AnyNetworks, resolved, varied

MEMBERS = 8
"""Most networks on a device at a time, which bounds memory."""

Params: TypeAlias = PyTree[Float[np.ndarray, "S ..."]]
"""Parameters of networks: every leaf has a leading axis S."""

State: TypeAlias = Float[Array, " D"]
Input: TypeAlias = Float[Array, " F"]
Step: TypeAlias = Callable[[State, Input], tuple[State, Float[Array, " A"]]]
"""Flat states and inputs of ONE network at a time point; a step returns the next state and the answer."""

Inputs: TypeAlias = Float[np.ndarray, "U F"]
States: TypeAlias = Float[np.ndarray, "S U P D"]
"""Constant inputs, and P flat states of each network under each of them."""


@dataclass(frozen=True)
class System:
    """A model as a map from a flat state and an input to the next state and the answer.

    A flat state joins the states of all layers in one vector of D numbers. `system_of` makes the map of networks.

    Attributes:
        model: a Flax module whose layers begin in given initial states.
        places: for each part of a flat state, in order, the name of its layer, its name in this layer, such as
            ``"cell"``, and its number of units.
        unbounded: whether each part is unbounded, as its layer declares.
    """

    model: nn.Module
    places: tuple[tuple[str, str, int], ...]
    unbounded: tuple[bool, ...]

    @property
    def dimension(self) -> int:
        """Numbers in a flat state, D."""
        return sum(units for _, _, units in self.places)

    def step(self, params: PyTree, state: State, inputs: Input) -> tuple[State, Float[Array, " A"]]:
        """The state after one more time point, and the answer to it, of ONE network.

        Args:
            params: parameters of the network, without an axis for seeds.
            state: flat state ``[D]``.
            inputs: input at the time point ``[F]``.
        """
        begun: dict[str, dict[str, Array]] = {}
        parts = jnp.split(state, np.cumsum([units for _, _, units in self.places])[:-1])
        for (layer, name, _), part in zip(self.places, parts, strict=True):
            begun.setdefault(layer, {})[name] = part[None]
        answers, states = inside(self.model, params, inputs[None, None, :], begun)
        return self.flat(last(states))[0], answers.reshape(-1)

    def flat(self, states: Mapping[str, Mapping[str, Any]]) -> Any:
        """Joins states by layer and name, as `lt.states` returns them, along their last axis."""
        parts = [states[layer][name] for layer, name, _ in self.places]
        return parts[0].__array_namespace__().concat(parts, axis=-1)

    @property
    def free(self) -> Bool[np.ndarray, " D"]:
        """Which components of a flat state are unbounded."""
        return np.repeat(self.unbounded, [units for _, _, units in self.places])

    @property
    def components(self) -> list[str]:
        """Names of the components of a flat state: layer, name and unit, such as ``gru_0/hidden/3``."""
        return [f"{layer}/{name}/{unit}" for layer, name, units in self.places for unit in range(units)]


def system_of(networks: AnyNetworks, input_size: int) -> System:
    """Makes the map of the networks' model; its state comprises those of all layers.

    Args:
        networks: networks, or a pair ``(model, params)``; see `lt.answers`.
        input_size: number of features of an input, F.

    Raises:
        ValueError: the model has no layer, or its layers ignore given initial states; or see `lt.answers`.

    Example:
        >>> params = {"kernel": np.ones((2, 1, 1)), "recurrent_kernel": np.ones((2, 1, 1)), "bias": np.zeros((2, 1))}
        >>> system = system_of((lt.Stack(1, hidden=(), cell="rnn"), {"readout": params}), input_size=1)
        >>> system.dimension, system.components
        (1, ['readout/hidden/0'])
    """
    networks = resolved(networks)
    model, params = networks.model, networks.params
    answering.count(model, params, 1, input_size)
    check_initial(model, params, input_size)
    one = jax.tree.map(lambda leaf: leaf[0], params)
    states = jax.eval_shape(lambda params: last(inside(model, params, jnp.zeros((1, 1, input_size)))[1]), one)
    places = [(layer, name, leaf.shape[-1]) for layer, names in states.items() for name, leaf in names.items()]
    free = unbounded(model, one, jnp.zeros((1, 1, input_size)))
    return System(model, tuple(places), tuple((layer, name) in free for layer, name, _ in places))


def search(
    networks: AnyNetworks, visited: Mapping[str, Mapping[str, Any]], inputs: Inputs, spacing: float
) -> tuple[System, Params, Inputs, Float[np.ndarray, "S N D"], dict[str, Any]]:
    """Validates the arguments of a search; joins visited states ``[S, C, T, H]``, all curves one after another.

    Returns the map, parameters, constant inputs, visited states, and labels of points.
    """
    inputs = np.asarray(arguments.array("inputs", inputs, "U F", hint=", one constant input per row"), float)
    spacing, networks = arguments.number("spacing", spacing, above=0), resolved(networks)
    system = system_of(networks, inputs.shape[1])
    arguments.kinds(locals(), visited=Mapping)
    for layer, name, _ in system.places:
        arguments.expect(name in visited.get(layer, ()), "visited", f"states with {layer!r} and {name!r}", visited)
    parts = [
        arguments.array(f"visited[{layer!r}][{name!r}]", visited[layer][name], f"{len(networks)} C T {units}")
        for layer, name, units in system.places
    ]
    flat = np.concatenate(parts, axis=-1).astype(float).reshape(len(networks), -1, system.dimension)
    labels = {"seeds": np.array(networks.seeds), "settings": varied(networks.numbers), "inputs": inputs}
    labels |= {"spacing": spacing, "components": tuple(system.components)}
    return system, networks.params, inputs, flat, labels


def each_network(
    function: Callable[..., PyTree], system: System, params: PyTree, separate: PyTree, *shared: PyTree
) -> PyTree[np.ndarray]:
    """Calls a function of ONE network for every network, in double precision, one by one per device.

    The results of a network do not depend on the others.

    Args:
        function: ``function(step, separate, *shared)``, where ``step(state, inputs)`` is the map of one network. It is
            defined in a module, not in a function, so that its program is compiled once.
        system: the map of the networks' model, from `system_of`.
        params: parameters of the networks; every leaf has a leading axis S.
        separate: a tree of arrays that differ between networks, such as initial states; every leaf has a leading axis
            S, which the function does not see.
        shared: arrays that are the same for all networks, such as constant inputs.

    Returns:
        The results of the function, as NumPy arrays with a leading axis S.
    """
    params, separate, shared = jax.tree.map(_double, (params, separate, shared))
    count, devices = len(jax.tree.leaves(params)[0]), jax.device_count()
    # At least two: XLA would inline a loop over a single network, which would change the last bits.
    size = devices * min(max(2, -(-count // devices)), MEMBERS)
    with jax.enable_x64(True):
        return blocks.in_groups(_program(function, system), (params, separate), size, 1, *shared)


def unless_nan(function: Callable[..., PyTree], states: Float[Array, "*P D"], *others: Any) -> PyTree:
    """``function(states, *others)``; if a number in the states is NaN, so are the results, and nothing is computed."""
    shapes = jax.eval_shape(function, states, *others)
    unknown = jax.tree.map(lambda leaf: jnp.full(leaf.shape, jnp.nan, leaf.dtype), shapes)
    return jax.lax.cond(jnp.isfinite(states).all(), function, lambda *_: unknown, states, *others)


def at_each(
    function: Callable[..., Any], step: Step, states: Float[Array, "U P D"], inputs: Float[Array, "U F"], *shared: Any
) -> PyTree:
    """``function(step, state, input, *shared)`` of ONE network, in turn for each state, `unless_nan`."""

    def under(at: tuple[Float[Array, "P D"], Input]) -> PyTree:
        states, constant = at
        return jax.lax.map(lambda state: unless_nan(partial(function, step), state, constant, *shared), states)

    return jax.lax.map(under, (states, inputs))


def once(
    step: Step, states: Float[Array, "U P D"], inputs: Float[Array, "U F"]
) -> tuple[Float[Array, "U P D"], Float[Array, "U P A"]]:
    """The next states and the answers of ONE network under each constant input."""
    return jax.vmap(jax.vmap(step, (0, None)))(states, inputs)


def _double(leaf: Any) -> np.ndarray:
    values = np.asarray(leaf)
    return values.astype(np.float64) if values.dtype.kind == "f" else values


@cache
def _program(function: Callable[..., PyTree], system: System) -> jax.stages.Wrapped:
    def of_member(member: tuple[PyTree, PyTree], *shared: PyTree) -> PyTree:
        params, separate = member
        return function(partial(system.step, params), separate, *shared)

    return blocks.spread(of_member, batch=blocks.members_in_turn)
