"""Training of one group of members, the unit of progress and of checkpoints."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float, Int, PyTree

from lstm_toys.execution.base import Job
from lstm_toys.execution.signals import Stopped
from lstm_toys.networks import training
from lstm_toys.populations import answering, blocks, programs
from lstm_toys.populations.programs import Start, TrainingSpecification

CALL_SECONDS = 1.0
"""Target for the longest call of the compiled training; between calls the host can act."""

Answers = Mapping[str, Float[np.ndarray, "M _ ..."]]
"""Answers of members by set of curves, ``[M, C, T, A]`` or ``[M, C, A]``."""


class GroupState(NamedTuple):
    """The state of a group of members after a step, on the host and without padding, with R records so far.

    Attributes:
        member: the arrays that training changes, see `changing`, ``[M, ...]``; empty after the last step.
        kept: the last sound parameters by kept step; every leaf ``[M, ...]``.
        sound: whether the members had not diverged at the last record.
        measures: RMSE of each output feature or accuracies.
        frames: answers to the first training curve at some of the records, ``[M, K, T, A]`` or ``[M, K, A]``.
        validation: losses on the validation examples, if there are any.
        penalty: the penalty, if there is one.
        answers: answers of the trained members, by kept step.
        seconds: wall time of each stage of the execution that finished the group.
    """

    step: int
    member: dict[str, PyTree[np.ndarray]]
    kept: dict[int, training.LastGood]
    sound: Bool[np.ndarray, " M"]
    losses: Float[np.ndarray, "M R"]
    measures: Float[np.ndarray, "M R E"]
    frames: Float[np.ndarray, "M K ..."]
    validation: Float[np.ndarray, "M R"] | None = None
    penalty: Float[np.ndarray, "M R"] | None = None
    answers: Mapping[int, Answers] = {}
    seconds: Mapping[str, float] = {}

    @property
    def records(self) -> int:
        """The number of records so far."""
        return self.losses.shape[1]

    @property
    def last_steps(self) -> Int[np.ndarray, " M"]:
        """The number of steps that each network of a trained group has taken."""
        return last_steps(self.kept[self.step], self.step)


class Group(NamedTuple):
    """A group of members to train, from the beginning or from an earlier execution's state."""

    members: range
    start: Start
    state: GroupState | None = None

    @property
    def begun(self) -> int:
        """The step at which training continues."""
        return 0 if self.state is None else self.state.step

    def __str__(self) -> str:
        return f"members {self.members.start:,} to {self.members[-1]:,}"


class Callbacks(NamedTuple):
    """Functions that training calls in this process; workers do not call them.

    Attributes:
        record: called with the members, their losses ``[M, R]`` so far and whether each has not diverged, after every
            record except the last, which is in the returned state; may raise.
        due: whether it is time for a checkpoint.
        checkpoint: saves a group and its state, when it is ``due`` and before the training stops.
        stop: called about once a second; returns True to end the training.
    """

    record: Callable[[range, Float[np.ndarray, "M R"], Bool[np.ndarray, " M"]], None] = lambda *_: None
    due: Callable[[], bool] = lambda: False
    checkpoint: Callable[[Group, GroupState], None] = lambda *_: None
    stop: Callable[[], bool] = lambda: False


NOTHING = Callbacks()


@dataclass(frozen=True)
class TrainingJob(Job[Group, GroupState]):
    """The training of all groups of a population; ``size`` is the number of members in a group, including padding."""

    specification: TrainingSpecification
    size: int
    callbacks: Callbacks = NOTHING

    def __reduce__(self) -> tuple[type["TrainingJob"], tuple[TrainingSpecification, int]]:
        return TrainingJob, (self.specification, self.size)

    def function(self) -> Callable[[Group], GroupState]:
        """Makes the function that trains a group and computes its answers."""
        return GroupTrainer(self.specification, self.size, self.callbacks).trained


