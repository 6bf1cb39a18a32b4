"""Evaluates a trained population on grids of curves, or on sequences of several lengths."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, TypeVar

import jax
import numpy as np
import xarray as xr
from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.execution import code
from lstm_toys.execution.lowering import Digests, compiled, digest
from lstm_toys.execution.progress import EvaluationProgress
from lstm_toys.figures import Drawing
from lstm_toys.output import counted
from lstm_toys.populations import answering, blocks
from lstm_toys.populations.trained import Networks
from lstm_toys.results.arrays import curve_set, in_units, probed
from lstm_toys.results.summary import as_json, named, with_measures
from lstm_toys.runs.checks import trial
from lstm_toys.runs.context import Failed, Refused, RunContext
from lstm_toys.runs.loading import networks_of
from lstm_toys.runs.preparation import network
from lstm_toys.runs.study import Job, Metrics, Study
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.studies.generalization import figures, results
from lstm_toys.studies.generalization.measuring import LENGTHS, GridJob, evaluate
from lstm_toys.studies.generalization.settings import Evaluation, Subject
from lstm_toys.studies.training.study import Training
from lstm_toys.tasks import asked, families
from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.parameters import TRAINING
from lstm_toys.tasks.planes import LENGTH
from lstm_toys.tasks.probes import Probe, probe_at
from lstm_toys.tasks.supervision import Task, accuracies_of

Asking = TypeVar("Asking", bound="Generalization", covariant=True)


class GeneralizationJob(Job[Asking]):
    """Evaluates a trained population on sets of curves."""

    @property
    @abstractmethod
    def curves(self) -> Mapping[str, int]:
        """The number of curves in each set, by name."""

    @abstractmethod
    def digests(self) -> Digests:
        """Digests of everything that is measured."""

    @abstractmethod
    def measured(self, context: RunContext, progress: Callable[[int], None]) -> dict[str, xr.Dataset]:
        """Measures all networks; returns labeled results by grid, or under ``"/"``; tells the number of answers."""

    @abstractmethod
    def rows(self, grids: results.Grids) -> dict[str, Estimate]:
        """Medians over seeds, by name."""

    @abstractmethod
    def drawings(self, grids: results.Grids) -> Iterator[tuple[str, Drawing]]:
        """Draws the results, by file name."""

    @cached_property
    def networks(self) -> Networks:
        return networks_of(
            self.needed["population"], network(self.study.experiment, self.study.task, self.settings.trained)
        )

    def values(self) -> Digests:
        name, library = self.needed["population"].folder.name, code.library("studies/generalization")
        return {**self.digests(), "population": name, "library": library}

    def compute(self, context: RunContext) -> Metrics:
        """Evaluates a population, and writes measures of its answers; raises Failed if every seed diverged."""
        population = self.needed["population"]
        trained = population.read_metrics()
        if lost := self.study.needs["population"].lost(trained):
            raise Failed(lost)
        seeds = len(self.networks)
        answers = seeds * sum(self.curves.values())
        shared = {"flags": self.settings.as_dict(), "fingerprint": trained["fingerprint"]}
        attributes = {**shared, "run": self.run.folder.name}
        with context.timed("evaluate"), EvaluationProgress(context.console, answers) as progress:
            groups = self.measured(context, progress)
        results.save(groups, self.networks, attributes, self.run.results)
        return {
            "experiment": self.run.name,
            "population": population.folder.name,
            "seeds": seeds,
            "diverged_seeds": trained["diverged_seeds"],
            "answers": answers,
            "answers_per_second": round(answers / context.seconds["evaluate"]),
            "interval": "95 % bootstrap of the median over seeds",
            **shared,
            "files": [self.run.results.name],
        }

    def described(self, grids: results.Grids) -> Metrics:
        """What else is computed from the results."""
        return {}

    def metrics(self) -> Metrics:
        grids = results.read(self.run.checked("results.nc"))
        return {"summary": {name: as_json(row) for name, row in self.rows(grids).items()}, **self.described(grids)}

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
        for name, each in metrics.get("sines", {}).items():
            yield f"{name.replace('_', ' x ')}: {'; '.join(_sines(each))}"
        yield from tables.few(kept)
        rate = f"{counted(metrics['answers'], 'answer')}, {metrics['answers_per_second']:,} per second"
        yield f"{rate}; {tables.stages(metrics['seconds'])}"

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        grids = results.read(self.run.checked("results.nc"))
        if grids[""].sizes["seed"]:
            yield from self.drawings(grids)


class Generalization(Study[Evaluation]):
    """Evaluates a trained population on sets of curves."""

    def __init__(self, subject: Subject, settings: Evaluation) -> None:
        super().__init__(subject, settings)
        self.experiment = subject.experiment
        self.refused = f"generalization of {self.experiment.name}: "

    @cached_property
    def needs(self) -> dict[str, Training]:
        return {"population": Training(self.experiment, self.settings.trained)}

    @property
    def task(self) -> Task:
        return self.experiment.at(self.settings.trained.timesteps)[1]


class GridsJob(GeneralizationJob["GridStudy"]):
    """Evaluates a trained population on grids of curves."""

    @cached_property
    def measuring(self) -> GridJob:
        known = {name: families.family_of(family) for name, family in self.subject.families.items()}
        points, span = self.settings.trained.timesteps, self.study.experiment.span
        about: dict[str, Any] = {"task": self.study.task, "goal": self.study.goal, "span": span, "timesteps": points}
        return GridJob(**about, grids=self.settings.grids, families=known)

    @property
    def curves(self) -> dict[str, int]:
        return self.measuring.curves

    def digests(self) -> Digests:
        return self.measuring.digests(self.networks)

    def measured(self, context: RunContext, progress: Callable[[int], None]) -> dict[str, xr.Dataset]:
        return evaluate(self.measuring, self.networks, context.executor, progress)

    def rows(self, grids: results.Grids) -> dict[str, Estimate]:
        return results.summary(grids, self.study.goal)

    def described(self, grids: results.Grids) -> Metrics:
        return {
            "sines": {
                name: results.sines(grid, self.study.experiment.span)
                for name, grid in grids.items()
                if name != TRAINING and "gain" in grid and results.of_sines(grid) and grid.sizes["seed"]
            }
        }

    def drawings(self, grids: results.Grids) -> Iterator[tuple[str, Drawing]]:
        for grid in self.settings.grids:
            if grid.name != TRAINING and min(grid.shape) > 1:
                yield f"{grid.name}.png", figures.heat_maps(grids, grid, self.subject, self.study.goal)
        if any(max(grid.shape) > 1 for grid in self.settings.grids if grid.name != TRAINING):
            yield "axes.png", figures.along_axes(grids, self.settings.grids, self.subject, self.study.goal)


class GridStudy(Generalization):
    """Evaluates a trained population on grids of curves."""

    job = GridsJob

    @property
    def goal(self) -> Goal:
        """The goal of the training, with the limit of the evaluation; of a single feature it has no name."""
        assert self.settings.limit is not None
        goal = self.experiment.goal or Goal(rmse=self.settings.limit)
        named = goal.features if len(self.task.output_features) > 1 else ()
        return replace(goal, rmse=self.settings.limit, features=named)

    def check(self) -> None:
        task, subject = self.experiment.small[1], self.subject
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
                known = families.family_of(family)
                jax.eval_shape(partial(known.curves, families.time_points(2)), dict.fromkeys(known.names, 0.5))
        model = network(self.experiment, task, self.settings.trained)
        if not task.sequence and not hasattr(model, "sequence"):
            needed = f"{type(model).__name__} needs an attribute sequence, as a Stack has"
            raise Refused(f"{self.refused}grids are of several lengths, so that {needed}")
        for grid in self.settings.grids if not task.sequence else ():
            names = families.family_of(subject.families[grid.family]).names
            if missing := [name for name in task.output_features if name not in names]:
                lacking = f"its networks read off {missing[0]}, which the family {grid.family} does not have"
                raise Refused(f"{self.refused}{lacking}")


class LengthJob(GeneralizationJob["LengthStudy"]):
    """Evaluates a trained population on sequences of several lengths, which its task makes."""

    @property
    def curves(self) -> dict[str, int]:
        return {each.name: len(each.inputs) for each in self.study.probes}

    def digests(self) -> Digests:
        digests, member, block = compiled(), blocks.member(self.networks.params), self.networks.block
        for each in self.study.probes:
            told = each.inputs, block, block, each.name, self._ends(each)
            digests |= answering.digests_of(self.networks.model, member, *told)
            digests[f"targets {each.name}"] = digest(vars(each))
        return digests

    def _ends(self, probe: Probe) -> Any:
        """The lengths of curves, which only networks that answer once per curve are told."""
        return None if self.study.task.sequence else probe.lengths

    def measured(self, context: RunContext, progress: Callable[[int], None]) -> dict[str, xr.Dataset]:
        done, every = 0, list[dict[str, Any]]()
        for probe in self.study.probes:
            answers = answering.answers(self.networks, probe.inputs, lengths=self._ends(probe))
            time, span = np.arange(probe.inputs.shape[1], dtype=float), self.study.experiment.span
            curves = curve_set(self.study.task, asked.of(self.study.task, probe, time), answers, span)
            labeled = xr.DataTree.from_dict({"curves": curves})
            measured = with_measures(in_units(labeled, self.study.experiment.scaling))
            every.append(named(probed(measured, "curves")))
            progress(done := done + len(self.networks) * len(probe.inputs))
        values = {
            name: (("seed", LENGTH), np.stack([each[name].values for each in every], 1, dtype=np.float32))
            for name in every[0]
        }
        return {
            "/": xr.Dataset(values, {LENGTH: (LENGTH, [each.inputs.shape[1] for each in self.study.probes], LENGTHS)})
        }

    def rows(self, grids: results.Grids) -> dict[str, Estimate]:
        return results.length_summary(grids[""])

    def drawings(self, grids: results.Grids) -> Iterator[tuple[str, Drawing]]:
        yield "length.png", figures.over_lengths(grids[""], self.settings.trained.timesteps)


class LengthStudy(Generalization):
    """Evaluates a trained population on sequences of several lengths, which its task makes."""

    job = LengthJob

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        numbers = {name: each for name, each in self.settings.trained.numbers if name in self.task.numbers}
        return tuple(probe_at(f"{length:,}", self.task, length, numbers) for length in self.settings.lengths)

    def check(self) -> None:
        if self.task.at_length is None:
            raise Refused(
                f"{self.refused}it declares neither trained=lt.Trained(family, parameters), for grids of curves, nor a "
                "task with at_length, for longer sequences"
            )
        with trial(f"{self.refused}its sequences cannot be made"):
            len(self.probes)


def of(subject: Subject, settings: Evaluation) -> Generalization:
    """Makes the study of several lengths, or of grids."""
    return (LengthStudy if settings.lengths else GridStudy)(subject, settings)


def _sines(found: Mapping[str, Any]) -> Iterator[str]:
    for name, words in (("largest_gain", "largest median gain"), ("periodic_gain", "among sines with a whole period")):
        if own := found[name]:
            at = ", ".join(f"{axis} {own[axis]:.3g}" for axis in own if axis not in ("median", "low", "high"))
            yield f"{words} {tables.number(own['median'])} at {at}"
    off = f", shown frequencies from {found['lowest_off']:.3g} to {found['highest_off']:.3g}" if found["off"] else ""
    yield f"median frequencies that differ by more than 5 %: on {found['off']:,} of {found['periodic']:,} of these{off}"
