"""Units of curves: between what a file holds and what networks are shown. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

import jaxtyping as jt
import numpy as np

from lstm_toys import arguments as checked

REACH = 0.8
"""How far from 0 the values that are trained on come. Units of a recurrent layer answer within (-1, 1), and come close
to its ends only with large weights; what lies beyond the values that were trained on wants some room, too."""

Affine = tuple[tuple[float, float], ...]
"""By feature, the value that becomes 0, and by how much another one differs from it that becomes 1."""


@dataclass(frozen=True)
class Scaling:
    """What is taken off and divided by, so that networks can be shown and can answer it; undone in results.

    Attributes:
        inputs: of the features of an input.
        outputs: of those of an answer.
        names: of both, each once, for what is told.

    Raises:
        ValueError: a pair is not of two finite numbers, or divides by 0.

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
        """That which brings values to what the units of a recurrent layer can answer.

        Args:
            values: of the curves that are trained on.
            targets: what is asked of a whole curve; None: values are.
            names: of the features of an input, and of targets where there are any.

        Raises:
            ValueError: values or targets are not finite numbers of these shapes.
        """
        shown = _fitted(np.asarray(checked.array("values", values, "C T F")))
        if targets is None:
            return cls(shown, shown, names)
        return cls(shown, _fitted(np.asarray(checked.array("targets", targets, "C A"))), names)

    def applied(self, values: jt.Float[np.ndarray, "*C F"], *, outputs: bool = False) -> jt.Float[np.ndarray, "*C F"]:
        """Values as networks are shown them, or asked for them."""
        center, unit = self._pairs(values, self.outputs if outputs else self.inputs)
        return (values - center) / unit

    def undone(self, values: jt.Float[np.ndarray, "*C F"], *, outputs: bool = True) -> jt.Float[np.ndarray, "*C F"]:
        """Values in the units of the file, of what networks answered, or were shown."""
        center, unit = self._pairs(values, self.outputs if outputs else self.inputs)
        return values * unit + center

    def _pairs(self, values: jt.Float[np.ndarray, "*C F"], pairs: Affine) -> jt.Float[np.ndarray, "2 F"]:
        """What values are centered and divided by; raises ValueError if they are of other features."""
        if np.shape(values)[-1:] != (len(pairs),):
            raise ValueError(f"values must have {len(pairs)} features last, not the shape {list(np.shape(values))}")
        return np.array(pairs).T

    @property
    def units(self) -> jt.Float[np.ndarray, " A"]:
        """What an error is multiplied by, of each feature of an answer."""
        return np.array([unit for _, unit in self.outputs])

    def __str__(self) -> str:
        pairs = [*self.inputs, *(self.outputs if len(self.names) > len(self.inputs) else ())]
        return ", ".join(
            f"({name} {'-' if center >= 0 else '+'} {abs(center):.6g}) / {unit:.6g}"
            for name, (center, unit) in zip(self.names, pairs, strict=True)
        )


def _fitted(values: jt.Float[np.ndarray, "*C F"]) -> Affine:
    """The middle of the values of each feature, and what brings their ends to `REACH`."""
    flat = values.reshape(-1, values.shape[-1])
    low, high = flat.min(axis=0), flat.max(axis=0)
    halves = np.where(high > low, (high - low) / 2, REACH)  # Where all are one value, it becomes 0.
    return tuple((float(middle), float(half / REACH)) for middle, half in zip((low + high) / 2, halves, strict=True))
