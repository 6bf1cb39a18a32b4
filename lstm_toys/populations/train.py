"""Many networks trained at once."""

import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, ParamSpec

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int, PyTree

from lstm_toys import output
from lstm_toys.files import Damaged
from lstm_toys.networks import training
from lstm_toys.networks.optimizers import Schedule, Scheduled
from lstm_toys.populations import blocks, devices, programs
from lstm_toys.populations.checkpoints import Carried, Checkpoints, Origin, decoded
from lstm_toys.populations.checkpoints import origin as origin_of
from lstm_toys.populations.course import Course, Histories
from lstm_toys.populations.elsewhere import Elsewhere
from lstm_toys.populations.progress import TrainingProgress
from lstm_toys.tasks.supervision import Task

P = ParamSpec("P")

RECORDS = 200
"""Recorded steps of a training, at most, besides step 0."""

CALL_SECONDS = 1.0
"""What one call of the compiled training should last at most, so that the host can act between calls."""

Monitor = Callable[[int, Float[np.ndarray, " M"], Bool[np.ndarray, " M"]], None]
"""Is told, at recorded steps, of the step that a group of members has reached, their losses, and which are sound."""


class Records(NamedTuple):
    """What a call of the compiled training recorded.

    Attributes:
        made: by the devices, every leaf ``[blocks, N, stops, ...]``.
        recorded: at which of the stops.
    """

    made: training.Record
    recorded: Bool[np.ndarray, " stops"]


class Stopped(Exception):
    """The training was asked to stop; the argument is the step that the group of members in training has reached."""


class Diverged(Exception):
    """Seeds diverged and were not to; the arguments are their numbers and the recorded step."""


