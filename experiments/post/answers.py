"""The answers of a sweep's networks to the curves with published answers."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.statistics.scores import distances

from . import readings
from .scores import Scores, score


class Published(NamedTuple):
    """A published answer, and the answers of a sweep's networks to the same curve.

    Attributes:
        family: the probe.
        parameters: parameters of the curve.
        output: the published answer, NaN where it is hidden.
        error: standard errors of the reading, NaN where it is hidden.
        answers: answers of all settings' networks, ``[K, S, T]``.
    """

    family: str
    parameters: dict[str, float]
    output: Float[np.ndarray, " T"]
    error: Float[np.ndarray, " T"]
    answers: Float[np.ndarray, "K S T"]


class Answers:
    """The answers of all settings, with the published ones."""

    def __init__(self, found: xr.Dataset) -> None:
        answer = found.answer.sel(feature="y").values
        self._every = [
            Published(
                family,
                readings.parameters(curve),
                np.array(curve["output"], float),
                np.array(curve["error"], float),
                answer[:, :, index],
            )
            for family, curve, index in readings.published_curves(found)
        ]
        self._sound = ~found.diverged.values

    def published(self, families: Sequence[str]) -> list[Published]:
        """The published answers to the curves of some probes."""
        return [each for each in self._every if each.family in families]

    def scores(self, families: Sequence[str], settings: Sequence[int] | None = None) -> Scores:
        """Scores of some settings, or all, on the published curves of some probes."""
        numbers = range(len(self._sound)) if settings is None else settings
        shown = self.published(families)
        return score(
            [
                [distances(each.answers[number], each.output, self._sound[number]) for each in shown]
                for number in numbers
            ]
        )

    def inside(self, families: Sequence[str], settings: Sequence[int] | None = None) -> list[list[float]]:
        """Shares of the points of each curve between the 5th and 95th percentile of the sound seeds, by setting."""
        numbers = range(len(self._sound)) if settings is None else settings
        return [[self._inside(each, number) for each in self.published(families)] for number in numbers]

    def _inside(self, published: Published, number: int) -> float:
        kept = published.answers[number][self._sound[number]]
        return readings.inside_share(kept, published.output) if len(kept) else 0.0
