"""Training of many networks at once: a population, group by group."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import flax.linen as nn
import jax
import numpy as np
import optax
from jaxtyping import Bool, Float, Int, PyTree

from lstm_toys import arguments, output
from lstm_toys.execution import devices
from lstm_toys.execution.base import Executor
from lstm_toys.execution.devices import Here
from lstm_toys.execution.progress import TrainingProgress
from lstm_toys.execution.signals import Stopped
from lstm_toys.networks import training
from lstm_toys.populations import blocks
from lstm_toys.populations.checkpoints import Checkpoints, changed
from lstm_toys.populations.group import Answers, Callbacks, Group, GroupState, TrainingJob, last_steps
from lstm_toys.populations.programs import Start, TrainingSpecification
from lstm_toys.populations.specification import specify
from lstm_toys.tasks.goal import AFTER, Goal
from lstm_toys.tasks.supervision import Examples, Task, measured

Monitor = Callable[[int, Float[np.ndarray, " M"], Bool[np.ndarray, " M"]], None]
"""Called at recorded steps with a group's step, the losses of its members, and whether each has not diverged."""


class Diverged(Exception):
    """Seeds diverged, with ``on_divergence="stop"``; the arguments are their numbers and the step.

    Example:
        >>> import lstm_toys as lt
        >>> issubclass(lt.Diverged, Exception)  # `lt.train(..., on_divergence="stop")` raises it.
        True
    """


@dataclass(repr=False, eq=False)
class Population:
    """Trained networks, one per member.

    Attributes:
        states: the last parameters before divergence, or the best ones, by kept step; every leaf has a leading axis M.
        steps: recorded steps.
        train_measures: errors or accuracies; see `train_rmse` and `train_accuracy`.
        frames: answers to the first training curve at ``frame_steps``, ``[M, K, T, A]`` or ``[M, K, A]``.
        block: number of members that one compiled program computes.
        member_steps: total number of steps of all members, excluding those before a checkpoint that was continued.
        seconds: wall time of each stage; see `Training.seconds`.
        answers: answers to an experiment's curves by step and set, ``[M, C, T, A]`` or ``[M, C, A]``; see `lt.answers`.
        after: the share of a sequence that ``train_measures`` leave out at the beginning.
        validation_loss: recorded losses on ``validation`` of `lt.train`; None without it.
        seeds: the seed number of each member.
        base_seed: see `lstm_toys.train`.

    Example:
        >>> import lstm_toys as lt
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
        >>> trained = lt.train(task, lt.Stack(1), seeds=2, steps=3, learning_rate=0.1)
        >>> isinstance(trained, lt.Population), trained.params["readout"]["kernel"].shape, trained.diverged.tolist()
        (True, (2, 32, 4), [False, False])
    """

    task: Task
    model: nn.Module
    states: dict[int, training.LastGood]
    steps: Int[np.ndarray, " R"]
    train_loss: Float[np.ndarray, "M R"]
    train_measures: Float[np.ndarray, "M R E"]
    frame_steps: Int[np.ndarray, " K"]
    frames: Float[np.ndarray, "M K ..."]
    block: int
    numbers: dict[str, Float[np.ndarray, " M"]]
    seeds: Int[np.ndarray, " M"]
    base_seed: int
    member_steps: int
    seconds: dict[str, float] = field(default_factory=dict)
    answers: Mapping[int, Answers] = field(default_factory=dict)
    after: float | int = AFTER
    validation_loss: Float[np.ndarray, "M R"] | None = None

    @property
    def kept(self) -> training.LastGood:
        """What is kept of each member after the last step."""
        return self.states[int(self.steps[-1])]

    @property
    def params(self) -> PyTree[Float[np.ndarray, "M ..."]]:
        """Parameters after the last step, or the best ones; for a diverged member, of those before it diverged."""
        return self.kept.params

    @property
    def params_steps(self) -> Int[np.ndarray, " M"]:
        """The number of steps after which each member had its ``params``."""
        best = self.kept.best
        return np.minimum(self.sound_steps, self.last_steps) if best is None else np.asarray(best.step)

    @property
    def last_steps(self) -> Int[np.ndarray, " M"]:
        """The number of steps that each member has taken: fewer than others if it stopped early, at its goal."""
        return last_steps(self.kept, int(self.steps[-1]))

    @property
    def train_rmse(self) -> Float[np.ndarray, "M R A"]:
        """Root mean squared error of each output feature; AttributeError for networks that answer classes or bits."""
        if measured(self.task.loss) is not None:
            raise AttributeError(f"networks trained with {self.task.loss} have train_accuracy instead of train_rmse")
        return self.train_measures

    @property
    def train_accuracy(self) -> Any:
        """Accuracies, an `xarray.DataArray` ``[seed, step, counted]``; AttributeError for networks that answer numbers.

        ``train_accuracy.sel(counted="points")`` is the accuracy over points, ``"sequences"`` the one over whole
        sequences; with one answer per sequence, there is only the latter.
        """
        if measured(self.task.loss) is None:
            raise AttributeError("networks that answer numbers have train_rmse instead of train_accuracy")
        import xarray as xr

        labels = {"seed": self.seeds, "step": self.steps, "counted": list(self.task.measured)}
        return xr.DataArray(self.train_measures, labels, [*labels])

    @property
    def sound_steps(self) -> Int[np.ndarray, " M"]:
        """The last recorded step at which a member had not diverged; see `training.LastGood`."""
        return np.asarray(self.kept.step)

    @property
    def diverged(self) -> Bool[np.ndarray, " M"]:
        """Whether each member had diverged at the last step."""
        return self.sound_steps < self.steps[-1]

    def __repr__(self) -> str:
        diverged = int(self.diverged.sum())
        return f"<Population: {len(self.seeds):,} networks, {int(self.steps[-1]):,} steps, {diverged:,} diverged>"


