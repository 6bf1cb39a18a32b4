"""Evaluates a population on sequences of different lengths, which its task makes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import numpy as np
import xarray as xr
from jaxtyping import Float, PyTree

from lstm_toys.execution import devices, lowering
from lstm_toys.execution.base import ExecutionLog, Job
from lstm_toys.execution.progress import EvaluationProgress
from lstm_toys.figures import Drawing
from lstm_toys.populations import answering, blocks
from lstm_toys.populations.footprint import Footprint
from lstm_toys.results import arrays, storage
from lstm_toys.runs.checks import trial
from lstm_toys.runs.context import Refused, RunContext
from lstm_toys.runs.measure import Measure
from lstm_toys.runs.measured import of_probes
from lstm_toys.runs.trained import Evaluated
from lstm_toys.statistics import intervals
from lstm_toys.studies.generalization import length_figure, results
from lstm_toys.studies.generalization.results import Maps, measures_at
from lstm_toys.studies.generalization.study import Generalization
from lstm_toys.tasks.planes import LENGTH
from lstm_toys.tasks.probes import Probe, probe_at
from lstm_toys.tasks.span import Span
from lstm_toys.tasks.supervision import Task, measured

HELD = 4
"""Most arrays in memory at once with the size of the answers to all sequences of one length."""


class LengthPart(NamedTuple):
    """Some members of the population on sequences of one length; every leaf of ``params`` is ``[S, ...]``."""

    place: int
    members: slice
    params: PyTree

    def __str__(self) -> str:
        return f"members {self.members.start:,} to {self.members.stop - 1:,} on length {self.place}"


@dataclass(frozen=True)
class LengthJob(Job[LengthPart, dict[str, Float[np.ndarray, "S ..."]]]):
    """Measures networks on sequences of several lengths.

    ``member`` holds the shapes of the parameters of ONE network, and a program works on ``block`` members.
    """

    model: nn.Module
    task: Task
    span: Span
    measures: tuple[Measure, ...]
    probes: tuple[Probe, ...]
    member: PyTree[jax.ShapeDtypeStruct]
    block: int

    def digests(self) -> lowering.Digests:
        """Digests of the programs, the sequences and the measures."""
        digests = lowering.compiled()
        for each in self.probes:
            digests |= answering.digests_of(self.model, self.member, each.inputs, self.block, self.block, each.name)
            digests[f"targets {each.name}"] = lowering.digest(each.targets)
        for measure in self.measures:
            digests |= measure.digests(self.task)
        return digests

    def function(self) -> Callable[[LengthPart], dict[str, Float[np.ndarray, "S ..."]]]:
        """Makes the function that measures a part."""

        def compute(part: LengthPart) -> dict[str, Float[np.ndarray, "S ..."]]:
            probe = self.probes[part.place]
            answers = answering.answers(self.model, part.params, probe.inputs, block=self.block)
            time = np.arange(probe.inputs.shape[1], dtype=float)
            labeled = arrays.answered(self.task, time, self.span, [probe], {"": answers})
            values = of_probes(self.task, self.measures, labeled)
            return {name: each[:, 0] for name, each in values.items()}

        return compute


class Lengths(Generalization):
    """Evaluates a trained population on sequences of several lengths, which its task makes."""

    @cached_property
    def probes(self) -> list[Probe]:
        """The sequences of each length."""
        trained = self.settings.trained
        task, numbers = self.task(trained.timesteps), dict(trained.numbers)
        return [probe_at(f"{length:,}", task, length, numbers) for length in self.settings.lengths]

    @property
    def answers(self) -> int:
        return self.settings.trained.seeds * sum(len(each.inputs) for each in self.probes)

    def check(self) -> None:
        refused, task = f"generalization of {self.experiment.name}: ", self.task(self.settings.trained.timesteps)
        if task.at_length is None:
            raise Refused(
                f"{refused}it declares neither trained=lt.Trained(family, parameters), for grids of curves, nor a task "
                "with at_length, for longer sequences"
            )
        with trial(f"{refused}its sequences cannot be made"):
            len(self.probes)

    def footprint(self) -> Footprint:
        """Estimates memory and disk for the answers of one length."""
        task, seeds = self.task(self.settings.trained.timesteps), self.settings.trained.seeds
        most = max(each.inputs.shape[0] * (each.inputs.shape[1] if task.sequence else 1) for each in self.probes)
        return Footprint(HELD * 4 * seeds * most * len(task.output_features), 16 * seeds * len(self.probes))

    def job(self, trained: Evaluated) -> LengthJob:
        """Makes the job that evaluates a population on the sequences of a self."""
        task, experiment = self.task(self.settings.trained.timesteps), self.experiment
        probes, measures = (*self.probes,), (*experiment.measures,)
        return LengthJob(self.model, task, experiment.span, measures, probes, trained.member, trained.block)

    def evaluate(
        self, trained: Evaluated, context: RunContext, progress: EvaluationProgress, attributes: dict[str, Any]
    ) -> list[dict[str, Any]]:
        count, lengths = len(trained.diverged), self.settings.lengths
        log = ExecutionLog(devices.fingerprint(trained.block))
        size = blocks.group_size(count, trained.block, context.executor.devices, context.executor.workers)
        whole: dict[str, np.ndarray] = {}
        done = 0
        for part, (values, fingerprint) in context.executor.map(
            self.job(trained), _parts(trained, len(lengths), size), context.stop
        ):
            log.add(str(part), fingerprint)
            for name, each in values.items():
                whole.setdefault(name, np.empty((count, len(lengths), *each.shape[1:]), np.float32))
                whole[name][part.members, part.place] = each
            done += (part.members.stop - part.members.start) * len(self.probes[part.place].inputs)
            progress(done)
        described = {key: json.dumps(value) for key, value in attributes.items()}
        if log.others:
            described["executed_elsewhere"] = json.dumps(log.others)
        words = {each.name: {"long_name": each.label, "units": each.unit} for each in self.experiment.measures}
        axes = {"accuracy": ("seed", LENGTH, "counted")}
        labeled = xr.Dataset(
            {
                "diverged": ("seed", trained.diverged.astype(np.int8)),
                **{n: (axes.get(n, ("seed", LENGTH)), each, words.get(n, {})) for n, each in whole.items()},
            },
            {
                "seed": np.arange(count),
                LENGTH: (LENGTH, list(lengths), {"long_name": "sequence length", "units": "time points"}),
                **({"counted": list(measured(self.experiment.small[1].loss) or ())} if "accuracy" in whole else {}),
            },
            described,
        )
        storage.save_results(labeled, self.run.results)
        return log.others

    def rows(self, maps: Maps) -> dict[str, intervals.Estimate]:
        return {
            f"{length:,} time points, {label}": intervals.median_bootstrap(values.sel({LENGTH: length}).values)
            for label, values in measures_at(maps.root).items()
            for length in maps.root[LENGTH].values.tolist()
        }

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        with results.opened(self.run.checked("results.nc")) as maps:
            if len(maps.seeds):
                yield "length.png", length_figure.draw(maps.root, self.settings.trained.timesteps)


def _parts(trained: Evaluated, lengths: int, size: int) -> Iterator[LengthPart]:
    for place in range(lengths):
        for members, params in trained.split(size):
            yield LengthPart(place, members, params)
