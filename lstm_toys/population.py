"""Many networks trained at once, one a seed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PyTree, UInt32

from lstm_toys import blocks, training
from lstm_toys.checkpoints import Checkpoints
from lstm_toys.course import Course
from lstm_toys.files import Damaged
from lstm_toys.model import Stack
from lstm_toys.tasks import Task

RECORDS = 200
"""Recorded steps of a training, at most, besides step 0."""

CALL_SECONDS = 1.0
"""What one call of the compiled training should last at most, so that the host can act between calls."""

Monitor = Callable[[int, Float[np.ndarray, " M"], Bool[np.ndarray, " M"]], None]
"""Is told, at recorded steps, of the step that a group of members has reached, their losses, and which are sound."""


class Stopped(Exception):
    """The training was asked to stop; the argument is the step that the group of members in training has reached."""


class Diverged(Exception):
    """Seeds diverged and were not to; the arguments are their numbers and the recorded step."""


@dataclass
class Population:
    """Trained networks, one a seed.

    Attributes:
        task: what they were trained on.
        model: the network.
        params: of the model, every leaf with a leading axis S; of a seed that diverged, its last sound ones.
        steps: recorded steps ``[R]``.
        train_loss: mean squared error over the training set after each recorded step, ``[S, R]``.
        train_rmse: root mean squared error of each feature of the answers, ``[S, R, A]``; see `training.Record`.
        sound_steps: the last recorded step at which a seed had not diverged, ``[S]``; see `training.Sound`.
        frame_steps: those of the recorded steps whose answers were kept, ``[K]``.
        frames: answers to the first training curve after them, ``[S, K, T, A]`` or ``[S, K, A]``.
        block: members that one compiled program works on.
        member_steps: taken here, without those before a checkpoint that was continued from.
        seconds: spent on ``compile`` and ``train``.
    """

    task: Task
    model: Stack
    params: PyTree[Float[np.ndarray, "S ..."]]
    steps: Int[np.ndarray, " R"]
    train_loss: Float[np.ndarray, "S R"]
    train_rmse: Float[np.ndarray, "S R A"]
    sound_steps: Int[np.ndarray, " S"]
    frame_steps: Int[np.ndarray, " K"]
    frames: Float[np.ndarray, "S K ..."]
    block: int
    member_steps: int
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def diverged(self) -> Bool[np.ndarray, " S"]:
        """Seeds that were not sound at the last step."""
        return self.sound_steps < self.steps[-1]


class Start(NamedTuple):
    """What makes one member of a population different from another.

    Attributes:
        seed: its number.
        learning_rate: of its optimizer.
    """

    seed: UInt32[Array, "blocks N"]
    learning_rate: Float[Array, "blocks N"]


def recorded_steps(steps: int, least: int = 1) -> Int[np.ndarray, " R"]:
    """Step 0, the last step, and evenly spaced ones between, at most `RECORDS` after step 0.

    Args:
        steps: the last one.
        least: steps that have to lie between two records, but for the last.
    """
    return np.unique(np.append(np.arange(0, steps, max(least, -(-steps // RECORDS))), steps)).astype(np.int32)


def frame_indices(records: int, frames: int) -> Int[np.ndarray, " K"]:
    """Which records to keep as frames: the first, the last, and ones that come ever more rarely between."""
    return np.unique(np.geomspace(1, records, frames).round().astype(int)) - 1


def suitable_block(task: Task, model: Stack) -> int:
    """How many members a compiled program should work on; see `blocks.default_block`."""
    curves, timesteps, _ = _shown(task)
    return blocks.default_block((task.batch or curves) * timesteps * max((*model.hidden, model.features)))


class Programs(NamedTuple):
    """What is compiled, once a run, for groups of blocks of members.

    Attributes:
        initialize: from a `Start` and the base seed to members.
        advance: from members, the step they have reached and a later one to members; takes the members' memory.
        record: from members and their step to members and a `training.Record`; takes the members' memory.
        members: the shapes of members.
    """

    initialize: Callable[..., training.Member]
    advance: Callable[..., training.Member]
    record: Callable[..., tuple[training.Member, training.Record]]
    members: training.Member


def compile_programs(
    task: Task, model: Stack, optimizer: str, group: Int[np.ndarray, "blocks N"], mesh: jax.sharding.Mesh
) -> Programs:
    """Compiles a training.

    Args:
        task: the training set.
        model: the network.
        optimizer: a name in `lstm_toys.training.OPTIMIZERS`.
        group: member numbers, blocks of them; any of the right shape.
        mesh: the devices.
    """

    def begin(start: Start, base: UInt32[Array, ""]) -> training.Member:
        return training.init(task, model, optimizer, training.seed_key(base, start.seed), start.learning_rate)

    zero, start = np.int32(0), place(group, np.zeros(1, np.float32), mesh)
    initialize = blocks.spread(begin, mesh, batch=blocks.one_by_one)
    advance = blocks.spread(partial(training.advance, task, model, optimizer), mesh, donate=True)
    record = blocks.spread(partial(training.record, task, model), mesh, donate=True)
    share = jax.sharding.NamedSharding(mesh, jax.P("device"))
    members = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=share),
        jax.eval_shape(initialize, start, np.uint32(0)),
    )
    return Programs(
        initialize.lower(start, np.uint32(0)).compile(),
        advance.lower(members, zero, zero).compile(),
        record.lower(members, zero).compile(),
        members,
    )


def place(group: Int[np.ndarray, "blocks N"], rates: Float[np.ndarray, " S"], mesh: jax.sharding.Mesh) -> Start:
    """What members of a group start from, on the devices.

    Args:
        group: member numbers; those past the last seed are padding.
        rates: the learning rate of every seed.
        mesh: the devices.
    """
    rate = rates.take(group, mode="clip")
    return blocks.place(Start(jnp.asarray(group, jnp.uint32), jnp.asarray(rate)), mesh)


def train(
    task: Task,
    model: Stack,
    *,
    seeds: int,
    steps: int,
    learning_rate: float | Float[np.ndarray, " S"],
    optimizer: str = "sgd",
    base_seed: int = 0,
    block: int | None = None,
    frames: int = 0,
    monitor: Monitor | None = None,
    checkpoints: Checkpoints | None = None,
    stop: Callable[[], bool] | None = None,
    on_divergence: Literal["exclude", "stop"] = "exclude",
) -> Population:
    """Trains one network a seed.

    Args:
        task: the training set.
        model: the network.
        seeds: number of networks S; seed i is the same network whatever S is.
        steps: updates of each.
        learning_rate: of the optimizer, one for all seeds or one for each.
        optimizer: a name in `lstm_toys.training.OPTIMIZERS`.
        base_seed: another one gives other networks under the same seed numbers.
        block: members that one compiled program works on; another one changes the last bits of every result. None: as
            many as suit the task.
        frames: how many records to keep the answer to the first training curve of, at most.
        monitor: told of the progress.
        checkpoints: where to continue from, if there are any, and where to leave more.
        stop: asked about once a second; the training ends with `Stopped` if it says so.
        on_divergence: whether a seed that diverges is marked, or ends the training.

    Raises:
        ValueError: seeds, steps or block below 1.
        KeyError: an unknown optimizer.
        Stopped: it was told to, and has left a checkpoint.
        Diverged: a seed has, and ``on_divergence`` is ``"stop"``.
        Damaged: no checkpoint of a group of members can be read.
        OSError: a checkpoint cannot be written.
    """
    block = suitable_block(task, model) if block is None else block
    for name, value in {"seeds": seeds, "steps": steps, "block": block}.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}")
    mesh = blocks.mesh()
    rates = np.broadcast_to(np.asarray(learning_rate, np.float32), (seeds,))
    # A record is a forward pass over the whole training set: with minibatches, about a tenth of the work at most.
    recorded = recorded_steps(steps, 1 if task.batch is None else 3 * _shown(task)[0] // task.batch)
    kept = frame_indices(len(recorded), frames)
    size = (checkpoints and checkpoints.group_size) or blocks.group_size(seeds, block, mesh.size)
    groups = list(blocks.groups(seeds, size, block, mesh.size))
    began = time.perf_counter()
    programs = compile_programs(task, model, optimizer, groups[0], mesh)
    compiled = time.perf_counter()
    driver = _Driver(programs, monitor, checkpoints, stop, on_divergence)
    whole: PyTree = None
    for group in groups:
        numbers = range(int(group[0, 0]), min(int(group[0, 0]) + size, seeds))
        course = Course(numbers, programs.members, recorded, kept)
        driver.train(course, partial(programs.initialize, place(group, rates, mesh), np.uint32(base_seed)))
        whole = _filled(whole, (course.last_sound(), course.histories()), numbers, seeds)
    sound, histories = whole
    return Population(
        task=task,
        model=model,
        params=sound.params,
        steps=recorded,
        train_loss=histories.losses,
        train_rmse=histories.errors,
        sound_steps=sound.step,
        frame_steps=recorded[kept],
        frames=histories.frames,
        block=block,
        member_steps=driver.member_steps,
        seconds={"compile": compiled - began, "train": time.perf_counter() - compiled},
    )


class _Driver:
    """Trains groups of members one after another, and does what has to be done between two calls.

    The arguments are those of `train`.

    Attributes:
        member_steps: taken so far.
    """

    def __init__(
        self,
        programs: Programs,
        monitor: Monitor | None,
        checkpoints: Checkpoints | None,
        stop: Callable[[], bool] | None,
        on_divergence: str,
    ) -> None:
        self._programs, self._monitor, self._checkpoints = programs, monitor, checkpoints
        self._stop, self._on_divergence = stop, on_divergence
        self._stride = 1
        self.member_steps = 0

    def train(self, course: Course, initialize: Callable[[], training.Member]) -> None:
        """Takes a group from where its checkpoint has it, or from its beginning, to the last step."""
        state = self._checkpoints.load(course.seeds.start) if self._checkpoints else None
        pending: training.Record | None = None
        if self._checkpoints and state is not None:
            try:
                course.restore(state)
            except (KeyError, ValueError) as error:
                raise Damaged(self._checkpoints.folder, f"cannot be continued from: {error}") from None
            self._report(course)
        if course.finished:
            return
        members = course.continued(initialize())
        if state is None:
            members, pending = self._programs.record(members, np.int32(0))
        while not course.finished:
            called = time.perf_counter()
            members, following = self._call(course, members)
            # The host looks at a record while the devices are at work on the steps after it.
            if pending is not None:
                self._look(course, pending)
            elif following is None:
                jax.block_until_ready(members)
            pending = following
            self._pace(time.perf_counter() - called)
            stopped = self._stop is not None and self._stop()
            if stopped or (self._checkpoints and self._checkpoints.due):
                if pending is not None:
                    self._look(course, pending)
                    pending = None
                self._save(course, members)
            if stopped:
                raise Stopped(course.step)
        self._save(course, members)

    def _call(self, course: Course, members: training.Member) -> tuple[training.Member, training.Record | None]:
        """Sets the devices to work as far as the next record, or the stride."""
        if course.step == course.last_step:
            return members, None
        goal = course.next_record
        reached = min(goal, course.step + self._stride)
        members = self._programs.advance(members, np.int32(course.step), np.int32(reached))
        self.member_steps += (reached - course.step) * len(course.seeds)
        course.step = reached
        return self._programs.record(members, np.int32(goal)) if reached == goal else (members, None)

    def _look(self, course: Course, record: training.Record) -> None:
        course.note(record)
        self._report(course)

    def _report(self, course: Course) -> None:
        """Tells the monitor of the last record, and ends the training if a seed diverged that was not to."""
        if self._monitor is not None:
            self._monitor(course.recorded_step, course.losses, course.sound)
        if self._on_divergence == "stop" and not course.sound.all():
            raise Diverged([course.seeds[index] for index in np.flatnonzero(~course.sound)], course.recorded_step)

    def _pace(self, seconds: float) -> None:
        """Fits the number of steps in a call to `CALL_SECONDS`; where a call begins and ends changes no result."""
        if seconds < CALL_SECONDS / 2:
            self._stride = min(2 * self._stride, 2**30)
        elif seconds > CALL_SECONDS:
            self._stride = max(1, self._stride // 2)

    def _save(self, course: Course, members: training.Member) -> None:
        course.keep(members)
        if self._checkpoints:
            self._checkpoints.save(course.seeds.start, course.seeds[-1], course.step, course.state())


def _shown(task: Task) -> tuple[int, int, int]:
    """Curves, time points and features of a training set."""
    curves, timesteps, features = jax.eval_shape(task.examples, jax.random.key(0)).inputs.shape
    return curves, timesteps, features


def _filled(whole: PyTree, part: PyTree, members: range, count: int) -> PyTree:
    """Copies the arrays of a group of members into those of all of them, which are made with the first group."""
    if whole is None:
        whole = jax.tree.map(lambda leaf: np.empty((count, *leaf.shape[1:]), leaf.dtype), part)
    jax.tree.map(lambda to, leaf: np.copyto(to[members.start : members.stop], leaf), whole, part)
    return whole
