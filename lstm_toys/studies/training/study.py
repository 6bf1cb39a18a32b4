"""The study that trains an experiment's population. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from lstm_toys.runs.context import RunContext
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.study import Study
from lstm_toys.studies.training import report

if TYPE_CHECKING:
    from lstm_toys.execution.footprint import Footprint
    from lstm_toys.figures import Drawing
    from lstm_toys.runs.preparation import Prepared


class TrainingStudy(Study[Settings]):
    """Trains an experiment's population, and evaluates it on the probes.

    With ``alone``, the companion runs that the experiment's figures need are omitted.
    """

    def __init__(self, experiment: Experiment, settings: Settings, results_dir: Path, *, alone: bool = False) -> None:
        others = {} if alone else experiment.companions(settings)
        companions = {name: TrainingStudy(each, its, results_dir, alone=True) for name, (each, its) in others.items()}
        super().__init__(Run(settings, results_dir, experiment.declared), companions=companions)
        self.experiment = experiment

    @cached_property
    def prepared(self) -> Prepared:
        """The experiment with these settings."""
        from lstm_toys.runs.preparation import Prepared

        return Prepared(self.experiment, self.settings)

    def check(self) -> None:
        from lstm_toys.runs import checks

        checks.check_experiment(self.experiment)

    def footprint(self) -> Footprint:
        from lstm_toys.runs import preparation

        return preparation.footprint(self.experiment, self.settings, self.settings.seeds)

    def check_full_size(self) -> None:
        from lstm_toys.runs import checks

        checks.check_points(self.experiment, self.settings.timesteps, dict(self.settings.numbers))

    def efforts(self) -> list[float]:
        return [self.settings.seeds * self.settings.steps * self.prepared.effort]

    def digests(self) -> dict[str, str]:
        from lstm_toys.studies.training import computation

        return computation.digests(self)

    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        from lstm_toys.studies.training import computation

        return computation.execute(self, context, seconds)

    def remeasure(self) -> dict[str, Any]:
        from lstm_toys.studies.training import computation

        return computation.remeasure(self)

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        from lstm_toys.studies.training import computation

        return computation.draw(self)

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        return report.report(self, metrics)

    def lost(self, metrics: dict[str, Any]) -> str | None:
        return report.lost(metrics)
