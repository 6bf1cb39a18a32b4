"""Evaluates trained networks over whole grids of curves.

Takes the population that the flags describe, trains it if it is missing, and measures its answers to every curve of
several grids: curves of the training family with other parameters, other families if the experiment names some, longer
sequences, and other spacings of x. Networks of a task that makes its own sequences are measured at several lengths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, count
from typing import Annotated, Any, ClassVar

import numpy as np
from jaxtyping import Float

from lstm_toys.output import counted
from lstm_toys.runs import flags, parsers
from lstm_toys.runs.experiment import Experiment, configure, flags_of, parse
from lstm_toys.runs.flags import Flag, FlagTable, UsageError
from lstm_toys.runs.identity import Options, Settings
from lstm_toys.runs.study import described_error
from lstm_toys.studies.settings import OfNetworks
from lstm_toys.tasks.parameters import LENGTH, SPACING, TRAINING, Axis, Parameter, Plane, Span, Trained, parameters_of

DRAWN = 256
"""Number of training curves on that grid if every network draws different ones."""

COUNT = 33
"""Default number of values along a parameter's axis."""

LEAST_TIMESTEPS, MOST_POINTS = 2, 100_000
"""Bounds of the time points of a sequence, and most values of an axis."""

MEANING = {LENGTH: "number of time points per sequence", SPACING: "distance between time points in x"}


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
        return next(parameter for parameter in parameters_of(self.families[family]) if parameter.name == name)


def named(family: object) -> str:
    """The name of a family: its name in the library, or the name of a custom family's function."""
    return family if isinstance(family, str) else family.function.__name__  # type: ignore[attr-defined]


def grids_of(experiment: Experiment, settings: Settings, typed: Mapping[str, Axis]) -> tuple[Subject, tuple[Grid, ...]]:
    """Makes the grids of an evaluation, see `_grids`; raises UsageError."""
    try:
        return _grids(experiment, settings, typed)
    except Exception as error:  # A user's code may raise anything.
        raise UsageError(f"experiment {experiment.name}: its planes cannot be made: {described_error(error)}") from None


