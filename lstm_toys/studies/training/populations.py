"""Trains populations under one setting or several, and writes their results group by group.

Modules that save results are loaded when they are first used, mostly while XLA trains.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib import import_module
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int, PyTree

from lstm_toys import arguments, results
from lstm_toys.execution import CALLBACK
from lstm_toys.execution.digests import Digests, compiled, digest, library
from lstm_toys.execution.progress import TrainingProgress
from lstm_toys.execution.signals import Stopped
from lstm_toys.populations.blocks import joined
from lstm_toys.populations.checkpoints import Checkpoints, Group, Recorded
from lstm_toys.populations.programs import Start, TrainingSpecification, specify
from lstm_toys.populations.train import PopulationTraining
from lstm_toys.populations.trained import digests_of
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import SWEPT, Identified, Settings, differences
from lstm_toys.runs.preparation import Prepared, check_experiment, trial
from lstm_toys.runs.study import Metrics, RunContext, Study, described_error, differing
from lstm_toys.tasks.goal import NEVER

Specified = tuple[TrainingSpecification, Start]


@dataclass(frozen=True)
class Shape(Prepared):
    """Populations that share compiled programs, prepared under the settings of one of them.

    They differ only in traced hyperparameters, in steps, in seeds, and in networks that they train on from.

    Attributes:
        numbers: of each training of all seeds, the numbers of its populations, by steps.
    """

    numbers: list[dict[int, int]]

    @property
    def network(self) -> str:
        """The model in a few words."""
        return self.settings.network if self.experiment.model is None else type(self.model).__name__

    @property
    def budgets(self) -> list[int]:
        """The steps at which answers are recorded; every network is trained to the last."""
        return sorted({steps for numbers in self.numbers for steps in numbers})

    @property
    def members(self) -> int:
        return self.settings.seeds * len(self.numbers)

    @property
    def populations(self) -> dict[int, Int[np.ndarray, " M"]]:
        """The number of each member's population, by steps; -1 where there is none."""
        return {
            steps: np.repeat([numbers.get(steps, -1) for numbers in self.numbers], self.settings.seeds)
            for steps in self.budgets
        }


