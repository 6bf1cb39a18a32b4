"""The training of groups of members, one after another, by programs that are compiled once: here, or by a worker."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from lstm_toys.files import Damaged
from lstm_toys.networks import training
from lstm_toys.networks.optimizers import Scheduled
from lstm_toys.populations import answering, blocks, checkpoints, devices, programs, value
from lstm_toys.populations.checkpoints import Carried, Checkpoints
from lstm_toys.populations.course import Course, Histories
from lstm_toys.populations.elsewhere import Job
from lstm_toys.populations.interruption import Stopped
from lstm_toys.tasks.supervision import Task

CALL_SECONDS = 1.0
"""What one call of the compiled training should last at most, so that the host can act between calls."""

Answers = dict[int, Float[np.ndarray, "M C ..."]]
"""What members answer after some of the steps, ``[M, C, T, A]`` or ``[M, C, A]``."""


class Records(NamedTuple):
    """What a call of the compiled training recorded.

    Attributes:
        made: by the devices, every leaf ``[blocks, N, stops, ...]``.
        recorded: at which of the stops.
    """

    made: training.Record
    recorded: Bool[np.ndarray, " stops"]


class Part(NamedTuple):
    """A group of members at the end of its training.

    Attributes:
        members: their numbers.
        states: for each of the steps asked for, the last sound parameters up to it; every leaf ``[M, ...]``.
        histories: what was recorded of them.
        answers: to the curves that they were shown after some of these steps.
    """

    members: range
    states: dict[int, training.Sound]
    histories: Histories
    answers: Answers


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


class Trained(NamedTuple):
    """What a worker gives back of a group.

    Attributes:
        content: its last checkpoint.
        answers: as in `Part`.
        member_steps: that were taken.
    """

    content: bytes
    answers: Answers
    member_steps: int


class Begun(NamedTuple):
    """A group that is ready to be trained.

    Attributes:
        members: as they begin, on the devices.
        origin: what their states depend on; nothing is told without checkpoints.
        fingerprints: of the executions by which its checkpoint was computed, the last one first.
    """

    members: training.Member
    origin: checkpoints.Origin
    fingerprints: list[dict[str, Any]]


@dataclass(frozen=True)
class Plan(Job):
    """What all groups of a training share.

    Attributes:
        task: the training set.
        model: the network.
        optimizer: a name in `lstm_toys.networks.hyper.TAKES`, or one with a schedule.
        base_seed: see `lstm_toys.populations.train.train`.
        block: members that one compiled program works on.
        size: members of a group, padding included.
        wanted: steps after which the state is kept, the last one included.
        recorded: steps that are recorded, from 0 to the last.
        kept: indices of the records whose answers are kept.
        shown: curves ``[C, T, F]`` that members answer, by the steps after which.
        after: see `training.record`.
    """

    task: Task
    model: nn.Module
    optimizer: str | Scheduled
    base_seed: int
    block: int
    size: int
    wanted: tuple[int, ...]
    recorded: Int[np.ndarray, " R"]
    kept: Int[np.ndarray, " K"]
    shown: Mapping[int, Float[np.ndarray, "C T F"]]
    after: float | int

    def __call__(self) -> Callable[[Group], Trained]:
        """What trains a group from its checkpoint, or its beginning, to the last step."""
        return Trainer(self).carried

    def trains_by(self) -> value.Value:
        """Digests of the programs that groups are trained by."""
        return programs.value_of(self.task, self.model, self.optimizer, self.block, self.after)

    def value(self) -> value.Value:
        """Digests of what groups are trained and asked by; what they start from is not in it."""
        params = programs.member_shapes(self.task, self.model, self.optimizer).params
        found = dict(self.trains_by())
        for curves in {id(each): each for each in self.shown.values()}.values():
            found |= answering.value_of(self.model, params, np.asarray(curves), self.block)
        steps = [list(self.wanted), self.recorded, self.kept, sorted(self.shown)]
        return found | {
            "steps": value.digest(steps),
            "names": value.digest([*self.task.shown, *self.task.asked]),
            "base seed": value.digest(self.base_seed),
            **value.compiled(),
        }


class Trainer:
    """Trains one group after another.

    Args:
        plan: what they share.
        report: told of every record of a group; what it raises ends the training.
        stop: asked about once a second; the training ends with `Stopped` if it says so.

    Attributes:
        plan: as above.
        member_steps: taken so far.
        seconds: spent so far on ``compile``, ``train`` and, where curves are shown, ``evaluate``.
    """

    def __init__(
        self, plan: Plan, report: Callable[[Course], None] = lambda _: None, stop: Callable[[], bool] = lambda: False
    ) -> None:
        self.plan, self._report, self._stop = plan, report, stop
        self.member_steps = 0
        self.seconds = {"compile": 0.0, "train": 0.0} | ({"evaluate": 0.0} if plan.shown else {})
        self._programs: programs.Programs | None = None
        self._shapes: training.Member | None = None
        self._stride = 1

    def compile(self) -> programs.Programs:
        """Compiles what groups are trained by, unless that was done."""
        if self._programs is None:
            began, mesh, plan = time.perf_counter(), blocks.mesh(), self.plan
            group = next(blocks.groups(plan.size, plan.size, plan.block, mesh.size))
            self._programs = programs.compile_programs(plan.task, plan.model, plan.optimizer, group, mesh, plan.after)
            self.seconds["compile"] += time.perf_counter() - began
        return self._programs

    def course(self, numbers: range) -> Course:
        """The course of a group, at its beginning."""
        plan = self.plan
        if self._shapes is None:
            self._shapes = programs.member_shapes(plan.task, plan.model, plan.optimizer)
        return Course(numbers, self._shapes, plan.recorded, plan.kept, plan.wanted)

    def carried(self, group: Group) -> Trained:
        """Trains a group of a worker."""
        held = Carried(devices.fingerprint(self.plan.block), group.content)
        course, before = self.course(group.numbers), self.member_steps
        self.train(course, group.start, held)
        return Trained(held.held, self.answers(course), self.member_steps - before)

    def answers(self, course: Course) -> Answers:
        """What members at the end of their training answer to the curves that they are to be shown."""
        began, plan = time.perf_counter(), self.plan
        found = {
            step: answering.answers(plan.model, course.states[step].params, curves, block=plan.block)
            for step, curves in plan.shown.items()
        }
        if found:
            self.seconds["evaluate"] += time.perf_counter() - began
        return found

    def train(self, course: Course, start: programs.Start, held: Checkpoints | None) -> dict[str, Any] | None:
        """Takes a group from where its checkpoint has it, or from its beginning, to the last step.

        Args:
            course: of the group.
            start: what its members start from, ``[M]``.
            held: its checkpoints, to continue from and to leave more.

        Returns:
            The fingerprint of the execution that had finished it before, if one had.

        Raises:
            Stopped: it was told to, and has left a checkpoint.
            Damaged: no checkpoint of the group can be read.
            OSError: a checkpoint cannot be written.
        """
        began = time.perf_counter()
        begun = self.resume(course, start, held)
        before = begun.fingerprints[0] if course.finished else None
        members, pending = course.continued(begun.members), None
        while not course.finished:
            called = time.perf_counter()
            members, following = self._call(course, members)
            # The host looks at records while the devices are at work on the steps after them.
            if pending is not None:
                self._look(course, pending)
            pending = following
            self._pace(time.perf_counter() - called)
            stopped = self._stop()
            if stopped or course.finished or (held and held.due):
                if pending is not None:
                    self._look(course, pending)
                    pending = None
                _save(course, members, held, begun.origin)
            if stopped:
                raise Stopped(course.step)
        self.seconds["train"] += time.perf_counter() - began
        return before

    def resume(self, course: Course, start: programs.Start, held: Checkpoints | None) -> Begun:
        """Takes a group to where its checkpoint has it, if there is one; the arguments are those of `train`."""
        plan, mesh = self.plan, blocks.mesh()
        group = next(blocks.groups(plan.size, plan.size, plan.block, mesh.size))
        members = self.compile().initialize(programs.place(group, start, mesh), np.uint32(plan.base_seed))
        if held is None:
            return Begun(members, checkpoints.UNTOLD, [])
        origin = self._origin(course, start, members)
        kept = held.load(course.numbers.start, origin)
        if kept is None:
            return Begun(members, origin, [])
        try:
            course.restore(kept.state)
        except (KeyError, ValueError) as error:
            raise Damaged(held.folder, f"cannot be continued from: {error}") from None
        self._report(course)
        return Begun(members, origin, kept.fingerprints)

    def arrived(self, course: Course, trained: Trained, held: Checkpoints | None) -> dict[str, Any]:
        """Takes a group to where a worker has it, and leaves that as a checkpoint.

        Returns:
            The fingerprint of what trained it.
        """
        kept = checkpoints.decoded(trained.content, Path("a worker"))
        course.restore(kept.state)
        self.member_steps += trained.member_steps
        self._report(course)  # Which may end the training, as it would have here before there was a last checkpoint.
        if held:
            held.put(course.numbers.start, course.numbers[-1], self.plan.wanted[-1], trained.content, True)
        return kept.fingerprints[0]

    def _call(self, course: Course, members: training.Member) -> tuple[training.Member, Records | None]:
        """Sets the devices to work on the next steps, the stride at most."""
        if course.ended:
            return members, None
        stops, recorded = course.stops(self._stride, programs.STOPS)
        members, made = self.compile().follow(members, np.int32(course.step), stops, recorded)
        self.member_steps += int(stops[-1] - course.step) * len(course.numbers)
        course.reach(int(stops[-1]), members)
        return members, Records(made, recorded)

    def _look(self, course: Course, records: Records) -> None:
        """Takes down the records of a call, once the devices have made them."""
        made = blocks.flat(records.made)
        for index in np.flatnonzero(records.recorded):
            course.note(jax.tree.map(lambda leaf, index=index: leaf[:, index], made))
            self._report(course)

    def _pace(self, seconds: float) -> None:
        """Fits the number of steps in a call to `CALL_SECONDS`; where a call begins and ends changes no result."""
        if seconds < CALL_SECONDS / 2:
            self._stride = min(2 * self._stride, 2**30)
        elif seconds > CALL_SECONDS:
            self._stride = max(1, self._stride // 2)

    def _origin(self, course: Course, start: programs.Start, members: training.Member) -> checkpoints.Origin:
        """What the states of a group depend on."""
        plan = self.plan
        hyper = {name: values for name, values in start.hyper._asdict().items() if name != "numbers"}
        hyper |= {f"train_{name}": values for name, values in start.hyper.numbers.items()}
        return checkpoints.origin(
            [leaf[: len(course.numbers)] for leaf in jax.tree.leaves(blocks.flat(members.examples))],
            model=f"{type(plan.model).__module__}.{plan.model!r}",
            **self._optimizer_told(),
            base_seed=plan.base_seed,
            seeds=start.seed,
            steps=[int(step) for step in plan.recorded],
            kept_steps=list(plan.wanted),
            frames=[int(index) for index in plan.kept],
            batch=plan.task.batch,
            programs=value.digest(sorted(plan.trains_by().items())),
            asked=list(plan.task.asked),
            after=plan.after,
            **hyper,
        )

    def _optimizer_told(self) -> dict[str, Any]:
        """The name of the optimizer, and the learning rate of every step, where a schedule has it."""
        optimizer = self.plan.optimizer
        if not isinstance(optimizer, Scheduled):
            return {"optimizer": optimizer}
        rates = jax.jit(jax.vmap(optimizer.schedule))(jnp.arange(self.plan.wanted[-1]))
        return {"optimizer": optimizer.name, "schedule": np.asarray(rates)}


def _save(course: Course, members: training.Member, held: Checkpoints | None, origin: checkpoints.Origin) -> None:
    """Leaves a checkpoint of a group, where there are any."""
    if held:
        if not course.finished:
            course.keep(members)
        numbers, finished = course.numbers, course.finished
        held.save(numbers.start, numbers[-1], course.step, course.state(), origin, finished=finished)
