"""The study of the dynamics of a trained population. Imports nothing heavy."""

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
from lstm_toys.studies.dynamics import report
from lstm_toys.studies.dynamics.settings import DynamicsSettings

if TYPE_CHECKING:
    from lstm_toys.execution.footprint import Footprint
    from lstm_toys.figures import Drawing
    from lstm_toys.runs.preparation import Prepared


class DynamicsStudy(Study[DynamicsSettings]):
    """Finds where trained networks rest, their modes, and how well models made from these predict their answers.

    ``population`` is the study that trains the networks.
    """

    def __init__(
        self, experiment: Experiment, settings: DynamicsSettings, population: Study[Settings], results_dir: Path
    ) -> None:
        super().__init__(Run(settings, results_dir, experiment.declared), needs={"population": population})
        self.experiment, self.population = experiment, population

    @cached_property
    def prepared(self) -> Prepared:
        """The experiment with the settings of the training."""
        from lstm_toys.runs.preparation import Prepared

        return Prepared(self.experiment, self.settings.trained)

    def check(self) -> None:
        from lstm_toys.runs import checks
        from lstm_toys.studies.dynamics import computation

        checks.check_single_input(self.experiment, "dynamics")
        computation.check(self)

    def footprint(self) -> Footprint:
        from lstm_toys.studies.dynamics import computation

        return computation.footprint(self)

    def digests(self) -> dict[str, str]:
        from lstm_toys.studies.dynamics import computation

        return computation.digests(self)

    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        from lstm_toys.studies.dynamics import computation

        return computation.execute(self, context, seconds)

    def remeasure(self) -> dict[str, Any]:
        from lstm_toys.studies.dynamics import computation

        return computation.remeasure(self)

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        from lstm_toys.studies.dynamics import computation

        return computation.draw(self)

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        return report.report(self, metrics)
