"""The states of one network, by layer and name."""

from typing import Any, TypeAlias

import flax.linen as nn
import jax
from flax import traverse_util
from jaxtyping import Array, Float, PyTree

from lstm_toys.networks.layer import INITIAL

SOWN = "intermediates"
"""The Flax collection of the values that modules return or sow."""


Initial: TypeAlias = PyTree[Float[Array, "C _"]] | None
"""Initial states by layer and name; None: zero."""


def inside(
    model: nn.Module, params: PyTree, inputs: Float[Array, "C T F"], initial: Initial = None, **named: Any
) -> tuple[Float[Array, "C ..."], PyTree[Float[Array, "C T _"]]]:
    """The answers of ONE network, and its states by layer and name, from given initial states or from zero.

    Other arguments are those of `flax.linen.Module.apply`.
    """

    def of_layer(module: nn.Module, method: str) -> bool:
        return method == "__call__" and hasattr(module, "units")

    collections = variables(params, initial)
    answers, mutated = model.apply(collections, inputs, capture_intermediates=of_layer, mutable=[SOWN], **named)
    sown, layers = traverse_util.flatten_dict(mutated.get(SOWN, {})), dict[str, dict[str, Array]]()
    for (*path, name), values in sown.items():
        if (returned := sown.get((*path, "__call__"))) is not None:
            states = layers.setdefault("/".join(path), {"hidden": returned[-1]})
            if name != "__call__":
                states[name] = values[-1]
    below = {name: layer for name, layer in layers.items() if name} or layers
    if not below:
        raise ValueError(f"{type(model).__name__} has no layer, a module with an attribute units, to look into")
    return answers, below


def listed(states: PyTree) -> str:
    """Lists the layers of states, and the names of the states in each."""
    return "; ".join(f"{layer}: {', '.join(names)}" for layer, names in states.items())


def variables(params: PyTree, initial: Initial = None) -> dict[str, PyTree]:
    """The Flax variables of ONE network: parameters, and initial states by layer and name (None: zero)."""
    # States of a model that is itself a layer are under an empty name.
    begun = {at.strip("/"): value for at, value in traverse_util.flatten_dict(initial or {}, sep="/").items()}
    return {"params": params, **({INITIAL: traverse_util.unflatten_dict(begun, sep="/")} if begun else {})}


def unbounded(model: nn.Module, params: PyTree, inputs: Float[Array, "C T F"]) -> set[tuple[str, str]]:
    """The layers and names of the unbounded states of ONE network, as the layers declare them."""
    states = set[tuple[str, str]]()

    def noted(following: Any, args: Any, kwargs: Any, context: nn.module.InterceptorContext) -> Any:
        if context.method_name == "__call__":
            layer = "/".join(context.module.path)
            states.update((layer, name) for name in getattr(context.module, "unbounded", ()))
        return following(*args, **kwargs)

    with nn.intercept_methods(noted):
        jax.eval_shape(model.apply, {"params": params}, inputs)
    return states


def last(states: PyTree[Float[Array, "C T _"]]) -> PyTree[Float[Array, "C _"]]:
    """The states after the last time point."""
    return jax.tree.map(lambda state: state[:, -1], states)
