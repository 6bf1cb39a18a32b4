"""Scalings of curves to the range that networks can reach. Imports nothing heavy."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import jaxtyping as jt
import numpy as np

from lstm_toys import arguments

REACH = 0.8
"""Largest absolute value of scaled training data. Units of a recurrent layer answer within (-1, 1), and approach the
ends only with large weights; values beyond the training range also need some room."""

Affine = tuple[tuple[float, float], ...]
"""For each feature its center and unit of scale: a value is scaled to ``(value - center) / unit``."""


@dataclass(frozen=True)
class Scaling:
    """A scaling of curves to the range that networks can reach; results are in the original units.

    A value is scaled to ``(value - center) / unit``.

    Attributes:
        inputs: for each of the F features of inputs its center and unit of scale, both in the file's unit.
        outputs: for each of the A features of answers its center and unit of scale.
        names: names of the features, for messages: those of the inputs, and those of the outputs as well if they are
            scaled differently.

    Raises:
        ValueError: a unit of scale is 0, or the numbers of names and features do not match.
        TypeError: the class is subclassed.

    Example:
        >>> print(lt.Scaling.fitted(np.array([[[340.0], [360.0]]])))
        (y - 350) / 12.5
    """

    inputs: Affine
    outputs: Affine
    names: tuple[str, ...] = ("y",)

    def __init_subclass__(cls) -> None:
        instead = "scale curves differently in the functions that make them"
        raise TypeError(f"lt.Scaling cannot be subclassed, since runs are told apart by its numbers alone; {instead}")

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs"):
            pairs = np.asarray(arguments.array(name, getattr(self, name), "F 2", hint=", pairs of middle and unit"))
            if not pairs[:, 1].all():
                raise arguments.refused(name, "pairs of a middle and a unit other than 0", getattr(self, name))
            object.__setattr__(self, name, tuple(map(tuple, pairs.tolist())))  # Its repr has all digits.
        arguments.fields(self, arguments.names, "names")
        inputs, outputs = len(self.inputs), len(self.outputs)
        fits = len(self.names) in (inputs, inputs + outputs)
        arguments.expect(fits, "names", f"the names of {inputs} inputs, or of {outputs} outputs as well", self.names)

    @classmethod
    def fitted(
        cls,
        values: jt.Float[np.ndarray, "C T F"],
        targets: jt.Float[np.ndarray, "C A"] | None = None,
        names: tuple[str, ...] = ("y",),
    ) -> Scaling:
        """Fits a scaling that brings training curves, and targets, into the range of a recurrent layer's units.

        The smallest and the largest value of each feature become -0.8 and 0.8, and a constant feature becomes 0.

        Args:
            values: training curves ``[C, T, F]``.
            targets: numbers that networks answer about the curves ``[C, A]``; None: networks answer the features
                themselves, which are scaled like the inputs.
            names: names of the F features, followed by those of the A targets if there are any.

        Raises:
            ValueError: values or targets are not finite numbers of these shapes.
        """
        inputs = _fitted(np.asarray(arguments.array("values", values, "C T F")))
        if targets is None:
            return cls(inputs, inputs, names)
        return cls(inputs, _fitted(np.asarray(arguments.array("targets", targets, "C A"))), names)

    def applied(self, values: jt.Float[np.ndarray, "*C F"], *, outputs: bool = False) -> jt.Float[np.ndarray, "*C F"]:
        """Scales curves, or targets, for networks.

        Args:
            values: curves in the file's unit, with the features last.
            outputs: scale like answers instead of inputs.

        Raises:
            ValueError: the number of features is another one.

        Example:
            >>> scaling = lt.Scaling(inputs=((350.0, 12.5),), outputs=((350.0, 12.5),))
            >>> scaling.applied(np.array([[340.0], [360.0]])).tolist()
            [[-0.8], [0.8]]
        """
        center, unit = self._pairs(values, self.outputs if outputs else self.inputs)
        return (values - center) / unit

    def undone(self, values: jt.Float[np.ndarray, "*C F"], *, outputs: bool = True) -> jt.Float[np.ndarray, "*C F"]:
        """Converts scaled answers, or curves, back to the file's unit.

        Args:
            values: scaled answers, with the features last.
            outputs: False: ``values`` are scaled inputs instead.

        Raises:
            ValueError: the number of features is another one.

        Example:
            >>> scaling = lt.Scaling(inputs=((350.0, 12.5),), outputs=((350.0, 12.5),))
            >>> scaling.undone(np.array([[-0.8], [0.8]])).tolist()
            [[340.0], [360.0]]
        """
        center, unit = self._pairs(values, self.outputs if outputs else self.inputs)
        return values * unit + center

    def _pairs(self, values: jt.Float[np.ndarray, "*C F"], pairs: Affine) -> jt.Float[np.ndarray, "2 F"]:
        """The centers and units of the features; raises ValueError if values have a different number of features."""
        if np.shape(values)[-1:] != (len(pairs),):
            raise ValueError(f"values must have {len(pairs)} features last, not the shape {list(np.shape(values))}")
        return np.array(pairs).T

    @property
    def units(self) -> jt.Float[np.ndarray, " A"]:
        """The factors that convert errors of scaled outputs to the file's units."""
        return np.array([unit for _, unit in self.outputs])

    def __str__(self) -> str:
        pairs = [*self.inputs, *(self.outputs if len(self.names) > len(self.inputs) else ())]
        return ", ".join(
            f"({name} {'-' if center >= 0 else '+'} {abs(center):.6g}) / {unit:.6g}"
            for name, (center, unit) in zip(self.names, pairs, strict=True)
        )


def scaling_of(results: Any) -> Scaling | None:
    """The scaling of labeled results, or of one of their nodes; None if curves were not scaled."""
    if "scaling" not in results.attrs:
        return None
    stored = json.loads(results.attrs["scaling"])
    inputs, outputs = (tuple((center, unit) for center, unit in stored[name]) for name in ("inputs", "outputs"))
    return Scaling(inputs, outputs, tuple(stored["names"]))


def _fitted(values: jt.Float[np.ndarray, "*C F"]) -> Affine:
    """The middle of each feature's values, and the unit that brings their ends to `REACH`."""
    flat = values.reshape(-1, values.shape[-1])
    low, high = flat.min(axis=0), flat.max(axis=0)
    halves = np.where(high > low, (high - low) / 2, REACH)  # A constant feature becomes 0.
    return tuple((float(middle), float(half / REACH)) for middle, half in zip((low + high) / 2, halves, strict=True))
