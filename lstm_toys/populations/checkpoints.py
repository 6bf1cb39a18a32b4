"""Checkpoints of a training: states of groups of members on disk, each with a checksum of its own."""

import hashlib
import io
import json
import math
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from lstm_toys import values
from lstm_toys.files import Damaged, read_arrays, replacing

KEPT = 2
"""Checkpoints of each group in training that are kept; of a finished one the last."""

HEADER = re.compile(rb"lstm_toys checkpoint, SHA-256 ([0-9a-f]{64})\n")
NAME = re.compile(r"members-(\d+)-(\d+)-step-(\d+)\.checkpoint")

State = dict[str, np.ndarray]
"""The state of a group of members: named arrays."""

SAMPLE = 4_096
"""Numbers of the data that are compared across versions and processors, which may change last bits."""


class Foreign(Damaged):
    """A checkpoint of another training."""


class Origin(NamedTuple):
    """What a training is of; a checkpoint belongs to one origin.

    Attributes:
        told: by name what it is made of, as JSON has it; ``data`` is a digest.
        sample: some of the numbers of the data.
    """

    told: dict[str, Any]
    sample: Float[np.ndarray, " K"]


class Kept(NamedTuple):
    """What a checkpoint holds.

    Attributes:
        state: of a group of members.
        origin: of their training.
        fingerprints: of the executions by which it was computed, the last one first.
    """

    state: State
    origin: Origin
    fingerprints: list[dict[str, Any]]


UNTOLD = Origin({}, np.empty(0, np.float32))


