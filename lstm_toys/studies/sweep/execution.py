"""A sweep: populations under many settings, in as few compiled programs as their shapes allow."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lstm_toys.figures import Drawing
from lstm_toys.populations import programs, train
from lstm_toys.populations.footprint import Footprint
from lstm_toys.populations.groups import Part
from lstm_toys.populations.interruption import Stopped
from lstm_toys.populations.value import CALLBACK, Value, compiled, digest
from lstm_toys.results import arrays, storage, summary
from lstm_toys.runs import execution, source
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import NUMBER, TRACED, Settings
from lstm_toys.runs.life import Conduct, Refused, Work, stopwatch
from lstm_toys.studies.sweep import figures, results
from lstm_toys.tasks.supervision import Task


@dataclass(frozen=True)
class Shape:
    """The settings of a sweep that share compiled programs: they differ by traced hyper-parameters and by steps.

    Attributes:
        common: one of the settings, for what they share.
        hyper: the combinations of hyper-parameters.
        numbers: for each combination, by steps, the number of the setting in the sweep.
    """

    common: Settings
    hyper: list[dict[str, float]]
    numbers: list[dict[int, int]]

    @property
    def budgets(self) -> list[int]:
        """The steps at which the training is read; every combination is trained to the last."""
        return sorted({steps for numbers in self.numbers for steps in numbers})

    @property
    def members(self) -> int:
        """Networks that are trained."""
        return self.common.seeds * len(self.hyper)

    @property
    def start(self) -> dict[str, Any]:
        """Seeds and hyper-parameters, ``[M]`` each: all seeds under the first combination, under the second, ..."""
        columns = {name: np.repeat([each[name] for each in self.hyper], self.common.seeds) for name in self.hyper[0]}
        numbers = {name.removeprefix(NUMBER): columns.pop(name) for name in [*columns] if name.startswith(NUMBER)}
        seeds = np.tile(np.arange(self.common.seeds), len(self.hyper))
        return {"seeds": seeds, "numbers": numbers, **columns}

    def places(self, members: range, steps: int) -> Iterator[tuple[int, slice, slice]]:
        """Where members belong: the number of a setting, those of the members that are of it, and their seeds."""
        seeds = self.common.seeds
        for combination in range(members.start // seeds, -(-members.stop // seeds)):
            first = combination * seeds
            begin, end = max(members.start, first), min(members.stop, first + seeds)
            if (number := self.numbers[combination].get(steps)) is not None:
                yield number, slice(begin - members.start, end - members.start), slice(begin - first, end - first)


def shapes(settings: Sequence[Settings]) -> list[Shape]:
    """Sorts settings by what has to be compiled."""
    found: dict[tuple[Any, ...], Shape] = {}
    places: dict[tuple[Any, ...], int] = {}
    for number, each in enumerate(settings):
        kind = (each.optimizer, *(getattr(each, name) for name in NETWORK), each.timesteps)
        shape = found.setdefault(kind, Shape(each, [], []))
        hyper = {
            name: value
            for name, value in each.swept.items()
            if value is not None and (name in TRACED or name.startswith(NUMBER))
        }
        place = places.setdefault((*kind, *hyper.items()), len(shape.hyper))
        if place == len(shape.hyper):
            shape.hyper.append(hyper)
            shape.numbers.append({})
        shape.numbers[place][each.steps] = number
    return list(found.values())


def check(work: Work) -> None:
    """Calls what the experiment declares, and holds the flags that describe a network against a model of its own.

    Raises:
        Refused: something cannot be called, or the model does not read a flag that varies.
    """
    execution.check(work)
    experiment, every = work.subject, work.run.settings.settings
    if experiment.model is None:
        return
    _, task = experiment.at(2)
    seen: dict[Any, Settings] = {}
    for each in every:
        other = dataclasses.replace(each, **{name: getattr(every[0], name) for name in NETWORK})
        same = seen.setdefault((other, execution.network(experiment, task, each)), each)
        if idle := [name for name in NETWORK if getattr(same, name) != getattr(each, name)]:
            raise Refused(f"flag --grid: the model of {experiment.name} does not read {idle[0]}; leave that out")


def check_lengths(work: Work) -> None:
    """Raises Refused if training curves or probes have other lengths than a setting says."""
    for timesteps in dict.fromkeys(each.timesteps for each in work.run.settings.settings):
        execution.check_points(work.subject, timesteps)


NETWORK = ("hidden", "readout", "cell", "gates")
"""The settings that describe a network."""


def size(work: Work) -> Footprint:
    """What a sweep will take: of memory its largest group of members, and what its table and figures are made of."""
    every = shapes(work.run.settings.settings)
    sizes = [
        execution.size_of(work.subject, shape.common, shape.members, len(shape.budgets), streamed=True)
        for shape in every
    ]
    read = sum(shape.members * len(shape.budgets) for shape in every) * results.READ
    return Footprint(max(each.memory for each in sizes) + read, sum(each.disk for each in sizes))


def efforts(work: Work) -> list[float]:
    """About what the training of each shape takes, in multiplications; for estimates of the time left."""
    return [
        shape.members * shape.budgets[-1] * execution.step_effort(work.subject, shape.common)
        for shape in shapes(work.run.settings.settings)
    ]


def value(work: Work) -> Value:
    """Digests of what the populations of a sweep would compute."""
    experiment, settings = work.subject, work.run.settings.settings
    found: Value = {}
    for shape in shapes(settings):
        common = shape.common
        x, task = experiment.at(common.timesteps)
        probes = experiment.probes(x)
        model = execution.network(experiment, task, common)
        training = train.Training(
            task,
            model,
            steps=shape.budgets,
            optimizer=common.optimizer,
            base_seed=common.base_seed,
            block=common.block or programs.suitable_block(task, model),
            after=experiment.goal.after,
            shown=dict.fromkeys(shape.budgets, arrays.curves_of(task, probes, len(x))),
            **shape.start,
        )
        words = f"{common.optimizer}, {common.network}, {common.timesteps} points"
        parts = {**execution.described_by(experiment, probes, x), **training.value()}
        found[words] = digest(parts)
        found |= {name: each for name, each in parts.items() if name == CALLBACK}
    return {**found, **compiled(), "code of training": source.digest(*source.TRAINING, *CODE)}


CODE = ("studies/sweep/execution.py", "studies/sweep/results.py")
"""What makes the file of a sweep, besides what makes that of a training."""


def execute(work: Work, conduct: Conduct, seconds: dict[str, float]) -> dict[str, Any]:
    """Trains and evaluates the populations of a sweep, and writes their results into the run's folder.

    Continues from the run's checkpoints, and leaves more. What is held at once is a group of members.

    Args:
        work: where, and under which settings; its subject is the experiment.
        conduct: how.
        seconds: spent so far; the stages of the run are added.

    Returns:
        The metrics.

    Raises:
        Stopped, Diverged: see `train.train`.
        Damaged: a checkpoint is.
        OSError: a file cannot be written.
    """
    experiment, run, settings = work.subject, work.run, work.run.settings.settings
    every = shapes(settings)
    member_steps = 0
    fingerprints: list[dict[str, Any]] = []
    elsewhere: dict[str, Any] = {}
    with results.writing(run.results, experiment, settings, run.settings.as_dict()) as (write, note):
        for number, shape in enumerate(every):
            common = shape.common
            x, task = experiment.at(common.timesteps)
            probes = experiment.probes(x)
            curves = arrays.curves_of(task, probes, len(x))
            options = {"task": task, "steps": shape.budgets, "part": str(number), **shape.start}
            options["shown"] = dict.fromkeys(shape.budgets, curves)
            trained = execution.begin(work, common, conduct, common.optimizer, shape.members, **options)
            with conduct.interruption.patient():
                for part in trained.parts():
                    with stopwatch(seconds, "evaluate"):
                        for steps, answers in part.answers.items():
                            labeled = arrays.answered(trained.task, np.asarray(x), experiment.span, probes, answers)
                            # Errors of features of several units are averaged as they were scaled.
                            if len(trained.task.asked) == 1:
                                labeled = arrays.in_units(labeled, experiment.scaling)
                            values = _values(trained.task, experiment, trained.recorded, steps, part, labeled)
                            for setting, members, seeds in shape.places(part.members, steps):
                                write(setting, seeds, {name: value[members] for name, value in values.items()})
                            if conduct.stop():  # The part has its checkpoint, so that little is lost.
                                raise Stopped(steps)
            for stage, spent in trained.seconds.items():
                seconds[stage] = seconds.get(stage, 0.0) + spent
            member_steps += trained.member_steps
            if others := execution.executions(trained):
                elsewhere[str(number)] = others
            fingerprints += [each for each in trained.fingerprints if each not in fingerprints]
        if elsewhere:
            note("shapes_executed_elsewhere", elsewhere)
    with stopwatch(seconds, "evaluate"):
        summary = _measured(run.results)
    return {
        "experiment": run.name,
        "seeds": settings[0].seeds,
        "goal": experiment.goal.told(scaled=experiment.scaling is not None),
        "networks": sum(shape.members for shape in every),
        "shapes": len(every),
        **summary,
        "member_steps_per_second": round(member_steps / seconds["train"]),
        "continued": member_steps < sum(shape.members * shape.budgets[-1] for shape in every),
        "flags": run.settings.as_dict(),
        "fingerprints": fingerprints,
        **({"shapes_executed_elsewhere": elsewhere} if elsewhere else {}),
        "files": [run.results.name],
    }


def measured(work: Work) -> dict[str, Any]:
    """What the metrics of a finished sweep say of its results."""
    return _measured(work.run.checked("results.nc"))


def _measured(path: Path) -> dict[str, Any]:
    found = storage.load_results(path, results.VARIABLES, results.UNREAD)
    return {"varied": results.varied(found), "rows": results.rows(found)}


def _values(
    task: Task, experiment: Experiment, recorded: np.ndarray, steps: int, part: Part, labeled: xr.Dataset
) -> dict[str, np.ndarray]:
    """What is kept of members after some of the steps, every array with a leading axis M."""
    losses, sound = part.histories.losses, part.states[steps]
    reached = int(np.searchsorted(recorded, steps))
    mse, rmse = losses[:, reached], part.histories.errors[:, reached]
    learned = experiment.goal.error(rmse, task.asked) <= experiment.goal.rmse
    diverged = np.asarray(sound.step) < steps
    return {
        "train_mse": mse,
        "train_rmse": rmse * experiment.scaling.units if experiment.scaling else rmse,
        "learned": learned & ~diverged,
        "diverged": diverged,
        "rmse": np.array([*summary.family_rmse(labeled).values()]).reshape(-1, len(mse)).T,
        "record_step": np.broadcast_to(recorded[: reached + 1], (len(mse), reached + 1)),
        "record_loss": losses[:, : reached + 1],
        "answer": labeled.answer.values,
    }


def draw(work: Work) -> Iterator[tuple[str, Drawing]]:
    """The figures of a finished sweep, from its file alone."""
    found = storage.load_results(work.run.checked("results.nc"), results.VARIABLES, results.UNREAD)
    trained = work.subject.trained
    for parameter in reversed(trained.declared) if trained else ():  # The first of those that are one number is told.
        name = f"{NUMBER}{trained.parameters[parameter.name]}"
        if name in found.coords:
            found[name].attrs.update(arrays.described(parameter) | {"long_name": f"train {parameter.words}"})
    yield from figures.draw(found, work.subject.goal).items()
