"""Trains an experiment's population, and shows what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from lstm_toys import figures, results, tables
from lstm_toys.files import is_plain
from lstm_toys.output import counted, listed
from lstm_toys.populations.trained import Networks
from lstm_toys.runs.experiment import INSIDE, Experiment
from lstm_toys.runs.identity import Identified, Settings
from lstm_toys.runs.preparation import Prepared, trial
from lstm_toys.runs.study import Failed, Metrics, Study, described_error, differing
from lstm_toys.studies.training.populations import Populations, stored
from lstm_toys.tasks.parameters import NUMBER

MOST_UNLEARNED = 8
"""Most seeds that are listed for one reason; metrics.json has all."""


class Training(Populations[Settings]):
    """Trains an experiment's population, and evaluates it on the probes."""

    keeps = True

    @cached_property
    def companions(self) -> Mapping[str, Training]:
        with trial(f"experiment {self.experiment.name}: its companions fail"):
            return {name: Training(*other) for name, other in self.experiment.companions(self.settings).items()}

    def differing(self) -> dict[str, Any]:
        return differing(self.experiment, self.settings)

    def lost(self, metrics: Metrics) -> str | None:
        if len(metrics["diverged_seeds"]) < metrics["seeds"]:
            return None
        rate = metrics["flags"]["learning_rate"]
        return f"{self.name}: every seed diverged with --learning_rate={rate:g}; use a smaller one"

    def metrics(self) -> Metrics:
        labeled = stored(self.run)
        metrics, fit = results.summary.metrics(labeled, self.experiment.goal), results.arrays.not_diverged(labeled)
        with trial(f"experiment {self.experiment.name}: its compare fails"):
            return metrics | {"published": self.experiment.compare(fit) if fit.sizes["seed"] else []}

    def report(self) -> Iterator[RenderableType]:
        """Yields how many networks learned, their recipe, tables of errors and learning, and lines about run time."""
        metrics = self.run.read_metrics()
        diverged = metrics["diverged_seeds"]
        kept = metrics["seeds"] - len(diverged)
        if "goal" in metrics:
            yield f"{metrics['converged']} of {counted(metrics['seeds'], 'network')} learned it: {metrics['goal']}"
        if diverged:
            last = max(metrics["last_sound_steps"])
            yield f"diverged (the last after step {last:,}) and excluded from all statistics: seeds {listed(diverged)}"
        yield self._recipe()
        if "goal" in metrics:
            yield from _unlearned(metrics["unlearned"])
        networks = f"{kept} of {counted(metrics['seeds'], 'network')}"
        title = f"{self.name}: {networks} after {counted(metrics['steps'], 'step')}"
        rows = [(name, *tables.spread(row), row["interval"]) for name, row in metrics["summary"].items()]
        yield tables.table(title, ("", "median>", "interval>", "which is"), rows)
        yield from tables.few(kept)
        if self.beside and "goal" in metrics:
            yield _beside(metrics, {name: run.read_metrics() for name, run in self.beside.items()})
        if metrics["published"]:
            rows = [
                (row["curve"], str(row["points"]), f"{row['inside_share']:.0%}", f"{row['rmse_of_median']:.3f}")
                for row in metrics["published"]
            ]
            title = "published answers, compared with these networks"
            yield tables.table(title, ("", "points>", "inside 5–95 %>", "RMSE>"), rows)
            yield f"{INSIDE}; RMSE: between the networks' median and the published points"
            yield from dict.fromkeys(row["note"] for row in metrics["published"] if "note" in row)
        if "scaling" in metrics:
            yield f"networks are shown {metrics['scaling']}; answers and errors are in the file's units"
        if "last_steps" in metrics:
            early = sum(step < metrics["steps"] for step in metrics["last_steps"])
            hold = counted(self.settings.early_stopping.records, "record")
            yield f"{early} of them stopped early, after meeting the goal at {hold} in a row"
        if metrics["earlier_fingerprints"]:
            yield "started under another execution fingerprint; see metrics.json"
        since = " (since it was continued)" if metrics["continued"] else ""
        yield f"{tables.stages(metrics['seconds'])}{since}; {metrics['member_steps_per_second']:,} member-steps/s"

    def _recipe(self) -> str:
        settings, experiment = self.settings, self.experiment
        cell = [settings.cell] * (settings.cell == "lstm")  # Others are named by the network.
        network = [*cell, settings.network] if experiment.model is None else ["a model of its own"]
        rate = f"{settings.optimizer} with learning rate {settings.learning_rate:g}"
        others = {f"{NUMBER}{name}": value for name, value in settings.numbers}
        others |= {"noise": settings.noise} if settings.noise else {}
        more = [f"{name} {value:g}" for name, value in others.items()] + ["a penalty"] * bool(experiment.penalty)
        more += [f"trained on from {study.settings}" for study in self.needs.values()]
        parts = ", ".join(network), f"{rate} for {counted(settings.steps, 'step')}", ", ".join(more)
        return f"recipe: {'; '.join(filter(None, parts))}"

    def draw(self) -> Iterator[tuple[str, figures.Drawing]]:
        """Draws the experiment's figures from labeled results alone; raises Failed if its ``draw`` fails."""
        from matplotlib.figure import Figure

        labeled, others = stored(self.run), {name: stored(run) for name, run in self.beside.items()}
        failed = f"experiment {self.experiment.name}: its draw"
        kept = "the trained run is kept, and the same command draws it"
        try:
            draw = self.experiment.draw
            drawings = draw(labeled, others) if draw else figures.usual(labeled, self.experiment.goal)
        except Exception as error:  # A user's code may raise anything.
            raise Failed(f"{failed} raised {described_error(error)}; {kept}") from None
        if not isinstance(drawings, Mapping):
            raise Failed(f"{failed} returned {type(drawings).__name__}, no dictionary of drawings by file name; {kept}")
        for name, drawing in drawings.items():
            ending = ".png" if isinstance(drawing, Figure) else ".gif"
            if not isinstance(drawing, figures.Drawing) or not is_plain(name) or not name.endswith(ending):
                returned = f"returned {type(drawing).__name__} under {name!r}"
                raise Failed(f"{failed} {returned}; a Figure goes under NAME.png, an animation under NAME.gif; {kept}")
        yield from drawings.items()


