"""Asks for an evaluation on grids of curves or on longer sequences, and reports it. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.output import counted
from lstm_toys.runs.ask import Ask
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.studies.training import ask as training
from lstm_toys.tasks.parameters import Parameter, Span, parameters_of
from lstm_toys.tasks.planes import LENGTH, SPACING, Axis, Plane, Trained

TRAINING = "training"
"""The grid of the training curves."""

DRAWN = 256
"""Number of training curves on that grid if every network draws different ones."""

COUNT = 33
"""Default number of values along a parameter's axis."""


@dataclass(frozen=True)
class Grid:
    """Curves of one family at every pair of values of two axes, rows and columns.

    A grid over `LENGTH` extends curves at the training spacing, and measures their last time points, as many as
    training curves have. A grid over `SPACING` samples the training range of x. The grid `TRAINING` has the index of
    the curve, and a single column.

    Attributes:
        name: the names of its axes, joined by an underscore; preceded by the family if that name is taken.
        parameters: those that are not axes: a number, a number per row, or the name of the parameter that it equals.
    """

    name: str
    family: str
    axes: tuple[Axis, Axis]
    parameters: tuple[tuple[str, float | str | tuple[float, ...]], ...]

    @property
    def shape(self) -> tuple[int, int]:
        return self.axes[0].count, self.axes[1].count

    def axis(self, name: str) -> Axis | None:
        return next((axis for axis in self.axes if axis.name == name), None)

    def points(self, timesteps: int, span: Span) -> int:
        """Time points of the longest curve; training curves have ``timesteps``."""
        if length := self.axis(LENGTH):
            return int(length.values.max())
        if spacing := self.axis(SPACING):
            return round(span.length / spacing.low) + 1
        return timesteps

    def cells(self, start: int, stop: int, timesteps: int, span: Span) -> dict[str, Float[np.ndarray, " C"]]:
        """The parameters, length and spacing ``[C]`` of cells ``start`` to ``stop``, numbered row by row."""
        rows, columns = np.divmod(np.arange(start, stop), self.shape[1])
        first, second = self.axes
        values = {first.name: first.values[rows], second.name: second.values[columns]}
        for name, value in self.parameters:
            if not isinstance(value, str):
                values[name] = np.array(value)[rows] if isinstance(value, tuple) else np.full(len(rows), value)
        values |= {name: values[value] for name, value in self.parameters if isinstance(value, str)}
        spacing = values.setdefault(SPACING, np.full(len(rows), span.length / (timesteps - 1)))
        values.setdefault(LENGTH, np.round(span.length / spacing) + 1)
        return values


@dataclass(frozen=True)
class Evaluation(Identity):
    """The settings of an evaluation, on grids of curves or on sequences of several lengths.

    Attributes:
        limit: error below which a curve of a grid counts as answered; None at several lengths.
    """

    trained: Settings
    grids: tuple[Grid, ...] = ()
    lengths: tuple[int, ...] = ()
    limit: float | None = None

    def __str__(self) -> str:
        own = f", at {counted(len(self.lengths), 'length')}" if self.lengths else ""
        return f"generalization of {self.trained}{own}"


@dataclass(frozen=True)
class Subject:
    """The population of an evaluation, the families of its curves, and the training ranges of all axes."""

    experiment: Experiment
    families: Mapping[str, Any]
    ranges: Mapping[str, tuple[float, float]]

    @property
    def trained(self) -> Trained:
        """The training curves; only in an evaluation on grids."""
        assert self.experiment.trained is not None
        return self.experiment.trained

    def trained_on(self, family: str) -> dict[str, tuple[float, float]]:
        """The training ranges that apply to a family; only length and spacing if it was not trained on."""
        same = family == named(self.trained.family)
        return {name: ends for name, ends in self.ranges.items() if same or name in (LENGTH, SPACING)}

    def parameter(self, family: str, name: str) -> Parameter:
        return next(each for each in parameters_of(self.families[family]) if each.name == name)


def named(family: object) -> str:
    """The name of a family: its name in the library, or the name of a custom family's function."""
    return family if isinstance(family, str) else family.function.__name__  # type: ignore[attr-defined]


