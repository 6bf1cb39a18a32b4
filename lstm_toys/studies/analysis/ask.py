"""Declares an analysis, and asks for it. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from lstm_toys import arguments, figures
from lstm_toys.runs import manifest
from lstm_toys.runs.ask import Ask, Metrics
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identity

Keep = Callable[..., Any]
"""Computes a part of a long analysis: ``keep(words, inputs, compute)`` returns ``compute()``, or what was kept of an
earlier call with the same inputs, runs or JSON values, and code, that of ``compute`` and of all modules that its module
imports. ``words`` are printed afterwards."""


@dataclass(frozen=True)
class AnalysisSettings(Identity):
    """The settings of an analysis by name, and the keys of the runs that it needs; see `Ask.key`."""

    values: tuple[tuple[str, Any], ...]
    needs: tuple[tuple[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings for JSON."""
        return {"experiment": self.experiment, **dict(self.values), "needs": dict(self.needs)}

    def __str__(self) -> str:
        return ", ".join([self.experiment, *(f"{name} {value}" for name, value in self.values)])


@dataclass(frozen=True)
class Analysis:
    """An analysis: what is computed from finished runs alone.

    Attributes:
        name: name of the run's folder.
        settings: JSON values that numbers depend on, in addition to the runs, by name.
        needs: the runs, by name; missing ones are computed first.
        score: computes the numbers that the run stores, as JSON, from the runs and a function that keeps parts; see
            `Keep`.
        report: makes tables and lines from the metrics: these numbers, and entries that all runs have.
        draw: makes drawings by file name from the metrics and the runs.
        files: makes further text files by name, also from these.
        published: folder of the published set in the results folder; by default the name.

    Example:
        >>> import lstm_toys as lt
        >>> from experiments import sine
        >>> lt.Analysis(
        ...     name="learned",
        ...     settings={"seeds": 4},
        ...     needs={"sine": lt.ask(sine.EXPERIMENT, "--seeds=4")},
        ...     score=lambda needs, keep: {"learned": needs["sine"].read_metrics()["converged"]},
        ...     report=lambda metrics: [f"{metrics['learned']} networks learned it"],
        ... ).needs["sine"].name
        'sine'
    """

    name: str
    settings: Mapping[str, Any]
    needs: Mapping[str, Ask[Any]]
    score: Callable[[Mapping[str, Run], Keep], Metrics]
    report: Callable[[Metrics], Iterable[RenderableType]]
    draw: Callable[[Metrics, Mapping[str, Run]], Mapping[str, figures.Drawing]] = lambda *_: {}
    files: Callable[[Metrics, Mapping[str, Run]], Mapping[str, str]] = lambda *_: {}
    published: str = ""

    def __post_init__(self) -> None:
        arguments.text("name", self.name)
        needs = "runs by name, such as lt.ask returns"
        arguments.instances("needs", [*arguments.mapping("needs", self.needs, needs).values()], Ask, needs)
        arguments.kinds(vars(self), settings=Mapping, published=str)
        arguments.kinds(vars(self), **dict.fromkeys(("score", "report", "draw", "files"), Callable))


def ask(analysis: Analysis, results_dir: Path) -> Ask[AnalysisSettings]:
    """Asks for an analysis, and for the runs that it needs in the same folder of results."""
    needs = tuple((name, f"{each.name} {each.key} {each.declared}") for name, each in analysis.needs.items())
    return Ask(
        "lstm_toys.studies.analysis.study:AnalysisStudy",
        AnalysisSettings(analysis.name, tuple(analysis.settings.items()), needs),
        results_dir,
        lambda _, run, __: analysis.report(run.read_metrics()),
        manifest.declared(analysis.score, analysis.draw, analysis.files),
        subject=analysis,
        needs={name: each.within(results_dir) for name, each in analysis.needs.items()},
        publish_as=analysis.published,
    )