def origin(data: list[np.ndarray], **told: Any) -> Origin:
    """The origin of a training.

    Args:
        data: what the members are trained on.
        told: what else their states depend on; arrays are kept as digests.
    """
    numbers = np.concatenate([array.reshape(-1) for array in data])
    every = {name: digest(value) if isinstance(value, np.ndarray) else value for name, value in told.items()}
    sample = numbers[:: max(1, -(-len(numbers) // SAMPLE))].astype(np.float32)
    return Origin(json.loads(json.dumps({**every, "data": digest(*data)}, default=str)), sample)


def digest(*arrays: np.ndarray) -> str:
    """SHA-256 of the shapes and the bits of arrays."""
    told = hashlib.sha256()
    for array in arrays:
        told.update(f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return told.hexdigest()


class Checkpoints:
    """The checkpoints of one run: of every group of members the last two, and of a finished one the last.

    A file is a line with the SHA-256 of what follows, and an npz archive. It is written under a temporary name, flushed
    to the disk and renamed.

    Args:
        folder: of this run's checkpoints; made when the first is written.
        every: seconds between two checkpoints of a group in training.
        fingerprint: of the execution that goes on from here; see `lstm_toys.populations.devices.fingerprint`.
        tell: is told in one line of what was found.

    Attributes:
        folder: as above.
        fingerprints: of all executions that the run has seen, this one first.

    Example:
        >>> from pathlib import Path
        >>> import lstm_toys as lt
        >>> checkpoints = lt.Checkpoints(Path("checkpoints"), every=60.0, fingerprint=lt.fingerprint(block=4))
        >>> checkpoints.newest is None  # To be handed to `lt.train`, which goes on from there.
        True
    """

    def __init__(
        self, folder: Path, every: float, fingerprint: dict[str, Any], tell: Callable[[str], None] = print
    ) -> None:
        self.folder, self._tell = Path(folder), tell
        self._every = every if every == math.inf else values.number("every", every, least=0)  # Infinite: never.
        self._written = time.monotonic()
        self._found: dict[int, dict[int, tuple[int, Path]]] | None = None
        self.fingerprints = [fingerprint]

    def group_size(self, usual: int, members: int) -> int:
        """Members of a group, as the run was begun with.

        Args:
            usual: what is returned if no checkpoint is of other groups.
            members: of the run; its last group may have fewer.
        """
        groups = {(first, last) for first, files in self._files.items() for last, _ in files.values()}
        if all(first % usual == 0 and last + 1 == min(first + usual, members) for first, last in groups):
            return usual
        return max(last - first + 1 for first, last in groups)

    def has(self, first: int) -> bool:
        """Whether there is a checkpoint of a group, readable or not."""
        return bool(self._of(first))

    @property
    def newest(self) -> Path | None:
        """The newest checkpoint of the last group that has one."""
        return next(iter(self._of(max(self._files))), None) if self._files else None

    @property
    def due(self) -> bool:
        """Whether it is time for another checkpoint."""
        return time.monotonic() - self._written >= self._every

    def save(
        self, first: int, last: int, step: int, state: State, origin: Origin = UNTOLD, *, finished: bool = False
    ) -> None:
        """Writes a state, and removes the oldest of the group's if there are more than are kept.

        Args:
            first: number of the group's first member.
            last: number of its last.
            step: that the members have reached.
            state: what to keep of them.
            origin: of their training.
            finished: whether it is the last one.

        Raises:
            OSError: the file cannot be written; the earlier ones are as they were.
        """
        self.put(first, last, step, encoded(state, origin, self.fingerprints), finished)

    def put(self, first: int, last: int, step: int, content: bytes, finished: bool) -> None:
        """Writes what `encoded` made; see `save`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"members-{first}-{last}-step-{step}.checkpoint"
        with replacing(path) as temporary:
            temporary.write_bytes(content)
        files = self._files.setdefault(first, {})
        files[step] = (last, path)
        for old in sorted(files)[: -1 if finished else -KEPT]:
            files.pop(old)[1].unlink()
        self._written = time.monotonic()

    def load(self, first: int, origin: Origin = UNTOLD) -> Kept | None:
        """The newest readable checkpoint of a group; None if none was ever written.

        Args:
            first: number of the group's first member.
            origin: of the training that is to be continued.

        Raises:
            Foreign: it is a state of another training, or was computed under other switches of JAX.
            Damaged: there are checkpoints of the group, and none of them can be read.
        """
        paths = self._of(first)
        for path in paths:
            try:
                kept = decoded(self._bytes(path), path)
            except (OSError, KeyError, ValueError) as error:
                self._tell(f"warning: {path} cannot be read ({error}); trying the one before")
                continue
            self._check(path, kept.origin, origin, kept.fingerprints)
            self._remember(kept.fingerprints)
            return kept
        if paths:
            names = " and ".join(path.name for path in paths)
            raise Damaged(self.folder, f"{names} cannot be read; without them this part of the run begins anew")
        return None

    def clear(self) -> None:
        """Removes every checkpoint, readable or not."""
        if self.folder.is_dir():
            shutil.rmtree(self.folder)
        self._found = None

    def _check(self, path: Path, theirs: Origin, ours: Origin, earlier: list[dict[str, Any]]) -> None:
        """Raises Foreign if a state belongs to another training."""
        names = theirs.told.keys() | ours.told.keys()
        differing = sorted(name for name in names if theirs.told.get(name) != ours.told.get(name))
        if {*differing} <= {"data", "programs"} and self.fingerprints[0] not in earlier:
            # Another version or processor may lower a program to other text, and compute data with other last bits.
            close = theirs.sample.shape == ours.sample.shape and np.allclose(theirs.sample, ours.sample, 1e-4, 1e-6)
            differing = [] if close else differing
        current = self.fingerprints[0]
        if any(fingerprint.get("switches") != current.get("switches") for fingerprint in earlier):
            differing.append("switches")
        if differing:
            raise Foreign(path, f"is of another training: it differs in {', '.join(differing)}")

    def _remember(self, earlier: list[dict[str, Any]]) -> None:
        """Adds fingerprints under which the run was computed before."""
        for fingerprint in earlier:
            if fingerprint not in self.fingerprints:
                current = self.fingerprints[0]
                changed = [name for name in current if current[name] != fingerprint.get(name)]
                self._tell(
                    f"warning: the run was begun with another {', '.join(changed)}; bits may differ from those of an "
                    "uninterrupted run"
                )
                self.fingerprints.append(fingerprint)

    def _of(self, first: int) -> list[Path]:
        """The checkpoints of a group, newest first."""
        return [path for _, (_, path) in sorted(self._files.get(first, {}).items(), reverse=True)]

    def _bytes(self, path: Path) -> bytes:
        """What a file holds."""
        return path.read_bytes()

    @property
    def _files(self) -> dict[int, dict[int, tuple[int, Path]]]:
        """Last member and path of every checkpoint, by the first member and by step; the folder is listed once."""
        if self._found is None:
            self._found = {}
            for path in self.folder.iterdir() if self.folder.is_dir() else ():
                if match := NAME.fullmatch(path.name):
                    self._found.setdefault(int(match[1]), {})[int(match[3])] = (int(match[2]), path)
        return self._found


class Carried(Checkpoints):
    """The checkpoint of one group on its way to a worker and back, as bytes instead of a file.

    Args:
        fingerprint: of the execution that goes on from here.
        held: what `encoded` made; empty: nothing yet.

    Attributes:
        held: as above, of the newest state.
    """

    def __init__(self, fingerprint: dict[str, Any], held: bytes) -> None:
        super().__init__(Path("carried"), float("inf"), fingerprint, lambda _: None)
        self.held = held

    def put(self, _first: int, _last: int, _step: int, content: bytes, _finished: bool) -> None:
        """Keeps what `encoded` made."""
        self.held = content

    def _of(self, _first: int) -> list[Path]:
        return [self.folder] if self.held else []

    def _bytes(self, _path: Path) -> bytes:
        return self.held


def encoded(state: State, origin: Origin, fingerprints: list[dict[str, Any]]) -> bytes:
    """A checkpoint: a line with the SHA-256 of what follows, and an npz archive of the state and what it is of."""
    about = json.dumps({"fingerprints": fingerprints, "origin": origin.told})
    body = io.BytesIO()
    described = {"about": np.frombuffer(about.encode(), np.uint8), "sample": origin.sample}
    np.savez(body, allow_pickle=False, **described, **state)
    checksum = hashlib.sha256(body.getbuffer()).hexdigest().encode()
    return b"".join([b"lstm_toys checkpoint, SHA-256 %s\n" % checksum, body.getbuffer()])


def decoded(content: bytes, path: Path) -> Kept:
    """What `encoded` made a checkpoint of.

    Raises:
        Damaged: it is not what was written; the path says which.
        KeyError, ValueError: it tells nothing of its origin.
    """
    line, newline, body = content.partition(b"\n")
    header = HEADER.fullmatch(line + newline)
    if not header or hashlib.sha256(body).hexdigest().encode() != header[1]:
        raise Damaged(path, "its checksum is wrong")
    state = read_arrays(path, body)
    about, sample = json.loads(state.pop("about").tobytes()), state.pop("sample")
    return Kept(state, Origin(dict(about["origin"]), sample), list(about["fingerprints"]))
