"""Grids of curves: which, and how they are sampled. Imports nothing heavy, so that a command can check them first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from lstm_toys.output import counted
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.tasks.curves import Curves
from lstm_toys.tasks.parameters import Parameter, parameters_of
from lstm_toys.tasks.planes import LENGTH, SPACING, Axis, Plane, Trained
from lstm_toys.tasks.span import Span

TRAINING = "training"
"""The grid of the curves that were trained on; every error is held against the one there."""

DRAWN = 256
"""Curves on it where every network draws its own."""

COUNT = 33
"""Values along an axis of a parameter that nobody gave values."""


MEASURED_WHOLE = 2_000
"""Time points of a curve of the user's own, at most, of whose answers everything is measured; of longer ones what takes
the square of that is left out."""

SHOWN_CURVES = 6
"""Curves of the user's own that a figure and a table show, at most: as many as there are colors."""

SAME_SPACING = 1e-3
"""By what share of a spacing another one may differ and still be taken for the same: over a training's range of x, a
tenth of a time point."""


@dataclass(frozen=True)
class Grid:
    """Curves of one family at every pair of values of two axes.

    A grid over `LENGTH` goes on with the curve at the spacing of the others, and is measured over the last time points,
    as many as the others have. A grid over `SPACING` holds the curve over the range of x.

    Attributes:
        name: the names of its axes, joined by an underscore, or another one.
        family: its name.
        axes: the two; of the curves that were trained on, their number, and one set of them.
        parameters: of the family, what is no axis: a number, one number for each value of the first axis, or the name
            of the parameter that it equals.
    """

    name: str
    family: str
    axes: tuple[Axis, Axis]
    parameters: tuple[tuple[str, float | str | tuple[float, ...]], ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Values along each axis."""
        return self.axes[0].count, self.axes[1].count

    def axis(self, name: str) -> Axis | None:
        """The axis of that name, if there is one."""
        return next((axis for axis in self.axes if axis.name == name), None)

    def points(self, timesteps: int, span: Span) -> int:
        """Time points of the longest curve, where curves of other grids have so many."""
        if length := self.axis(LENGTH):
            return int(length.values.max())
        if spacing := self.axis(SPACING):
            return round(span.length / spacing.low) + 1
        return timesteps

    def cells(self, start: int, stop: int, timesteps: int, span: Span) -> dict[str, Float[np.ndarray, " C"]]:
        """The parameters, length and spacing of the cells from one to another, counted row by row, each ``[C]``."""
        rows, columns = np.divmod(np.arange(start, stop), self.shape[1])
        first, second = self.axes
        found = {first.name: first.values[rows], second.name: second.values[columns]}
        for name, value in self.parameters:
            if not isinstance(value, str):
                found[name] = np.array(value)[rows] if isinstance(value, tuple) else np.full(len(rows), value)
        found |= {name: found[value] for name, value in self.parameters if isinstance(value, str)}
        spacing = found.setdefault(SPACING, np.full(len(rows), span.length / (timesteps - 1)))
        found.setdefault(LENGTH, np.round(span.length / spacing) + 1)
        return found


@dataclass(frozen=True)
class Evaluation(Identity):
    """The settings of an evaluation.

    Attributes:
        trained: of the population that is evaluated.
        grids: that it is evaluated on.
        curves: of the user's own, instead of grids.
    """

    trained: Settings
    grids: tuple[Grid, ...]
    curves: Curves | None = None

    def __str__(self) -> str:
        own = f", for {counted(len(self.curves.names), 'curve')} of your own" if self.curves else ""
        return f"generalization of {self.trained}{own}"


@dataclass(frozen=True)
class Subject:
    """What an evaluation is told of the population, besides its settings.

    Attributes:
        experiment: that trained it.
        families: those of the grids, by name.
        declared: which curves were trained on; None: the experiment does not say, and there are no grids.
        ranges: of every parameter, length and spacing in the training curves.
    """

    experiment: Experiment
    families: Mapping[str, Any]
    declared: Trained | None
    ranges: Mapping[str, tuple[float, float]]

    @property
    def trained(self) -> Trained:
        """Which curves were trained on, of an evaluation on grids."""
        assert self.declared is not None
        return self.declared

    def trained_on(self, family: str) -> dict[str, tuple[float, float]]:
        """The ranges of the training curves that say something of another family, too: length and spacing at least."""
        same = family == named(self.trained.family)
        return {name: ends for name, ends in self.ranges.items() if same or name in (LENGTH, SPACING)}

    def parameter(self, family: str, name: str) -> Parameter:
        """A parameter of a family of the grids."""
        return next(each for each in parameters_of(self.families[family]) if each.name == name)


def named(family: object) -> str:
    """What a family is called: that of the library its name, another one that of its function."""
    return family if isinstance(family, str) else family.function.__name__  # type: ignore[attr-defined]


def check_spacing(curves: Curves, span: Span, timesteps: int) -> None:
    """Raises ValueError if the time points of a file are apart otherwise than those that were trained on."""
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
    """What is told of a population.

    Args:
        experiment: that trained it.
        settings: of its training.
        trained: which curves were trained on.
        planes: that it is evaluated on.

    Raises:
        ValueError: two families have the same name, or the training curves have numbers that the experiment does not.
    """
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
    """The first parameter against each other one, the length and the spacing; a parameter that equals another is none.

    Args:
        trained: which curves are trained on.
    """
    first, *others = [each.name for each in trained.declared if each.name not in trained.equal]
    against = [Plane(trained.family, (first, other)) for other in others]
    return [*against, *(Plane(trained.family, (other, first)) for other in (LENGTH, SPACING))]


class ResolvedPlane(NamedTuple):
    """A plane with values along both axes; the attributes are those of `lstm_toys.tasks.planes.Plane`."""

    family: object
    axes: tuple[Axis, Axis]
    at: Mapping[str, float | str]


def laid(planes: Sequence[Plane], about: Subject, settings: Settings) -> list[ResolvedPlane]:
    """Planes with values along all of their axes.

    Args:
        planes: some axes of which may be names.
        about: what is told of the population.
        settings: of its training.

    Raises:
        ValueError: a plane has an axis or a value that its family does not have.
    """
    found = []
    for plane in map(_checked, planes):
        first, second = (_axis(plane, axis, about, settings) for axis in plane.axes)
        found.append(ResolvedPlane(plane.family, (first, second), plane.at))
    return found


def _checked(plane: Plane) -> Plane:
    """Raises ValueError if a plane has an axis or a value that its family does not have."""
    names = [each.name for each in parameters_of(plane.family)]
    axes = [axis if isinstance(axis, str) else axis.name for axis in plane.axes]
    others = [value for value in plane.at.values() if isinstance(value, str)]
    if unknown := [name for name in (*axes, *plane.at, *others) if name not in (*names, LENGTH, SPACING)]:
        told = f"{named(plane.family)} has {', '.join(names)}, and there are {LENGTH} and {SPACING}"
        raise ValueError(f"a plane over {' and '.join(axes)}: there is no {unknown[0]!r}; {told}")
    if axes[0] == axes[1] or set(axes) == {LENGTH, SPACING} or {LENGTH, SPACING} & {*plane.at, *others}:
        raise ValueError(f"a plane over {' and '.join(axes)}: takes two different axes, one of them a parameter")
    return plane


def _axis(plane: Plane, axis: Axis | str, about: Subject, settings: Settings) -> Axis:
    """The values of an axis: the given ones, or those that suit what was trained on."""
    if isinstance(axis, Axis):
        return axis
    if axis == LENGTH:
        return Axis(LENGTH, float(settings.timesteps), 4.0 * settings.timesteps, 16)
    if axis == SPACING:
        return Axis(SPACING, 0.005 * about.experiment.span.length, 0.04 * about.experiment.span.length, 8)
    parameter = about.parameter(named(plane.family), axis)
    low, high = about.trained_on(named(plane.family)).get(axis, (parameter.low, parameter.low))
    width = parameter.high - parameter.low
    # Where all of the parameter's range was trained on, what is new lies beyond it.
    more = width / 2 if high - low >= 0.9 * width else 0.0
    return Axis(axis, parameter.low - more, parameter.high + more, COUNT)


def grids(
    planes: Sequence[ResolvedPlane], about: Subject, settings: Settings, given: Mapping[str, Axis | None]
) -> tuple[Grid, ...]:
    """The grids that a population is evaluated on, that of its training curves first.

    Args:
        planes: that it is evaluated on.
        about: what is told of the population.
        settings: of its training.
        given: axes that replace those of planes; one of a single value fixes that parameter where it is no axis, too.
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
        values = _values(plane, about) | fixed
        held = tuple(
            (each.name, values[each.name])
            for each in parameters_of(plane.family)
            if each.name not in (first.name, second.name)
        )
        taken = any(grid.name == name for grid in every)
        every.append(Grid(f"{family}_{name}" if taken else name, family, (first, second), held))
    return tuple(every)


def _values(plane: ResolvedPlane, about: Subject) -> dict[str, float | str]:
    """Every parameter of a plane where it is no axis: as the plane says, as in training, or in the middle."""
    family = named(plane.family)
    ranges = about.trained_on(family)
    middles = {each.name: sum(ranges.get(each.name, (each.low, each.high))) / 2 for each in parameters_of(plane.family)}
    equal = about.trained.equal if family == named(about.trained.family) else {}
    return {**middles, **equal, **plane.at}
