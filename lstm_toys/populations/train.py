"""Many networks trained at once."""

import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec

import flax.linen as nn
import jax
import numpy as np
from jaxtyping import Bool, Float, Int, PyTree

from lstm_toys import forks, output, values
from lstm_toys.networks import training
from lstm_toys.networks.optimizers import Schedule, Scheduled
from lstm_toys.populations import blocks, overview, programs, value
from lstm_toys.populations.checkpoints import Checkpoints, encoded
from lstm_toys.populations.course import Course
from lstm_toys.populations.elsewhere import Elsewhere
from lstm_toys.populations.groups import Answers, Group, Part, Plan, Trainer
from lstm_toys.populations.interruption import Stopped
from lstm_toys.populations.progress import TrainingProgress
from lstm_toys.tasks.goal import AFTER
from lstm_toys.tasks.supervision import Task

P = ParamSpec("P")

RECORDS = 200
"""Recorded steps of a training, at most, besides step 0."""

Monitor = Callable[[int, Float[np.ndarray, " M"], Bool[np.ndarray, " M"]], None]
"""Is told, at recorded steps, of the step that a group of members has reached, their losses, and which are sound."""


class Diverged(Exception):
    """Seeds diverged and were not to; the arguments are their numbers and the recorded step."""


@dataclass(repr=False, eq=False)
class Population:
    """Trained networks, one a member.

    Attributes:
        task: what they were trained on.
        model: the network.
        states: for each of the steps asked for, the last sound parameters up to it; every leaf with a leading axis M.
        steps: recorded steps ``[R]``.
        train_loss: mean squared error over the training set after each recorded step, ``[M, R]``.
        train_rmse: root mean squared error of each feature of the answers, ``[M, R, A]``; of sequences, after their
            beginning.
        frame_steps: those of the recorded steps whose answers were kept, ``[K]``.
        frames: answers to the first training curve after them, ``[M, K, T, A]`` or ``[M, K, A]``.
        block: members that one compiled program works on.
        numbers: the training numbers of each member, by name, ``[M]``.
        member_steps: taken here, without those before a checkpoint that was continued from.
        seconds: spent on each stage; see `Training.seconds`.
        answers: to the curves that were shown after some of the steps, by step, ``[M, C, T, A]`` or ``[M, C, A]``.
        after: the share of a sequence at its beginning that ``train_rmse`` leaves out.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> task = lt.reproduce("sine", {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}, x)
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> isinstance(trained, lt.Population), trained.params["readout"]["kernel"].shape, trained.diverged.tolist()
        (True, (2, 4, 4), [False, False])
    """

    task: Task
    model: nn.Module
    states: dict[int, training.Sound]
    steps: Int[np.ndarray, " R"]
    train_loss: Float[np.ndarray, "M R"]
    train_rmse: Float[np.ndarray, "M R A"]
    frame_steps: Int[np.ndarray, " K"]
    frames: Float[np.ndarray, "M K ..."]
    block: int
    numbers: dict[str, Float[np.ndarray, " M"]]
    member_steps: int
    seconds: dict[str, float] = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)
    after: float | int = AFTER

    @property
    def params(self) -> PyTree[Float[np.ndarray, "M ..."]]:
        """Of the model after the last step; of a member that diverged, its last sound ones."""
        return self.states[int(self.steps[-1])].params

    @property
    def sound_steps(self) -> Int[np.ndarray, " M"]:
        """The last recorded step at which a member had not diverged; see `training.Sound`."""
        return np.asarray(self.states[int(self.steps[-1])].step)

    @property
    def diverged(self) -> Bool[np.ndarray, " M"]:
        """Members that were not sound at the last step."""
        return self.sound_steps < self.steps[-1]

    def __repr__(self) -> str:
        return overview.line(self, self._told())

    def _repr_html_(self) -> str:
        return overview.table(self, self._told())

    def _told(self) -> dict[str, str]:
        return overview.population(self.model, int(self.steps[-1]), self.train_loss[:, -1], self.diverged)


