"""User-defined measures of answers. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lstm_toys import arguments
from lstm_toys.tasks.parameters import RESERVED

if TYPE_CHECKING:
    import xarray as xr
    from jaxtyping import Array, Float

    from lstm_toys.tasks.supervision import Task


@dataclass(frozen=True)
class Measure:
    """A custom number that sweeps and evaluations compute for every answer, next to the built-in measures.

    Attributes:
        name: name in labeled results.
        function: pure JAX function from one answer, ``[T, A]`` or ``[A]``, and its truth to a number. The truth is the
            target, or the input if there is no target; unknown targets are NaN. With the loss ``"cross_entropy"`` the
            truth is one class per point, ``[T, 1]`` or ``[1]``.
        label: name in tables and figures.
        unit: empty if there is none.

    Raises:
        ValueError: the name is not an identifier or has another meaning in results, or another argument is invalid.

    Example:
        >>> import jax.numpy as jnp
        >>> import lstm_toys as lt
        >>> lt.Measure("worst", lambda answer, truth: jnp.nanmax(abs(answer - truth)), "largest error").words
        'largest error'
    """

    name: str
    function: Callable[[Float[Array, "*T A"], Float[Array, "*T B"]], Float[Array, ""]]
    label: str
    unit: str = ""

    def __post_init__(self) -> None:
        arguments.text("name", self.name)
        arguments.text("label", self.label)
        arguments.instance("unit", self.unit, str, "text")
        arguments.function("function", self.function, "a function of an answer and its truth", 2)
        if not self.name.isidentifier():
            raise ValueError(f"no measure can be named {self.name!r}: a name is letters, digits and _")
        if self.name in RESERVED or self.name.startswith(("train_", "answer_", "error_", "record_")):
            raise ValueError(f"no measure can be named {self.name!r}: results have that name for something else")

    def of(self, curves: xr.Dataset) -> Float[np.ndarray, "S C"]:
        """The measure of every answer to a curve set; bitwise independent of the other networks."""
        import jax

        truth = (curves.truth if "truth" in curves else curves.input).values
        truth = truth if truth.ndim == curves.answer.ndim - 1 else truth[..., None]
        every = jax.jit(lambda answers: jax.lax.map(lambda one: jax.vmap(self.function)(one, truth), answers))
        return np.asarray(every(curves.answer.values), np.float32)

    def shapes(self, task: Task, points: int = 2) -> tuple[Any, Any]:
        """The shapes of one answer and its truth in a task; sequences have this number of time points."""
        import jax

        axes = (points,) if task.sequence else ()
        values = len(task.output_features), 1 if task.loss == "cross_entropy" else len(task.output_features)
        answer, truth = (jax.ShapeDtypeStruct((*axes, each), np.float32) for each in values)
        return answer, truth

    def digests(self, task: Task) -> dict[str, str]:
        """Digests of the measure, and of its names."""
        import jax

        from lstm_toys.execution import lowering

        words = lowering.digest([self.name, self.label, self.unit])
        return {**lowering.lowered(self.name, jax.jit(self.function), *self.shapes(task)), "words": words}

    @property
    def words(self) -> str:
        """The label with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label
