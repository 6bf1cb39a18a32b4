"""A study that scores the networks of a sweep by the post's published answers. Imports nothing heavy."""

from __future__ import annotations

import json
from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from lstm_toys.runs.context import RunContext
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.study import Study
from lstm_toys.studies.sweep.settings import SweepSettings
from lstm_toys.studies.sweep.study import SweepStudy


class ScoredStudy(Study[SweepSettings]):
    """Scores the settings of a sweep, whose probes are the inputs of the post's network.

    Args:
        networks: the sweep.
        default: the setting to compare with the chosen one.
    """

    name: ClassVar[str]

    def __init__(self, networks: SweepStudy, default: Settings, results_dir: Path) -> None:
        run = Run(SweepSettings(self.name, networks.settings.settings), results_dir)
        super().__init__(run, needs={"networks": networks})
        self.networks, self.default = networks, default

    @abstractmethod
    def score(self) -> dict[str, Any]:
        """Computes the scores from the finished sweep, in the form that JSON stores."""

    @cached_property
    def scores(self) -> dict[str, Any]:
        """The scores, once the sweep is finished."""
        return self.score()

    def digests(self) -> dict[str, str]:
        from lstm_toys.execution.lowering import digest

        return {"scores": digest(json.dumps(self.scores)), "networks": self.networks.run.folder.name}

    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        sizes = {name: getattr(self.settings.settings[0], name) for name in ("seeds", "base_seed")}
        return {"experiment": self.run.name, "flags": sizes, "files": [], **self.scores}