class Populations(Study[Identified]):
    """Trains an experiment's populations, one compiled program per `Shape`, and evaluates them on the probes.

    Attributes:
        first_seeds: the number of the first seed of each population, the same for all unless they are ``joined``; if it
            is set to other numbers, these are the networks that populations with more seeds have under them.
        several: whether there are populations of several settings.
        joined: whether the networks of all populations have different seeds, and one axis, ``seed``, in results. The
            settings are coordinates along it; otherwise several have an axis ``setting``.
    """

    several = False
    joined = False
    experiment: Experiment

    def __init__(self, experiment: Experiment, settings: Any) -> None:
        super().__init__(experiment, settings)
        self.experiment, self._monitor = experiment, experiment.monitor

    @property
    def populations(self) -> tuple[Settings, ...]:
        """The settings of each population, which share the experiment and the seeds."""
        settings: Any = self.settings
        return settings.settings if self.several else (settings,)

    @property
    @abstractmethod
    def keeps(self) -> bool:
        """Whether the networks are kept."""

    @cached_property
    def needs(self) -> Mapping[int, Populations[Settings]]:
        """The runs that populations train on from, by number of the population."""
        runs = dict[int, Populations[Settings]]()
        if (initial := self.experiment.initial) is None:
            return runs
        for number, settings in enumerate(self.populations):
            with trial(f"experiment {self.experiment.name}: its initial fails"):
                runs[number] = initial(settings)
                arguments.instance("what it returns", runs[number], Populations, "what lt.ask returns")
        return runs

    @cached_property
    def first_seeds(self) -> list[int]:
        counts = [settings.seeds if self.joined else 0 for settings in self.populations]
        return np.cumsum([0, *counts[:-1]]).tolist()

    @property
    def answers_training(self) -> bool:
        """Whether networks also answer the first training curve, which is the same for all."""
        return not self.several or (self.joined and len({settings.numbers for settings in self.populations}) == 1)

    @cached_property
    def shapes(self) -> list[Shape]:
        """Populations by the programs that have to be compiled; an optimizer of the user's may need one for each.

        Where networks stop early, records, which decide when, depend on the last step, so that each number of steps is
        trained by itself.
        """
        shapes, trainings = dict[Any, Shape](), dict[Any, dict[int, int]]()
        for number, settings in enumerate(self.populations):
            shape = Shape(self.experiment, settings, [])
            together = {*shape.traced, *(["steps"] if settings.early_stopping == NEVER else [])}
            programs = tuple(getattr(settings, name) for name in SWEPT if name not in together)
            shape = shapes.setdefault(programs, shape)
            hyper = tuple(getattr(settings, name) for name in shape.traced)
            training = programs, hyper, settings.numbers, self.needs.get(number), self.first_seeds[number]
            if training not in trainings:
                shape.numbers.append(trainings.setdefault(training, {}))
            trainings[training][settings.steps] = number
        return [*shapes.values()]

    def _watching(
        self, shape: Shape, spec: TrainingSpecification, progress: TrainingProgress
    ) -> Callable[[Group, int], None]:
        """A function that shows progress, and reports records to the monitor when all networks of a shape have them.

        Of a continued training, it reports those from the earliest checkpoint of a group on.
        """
        groups, reported = dict[int, Group](), 0

        def watch(group: Group, number: int) -> None:
            nonlocal reported
            progress(*group.recorded(spec, number)[:3])
            if self._monitor is None:
                return
            groups[group.members.start] = replace(group, member={}, kept={}, answers={})  # Its records.
            every = [groups[first] for first in sorted(groups)]
            if sum(len(each.members) for each in every) < shape.members:
                return
            before = min(int(np.searchsorted(spec.recorded, each.begun)) for each in every)
            for place in range(max(reported, before), number + 1):
                step, records = int(spec.recorded[place]), joined(each.recorded(spec, place)[1:4] for each in every)
                for training, numbers in enumerate(shape.numbers):
                    seeds = slice(training * shape.settings.seeds, (training + 1) * shape.settings.seeds)
                    recorded = Recorded(step, *jax.tree.map(itemgetter(seeds), records))
                    for last, population in numbers.items():
                        if step <= last:
                            self._report(population, recorded)
            reported = number + 1

        return watch

    def _report(self, number: int, recorded: Recorded) -> None:
        """Calls the monitor of the experiment about a population, until it raises."""
        run = self.run.folder.name + f"-{number}" * self.several
        try:
            if self._monitor is not None:
                self._monitor(recorded._replace(run=run, settings=self.populations[number].as_dict()))
        except Exception as error:  # A user's code may raise anything.
            self._monitor = None
            self.tell(f"{run}: its monitor raised {described_error(error)}; it is not called again")

    def finish(self) -> None:
        summary = self.run.read_metrics()
        figures = [self.run.folder / name for name in summary.get("figures", ())]
        for number, settings in enumerate(self.populations):
            last = Recorded(settings.steps, np.zeros(0), np.zeros(0, bool), summary=summary, figures=figures)
            self._report(number, last)

    def check(self) -> None:
        for timesteps, numbers in {settings.timesteps: settings.numbers for settings in self.populations}.items():
            check_experiment(self.experiment, timesteps, dict(numbers))
        for shape in self.shapes:
            shape.check()
            if self.keeps and self.experiment.model is not None:
                with trial(f"experiment {self.experiment.name}: its networks cannot be kept"):
                    results.saving.described(shape.model)

    def efforts(self) -> dict[Settings, float]:
        return {shape.settings: float(shape.members * shape.budgets[-1]) for shape in self.shapes}

    @cached_property
    def _specified(self) -> list[Specified]:
        return [self._specify(shape, [min(numbers.values()) for numbers in shape.numbers]) for shape in self.shapes]

    def _specify(self, shape: Shape, populations: Sequence[int]) -> Specified:
        """Specifies trainings of all seeds, one after another, of which these are the numbers of one population each.

        The first training curve is answered if `answers_training`; of an animation, frames are kept.
        """
        experiment, settings = self.experiment, [self.populations[number] for number in populations]
        count, training = shape.settings.seeds, self.answers_training
        early = replace(shape.settings.early_stopping, goal=experiment.goal)
        if not shape.budgets[-1]:  # Untrained networks have a single record.
            early = replace(early, records=0)
        traced = (name for name in shape.traced if getattr(shape.settings, name) is not None)
        with trial(f"{shape.settings} cannot be trained"):
            specification, start = specify(
                shape.task,
                shape.model,
                seeds=np.concatenate([self.first_seeds[number] + np.arange(count) for number in populations]),
                steps=(*shape.budgets, *shape.settings.keep_steps),
                optimizer=shape.optimizer,
                numbers={
                    name: np.repeat([dict(one.numbers)[name] for one in settings], count) for name in experiment.numbers
                },
                base_seed=shape.settings.base_seed,
                block=shape.block,
                frames=0 if self.several else experiment.frames,
                early_stopping=early,
                initial=self._initial(shape, populations) if self.needs else None,
                penalty=experiment.penalty,
                **{name: np.repeat([getattr(one, name) for one in settings], count) for name in traced},
            )
        curves = dict.fromkeys(shape.budgets, shape.curves.answered(training=training))
        return replace(specification, curves=curves, lengths=shape.curves.lengths(training=training)), start

    def _initial(self, shape: Shape, populations: Sequence[int]) -> PyTree[Float[np.ndarray, "M ..."]]:
        """Parameters for each member to train on from."""
        runs = [self.needed[number] for number in populations]
        loaded = {run: results.saving.load(run.folder, model=shape.model).params for run in {*runs}}
        return jax.tree.map(lambda *leaves: np.concatenate(leaves), *(loaded[run] for run in runs))

    def values(self) -> Digests:
        digests: Digests = {}
        labels = differences(shape.settings for shape in self.shapes)
        for shape, (specification, start) in zip(self.shapes, self._specified, strict=True):
            parts = {**shape.declared_digests(), **specification.digests(shape.members), "members": digest(start)}
            if self.keeps and self.experiment.model is not None:
                # Saved networks refer to the user's class by name, and `lt.load` imports it.
                parts["model"] = digest(results.saving.signature(shape.model))
            if self.answers_training:
                parts["training curves"] = digest(shape.curves.training)
            if self.several:
                digests[labels[shape.settings] or "networks"] = digest(parts)
                digests |= {name: part for name, part in parts.items() if name == CALLBACK}
            else:
                digests = parts
        return {**digests, **compiled(), "library": library()}

    def compute(self, context: RunContext) -> Metrics:
        """Trains and evaluates a group of members at a time, from checkpoints on; raises what `lt.train` raises."""
        run, seconds = self.run, context.seconds
        steps = np.unique(np.concatenate([specification.recorded for specification, _ in self._specified]))
        trainings, kept = list[PopulationTraining](), list[Any]()
        file: Any = None
        digests = [np.full(settings.seeds, "", object) for settings in self.populations]
        with ThreadPoolExecutor() as threads, ExitStack() as stack, context.interruption.patient():
            threads.submit(_load_writers)
            for number, (shape, specified) in enumerate(zip(self.shapes, self._specified, strict=True)):
                trained, groups = self._begin(shape, specified, context, number), list[Group]()
                for group in trained.groups():
                    if self.keeps:
                        groups.append(replace(group, record=None, answers={}))
                    with context.timed("evaluate"):
                        if file is None:
                            regions = results.storage.Regions(*self._axes(), steps)
                            file = stack.enter_context(regions.written(run.results))
                        self._write(file, shape, specified[0], group, digests)
                    if context.interruption():  # The group's checkpoint is written, so little is lost.
                        raise Stopped
                for stage, spent in trained.seconds.items():
                    seconds[stage] = seconds.get(stage, 0.0) + spent
                if self.keeps:
                    kept.append(trained.joined(groups))
                trainings.append(trained)
            fingerprints = list[dict[str, Any]]()
            for fingerprint in chain(*(trained.fingerprints for trained in trainings)):
                fingerprints += [fingerprint] if fingerprint not in fingerprints else []
            described = {
                "flags": self.settings.as_dict(),
                "run": run.folder.name,
                "fingerprint": fingerprints[0],
                "earlier_fingerprints": fingerprints[1:],
                **({"data": dict(self.experiment.data)} if self.experiment.data else {}),
            }
            file.describe({name: json.dumps(value) for name, value in described.items()})
        return {
            "member_steps_per_second": round(sum(trained.member_steps for trained in trainings) / seconds["train"]),
            "continued": any(trained.continued for trained in trainings),
            "files": self._saved(kept),
            "network_digests": [
                {
                    "experiment": self.experiment.name,
                    **_described(self.experiment, settings),
                    "digests": texts.tolist(),
                    **({"first_seed": first} if first else {}),
                }
                for settings, texts, first in zip(self.populations, digests, self.first_seeds, strict=True)
            ],
        }

    def _axes(self) -> tuple[Sequence[Mapping[str, Any]] | None, Mapping[str, Sequence[Any]]]:
        """The settings along an axis of results, and coordinates along another, ``seed``, by name."""
        labels = [settings.labels for settings in self.populations]
        seeds = [[*range(first, first + self.populations[0].seeds)] for first in self.first_seeds]
        if not self.joined:
            return (labels if self.several else None), {"seed": seeds[0]}
        columns = {name: [each[name] for each in labels for _ in seeds[0]] for name in labels[0]}
        return None, {"seed": [*chain(*seeds)], **columns}

    def _begin(self, shape: Shape, specified: Specified, context: RunContext, part: int) -> PopulationTraining:
        """Announces the training by what distinguishes it from others of the command, or by its network, and begins it.

        ``part`` is its number among the trainings of the run, which have folders of checkpoints of their own.
        """
        tell, options = context.progress.tell, context.options
        training = PopulationTraining(
            *specified,
            executor=context.executor,
            checkpoints=(checkpoints := Checkpoints(self.run.checkpoints / str(part), options.checkpoint_every, tell)),
            watch=self._watching(shape, specified[0], context.progress),
            stop=context.interruption,
            on_divergence=options.on_divergence,
        )
        label = f"{self.experiment.name} ({context.labels.get(shape.settings) or shape.network})"
        groups = -(-training.count // training.group_size)
        context.progress.begin(label, training.count, shape.budgets[-1], groups)
        if checkpoints.newest:
            tell(f"continues from {checkpoints.newest}")
        return training

    def _write(self, file: Any, shape: Shape, spec: TrainingSpecification, group: Group, digests: list[Any]) -> None:
        """Writes the results of a group, which has members of several populations, and adds digests of its networks."""
        for steps, populations in shape.populations.items():
            labeled = self._labeled(shape, spec, group, steps)
            of_members = np.array(digests_of(group.kept[steps].params), object)
            of_group = populations[group.members.start : group.members.stop]
            for number in {*of_group.tolist()} - {-1}:
                members = np.flatnonzero(of_group == number)
                places = (group.members.start + members) % shape.settings.seeds
                digests[number][places] = of_members[members]
                rows = places + shape.settings.seeds * number * self.joined
                file.write(number, slice(rows[0], rows[-1] + 1), labeled.isel(seed=members))

    def _labeled(self, shape: Shape, spec: TrainingSpecification, group: Group, steps: int) -> Any:
        """Labels what a training until ``steps`` stores of a group; of several, without training set and frames."""
        trained, answers, goal = group.labeled(spec, steps), group.answers[steps], self.experiment.goal
        labeled = shape.curves.labeled(self.experiment, trained, answers, training=self.answers_training)
        if not self.several:
            labeled = results.arrays.of_networks(labeled, {}, shape.settings.labels)
        if goal is not None:
            labeled = results.summary.judged(labeled, goal)
        return results.summary.with_measures(labeled)

    def _saved(self, kept: Sequence[Any]) -> list[str]:
        """Saves the networks of each shape next to their results; returns the names of the files."""
        saving, folder = results.saving, self.run.folder
        if not self.several:
            (networks,) = kept
            return saving.save_networks(networks, folder / saving.ABOUT, self.populations[0].timesteps)
        files = [self.run.results.name]
        for number, (shape, networks) in enumerate(zip(self.shapes, kept, strict=self.keeps)):
            files.append(f"{saving.SWEPT}{number}.json")  # Which has the digests of the others.
            saving.save_networks(networks, folder / files[-1], shape.settings.timesteps, shape.populations)
        return files


def _described(experiment: Experiment, settings: Settings) -> dict[str, dict[str, Any]]:
    """The settings that differ from the experiment's usual ones, and the others, which a later version may change.

    Without the number of networks, on which no network depends.
    """
    other = differing(experiment, settings)
    usual = {name: value for name, value in settings.as_dict().items() if name not in (*other, "experiment", "seeds")}
    other.pop("seeds", None)
    return {"settings": other, "usual": usual}


def stored(run: Run, without: frozenset[str] = frozenset()) -> Any:
    """The labeled results of a finished run, but for some variables."""
    path = run.checked("results.nc")
    labeled = _read(path, run.stored()["files"][path.name], without)
    return labeled.copy(deep=True)  # A user's function may change its copy.


@lru_cache(maxsize=1)
def _read(path: Path, _: str, without: frozenset[str]) -> Any:
    """Reads results once for metrics and for figures; the second argument is their digest."""
    return results.storage.load_results(path, without)


def _load_writers() -> None:
    for name in ("figures.elements", "results.saving", "results.summary"):
        import_module(f"lstm_toys.{name}")
    import xarray as xr

    xr.Dataset({"y": 0.0}).to_netcdf(engine="h5netcdf")  # Only now are h5netcdf and, where installed, Dask imported.
