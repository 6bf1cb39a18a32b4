"""Grids of curves: which, and how they are sampled. Imports nothing heavy, so that a command can check them first."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from lstm_toys.runs.definition import LIBRARY, Definition, definition
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import Identity, Settings

LENGTH, SPACING = "length", "spacing"
"""Axes that are no parameters of a family: the number of time points, and the x between two of them."""


@dataclass(frozen=True)
class Axis:
    """Evenly spaced values of one parameter.

    Attributes:
        name: of a parameter of the family, or `LENGTH` or `SPACING`.
        low: the first value.
        high: the last one.
        count: how many.
    """

    name: str
    low: float
    high: float
    count: int

    @property
    def values(self) -> Float[np.ndarray, " K"]:
        """All of them; lengths are whole numbers."""
        values = np.linspace(self.low, self.high, self.count)
        return np.round(values) if self.name == LENGTH else values


@dataclass(frozen=True)
class Grid:
    """Curves of one family at every pair of values of two axes.

    A grid over `LENGTH` goes on with the curve at the spacing of the others, and is measured over the last time points,
    as many as the others have. A grid over `SPACING` holds the curve over x from 0 to 1.

    Attributes:
        name: the names of its axes, joined by an underscore, or another one.
        family: a name in `lstm_toys.tasks.families.FAMILIES`.
        axes: the two.
        parameters: of the family, what is no axis: a number, or the name of the axis that it equals.
    """

    name: str
    family: str
    axes: tuple[Axis, Axis]
    parameters: tuple[tuple[str, float | str], ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Values along each axis."""
        return self.axes[0].count, self.axes[1].count

    def axis(self, name: str) -> Axis | None:
        """The axis of that name, if there is one."""
        return next((axis for axis in self.axes if axis.name == name), None)

    def points(self, timesteps: int) -> int:
        """Time points of the longest curve, where curves of other grids have so many."""
        if length := self.axis(LENGTH):
            return int(length.values.max())
        if spacing := self.axis(SPACING):
            return round(1 / spacing.low) + 1
        return timesteps

    def cells(self, start: int, stop: int, timesteps: int) -> dict[str, Float[np.ndarray, " C"]]:
        """The parameters, length and spacing of the cells from one to another, counted row by row, each ``[C]``."""
        rows, columns = np.divmod(np.arange(start, stop), self.shape[1])
        first, second = self.axes
        found = {first.name: first.values[rows], second.name: second.values[columns]}
        for name, value in self.parameters:
            found[name] = found[value] if isinstance(value, str) else np.full(len(rows), value)
        spacing = found.setdefault(SPACING, np.full(len(rows), 1 / (timesteps - 1)))
        found.setdefault(LENGTH, np.round(1 / spacing) + 1)
        return found


@dataclass(frozen=True)
class Curve:
    """A curve of the user's own.

    Attributes:
        name: of its column.
        values: its y at the time points.
    """

    name: str
    values: tuple[float, ...]


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
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class Subject:
    """What an evaluation is told of the population, besides its settings.

    Attributes:
        experiment: that trained it.
        trained: the range of every parameter in its training curves.
        through: where lines along one axis go through the others.
    """

    experiment: Experiment
    trained: Mapping[str, tuple[float, float]]
    through: Mapping[str, float]


def defined(trained: Definition) -> Definition:
    """What the numbers of an evaluation depend on besides settings: the code of its measures, and its population's.

    Args:
        trained: the definition of the experiment that trained the population.
    """
    roots = ("tiles:measured", "results:summary", "execution:answered", "execution:curve_summary")
    study = f"{LIBRARY}.studies.generalization"
    code = definition([f"{study}.{each}" for each in roots], (study, f"{LIBRARY}.statistics"))
    return Definition({**trained, **code})
