"""Trains networks under drawn recipes, some networks of each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import xarray as xr
from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.figures import Drawing
from lstm_toys.output import counted
from lstm_toys.populations.trained import Networks
from lstm_toys.results import arrays, saving
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.runs.study import Metrics, Refused, RunContext
from lstm_toys.studies.training.populations import Populations, stored
from lstm_toys.tasks.parameters import TRAINING

FILE = "recipes.csv"
"""The settings of each recipe, one a line."""


@dataclass(frozen=True, kw_only=True)
class RecipeSettings(Identity):
    """The settings of recipes, of which each has as many networks: recipe r of two has the seeds 2r and 2r + 1."""

    study: ClassVar[str] = "lstm_toys.studies.training.recipes:RecipeTraining"

    settings: tuple[Settings, ...]

    def __str__(self) -> str:
        return f"{counted(len(self.settings), 'recipe')}, {counted(self.settings[0].seeds, 'network')} each"


class RecipeTraining(Populations[RecipeSettings]):
    """Trains an experiment's networks under drawn recipes, one compiled program for all that can share it."""

    several = joined = keeps = True
    unlisted = ("experiment", "settings")

    def check(self) -> None:
        if self.experiment.initial is not None:
            raise Refused(f"experiment {self.experiment.name}: it trains on from other networks, so it has no recipes")
        super().check()

    def compute(self, context: RunContext) -> Metrics:
        labels = {
            shape.settings: f"{counted(len(shape.numbers), 'recipe')}, {shape.settings.optimizer}, {shape.network}"
            for shape in self.shapes
        }
        return super().compute(context._replace(labels=labels))

    def metrics(self) -> Metrics:
        labeled = stored(self.run)
        return {
            "experiment": self.run.name,
            "seeds": labeled.sizes["seed"],
            "recipes": len(self.populations),
            "diverged_seeds": labeled.seed.values[labeled.diverged.values].tolist(),
            **({"converged": int(labeled.learned.sum())} if "learned" in labeled else {}),
            "flags": self.settings.as_dict(),
        }

    def texts(self) -> dict[str, str]:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["recipe", *self.populations[0].labels])
        for recipe, settings in enumerate(self.populations):  # NaN: does not exist.
            writer.writerow([recipe, *("" if value != value else value for value in settings.labels.values())])
        return {FILE: text.getvalue()}

    def parts(self, run: Run) -> Iterator[Networks]:
        """Yields the networks of each model and number of steps of the finished run, with results until that step.

        Without a goal, networks learned if they did not diverge.
        """
        labeled = stored(run)
        learned = labeled.learned.values.astype(bool) if "learned" in labeled else ~labeled.diverged.values
        labeled = arrays.of_networks(labeled, {"learned": ("seed", learned)})
        for number, shape in enumerate(self.shapes):
            networks = saving.load(run.checked(f"{saving.SWEPT}{number}.json"), model=shape.model)
            for steps, populations in shape.populations.items():
                own = networks.at(steps)[populations >= 0]
                nodes = arrays.nodes_of(labeled.sel(seed=own.seeds))
                records = nodes[TRAINING].sel(step=slice(None, steps)).dropna("step", how="all", subset=["train_loss"])
                yield replace(own, labeled=xr.DataTree.from_dict({**nodes, TRAINING: records}))

    def report(self) -> Iterator[RenderableType]:
        metrics = self.run.read_metrics()
        learned = f"{metrics['converged']} of them learned it; " if "converged" in metrics else ""
        lost = len(metrics["diverged_seeds"])
        yield f"{self.name}: {self.settings}, in {FILE}; {learned}{counted(lost, 'network')} diverged"
        yield f"{tables.stages(metrics['seconds'])}; {metrics['member_steps_per_second']:,} member-steps/s"

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        yield from ()