@dataclass
class Population:
    """Trained networks, one a member.

    Attributes:
        task: what they were trained on.
        model: the network.
        states: for each of the steps asked for, the last sound parameters up to it; every leaf with a leading axis M.
        steps: recorded steps ``[R]``.
        train_loss: mean squared error over the training set after each recorded step, ``[M, R]``.
        train_rmse: root mean squared error of each feature of the answers, ``[M, R, A]``; see `training.Record`.
        frame_steps: those of the recorded steps whose answers were kept, ``[K]``.
        frames: answers to the first training curve after them, ``[M, K, T, A]`` or ``[M, K, A]``.
        block: members that one compiled program works on.
        executed: by which of the fingerprints of its checkpoints each member was trained, ``[M]``; 0: that of here.
        numbers: the training numbers of each member, by name, ``[M]``.
        member_steps: taken here, without those before a checkpoint that was continued from.
        seconds: spent on ``compile`` and ``train``.

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
    executed: Int[np.ndarray, " M"]
    numbers: dict[str, Float[np.ndarray, " M"]]
    member_steps: int
    seconds: dict[str, float] = field(default_factory=dict)

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


class Part(NamedTuple):
    """A group of members at the end of its training.

    Attributes:
        members: their numbers.
        states: as in `Population`.
        histories: what was recorded of them.
    """

    members: range
    states: dict[int, training.Sound]
    histories: Histories


class Group(NamedTuple):
    """A group of members for a worker.

    Attributes:
        numbers: of the members.
        start: what each of them starts from.
        content: the newest checkpoint of them; empty if there is none.
    """

    numbers: range
    start: programs.Start
    content: bytes

    def __str__(self) -> str:
        return f"members {self.numbers.start:,} to {self.numbers[-1]:,}"


@dataclass(frozen=True)
class GroupTraining:
    """What the groups of a training share, for a worker; an `elsewhere.Job`."""

    task: Task
    model: nn.Module
    optimizer: str | Scheduled
    base_seed: int
    block: int
    steps: tuple[int, ...]
    frames: int
    group_size: int

    def __call__(self) -> Callable[[Group], tuple[bytes, int]]:
        """What trains a group: from it to its last checkpoint, and the steps that its members took."""
        compiled: list[programs.Programs] = []

        def trained(group: Group) -> tuple[bytes, int]:
            carried = Carried(devices.fingerprint(self.block), self.group_size, group.content)
            hyper = group.start.hyper._asdict()
            if isinstance(self.optimizer, Scheduled):
                hyper["learning_rate"] = self.optimizer.schedule
            training = Training(
                self.task,
                self.model,
                seeds=np.asarray(group.start.seed),
                steps=self.steps,
                optimizer=self.optimizer.name if isinstance(self.optimizer, Scheduled) else self.optimizer,
                base_seed=self.base_seed,
                block=self.block,
                frames=self.frames,
                checkpoints=carried,
                **hyper,
            )
            training._programs = compiled[0] if compiled else None
            for _ in training.parts():
                compiled[:] = [training._compiled]
            return carried.held, training.member_steps

        return trained


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
        member_steps: taken so far.
        seconds: spent so far on ``compile`` and ``train``.
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
    ) -> None:
        self._start = programs.members(
            optimizer,
            seeds=seeds,
            learning_rate=np.nan if callable(learning_rate) else learning_rate,
            momentum=momentum,
            decay=decay,
            noise=noise,
            wanted=task.numbers,
            numbers=numbers,
        )
        self._optimizer = Scheduled(optimizer, learning_rate) if callable(learning_rate) else optimizer
        self.task, self.model, self._base_seed = task, model, base_seed
        if progress and monitor is not None:
            raise ValueError("progress is shown, or a monitor is told of it; give one of the two")
        self._progress, self._monitor, self._checkpoints = progress, monitor, checkpoints
        self._stop, self._on_divergence, self._cluster = stop, on_divergence, cluster
        self._wanted = [steps] if isinstance(steps, int) else sorted(set(steps))
        self.block = programs.suitable_block(task, model) if block is None else block
        if self.block < 1:
            raise ValueError(f"block must be at least 1, not {block}")
        if not self._wanted or self._wanted[0] < 0:
            raise ValueError(f"steps must not be negative, nor none at all: {steps}")
        # A record is a forward pass over the whole training set: with minibatches, about a tenth of the work at most.
        self.recorded = recorded_steps(
            self._wanted, 1 if task.batch is None else 3 * programs.shown(task)[0] // task.batch
        )
        self._frames, self.kept = frames, frame_indices(len(self.recorded), frames)
        self._programs: programs.Programs | None = None
        self._shapes: training.Member | None = None
        self.executed = np.zeros(len(self._start.seed), int)
        self.member_steps = 0
        self.seconds = {"compile": 0.0, "train": 0.0}
        self._stride = 1

    @property
    def fingerprints(self) -> list[dict[str, Any]]:
        """Of all executions that the training has seen, this one first; none without checkpoints."""
        return self._checkpoints.fingerprints if self._checkpoints else []

    def population(self) -> Population:
        """Trains every group of members, and puts them together."""
        if self._progress:
            shown = TrainingProgress(output.console(), [1.0])
            shown.begin("training", len(self._start.seed), self._wanted[-1])
            self._monitor = shown
            with shown:
                return self._population()
        return self._population()

    def _population(self) -> Population:
        whole: PyTree = None
        for part in self.parts():
            whole = _filled(whole, (part.states, part.histories), part.members, len(self._start.seed))
        states, histories = whole
        return Population(
            task=self.task,
            model=self.model,
            states=states,
            steps=self.recorded,
            train_loss=histories.losses,
            train_rmse=histories.errors,
            frame_steps=self.recorded[self.kept],
            frames=histories.frames,
            block=self.block,
            executed=self.executed,
            numbers={name: np.asarray(values) for name, values in self._start.hyper.numbers.items()},
            member_steps=self.member_steps,
            seconds=self.seconds,
        )

    def parts(self) -> Iterator[Part]:
        """Yields every group of members at the end of its training, here or by the workers of a cluster.

        Here in order; by workers in any.
        """
        if self._cluster is not None:
            yield from self._parts_elsewhere(self._cluster)
            return
        count, devices = len(self._start.seed), blocks.mesh().size
        size = (self._checkpoints and self._checkpoints.group_size) or blocks.group_size(count, self.block, devices)
        self._compile(size)
        if self._stop is not None and self._stop():
            raise Stopped(0)
        for first in range(0, count, size):
            began = time.perf_counter()
            course = self._course(range(first, min(first + size, count)))
            self._train(course, self._initialized(course.numbers, size))
            self.seconds["train"] += time.perf_counter() - began
            yield Part(course.numbers, course.states, course.histories())

    def _parts_elsewhere(self, cluster: Elsewhere) -> Iterator[Part]:
        """Has groups trained by workers; what comes back is left as a checkpoint, from which anybody may continue."""
        count = len(self._start.seed)
        size = (self._checkpoints and self._checkpoints.group_size) or blocks.share(count, self.block, cluster.workers)
        every = [range(first, min(first + size, count)) for first in range(0, count, size)]
        todo = []
        for numbers in every:
            content = self._checkpoints.content(numbers.start) if self._checkpoints else b""
            if content:
                course = self._checked(numbers, size)
                if course.finished:
                    yield self._arrived(course, decoded(content, Path("a checkpoint"))[2][0])
                    continue
            start = jax.tree.map(lambda leaf, own=slice(numbers.start, numbers.stop): leaf[own], self._start)
            todo.append(Group(numbers, start, content))
        if isinstance(self._monitor, TrainingProgress):
            self._monitor.spread(len(todo), lambda: cluster.workers)
        job = GroupTraining(
            self.task, self.model, self._optimizer, self._base_seed, self.block, tuple(self._wanted), self._frames, size
        )
        began = time.perf_counter()
        for group, outcome in cluster.outcomes(job, todo, self._stop or (lambda: False)):
            content, steps = outcome.value
            if self._checkpoints:
                self._checkpoints.put(group.numbers.start, group.numbers[-1], self._wanted[-1], content)
            course = self._course(group.numbers)
            state, _, (fingerprint, *_) = decoded(content, Path("a worker"))
            course.restore(state)
            self.member_steps += steps
            self.seconds["train"] += time.perf_counter() - began
            self._report(course)
            yield self._arrived(course, fingerprint)
            began = time.perf_counter()
        if self._stop is not None and self._stop():
            raise Stopped(0)

    def _arrived(self, course: Course, fingerprint: dict[str, Any]) -> Part:
        """A group at the end of its training, elsewhere or before; notes by which execution."""
        if self._checkpoints:
            known = self._checkpoints.fingerprints
            if fingerprint not in known:
                known.append(fingerprint)
            self.executed[course.numbers.start : course.numbers.stop] = known.index(fingerprint)
        return Part(course.numbers, course.states, course.histories())

    def _checked(self, numbers: range, size: int) -> Course:
        """A group where its checkpoint has it, which has to be one of this training."""
        self._compile(size)
        course = self._course(numbers)
        self._resume(course, self._initialized(numbers, size))
        return course

    def _compile(self, size: int) -> None:
        """Compiles what groups of a size are trained by, unless that was done."""
        if self._programs is None:
            began = time.perf_counter()
            mesh = blocks.mesh()
            group = next(blocks.groups(size, size, self.block, mesh.size))
            self._programs = programs.compile_programs(self.task, self.model, self._optimizer, group, mesh)
            self.seconds["compile"] += time.perf_counter() - began

    def _course(self, numbers: range) -> Course:
        """The course of a group, at its beginning."""
        if self._shapes is None:
            self._shapes = programs.member_shapes(self.task, self.model, self._optimizer)
        return Course(numbers, self._shapes, self.recorded, self.kept, self._wanted)

    def _initialized(self, numbers: range, size: int) -> training.Member:
        """The members of a group as they begin, on the devices."""
        mesh = blocks.mesh()
        group = numbers.start + next(blocks.groups(size, size, self.block, mesh.size))
        return self._compiled.initialize(programs.place(group, self._start, mesh), np.uint32(self._base_seed))

    @property
    def _compiled(self) -> programs.Programs:
        assert self._programs is not None
        return self._programs

    def _resume(self, course: Course, members: training.Member) -> Origin | None:
        """Takes a group to where its checkpoint has it, if there is one; returns what its states depend on."""
        origin = self._origin(course, members)
        state = self._checkpoints.load(course.numbers.start, origin) if self._checkpoints and origin else None
        if self._checkpoints and state is not None:
            try:
                course.restore(state)
            except (KeyError, ValueError) as error:
                raise Damaged(self._checkpoints.folder, f"cannot be continued from: {error}") from None
            self._report(course)
        return origin

    def _train(self, course: Course, members: training.Member) -> None:
        """Takes a group from where its checkpoint has it, or from its beginning, to the last step."""
        origin = self._resume(course, members)
        if course.finished:
            return
        pending: Records | None = None
        members = course.continued(members)
        while not course.finished:
            called = time.perf_counter()
            members, following = self._call(course, members)
            # The host looks at records while the devices are at work on the steps after them.
            if pending is not None:
                self._look(course, pending)
            pending = following
            self._pace(time.perf_counter() - called)
            stopped = self._stop is not None and self._stop()
            if stopped or (self._checkpoints and self._checkpoints.due):
                if pending is not None:
                    self._look(course, pending)
                    pending = None
                self._save(course, members, origin)
            if stopped:
                raise Stopped(course.step)
        self._save(course, members, origin)

    def _call(self, course: Course, members: training.Member) -> tuple[training.Member, Records | None]:
        """Sets the devices to work on the next steps, the stride at most."""
        if course.ended:
            return members, None
        stops, recorded = course.stops(self._stride, programs.STOPS)
        members, made = self._compiled.follow(members, np.int32(course.step), stops, recorded)
        self.member_steps += int(stops[-1] - course.step) * len(course.numbers)
        course.reach(int(stops[-1]), members)
        return members, Records(made, recorded)

    def _look(self, course: Course, records: Records) -> None:
        """Takes down the records of a call, once the devices have made them."""
        made = blocks.flat(records.made)
        for index in np.flatnonzero(records.recorded):
            course.note(jax.tree.map(lambda leaf, index=index: leaf[:, index], made))
            self._report(course)

    def _report(self, course: Course) -> None:
        """Tells the monitor of the last record, and ends the training if a seed diverged that was not to."""
        if self._monitor is not None:
            self._monitor(course.recorded_step, course.losses, course.sound)
        if self._on_divergence == "stop" and not course.sound.all():
            numbers = np.asarray(course.numbers)[~course.sound]
            raise Diverged(np.unique(self._start.seed[numbers]).tolist(), course.recorded_step)

    def _pace(self, seconds: float) -> None:
        """Fits the number of steps in a call to `CALL_SECONDS`; where a call begins and ends changes no result."""
        if seconds < CALL_SECONDS / 2:
            self._stride = min(2 * self._stride, 2**30)
        elif seconds > CALL_SECONDS:
            self._stride = max(1, self._stride // 2)

    def _save(self, course: Course, members: training.Member, origin: Origin | None) -> None:
        course.keep(members)
        if self._checkpoints and origin:
            self._checkpoints.save(course.numbers.start, course.numbers[-1], course.step, course.state(), origin)

    def _optimizer_told(self) -> dict[str, Any]:
        """The name of the optimizer, and the learning rate of every step, where a schedule has it."""
        if not isinstance(self._optimizer, Scheduled):
            return {"optimizer": self._optimizer}
        rates = jax.jit(jax.vmap(self._optimizer.schedule))(jnp.arange(self._wanted[-1]))
        return {"optimizer": self._optimizer.name, "schedule": np.asarray(rates)}

    def _origin(self, course: Course, members: training.Member) -> Origin | None:
        """What the states of a group depend on; None without checkpoints."""
        if self._checkpoints is None:
            return None
        own = slice(course.numbers.start, course.numbers.stop)
        hyper = {name: values[own] for name, values in self._start.hyper._asdict().items() if name != "numbers"}
        hyper |= {f"train_{name}": values[own] for name, values in self._start.hyper.numbers.items()}
        return origin_of(
            [leaf[: len(course.numbers)] for leaf in jax.tree.leaves(blocks.flat(members.examples))],
            model=f"{type(self.model).__module__}.{self.model!r}",
            **self._optimizer_told(),
            base_seed=self._base_seed,
            seeds=self._start.seed[own],
            steps=[int(step) for step in self.recorded],
            kept_steps=list(self._wanted),
            frames=[int(index) for index in self.kept],
            batch=self.task.batch,
            asked=list(self.task.asked),
            **hyper,
        )


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

    Raises:
        ValueError: no seed, negative steps, a block below 1, an unknown optimizer, other training numbers than the task
            has, or answers that have not the shape of the targets.
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
