"""User-defined measures of answers. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jaxtyping as jt

from lstm_toys import arguments
from lstm_toys.tasks.parameters import RESERVED, label


@dataclass(frozen=True)
class Measure:
    """A custom number that sweeps and evaluations compute for every answer, next to the built-in measures.

    Attributes:
        function: pure JAX function from one answer, ``[T, A]`` or ``[A]``, and its truth to a number. The truth is the
            target, or the input if there is no target; unknown targets are NaN. With the loss ``"cross_entropy"`` the
            truth is one class per point, ``[T, 1]`` or ``[1]``.
        label: name in tables and figures.
        unit: empty if there is none.

    Raises:
        ValueError: the name is not an identifier or has another meaning in results, or another argument is invalid.

    Example:
        >>> import jax.numpy as jnp
        >>> lt.Measure("worst", lambda answer, truth: jnp.nanmax(abs(answer - truth)), "largest error").words
        'largest error'
    """

    name: str
    function: Callable[[jt.Float[jt.Array, "*T A"], jt.Float[jt.Array, "*T B"]], jt.Float[jt.Array, ""]]
    label: str
    unit: str = ""

    def __post_init__(self) -> None:
        arguments.fields(self, arguments.text, "name", "label")
        arguments.text("unit", self.unit, empty=True)
        arguments.function("function", self.function, "a function of an answer and its truth", 2)
        if not self.name.isidentifier():
            raise ValueError(f"no measure can be named {self.name!r}: a name is letters, digits and _")
        if self.name in RESERVED or self.name.startswith(("train_", "answer_", "error_", "record_")):
            raise ValueError(f"no measure can be named {self.name!r}: results have that name for something else")

    @property
    def words(self) -> str:
        """The label with its unit."""
        return label(self.label, self.unit)
