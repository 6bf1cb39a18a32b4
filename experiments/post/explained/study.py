"""The study of whether the dynamics of the sine's networks explain the claims about them. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.runs.study import DerivedStudy, Study
from lstm_toys.studies.dynamics.study import DynamicsStudy

from . import report

if TYPE_CHECKING:
    from lstm_toys.figures import Drawing

SINE = "sine"
"""The networks whose claims are to be explained."""


@dataclass(frozen=True)
class ExplainedSettings(Identity):
    """The settings of the training of the sine's networks; all others have the same number of seeds."""

    trained: Settings

    def __str__(self) -> str:
        return f"claims about {self.trained}, by dynamics"


class ExplainedStudy(DerivedStudy[ExplainedSettings]):
    """Compares the claims' numbers of models with those of the networks, and tests predictions.

    ``dynamics`` are the studies of dynamics by name, `SINE` and the variants.
    """

    def __init__(
        self,
        settings: ExplainedSettings,
        networks: Study[Settings],
        dynamics: Mapping[str, DynamicsStudy],
        results_dir: Path,
    ) -> None:
        super().__init__(Run(settings, results_dir), needs={"networks": networks, **dynamics})
        self.networks, self.dynamics = networks, dynamics

    @property
    def flags(self) -> dict[str, Any]:
        return {name: getattr(self.settings.trained, name) for name in ("seeds", "steps")}

    def score(self) -> dict[str, Any]:
        from . import computation

        return computation.scores(self)

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        from . import computation

        return computation.draw(self)

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        return report.report(metrics)
