"""Training of one group of members, the unit of progress and of checkpoints."""

import time
from collections.abc import Callable, Mapping
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
from lstm_toys.populations.programs import Specification, Start

CALL_SECONDS = 1.0
"""Target for the longest call of the compiled training; between calls the host can act."""

Answers = dict[int, PyTree[Float[np.ndarray, "M _ ..."]]]
"""Answers of members by step, ``[M, C, T, A]`` or ``[M, C, A]``; of several sets of curves, by name."""


class GroupState(NamedTuple):
    """The state of a group of members after a step, on the host and without padding, with R records so far.

    Attributes:
        member: the arrays that training changes, see `changing`, ``[M, ...]``; empty after the last step.
        kept: the last sound parameters by kept step; every leaf ``[M, ...]``.
        sound: whether the members had not diverged at the last record.
        measures: RMSE of each output feature or accuracies.
        frames: answers to the first training curve at some of the records, ``[M, K, T, A]`` or ``[M, K, A]``.
        validation: losses on the validation examples, if there are any.
    """

    step: int
    member: dict[str, PyTree[np.ndarray]]
    kept: dict[int, training.LastGood]
    sound: Bool[np.ndarray, " M"]
    losses: Float[np.ndarray, "M R"]
    measures: Float[np.ndarray, "M R E"]
    frames: Float[np.ndarray, "M K ..."]
    validation: Float[np.ndarray, "M R"] | None = None

    @property
    def records(self) -> int:
        """The number of records so far."""
        return self.losses.shape[1]


class Group(NamedTuple):
    """A group of members to train, from the beginning or from an earlier execution's state."""

    members: range
    start: Start
    state: GroupState | None = None

    @property
    def begun(self) -> int:
        """The step at which training continues."""
        return 0 if self.state is None else self.state.step

    def taken(self, sound: training.LastGood, step: int) -> int:
        """The number of steps from there to ``step``, summed over members."""
        return int(np.maximum(last_steps(sound, step) - self.begun, 0).sum())

    def __str__(self) -> str:
        return f"members {self.members.start:,} to {self.members[-1]:,}"


class Callbacks(NamedTuple):
    """Functions that training calls in this process; workers do not call them.

    Attributes:
        record: called after every record except the last, which is in the returned state; may raise.
        checkpoint: saves a group and its state, when it is ``due`` and before the training stops.
        stop: called about once a second; returns True to end the training.
    """

    record: Callable[[range, GroupState], None] = lambda *_: None
    due: Callable[[], bool] = lambda: False
    checkpoint: Callable[[Group, GroupState], None] = lambda *_: None
    stop: Callable[[], bool] = lambda: False


NOTHING = Callbacks()


class GroupResult(NamedTuple):
    """A trained group of members; ``member_steps``, summed over members, and ``seconds`` count this execution only."""

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
        compiled, spec = Compiled(self.specification, self.size), self.specification

        def compute(group: Group) -> GroupResult:
            compiling, began = compiled.seconds, time.perf_counter()
            state = train_group(compiled, group, self.callbacks)
            compiling, trained = compiled.seconds - compiling, time.perf_counter()
            answers: Answers = {}
            for step, curves in spec.curves.items():
                answer = partial(answering.answers, spec.model, state.kept[step].params, block=spec.block)
                sets = curves if isinstance(curves, Mapping) else {"": curves}
                found = {name: answer(each, lengths=spec.lengths.get(name)) for name, each in sets.items()}
                answers[step] = found if isinstance(curves, Mapping) else found[""]
            seconds = {"compile": compiling, "train": trained - began - compiling}
            seconds |= {"evaluate": time.perf_counter() - trained} if answers else {}
            return GroupResult(state, answers, group.taken(state.kept[state.step], state.step), seconds)

        return compute


