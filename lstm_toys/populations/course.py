"""The course of a group of members through their training: the unit of progress and of a checkpoint."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float, Int, PyTree

from lstm_toys.networks import training
from lstm_toys.populations import blocks


class Histories(NamedTuple):
    """What the records of members told; R is the number of records so far.

    Attributes:
        losses: ``[M, R]``.
        errors: ``[M, R, A]``.
        frames: answers to the first training curve at some of the records, ``[M, K, T, A]`` or ``[M, K, A]``.
    """

    losses: Float[np.ndarray, "M R"]
    errors: Float[np.ndarray, "M R A"]
    frames: Float[np.ndarray, "M K ..."]


class Course:
    """How far a group of members has come.

    Args:
        numbers: of its members, without the padding.
        shapes: of one member's arrays.
        recorded: steps to be recorded, from 0 to the last.
        kept: indices of the records whose answers are kept.
        wanted: those of the recorded steps after which the state is kept.

    Attributes:
        numbers: as above.
        step: that the members have reached.
        sound: whether they were sound at the last record ``[M]``.
        states: the last sound states of the members up to the wanted steps, every leaf ``[M, ...]``.
    """

    def __init__(
        self,
        numbers: range,
        shapes: training.Member,
        recorded: Int[np.ndarray, " R"],
        kept: Int[np.ndarray, " K"],
        wanted: Sequence[int],
    ) -> None:
        self.numbers, self.step = numbers, 0
        self.sound: Bool[np.ndarray, " M"] = np.ones(len(numbers), bool)
        self.states: dict[int, training.Sound] = {}
        self._shapes, self._structure = jax.tree.flatten(_changing(shapes))
        self._recorded, self._kept, self._wanted = recorded, kept, wanted
        self._asked = 0
        self._leaves: list[np.ndarray] = []
        self._records: list[tuple[np.ndarray, ...]] = []
        self._frames: list[np.ndarray] = []

    @property
    def ended(self) -> bool:
        """Whether the devices have been asked for the record of the last step."""
        return self._asked == len(self._recorded)

    @property
    def finished(self) -> bool:
        """Whether the last step has been recorded."""
        return len(self._records) == len(self._recorded)

    @property
    def recorded_step(self) -> int:
        """The step of the last record."""
        return int(self._recorded[len(self._records) - 1])

    @property
    def diverged(self) -> Bool[np.ndarray, " M"]:
        """Members that have diverged for good: until its last record one recovers, unless its loss is not a number."""
        return ~self.sound if self.finished else np.isnan(self.losses)

    @property
    def first_losses(self) -> Float[np.ndarray, " M"]:
        """Losses of the untrained networks."""
        return self._records[0][0]

    @property
    def losses(self) -> Float[np.ndarray, " M"]:
        """Losses at the last record."""
        return self._records[-1][0]

    def stops(self, steps: int, most: int) -> tuple[Int[np.ndarray, " R"], Bool[np.ndarray, " R"]]:
        """Where to stop on the next steps, and at which of these stops to record.

        Args:
            steps: how many at most. The last stop lies earlier if the state is to be kept there, or for `most`.
            most: number of stops; what is left over repeats the last one, without a record.
        """
        ahead = self._recorded[self._asked :]
        limit = min(self.step + steps, next(step for step in self._wanted if step >= ahead[0]))
        stops = np.unique(np.append(ahead[ahead <= limit], limit))[:most]
        padding = most - len(stops)
        return np.pad(stops, (0, padding), mode="edge").astype(np.int32), np.pad(np.isin(stops, ahead), (0, padding))

    def note(self, record: training.Record) -> None:
        """Takes down a record of the group on the host, padding included."""
        if len(self._records) in self._kept:
            self._frames.append(self._real(record.answer))
        self._records.append((self._real(record.loss), self._real(record.rmse)))
        self.sound = self._real(record.sound)

    def reach(self, step: int, members: training.Member) -> None:
        """Goes on to a step, and if it is a wanted one, copies the last sound state of members from the devices."""
        self.step = step
        self._asked = int(np.searchsorted(self._recorded, step, side="right"))
        if step in self._wanted:
            self.states[self.step] = jax.tree.map(self._real, blocks.flat(members.sound))

    def keep(self, members: training.Member) -> None:
        """Copies the members' state to the host."""
        self._leaves = [self._real(leaf) for leaf in jax.tree.leaves(blocks.flat(_changing(members)))]

    def continued(self, members: training.Member) -> training.Member:
        """Newly initialized members in the state that was kept last; as they are if there is none."""
        if not self._leaves:
            return members
        fresh = jax.tree.leaves(_changing(members))
        padded = [_over(new, old) for new, old in zip(fresh, self._leaves, strict=True)]
        params, optimizer_state, sound = jax.tree.unflatten(self._structure, padded)
        return members._replace(params=params, optimizer_state=optimizer_state, sound=sound)

    def histories(self) -> Histories:
        """What the records told so far."""
        losses, errors = (np.stack(part, axis=1) for part in zip(*self._records, strict=True))
        frames = np.stack(self._frames, axis=1) if self._frames else np.empty((len(self.numbers), 0))
        return Histories(losses, errors, frames)

    def state(self) -> dict[str, np.ndarray]:
        """Everything that is needed to go on, as named arrays; of finished members no more than there is to keep."""
        leaves = {} if self.finished else {f"member/{index}": leaf for index, leaf in enumerate(self._leaves)}
        for step, sound in self.states.items():
            leaves |= {f"state/{step}/{index}": leaf for index, leaf in enumerate(jax.tree.leaves(sound))}
        return {"step": np.array(self.step), "sound": self.sound, **self.histories()._asdict(), **leaves}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Takes over what `state` gave.

        Raises:
            ValueError: the state is that of another training.
        """
        columns = [np.moveaxis(state[name], 1, 0) for name in ("losses", "errors")]
        self._records = list(zip(*columns, strict=True))
        self._frames = list(np.moveaxis(state["frames"], 1, 0))
        self._leaves = [] if self.finished else self._expected(state, "member", self._shapes)
        self.step, self.sound = int(state["step"]), state["sound"]
        self._asked = int(np.searchsorted(self._recorded, self.step, side="right"))
        shapes, structure = jax.tree.flatten(jax.tree.unflatten(self._structure, self._shapes)[2])
        self.states = {
            step: jax.tree.unflatten(structure, self._expected(state, f"state/{step}", shapes))
            for step in self._wanted
            if step <= self.step
        }

    def _expected(
        self, state: dict[str, np.ndarray], prefix: str, shapes: Sequence[jax.ShapeDtypeStruct]
    ) -> list[np.ndarray]:
        """The arrays under a prefix, if they are of these shapes without the padding."""
        leaves = [state.get(f"{prefix}/{index}", np.empty(0)) for index in range(len(shapes))]
        expected = [((len(self.numbers), *shape.shape), shape.dtype) for shape in shapes]
        if [(leaf.shape, leaf.dtype) for leaf in leaves] != expected:
            raise ValueError("the checkpoint is that of another training")
        return leaves

    def _real(self, leaf: np.ndarray | jax.Array) -> np.ndarray:
        """Drops the padding."""
        return np.asarray(leaf)[: len(self.numbers)]


def _changing(members: training.Member) -> tuple[PyTree, PyTree, training.Sound]:
    """What training changes; the rest is made anew from a seed's number."""
    return members.params, members.optimizer_state, members.sound


def _over(fresh: jax.Array, leaf: np.ndarray) -> jax.Array:
    """Lays the members that were kept over those of a group with padding, on the same devices."""
    whole = np.array(fresh).reshape(-1, *fresh.shape[2:])
    whole[: len(leaf)] = leaf
    return jax.device_put(whole.reshape(fresh.shape), fresh.sharding)