class GroupTrainer:
    """Trains groups of one size, with programs that are compiled on first use."""

    def __init__(self, specification: TrainingSpecification, size: int, callbacks: Callbacks) -> None:
        self._specification, self._size, self._callbacks = specification, size, callbacks
        self._mesh, self._compiling, self._stride = blocks.mesh(), 0.0, 1

    @cached_property
    def _programs(self) -> programs.Programs:
        began = time.perf_counter()
        compiled = programs.compile_programs(self._specification, self._size, self._mesh)
        self._compiling = time.perf_counter() - began
        return compiled

    def trained(self, group: Group) -> GroupState:
        """Trains a group, and computes its answers; saves it and raises Stopped if ``callbacks.stop`` asks."""
        spec, callbacks, state, count = self._specification, self._callbacks, group.state, len(group.members)
        start, self._compiling = time.perf_counter(), 0.0
        step, requested, total = 0, 0, len(spec.recorded)
        kept: dict[int, training.LastGood] = {}
        if state is not None:
            if state.records == total:
                return self._answered(state, start)
            callbacks.record(group.members, state.losses, state.sound)
            step, requested, kept = state.step, state.records, dict(state.kept)
        members = self._placed(group)
        pending: tuple[training.Record, Bool[np.ndarray, " stops"]] | None = None
        while requested < total or pending is not None:
            began, following = time.perf_counter(), None
            if requested < total:
                stops, recorded = next_stops(spec, step, requested, self._stride)
                members, records = self._programs.train_until(members, np.int32(step), stops, recorded)
                following = records, recorded
                step, requested = int(stops[-1]), requested + int(recorded.sum())
                if step in spec.kept_steps:
                    kept[step] = blocks.flat(members.sound, count)
            # The host handles records while the devices compute the next steps.
            if pending is not None:
                state = self._extended(group.members, state, *pending)
            pending = following
            seconds = time.perf_counter() - began
            if seconds < CALL_SECONDS / 2:  # How many steps a call takes does not change results.
                self._stride = min(2 * self._stride, 2**30)
            elif seconds > CALL_SECONDS:
                self._stride = max(1, self._stride // 2)
            stopped = callbacks.stop()
            if (stopped or callbacks.due()) and pending is not None:
                state, pending = self._extended(group.members, state, *pending), None
                finished = requested == total
                member = {} if finished else blocks.flat(changing(members), count)
                saved = state._replace(step=step, member=member, kept=kept)
                callbacks.checkpoint(group, saved)
                if stopped and not finished:
                    raise Stopped(group, saved)
        assert state is not None, "the first call has a record"
        return self._answered(state._replace(step=step, member={}, kept=kept), start)

    def _answered(self, state: GroupState, start: float) -> GroupState:
        """Adds answers and the seconds since ``start`` to the state of a trained group."""
        spec, finished = self._specification, time.perf_counter()
        answers: dict[int, Answers] = {
            step: {
                name: answering.answers(
                    (spec.model, state.kept[step].params), each, lengths=spec.lengths.get(name), block=spec.block
                )
                for name, each in curves.items()
            }
            for step, curves in spec.curves.items()
        }
        seconds = {"compile": self._compiling, "train": finished - start - self._compiling}
        return state._replace(answers=answers, seconds=seconds | {"evaluate": time.perf_counter() - finished})

    def _placed(self, group: Group) -> training.Member:
        """Puts the members of a group on the devices, in the group's state if it has one."""
        spec = self._specification
        _, start = next(blocks.placed(group.start, self._size, spec.block, self._mesh))
        fresh = self._programs.initialize(start, np.uint32(spec.base_seed))
        if group.state is None:
            return fresh
        return fresh._replace(**jax.tree.map(_over, changing(fresh), group.state.member))

    def _extended(
        self,
        members: range,
        state: GroupState | None,
        records: training.Record,
        recorded: Bool[np.ndarray, " stops"],
    ) -> GroupState:
        """Waits for the records of a call, and adds them to a state."""
        spec, found = self._specification, blocks.flat(records, len(members))
        found = jax.tree.map(lambda leaf: leaf[:, recorded], found)
        if state is None:
            none = jax.tree.map(lambda leaf: leaf[:, :0], found)
            own = (none.loss, none.measures, none.answer, none.validation, none.penalty)
            state = GroupState(0, {}, {}, found.sound[:, 0], *own)
        before, framed = state.records, np.isin(np.arange(found.loss.shape[1]) + state.records, spec.frames)
        own = (state.losses, state.measures, state.frames, state.validation, state.penalty)
        more = (found.loss, found.measures, found.answer[:, framed], found.validation, found.penalty)
        longer = jax.tree.map(lambda old, new: np.append(old, new, axis=1), own, more)
        for number, sound in enumerate(found.sound.T):
            state = state._replace(sound=sound)
            if before + number + 1 < len(spec.recorded):
                self._callbacks.record(members, longer[0][:, : before + number + 1], sound)
        names = ("losses", "measures", "frames", "validation", "penalty")
        return state._replace(**dict(zip(names, longer, strict=True)))


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


def next_stops(
    specification: TrainingSpecification, step: int, asked: int, steps: int
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
