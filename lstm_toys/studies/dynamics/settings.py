"""Analyzes why trained networks answer as they do: fixed points, slow points, resonance, and models built from them.

Trains the population that the flags describe, if it is missing, and analyzes every network: where it settles under
constant inputs, whether nearby states separate there, how it answers small sines, how fast it forgets, and how much of
its answers is explained by its behavior at rest and near rest. With --keep_steps, also computes the leading mode after
earlier training steps.

With --hold, and for networks with several inputs, finds instead the fixed points and the slow points of every network
under the constant inputs of named periods, such as a delay.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NamedTuple

from lstm_toys.output import counted
from lstm_toys.runs import flags, parsers
from lstm_toys.runs.experiment import Experiment, configure
from lstm_toys.runs.flags import UsageError
from lstm_toys.runs.identity import Options, Settings
from lstm_toys.studies.settings import OfNetworks
from lstm_toys.tasks.parameters import Axis

INPUTS, MOST_INPUTS, MOST_STARTS = 41, 1_000, 1_000
"""Default number and bounds of inputs, and of initial states."""

WINDOWS = {"": "", "_early": " in the first fifth"}
"""Endings of variables and of names in the summary, by window of x: at least 0.2, and below 0.2."""


class Period(NamedTuple):
    """A period of a task, such as a delay, in which the inputs of networks are constant: one value per feature."""

    name: str
    values: tuple[float, ...]


@parsers.taking("NAME=number,number,...: a number for each input feature", many=True)
def period(text: str) -> Period:
    """Parses the name of a period and its constant input, such as ``delay=0,0,1``."""
    name, _, values = text.partition("=")
    if not name.strip():
        raise ValueError
    return Period(name.strip(), tuple(map(parsers.number.parse, values.split(","))))


constant_inputs = parsers.axis(
    "input", f"-1:2:41, or one number; at most {MOST_INPUTS:,}", -math.inf, math.inf, MOST_INPUTS
)


@dataclass(frozen=True, kw_only=True)
class DynamicsSettings(OfNetworks):
    """The settings of a study of dynamics.

    Attributes:
        inputs: constant inputs of a single feature; None: `INPUTS` values over the range of all curves, extended by a
            quarter at each end.
        hold: periods for which slow points are found; by default, for networks with several input features, one in
            which all of them are 0.
        weight_scale: factor by which all parameters are multiplied.
    """

    study: ClassVar[str] = "lstm_toys.studies.dynamics.study:Dynamics"

    inputs: Annotated[Axis | None, constant_inputs, "around the curves"] = None
    """Constant inputs; by default 41, over the range of curves and a quarter beyond."""
    hold: Annotated[tuple[Period, ...], period] = ()
    """Name and constant input of a period, such as 'delay=0,0,1', under which to find slow points; repeat --hold for
    each period; by default, for networks with several inputs, all inputs are 0."""
    starts: Annotated[int, range(2, MOST_STARTS + 1)] = 32
    """Number of initial states per network; half of them are states that the network visits. Slow points are sought
    from eight times as many visited states."""
    weight_scale: Annotated[float, parsers.positive, "1"] = 1.0
    """Factor of all parameters, to analyze untrained networks with other weights."""
    trained: Settings

    def __str__(self) -> str:
        return f"dynamics of {self.trained}, {counted(self.starts, 'start')}"

    @classmethod
    def parse(cls, subject: Experiment, typed: Mapping[str, Any]) -> tuple[Experiment, DynamicsSettings, Options]:
        trained, options = configure(subject, typed)
        if {"hold", "inputs"} <= typed.keys():
            raise UsageError("flag --inputs: has no effect with --hold, which sets the constant inputs")
        names = [period.name for period in typed.get("hold", ())]
        if twice := {name for name in names if names.count(name) > 1}:
            raise UsageError(f"flag --hold: the period {min(twice)} is given twice")
        return subject, cls(f"dynamics_{subject.name}", trained=trained, **flags.select(cls, typed)), options