def grids(
    experiment: Experiment, settings: Settings, given: Mapping[str, Axis | None]
) -> tuple[Subject, tuple[Grid, ...]]:
    """Makes the grids of an evaluation from an experiment's planes, with the grid of the training curves first.

    Axes in ``given`` replace a plane's axes; an axis with a single value also fixes that parameter in planes where it
    is not an axis. Other parameters are as in ``at``, as in the training, or in the middle of their range.

    Raises ValueError for two families of one name, and whatever the experiment's function ``planes`` raises.
    """
    trained, spacing = experiment.trained, experiment.span.length / (settings.timesteps - 1)
    assert trained is not None
    planes = default_planes(trained) if experiment.planes is None else list(experiment.planes(settings))
    families: dict[str, object] = {}
    for family in (trained.family, *(plane.family for plane in planes)):
        if families.setdefault(named(family), family) != family:
            raise ValueError(f"two families have functions of the name {named(family)}; rename one")
    ends = {LENGTH: 2 * (float(settings.timesteps),), SPACING: (spacing, spacing)}
    about = Subject(experiment, families, trained.ranges(dict(settings.numbers)) | ends)
    table = trained.table(dict(settings.numbers), DRAWN)
    count = len(next(iter(table.values())))
    curves = (Axis("curve", 0.0, count - 1.0, count), Axis("set", 0.0, 0.0, 1))
    every = [Grid(TRAINING, named(trained.family), curves, tuple(table.items()))]
    fixed = {name: axis.low for name, axis in given.items() if axis is not None and axis.count == 1}
    for plane in planes:
        family = named(plane.family)
        axes = [axis if isinstance(axis, Axis) else _axis(family, axis, about, settings) for axis in plane.axes]
        first, second = (given.get(axis.name) or axis for axis in axes)
        declared, ranges = parameters_of(plane.family), about.trained_on(family)
        middles = {each.name: sum(ranges.get(each.name, (each.low, each.high))) / 2 for each in declared}
        equal = trained.equal if family == named(trained.family) else {}
        values = {**middles, **equal, **plane.at, **fixed}
        held = tuple((each.name, values[each.name]) for each in declared if each.name not in (first.name, second.name))
        name = f"{first.name}_{second.name}"
        taken = any(grid.name == name for grid in every)
        every.append(Grid(f"{family}_{name}" if taken else name, family, (first, second), held))
    return about, tuple(every)


def default_planes(trained: Trained) -> list[Plane]:
    """Returns planes of the first parameter with every other, length and spacing, without equal parameters."""
    first, *others = [each.name for each in trained.declared if each.name not in trained.equal]
    against = [Plane(trained.family, (first, other)) for other in others]
    return [*against, *(Plane(trained.family, (other, first)) for other in (LENGTH, SPACING))]


def _axis(family: str, name: str, about: Subject, settings: Settings) -> Axis:
    """Default values of an axis, which cover the training curves and more."""
    if name == LENGTH:
        return Axis(LENGTH, float(settings.timesteps), 4.0 * settings.timesteps, 16)
    if name == SPACING:
        return Axis(SPACING, 0.005 * about.experiment.span.length, 0.04 * about.experiment.span.length, 8)
    parameter = about.parameter(family, name)
    low, high = about.trained_on(family).get(name, (parameter.low, parameter.low))
    width = parameter.high - parameter.low
    # If the training covers the parameter's range, the axis extends beyond it.
    more = width / 2 if high - low >= 0.9 * width else 0.0
    return Axis(name, parameter.low - more, parameter.high + more, COUNT)


def ask(subject: Subject, settings: Evaluation, results_dir: Path) -> Ask[Evaluation]:
    """Asks for the evaluation of a trained population."""
    return Ask(
        f"lstm_toys.studies.generalization.study:{'LengthStudy' if settings.lengths else 'GridStudy'}",
        settings,
        results_dir,
        report,
        subject=subject,
        needs={"population": training.ask(subject.experiment, settings.trained, results_dir)},
    )


def report(asked: Ask[Evaluation], run: Run, _: Mapping[str, Run]) -> Iterator[RenderableType]:
    """Yields the table of errors on grids or at lengths, and lines below it."""
    metrics = run.read_metrics()
    kept = metrics["seeds"] - len(metrics["diverged_seeds"])
    networks = f"{kept} of {counted(metrics['seeds'], 'network')}"
    title = f"{asked.settings.trained.experiment}: generalization of {networks}"
    rows = [(name, *tables.spread(row)) for name, row in metrics["summary"].items()]
    yield tables.table(title, ("", "median>", "95 % bootstrap>"), rows)
    if asked.settings.grids:
        yield "errors on a grid: each network's median over its curves; share below: of its curves with smaller errors"
    for name, each in metrics.get("sines", {}).items():
        yield f"{name.replace('_', ' x ')}: {'; '.join(_sines(each))}"
    yield from tables.few(kept)
    rate = f"{counted(metrics['answers'], 'answer')}, {metrics['answers_per_second']:,} per second"
    yield f"{rate}; {tables.stages(metrics['seconds'])}"


def _sines(found: Mapping[str, Any]) -> Iterator[str]:
    for name, words in (("largest_gain", "largest median gain"), ("periodic_gain", "among sines with a whole period")):
        if own := found[name]:
            at = ", ".join(f"{axis} {own[axis]:.3g}" for axis in own if axis not in ("median", "low", "high"))
            yield f"{words} {tables.number(own['median'])} at {at}"
    off = f", shown frequencies from {found['lowest_off']:.3g} to {found['highest_off']:.3g}" if found["off"] else ""
    yield f"median frequencies that differ by more than 5 %: on {found['off']:,} of {found['periodic']:,} of these{off}"
