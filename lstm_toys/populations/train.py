"""Many networks trained at once: the population, group after group."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any, Literal

import flax.linen as nn
import jax
import numpy as np
from jaxtyping import Bool, Float, Int, PyTree

from lstm_toys import arguments, output
from lstm_toys.execution import devices
from lstm_toys.execution.base import Executor
from lstm_toys.execution.here import Here
from lstm_toys.execution.progress import TrainingProgress
from lstm_toys.networks import training
from lstm_toys.networks.optimizers import Schedule
from lstm_toys.populations import blocks, codec, group, overview
from lstm_toys.populations.checkpoints import Checkpoints
from lstm_toys.populations.group import Answers, Callbacks, Group, GroupResult, GroupState, Reached, TrainingJob
from lstm_toys.populations.programs import Start
from lstm_toys.populations.specification import Specification, specify
from lstm_toys.tasks.goal import AFTER
from lstm_toys.tasks.supervision import Task

Monitor = Callable[[int, Float[np.ndarray, " M"], Bool[np.ndarray, " M"]], None]
"""Called at recorded steps with the step that a group of members has reached, their losses, and which are sound."""


class Diverged(Exception):
    """Seeds diverged, with ``on_divergence="stop"``; the arguments are their numbers and the recorded step."""


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
    states: dict[int, training.LastGood]
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
        """The last recorded step at which a member had not diverged; see `training.LastGood`."""
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


class Training:
    """A population in training, one group of members after another.

    Args:
        specification: what all members share.
        start: what each of them starts from, ``[M]``.
        executor: computes the groups; None: this process.
        checkpoints: where to continue from, if there are any, and where to leave more.
        monitor: called at recorded steps.
        stop: called before the first step and about once a second; returns True to end the training.
        on_divergence: whether a member that diverges is marked, or ends the training.

    Attributes:
        specification: as above.
        count: of the members.
        group_size: members that are trained together.
        member_steps: taken so far.
        seconds: of wall time, spent so far on ``compile``, ``train`` and, if there are curves to answer, ``evaluate``;
            divided as in the process that did it, since workers do several of them at once.
        fingerprints: of all executions of the training, this one first.
        executed: by which of `fingerprints` each member was trained, ``[M]``.
    """

    def __init__(
        self,
        specification: Specification,
        start: Start,
        *,
        executor: Executor | None = None,
        checkpoints: Checkpoints | None = None,
        monitor: Monitor | None = None,
        stop: Callable[[], bool] | None = None,
        on_divergence: Literal["exclude", "stop"] = "exclude",
    ) -> None:
        arguments.choice("on_divergence", on_divergence, "exclude", "stop")
        for name, function in (("monitor", monitor), ("stop", stop)):
            if function is not None:
                arguments.function(name, function, "a function")
        if checkpoints is not None:
            arguments.instance("checkpoints", checkpoints, Checkpoints, "lt.Checkpoints")
        if executor is not None:
            arguments.instance("executor", executor, Executor, "an Executor, such as lstm_toys.execution.here.Here()")
        self.specification, self._start = specification, start
        self._executor, self._checkpoints = executor or Here(), checkpoints
        self._monitor, self._on_divergence = monitor, on_divergence
        self._stop = stop or (lambda: False)
        self.count, self.member_steps = len(start.seed), 0
        size = blocks.group_size(self.count, specification.block, self._executor.devices, self._executor.workers)
        self.group_size = checkpoints.group_size(size, self.count) if checkpoints else size
        self.seconds = {"compile": 0.0, "train": 0.0} | ({"evaluate": 0.0} if specification.curves else {})
        self.fingerprints = [devices.fingerprint(specification.block)]
        self.executed = np.zeros(self.count, int)
        self._origins: dict[int, codec.Origin] = {}

    @property
    def group_count(self) -> int:
        """How many groups there are."""
        return -(-self.count // self.group_size)

    def population(self) -> Population:
        """Trains every group, and puts their members together."""
        spec, whole = self.specification, tuple[Any, ...]()
        for members, result in self.groups():
            state = result.state
            arrays = (state.kept, state.losses, state.errors, state.frames, result.answers)
            whole = _filled(whole, arrays, members, self.count)
        states, losses, errors, frames, answers = whole
        return Population(
            task=spec.task,
            model=spec.model,
            states=states,
            steps=spec.recorded,
            train_loss=losses,
            train_rmse=errors,
            frame_steps=spec.recorded[spec.frames],
            frames=frames,
            answers=answers,
            block=spec.block,
            numbers={name: np.asarray(each) for name, each in self._start.hyper.numbers.items()},
            member_steps=self.member_steps,
            seconds=self.seconds,
            after=spec.after,
        )

    def groups(self) -> Iterator[tuple[range, GroupResult]]:
        """Trains every group, and yields the numbers of its members and what became of them, in any order.

        Raises:
            Stopped, Diverged, Damaged, OSError: see `train`.
        """
        callbacks = Callbacks(self._record, self._due, self._save, self._stop)
        job = TrainingJob(self.specification, self.group_size, callbacks)
        ranges = [
            range(first, min(first + self.group_size, self.count)) for first in range(0, self.count, self.group_size)
        ]
        finished = [members for members in ranges if self._finished(members)]
        unfinished = [members for members in ranges if members not in finished]
        began = time.perf_counter()
        # What is finished already is answered here, since sending it takes longer.
        for asked, (result, fingerprint) in chain(
            Here().map(job, map(self._group, finished), self._stop),
            self._executor.map(job, map(self._group, unfinished), self._stop),
        ):
            self._record(group.reached(self.specification, asked.members, result.state))
            if result.member_steps:
                fingerprint = {**fingerprint, "block": self.specification.block}
                self._note(asked.members, fingerprint)
                self._save(asked, result.state, fingerprint, finished=True)
            self.member_steps += result.member_steps
            wall, total = time.perf_counter() - began, sum(result.seconds.values())
            for name, seconds in result.seconds.items():
                self.seconds[name] += wall * seconds / total
            yield asked.members, result
            began = time.perf_counter()

    def _finished(self, members: range) -> bool:
        last = self.specification.kept_steps[-1]
        return self._checkpoints is not None and self._checkpoints.step(members) == last

    def _group(self, members: range) -> Group:
        """A group in the state that its newest checkpoint has, if there is one."""
        start: Start = jax.tree.map(lambda leaf: leaf[members.start : members.stop], self._start)
        fresh = Group(members, start)
        if self._checkpoints is None:
            return fresh
        own = self.fingerprints[0]
        decode = partial(
            codec.decode,
            specification=self.specification,
            members=members,
            expected=self._origin(fresh),
            own=own,
        )
        found = self._checkpoints.load(members, decode)
        if found is None:
            return fresh
        for fingerprint in found.fingerprints:
            if fingerprint not in self.fingerprints:
                changed = [name for name in own if own[name] != fingerprint.get(name)]
                self._checkpoints.tell(
                    f"warning: the run was begun with another {', '.join(changed)}; bits may differ from those of an "
                    "uninterrupted run"
                )
        self._note(members, found.fingerprints[0], *found.fingerprints[1:])
        return fresh._replace(state=found.state)

    def _note(self, members: range, *fingerprints: dict[str, Any]) -> None:
        """Notes the executions that have trained members, the last one first."""
        self.fingerprints += [each for each in fingerprints if each not in self.fingerprints]
        self.executed[members.start : members.stop] = self.fingerprints.index(fingerprints[0])

    def _due(self) -> bool:
        return self._checkpoints is not None and self._checkpoints.due

    def _save(
        self, saved: Group, state: GroupState, fingerprint: dict[str, Any] | None = None, *, finished: bool = False
    ) -> None:
        """Leaves a checkpoint of a group, if there are any, computed by this execution or that of a fingerprint."""
        if self._checkpoints is not None:
            latest = fingerprint or self.fingerprints[0]
            every = [latest, *(each for each in self.fingerprints if each != latest)]
            content = codec.encode(state, self._origin(saved), every)
            self._checkpoints.save(saved.members, state.step, content, finished=finished)

    def _origin(self, asked: Group) -> codec.Origin:
        if asked.members.start not in self._origins:
            self._origins[asked.members.start] = codec.origin(self.specification, asked)
        return self._origins[asked.members.start]

    def _record(self, reached: Reached) -> None:
        """Calls the monitor; ends the training if a seed cannot begin, or diverged with ``on_divergence="stop"``."""
        if not np.isfinite(reached.first_losses).all():
            seed = self._start.seed[np.asarray(reached.members)[~np.isfinite(reached.first_losses)][0]]
            raise ValueError(
                f"the loss of the untrained network of seed {seed} is not a finite number: what the task's examples "
                "give, the noise on it, or what the model answers is not, or its squares are beyond single precision"
            )
        if self._monitor is not None:
            self._monitor(reached.step, reached.losses, reached.sound)
        if self._on_divergence == "stop" and reached.diverged.any():
            numbers = np.asarray(reached.members)[reached.diverged]
            raise Diverged(np.unique(self._start.seed[numbers]).tolist(), reached.step)


def train(
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
    curves: Mapping[int, Float[np.ndarray, "C T F"]] | None = None,
    after: float | int = AFTER,
    progress: bool = False,
    monitor: Monitor | None = None,
    checkpoints: Checkpoints | None = None,
    stop: Callable[[], bool] | None = None,
    on_divergence: Literal["exclude", "stop"] = "exclude",
    executor: Executor | None = None,
) -> Population:
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
        curves: curves ``[C, T, F]`` to be answered after some of the steps, by these steps.
        after: the share of a sequence at its beginning that the recorded RMSE leaves out, since every network starts
            from a zero state and has to find the curve first.
        progress: show steps, rate, loss and the time left, as a bar on a terminal and in lines elsewhere.
        monitor: told of the progress instead.
        checkpoints: where to continue from, if there are any, and where to leave more.
        stop: asked before the first step and about once a second; the training ends with `Stopped` if it says so.
        on_divergence: whether a member that diverges is marked, or ends the training.
        executor: computes the groups of members; None: this process.

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
    specification, start = specify(
        task,
        model,
        seeds=seeds,
        steps=steps,
        learning_rate=learning_rate,
        optimizer=optimizer,
        momentum=momentum,
        decay=decay,
        numbers=numbers,
        noise=noise,
        base_seed=base_seed,
        block=block,
        frames=frames,
        curves=curves,
        after=after,
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


def _filled(whole: tuple[PyTree, ...], part: tuple[PyTree, ...], members: range, count: int) -> tuple[PyTree, ...]:
    """Copies the arrays of a group of members into those of all of them, which are made with the first group."""
    if not whole:
        whole = jax.tree.map(lambda leaf: np.empty((count, *leaf.shape[1:]), leaf.dtype), part)
    jax.tree.map(lambda to, leaf: np.copyto(to[members.start : members.stop], leaf), whole, part)
    return whole