class Training:
    """A population in training, one group of members after another; see `train` for the arguments.

    Attributes:
        member_steps: steps taken so far, summed over members.
        seconds: wall time so far of ``compile``, ``train`` and ``evaluate``. Workers run several stages at once; their
            time is divided in the proportions that each worker measured.
        fingerprints: fingerprints of all executions of the training, this one first.
    """

    def __init__(
        self,
        specification: TrainingSpecification,
        start: Start,
        *,
        executor: Executor | None = None,
        checkpoints: Checkpoints | None = None,
        monitor: Monitor | None = None,
        stop: Callable[[], bool] | None = None,
        on_divergence: Literal["exclude", "stop"] = "exclude",
    ) -> None:
        arguments.choice("on_divergence", on_divergence, "exclude", "stop")
        self.specification, self._start = specification, start
        self._executor, self._checkpoints = executor or Here(), checkpoints
        self._monitor, self._on_divergence = monitor, on_divergence
        self._stop = stop or (lambda: False)
        self.count, self.member_steps = len(start.seed), 0
        size = blocks.group_size(self.count, specification.block, self._executor.devices, self._executor.workers)
        self.group_size = checkpoints.group_size(size, self.count) if checkpoints else size
        self.seconds = dict.fromkeys(("compile", "train", "evaluate"), 0.0)
        self.fingerprints = [devices.fingerprint(specification.block)]

    @property
    def group_count(self) -> int:
        """The number of groups."""
        return -(-self.count // self.group_size)

    def population(self) -> Population:
        """Trains every group, and joins their members; raises as `train` does."""
        recorded, whole, finished = self.specification.recorded, dict[str, Any](), list[int]()
        try:
            for members, state in self.groups():
                arrays = _arrays(state)
                if not whole:
                    whole = jax.tree.map(lambda leaf: np.empty((self.count, *leaf.shape[1:]), leaf.dtype), arrays)
                jax.tree.map(lambda to, leaf, own=members: np.copyto(to[own.start : own.stop], leaf), whole, arrays)
                finished += members
        except Stopped as stopped:
            if finished:
                chosen = np.sort(finished)
                part = jax.tree.map(lambda leaf: leaf[chosen], whole)
                stopped.members, stopped.population = chosen, self._population(part, chosen, recorded)
            elif stopped.args:
                group, state = stopped.args
                chosen, sound = np.asarray(group.members), state.member["sound"]
                self.member_steps += int(np.maximum(last_steps(sound, state.step) - group.begun, 0).sum())
                state.kept[int(recorded[state.records - 1])] = sound
                part = self._population(_arrays(state), chosen, recorded[: state.records])
                stopped.members, stopped.population = chosen, part
            stopped.args = ("training was stopped",)
            raise
        return self._population(whole, np.arange(self.count), recorded)

    def _population(
        self, arrays: dict[str, Any], members: Int[np.ndarray, " M"], steps: Int[np.ndarray, " R"]
    ) -> Population:
        spec = self.specification
        return Population(
            task=spec.task,
            model=spec.model,
            steps=steps,
            frame_steps=steps[spec.frames[spec.frames < len(steps)]],
            block=spec.block,
            numbers={name: np.asarray(each)[members] for name, each in self._start.hyper.numbers.items()},
            seeds=np.asarray(self._start.seed)[members].astype(int),
            base_seed=spec.base_seed,
            member_steps=self.member_steps,
            seconds=self.seconds,
            after=spec.after,
            **arrays,
        )

    def groups(self) -> Iterator[tuple[range, GroupState]]:
        """Trains every group, and yields its member numbers and last state, in any order; raises as `train` does."""
        kept, size, last = self._checkpoints, self.group_size, self.specification.kept_steps[-1]
        callbacks = Callbacks(self._record, lambda: kept is not None and kept.due, self._save, self._stop)
        job = TrainingJob(self.specification, size, callbacks)
        ranges = (range(first, min(first + size, self.count)) for first in range(0, self.count, size))
        began = time.perf_counter()
        for group, (state, fingerprint) in self._executor.map(job, map(self._group, ranges), self._stop):
            self._record(group.members, state.losses, state.sound)
            if group.begun < last:
                fingerprint = {**fingerprint, "block": self.specification.block}
                self._note(fingerprint)
                self._save(group, state._replace(answers={}, seconds={}), fingerprint)
            self.member_steps += int(np.maximum(state.last_steps - group.begun, 0).sum())
            wall, total = time.perf_counter() - began, sum(state.seconds.values())
            for name, seconds in state.seconds.items():
                self.seconds[name] += wall * seconds / total
            yield group.members, state
            began = time.perf_counter()

    def _group(self, members: range) -> Group:
        """A group in the state of its newest checkpoint, if there is one."""
        start: Start = jax.tree.map(lambda leaf: leaf[members.start : members.stop], self._start)
        fresh, own = Group(members, start), self.fingerprints[0]
        if self._checkpoints is None:
            return fresh
        if (found := self._checkpoints.load(self.specification, fresh, own)) is None:
            return fresh
        state, fingerprints = found
        for fingerprint in fingerprints:
            if fingerprint not in self.fingerprints:
                self._checkpoints.tell(
                    f"warning: the run was begun with another {changed(fingerprint, own)}; bits may differ from those "
                    "of an uninterrupted run"
                )
        self._note(*fingerprints)
        return fresh._replace(state=state)

    def _note(self, *fingerprints: dict[str, Any]) -> None:
        self.fingerprints += [each for each in fingerprints if each not in self.fingerprints]

    def _save(self, group: Group, state: GroupState, fingerprint: dict[str, Any] | None = None) -> None:
        """Saves a checkpoint of a group, computed by this execution or the one with the fingerprint."""
        if self._checkpoints is not None:
            latest = fingerprint or self.fingerprints[0]
            every = [latest, *(each for each in self.fingerprints if each != latest)]
            self._checkpoints.save(self.specification, group, state, every)

    def _record(self, members: range, losses: Float[np.ndarray, "M R"], sound: Bool[np.ndarray, " M"]) -> None:
        """Calls the monitor; raises if an untrained network has no finite loss, or to stop on divergence."""
        seeds, first, last = self._start.seed[np.asarray(members)], losses[:, 0], losses[:, -1]
        if not np.isfinite(first).all():
            raise ValueError(
                f"the loss of the untrained network of seed {seeds[~np.isfinite(first)][0]} is not a finite number: "
                "look at the task's examples, the noise on them and the model's answers"
            )
        step = int(self.specification.recorded[losses.shape[1] - 1])
        if self._monitor is not None:
            self._monitor(step, last, sound)
        # Before the last step a member may recover, unless its loss is NaN.
        diverged = ~sound if step == self.specification.recorded[-1] else np.isnan(last)
        if self._on_divergence == "stop" and diverged.any():
            raise Diverged(np.unique(seeds[diverged]).tolist(), step)


def _arrays(state: GroupState) -> dict[str, Any]:
    """The arrays of a population, of one group of its members."""
    arrays = {"states": state.kept, "train_loss": state.losses, "train_measures": state.measures}
    return arrays | {"frames": state.frames, "validation_loss": state.validation, "answers": state.answers}


def train(
    task: Task,
    model: nn.Module,
    *,
    seeds: int | Int[np.ndarray, " M"],
    steps: int | Sequence[int],
    learning_rate: float | Float[np.ndarray, " M"] | None = None,
    optimizer: str | optax.GradientTransformation = "sgd",
    momentum: float | Float[np.ndarray, " M"] | None = None,
    decay: float | Float[np.ndarray, " M"] | None = None,
    numbers: Mapping[str, float | Float[np.ndarray, " M"]] | None = None,
    noise: float | Float[np.ndarray, " M"] = 0.0,
    base_seed: int = 0,
    block: int | None = None,
    frames: int = 0,
    after: float | int | None = None,
    until: Goal | None = None,
    hold_goal: int = 1,
    keep: Literal["last", "best"] = "last",
    validation: Task | Examples | None = None,
    progress: bool = False,
    monitor: Monitor | None = None,
    checkpoints: Checkpoints | None = None,
    stop: Callable[[], bool] | None = None,
    on_divergence: Literal["exclude", "stop"] = "exclude",
    executor: Executor | None = None,
) -> Population:
    """Trains a population of networks; each member is a seed with hyperparameters.

    A hyperparameter is one number for all members, or an array ``[M]`` with one number per member.

    Args:
        model: a `Stack`, or any Flax module that keeps only parameters and whose answers to curves ``[C, T, F]`` have
            the shape of the targets.
        seeds: number of seeds, numbered from 0, or the seed number of each member. A member is bit-identical regardless
            of the other members.
        steps: number of updates, or several such numbers, after each of which parameters are kept.
        learning_rate: step size of the optimizer; None if an optimizer of your own does not inject it.
        optimizer: ``"sgd"``, ``"momentum"``, ``"rmsprop"``, ``"rmsprop_keras"`` or ``"adam"``; or any Optax
            transformation of gradients that draws no random numbers, such as
            ``optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule))``. What `optax.inject_hyperparams`
            injects can be given for each member: the learning rate by ``learning_rate``, other numbers by ``numbers``.
        momentum: share of the running sum or mean of gradients kept at each step; None: the optimizer's default. See
            `lstm_toys.networks.optimizers.TAKES`.
        decay: share of the running mean of squared gradients kept at each step; None: the optimizer's default.
        numbers: free parameters of the task's training curves, by name; and any numbers that the optimizer injects.
        noise: standard deviation of Gaussian noise on the training inputs, drawn once per seed.
        base_seed: another value gives different networks with the same seed numbers.
        block: number of members that one compiled program computes; another value changes the last bits. None: chosen
            for speed.
        frames: largest number of records for which the answer to the first training curve is kept.
        after: the share of a sequence that the recorded RMSE leaves out at the beginning, since networks start from a
            zero state and need some time points to settle; None: that of ``until``, or a tenth.
        until: a goal at which networks stop early: a network that meets it at ``hold_goal`` records in a row takes no
            more steps, while the others train on. It is bit-identical to a network trained for only so many steps.
        hold_goal: number of records in a row, see ``until``; there are about 200 records in a training.
        keep: ``"last"`` parameters, or the ``"best"`` ones: those of the record with the smallest loss on
            ``validation``; without it, of the smallest recorded loss. They are chosen for each network.
        validation: examples, or a task that makes some for each seed, on which the loss is recorded as well.
        progress: show steps, rate, loss and the time left, as a bar on a terminal, otherwise as lines.
        monitor: called at recorded steps, instead of ``progress``, with the step, the losses, and a mask of the members
            that have not diverged.
        checkpoints: where checkpoints are saved, and from which training continues if there are any.
        stop: called before the first step and about once a second; returns True to end the training with `Stopped`.
        on_divergence: ``"exclude"`` marks a diverged member; ``"stop"`` ends the training.
        executor: computes the groups of members; None: this process.

    Raises:
        ValueError: an argument is invalid, or answers do not have the shape of the targets.
        Stopped: ``stop`` returned True; a checkpoint has been saved if ``checkpoints`` are given. Its ``population``
            has the networks trained so far.
        Diverged: a member has diverged, and ``on_divergence`` is ``"stop"``.
        Damaged: a checkpoint cannot be read; OtherTraining if it is of another training.
        OSError: a checkpoint cannot be written.

    Example:
        >>> import lstm_toys as lt
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
        >>> lt.train(task, lt.Stack(1), seeds=2, steps=20, learning_rate=0.1).train_loss.shape  # [seed, recorded step]
        (2, 21)
    """
    arguments.kinds(locals(), monitor=Callable | None, stop=Callable | None)
    arguments.kinds(locals(), checkpoints=Checkpoints | None, executor=Executor | None)
    others: dict[str, Any] = {"learning_rate": learning_rate, "momentum": momentum, "decay": decay, "noise": noise}
    others |= {"after": after, "until": until, "hold_goal": hold_goal, "keep": keep, "validation": validation}
    specification, start = specify(
        task,
        model,
        seeds=seeds,
        steps=steps,
        optimizer=optimizer,
        numbers=numbers,
        base_seed=base_seed,
        block=block,
        frames=frames,
        **others,
    )
    if arguments.switch("progress", progress) and monitor is not None:
        raise ValueError("progress is shown, or a monitor is told of it; give one of the two")
    bar = TrainingProgress(output.console(), [1.0]) if progress else None
    training = Training(
        specification,
        start,
        executor=executor,
        checkpoints=checkpoints,
        monitor=bar or monitor,
        stop=stop,
        on_divergence=on_divergence,
    )
    if bar is None:
        return training.population()
    with bar:
        bar.begin("training", training.count, specification.kept_steps[-1])
        return training.population()
