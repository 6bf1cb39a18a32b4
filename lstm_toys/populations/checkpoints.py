"""Checkpoints of a training: files in a folder, the newest of each group of members."""

import json
import math
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np

from lstm_toys import arguments
from lstm_toys.files import Damaged, read_arrays, replacing
from lstm_toys.networks import training
from lstm_toys.populations.group import CHANGING, Group
from lstm_toys.populations.programs import TrainingSpecification

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

    def restore(
        self, specification: TrainingSpecification, group: Group, current: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Reads the checkpoint of a group, if there is one, into the group.

        Returns the fingerprints of the executions that computed its state, the latest first; ``current`` is the
        fingerprint of this execution.

        Raises:
            Damaged: the checkpoint cannot be read.
            OtherTraining: it is of another training.
        """
        if group.members.start not in self._files:
            return []
        path, spec = self._files[group.members.start][2], specification
        try:
            arrays = read_arrays(path)
            about = json.loads(arrays["about"].tobytes())
        except (OSError, KeyError, ValueError) as error:
            reason = f"cannot be read ({error}); remove it to start this part of the run again"
            raise Damaged(path, reason) from None
        if about.get("digest") != specification.training_digest(group.start):
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
