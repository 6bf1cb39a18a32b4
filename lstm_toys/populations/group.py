"""Groups of members, the unit of progress and of checkpoints, with the state and the records of their training."""

from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jaxtyping import Int, PyTree

from lstm_toys.networks import training
from lstm_toys.populations.programs import Start, TrainingSpecification

CHANGING = ("params", "optimizer_state", "sound")
"""The fields of `training.Member` that training changes; the others follow from the seed."""


@dataclass
class Group:
    """A group of members in training, on the host and without padding; training fills its arrays in place.

    Attributes:
        members: numbers of the members.
        start: seeds and hyperparameters.
        begun: the step at which this execution began or continued.
        step: the number of steps so far.
        records: the number of records so far.
        member: the arrays `CHANGING`, by name, ``[M, ...]``; empty before the first and after the last step.
        kept: the last sound parameters by kept step; every leaf ``[M, ...]``.
        record: every record, ``[M, R, ...]``, zeros after ``records``; of answers only the frames, ``[M, K, ...]``.
        answers: answers to sets of curves, ``[M, C, ...]``, by kept step and set, of trained members.
        seconds: wall time of each stage of the execution that finished the group.
        fingerprint: fingerprint of that execution.
    """

    members: range
    start: Start
    begun: int = 0
    step: int = 0
    records: int = 0
    member: dict[str, PyTree[np.ndarray]] = field(default_factory=dict)
    kept: dict[int, training.LastGood] = field(default_factory=dict)
    record: Any = None  # A `training.Record` after the first record.
    answers: dict[int, dict[str, np.ndarray]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    fingerprint: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"members {self.members.start:,} to {self.members[-1]:,}"

    def add(self, specification: TrainingSpecification, new: training.Record) -> None:
        """Adds the records of a call, ``[M, r, ...]``."""
        spec, first = specification, self.records
        if self.record is None:
            self.record = jax.tree.map(lambda leaf: _zeros(leaf, len(spec.recorded)), new)
            self.record = self.record._replace(answer=_zeros(new.answer, len(spec.frames)))
        self.records += new.loss.shape[1]
        places, framed = slice(first, self.records), np.isin(spec.frames, np.arange(first, self.records))
        self.record.answer[:, framed] = new.answer[:, spec.frames[framed] - first]
        for name, leaf in new._asdict().items():
            if name != "answer" and leaf is not None:
                getattr(self.record, name)[:, places] = leaf

    @property
    def taken(self) -> Int[np.ndarray, " M"]:
        """The number of steps that each network took, once the group is trained."""
        return last_steps(self.kept[self.step], self.step)


def last_steps(sound: training.LastGood, step: int) -> Int[np.ndarray, " M"]:
    """The number of steps that each network has taken: ``step``, or fewer if it stopped early."""
    held = sound.held
    return np.full(np.shape(sound.step), step) if held is None else np.where(held.step >= 0, held.step, step)


def _zeros(leaf: Any, count: int) -> Any:
    return np.zeros((len(leaf), count, *leaf.shape[2:]), leaf.dtype)
