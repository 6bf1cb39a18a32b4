"""The studies that evaluate trained networks on grids of curves and on the user's curves. Imports nothing heavy."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from lstm_toys.runs import manifest
from lstm_toys.runs.context import RunContext
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.study import Study
from lstm_toys.studies.generalization import report
from lstm_toys.studies.generalization.settings import TRAINING, Evaluation, Subject
from lstm_toys.tasks.curves import Curves

if TYPE_CHECKING:
    import flax.linen as nn

    from lstm_toys.execution.base import Job
    from lstm_toys.execution.footprint import Footprint
    from lstm_toys.execution.progress import EvaluationProgress
    from lstm_toys.figures import Drawing
    from lstm_toys.runs.trained import Evaluated
    from lstm_toys.statistics.intervals import Estimate
    from lstm_toys.studies.generalization.results import Maps
    from lstm_toys.tasks.probes import Probe
    from lstm_toys.tasks.supervision import Task


class GeneralizationStudy(Study[Evaluation]):
    """Evaluates a trained population; ``population`` is the study that trains the networks."""

    def __init__(self, subject: Subject, settings: Evaluation, population: Study[Settings], results_dir: Path) -> None:
        declared = manifest.declared(subject.experiment.declared, subject.families)
        super().__init__(Run(settings, results_dir, declared), needs={"population": population})
        self.subject, self.experiment, self.population = subject, subject.experiment, population

    @property
    @abstractmethod
    def answers(self) -> int:
        """The number of answers to measure."""

    @abstractmethod
    def job(self, trained: Evaluated) -> Job[Any, Any]:
        """Makes the job that evaluates the population."""

    @abstractmethod
    def evaluate(
        self,
        trained: Evaluated,
        context: RunContext,
        progress: EvaluationProgress,
        attributes: dict[str, Any],
    ) -> list[dict[str, Any]]:
        """Evaluates the population, and writes the results; see `grids.evaluate`."""

    @abstractmethod
    def rows(self, maps: Maps) -> dict[str, Estimate]:
        """Medians over seeds, by name."""

    def summary(self) -> dict[str, Any]:
        """Medians over seeds for the metrics."""
        from lstm_toys.results.summary import as_json
        from lstm_toys.studies.generalization import results

        with results.opened(self.run.results) as maps:
            return {name: as_json(row) for name, row in self.rows(maps).items()}

    def task(self, timesteps: int) -> Task:
        """The training task with ``timesteps`` time points."""
        return self.experiment.at(timesteps)[1]

    @cached_property
    def model(self) -> nn.Module:
        """The networks' architecture."""
        from lstm_toys.runs.preparation import network

        trained = self.settings.trained
        return network(self.experiment, self.task(trained.timesteps), trained)

    def digests(self) -> dict[str, str]:
        from lstm_toys.studies.generalization import computation

        return computation.digests(self)

    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        from lstm_toys.studies.generalization import computation

        return computation.execute(self, context, seconds)

    def remeasure(self) -> dict[str, Any]:
        self.run.checked("results.nc")
        return {"summary": self.summary()}

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        return report.report(self, metrics)


class GridStudy(GeneralizationStudy):
    """Evaluates a trained population on grids of curves."""

    @property
    def answers(self) -> int:
        return self.settings.trained.seeds * sum(each.shape[0] * each.shape[1] for each in self.settings.grids)

    def check(self) -> None:
        from lstm_toys.studies.generalization import computation, grids

        computation.check_features(self, {"x", "y"})
        grids.check(self)

    def footprint(self) -> Footprint:
        from lstm_toys.studies.generalization import grids

        return grids.footprint(self)

    def job(self, trained: Evaluated) -> Job[Any, Any]:
        from lstm_toys.studies.generalization import grids

        return grids.job(self, trained)

    def evaluate(
        self,
        trained: Evaluated,
        context: RunContext,
        progress: EvaluationProgress,
        attributes: dict[str, Any],
    ) -> list[dict[str, Any]]:
        from lstm_toys.studies.generalization import grids

        return grids.evaluate(self, trained, context, progress, attributes)

    def rows(self, maps: Maps) -> dict[str, Estimate]:
        from lstm_toys.studies.generalization import results

        return results.summary(maps)

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        from lstm_toys.studies.generalization import figures, results

        with results.opened(self.run.checked("results.nc")) as maps:
            if len(maps.seeds):
                planes = [grid for grid in self.settings.grids if grid.name != TRAINING and min(grid.shape) > 1]
                for grid in planes:
                    yield f"{grid.name}.png", figures.heat_maps(maps, grid, self.subject)
                for grid in planes[:1]:
                    yield "seeds.png", figures.seeds_apart(maps, grid, self.subject)
                yield "axes.png", figures.along_axes(maps, self.settings.grids, self.subject)


class LengthStudy(GeneralizationStudy):
    """Evaluates a trained population on sequences of several lengths, which its task makes."""

    @cached_property
    def probes(self) -> list[Probe]:
        """The sequences of each length."""
        from lstm_toys.studies.generalization import lengths

        return lengths.probes(self)

    @property
    def answers(self) -> int:
        return self.settings.trained.seeds * sum(len(each.inputs) for each in self.probes)

    def check(self) -> None:
        from lstm_toys.studies.generalization import lengths

        lengths.check(self)

    def footprint(self) -> Footprint:
        from lstm_toys.studies.generalization import lengths

        return lengths.footprint(self)

    def job(self, trained: Evaluated) -> Job[Any, Any]:
        from lstm_toys.studies.generalization import lengths

        return lengths.job(self, trained)

    def evaluate(
        self,
        trained: Evaluated,
        context: RunContext,
        progress: EvaluationProgress,
        attributes: dict[str, Any],
    ) -> list[dict[str, Any]]:
        from lstm_toys.studies.generalization import lengths

        return lengths.evaluate(self, trained, context, progress, attributes)

    def rows(self, maps: Maps) -> dict[str, Estimate]:
        from lstm_toys.studies.generalization import lengths

        return lengths.length_summary(maps.root)

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        from lstm_toys.studies.generalization import length_figure, results

        with results.opened(self.run.checked("results.nc")) as maps:
            if len(maps.seeds):
                yield "length.png", length_figure.draw(maps.root, self.settings.trained.timesteps)


class CurveStudy(GeneralizationStudy):
    """Evaluates a trained population on the user's curves."""

    @property
    def curves(self) -> Curves:
        """The curves."""
        assert self.settings.curves is not None
        return self.settings.curves

    @property
    def answers(self) -> int:
        return self.settings.trained.seeds * len(self.curves.names)

    def check(self) -> None:
        from lstm_toys.studies.generalization import computation

        computation.check_features(self, {"y"})

    def footprint(self) -> Footprint:
        from lstm_toys.studies.generalization import own_curves

        return own_curves.footprint(self)

    def job(self, trained: Evaluated) -> Job[Any, Any]:
        from lstm_toys.studies.generalization import own_curves

        return own_curves.job(self, trained)

    def evaluate(
        self,
        trained: Evaluated,
        context: RunContext,
        progress: EvaluationProgress,
        attributes: dict[str, Any],
    ) -> list[dict[str, Any]]:
        from lstm_toys.studies.generalization import own_curves

        return own_curves.evaluate(self, trained, context, progress, attributes)

    def rows(self, maps: Maps) -> dict[str, Estimate]:
        from lstm_toys.studies.generalization import own_curves

        return own_curves.curve_summary(maps.root)

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        from lstm_toys.studies.generalization import curve_figure, results

        with results.opened(self.run.checked("results.nc")) as maps:
            yield "curves.png", curve_figure.draw(maps.root)
