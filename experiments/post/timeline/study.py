"""The study of when in training the post's network gave its published answers. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from ..study import ScoredStudy
from . import report

if TYPE_CHECKING:
    from lstm_toys.figures import Drawing


class TimelineStudy(ScoredStudy):
    """Compares the networks of one training, after many numbers of steps, with each published figure."""

    name = "timeline"

    def score(self) -> dict[str, Any]:
        from . import computation

        return computation.scores(self)

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        from . import computation

        return computation.draw(self)

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        return report.report(metrics)
