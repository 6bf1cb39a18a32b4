"""Sets of curves from a user's files: those to train on, those to hold out, and those to show afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

TRAINED, HELD_OUT, SHOWN = "trained on", "held out", "shown"

Ask = Literal["same", "next", "targets"]
"""What networks answer: the curve itself, the next value at each time point, or numbers about the whole curve."""


@dataclass(frozen=True, eq=False)
class CurveSet:
    """A named set of curves; ``targets`` are numbers of whole curves, None if there are none or they are unknown."""

    name: str
    names: tuple[str, ...]
    values: jt.Float[np.ndarray, "C T F"] = field(repr=False)
    targets: jt.Float[np.ndarray, "C A"] | None = field(default=None, repr=False)

    def part(self, chosen: Sequence[int], name: str) -> CurveSet:
        """A subset of the curves under another name."""
        targets = None if self.targets is None else self.targets[list(chosen)]
        return CurveSet(name, tuple(self.names[index] for index in chosen), self.values[list(chosen)], targets)


@dataclass(frozen=True, eq=False)
class Sets:
    """Curves to train networks on, and other curves to show them afterwards.

    ``output_features`` are the names of the A targets; empty if networks answer the features themselves. ``batch`` is
    the number of curves per step, a divisor of their number, or None for all.
    """

    trained: CurveSet
    others: tuple[CurveSet, ...]
    features: tuple[str, ...]
    ask: Ask
    output_features: tuple[str, ...] = ()
    scaling: lt.Scaling | None = None
    batch: int | None = None

    def task(self, x: lt.TimePoints) -> lt.Task:
        """The task of learning the first ``len(x)`` time points of the training curves."""
        curves = self._scaled(self.trained.values)
        if self.ask == "next":
            return lt.predict_next(curves[:, : len(x) + 1], self.features, self.batch)
        curves = curves[:, : len(x)]
        if self.ask == "same":
            return lt.reproduce(curves, features=self.features, batch=self.batch)
        examples: Any = curves, self._targets(self.trained)
        return lt.Task(lambda *_: examples, self.features, self.output_features, sequence=False, batch=self.batch)

    def probes(self, x: lt.TimePoints) -> list[lt.Probe]:
        """The probes to show after training: the training curves, and the other sets."""
        return [self._probe(curves, len(x)) for curves in (self.trained, *self.others)]

    def _probe(self, curves: CurveSet, count: int) -> lt.Probe:
        values, targets = self._scaled(curves.values), None
        if self.ask == "next":
            targets = values[:, 1 : count + 1]
        elif self.ask == "targets":
            targets = self._targets(curves)
        return lt.Probe(curves.name, values[:, :count], {}, targets=targets, names=curves.names)

    def _targets(self, curves: CurveSet) -> jt.Float[np.ndarray, "C A"]:
        if curves.targets is None:
            return np.full((len(curves.names), len(self.output_features)), np.nan, np.float32)
        return self._scaled(curves.targets, outputs=True)

    def _scaled(self, values: jt.Float[np.ndarray, "*C F"], *, outputs: bool = False) -> jt.Float[np.ndarray, "*C F"]:
        scaled = values if self.scaling is None else self.scaling.applied(values, outputs=outputs)
        return scaled.astype(np.float32)


def split_off(curves: CurveSet, count: int) -> tuple[list[int], list[int]]:
    """Splits off ``count`` curves by a hash of their values; returns the indices of the rest and of these, sorted."""
    digests = [sha256((values + 0.0).astype("<f8").tobytes()).digest() for values in curves.values]
    order = sorted(range(len(digests)), key=lambda index: (digests[index], index))
    return sorted(order[count:]), sorted(order[:count])
