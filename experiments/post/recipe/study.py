"""The study that finds the settings of a sweep that explain the published answers. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from ..study import ScoredStudy
from . import report

if TYPE_CHECKING:
    from lstm_toys.figures import Drawing


class RecipeStudy(ScoredStudy):
    """Chooses among the settings of a sweep."""

    name = "recipe"

    def score(self) -> dict[str, Any]:
        from . import computation

        return computation.scores(self)

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        from . import computation

        return computation.draw(self)

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        return report.report(metrics)
