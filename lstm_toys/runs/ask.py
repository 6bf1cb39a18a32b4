"""What is asked for, before anything heavy is loaded: a study, its settings, and the runs that it needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Generic

from rich.console import RenderableType

from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identified

Metrics = dict[str, Any]
"""The summary of a finished run, as JSON has it."""


@dataclass(frozen=True, eq=False)
class Ask(Generic[Identified]):
    """A run that is asked for; asks are equal if their results folders, settings and subjects are.

    Attributes:
        study: the class that computes the run, as ``package.module:Class``.
        report: makes the closing lines and tables from the ask, its finished run, and the runs of its companions.
        lost: a one-line message, from metrics, if every seed diverged; else None.
        subject: what is declared of the run, such as its experiment.
        needs: runs that must be finished before this one is computed.
        companions: runs that must be finished before this one is drawn.
        publish_as: where the set is published, relative to ``results_dir``; by default a folder of the run's name.
    """

    study: str
    settings: Identified
    results_dir: Path
    report: Callable[[Ask[Any], Run, Mapping[str, Run]], Iterable[RenderableType]]
    lost: Callable[[Metrics], str | None] = field(default=lambda _: None)
    subject: Any = None
    needs: Mapping[Any, Ask[Any]] = field(default_factory=dict)
    companions: Mapping[str, Ask[Any]] = field(default_factory=dict)
    publish_as: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ask) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @cached_property
    def _identity(self) -> tuple[Path, str, str, int]:
        return self.results_dir, self.study, json.dumps(self.settings.as_dict()), id(self.subject)

    @property
    def name(self) -> str:
        """The name of the experiment or study."""
        return self.settings.experiment

    @property
    def runs(self) -> Path:
        """The folder of all runs."""
        return self.results_dir / "runs"

    @property
    def published(self) -> Path:
        """The folder of the published set."""
        return self.results_dir / (self.publish_as or self.name)

    def needed_first(self) -> Iterator[Ask[Any]]:
        """Yields all runs that this one needs, each after its own needs, and then this one."""
        for each in self.needs.values():
            yield from each.needed_first()
        yield self

    def within(self, results_dir: Path) -> Ask[Identified]:
        """The same run in another folder of results, with all that it needs."""
        needs = {name: each.within(results_dir) for name, each in self.needs.items()}
        companions = {name: each.within(results_dir) for name, each in self.companions.items()}
        return replace(self, results_dir=results_dir, needs=needs, companions=companions)

    def load(self) -> Any:
        """Loads the class of the study, a `lstm_toys.runs.study.Study`, and makes one."""
        module, _, name = self.study.partition(":")
        return getattr(import_module(module), name)(self)
