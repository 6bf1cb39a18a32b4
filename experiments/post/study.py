"""A study that scores the networks of a sweep by the post's published answers. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.study import DerivedStudy
from lstm_toys.studies.sweep.ask import SweepSettings
from lstm_toys.studies.sweep.study import SweepStudy


class ScoredStudy(DerivedStudy[SweepSettings]):
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

    @property
    def flags(self) -> dict[str, Any]:
        return {name: getattr(self.settings.settings[0], name) for name in ("seeds", "base_seed")}
