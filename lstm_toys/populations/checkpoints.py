"""Checkpoints of a training: files in a folder, the newest of each group of members."""

import math
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lstm_toys import arguments
from lstm_toys.files import Damaged, opened, replacing

KEPT = 2
"""Number of checkpoints kept of a group in training; a finished group keeps only the last."""

NAME = re.compile(r"members-(\d+)-(\d+)-step-(\d+)\.checkpoint")

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

    A file is written under a temporary name, flushed to the disk and renamed.

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
        """Returns the group size with which the training began; ``usual`` without a checkpoint that differs.

        Args:
            members: members of the training; its last group may be smaller.
        """
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
        """Writes a checkpoint, and removes the group's oldest ones; ``finished`` means that this is the last.

        Raises:
            OSError: the file cannot be written; earlier ones are unchanged.
        """
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

        Args:
            decode: reads the content of a file; raises OSError, KeyError or ValueError if it is damaged.

        Raises:
            Damaged: there are checkpoints of the group, and none of them can be read.
            OtherTraining: raised by ``decode`` if the newest readable one is of another training.
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
        """The checkpoints of a group, newest first."""
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
