"""Groups of members, the unit of progress and of checkpoints: the state of their training, and its labeled records."""

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int, PyTree

from lstm_toys.networks import training
from lstm_toys.populations.programs import Start, TrainingSpecification
from lstm_toys.tasks.supervision import Examples, Task, accuracies_of

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

    def labeled(self, specification: TrainingSpecification, until: int) -> Any:
        """Returns the records up to a kept step as an `xarray.DataTree`, with a training set without noise.

        The root has one value per network, such as ``diverged``. The node ``training`` has the records, and the
        training set of the first network; with fresh examples, it is the validation set instead, as the attribute
        ``recorded_on`` of the loss says. The attribute ``after`` of errors or accuracies is the share that they leave
        out at the beginning; ``weighted`` is whether the loss weights points or sequences, which the first accuracy
        then does, too.
        """
        import xarray as xr  # Here, so that it is not loaded before a training begins.

        record, sound, recorded = self.record, self.kept[until], specification.recorded
        steps = recorded[: int(np.searchsorted(recorded, until)) + 1]
        task, early_stopping = specification.procedure.task, specification.procedure.early_stopping
        axes, accuracies = task.axes, accuracies_of(task.loss, sequence=task.sequence)
        about: dict[str, Any] = {"after": early_stopping.after} if task.sequence else {}
        first = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), self.start)
        key = training.seed_key(jnp.uint32(specification.base_seed), first.seed)
        examples = training.recorded_set(task, key, first.hyper)
        if accuracies is not None:
            about["weighted"] = int(examples.weights is not None)
        measure, axis = ("train_rmse", axes[-1]) if accuracies is None else ("train_accuracy", "counted")
        count, framed = len(steps), steps[specification.frames[specification.frames < len(steps)]]
        of_networks: dict[str, Any] = {
            "diverged": ("seed", np.asarray(sound.step) < until),
            "sound_step": ("seed", np.asarray(sound.step)),
            **({} if sound.held is None else {"last_step": ("seed", last_steps(sound, until))}),
            **({} if sound.best is None else {"params_step": ("seed", np.asarray(sound.best.step))}),
        }
        variables: dict[str, Any] = {
            "train_loss": (("seed", "step"), record.loss[:, :count], task.described_loss),
            measure: (("seed", "step", axis), record.measures[:, :count], about),
        }
        if record.validation is not None:
            variables["validation_loss"] = ("seed", "step"), record.validation[:, :count], task.described_loss
        if record.penalty is not None:
            variables["train_penalty"] = ("seed", "step"), record.penalty[:, :count]
        coordinates: dict[str, Any] = {"step": steps, **({} if accuracies is None else {"counted": list(accuracies)})}
        if len(framed):
            variables["frame"] = (("seed", "frame_step", *axes), record.answer[:, : len(framed)])
            coordinates["frame_step"] = framed
        seeds = {"seed": np.asarray(self.start.seed).astype(int)}
        records = training_set(task, examples).assign_coords(coordinates).assign(variables)
        return xr.DataTree.from_dict({"/": xr.Dataset(of_networks, seeds), "training": records})


def last_steps(sound: training.LastGood, step: int) -> Int[np.ndarray, " M"]:
    """The number of steps that each network has taken: ``step``, or fewer if it stopped early."""
    held = sound.held
    return np.full(np.shape(sound.step), step) if held is None else np.where(held.step >= 0, held.step, step)


def _zeros(leaf: Any, count: int) -> Any:
    return np.zeros((len(leaf), count, *leaf.shape[2:]), leaf.dtype)


def training_set(task: Task, examples: Examples) -> Any:
    """Labels a training set as an `xarray.Dataset`."""
    import xarray as xr

    axes, targets = task.with_axes(np.asarray(examples.targets))
    variables: dict[str, Any] = {
        "train_input": (("example", "time", "feature"), np.asarray(examples.inputs)),
        "train_target": (("example", *axes), targets),
    }
    if examples.lengths is not None:
        variables["train_length"] = ("example",), np.asarray(examples.lengths)
    return xr.Dataset(variables, {"feature": list(task.input_features), task.axes[-1]: list(task.output_features)})
