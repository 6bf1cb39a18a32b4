"""Training of one group of members, the unit of progress and of checkpoints."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
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
"""Target for the longest call of the compiled training; between calls the host can act."""

Answers = dict[int, PyTree[Float[np.ndarray, "M _ ..."]]]
"""Answers of members by step, ``[M, C, T, A]`` or ``[M, C, A]``; of several sets of curves, by name."""


class GroupState(NamedTuple):
    """The state of a group of members after a step, on the host and without padding, with R records so far.

    Attributes:
        step: the step that the members have reached.
        member: the arrays that training changes, ``[M, ...]``; empty after the last step.
        kept: the last sound parameters by kept step; every leaf ``[M, ...]``.
        sound: whether the members had not diverged at the last record.
        losses: the loss at each record, ``[M, R]``.
        measures: RMSE of each output feature or accuracies at each record, ``[M, R, E]``.
        frames: answers to the first training curve at some of the records, ``[M, K, T, A]`` or ``[M, K, A]``.
    """

    step: int
    member: tuple[np.ndarray, ...]
    kept: dict[int, training.LastGood]
    sound: Bool[np.ndarray, " M"]
    losses: Float[np.ndarray, "M R"]
    measures: Float[np.ndarray, "M R E"]
    frames: Float[np.ndarray, "M K ..."]

    @property
    def records(self) -> int:
        """The number of records so far."""
        return self.losses.shape[1]


class Group(NamedTuple):
    """A group of members to train, from the beginning or from an earlier execution's state."""

    members: range
    start: Start
    state: GroupState | None = None

    def __str__(self) -> str:
        return f"members {self.members.start:,} to {self.members[-1]:,}"


class Reached(NamedTuple):
    """The progress of a group of members at a record; ``first_losses`` are the losses of the untrained networks."""

    members: range
    step: int
    first_losses: Float[np.ndarray, " M"]
    losses: Float[np.ndarray, " M"]
    sound: Bool[np.ndarray, " M"]
    last: bool

    @property
    def diverged(self) -> Bool[np.ndarray, " M"]:
        """Members that have diverged for good; before the last record a member may recover unless its loss is NaN."""
        return ~self.sound if self.last else np.isnan(self.losses)


class Callbacks(NamedTuple):
    """Functions that training calls in this process; workers do not call them.

    Attributes:
        record: called after every record except the last, which is in the returned state; may raise.
        due: returns True when it is time for a checkpoint.
        checkpoint: saves a group and its state, when it is due and before the training stops.
        stop: called about once a second; returns True to end the training.
    """

    record: Callable[[Reached], None] = lambda _: None
    due: Callable[[], bool] = lambda: False
    checkpoint: Callable[[Group, GroupState], None] = lambda *_: None
    stop: Callable[[], bool] = lambda: False


NOTHING = Callbacks()


class GroupResult(NamedTuple):
    """A trained group of members.

    ``member_steps``, summed over members, and ``seconds``, of ``compile``, ``train`` and, if there are answers,
    ``evaluate``, count this execution only.
    """

    state: GroupState
    answers: Answers
    member_steps: int
    seconds: dict[str, float]


@dataclass(frozen=True)
class TrainingJob(Job[Group, GroupResult]):
    """The training of all groups of a population; ``size`` is the number of members in a group, including padding."""

    specification: Specification
    size: int
    callbacks: Callbacks = NOTHING

    def __reduce__(self) -> tuple[type["TrainingJob"], tuple[Specification, int]]:
        return TrainingJob, (self.specification, self.size)

    def digests(self) -> lowering.Digests:
        """Digests of everything that groups compute."""
        return self.specification.digests(self.size)

    def function(self) -> Callable[[Group], GroupResult]:
        """Makes the function that trains a group and computes its answers."""
        compiled, specification = Compiled(self.specification, self.size), self.specification

        def compute(group: Group) -> GroupResult:
            before, began = (compiled.seconds, compiled.member_steps), time.perf_counter()
            state = train_group(compiled, group, self.callbacks)
            compiling, trained = compiled.seconds - before[0], time.perf_counter()
            answers = {
                step: jax.tree.map(
                    partial(answering.answers, specification.model, state.kept[step].params, block=specification.block),
                    curves,
                )
                for step, curves in specification.curves.items()
            }
            seconds = {"compile": compiling, "train": trained - began - compiling}
            seconds |= {"evaluate": time.perf_counter() - trained} if answers else {}
            return GroupResult(state, answers, compiled.member_steps - before[1], seconds)

        return compute


