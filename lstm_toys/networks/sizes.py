"""Estimates of a model's time and memory, from the shapes of its parameters alone.

A layer is a module with its own parameters. At one time point of one curve it multiplies by every entry of its
matrices; each column costs about `ACTIVATION` multiplications more, for the activation and its derivative, and the
layer itself about `LAYER`. It holds as many numbers as it has units; for layers outside a `Stack`, these are assumed to
be the rows of the largest matrix.
"""

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from lstm_toys.networks.cells import InvalidModel
from lstm_toys.networks.stack import Stack

ACTIVATION, LAYER = 20, 1_300


class Size(NamedTuple):
    """The units of each layer, and about how many multiplications one time point of one curve takes."""

    widths: tuple[int, ...]
    work: int


@cache
def size(model: nn.Module, features: int) -> Size:
    """Estimates the size of a model for curves of ``features`` features; raises InvalidModel, see `checked`."""
    key, curve = jax.random.key(0), jnp.zeros((1, 2, features))
    layers = list(_layers(checked(model, jax.eval_shape(model.init, key, curve))))
    work, rows = 0, []
    for shapes in layers:
        matrices = [shape for shape in shapes if len(shape) > 1]
        columns = max(shape[-1] for shape in shapes)
        work += LAYER + sum(map(math.prod, matrices)) + ACTIVATION * columns
        rows.append(max((math.prod(shape[:-1]) for shape in matrices), default=columns))
    return Size(model.widths if isinstance(model, Stack) else tuple(rows), work)


def checked(model: nn.Module, variables: Mapping[str, Any]) -> Any:
    """Returns a model's parameters; raises InvalidModel if it has none, or other variables as well."""
    if variables.keys() != {"params"}:
        kept = ", ".join(sorted(variables.keys() - {"params"})) or "nothing"
        raise InvalidModel(
            f"{type(model).__name__} keeps {kept}; a network to be trained must keep parameters and nothing else"
        )
    return variables["params"]


def _layers(params: Mapping[str, Any]) -> Iterator[list[tuple[int, ...]]]:
    """Yields the shapes of the parameters of every layer; scalars count as vectors of one entry."""
    own = [leaf.shape or (1,) for leaf in params.values() if not isinstance(leaf, Mapping)]
    if own:
        yield own
    for inner in params.values():
        if isinstance(inner, Mapping):
            yield from _layers(inner)
