"""Loads the trained population that a study evaluates."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float, PyTree

from lstm_toys.populations import blocks
from lstm_toys.results import storage
from lstm_toys.runs.folder import Run


class Evaluated(NamedTuple):
    """A trained population; every leaf of ``params`` is ``[S, ...]``, and ``metrics`` are of the training run."""

    params: PyTree[Float[np.ndarray, "S ..."]]
    diverged: Bool[np.ndarray, " S"]
    block: int
    metrics: dict[str, Any]

    @property
    def member(self) -> PyTree:
        """The shapes of the parameters of ONE network."""
        return blocks.member(self.params)

    def split(self, size: int) -> Iterator[tuple[slice, PyTree]]:
        """Yields the numbers and the parameters of at most ``size`` networks at a time."""
        count = len(self.diverged)
        for first in range(0, count, size):
            own = slice(first, min(first + size, count))
            yield own, jax.tree.map(lambda leaf, own=own: leaf[own], self.params)


def load(run: Run) -> Evaluated:
    """Reads a finished population; raises Damaged if one of its files is damaged."""
    metrics = run.read_metrics()
    diverged = np.isin(np.arange(metrics["seeds"]), metrics["diverged_seeds"])
    params = storage.load_parameters(run.checked("parameters.npz"))
    return Evaluated(params, diverged, metrics["fingerprint"]["block"], metrics)