class Compiled:
    """The programs that train groups of one size; compiled on first use, which takes ``seconds``.

    ``member_steps`` are the steps taken so far, summed over members, ``stride`` the steps in the next call.
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
        """Puts the members of a group on the devices, in the group's state if it has one."""
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
        """Starts computing the steps up to the last stop; does not wait for the result."""
        return self._programs.train_until(members, np.int32(step), stops, recorded)

    def pace(self, seconds: float) -> None:
        """Adapts the stride to `CALL_SECONDS`; this does not change results."""
        if seconds < CALL_SECONDS / 2:
            self.stride = min(2 * self.stride, 2**30)
        elif seconds > CALL_SECONDS:
            self.stride = max(1, self.stride // 2)


def train_group(compiled: Compiled, group: Group, callbacks: Callbacks) -> GroupState:
    """Trains a group of members to the last step.

    Raises:
        Stopped: ``callbacks.stop`` returned True; ``callbacks.checkpoint`` was called.
    """
    spec, history = compiled.specification, _History(compiled.specification, group)
    if history.finished and group.state is not None:
        return group.state
    if history.records:
        callbacks.record(history.reached())
    step, requested = (group.state.step, group.state.records) if group.state else (0, 0)
    kept = dict(group.state.kept) if group.state else {}
    members = compiled.members(group)
    pending: tuple[training.Record, Bool[np.ndarray, " stops"]] | None = None
    while not history.finished:
        began, following = time.perf_counter(), None
        if requested < len(spec.recorded):
            stops, recorded = next_stops(spec, step, requested, compiled.stride)
            members, records = compiled.steps(members, step, stops, recorded)
            following = records, recorded
            compiled.member_steps += int(stops[-1] - step) * len(group.members)
            step, requested = int(stops[-1]), requested + int(recorded.sum())
            if step in spec.kept_steps:
                kept[step] = jax.tree.map(history.real, blocks.flat(members.sound))
        # The host handles records while the devices compute the next steps.
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
            raise Stopped
    return history.state(step, (), kept)


def next_stops(
    specification: Specification, step: int, asked: int, steps: int
) -> tuple[Int[np.ndarray, " stops"], Bool[np.ndarray, " stops"]]:
    """Chooses the stops of the next call, and at which of them to record.

    Args:
        specification: the training.
        step: the step that the members have reached.
        asked: number of records requested from the devices so far.
        steps: maximum number of steps; fewer are taken if parameters are kept earlier, or because of `programs.STOPS`.
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
            columns = (np.moveaxis(each, 1, 0) for each in (group.state.losses, group.state.measures))
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
        """Waits for the records of a call, padding included, and adds them."""
        measured = blocks.flat(records)
        for index in np.flatnonzero(recorded):
            record = jax.tree.map(lambda leaf, index=index: self.real(leaf[:, index]), measured)
            if len(self._records) in self._specification.frames:
                self._frames.append(record.answer)
            self._records.append((record.loss, record.measures))
            self._sound = record.sound
            if not self.finished:
                callbacks.record(self.reached())

    def reached(self) -> Reached:
        step = int(self._specification.recorded[len(self._records) - 1])
        first, last = self._records[0][0], self._records[-1][0]
        return Reached(self._members, step, first, last, self._sound, self.finished)

    def state(self, step: int, member: tuple[np.ndarray, ...], kept: dict[int, training.LastGood]) -> GroupState:
        losses, measures = (np.stack(part, axis=1) for part in zip(*self._records, strict=True))
        frames = np.stack(self._frames, axis=1) if self._frames else np.empty((len(self._members), 0))
        return GroupState(step, member, dict(kept), self._sound, losses, measures, frames)

    def real(self, leaf: np.ndarray | jax.Array) -> np.ndarray:
        """Drops the padding."""
        return np.asarray(leaf)[: len(self._members)]


def reached(specification: Specification, members: range, state: GroupState) -> Reached:
    """The progress of members at the last record of their state."""
    records, losses = state.records, state.losses
    step, last = int(specification.recorded[records - 1]), records == len(specification.recorded)
    return Reached(members, step, losses[:, 0], losses[:, -1], state.sound, last)


def changing(shapes: training.Member) -> list[jax.ShapeDtypeStruct]:
    """The shapes of the arrays in `GroupState.member`, of ONE member."""
    return jax.tree.leaves(_changing(shapes))


def _changing(members: training.Member) -> tuple[PyTree, PyTree, training.LastGood]:
    """The arrays that training changes; the others follow from the seed."""
    return members.params, members.optimizer_state, members.sound


def _continued(fresh: training.Member, state: GroupState) -> training.Member:
    """Sets newly initialized members to the state of an earlier execution."""
    leaves, structure = jax.tree.flatten(_changing(fresh))
    padded = [_over(new, old) for new, old in zip(leaves, state.member, strict=True)]
    params, optimizer_state, sound = jax.tree.unflatten(structure, padded)
    return fresh._replace(params=params, optimizer_state=optimizer_state, sound=sound)


def _over(fresh: jax.Array, leaf: np.ndarray) -> jax.Array:
    """Overwrites the members of a padded group with the members of a state, on the same devices."""
    whole = np.array(fresh).reshape(-1, *fresh.shape[2:])
    whole[: len(leaf)] = leaf
    return jax.device_put(whole.reshape(fresh.shape), fresh.sharding)
