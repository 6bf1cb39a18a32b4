"""The answers of a sweep's networks to the curves to which the post's answers are published."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.statistics.scores import distances

from . import readings
from .scores import Scores, score


class Answers:
    """The answers of all settings, with the published ones."""

    def __init__(self, found: xr.Dataset) -> None:
        self._published = list(readings.published_curves(found))
        self._answer = found.answer.sel(feature="y").values
        self._sound = ~found.diverged.values

    def curves(self, families: Sequence[str]) -> list[dict[str, Any]]:
        """The published curves of some probes: family and parameters."""
        return [
            {"family": family, **{name: value for name, value in curve.items() if name != "output"}}
            for family, curve, _ in self._published
            if family in families
        ]

    def scores(self, families: Sequence[str], settings: Sequence[int] | None = None) -> Scores:
        """Scores of some settings, or all, on the published curves of some probes."""
        return score(
            [
                [
                    distances(self._answer[number, :, index], output, self._sound[number])
                    for output, index in self._of(families)
                ]
                for number in (range(len(self._answer)) if settings is None else settings)
            ]
        )

    def inside(self, families: Sequence[str], settings: Sequence[int] | None = None) -> list[list[float]]:
        """Shares of the points of each of these curves within 5-95 % of the sound seeds, by setting."""
        kept = [
            self._answer[number][self._sound[number]]
            for number in (range(len(self._answer)) if settings is None else settings)
        ]
        return [
            [
                readings.inside_share(each[:, index], output) if len(each) else 0.0
                for output, index in self._of(families)
            ]
            for each in kept
        ]

    def _of(self, families: Sequence[str]) -> Iterator[tuple[Float[np.ndarray, " T"], int]]:
        for family, curve, index in self._published:
            if family in families:
                yield np.array(curve["output"], float), index
