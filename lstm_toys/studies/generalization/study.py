"""Evaluates a trained population on grids of curves, or on sequences of several lengths."""

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import jax
from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.execution.digests import Digests, library
from lstm_toys.execution.progress import EvaluationProgress
from lstm_toys.figures import Drawing
from lstm_toys.output import counted
from lstm_toys.results.arrays import nodes_of, not_diverged, of_networks
from lstm_toys.results.storage import save_results
from lstm_toys.runs.loading import load_results
from lstm_toys.runs.preparation import network, trial
from lstm_toys.runs.study import Metrics, Refused, RunContext
from lstm_toys.studies.generalization import figures, measuring
from lstm_toys.studies.generalization.measuring import GridMeasures, LengthMeasures
from lstm_toys.studies.generalization.settings import Evaluation, Subject
from lstm_toys.studies.training.study import PopulationStudy
from lstm_toys.tasks import families
from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.parameters import TRAINING
from lstm_toys.tasks.probes import probe_at
from lstm_toys.tasks.supervision import Task, accuracies_of


class Generalization(PopulationStudy[Evaluation]):
    """Evaluates a trained population on sets of curves."""

    unlisted = ("experiment", "trained", "grids")

    def __init__(self, subject: Subject, settings: Evaluation) -> None:
        super().__init__(subject.experiment, subject, settings)
        self.refused = f"generalization of {self.experiment.name}: "

    @property
    @abstractmethod
    def measuring(self) -> GridMeasures | LengthMeasures:
        """What is measured of the networks."""

    @property
    def task(self) -> Task:
        return self.prepared.task

    @property
    def evaluated(self) -> Any:
        """The labeled results of networks that did not diverge."""
        return not_diverged(load_results(self.run.checked("results.nc")))

    def values(self) -> Digests:
        name, code = self.needed["population"].folder.name, library("studies/generalization")
        return {**self.measuring.digests(self.networks), "population": name, "library": code}

    def compute(self, context: RunContext) -> Metrics:
        """Evaluates a population, and writes measures of its answers; raises Failed if every seed diverged."""
        described, networks = self.described(), self.networks
        answers = len(networks) * sum(self.measuring.curves.values())
        with context.timed("evaluate"), EvaluationProgress(context.console, answers) as progress:
            measured = self.measuring.measured(networks, context.executor, progress)
        labeled = of_networks(measured, {"diverged": ("seed", networks.diverged)}, {"seed": networks.seeds})
        attributes = {"run": self.run.folder.name, **{name: described[name] for name in ("flags", "fingerprint")}}
        labeled.attrs = {name: json.dumps(value) for name, value in attributes.items()}
        save_results(labeled, self.run.results)
        rate = round(answers / context.seconds["evaluate"])
        return {**described, "answers": answers, "answers_per_second": rate}

    def report(self) -> Iterator[RenderableType]:
        """Yields the table of errors on grids or at lengths, and lines below it."""
        metrics = self.run.read_metrics()
        kept = metrics["seeds"] - len(metrics["diverged_seeds"])
        networks = f"{kept} of {counted(metrics['seeds'], 'network')}"
        title = f"{self.settings.trained.experiment}: generalization of {networks}"
        rows = [(name, *tables.spread(row)) for name, row in metrics["summary"].items()]
        yield tables.table(title, ("", "median>", "95 % bootstrap>"), rows)
        if self.settings.grids:
            yield "errors on a grid: a network's median over its curves; share below: of curves with at most this error"
        for name, gains in metrics.get("sines", {}).items():
            yield f"{name.replace('_', ' x ')}: {'; '.join(_sines(gains))}"
        yield from tables.few(kept)
        rate = f"{counted(metrics['answers'], 'answer')}, {metrics['answers_per_second']:,} per second"
        yield f"{rate}; {tables.stages(metrics['seconds'])}"


