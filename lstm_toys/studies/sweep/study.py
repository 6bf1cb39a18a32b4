"""The study that trains populations under many settings. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from lstm_toys.runs.context import RunContext
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.study import Study
from lstm_toys.studies.sweep import report
from lstm_toys.studies.sweep.settings import SweepSettings

if TYPE_CHECKING:
    from lstm_toys.execution.footprint import Footprint
    from lstm_toys.figures import Drawing
    from lstm_toys.runs.preparation import Prepared
    from lstm_toys.studies.sweep.shapes import Shape


class SweepStudy(Study[SweepSettings]):
    """Trains populations under many settings with as few compiled programs as their shapes allow."""

    def __init__(self, experiment: Experiment, settings: SweepSettings, results_dir: Path) -> None:
        super().__init__(Run(settings, results_dir, experiment.declared))
        self.experiment = experiment

    @cached_property
    def shapes(self) -> list[Shape]:
        """The settings, grouped by the programs that have to be compiled."""
        from lstm_toys.studies.sweep.shapes import shapes

        return shapes(self.settings.settings)

    @cached_property
    def prepared(self) -> list[Prepared]:
        """The experiment with one setting of each shape."""
        from lstm_toys.runs.preparation import Prepared

        return [Prepared(self.experiment, shape.common) for shape in self.shapes]

    def check(self) -> None:
        from lstm_toys.studies.sweep import computation

        computation.check(self)

    def footprint(self) -> Footprint:
        from lstm_toys.studies.sweep import computation

        return computation.footprint(self)

    def check_full_size(self) -> None:
        from lstm_toys.runs import checks

        for timesteps, numbers in {each.timesteps: each.numbers for each in self.settings.settings}.items():
            checks.check_points(self.experiment, timesteps, dict(numbers))

    def efforts(self) -> list[float]:
        shapes = zip(self.shapes, self.prepared, strict=True)
        return [shape.members * shape.budgets[-1] * prepared.effort for shape, prepared in shapes]

    def digests(self) -> dict[str, str]:
        from lstm_toys.studies.sweep import computation

        return computation.digests(self)

    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        from lstm_toys.studies.sweep import computation

        return computation.execute(self, context, seconds)

    def remeasure(self) -> dict[str, Any]:
        from lstm_toys.studies.sweep import computation

        return computation.remeasure(self)

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        from lstm_toys.studies.sweep import computation

        return computation.draw(self)

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        return report.report(metrics, self.experiment.measures)

    def lost(self, metrics: dict[str, Any]) -> str | None:
        return report.lost(metrics)
