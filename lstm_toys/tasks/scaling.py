"""Scaling of curves between the units of a file and those of networks. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

import jaxtyping as jt
import numpy as np

from lstm_toys import arguments as checked

REACH = 0.8
"""Largest absolute value of scaled training data. Units of a recurrent layer answer within (-1, 1), and approach the
ends only with large weights; values beyond the training range also need some room."""

Affine = tuple[tuple[float, float], ...]
"""For each feature its center and unit of scale: a value is scaled to ``(value - center) / unit``."""


@dataclass(frozen=True)
class Scaling:
    """A scaling of curves to the range that networks can reach; results are in the original units.

    Attributes:
        inputs: center and unit of each input feature.
        outputs: center and unit of each output feature.
        names: names of all these features, each once, for messages.

    Raises:
        ValueError: a pair is not two finite numbers, or a unit is 0.

    Example:
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> scaling = lt.Scaling.fitted(np.array([[[340.0], [360.0]]]))
        >>> print(scaling)
        (y - 350) / 12.5
        >>> scaling.applied(np.array([[[345.0]]])).tolist()
        [[[-0.4]]]
    """

    inputs: Affine
    outputs: Affine
    names: tuple[str, ...] = ("y",)

    def __post_init__(self) -> None:
        checked.instance("names", self.names, tuple, "a tuple of names")
        for name in ("inputs", "outputs"):
            pairs = np.asarray(checked.array(name, getattr(self, name), "F 2", hint=", pairs of middle and unit"))
            if not pairs[:, 1].all():
                raise checked.refused(name, "pairs of a middle and a unit other than 0", getattr(self, name))

    @classmethod
    def fitted(
        cls,
        values: jt.Float[np.ndarray, "C T F"],
        targets: jt.Float[np.ndarray, "C A"] | None = None,
        names: tuple[str, ...] = ("y",),
    ) -> Scaling:
        """Fits a scaling that brings values into the range of a recurrent layer's units.

        Args:
            values: training curves ``[C, T, F]``.
            targets: targets of whole curves ``[C, A]``; None: networks answer values of the curves.
            names: names of the input features, and of the targets if there are any.

        Raises:
            ValueError: values or targets are not finite numbers of these shapes.
        """
        inputs = _fitted(np.asarray(checked.array("values", values, "C T F")))
        if targets is None:
            return cls(inputs, inputs, names)
        return cls(inputs, _fitted(np.asarray(checked.array("targets", targets, "C A"))), names)

    def applied(self, values: jt.Float[np.ndarray, "*C F"], *, outputs: bool = False) -> jt.Float[np.ndarray, "*C F"]:
        """Scales inputs, or outputs, of networks."""
        center, unit = self._pairs(values, self.outputs if outputs else self.inputs)
        return (values - center) / unit

    def undone(self, values: jt.Float[np.ndarray, "*C F"], *, outputs: bool = True) -> jt.Float[np.ndarray, "*C F"]:
        """Converts scaled outputs, or inputs, back to the file's units."""
        center, unit = self._pairs(values, self.outputs if outputs else self.inputs)
        return values * unit + center

    def _pairs(self, values: jt.Float[np.ndarray, "*C F"], pairs: Affine) -> jt.Float[np.ndarray, "2 F"]:
        """The centers and units of the features; raises ValueError if values have a different number of features."""
        checked.array("values", values, "...", finite=False, empty=True)
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


def _fitted(values: jt.Float[np.ndarray, "*C F"]) -> Affine:
    """The middle of each feature's values, and the unit that brings their ends to `REACH`."""
    flat = values.reshape(-1, values.shape[-1])
    low, high = flat.min(axis=0), flat.max(axis=0)
    halves = np.where(high > low, (high - low) / 2, REACH)  # A constant feature becomes 0.
    return tuple((float(middle), float(half / REACH)) for middle, half in zip((low + high) / 2, halves, strict=True))