def _grids(experiment: Experiment, settings: Settings, typed: Mapping[str, Axis]) -> tuple[Subject, tuple[Grid, ...]]:
    """Makes the grids of an evaluation from an experiment's planes, with the grid of the training curves first.

    Axes in ``typed`` replace a plane's axes; an axis with a single value also fixes that parameter in planes where it
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
    drawn = len(next(iter(table.values())))
    curves = (Axis("curve", 0.0, drawn - 1.0, drawn), Axis("set", 0.0, 0.0, 1))
    grids = [Grid(TRAINING, named(trained.family), curves, tuple(table.items()))]
    fixed = {name: axis.low for name, axis in typed.items() if axis.count == 1}
    for plane in planes:
        family = named(plane.family)
        axes = [axis if isinstance(axis, Axis) else _axis(family, axis, about, settings) for axis in plane.axes]
        first, second = (typed.get(axis.name) or axis for axis in axes)
        ranges = about.trained_on(family)
        bounds = {parameter.name: (parameter.low, parameter.high) for parameter in parameters_of(plane.family)}
        middles = {name: sum(ranges.get(name, ends)) / 2 for name, ends in bounds.items()}
        equal = trained.equal if family == named(trained.family) else {}
        values = {**middles, **equal, **plane.at, **fixed}
        others = {name: values[name] for name in middles if name not in (first.name, second.name)}
        held = tuple((name, _held(name, others)) for name in others)
        name, taken = f"{first.name}_{second.name}", {grid.name for grid in grids}
        numbered = (f"{family}_{name}_{number}" for number in count(2))
        free = next(unique for unique in chain((name, f"{family}_{name}"), numbered) if unique not in taken)
        grids.append(Grid(free, family, (first, second), held))
    return about, tuple(grids)


def _held(name: str, values: Mapping[str, Any]) -> Any:
    """What a parameter is held at: a number, or the name of an axis or of a parameter that is held at a number."""
    passed = [name]
    while isinstance(value := values[passed[-1]], str) and value in values:
        if value in passed:
            raise ValueError(f"{' = '.join([*passed, value])} is a circle; hold one of them at a number")
        passed.append(value)
    return value if isinstance(value, str) or len(passed) == 1 else passed[-1]


def default_planes(trained: Trained) -> list[Plane]:
    """Returns planes of the first parameter with every other, length and spacing, without equal parameters."""
    first, *others = [parameter.name for parameter in trained.declared if parameter.name not in trained.equal]
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


def axes_of(experiment: Experiment) -> FlagTable:
    """Makes flags for the axes and parameters of grids, or for lengths.

    If a flag of that name exists, the name of the new one begins with ``axis_``.
    """
    span = experiment.span
    if experiment.trained is None:
        points = experiment.timesteps
        longer = "up to ten times as long" if experiment.complete else f"{points}:{10 * points}:10"
        return {LENGTH: Flag(axis(LENGTH, span), "time points of the sequences", words=longer)}
    settings, _ = parse(experiment, [])
    about, (_, *grids) = grids_of(experiment, settings, {})
    taken = flags_of(experiment).keys() | flags.of(Evaluation).keys()
    axes = {axis.name: axis for grid in grids for axis in grid.axes}
    table: FlagTable = {}
    for grid in grids:
        for name in (*(axis.name for axis in grid.axes), *dict(grid.parameters)):
            if (flag := f"axis_{name}" if name in taken else name) not in table:
                text = MEANING.get(name) or f"{about.parameter(grid.family, name).words} of the curves"
                values = axes.get(name)
                usual = f"{values.low:g}:{values.high:g}:{values.count}" if values else "as trained"
                table[flag] = Flag(axis(name, span), text, words=usual)
    return table


def axis(name: str, span: Span) -> parsers.Parser[Axis]:
    """Parses the values of an axis of a grid."""
    x, usual = span.length, (-parsers.LARGEST, parsers.LARGEST, "0:1:16")
    least, greatest, example = {
        LENGTH: (LEAST_TIMESTEPS, MOST_POINTS, "100:1000:10"),
        SPACING: (x / MOST_POINTS, x / LEAST_TIMESTEPS, f"{x / 100:g}:{x / 25:g}:4"),
    }.get(name, usual)
    takes = f"{example}, or one number, from {least:g} to {greatest:,g}"
    return parsers.axis(name, takes, least, greatest, MOST_POINTS)


@dataclass(frozen=True, kw_only=True)
class Evaluation(OfNetworks):
    """The settings of an evaluation, on grids of curves or on sequences of several lengths.

    Attributes:
        limit: error below which a curve of a grid counts as answered; None at several lengths.
    """

    study: ClassVar[str] = "lstm_toys.studies.generalization.study:of"

    limit: Annotated[float | None, parsers.positive, "that of the experiment's goal"] = None
    """Error below which a curve of a grid counts as answered."""
    trained: Settings
    grids: tuple[Grid, ...] = ()
    lengths: tuple[int, ...] = ()

    def __str__(self) -> str:
        lengths = f", at {counted(len(self.lengths), 'length')}" if self.lengths else ""
        return f"generalization of {self.trained}{lengths}"

    @classmethod
    def flags_of(cls, subject: Experiment) -> FlagTable:
        """Returns flags for the axes and parameters of grids, or for lengths, and those of trainings."""
        return axes_of(subject) | super().flags_of(subject)

    @classmethod
    def parse(cls, subject: Experiment, typed: Mapping[str, Any]) -> tuple[Subject, Evaluation, Options]:
        trained, options = configure(subject, typed)
        values = flags.select(cls, typed)
        axes = {value.name: value for value in typed.values() if isinstance(value, Axis)}
        named = f"generalization_{subject.name}"
        if subject.trained is None:
            if "limit" in typed:
                raise UsageError(f"flag --limit: for grids of curves; {subject.name} is measured at lengths")
            longer = axes.get(LENGTH) or Axis(LENGTH, float(trained.timesteps), 10.0 * trained.timesteps, 10)
            lengths = tuple(dict.fromkeys(longer.values.astype(int).tolist()))
            return Subject(subject, {}, {}), cls(named, trained=trained, lengths=lengths, **values), options
        about, grids = grids_of(subject, trained, axes)
        along = {axis.name for grid in grids for axis in grid.axes}
        if any(axis.name == LENGTH and axis.low < trained.timesteps for grid in grids for axis in grid.axes):
            least = f"{trained.timesteps:,}, the number of points of the training curves"
            raise UsageError(f"flag --length: must be at least {least}")
        if idle := [name for name, axis in axes.items() if axis.count > 1 and name not in along]:
            raise UsageError(f"flag --{idle[0]}: not an axis of a grid of {subject.name}; give one number")
        if "limit" not in typed and subject.goal is None:
            raise UsageError(f"flag --limit: needed, since {subject.name} declares no goal")
        limit = typed.get("limit", subject.goal and subject.goal.limit)
        return about, cls(named, trained=trained, grids=grids, **{**values, "limit": limit}), options
