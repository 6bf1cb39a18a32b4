"""Trains the populations of a sweep with as few compiled programs as their shapes allow."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import jax
import numpy as np
import xarray as xr
from jaxtyping import Int
from rich import box
from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.execution import code
from lstm_toys.execution.lowering import CALLBACK, Digests, compiled, digest
from lstm_toys.execution.signals import Stopped
from lstm_toys.figures import Drawing
from lstm_toys.output import counted
from lstm_toys.populations import programs, records
from lstm_toys.populations.group import Group
from lstm_toys.populations.trained import Networks
from lstm_toys.results import arrays, regions, saving, storage, summary
from lstm_toys.runs import checks, preparation
from lstm_toys.runs.context import Refused, RunContext
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import SWEPT, Settings
from lstm_toys.runs.study import Metrics, Study
from lstm_toys.studies.sweep import figures, results
from lstm_toys.studies.sweep.settings import SweepSettings
from lstm_toys.tasks.parameters import NUMBER, TRAINING
from lstm_toys.tasks.probes import by_points, by_probe, curves_of, lengths_of

KEPT = 100_000_000
"""Bytes of parameters below which networks are kept by default."""

MOST_ROWS = 100

MOST_MEASURES = 6
"""Most columns of errors and other measures of answers to probes; metrics.json has all."""


@dataclass(frozen=True)
class Shape:
    """Settings that share compiled programs: they differ only in traced hyperparameters and in steps.

    Attributes:
        common: one of the settings, from which to read shared values.
        numbers: by combination of traced hyperparameters and training numbers, the index of the setting in the sweep,
            by steps.
    """

    common: Settings
    numbers: dict[tuple[tuple[str, float], ...], dict[int, int]]

    @property
    def budgets(self) -> list[int]:
        """The steps at which answers are recorded; every combination is trained to the last."""
        return sorted({steps for numbers in self.numbers.values() for steps in numbers})

    @property
    def members(self) -> int:
        return self.common.seeds * len(self.numbers)

    @property
    def start(self) -> dict[str, Any]:
        """Seeds and hyperparameters, ``[M]`` each: all seeds of the first combination, then of the second, ..."""
        every = [*map(dict, self.numbers)]
        columns = {name: np.repeat([each[name] for each in every], self.common.seeds) for name in every[0]}
        numbers = {name.removeprefix(NUMBER): columns.pop(name) for name in [*columns] if name.startswith(NUMBER)}
        seeds = np.tile(np.arange(self.common.seeds), len(every))
        return {"seeds": seeds, "numbers": numbers, **columns}

    @property
    def settings(self) -> dict[int, Int[np.ndarray, " M"]]:
        """The index of each member's setting in the sweep, by steps; -1 where there is none."""
        return {
            steps: np.repeat([each.get(steps, -1) for each in self.numbers.values()], self.common.seeds)
            for steps in self.budgets
        }

    def places(self, members: range, steps: int) -> Iterator[tuple[int, slice, slice]]:
        """Yields the index of each setting among members, the slice of its members, and the slice of their seeds."""
        for combination, numbers in enumerate(self.numbers.values()):
            first = combination * self.common.seeds
            begin, end = max(members.start, first), min(members.stop, first + self.common.seeds)
            if begin < end and steps in numbers:
                places = slice(begin - members.start, end - members.start), slice(begin - first, end - first)
                yield numbers[steps], *places


def shapes(settings: Sequence[Settings], experiment: Experiment) -> list[Shape]:
    """Groups settings by the programs that have to be compiled; an optimizer of the user's may need one for each."""
    groups: dict[tuple[Any, ...], Shape] = {}
    for number, each in enumerate(settings):
        traced = preparation.Prepared(experiment, each).traced
        kind = tuple(getattr(each, name) for name in SWEPT if name not in (*traced, "steps"))
        hyper = tuple(
            (name, value)
            for name, value in each.swept.items()
            if value is not None and (name in traced or name.startswith(NUMBER))
        )
        shape = groups.setdefault(kind, Shape(each, {}))
        shape.numbers.setdefault(hyper, {})[each.steps] = number
    return list(groups.values())


