"""Checkpoints of a training: files in a folder, the newest of each group of members, and what they contain."""

import hashlib
import io
import json
import math
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from lstm_toys import arguments
from lstm_toys.execution import lowering
from lstm_toys.files import Damaged, opened, read_arrays, replacing
from lstm_toys.networks import training, transforms
from lstm_toys.networks.optimizers import Scheduled
from lstm_toys.populations import group
from lstm_toys.populations.group import Group, GroupState
from lstm_toys.populations.programs import Specification

KEPT = 2
"""Number of checkpoints kept of a group in training; a finished group keeps only the last."""

NAME = re.compile(r"members-(\d+)-(\d+)-step-(\d+)\.checkpoint")

VERSION = 3
HEADER = re.compile(rb"lstm_toys checkpoint (\d+), SHA-256 ([0-9a-f]{64})\n")

SAMPLE = 4_096
"""How many numbers of the data are compared across versions and processors, which may change their last bits."""

TREES, HISTORIES = ("member", "kept"), ("sound", "losses", "measures", "frames", "validation")
"""Entries of a state: trees whose shapes the training determines, and arrays that grow with it."""

T = TypeVar("T")


class OtherTraining(Damaged):
    """A checkpoint of another training.

    Example:
        >>> import lstm_toys as lt
        >>> issubclass(lt.OtherTraining, lt.Damaged)
        True
    """


class Checkpoints:
    """The checkpoints of one training: the last two of each group of members, or only the last if it is finished.

    Args:
        folder: the folder of this training's checkpoints; created with the first one.
        every: seconds between two checkpoints of a group in training; infinite: only finished groups are saved.
        tell: called with one line of text about anything unusual.

    Example:
        >>> from pathlib import Path
        >>> import lstm_toys as lt
        >>> checkpoints = lt.Checkpoints(Path("checkpoints"), every=60.0)
        >>> checkpoints.newest is None  # `lt.train(..., checkpoints=checkpoints)` continues from there.
        True
    """

    def __init__(self, folder: Path, every: float, tell: Callable[[str], None] = print) -> None:
        self.folder, self.tell = arguments.path("folder", folder), tell
        arguments.function("tell", tell, "a function of a line of text", 1)
        infinite = isinstance(every, float) and every == math.inf
        self._every = every if infinite else arguments.number("every", every, least=0)
        self._written = time.monotonic()
        self._found: dict[int, dict[int, tuple[int, Path]]] | None = None

    def group_size(self, usual: int, members: int) -> int:
        """Returns the group size with which the training began; ``usual`` without a checkpoint that differs."""
        groups = {(first, last) for first, files in self._files.items() for last, _ in files.values()}
        if all(first % usual == 0 and last + 1 == min(first + usual, members) for first, last in groups):
            return usual
        return max(last - first + 1 for first, last in groups)

    def step(self, members: range) -> int | None:
        """Returns the step of a group's newest checkpoint, readable or not; None without one."""
        return max(self._files.get(members.start, {}), default=None)

    @property
    def newest(self) -> Path | None:
        """The newest checkpoint of the last group that has one."""
        return next(iter(self._of(max(self._files))), None) if self._files else None

    @property
    def due(self) -> bool:
        """Whether it is time for another checkpoint."""
        return time.monotonic() - self._written >= self._every

    def save(self, members: range, step: int, content: bytes, *, finished: bool = False) -> None:
        """Writes a checkpoint, and removes the group's oldest ones; ``finished`` means that this is the last."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"members-{members.start}-{members[-1]}-step-{step}.checkpoint"
        with replacing(path) as temporary:
            temporary.write_bytes(content)
        files = self._files.setdefault(members.start, {})
        files[step] = (members[-1], path)
        for old in sorted(files)[: -1 if finished else -KEPT]:
            files.pop(old)[1].unlink()
        self._written = time.monotonic()

    def load(self, members: range, decode: Callable[[bytes, Path], T]) -> T | None:
        """Reads the newest readable checkpoint of a group; returns None if none was ever written.

        ``decode`` reads the content of a file; it raises OSError, KeyError or ValueError if the file is damaged.

        Raises:
            Damaged: there are checkpoints of the group, and none of them can be read.
            OtherTraining: the newest readable one is of another training.
        """
        paths = self._of(members.start)
        for path in paths:
            try:
                with opened(path) as file:
                    return decode(file.read(), path)
            except OtherTraining:
                raise
            except (OSError, KeyError, ValueError) as error:
                self.tell(f"warning: {path} cannot be read ({error}); trying the previous one")
        if paths:
            names = " and ".join(path.name for path in paths)
            raise Damaged(self.folder, f"{names} cannot be read; remove them to start this part of the run again")
        return None

    def clear(self) -> None:
        """Removes every checkpoint, readable or not."""
        if self.folder.is_dir():
            shutil.rmtree(self.folder)
        self._found = None

    def _of(self, first: int) -> list[Path]:
        return [path for _, (_, path) in sorted(self._files.get(first, {}).items(), reverse=True)]

    @property
    def _files(self) -> dict[int, dict[int, tuple[int, Path]]]:
        """Last member and path of each checkpoint, by first member and step; the folder is listed once."""
        if self._found is None:
            self._found = {}
            for path in self.folder.iterdir() if self.folder.is_dir() else ():
                if match := NAME.fullmatch(path.name):
                    self._found.setdefault(int(match[1]), {})[int(match[3])] = (int(match[2]), path)
        return self._found


class Origin(NamedTuple):
    """What the state of a group depends on: digests by name, and a sample of the first member's data."""

    digests: dict[str, str]
    sample: Float[np.ndarray, " K"]


