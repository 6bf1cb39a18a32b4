"""What goes on inside trained networks: the states of their layers."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import flax.linen as nn
import jax
import numpy as np
from jaxtyping import Array, Float, PyTree

from lstm_toys.populations import answering, blocks

KEPT = "intermediates"
"""The collection into which Flax captures what modules return, and cells sow what they do not."""

States = dict[str, dict[str, Float[np.ndarray, "S C T _"]]]
"""By layer, by name, ``[S, C, T, H]``."""


def states(
    model: nn.Module,
    params: PyTree[Float[np.ndarray, "S ..."]],
    inputs: Float[Array, "C T F"] | Float[np.ndarray, "C T F"],
    *,
    block: int = blocks.BLOCK,
) -> States:
    """The states of every layer of every network after every time point of every curve.

    A layer is a module with an attribute ``units`` that lies in the model, or the model itself, under the name ``""``,
    if there is none in it. Of a layer that a model runs several times, the last time counts.

    Works in the blocks of `lt.answers`, so that a state is bitwise the same however many other networks and curves
    there are.

    Args:
        model: the network.
        params: its parameters, every leaf with a leading axis S.
        inputs: the curves ``[C, T, F]``.
        block: members that one compiled program works on.

    Returns:
        By the name of a layer, ``lstm_0``, its states ``[S, C, T, H]``: ``hidden``, what it returns, and, of an LSTM,
        ``cell``; of one's own cell, what it sows.

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
    found: States = answering.in_blocks(_program, model, params, inputs, block)
    return found


@cache
def _program(model: nn.Module, mesh: jax.sharding.Mesh) -> jax.stages.Wrapped:
    """States of blocks of members under chunks of curves; kept, so that asking again compiles nothing."""

    def inside(params: PyTree, chunks: Float[Array, "chunks N T F"]) -> dict[str, dict[str, Float[Array, "..."]]]:
        def chunk(shown: Float[Array, "N T F"]) -> dict[str, dict[str, Float[Array, "..."]]]:
            _, kept = model.apply({"params": params}, shown, capture_intermediates=_returned, mutable=[KEPT])
            found = dict(_layers(kept.get(KEPT, {})))
            below = {name: layer for name, layer in found.items() if name} or found
            if not below:
                raise ValueError(f"{type(model).__name__} has no layer, a module with an attribute units, to look into")
            return below

        return jax.lax.map(chunk, chunks)

    return blocks.spread(inside, mesh)


def _returned(module: nn.Module, method: str) -> bool:
    """Whether what a method of a module returns is the hidden state of a layer."""
    return method == "__call__" and hasattr(module, "units")


def _layers(kept: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Array]]]:
    """By the path of each layer, what it returned and sowed."""
    if "__call__" in kept:
        sown = {name: values[-1] for name, values in kept.items() if isinstance(values, tuple)}
        hidden = sown.pop("__call__")
        yield path, {"hidden": hidden, **sown}
    for name, inner in kept.items():
        if isinstance(inner, Mapping):
            yield from _layers(inner, f"{path}/{name}" if path else name)