class Sweep(Study[SweepSettings]):
    """Trains populations under many settings, one compiled program per `Shape`."""

    def __init__(self, experiment: Experiment, settings: SweepSettings) -> None:
        super().__init__(experiment, settings)
        self.experiment = experiment

    @cached_property
    def shapes(self) -> list[Shape]:
        return shapes(self.settings.settings, self.experiment)

    @cached_property
    def prepared(self) -> list[preparation.Prepared]:
        return [preparation.Prepared(self.experiment, shape.common) for shape in self.shapes]

    @cached_property
    def keeps(self) -> bool:
        """Whether the networks are kept."""
        size = sum(
            leaf.size * leaf.dtype.itemsize * shape.members * len(shape.budgets)
            for shape, each in zip(self.shapes, self.prepared, strict=True)
            for leaf in jax.tree.leaves(programs.parameter_shapes(each.task, each.model))
        )
        return self.settings.keep_networks or size < KEPT

    def check(self) -> None:
        for timesteps, numbers in {each.timesteps: each.numbers for each in self.settings.settings}.items():
            checks.check_experiment(self.experiment, timesteps, dict(numbers))
        if self.experiment.initial is not None:
            raise Refused(
                f"experiment {self.experiment.name} trains on from networks of another run; sweeps begin anew"
            )
        for prepared in self.prepared:
            prepared.check()
            if self.keeps:
                with checks.trial(f"experiment {self.experiment.name}: its networks cannot be kept"):
                    saving.described(prepared.model)

    def efforts(self) -> dict[Settings, float]:
        return {shape.common: float(shape.members * shape.budgets[-1]) for shape in self.shapes}

    def values(self) -> Digests:
        digests: Digests = {}
        for shape, prepared in zip(self.shapes, self.prepared, strict=True):
            common = shape.common
            specification, start = _specified(shape, prepared)
            words = f"{common.optimizer}, {common.network}, {common.timesteps} points"
            words += "" if "learning_rate" in prepared.traced else f", learning rate {common.learning_rate!r}"
            parts = {**prepared.declared_digests(), **specification.digests(shape.members), "members": digest(start)}
            if self.keeps and self.experiment.model is not None:
                parts["model"] = digest(saving.signature(prepared.model))
            digests[words] = digest(parts)
            digests |= {name: each for name, each in parts.items() if name == CALLBACK}
        return {**digests, **compiled(), "library": code.library("studies/sweep")}

    def compute(self, context: RunContext) -> Metrics:
        """Trains and evaluates a group of members at a time, from checkpoints on; raises what `lt.train` raises."""
        run, settings, seconds = self.run, self.settings.settings, context.seconds
        every = self.shapes
        member_steps, continued = 0, False
        fingerprints: list[dict[str, Any]] = []
        kept: list[Networks] = []
        labels = {name: [each.labels[name] for each in settings] for name in settings[0].swept}
        attributes = {"flags": json.dumps(self.settings.as_dict())}
        with regions.writing(run.results, labels, settings[0].seeds, attributes) as file:
            for number, (shape, prepared) in enumerate(zip(every, self.prepared, strict=True)):
                specified = _specified(shape, prepared)
                trained = preparation.begin(prepared, specified, run, context, part=str(number))
                groups = list[Group]()
                with context.interruption.patient():
                    for group in trained.groups():
                        if self.keeps:
                            groups.append(replace(group, record=None, answers={}))
                        with context.timed("evaluate"):
                            for steps in sorted(group.answers, reverse=True):  # The most records come first.
                                labeled = self._labeled(prepared, specified[0], group, steps)
                                for setting, members, seeds in shape.places(group.members, steps):
                                    file.write(setting, seeds, labeled.isel(seed=members))
                                if context.interruption():  # The group's checkpoint is written, so little is lost.
                                    raise Stopped
                for stage, spent in trained.seconds.items():
                    seconds[stage] = seconds.get(stage, 0.0) + spent
                if self.keeps:
                    kept.append(trained.joined(groups))
                member_steps += trained.member_steps
                continued |= trained.continued
                fingerprints += [each for each in trained.fingerprints if each not in fingerprints]
        files = [run.results.name]
        for number, (shape, networks) in enumerate(zip(every, kept, strict=self.keeps)):
            files.append(f"{saving.SWEPT}{number}.json")  # Which has the digests of the others.
            saving.save_swept(networks, run.folder / files[-1], shape.settings)
        return {
            "experiment": run.name,
            "seeds": settings[0].seeds,
            "networks": sum(shape.members for shape in every),
            "shapes": len(every),
            "member_steps_per_second": round(member_steps / seconds["train"]),
            "continued": continued,
            "flags": self.settings.as_dict(),
            "fingerprints": fingerprints,
            "files": files,
        }

    def _labeled(
        self, prepared: preparation.Prepared, specification: programs.TrainingSpecification, group: Group, steps: int
    ) -> xr.DataTree:
        """Labels what a training until ``steps`` would store of a group, without its training set and its frames."""
        experiment, x, probes = self.experiment, np.asarray(prepared.x), prepared.probes
        recorded = specification.recorded[: int(np.searchsorted(specification.recorded, steps)) + 1]
        assert group.record is not None, "the group is trained"
        trained = records.tree(specification, group.start, recorded, group.kept[steps], group.record)
        examples, answers = prepared.curves.training, by_probe(probes, group.answers[steps])
        labeled = arrays.tree(trained, prepared.task, x, experiment.span, examples, None, probes, answers, {})
        labeled = arrays.in_units(labeled, experiment.scaling)
        if experiment.goal is not None:
            labeled = summary.judged(labeled, experiment.goal)
        labeled = summary.with_measures(labeled)
        if len({each.timesteps for each in self.settings.settings}) > 1:  # Answers have no common time points.
            labeled = xr.DataTree.from_dict(
                {name: node.drop_dims("time", errors="ignore") for name, node in arrays.nodes_of(labeled).items()}
            )
        return labeled

    def metrics(self) -> Metrics:
        labeled, goal = self._results(), self.experiment.goal
        training, scaling = arrays.probed(labeled, TRAINING), self.experiment.scaling
        return {
            **({"goal": summary.described_goal(training, goal)} if goal else {}),
            **({"scaling": str(scaling)} if scaling else {}),
            "varied": results.varied(labeled),
            "rows": results.rows(labeled),
            "loss": arrays.loss_name(training),
            "of_answers": " and ".join(results.of_probes(labeled)) or "RMSE",
        }

    def _results(self) -> xr.DataTree:
        found: xr.DataTree = storage.load_results(self.run.checked("results.nc"), results.UNREAD)
        return found

    def report(self) -> Iterator[RenderableType]:
        """Yields the tables of settings and of their answers to probes, and lines about compilation and run time."""
        metrics = self.run.read_metrics()
        every, varied, seeds = metrics["rows"], metrics["varied"], metrics["seeds"]
        measured = [name for name, value in every[0].items() if isinstance(value, dict) and name != "train_loss"]
        known = [name for name in measured if any(row[name]["median"] is not None for row in every)][:MOST_MEASURES]
        lost = [len(row.get("lost_seeds", ())) for row in every]
        rows, answers = [], []
        for row, met in zip(every[:MOST_ROWS], lost, strict=False):
            values = [f"{value:g}" if isinstance(value := row.get(name, "–"), float) else str(value) for name in varied]
            learned = [*([str(row["learned"])] if "learned" in row else []), *[str(met)] * any(lost)]
            rows.append((*values, *learned, str(len(row["diverged_seeds"])), *tables.spread(row["train_loss"])))
            answers.append((*values, *(tables.number(row[name]["median"]) for name in known)))
        names = [f"{name.removeprefix('learning_').replace('_', ' ')}>" for name in varied]
        outcomes = [*["learned>"] * ("learned" in every[0]), *["lost>"] * any(lost), "diverged>"]
        columns = [*names, *outcomes, f"{metrics['loss']}>", "95 % bootstrap>"]
        style: dict[str, Any] = {"fold": True, "box": box.SIMPLE_HEAD, "padding": 0}
        yield tables.table(f"{counted(len(every), 'setting')}, {counted(seeds, 'seed')} each", columns, rows, **style)
        if known:
            shown = metrics["of_answers"]
            yield f"medians over networks: {shown} of answers to curves that were shown after training"
            yield tables.table(
                "", [*names, *(f"{name.removesuffix(f', {shown}')}>" for name in known)], answers, **style
            )
        if len(every) > MOST_ROWS or len(measured) > MOST_MEASURES:
            yield f"metrics.json has all {counted(len(every), 'setting')} and {counted(len(measured), 'measure')}"
        yield from tables.few(min((kept for row in every if (kept := seeds - len(row["diverged_seeds"]))), default=0))
        if "scaling" in metrics:
            yield f"networks are shown {metrics['scaling']}; losses are of scaled values"
        if "goal" in metrics:
            yield f"learned: {metrics['goal']}{'; lost: met it earlier, but not at last' if any(lost) else ''}"
        trainings = f"{counted(metrics['networks'] // seeds, 'training')} of {counted(seeds, 'seed')}"
        yield (
            f"{counted(metrics['networks'], 'network')}: {trainings}, read at {counted(len(every), 'setting')}; "
            f"compiled once for each of {counted(metrics['shapes'], 'shape')}"
        )
        yield f"{tables.stages(metrics['seconds'])}; {metrics['member_steps_per_second']:,} member-steps/s"

    def lost(self, metrics: Metrics) -> str | None:
        if any(len(row["diverged_seeds"]) < metrics["seeds"] for row in metrics["rows"]):
            return None
        return "every seed of every setting diverged; use smaller learning rates"

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


def _specified(shape: Shape, prepared: preparation.Prepared) -> tuple[programs.TrainingSpecification, programs.Start]:
    sets = by_points(prepared.probes, prepared.x)
    curves = curves_of(prepared.task, sets, len(prepared.x))
    lengths = {} if prepared.task.sequence else lengths_of(sets)
    return prepared.specify(shape.budgets, dict.fromkeys(shape.budgets, curves), shape.start, lengths)
