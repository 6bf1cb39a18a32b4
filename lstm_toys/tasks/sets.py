"""Sets of curves of one's own: what is trained on, what is kept out, and what else is shown. Imports nothing heavy."""

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
"""What the sets are called in tables and figures."""

Ask = Literal["same", "next", "targets"]
"""What is asked: the curve itself, at each time point the value after it, or numbers of the whole curve."""


@dataclass(frozen=True, eq=False, repr=False)
class CurveSet:
    """Curves that belong together.

    Attributes:
        name: of the set.
        names: of its curves.
        values: at the time points, ``[C, T, F]``.
        targets: what is asked of each curve as a whole, ``[C, A]``; None: nothing is, or nobody knows.
    """

    name: str
    names: tuple[str, ...]
    values: jt.Float[np.ndarray, "C T F"]
    targets: jt.Float[np.ndarray, "C A"] | None = None

    def __repr__(self) -> str:
        return checked.line(self, name=self.name, names=self.names, values=self.values, targets=self.targets)

    def part(self, chosen: Sequence[int], name: str) -> CurveSet:
        """Some of its curves, as a set of another name."""
        targets = None if self.targets is None else self.targets[list(chosen)]
        return CurveSet(name, tuple(self.names[index] for index in chosen), self.values[list(chosen)], targets)


@dataclass(frozen=True, eq=False)
class Sets:
    """Curves to train networks on, and to show them afterwards.

    Attributes:
        trained: the set that is trained on.
        others: the sets that are shown afterwards.
        features: names of the F features of a curve.
        ask: what is asked.
        output_features: names of the A targets; empty, where the features themselves are asked.
        scaling: of all of it; None: networks are shown the values as they are.
        batch: curves in a step, a divisor of their number; None: all.
    """

    trained: CurveSet
    others: tuple[CurveSet, ...]
    features: tuple[str, ...]
    ask: Ask
    output_features: tuple[str, ...] = ()
    scaling: Scaling | None = None
    batch: int | None = None

    def task(self, x: jt.Float[jt.Array, " T"]) -> tasks.supervision.Task:
        """What networks are trained on: the first time points of the curves, as many as there are in ``x``."""
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
        """What networks are shown afterwards: the training curves, and the other sets."""
        return [self._probe(each, len(x)) for each in (self.trained, *self.others)]

    def _probe(self, curves: CurveSet, count: int) -> tasks.probes.Probe:
        values, targets = self._scaled(curves.values), None
        if self.ask == "next":
            targets = values[:, 1 : count + 1]
        elif self.ask == "targets":
            targets = self._targets(curves)
        return tasks.probes.Probe(curves.name, values[:, :count], {}, targets=targets, names=curves.names)

    def _targets(self, curves: CurveSet) -> jt.Float[np.ndarray, "C A"]:
        """What is asked of curves, NaN where nobody knows."""
        if curves.targets is None:
            return np.full((len(curves.names), len(self.output_features)), np.nan, np.float32)
        return self._scaled(curves.targets, outputs=True)

    def _scaled(self, values: jt.Float[np.ndarray, "*C F"], *, outputs: bool = False) -> jt.Float[np.ndarray, "*C F"]:
        scaled = values if self.scaling is None else self.scaling.applied(values, outputs=outputs)
        return scaled.astype(np.float32)


def kept_out(curves: CurveSet, count: int) -> tuple[list[int], list[int]]:
    """Curves to train on, and others to keep out, each in their order.

    A hash of its numbers says whether a curve is kept out, so that neither names nor order matter to it.

    Args:
        curves: all of them.
        count: how many to keep out.
    """
    digests = [sha256((values + 0.0).astype("<f8").tobytes()).digest() for values in curves.values]
    order = sorted(range(len(digests)), key=lambda index: (digests[index], index))
    return sorted(order[count:]), sorted(order[:count])
