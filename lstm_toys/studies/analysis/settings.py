"""Declares an analysis. Imports nothing heavy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.console import RenderableType

from lstm_toys import arguments, figures
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identity
from lstm_toys.runs.study import Metrics, Study

Keep = Callable[..., Any]
"""Keeps a part of a long analysis: ``keep(name, inputs, compute)`` returns ``compute()`` as JSON has it, or finds it.

A part is a function of its inputs: runs, which count by their names, paths, by the content of their files, arrays and
JSON values. It is found again if these are the same, the library and the versions of installed packages are, and all
modules of the user and of the experiments that were imported when it was finished have the same bytes; those that are
imported now must be among them. A part is not kept if one of these files was edited after the process began, nor in an
interactive session. Other inputs make another part, and earlier ones stay. Two parts of an analysis cannot have the
same name.
"""


@dataclass(frozen=True)
class AnalysisSettings(Identity):
    """The settings of an analysis by name."""

    study: ClassVar[str] = "lstm_toys.studies.analysis.study:AnalysisStudy"

    values: tuple[tuple[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings for JSON."""
        return dict(json.loads(json.dumps({"experiment": self.experiment, **dict(self.values)})))

    def __str__(self) -> str:
        return ", ".join([self.experiment, *(f"{name} {value}" for name, value in self.values)])


@dataclass(frozen=True)
class Analysis:
    """An analysis: numbers, tables and figures that are computed from finished runs alone.

    Attributes:
        name: name of the run's folder.
        settings: JSON values by name that the numbers depend on, in addition to the runs. Another value makes another
            run.
        needs: the runs, by name, as studies that `lt.ask` returns, or other analyses. Missing ones are computed first.
        score: function of the runs, by name, see `Run`, and of a function that keeps parts; see `Keep` in this module.
            It returns numbers by name, also arrays and ones within mappings and sequences. They are computed by every
            command, and stored as ``numbers`` in ``metrics.json``, where NaN and infinite numbers are null.
        report: function of the numbers, as JSON has them (arrays are lists, keys are text, and NaN is None); it returns
            lines, and tables such as `lt.tables.table` makes, to print.
        draw: function of the numbers and the runs that returns drawings by file name; by default there are none.
        files: function of the numbers and the runs that returns the texts of further files, by name; by default there
            are none. What ``report``, ``draw`` and ``files`` need should be imported within them: an edit of what is
            imported when a part is finished computes the part again.
        published: name of the folder for published files in the results folder; by default ``name``.

    Raises:
        ValueError: an attribute is invalid.

    Example:
        >>> import lstm_toys as lt
        >>> from experiments import sine
        >>> lt.Analysis(
        ...     name="learned",
        ...     settings={"seeds": 4},
        ...     needs={"sine": lt.ask(sine.EXPERIMENT, "--seeds=4")},
        ...     score=lambda needs, keep: {"learned": needs["sine"].read_metrics()["converged"]},
        ...     report=lambda numbers: [f"{numbers['learned']} networks learned it"],
        ... ).needs["sine"].name
        'sine'
    """

    name: str
    settings: Mapping[str, Any]
    needs: Mapping[str, Study[Any] | Analysis]
    score: Callable[[Mapping[str, Run], Keep], Metrics]
    report: Callable[[Metrics], Iterable[RenderableType]]
    draw: Callable[[Metrics, Mapping[str, Run]], Mapping[str, figures.Drawing]] = lambda *_: {}
    files: Callable[[Metrics, Mapping[str, Run]], Mapping[str, str]] = lambda *_: {}
    published: str = ""

    def __post_init__(self) -> None:
        arguments.text("name", self.name)
        needs = "runs by name, such as lt.ask returns"
        for need in arguments.mapping("needs", self.needs, needs).values():
            arguments.instance("needs", need, Study | Analysis, needs)
        arguments.kinds(vars(self), settings=Mapping, published=str)
        arguments.kinds(vars(self), **dict.fromkeys(("score", "report", "draw", "files"), Callable))

    @property
    def identity(self) -> AnalysisSettings:
        """The settings of the run."""
        return AnalysisSettings(self.name, tuple(self.settings.items()))
