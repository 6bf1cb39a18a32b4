"""The study of which settings of a sweep explain the published answers. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from lstm_toys.runs.context import RunContext
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.study import Study
from lstm_toys.studies.sweep.settings import SweepSettings
from lstm_toys.studies.sweep.study import SweepStudy

from . import report

if TYPE_CHECKING:
    from lstm_toys.figures import Drawing


class RecipeStudy(Study[SweepSettings]):
    """The scores of the settings of a sweep.

    Args:
        networks: the sweep, with the inputs of the post's network as probes.
        default: the setting to compare with the chosen one.
    """

    def __init__(self, networks: SweepStudy, default: Settings, results_dir: Path) -> None:
        run = Run(SweepSettings("recipe", networks.settings.settings), results_dir)
        super().__init__(run, needs={"networks": networks})
        self.networks, self.default = networks, default

    @cached_property
    def scores(self) -> dict[str, Any]:
        """The scores, once the sweep is finished; see `computation.summarize`."""
        from . import computation

        return computation.scores(self)

    def digests(self) -> dict[str, str]:
        from . import computation

        return computation.digests(self)

    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        sizes = {name: getattr(self.settings.settings[0], name) for name in ("seeds", "base_seed")}
        return {"experiment": self.run.name, "flags": sizes, "files": [], **self.scores}

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        from . import computation

        return computation.draw(self)

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        return report.report(metrics)