def origin(specification: Specification, asked: Group) -> Origin:
    """Collects everything that the state of a group depends on, without compiling its training."""
    spec, (seeds, hyper) = specification, asked.start
    first = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), asked.start)
    key = training.seed_key(jnp.uint32(spec.base_seed), first.seed)
    examples = jax.tree.leaves(training.training_set(spec.task, key, first.hyper))
    parts = {
        **{f"train_{name}": values for name, values in hyper.numbers.items()},
        **{name: values for name, values in hyper._asdict().items() if name != "numbers"},
        "model": f"{type(spec.model).__module__}.{spec.model!r}",
        "optimizer": spec.optimizer if isinstance(spec.optimizer, str) else "",
        "base_seed": spec.base_seed,
        "seeds": seeds,
        "steps": spec.recorded,
        "kept_steps": spec.kept_steps,
        "frames": spec.frames,
        "batch": spec.task.batch,
        "programs": sorted(spec.programs_digests(len(seeds)).items()),
        "features": (*spec.task.input_features, *spec.task.output_features),
        "after": spec.after,
        "data": examples,
    }
    if spec.early != training.NEVER:
        until, hold, best, other = spec.early
        validation = other and jax.tree.leaves(training.validation_set(other, key, first.hyper))
        parts["early stopping"] = [repr(until), hold, best, validation]
    if isinstance(spec.optimizer, Scheduled):
        rates = jax.jit(jax.vmap(spec.optimizer.schedule))(jnp.arange(spec.kept_steps[-1]))
        parts |= {"optimizer": spec.optimizer.name, "schedule": rates}
    if isinstance(spec.optimizer, transforms.Own):
        # Lowered programs of different machines are not compared.
        text, *others = transforms.described(spec.optimizer, spec.member.params)
        parts["optimizer"] = [lowering.ADDRESS.sub("", text), *others]
    numbers = np.concatenate([np.asarray(leaf).reshape(-1) for leaf in examples])
    sample = numbers[:: max(1, -(-len(numbers) // SAMPLE))].astype(np.float32)
    return Origin({name: lowering.digest(part) for name, part in parts.items()}, sample)


def encode(state: GroupState, origin: Origin, fingerprints: list[dict[str, Any]]) -> bytes:
    """Encodes a checkpoint: a line with the SHA-256 of the rest, and an npz archive; the latest fingerprint first."""
    about = json.dumps({"fingerprints": fingerprints, "origin": origin.digests})
    trees = jax.tree.leaves_with_path({name: getattr(state, name) for name in TREES})
    arrays = {jax.tree_util.keystr(path): leaf for path, leaf in trees}
    arrays |= {name: each for name in HISTORIES if (each := getattr(state, name)) is not None}
    arrays |= {"step": np.array(state.step), "sample": origin.sample, "about": np.frombuffer(about.encode(), np.uint8)}
    body = io.BytesIO()
    np.savez(body, allow_pickle=False, **arrays)
    checksum = hashlib.sha256(body.getbuffer()).hexdigest().encode()
    return b"".join([b"lstm_toys checkpoint %d, SHA-256 %s\n" % (VERSION, checksum), body.getbuffer()])


def decode(
    content: bytes, path: Path, specification: Specification, members: range, expected: Origin, own: dict[str, Any]
) -> tuple[GroupState, list[dict[str, Any]]]:
    """Decodes a checkpoint, for an execution with the fingerprint ``own`` that continues the training.

    Returns the state, and the fingerprints of the executions that computed it, the latest first.

    Raises:
        Damaged: the checksum is wrong.
        OtherTraining: the origin differs, or the state was computed with another JAX configuration.
    """
    line, newline, body = content.partition(b"\n")
    header = HEADER.fullmatch(line + newline)
    if not header or hashlib.sha256(body).hexdigest().encode() != header[2]:
        raise Damaged(path, "its checksum is wrong")
    if int(header[1]) != VERSION:
        raise OtherTraining(path, f"has checkpoint version {int(header[1])}; this version reads {VERSION}")
    arrays = read_arrays(path, io.BytesIO(body))
    about = json.loads(arrays["about"].tobytes())
    fingerprints = list(about["fingerprints"])
    if differing := _differing(Origin(about["origin"], arrays["sample"]), expected, fingerprints, own):
        raise OtherTraining(path, f"belongs to another training, which differs in {', '.join(differing)}")

    def read(path: tuple[Any, ...], one: jax.ShapeDtypeStruct) -> np.ndarray:
        leaf, shape = arrays[jax.tree_util.keystr(path)], (len(members), *one.shape)
        if (leaf.shape, leaf.dtype) != (shape, one.dtype):
            raise ValueError(f"its arrays do not have the shapes of {len(members)} members")
        return leaf

    step, steps, shapes = int(arrays["step"]), specification.kept_steps, specification.member
    kept = {each: shapes.sound for each in steps if each <= step}
    trees = {"member": {} if step == steps[-1] else group.changing(shapes), "kept": kept}
    validated = specification.early.validation is not None
    histories: dict[str, Any] = {name: arrays[name] for name in HISTORIES if name != "validation" or validated}
    return GroupState(step=step, **jax.tree.map_with_path(read, trees), **histories), fingerprints


def _differing(theirs: Origin, ours: Origin, fingerprints: list[dict[str, Any]], own: dict[str, Any]) -> list[str]:
    names = theirs.digests.keys() | ours.digests.keys()
    differing = sorted(name for name in names if theirs.digests.get(name) != ours.digests.get(name))
    if {*differing} <= {"data", "programs"} and own not in fingerprints:
        # Another version or processor may lower a program to different text, and change the last bits of the data.
        close = theirs.sample.shape == ours.sample.shape and np.allclose(theirs.sample, ours.sample, 1e-4, 1e-6)
        differing = [] if close else differing
    if any(each.get("switches") != own.get("switches") for each in fingerprints):
        differing.append("switches")
    return differing