def recorded_steps(steps: Sequence[int], least: int = 1) -> Int[np.ndarray, " R"]:
    """Step 0, the given steps, and evenly spaced ones between, at most `RECORDS` after step 0.

    Args:
        steps: that have to be among them, the last one included.
        least: steps that have to lie between two of the others.
    """
    between = np.arange(0, max(steps), max(least, -(-max(steps) // RECORDS)))
    return np.unique(np.concatenate([[0], between, steps])).astype(np.int32)


def frame_indices(records: int, frames: int) -> Int[np.ndarray, " K"]:
    """Which records to keep as frames: the first, the last, and ones that come ever more rarely between."""
    return np.unique(np.geomspace(1, records, frames).round().astype(int)) - 1


class Training:
    """A population in training, one group of members after another.

    The arguments are those of `train`, and what raises is the same.

    Attributes:
        task: the training set.
        model: the network.
        recorded: recorded steps ``[R]``.
        kept: indices of the records that are kept as frames.
        block: members that one compiled program works on.
        executed: by which of `fingerprints` each member was trained, ``[M]``.
    """

    def __init__(
        self,
        task: Task,
        model: nn.Module,
        *,
        seeds: int | Int[np.ndarray, " M"],
        steps: int | Sequence[int],
        learning_rate: float | Float[np.ndarray, " M"] | Schedule,
        optimizer: str = "sgd",
        momentum: float | Float[np.ndarray, " M"] | None = None,
        decay: float | Float[np.ndarray, " M"] | None = None,
        numbers: Mapping[str, float | Float[np.ndarray, " M"]] | None = None,
        noise: float | Float[np.ndarray, " M"] = 0.0,
        base_seed: int = 0,
        block: int | None = None,
        frames: int = 0,
        progress: bool = False,
        monitor: Monitor | None = None,
        checkpoints: Checkpoints | None = None,
        stop: Callable[[], bool] | None = None,
        on_divergence: Literal["exclude", "stop"] = "exclude",
        cluster: Elsewhere | None = None,
        shown: Mapping[int, Float[np.ndarray, "C T F"]] | None = None,
        after: float | int = AFTER,
    ) -> None:
        forks.check()
        values.instance("task", task, Task, "a Task, such as lt.reproduce makes")
        values.instance("model", model, nn.Module, "a Flax module, such as lt.Stack(features=1)")
        self._start = programs.members(
            optimizer,
            seeds=seeds,
            learning_rate=learning_rate,
            momentum=momentum,
            decay=decay,
            noise=noise,
            wanted=task.numbers,
            numbers=numbers,
        )
        self.task, self.model = task, model
        if callable(learning_rate):
            _check_schedule(learning_rate)
        base_seed = values.whole("base_seed", base_seed, least=0, most=2**32 - 1)
        frames = values.whole("frames", frames, least=0, most=1_000_000)
        values.choice("on_divergence", on_divergence, "exclude", "stop")
        for name, function in (("monitor", monitor), ("stop", stop)):
            if function is not None:
                values.function(name, function, "a function")
        if checkpoints is not None:
            values.instance("checkpoints", checkpoints, Checkpoints, "lt.Checkpoints")
        if cluster is not None:
            values.instance("cluster", cluster, Elsewhere, "a lstm_toys.populations.cluster.Cluster")
        progress = values.switch("progress", progress)
        if progress and monitor is not None:
            raise ValueError("progress is shown, or a monitor is told of it; give one of the two")
        self._progress, self._monitor, self._checkpoints = progress, monitor, checkpoints
        self._stop, self._on_divergence, self._cluster = stop, on_divergence, cluster
        most = 2**31 - 1
        if values.several(steps):
            wanted = sorted({*values.wholes("steps", steps, least=0, most=most)})
        else:
            wanted = [values.whole("steps", steps, least=0, most=most)]
        shown = _curves_by_step(shown, wanted, task)
        self.block = (
            programs.suitable_block(task, model) if block is None else values.whole("block", block, least=1, most=most)
        )
        if not 0 <= values.number("after", after) < 1:
            raise values.refused("after", "a share of a curve from 0 to less than 1", after)
        # A record is a forward pass over the whole training set: with minibatches, about a tenth of the work at most.
        self.recorded = recorded_steps(wanted, 1 if task.batch is None else 3 * programs.shown(task)[0] // task.batch)
        self.kept = frame_indices(len(self.recorded), frames)
        count = len(self._start.seed)
        self.executed = np.zeros(count, int)
        if cluster is None:
            size = blocks.group_size(count, self.block, blocks.mesh().size)
        else:
            size = blocks.share(count, self.block, cluster.workers)
        plan = Plan(
            task=task,
            model=model,
            optimizer=Scheduled(optimizer, learning_rate) if callable(learning_rate) else optimizer,
            base_seed=base_seed,
            block=self.block,
            size=checkpoints.group_size(size, count) if checkpoints else size,
            wanted=tuple(wanted),
            recorded=self.recorded,
            kept=self.kept,
            shown=shown,
            after=float(after),
        )
        self._trainer = Trainer(plan, self._report, stop or (lambda: False))

    @property
    def group_size(self) -> int:
        """Members that are trained together."""
        return self._trainer.plan.size

    @property
    def member_steps(self) -> int:
        """Taken so far."""
        return self._trainer.member_steps

    @property
    def seconds(self) -> dict[str, float]:
        """Spent so far on ``compile``, ``train`` and, where curves are shown, ``evaluate``."""
        return self._trainer.seconds

    @property
    def fingerprints(self) -> list[dict[str, Any]]:
        """Of all executions that the training has seen, this one first; none without checkpoints."""
        return self._checkpoints.fingerprints if self._checkpoints else []

    def value(self) -> value.Value:
        """Digests of what would be computed."""
        return {**self._trainer.plan.value(), "members": value.digest(self._start)}

    def population(self) -> Population:
        """Trains every group of members, and puts them together."""
        if self._progress:
            shown = TrainingProgress(output.console(), [1.0])
            shown.begin("training", len(self._start.seed), self._trainer.plan.wanted[-1])
            self._monitor = shown
            with shown:
                return self._population()
        return self._population()

    def _population(self) -> Population:
        whole: PyTree = None
        for part in self.parts():
            found = (part.states, part.histories, part.answers)
            whole = _filled(whole, found, part.members, len(self._start.seed))
        states, histories, answers = whole
        return Population(
            task=self.task,
            model=self.model,
            states=states,
            steps=self.recorded,
            train_loss=histories.losses,
            train_rmse=histories.errors,
            frame_steps=self.recorded[self.kept],
            frames=histories.frames,
            answers=answers,
            block=self.block,
            numbers={name: np.asarray(values) for name, values in self._start.hyper.numbers.items()},
            member_steps=self.member_steps,
            seconds=self.seconds,
            after=self._trainer.plan.after,
        )

    def parts(self) -> Iterator[Part]:
        """Yields every group of members at the end of its training, here or by the workers of a cluster.

        Here in order; by workers in any.
        """
        count, size = len(self._start.seed), self.group_size
        groups = [range(first, min(first + size, count)) for first in range(0, count, size)]
        yield from self._parts_here(groups) if self._cluster is None else self._parts_by(self._cluster, groups)

    def _parts_here(self, groups: Sequence[range]) -> Iterator[Part]:
        self._trainer.compile()
        if self._stop is not None and self._stop():
            raise Stopped(0)
        for numbers in groups:
            course = self._trainer.course(numbers)
            if before := self._trainer.train(course, self._starts(numbers), self._checkpoints):
                self._note(numbers, before)
            yield self._part(course)

    def _parts_by(self, cluster: Elsewhere, groups: Sequence[range]) -> Iterator[Part]:
        """Has groups trained by workers; what comes back is left as a checkpoint, from which anybody may continue."""
        todo = []
        for numbers in groups:
            start, content = self._starts(numbers), b""
            if self._checkpoints and self._checkpoints.has(numbers.start):
                course = self._trainer.course(numbers)
                begun = self._trainer.resume(course, start, self._checkpoints)
                if course.finished:
                    self._note(numbers, begun.fingerprints[0])
                    yield self._part(course)
                    continue
                content = encoded(course.state(), begun.origin, begun.fingerprints)
            todo.append(Group(numbers, start, content))
        if isinstance(self._monitor, TrainingProgress):
            self._monitor.spread(len(todo), lambda: cluster.workers)
        began = time.perf_counter()
        for group, outcome in cluster.outcomes(self._trainer.plan, todo, self._stop or (lambda: False)):
            course = self._trainer.course(group.numbers)
            fingerprint = self._trainer.arrived(course, outcome.value, self._checkpoints)
            self._note(group.numbers, fingerprint)
            self.seconds["train"] += time.perf_counter() - began
            yield Part(group.numbers, course.states, course.histories(), outcome.value.answers)
            began = time.perf_counter()
        if self._stop is not None and self._stop():
            raise Stopped(0)

    def _starts(self, numbers: range) -> programs.Start:
        """What members of a group start from."""
        start: programs.Start = jax.tree.map(lambda leaf: leaf[numbers.start : numbers.stop], self._start)
        return start

    def _part(self, course: Course) -> Part:
        return Part(course.numbers, course.states, course.histories(), self._trainer.answers(course))

    def _note(self, numbers: range, fingerprint: dict[str, Any]) -> None:
        """Notes by which execution members were trained, elsewhere or before."""
        if self._checkpoints:
            known = self._checkpoints.fingerprints
            if fingerprint not in known:
                known.append(fingerprint)
            self.executed[numbers.start : numbers.stop] = known.index(fingerprint)

    def _report(self, course: Course) -> None:
        """Tells the monitor of the last record, and ends the training if a seed diverged that was not to, or could not
        begin."""
        if not np.isfinite(course.first_losses).all():
            seed = self._start.seed[np.asarray(course.numbers)[~np.isfinite(course.first_losses)][0]]
            raise ValueError(
                f"the loss of the untrained network of seed {seed} is not a finite number: what the task's examples "
                "give, the noise on it, or what the model answers is not, or its squares are beyond single precision"
            )
        if self._monitor is not None:
            self._monitor(course.recorded_step, course.losses, course.sound)
        if self._on_divergence == "stop" and course.diverged.any():
            numbers = np.asarray(course.numbers)[course.diverged]
            raise Diverged(np.unique(self._start.seed[numbers]).tolist(), course.recorded_step)


def _check_schedule(schedule: Schedule) -> None:
    """Raises ValueError if a schedule does not give one number for the number of a step."""
    try:
        rate = jax.eval_shape(schedule, jax.ShapeDtypeStruct((), np.int32))
    except TypeError:  # Of many lines.
        told = "a schedule that JAX can trace, with jnp.where where Python has if"
        raise values.refused("learning_rate", told, schedule) from None
    if getattr(rate, "shape", None) != () or not np.issubdtype(rate.dtype, np.number):
        raise values.refused("learning_rate", "a schedule from the number of a step to one number", rate)


def _curves_by_step(
    shown: Mapping[int, Float[np.ndarray, "C T F"]] | None, steps: Sequence[int], task: Task
) -> dict[int, Float[np.ndarray, "C T F"]]:
    """Curves to be answered after some of the steps, checked."""
    if shown is None:
        return {}
    values.instance("shown", shown, Mapping, "curves by steps")
    found = {}
    for step, curves in shown.items():
        if step not in steps:
            told = values.brief(step)
            raise ValueError(f"curves are shown after steps whose parameters are kept, not after {told}")
        axes = f"C T {len(task.shown)}"
        found[values.whole("shown", step)] = values.array(f"shown[{step}]", curves, axes, empty=True)
    return found


def _taking(
    stated: Callable[P, Training],
) -> Callable[[Callable[..., Population]], Callable[P, Population]]:
    """Gives a function the signature of what states the arguments in its place."""

    def signed(function: Callable[..., Population]) -> Callable[P, Population]:
        signature = inspect.signature(stated).replace(return_annotation=Population)
        function.__signature__ = signature  # type: ignore[attr-defined]
        return function

    return signed


@_taking(Training)
def train(*arguments: Any, **options: Any) -> Population:
    """Trains networks, one a member: a seed under one setting of the hyper-parameters.

    A hyper-parameter is one number for all members, or one for each.

    Args:
        task: the training set.
        model: the network: a `Stack`, or any Flax module that keeps nothing but parameters and answers curves
            ``[C, T, F]`` by what is of the shape of the targets.
        seeds: how many, numbered from 0, or the seed number of each member; a member is the same network whichever
            others there are.
        steps: updates of each; of several such numbers, the parameters after each are kept.
        learning_rate: step size of the optimizer; or an Optax schedule for all members, from the number of a step, from
            0, to its step size.
        optimizer: a name in `lstm_toys.networks.hyper.TAKES`.
        momentum: see there; None: the optimizer's default.
        decay: likewise.
        numbers: what the task leaves open of its training curves, by name.
        noise: standard deviation of the normal noise on what a network is shown in training, drawn once for each seed.
        base_seed: another one gives other networks under the same seed numbers.
        block: members that one compiled program works on; another one changes the last bits of every result. None: as
            many as suit the task.
        frames: how many records to keep the answer to the first training curve of, at most.
        progress: show steps, rate, loss and the time left, as a bar on a terminal and in lines elsewhere.
        monitor: told of the progress instead.
        checkpoints: where to continue from, if there are any, and where to leave more.
        stop: asked before the first step and about once a second; the training ends with `Stopped` if it says so.
        on_divergence: whether a member that diverges is marked, or ends the training.
        cluster: whose workers train the groups of members, instead of this process.
        shown: curves ``[C, T, F]`` to be answered after some of the steps, by these steps.
        after: the share of a sequence at its beginning that the recorded RMSE leaves out, since every network starts
            from a zero state and has to find the curve first.

    Raises:
        ValueError: an argument is impossible, such as no seed, negative steps or an unknown optimizer; the task has
            other training numbers, or curves that are not finite numbers; answers have not the shape of the targets.
        Stopped: it was told to, and has left a checkpoint.
        Diverged: a member has, and ``on_divergence`` is ``"stop"``.
        Damaged: no checkpoint of a group of members can be read.
        OSError: a checkpoint cannot be written.

    Example:
        >>> import lstm_toys as lt
        >>> x = lt.time_points(20)
        >>> task = lt.reproduce("sine", {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}, x)
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=20, learning_rate=0.1)
        >>> trained.train_loss.shape  # [seed, recorded step]
        (2, 21)
    """
    return Training(*arguments, **options).population()


def _filled(whole: PyTree, part: PyTree, members: range, count: int) -> PyTree:
    """Copies the arrays of a group of members into those of all of them, which are made with the first group."""
    if whole is None:
        whole = jax.tree.map(lambda leaf: np.empty((count, *leaf.shape[1:]), leaf.dtype), part)
    jax.tree.map(lambda to, leaf: np.copyto(to[members.start : members.stop], leaf), whole, part)
    return whole
