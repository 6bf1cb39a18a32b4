"""Compares the populations of a sweep in tables and figures."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

import jax
import xarray as xr
from rich import box
from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.figures import Drawing
from lstm_toys.output import counted
from lstm_toys.populations import programs
from lstm_toys.results import arrays, summary
from lstm_toys.runs.study import Metrics
from lstm_toys.studies.sweep import figures, results
from lstm_toys.studies.sweep.settings import SweepSettings
from lstm_toys.studies.training.populations import Populations, stored
from lstm_toys.tasks.parameters import NUMBER, TRAINING

KEPT = 100_000_000
"""Bytes of parameters below which networks are kept by default."""

MOST_ROWS = 100

MOST_MEASURES = 6
"""Most columns of errors and other measures of answers to probes; metrics.json has all."""


class Sweep(Populations[SweepSettings]):
    """Trains populations under many settings."""

    several = True
    unlisted = ("experiment", "settings")

    @cached_property
    def keeps(self) -> bool:
        size = sum(
            leaf.size * leaf.dtype.itemsize * shape.members * len(shape.budgets)
            for shape in self.shapes
            for leaf in jax.tree.leaves(programs.parameter_shapes(shape.task, shape.model))
        )
        return self.settings.keep_networks or size < KEPT

    def lost(self, metrics: Metrics) -> str | None:
        if any(len(row["diverged_seeds"]) < metrics["seeds"] for row in metrics["rows"]):
            return None
        return "every seed of every setting diverged; use smaller learning rates"

    def metrics(self) -> Metrics:
        labeled, goal = self._results(), self.experiment.goal
        training, scaling = arrays.probed(labeled, TRAINING), self.experiment.scaling
        return {
            "experiment": self.run.name,
            "seeds": self.populations[0].seeds,
            "networks": sum(shape.members for shape in self.shapes),
            "shapes": len(self.shapes),
            "flags": self.settings.as_dict(),
            "fingerprints": [
                json.loads(labeled.attrs["fingerprint"]),
                *json.loads(labeled.attrs["earlier_fingerprints"]),
            ],
            **({"goal": summary.described_goal(training, goal)} if goal else {}),
            **({"scaling": str(scaling)} if scaling else {}),
            "varied": results.varied(labeled),
            "rows": results.rows(labeled),
            "loss": arrays.loss_name(training),
            "of_answers": " and ".join(results.of_probes(labeled)) or "RMSE",
        }

    def _results(self) -> xr.DataTree:
        return results.together(stored(self.run, results.UNREAD))

    def report(self) -> Iterator[RenderableType]:
        """Yields the tables of settings and of their answers to probes, and lines about compilation and run time."""
        metrics = self.run.read_metrics()
        rows, varied, seeds = metrics["rows"], metrics["varied"], metrics["seeds"]
        measured = [name for name, value in rows[0].items() if isinstance(value, dict) and name != "train_loss"]
        compared = [name for name in measured if any(row[name]["median"] is not None for row in rows)][:MOST_MEASURES]
        lost = [len(row.get("lost_seeds", ())) for row in rows]
        lines, answers = [], []
        for row, met in zip(rows[:MOST_ROWS], lost, strict=False):
            values = [f"{value:g}" if isinstance(value := row.get(name, "–"), float) else str(value) for name in varied]
            learned = [*([str(row["learned"])] if "learned" in row else []), *[str(met)] * any(lost)]
            lines.append((*values, *learned, str(len(row["diverged_seeds"])), *tables.spread(row["train_loss"])))
            answers.append((*values, *(tables.number(row[name]["median"]) for name in compared)))
        names = [f"{name.removeprefix('learning_').replace('_', ' ')}>" for name in varied]
        outcomes = [*["learned>"] * ("learned" in rows[0]), *["lost>"] * any(lost), "diverged>"]
        columns = [*names, *outcomes, f"{metrics['loss']}>", "95 % bootstrap>"]
        style: dict[str, Any] = {"fold": True, "box": box.SIMPLE_HEAD, "padding": 0}
        yield tables.table(f"{counted(len(rows), 'setting')}, {counted(seeds, 'seed')} each", columns, lines, **style)
        if compared:
            shown = metrics["of_answers"]
            yield f"medians over networks: {shown} of answers to curves that were shown after training"
            yield tables.table(
                "", [*names, *(f"{name.removesuffix(f', {shown}')}>" for name in compared)], answers, **style
            )
        yield from _best(rows, varied, seeds, metrics["loss"])
        if len(rows) > MOST_ROWS or len(measured) > MOST_MEASURES:
            yield f"metrics.json has all {counted(len(rows), 'setting')} and {counted(len(measured), 'measure')}"
        yield from tables.few(min((kept for row in rows if (kept := seeds - len(row["diverged_seeds"]))), default=0))
        if "scaling" in metrics:
            yield f"networks are shown {metrics['scaling']}; losses are of scaled values"
        if "goal" in metrics:
            yield f"learned: {metrics['goal']}{'; lost: met it earlier, but not at last' if any(lost) else ''}"
        trainings = f"{counted(metrics['networks'] // seeds, 'training')} of {counted(seeds, 'seed')}"
        yield (
            f"{counted(metrics['networks'], 'network')}: {trainings}, read at {counted(len(rows), 'setting')}; "
            f"compiled once for each of {counted(metrics['shapes'], 'shape')}"
        )
        yield f"{tables.stages(metrics['seconds'])}; {metrics['member_steps_per_second']:,} member-steps/s"

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        labeled = self._results()
        if (trained := self.experiment.trained) is not None:
            for parameter in reversed(trained.declared):  # Parameters that share a number take the first's name.
                name = f"{NUMBER}{trained.parameters[parameter.name]}"
                if name in labeled.coords:
                    labeled[name].attrs.update(
                        arrays.described(parameter.name, parameter) | {"long_name": f"train {parameter.words}"}
                    )
        yield from figures.draw(labeled, self.experiment.goal).items()


def _best(rows: Sequence[Mapping[str, Any]], varied: Sequence[str], seeds: int, loss: str) -> Iterator[str]:
    """Yields lines about the setting with which most networks learned, and of these, the one with the lowest loss."""
    sound = [row for row in rows if row["train_loss"]["median"] is not None]
    if not sound or not varied:
        return
    best = min(sound, key=lambda row: (-row.get("learned", 0), row["train_loss"]["median"]))
    setting = ", ".join(f"{name.replace('_', ' ')} {best[name]}" for name in varied if name in best)
    learned = f"learned by {best['learned']} of {seeds}, " if "learned" in best else ""
    yield f"best setting: {setting} ({learned}median {loss} {tables.number(best['train_loss']['median'])})"
    edges = []
    for name in varied:
        with suppress(ValueError):  # Names of cells and optimizers have no order.
            numbers = [float(row[name]) for row in rows if name in row]
            if name in best and float(best[name]) in (min(numbers), max(numbers)):
                edges.append(name.replace("_", " "))
    if edges:
        yield f"it lies at the edge of the grid of {' and of '.join(edges)}: values beyond may be better"
