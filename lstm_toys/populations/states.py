"""Hidden and cell states inside trained networks."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import flax.linen as nn
import jax
import numpy as np
from jaxtyping import Array, Float, PyTree

from lstm_toys.populations import answering, blocks

KEPT = "intermediates"
"""The Flax collection of the values that modules return or sow."""

States = dict[str, dict[str, Float[np.ndarray, "S C T _"]]]
"""States ``[S, C, T, H]`` by layer and name."""


def states(
    model: nn.Module,
    params: PyTree[Float[np.ndarray, "S ..."]],
    inputs: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    *,
    block: int = blocks.BLOCK,
) -> States:
    """Computes the states of every layer of every network after every time point of every curve.

    A layer is a module in the model that has an attribute ``units``; if there is none, it is the model itself, under
    the name ``""``. If a model runs a layer several times, the last time counts. As with `lt.answers`, a state is
    bitwise the same whatever other networks and curves there are.

    Args:
        model: the Flax module of the networks.
        params: their parameters; every leaf has a leading axis S, one entry per network.
        inputs: the curves ``[C, T, F]``.
        block: networks that a compiled program computes at a time; another value changes last bits.

    Returns:
        States ``[S, C, T, H]`` by layer, such as ``lstm_0``, and name: ``hidden``, what the layer returns; ``cell`` of
        an LSTM; and what a user-defined cell sows.

    Raises:
        ValueError: the model has no layer, or see `lt.answers`.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> task = lt.reproduce("sine", {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}, x)
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> inside = lt.states(trained.model, trained.params, lt.show(x[None] ** 2, x, ("y",)))
        >>> inside["lstm_0"]["cell"].shape, sorted(inside["readout"])  # [seed, curve, time, unit]
        ((2, 1, 20, 4), ['cell', 'hidden'])
    """
    values: States = answering.in_blocks(_program, model, params, inputs, block)
    return values


@cache
def _program(model: nn.Module, mesh: jax.sharding.Mesh) -> jax.stages.Wrapped:
    """States of blocks of members for chunks of curves; cached to avoid recompiling."""

    def inside(params: PyTree, chunks: Float[Array, "chunks N T F"]) -> dict[str, dict[str, Float[Array, "..."]]]:
        def chunk(inputs: Float[Array, "N T F"]) -> dict[str, dict[str, Float[Array, "..."]]]:
            _, kept = model.apply({"params": params}, inputs, capture_intermediates=_returned, mutable=[KEPT])
            layers = dict(_layers(kept.get(KEPT, {})))
            below = {name: layer for name, layer in layers.items() if name} or layers
            if not below:
                raise ValueError(f"{type(model).__name__} has no layer, a module with an attribute units, to look into")
            return below

        return jax.lax.map(chunk, chunks)

    return blocks.spread(inside, mesh)


def _returned(module: nn.Module, method: str) -> bool:
    """Whether a method of a module returns the hidden state of a layer."""
    return method == "__call__" and hasattr(module, "units")


def _layers(kept: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Array]]]:
    """Yields the path of each layer, and the values that it returned and sowed."""
    if "__call__" in kept:
        sown = {name: values[-1] for name, values in kept.items() if isinstance(values, tuple)}
        hidden = sown.pop("__call__")
        yield path, {"hidden": hidden, **sown}
    for name, inner in kept.items():
        if isinstance(inner, Mapping):
            yield from _layers(inner, f"{path}/{name}" if path else name)