class PopulationStudy(Study[Identified]):
    """Asks about the networks of a trained population; its settings have those of the training as ``trained``."""

    experiment: Experiment

    def __init__(self, experiment: Experiment, subject: Any, settings: Any) -> None:
        super().__init__(subject, settings)
        self.experiment, self.prepared = experiment, Prepared(experiment, settings.trained)

    @cached_property
    def needs(self) -> dict[str, Training]:
        return {"population": Training(self.experiment, self.prepared.settings)}

    def differing(self) -> dict[str, Any]:
        return super().differing() | differing(self.experiment, self.prepared.settings)

    @cached_property
    def networks(self) -> Networks:
        from lstm_toys.runs.loading import networks_of

        return networks_of(self.needed["population"], self.prepared.model)

    def described(self) -> Metrics:
        """Metrics that describe the population; raises Failed if every seed diverged."""
        population = self.needed["population"]
        trained = population.read_metrics()
        if lost := self.needs["population"].lost(trained):
            raise Failed(lost)
        return {
            "experiment": self.run.name,
            "population": population.folder.name,
            "seeds": trained["seeds"],
            "diverged_seeds": trained["diverged_seeds"],
            "interval": "95 % bootstrap of the median over seeds",
            "flags": self.settings.as_dict(),
            "fingerprint": trained["fingerprint"],
            "files": [self.run.results.name],
        }


def _unlearned(seeds: Sequence[Mapping[str, Any]]) -> Iterator[RenderableType]:
    """Yields a table of the seeds that did not learn, by reason."""
    reasons: dict[str, list[str]] = {}
    for seed in seeds:
        step = "" if seed["step"] is None else f" ({seed['step']:,})"
        reasons.setdefault(seed["why"], []).append(f"{seed['seed']}{step}")
    rows = [(why, str(len(texts)), listed(texts, MOST_UNLEARNED)) for why, texts in reasons.items()]
    if rows:
        columns = ("why seeds did not learn", "count>", "seeds (after which step)")
        yield tables.table("", columns, rows, fold=True, **tables.PLAIN)


def _beside(metrics: Metrics, beside: Mapping[str, Metrics]) -> Table:
    rows = []
    for name, run in {"this run": metrics, **beside}.items():
        learned = f"{run['converged']} of {run['seeds']}"
        rows.append((name, learned, *tables.spread(run["summary"]["steps until learned"])))
    title = f"steps until {metrics['goal']}, and stays there"
    return tables.table(title, ("", "learned>", "median>", "quartiles>"), rows)
