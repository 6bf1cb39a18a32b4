"""User-defined sets of curves: for training, held out, or only shown. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import jaxtyping as jt
import numpy as np

from lstm_toys import arguments as checked
from lstm_toys import tasks
from lstm_toys.tasks.scaling import Scaling

TRAINED, HELD_OUT, SHOWN = "trained on", "held out", "shown"
"""Names of the sets in tables and figures."""

Ask = Literal["same", "next", "targets"]
"""What networks answer: the curve itself, the next value at each time point, or numbers about the whole curve."""


@dataclass(frozen=True, eq=False, repr=False)
class CurveSet:
    """A named set of curves; ``targets`` are numbers of whole curves, None if there are none or they are unknown."""

    name: str
    names: tuple[str, ...]
    values: jt.Float[np.ndarray, "C T F"]
    targets: jt.Float[np.ndarray, "C A"] | None = None

    def __repr__(self) -> str:
        return checked.line(self, name=self.name, names=self.names, values=self.values, targets=self.targets)

    def part(self, chosen: Sequence[int], name: str) -> CurveSet:
        """A subset of the curves under another name."""
        targets = None if self.targets is None else self.targets[list(chosen)]
        return CurveSet(name, tuple(self.names[index] for index in chosen), self.values[list(chosen)], targets)


@dataclass(frozen=True, eq=False)
class Sets:
    """Curves to train networks on, and other curves to show them afterwards.

    Attributes:
        output_features: names of the A targets; empty if networks answer the features themselves.
        scaling: scaling of all curves and targets; None: values stay as they are.
        batch: curves per step, a divisor of their number; None: all.
    """

    trained: CurveSet
    others: tuple[CurveSet, ...]
    features: tuple[str, ...]
    ask: Ask
    output_features: tuple[str, ...] = ()
    scaling: Scaling | None = None
    batch: int | None = None

    def task(self, x: jt.Float[jt.Array, " T"]) -> tasks.supervision.Task:
        """The task of learning the first ``len(x)`` time points of the training curves."""
        curves = self._scaled(self.trained.values)
        if self.ask == "next":
            return tasks.supervision.predict_next(curves[:, : len(x) + 1], self.features, self.batch)
        if self.ask == "same":
            return tasks.supervision.reproduce_curves(curves[:, : len(x)], self.features, self.batch)
        targets = self._targets(self.trained)
        return tasks.supervision.answer_curves(
            curves[:, : len(x)], targets, self.features, self.output_features, self.batch
        )

    def probes(self, x: jt.Float[jt.Array, " T"]) -> list[tasks.probes.Probe]:
        """The probes to show after training: the training curves, and the other sets."""
        return [self._probe(each, len(x)) for each in (self.trained, *self.others)]

    def _probe(self, curves: CurveSet, count: int) -> tasks.probes.Probe:
        values, targets = self._scaled(curves.values), None
        if self.ask == "next":
            targets = values[:, 1 : count + 1]
        elif self.ask == "targets":
            targets = self._targets(curves)
        return tasks.probes.Probe(curves.name, values[:, :count], {}, targets=targets, names=curves.names)

    def _targets(self, curves: CurveSet) -> jt.Float[np.ndarray, "C A"]:
        """The targets of curves, NaN where unknown."""
        if curves.targets is None:
            return np.full((len(curves.names), len(self.output_features)), np.nan, np.float32)
        return self._scaled(curves.targets, outputs=True)

    def _scaled(self, values: jt.Float[np.ndarray, "*C F"], *, outputs: bool = False) -> jt.Float[np.ndarray, "*C F"]:
        scaled = values if self.scaling is None else self.scaling.applied(values, outputs=outputs)
        return scaled.astype(np.float32)


def kept_out(curves: CurveSet, count: int) -> tuple[list[int], list[int]]:
    """Splits curves into training curves and ``count`` held-out ones; returns the indices of both, each in order.

    A hash of a curve's values decides, so that neither names nor order matter.
    """
    digests = [sha256((values + 0.0).astype("<f8").tobytes()).digest() for values in curves.values]
    order = sorted(range(len(digests)), key=lambda index: (digests[index], index))
    return sorted(order[count:]), sorted(order[:count])
