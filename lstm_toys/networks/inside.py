"""States inside one network, by layer and name."""

from collections.abc import Iterator, Mapping
from typing import Any

import flax.linen as nn
import jax
from jaxtyping import Array, Float, PyTree

from lstm_toys.networks.layer import INITIAL

KEPT = "intermediates"
"""The Flax collection of the values that modules return or sow."""


def inside(
    model: nn.Module,
    params: PyTree,
    inputs: Float[Array, "C T F"],
    initial: PyTree[Float[Array, "C _"]] | None = None,
    **named: Any,
) -> tuple[Float[Array, "C ..."], PyTree[Float[Array, "C T _"]]]:
    """The answers of ONE network, and its states by layer and name, from given initial states or from zero.

    Other arguments are those of `flax.linen.Module.apply`.
    """

    def of_layer(module: nn.Module, method: str) -> bool:
        return method == "__call__" and hasattr(module, "units")

    begun = {} if initial is None else {INITIAL: _nested(initial)}
    of_model = {"params": params, **begun}
    answers, kept = model.apply(of_model, inputs, capture_intermediates=of_layer, mutable=[KEPT], **named)
    layers = dict(_layers(kept.get(KEPT, {})))
    below = {name: layer for name, layer in layers.items() if name} or layers
    if not below:
        raise ValueError(f"{type(model).__name__} has no layer, a module with an attribute units, to look into")
    return answers, below


def last(states: PyTree[Float[Array, "C T _"]]) -> PyTree[Float[Array, "C _"]]:
    """The states after the last time point."""
    return jax.tree.map(lambda each: each[:, -1], states)


def _nested(states: Mapping[str, Any]) -> dict[str, Any]:
    """States by layer as a Flax collection, whose layers lie within their modules."""
    collection: dict[str, Any] = {}
    for path, values in states.items():
        place = collection
        for name in filter(None, path.split("/")):
            place = place.setdefault(name, {})
        place.update(values)
    return collection


def _layers(kept: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Array]]]:
    """Yields the path of each layer, and the values that it returned and sowed."""
    if "__call__" in kept:
        sown = {name: values[-1] for name, values in kept.items() if isinstance(values, tuple)}
        hidden = sown.pop("__call__")
        yield path, {"hidden": hidden, **sown}
    for name, inner in kept.items():
        if isinstance(inner, Mapping):
            yield from _layers(inner, f"{path}/{name}" if path else name)
