"""Asks for an evaluation on grids of curves or on other curves, and reports it. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.output import counted
from lstm_toys.runs import manifest
from lstm_toys.runs.ask import Ask
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.studies.training import ask as training
from lstm_toys.tasks.curves import Curves
from lstm_toys.tasks.parameters import Parameter, Span, parameters_of
from lstm_toys.tasks.planes import LENGTH, SPACING, Axis, Plane, Trained

TRAINING = "training"
"""The grid of the training curves, whose error is the reference for all grids."""

DRAWN = 256
"""Number of training curves on that grid if every network draws different ones."""

COUNT = 33
"""Default number of values along a parameter's axis."""

MEASURED_WHOLE = 2_000
"""Most time points of a user's curve for which delay and frequency are measured, which need points² memory."""

SHOWN_CURVES = 6
"""Most of the user's curves in a figure or table: the number of colors."""

SAME_SPACING = 1e-3
"""Relative difference up to which spacings count as equal: a tenth of a time point over the training range of x."""


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
    """The settings of an evaluation on grids, on the user's curves, or on sequences of several lengths."""

    trained: Settings
    grids: tuple[Grid, ...]
    curves: Curves | None = None
    lengths: tuple[int, ...] = ()

    def __str__(self) -> str:
        own = f", for {counted(len(self.curves.names), 'curve')} of your own" if self.curves else ""
        own += f", at {counted(len(self.lengths), 'length')}" if self.lengths else ""
        return f"generalization of {self.trained}{own}"


@dataclass(frozen=True)
class Subject:
    """The population of an evaluation.

    Attributes:
        declared: the training curves; None if there are no grids.
        ranges: the training range of every parameter, and of length and spacing.
    """

    experiment: Experiment
    families: Mapping[str, Any]
    declared: Trained | None
    ranges: Mapping[str, tuple[float, float]]

    @property
    def trained(self) -> Trained:
        """The training curves; only in an evaluation on grids."""
        assert self.declared is not None
        return self.declared

    def trained_on(self, family: str) -> dict[str, tuple[float, float]]:
        """The training ranges that apply to a family; only length and spacing if it was not trained on."""
        same = family == named(self.trained.family)
        return {name: ends for name, ends in self.ranges.items() if same or name in (LENGTH, SPACING)}

    def parameter(self, family: str, name: str) -> Parameter:
        return next(each for each in parameters_of(self.families[family]) if each.name == name)


def named(family: object) -> str:
    """The name of a family: its name in the library, or the name of a custom family's function."""
    return family if isinstance(family, str) else family.function.__name__  # type: ignore[attr-defined]


def check_spacing(curves: Curves, span: Span, timesteps: int) -> None:
    """Raises ValueError if the spacing of a file's time points differs from the training."""
    if curves.span is None:
        return
    theirs, ours = curves.span.length / (curves.values.shape[1] - 1), span.length / (timesteps - 1)
    units = {curves.span.unit, span.unit} - {""}
    if abs(theirs - ours) > SAME_SPACING * ours or len(units) > 1:
        raise ValueError(
            f"its time points are {f'{theirs:.6g} {curves.span.unit}'.strip()} apart, and those that were trained on "
            f"{f'{ours:.6g} {span.unit}'.strip()}; without their column, a row is taken for one of the latter"
        )


def subject(experiment: Experiment, settings: Settings, trained: Trained, planes: Sequence[Plane]) -> Subject:
    """Describes a population; raises ValueError for two families of one name, or if the experiment lacks a number."""
    families: dict[str, object] = {}
    for family in (trained.family, *(plane.family for plane in planes)):
        if families.setdefault(named(family), family) != family:
            raise ValueError(f"two families have functions of the name {named(family)}; rename one")
    try:
        ranges = trained.ranges(dict(settings.numbers))
    except KeyError as error:
        raise ValueError(f"its training curves have the number {error}, which is not among its numbers") from None
    spacing = experiment.span.length / (settings.timesteps - 1)
    ends = {LENGTH: 2 * (float(settings.timesteps),), SPACING: (spacing, spacing)}
    return Subject(experiment, families, trained, ranges | ends)


def default_planes(trained: Trained) -> list[Plane]:
    """Returns planes of the first parameter with every other, length and spacing, without equal parameters."""
    first, *others = [each.name for each in trained.declared if each.name not in trained.equal]
    against = [Plane(trained.family, (first, other)) for other in others]
    return [*against, *(Plane(trained.family, (other, first)) for other in (LENGTH, SPACING))]


class ResolvedPlane(NamedTuple):
    """A `lstm_toys.tasks.planes.Plane` with values along both axes."""

    family: object
    axes: tuple[Axis, Axis]
    at: Mapping[str, float | str]


def laid(planes: Sequence[Plane], about: Subject, settings: Settings) -> list[ResolvedPlane]:
    """Chooses values for all axes of planes; raises ValueError if a family lacks a parameter, or axes are invalid."""
    resolved = []
    for plane in planes:
        names = [each.name for each in parameters_of(plane.family)]
        axes = [axis if isinstance(axis, str) else axis.name for axis in plane.axes]
        others = [value for value in plane.at.values() if isinstance(value, str)]
        if unknown := [name for name in (*axes, *plane.at, *others) if name not in (*names, LENGTH, SPACING)]:
            known = f"{named(plane.family)} has {', '.join(names)}, and there are {LENGTH} and {SPACING}"
            raise ValueError(f"a plane over {' and '.join(axes)}: there is no {unknown[0]!r}; {known}")
        if axes[0] == axes[1] or set(axes) == {LENGTH, SPACING} or {LENGTH, SPACING} & {*plane.at, *others}:
            raise ValueError(f"a plane over {' and '.join(axes)}: takes two different axes, one of them a parameter")
        first, second = (_axis(plane, axis, about, settings) for axis in plane.axes)
        resolved.append(ResolvedPlane(plane.family, (first, second), plane.at))
    return resolved


