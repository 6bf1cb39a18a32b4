"""Groups of members, the unit of progress and of checkpoints, the records of their training, and its checkpoints."""

import json
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int, PyTree, Shaped

from lstm_toys import arguments
from lstm_toys.files import Damaged, read_arrays, replacing
from lstm_toys.networks import training
from lstm_toys.populations.programs import Start, TrainingSpecification
from lstm_toys.tasks.supervision import Examples, Task, accuracies_of

CHANGING = ("params", "optimizer_state", "sound")
"""The fields of `training.Member` that training changes; the others follow from the seed."""


class Recorded(NamedTuple):
    """What was recorded of networks at a step of their training; monitors are functions of it.

    Attributes:
        step: the number of steps that were taken.
        losses: the loss of each network ``[M]``.
        sound: whether each network has not diverged ``[M]``.
        measures: other records of each network ``[M]``, by their names in results and what is measured, such as
            ``train_rmse/y``, and ``validation_loss`` and ``train_penalty``, if there are any.
        run: the name of the run of a command, and the number of its setting if there are several; the same when a
            training continues. Empty in `lt.train`.
        settings: the settings of the networks, by flag; empty in `lt.train`.
        summary: the summary of the run when it is finished, with no records; empty before.
        figures: the paths of its figures then.

    Example:
        >>> import lstm_toys as lt
        >>> recorded = lt.Recorded(20, np.array([0.3, 0.1, np.nan]), np.array([True, True, False]))
        >>> recorded.medians
        {'train_loss': 0.2}
    """

    step: int
    losses: Float[np.ndarray, " M"]
    sound: Bool[np.ndarray, " M"]
    measures: Mapping[str, Float[np.ndarray, " M"]] = {}
    run: str = ""
    settings: Mapping[str, Any] = {}
    summary: Mapping[str, Any] = {}
    figures: Sequence[Path] = ()

    @property
    def medians(self) -> dict[str, float]:
        """The median of each record over the networks that have not diverged; empty without any."""
        records = {"train_loss": self.losses, **self.measures} if self.sound.any() else {}
        return {name: float(np.median(values[self.sound])) for name, values in records.items()}


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

    def add(self, spec: TrainingSpecification, new: training.Record) -> None:
        """Adds the records of a call, ``[M, r, ...]``."""
        first = self.records
        if self.record is None:
            self.record = jax.tree.map(lambda leaf: _zeros(leaf, len(spec.recorded)), new)
            self.record = self.record._replace(answer=_zeros(new.answer, len(spec.frames)))
        self.records += new.loss.shape[1]
        places, framed = slice(first, self.records), np.isin(spec.frames, np.arange(first, self.records))
        self.record.answer[:, framed] = new.answer[:, spec.frames[framed] - first]
        for name, leaf in new._asdict().items():
            if name != "answer" and leaf is not None:
                getattr(self.record, name)[:, places] = leaf

    def recorded(self, spec: TrainingSpecification, number: int) -> Recorded:
        """A record of all members, by its number."""
        task, record = spec.procedure.task, self.record
        measure = "train_rmse" if accuracies_of(task.loss) is None else "train_accuracy"
        records = {f"{measure}/{name}": record.measures[..., place] for place, name in enumerate(task.measured)}
        records |= {"validation_loss": record.validation, "train_penalty": record.penalty}
        measures = {name: each[:, number] for name, each in records.items() if each is not None}
        return Recorded(int(spec.recorded[number]), record.loss[:, number], record.sound[:, number], measures)

    @property
    def taken(self) -> Int[np.ndarray, " M"]:
        """The number of steps that each network took, once the group is trained."""
        return last_steps(self.kept[self.step], self.step)

    def labeled(
        self,
        specification: TrainingSpecification,
        until: int,
        settings: Mapping[str, Shaped[np.ndarray, " M"]] = MappingProxyType({}),
    ) -> Any:
        """Returns the records up to a kept step as an `xarray.DataTree`, with a training set without noise.

        The root has one value per network, such as ``diverged``. The node ``training`` has the records, and the
        training set of the first network; with fresh examples, it is the validation set instead, as the attribute
        ``recorded_on`` of the loss says. The attribute ``after`` of errors or accuracies is the share that they leave
        out at the beginning; ``weighted`` is whether the loss weights points or sequences, which the first accuracy
        then does, too. ``settings`` are coordinates of both, along ``seed``.
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
        of_seeds = {name: ("seed", values) for name, values in settings.items()}
        records = training_set(task, examples).assign(variables).assign_coords(coordinates | of_seeds)
        seeds = {"seed": np.asarray(self.start.seed).astype(int), **of_seeds}
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


NAME = re.compile(r"members-(\d+)-(\d+)-step-(\d+)\.checkpoint")

SAVED = ("member", "kept", "record")
"""The arrays of a group that checkpoints have."""


class OtherTraining(Damaged):
    """A checkpoint belongs to another training: its seeds, settings or compiled programs are different.

    Example:
        >>> import lstm_toys as lt
        >>> issubclass(lt.errors.OtherTraining, lt.errors.Damaged)
        True
    """


class Checkpoints:
    """The checkpoints of one training: the last one of each group of members.

    A checkpoint contains a digest of the seeds, the settings and the compiled programs, and only a training with the
    same digest continues from it. Python functions that a compiled program calls are not compared.

    Args:
        folder: folder for the checkpoints of this training alone; created with the first one.
        every: seconds between two checkpoints of a group in training, and so about the time that an interruption costs;
            infinite: only finished groups are saved.
        tell: called with one line of text about anything unusual, such as a training that continues on another
            processor; by default the line is printed.

    Example:
        >>> from pathlib import Path
        >>> import lstm_toys as lt
        >>> checkpoints = lt.Checkpoints(Path("checkpoints"), every=60.0)
        >>> checkpoints.newest is None  # `lt.train(..., checkpoints=checkpoints)` continues from there.
        True
    """

    def __init__(self, folder: Path, every: float, tell: Callable[[str], None] = print) -> None:
        arguments.kinds(locals(), tell=Callable)
        self.folder, self.tell = Path(folder), tell
        infinite = isinstance(every, float) and every == math.inf
        self._every = every if infinite else arguments.number("every", every, least=0)
        self._written = time.monotonic()
        self._files: dict[int, tuple[int, int, Path]] = {}  # Step, last member and path, by first member.
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            if match := NAME.fullmatch(path.name):
                first, last, step = map(int, match.groups())
                # An interruption may have left an earlier one.
                self._files[first] = max(self._files.get(first, (-1, 0, path)), (step, last, path))

    def group_size(self, usual: int, members: int) -> int:
        """Returns the group size with which the training began; ``usual`` without a checkpoint that differs."""
        groups = {(first, last) for first, (_, last, _) in self._files.items()}
        if all(first % usual == 0 and last + 1 == min(first + usual, members) for first, last in groups):
            return usual
        return max(last - first + 1 for first, last in groups)

    @property
    def newest(self) -> Path | None:
        """The checkpoint of the last group that has one."""
        return self._files[max(self._files)][2] if self._files else None

    @property
    def due(self) -> bool:
        """Whether it is time for another checkpoint."""
        return time.monotonic() - self._written >= self._every

    def save(self, specification: TrainingSpecification, group: Group, fingerprints: list[dict[str, Any]]) -> None:
        """Writes a checkpoint, an npz archive, and removes the group's earlier one.

        ``fingerprints`` are of the executions that computed the group's state, the latest first.
        """
        about: dict[str, Any] = {"digest": specification.training_digest(group.start), "fingerprints": fingerprints}
        about |= {"step": group.step, "records": group.records}
        state = {name: getattr(group, name) for name in SAVED}
        arrays = {jax.tree_util.keystr(path): leaf for path, leaf in jax.tree.leaves_with_path(state)}
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
        self.folder.mkdir(parents=True, exist_ok=True)
        first, last, step = group.members.start, group.members[-1], group.step
        path = self.folder / f"members-{first}-{last}-step-{step}.checkpoint"
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)
        if first in self._files and (earlier := self._files[first][2]) != path:
            earlier.unlink()
        self._files[first] = step, last, path
        self._written = time.monotonic()

    def restore(self, spec: TrainingSpecification, group: Group, current: dict[str, Any]) -> list[dict[str, Any]]:
        """Reads the checkpoint of a group, if there is one, into the group.

        Returns the fingerprints of the executions that computed its state, the latest first; ``current`` is the
        fingerprint of this execution.

        Raises:
            Damaged: the checkpoint cannot be read.
            OtherTraining: it is of another training.
        """
        if group.members.start not in self._files:
            return []
        path = self._files[group.members.start][2]
        try:
            arrays = read_arrays(path)
            about = json.loads(arrays["about"].tobytes())
        except (OSError, KeyError, ValueError) as error:
            reason = f"cannot be read ({error}); remove it to start this part of the run again"
            raise Damaged(path, reason) from None
        if about.get("digest") != spec.training_digest(group.start):
            other = changed(about["fingerprints"][0], current)
            reason = f", or to this one with another {other}" if other else ""
            raise OtherTraining(path, f"belongs to another training{reason}")
        group.begun = group.step = about["step"]
        group.records = about["records"]
        sound, zero = spec.member.sound, cast(Any, 0)
        validation, penalty = spec.procedure.early_stopping.validation, spec.procedure.penalty
        record = training.Record(zero, zero, zero, zero, zero if validation else None, zero if penalty else None)
        changing = {name: getattr(spec.member, name) for name in CHANGING} if group.step < spec.kept_steps[-1] else {}
        kept = {step: sound for step in spec.kept_steps if step <= group.step}
        state = dict(zip(SAVED, (changing, kept, record), strict=True))
        for name, values in jax.tree.map_with_path(lambda at, _: arrays[jax.tree_util.keystr(at)], state).items():
            setattr(group, name, values)
        return about["fingerprints"]


def changed(earlier: dict[str, Any], current: dict[str, Any]) -> str:
    """Names the entries, and the XLA flags, in which an execution's fingerprint differs from an earlier one."""
    flags = " ".join(sorted({*earlier.get("xla_flags", ())} ^ {*current.get("xla_flags", ())}))
    names = {name: f"XLA flag {flags}" if name == "xla_flags" else name for name in current}
    return ", ".join(text for name, text in names.items() if current[name] != earlier.get(name))
