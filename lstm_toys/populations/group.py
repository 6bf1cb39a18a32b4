"""The training of one group of members, from a state to a state: the unit of progress, and of a checkpoint."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float, Int, PyTree

from lstm_toys.execution import lowering
from lstm_toys.execution.base import Job
from lstm_toys.execution.signals import Stopped
from lstm_toys.networks import training
from lstm_toys.populations import answering, blocks, programs
from lstm_toys.populations.programs import Start
from lstm_toys.populations.specification import Specification

CALL_SECONDS = 1.0
"""How long one call of the compiled training should last at most, so that the host can act between calls."""

Answers = dict[int, Float[np.ndarray, "M C ..."]]
"""What members answer after some of the steps, ``[M, C, T, A]`` or ``[M, C, A]``."""


class GroupState(NamedTuple):
    """How far a group of members is, on the host and without padding; R records so far.

    Attributes:
        step: that the members have reached.
        member: leaves ``[M, ...]`` of what training changes; none before the first step and after the last.
        kept: last sound parameters up to each of the kept steps; every leaf ``[M, ...]``.
        sound: whether the members were sound at the last record.
        losses: after each recorded step, ``[M, R]``.
        errors: RMSE of each feature of the answers, ``[M, R, A]``.
        frames: answers to the first training curve at some of the records, ``[M, K, T, A]`` or ``[M, K, A]``.
    """

    step: int
    member: tuple[np.ndarray, ...]
    kept: dict[int, training.LastGood]
    sound: Bool[np.ndarray, " M"]
    losses: Float[np.ndarray, "M R"]
    errors: Float[np.ndarray, "M R A"]
    frames: Float[np.ndarray, "M K ..."]

    @property
    def records(self) -> int:
        """The number of records so far."""
        return self.losses.shape[1]


class Group(NamedTuple):
    """A group of members, and where their training begins.

    Attributes:
        members: their numbers.
        start: what each of them starts from, ``[M]``.
        state: where an earlier execution has left them, if one has.
    """

    members: range
    start: Start
    state: GroupState | None = None

    def __str__(self) -> str:
        return f"members {self.members.start:,} to {self.members[-1]:,}"


class Reached(NamedTuple):
    """Where a group of members is at a record.

    Attributes:
        members: their numbers.
        step: of the record.
        first_losses: losses of the untrained networks, ``[M]``.
        losses: losses now, ``[M]``.
        sound: whether the members have not diverged, ``[M]``.
        last: whether this is the last record.
    """

    members: range
    step: int
    first_losses: Float[np.ndarray, " M"]
    losses: Float[np.ndarray, " M"]
    sound: Bool[np.ndarray, " M"]
    last: bool

    @property
    def diverged(self) -> Bool[np.ndarray, " M"]:
        """Members that have diverged for good: until its last record one recovers, unless its loss is not a number."""
        return ~self.sound if self.last else np.isnan(self.losses)


class Callbacks(NamedTuple):
    """What a training calls in this process; workers call nothing.

    Attributes:
        record: after every record but the last, which the returned state holds; what it raises ends the training.
        due: whether it is time for a checkpoint.
        checkpoint: with the members and their state, if it is, or if the training is to stop.
        stop: about once a second; whether to end the training.
    """

    record: Callable[[Reached], None] = lambda _: None
    due: Callable[[], bool] = lambda: False
    checkpoint: Callable[[Group, GroupState], None] = lambda *_: None
    stop: Callable[[], bool] = lambda: False


NOTHING = Callbacks()


class GroupResult(NamedTuple):
    """A group of members at the end of its training.

    Attributes:
        state: after the last step.
        answers: to the curves of the specification.
        member_steps: taken by this execution.
        seconds: spent on ``compile``, ``train`` and, if there are answers, ``evaluate``.
    """

    state: GroupState
    answers: Answers
    member_steps: int
    seconds: dict[str, float]


@dataclass(frozen=True)
class TrainingJob(Job[Group, GroupResult]):
    """The training of all groups of a population.

    Attributes:
        specification: what they share.
        size: members of a group, padding included.
        callbacks: called in this process alone.
    """

    specification: Specification
    size: int
    callbacks: Callbacks = NOTHING

    def __reduce__(self) -> tuple[type["TrainingJob"], tuple[Specification, int]]:
        return TrainingJob, (self.specification, self.size)

    def digests(self) -> lowering.Digests:
        """Digests of what groups compute."""
        return self.specification.digests()

    def function(self) -> Callable[[Group], GroupResult]:
        """Makes the function that trains a group and asks it for its answers."""
        compiled, specification = Compiled(self.specification, self.size), self.specification

        def compute(group: Group) -> GroupResult:
            before, began = (compiled.seconds, compiled.member_steps), time.perf_counter()
            state = train_group(compiled, group, self.callbacks)
            compiling, trained = compiled.seconds - before[0], time.perf_counter()
            answers = {
                step: answering.answers(specification.model, state.kept[step].params, curves, block=specification.block)
                for step, curves in specification.curves.items()
            }
            seconds = {"compile": compiling, "train": trained - began - compiling}
            seconds |= {"evaluate": time.perf_counter() - trained} if answers else {}
            return GroupResult(state, answers, compiled.member_steps - before[1], seconds)

        return compute


class Compiled:
    """The programs that train groups of one size, compiled when a group first needs them.

    Attributes:
        specification: what they compute.
        seconds: spent on compiling.
        member_steps: taken so far.
        stride: steps of the next call.
    """

    def __init__(self, specification: Specification, size: int) -> None:
        self.specification, self._size, self._mesh = specification, size, blocks.mesh()
        self.seconds, self.member_steps, self.stride = 0.0, 0, 1

    @cached_property
    def _programs(self) -> programs.Programs:
        began, spec = time.perf_counter(), self.specification
        compiled = programs.compile_programs(
            spec.task, spec.model, spec.optimizer, self._padded_numbers, self._mesh, spec.after
        )
        self.seconds += time.perf_counter() - began
        return compiled

    @property
    def _padded_numbers(self) -> Int[np.ndarray, "blocks N"]:
        return next(blocks.groups(self._size, self._size, self.specification.block, self._mesh.size))

    def members(self, group: Group) -> training.Member:
        """The members of a group on the devices, in the state that it begins with."""
        start = programs.place(self._padded_numbers, group.start, self._mesh)
        fresh = self._programs.initialize(start, np.uint32(self.specification.base_seed))
        return fresh if group.state is None else _continued(fresh, group.state)

    def steps(
        self,
        members: training.Member,
        step: int,
        stops: Int[np.ndarray, " stops"],
        recorded: Bool[np.ndarray, " stops"],
    ) -> tuple[training.Member, training.Record]:
        """Sets the devices to work on the steps up to the last stop."""
        return self._programs.train_until(members, np.int32(step), stops, recorded)

    def pace(self, seconds: float) -> None:
        """Fits the stride to `CALL_SECONDS`; where a call begins and ends changes no result."""
        if seconds < CALL_SECONDS / 2:
            self.stride = min(2 * self.stride, 2**30)
        elif seconds > CALL_SECONDS:
            self.stride = max(1, self.stride // 2)


def train_group(compiled: Compiled, group: Group, callbacks: Callbacks) -> GroupState:
    """Trains a group of members to the last step.

    Args:
        compiled: the programs.
        group: the members, and where they begin.
        callbacks: for progress, checkpoints, and the wish to stop.

    Raises:
        Stopped: ``callbacks.stop`` returned True; ``callbacks.checkpoint`` was called.
    """
    spec, history = compiled.specification, _History(compiled.specification, group)
    if history.finished and group.state is not None:
        return group.state
    if history.records:
        callbacks.record(history.reached())
    step, asked = (group.state.step, group.state.records) if group.state else (0, 0)
    kept = dict(group.state.kept) if group.state else {}
    members = compiled.members(group)
    pending: tuple[training.Record, Bool[np.ndarray, " stops"]] | None = None
    while not history.finished:
        began, following = time.perf_counter(), None
        if asked < len(spec.recorded):
            stops, recorded = next_stops(spec, step, asked, compiled.stride)
            members, records = compiled.steps(members, step, stops, recorded)
            following = records, recorded
            compiled.member_steps += int(stops[-1] - step) * len(group.members)
            step, asked = int(stops[-1]), asked + int(recorded.sum())
            if step in spec.kept_steps:
                kept[step] = jax.tree.map(history.real, blocks.flat(members.sound))
        # The host looks at records while the devices work on the steps after them.
        if pending is not None:
            history.extend(*pending, callbacks)
        pending = following
        compiled.pace(time.perf_counter() - began)
        stopped = callbacks.stop()
        if (stopped or callbacks.due()) and not history.finished:
            if pending is not None:
                history.extend(*pending, callbacks)
                pending = None
            changed = () if history.finished else jax.tree.leaves(blocks.flat(_changing(members)))
            callbacks.checkpoint(group, history.state(step, tuple(map(history.real, changed)), kept))
        if stopped and not history.finished:
            raise Stopped(step)
    return history.state(step, (), kept)


def next_stops(
    specification: Specification, step: int, asked: int, steps: int
) -> tuple[Int[np.ndarray, " stops"], Bool[np.ndarray, " stops"]]:
    """Where to stop next, and at which of these stops to record.

    Args:
        specification: says which steps are recorded and kept.
        step: that the members have reached.
        asked: records that the devices have been asked for.
        steps: how many to take at most; fewer if parameters are to be kept before, or for `programs.STOPS`.
    """
    ahead = specification.recorded[asked:]
    limit = min(step + steps, next(kept for kept in specification.kept_steps if kept >= ahead[0]))
    stops = np.unique(np.append(ahead[ahead <= limit], limit))[: programs.STOPS]
    padding = programs.STOPS - len(stops)
    return np.pad(stops, (0, padding), mode="edge").astype(np.int32), np.pad(np.isin(stops, ahead), (0, padding))


class _History:
    """The records of a group, on the host."""

    def __init__(self, specification: Specification, group: Group) -> None:
        self._specification, self._members = specification, group.members
        self._records: list[tuple[np.ndarray, np.ndarray]] = []
        self._frames: list[np.ndarray] = []
        self._sound = np.ones(len(group.members), bool)
        if group.state:
            columns = (np.moveaxis(each, 1, 0) for each in (group.state.losses, group.state.errors))
            self._records = list(zip(*columns, strict=True))
            self._frames = list(np.moveaxis(group.state.frames, 1, 0))
            self._sound = group.state.sound

    @property
    def records(self) -> int:
        return len(self._records)

    @property
    def finished(self) -> bool:
        return len(self._records) == len(self._specification.recorded)

    def extend(self, records: training.Record, recorded: Bool[np.ndarray, " stops"], callbacks: Callbacks) -> None:
        """Adds the records of a call, once the devices have made them; padding included."""
        made = blocks.flat(records)
        for index in np.flatnonzero(recorded):
            record = jax.tree.map(lambda leaf, index=index: self.real(leaf[:, index]), made)
            if len(self._records) in self._specification.frames:
                self._frames.append(record.answer)
            self._records.append((record.loss, record.rmse))
            self._sound = record.sound
            if not self.finished:
                callbacks.record(self.reached())

    def reached(self) -> Reached:
        step = int(self._specification.recorded[len(self._records) - 1])
        first, last = self._records[0][0], self._records[-1][0]
        return Reached(self._members, step, first, last, self._sound, self.finished)

    def state(self, step: int, member: tuple[np.ndarray, ...], kept: dict[int, training.LastGood]) -> GroupState:
        losses, errors = (np.stack(part, axis=1) for part in zip(*self._records, strict=True))
        frames = np.stack(self._frames, axis=1) if self._frames else np.empty((len(self._members), 0))
        return GroupState(step, member, dict(kept), self._sound, losses, errors, frames)

    def real(self, leaf: np.ndarray | jax.Array) -> np.ndarray:
        """Drops the padding."""
        return np.asarray(leaf)[: len(self._members)]


def reached(specification: Specification, members: range, state: GroupState) -> Reached:
    """Where members are at the last record of their state."""
    records, losses = state.records, state.losses
    step, last = int(specification.recorded[records - 1]), records == len(specification.recorded)
    return Reached(members, step, losses[:, 0], losses[:, -1], state.sound, last)


def changing(shapes: training.Member) -> list[jax.ShapeDtypeStruct]:
    """The shapes of the leaves of `GroupState.member` of ONE member."""
    return jax.tree.leaves(_changing(shapes))


def _changing(members: training.Member) -> tuple[PyTree, PyTree, training.LastGood]:
    """What training changes; the rest is made again from the number of a seed."""
    return members.params, members.optimizer_state, members.sound


def _continued(fresh: training.Member, state: GroupState) -> training.Member:
    """Newly initialized members in the state of an earlier execution."""
    leaves, structure = jax.tree.flatten(_changing(fresh))
    padded = [_over(new, old) for new, old in zip(leaves, state.member, strict=True)]
    params, optimizer_state, sound = jax.tree.unflatten(structure, padded)
    return fresh._replace(params=params, optimizer_state=optimizer_state, sound=sound)


def _over(fresh: jax.Array, leaf: np.ndarray) -> jax.Array:
    """Lays the members of a state over those of a group with padding, on the same devices."""
    whole = np.array(fresh).reshape(-1, *fresh.shape[2:])
    whole[: len(leaf)] = leaf
    return jax.device_put(whole.reshape(fresh.shape), fresh.sharding)