def _axis(plane: Plane, axis: Axis | str, about: Subject, settings: Settings) -> Axis:
    """The axis itself, or default values for its name that cover the training curves and more."""
    if isinstance(axis, Axis):
        return axis
    if axis == LENGTH:
        return Axis(LENGTH, float(settings.timesteps), 4.0 * settings.timesteps, 16)
    if axis == SPACING:
        return Axis(SPACING, 0.005 * about.experiment.span.length, 0.04 * about.experiment.span.length, 8)
    parameter = about.parameter(named(plane.family), axis)
    low, high = about.trained_on(named(plane.family)).get(axis, (parameter.low, parameter.low))
    width = parameter.high - parameter.low
    # If the training covers the parameter's range, the axis extends beyond it.
    more = width / 2 if high - low >= 0.9 * width else 0.0
    return Axis(axis, parameter.low - more, parameter.high + more, COUNT)


def grids(
    planes: Sequence[ResolvedPlane], about: Subject, settings: Settings, given: Mapping[str, Axis | None]
) -> tuple[Grid, ...]:
    """Makes the grids of an evaluation from planes, with the grid of the training curves first.

    Axes in ``given`` replace a plane's axes; an axis with a single value also fixes that parameter in planes where it
    is not an axis. Other parameters are as in ``at``, as in the training, or in the middle of their range.
    """
    trained = about.trained
    table = trained.table(dict(settings.numbers), DRAWN)
    count = len(next(iter(table.values())))
    curves = (Axis("curve", 0.0, count - 1.0, count), Axis("set", 0.0, 0.0, 1))
    every = [Grid(TRAINING, named(trained.family), curves, tuple(table.items()))]
    fixed = {name: axis.low for name, axis in given.items() if axis is not None and axis.count == 1}
    for plane in planes:
        first, second = (given.get(axis.name) or axis for axis in plane.axes)
        family, name = named(plane.family), f"{first.name}_{second.name}"
        declared, ranges = parameters_of(plane.family), about.trained_on(family)
        middles = {each.name: sum(ranges.get(each.name, (each.low, each.high))) / 2 for each in declared}
        equal = trained.equal if family == named(trained.family) else {}
        values = {**middles, **equal, **plane.at, **fixed}
        held = tuple((each.name, values[each.name]) for each in declared if each.name not in (first.name, second.name))
        taken = any(grid.name == name for grid in every)
        every.append(Grid(f"{family}_{name}" if taken else name, family, (first, second), held))
    return tuple(every)


def ask(subject: Subject, settings: Evaluation, results_dir: Path) -> Ask[Evaluation]:
    """Asks for the evaluation of a trained population."""
    kind = "Lengths" if settings.lengths else "OwnCurves" if settings.curves else "Grids"
    return Ask(
        f"lstm_toys.studies.generalization.study:{kind}",
        settings,
        results_dir,
        report,
        manifest.declared(subject.experiment.declared, subject.families),
        subject=subject,
        needs={"population": training.ask(subject.experiment, settings.trained, results_dir)},
    )


def report(asked: Ask[Evaluation], run: Run, _: Mapping[str, Run]) -> Iterator[RenderableType]:
    """Yields the table of errors on grids or measures of a user's curves, and lines below it."""
    metrics = run.read_metrics()
    kept = metrics["seeds"] - len(metrics["diverged_seeds"])
    networks = f"{kept} of {counted(metrics['seeds'], 'network')}"
    title = f"{asked.settings.trained.experiment}: generalization of {networks}"
    rows = [(name, *tables.spread(row)) for name, row in metrics["summary"].items()]
    curves = asked.settings.curves
    if curves is not None:
        rows = rows[: len(rows) // len(curves.names) * SHOWN_CURVES]
    yield tables.table(title, ("", "median>", "95 % bootstrap>"), rows)
    yield from explained(metrics["summary"])
    yield from tables.few(kept)
    yield from _told(curves, asked) if curves is not None else ()
    rate = f"{counted(metrics['answers'], 'answer')}, {metrics['answers_per_second']:,} per second"
    yield f"{rate}; {tables.stages(metrics['seconds'])}"


def explained(names: Iterable[str]) -> Iterator[str]:
    """Explains the numbers of grids, if there are some."""
    if any(name.endswith(", share below twice") for name in names):
        yield (
            "errors on a grid: each network's median over its curves; share below twice: of its curves with an error "
            "below twice the median network's on the training curves"
        )


def _told(curves: Curves, asked: Ask[Evaluation]) -> Iterator[str]:
    """Explains how the user's curves were read, measured and shortened."""
    span, points = asked.subject.experiment.span, curves.values.shape[1]
    if len(curves.names) > SHOWN_CURVES:
        yield f"the first {SHOWN_CURVES} of {len(curves.names):,} curves; metrics.json has all"
    if curves.span is None:
        spacing = f"{span.length / (asked.settings.trained.timesteps - 1):.3g} {span.unit}".strip()
        yield f"each row is one time point, with the spacing of the training: {span.name} rises by {spacing}"
    if points > MEASURED_WHOLE:
        yield f"delay and frequency need curves of at most {MEASURED_WHOLE:,} time points; these have {points:,}"
