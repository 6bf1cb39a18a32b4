"""Tasks: how curves are shown to a network and what it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from jaxtyping import Array, Float, Key


class Examples(NamedTuple):
    """What one network is trained on.

    Attributes:
        inputs: ``[C, T, F]``.
        targets: ``[C, T, A]``.
    """

    inputs: Float[Array, "C T F"]
    targets: Float[Array, "C T A"]


@dataclass(frozen=True)
class Task:
    """A training set for every seed.

    Attributes:
        examples: pure function from a seed's own key to its training set; it is traced into the training program.
    """

    examples: Callable[[Key[Array, ""]], Examples]


def only_y(curves: Float[Array, "C T"]) -> Float[Array, "C T 1"]:
    """Shows curves as their y alone."""
    return curves[:, :, None]


def reproduce(curves: Float[Array, "C T F"]) -> Task:
    """Sequence to sequence: every seed is shown the same curves ``[C, T, F]`` and asked to return them."""
    return Task(lambda _: Examples(curves, curves))