class Compiled:
    """The programs that train groups of one size; compiled on first use, which takes ``seconds``.

    ``stride`` are the steps in the next call.
    """

    def __init__(self, specification: Specification, size: int) -> None:
        self.specification, self._mesh = specification, blocks.mesh()
        self._padded = next(blocks.groups(size, size, specification.block, self._mesh.size))
        self.seconds, self.stride = 0.0, 1

    @cached_property
    def programs(self) -> programs.Programs:
        """The compiled programs."""
        began = time.perf_counter()
        compiled = programs.compile_programs(self.specification, self._padded, self._mesh)
        self.seconds += time.perf_counter() - began
        return compiled

    def members(self, group: Group) -> training.Member:
        """Puts the members of a group on the devices, in the group's state if it has one."""
        start = programs.place(self._padded, group.start, self._mesh)
        fresh = self.programs.initialize(start, np.uint32(self.specification.base_seed))
        if group.state is None:
            return fresh
        return fresh._replace(**jax.tree.map(_over, changing(fresh), group.state.member))

    def pace(self, seconds: float) -> None:
        """Adapts the stride to `CALL_SECONDS`; this does not change results."""
        if seconds < CALL_SECONDS / 2:
            self.stride = min(2 * self.stride, 2**30)
        elif seconds > CALL_SECONDS:
            self.stride = max(1, self.stride // 2)


def last_steps(sound: training.LastGood, step: int) -> Int[np.ndarray, " M"]:
    """The number of steps that each network has taken when those that still train have taken ``step``."""
    held = sound.held
    return np.full(np.shape(sound.step), step) if held is None else np.where(held.step >= 0, held.step, step)


def changing(members: training.Member) -> dict[str, PyTree]:
    """The arrays that training changes; the others follow from the seed."""
    return {name: getattr(members, name) for name in ("params", "optimizer_state", "sound")}


def _over(fresh: jax.Array, leaf: np.ndarray) -> jax.Array:
    """Overwrites the members of a padded group with the members of a state, on the same devices."""
    whole = np.array(fresh).reshape(-1, *fresh.shape[2:])
    whole[: len(leaf)] = leaf
    return jax.device_put(whole.reshape(fresh.shape), fresh.sharding)


def train_group(compiled: Compiled, group: Group, callbacks: Callbacks) -> GroupState:
    """Trains a group of members to the last step; saves a checkpoint and raises Stopped if ``callbacks.stop`` asks."""
    spec, state, count = compiled.specification, group.state, len(group.members)
    step, requested, total = 0, 0, len(spec.recorded)
    kept: dict[int, training.LastGood] = {}
    if state is not None:
        if state.records == total:
            return state
        callbacks.record(group.members, state)
        step, requested, kept = state.step, state.records, dict(state.kept)
    members = compiled.members(group)
    pending: tuple[training.Record, Bool[np.ndarray, " stops"]] | None = None

    def extended(
        state: GroupState | None, records: training.Record, recorded: Bool[np.ndarray, " stops"]
    ) -> GroupState:
        """Waits for the records of a call, and adds them to a state."""
        found = blocks.own(records, count)
        every = {"losses": found.loss, "measures": found.measures, "validation": found.validation}
        histories = {name: each for name, each in every.items() if each is not None}
        if state is None:
            empty = {name: each[:, :0] for name, each in histories.items()}
            state = GroupState(0, {}, {}, found.sound[:, 0], frames=found.answer[:, :0], **empty)
        for index in np.flatnonzero(recorded):
            if state.records in spec.frames:
                state = state._replace(frames=np.append(state.frames, found.answer[:, [index]], axis=1))
            longer = {
                name: np.append(getattr(state, name), each[:, [index]], axis=1) for name, each in histories.items()
            }
            state = state._replace(sound=found.sound[:, index], **longer)
            if state.records < total:
                callbacks.record(group.members, state)
        return state

    while requested < total or pending is not None:
        began, following = time.perf_counter(), None
        if requested < total:
            stops, recorded = next_stops(spec, step, requested, compiled.stride)
            members, records = compiled.programs.train_until(members, np.int32(step), stops, recorded)
            following = records, recorded
            step, requested = int(stops[-1]), requested + int(recorded.sum())
            if step in spec.kept_steps:
                kept[step] = blocks.own(members.sound, count)
        # The host handles records while the devices compute the next steps.
        if pending is not None:
            state = extended(state, *pending)
        pending = following
        compiled.pace(time.perf_counter() - began)
        stopped = callbacks.stop()
        if (stopped or callbacks.due()) and (requested < total or pending is not None):
            if pending is not None:
                state, pending = extended(state, *pending), None
            assert state is not None, "the first call has a record"
            finished = requested == total
            member = {} if finished else blocks.own(changing(members), count)
            saved = state._replace(step=step, member=member, kept=kept)
            callbacks.checkpoint(group, saved)
            if stopped and not finished:
                raise Stopped(group, saved)
    assert state is not None, "the first call has a record"
    return state._replace(step=step, member={}, kept=kept)


def next_stops(
    specification: Specification, step: int, asked: int, steps: int
) -> tuple[Int[np.ndarray, " stops"], Bool[np.ndarray, " stops"]]:
    """Chooses the stops of the next call, at most ``steps`` ahead, and at which of them to record.

    ``asked`` records were requested so far. Fewer steps are taken if parameters are kept earlier, or for
    `programs.STOPS`.
    """
    ahead = specification.recorded[asked:]
    limit = min(step + steps, next(kept for kept in specification.kept_steps if kept >= ahead[0]))
    stops = np.unique(np.append(ahead[ahead <= limit], limit))[: programs.STOPS]
    padding = programs.STOPS - len(stops)
    return np.pad(stops, (0, padding), mode="edge").astype(np.int32), np.pad(np.isin(stops, ahead), (0, padding))
