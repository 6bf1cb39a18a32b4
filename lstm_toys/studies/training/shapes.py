"""Populations that share compiled programs, and their common training."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int, PyTree

from lstm_toys.populations.checkpoints import Checkpoints
from lstm_toys.populations.programs import Start, TrainingSpecification
from lstm_toys.populations.specification import specify
from lstm_toys.populations.train import PopulationTraining
from lstm_toys.runs.checks import trial
from lstm_toys.runs.context import RunContext
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import SWEPT, Settings
from lstm_toys.runs.preparation import Prepared
from lstm_toys.runs.study import Study
from lstm_toys.tasks.goal import NEVER
from lstm_toys.tasks.parameters import NUMBER


@dataclass(frozen=True)
class Shape(Prepared):
    """Populations that share compiled programs, prepared under the settings of one of them.

    They differ only in traced hyperparameters, in steps, and in networks that they train on from.

    Attributes:
        numbers: by traced hyperparameters, training numbers and the run to train on from, the number of the population
            by steps.
    """

    numbers: dict[tuple[tuple[tuple[str, float], ...], Study[Any] | None], dict[int, int]]

    @property
    def budgets(self) -> list[int]:
        """The steps at which answers are recorded; every combination is trained to the last."""
        return sorted({steps for numbers in self.numbers.values() for steps in numbers})

    @property
    def seeds(self) -> int:
        return self.settings.seeds

    @property
    def members(self) -> int:
        return self.seeds * len(self.numbers)

    @property
    def populations(self) -> dict[int, Int[np.ndarray, " M"]]:
        """The number of each member's population, by steps; -1 where there is none."""
        return {
            steps: np.repeat([numbers.get(steps, -1) for numbers in self.numbers.values()], self.seeds)
            for steps in self.budgets
        }

    def places(self, members: range, steps: int) -> Iterator[tuple[int, slice, slice]]:
        """Yields the number of each population among members, the slice of its members, and that of their seeds."""
        for combination, numbers in enumerate(self.numbers.values()):
            first = combination * self.seeds
            begin, end = max(members.start, first), min(members.stop, first + self.seeds)
            if begin < end and steps in numbers:
                places = slice(begin - members.start, end - members.start), slice(begin - first, end - first)
                yield numbers[steps], *places

    def specify(
        self, initial: PyTree[Float[np.ndarray, "M ..."]] | None, *, training: bool
    ) -> tuple[TrainingSpecification, Start]:
        """Specifies the training of all seeds of the first combination, then of the second, ...

        Args:
            initial: parameters of each member to train on from; None: members begin untrained.
            training: whether the first training curve is answered, too, also for the frames of an animation.
        """
        combinations = [dict(hyper) for hyper, _ in self.numbers]
        columns = {name: np.repeat([hyper[name] for hyper in combinations], self.seeds) for name in combinations[0]}
        numbers = {name.removeprefix(NUMBER): columns.pop(name) for name in [*columns] if name.startswith(NUMBER)}
        early = dataclasses.replace(self.settings.early_stopping, goal=self.experiment.goal)
        if not self.budgets[-1]:  # Untrained networks have a single record.
            early = dataclasses.replace(early, records=0)
        with trial(f"{self.settings} cannot be trained"):
            specification, start = specify(
                self.task,
                self.model,
                seeds=np.tile(np.arange(self.seeds), len(combinations)),
                steps=(*self.budgets, *self.settings.keep_steps),
                optimizer=self.optimizer,
                numbers=numbers,
                base_seed=self.settings.base_seed,
                block=self.block,
                frames=self.experiment.frames if training else 0,
                early_stopping=early,
                initial=initial,
                penalty=self.experiment.penalty,
                **columns,
            )
        curves = dict.fromkeys(self.budgets, self.curves.answered(training=training))
        return dataclasses.replace(specification, curves=curves, lengths=self.curves.lengths(training=training)), start

    def begin(
        self, specified: tuple[TrainingSpecification, Start], run: Run, context: RunContext, part: int
    ) -> PopulationTraining:
        """Announces the training by what distinguishes it from others of the command, or by its network, and begins it.

        ``part`` is its number among the trainings of the run, which have folders of checkpoints of their own.
        """
        tell = context.progress.tell
        checkpoints = Checkpoints(run.checkpoints / str(part), context.options.checkpoint_every, tell)
        training = PopulationTraining(
            *specified,
            executor=context.executor,
            checkpoints=checkpoints,
            monitor=context.progress,
            stop=context.interruption,
            on_divergence=context.options.on_divergence,
        )
        label = f"{self.experiment.name} ({context.labels.get(self.settings) or self.words})"
        groups = -(-training.count // training.group_size)
        context.progress.begin(label, training.count, self.budgets[-1], groups)
        if checkpoints.newest:
            tell(f"continues from {checkpoints.newest}")
        return training


def shapes(
    populations: Sequence[Settings], experiment: Experiment, initial: Mapping[int, Study[Any]] | None = None
) -> list[Shape]:
    """Groups populations by the programs that have to be compiled; an optimizer of the user's may need one for each.

    Where networks stop early, records, which decide when, depend on the last step, so that each number of steps is
    trained by itself. ``initial`` are the runs to train on from, by number of the population.
    """
    by_programs: dict[tuple[Any, ...], Shape] = {}
    for number, settings in enumerate(populations):
        shape = Shape(experiment, settings, {})
        traced = shape.traced
        together = {*traced, *(["steps"] if settings.early_stopping == NEVER else [])}
        shape = by_programs.setdefault(tuple(getattr(settings, name) for name in SWEPT if name not in together), shape)
        hyper = tuple(
            (name, value)
            for name, value in settings.swept.items()
            if value is not None and (name in traced or name.startswith(NUMBER))
        )
        shape.numbers.setdefault((hyper, (initial or {}).get(number)), {})[settings.steps] = number
    return list(by_programs.values())