class GridStudy(Generalization):
    """Evaluates a trained population on grids of curves."""

    @property
    def goal(self) -> Goal:
        """The goal of the training, with the limit of the evaluation; of a single feature it has no name."""
        assert self.settings.limit is not None
        goal = self.experiment.goal or Goal(rmse=self.settings.limit)
        named = goal.features if len(self.task.output_features) > 1 else ()
        return replace(goal, rmse=self.settings.limit, features=named)

    def check(self) -> None:
        (_, task), subject = self.experiment.at(self.experiment.timesteps), self.subject
        if self.experiment.scaling is not None:
            raise Refused(f"{self.refused}its networks are shown scaled curves, and grids have curves as they are")
        if accuracies_of(task.loss) is not None:
            raise Refused(f"{self.refused}needs networks that answer values, but these learn by {task.loss}")
        if not {*task.input_features} <= {"x", "y"} or "y" not in task.input_features:
            shown = " and ".join(task.input_features)
            raise Refused(f"{self.refused}its networks are shown {shown}; this takes those that see y, or x and y")
        if task.sequence and not task.reproduces:
            needed = "grids need a task that reproduces its curves (lt.Task has reproduces), or reads off parameters"
            raise Refused(f"{self.refused}nobody knows what is right about other curves; {needed}")
        if task.trained is not None and not task.trained.same(subject.trained):
            raise Refused(
                f"{self.refused}it declares other training curves than its task has; let trained and task say the same"
            )
        for name, family in subject.families.items():
            with trial(f"{self.refused}the family {name} cannot be computed"):
                computed = families.family_of(family)
                jax.eval_shape(partial(computed.curves, families.time_points(2)), dict.fromkeys(computed.names, 0.5))
        model = network(self.experiment, task, self.settings.trained)
        if not task.sequence and not hasattr(model, "sequence"):
            needed = f"{type(model).__name__} needs an attribute sequence, as a Stack has"
            raise Refused(f"{self.refused}grids are of several lengths, so that {needed}")
        for grid in self.settings.grids if not task.sequence else ():
            names = families.family_of(subject.families[grid.family]).names
            if missing := [name for name in task.output_features if name not in names]:
                lacking = f"its networks read off {missing[0]}, which the family {grid.family} does not have"
                raise Refused(f"{self.refused}{lacking}")

    @cached_property
    def measuring(self) -> GridMeasures:
        computed = {name: families.family_of(family) for name, family in self.subject.families.items()}
        points, span = self.settings.trained.timesteps, self.experiment.span
        about: dict[str, Any] = {"task": self.task, "goal": self.goal, "span": span, "timesteps": points}
        return GridMeasures(**about, grids=self.settings.grids, families=computed)

    def metrics(self) -> Metrics:
        grids, span = nodes_of(self.evaluated), self.experiment.span
        planes = {name: grid for name, grid in grids.items() if "gain" in grid and measuring.of_sines(grid)}
        sines = {name: measuring.sines(grid, span) for name, grid in planes.items()}
        return {"summary": measuring.summary(grids, self.goal), "sines": sines}

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        grids, shown = nodes_of(self.evaluated), [grid for grid in self.settings.grids if grid.name != TRAINING]
        for grid in shown:
            if min(grid.shape) > 1:
                yield f"{grid.name}.png", figures.heat_maps(grids, grid, self.subject, self.goal)
        if any(max(grid.shape) > 1 for grid in shown):
            yield "axes.png", figures.along_axes(grids, shown, self.subject, self.goal)


class LengthStudy(Generalization):
    """Evaluates a trained population on sequences of several lengths, which its task makes."""

    def check(self) -> None:
        if self.task.at_length is None:
            raise Refused(
                f"{self.refused}it declares neither trained=lt.grids.Trained(family, parameters), for grids of curves, "
                "nor a task with at_length, for longer sequences"
            )
        with trial(f"{self.refused}its sequences cannot be made"):
            len(self.measuring.probes)

    @cached_property
    def measuring(self) -> LengthMeasures:
        numbers = {name: number for name, number in self.settings.trained.numbers if name in self.task.numbers}
        probes = (probe_at(f"{length:,}", self.task, length, numbers) for length in self.settings.lengths)
        return LengthMeasures(self.task, self.experiment.span, self.experiment.scaling, tuple(probes))

    def metrics(self) -> Metrics:
        return {"summary": measuring.length_summary(self.evaluated)}

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        yield "length.png", figures.over_lengths(self.evaluated, self.settings.trained.timesteps)


def of(subject: Subject, settings: Evaluation) -> Generalization:
    """Makes the study of several lengths, or of grids."""
    return (LengthStudy if settings.lengths else GridStudy)(subject, settings)


def _sines(gains: Mapping[str, Any]) -> Iterator[str]:
    for name, words in (("largest_gain", "largest median gain"), ("periodic_gain", "among sines with a whole period")):
        if largest := gains[name]:
            at = ", ".join(f"{axis} {largest[axis]:.3g}" for axis in largest if axis not in ("median", "low", "high"))
            yield f"{words} {tables.number(largest['median'])} at {at}"
    off = f", shown frequencies from {gains['lowest_off']:.3g} to {gains['highest_off']:.3g}" if gains["off"] else ""
    yield f"median frequencies that differ by more than 5 %: on {gains['off']:,} of {gains['periodic']:,} of these{off}"
