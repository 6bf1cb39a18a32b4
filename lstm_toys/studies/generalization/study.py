"""Evaluates a trained population: the parts that grids, lengths and the user's curves share."""

from abc import abstractmethod
from functools import cached_property
from typing import Any

import flax.linen as nn

from lstm_toys.execution.base import Job
from lstm_toys.execution.lowering import Digests
from lstm_toys.execution.progress import EvaluationProgress
from lstm_toys.results.summary import as_json
from lstm_toys.runs import checks
from lstm_toys.runs.ask import Ask, Metrics
from lstm_toys.runs.context import Failed, Refused, RunContext
from lstm_toys.runs.preparation import network
from lstm_toys.runs.study import Study
from lstm_toys.runs.trained import Evaluated, load
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.studies.generalization import results
from lstm_toys.studies.generalization.ask import Evaluation, Subject
from lstm_toys.studies.generalization.results import Maps
from lstm_toys.studies.training import ask as training
from lstm_toys.tasks.supervision import Task


class Generalization(Study[Evaluation]):
    """Evaluates a trained population."""

    def __init__(self, ask: Ask[Evaluation]) -> None:
        super().__init__(ask)
        self.subject: Subject = ask.subject
        self.experiment = self.subject.experiment

    @property
    @abstractmethod
    def answers(self) -> int:
        """The number of answers to measure."""

    @abstractmethod
    def job(self, trained: Evaluated) -> Job[Any, Any]:
        """Makes the job that evaluates the population."""

    @abstractmethod
    def evaluate(
        self, trained: Evaluated, context: RunContext, progress: EvaluationProgress, attributes: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Evaluates the population, and writes the results; returns `ExecutionLog.others`.

        ``attributes`` are written as JSON.
        """

    @abstractmethod
    def rows(self, maps: Maps) -> dict[str, Estimate]:
        """Medians over seeds, by name."""

    def task(self, timesteps: int) -> Task:
        """The training task with ``timesteps`` time points."""
        return self.experiment.at(timesteps)[1]

    @cached_property
    def model(self) -> nn.Module:
        """The networks' architecture."""
        trained = self.settings.trained
        return network(self.experiment, self.task(trained.timesteps), trained)

    def check_features(self, allowed: set[str]) -> None:
        """Raises Refused unless y is among the inputs, all inputs are in ``allowed``, and answered sequences have y."""
        checks.check_values(self.experiment, "generalization")
        task = self.experiment.small[1]
        refused = f"generalization of {self.experiment.name}: "
        if not {*task.input_features} <= allowed or "y" not in task.input_features:
            words = "y, or x and y" if "x" in allowed else "y"
            shown = " and ".join(task.input_features)
            raise Refused(f"{refused}its networks are shown {shown}; this takes those that see {words}")
        if task.sequence and "y" not in task.output_features:
            raise Refused(f"{refused}its networks answer {' and '.join(task.output_features)}, of which none is y")

    def digests(self) -> Digests:
        population = self.needs["population"]
        return {**self.job(load(population)).digests(), "population": population.folder.name, "code": self.code}

    def compute(self, context: RunContext) -> Metrics:
        """Evaluates a finished population, and writes its answers or their measures.

        Raises:
            Failed: every seed of the population diverged.
        """
        population = self.needs["population"]
        if lost := training.lost(population.read_metrics()):
            raise Failed(lost)
        trained = load(population)
        fingerprint = trained.metrics["fingerprint"]
        attributes = {"flags": self.settings.as_dict(), "fingerprint": fingerprint, "run": self.run.folder.name}
        with context.timed("evaluate"), EvaluationProgress(context.console, self.answers) as progress:
            elsewhere = self.evaluate(trained, context, progress, attributes)
        return {
            "experiment": self.run.name,
            "population": population.folder.name,
            "seeds": len(trained.diverged),
            "diverged_seeds": trained.metrics["diverged_seeds"],
            "answers": self.answers,
            "answers_per_second": round(self.answers / context.seconds["evaluate"]),
            "interval": "95 % bootstrap of the median over seeds",
            "flags": self.settings.as_dict(),
            "fingerprint": fingerprint,
            **({"executed_elsewhere": elsewhere} if elsewhere else {}),
            "files": [self.run.results.name],
        }

    def metrics(self) -> Metrics:
        with results.opened(self.run.results) as maps:
            return {"summary": {name: as_json(row) for name, row in self.rows(maps).items()}}
