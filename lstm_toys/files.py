"""Writes files atomically, and reads them as data, never as code. Imports nothing heavy."""

import errno
import fcntl
import hashlib
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lstm_toys.command_error import CommandError
from lstm_toys.text import message, printable

_unfinished: set[Path] = set()

TEMPORARY = re.compile(r"\.lstm_toys-.+\.\d+\.\w+")
"""Names of unfinished files: ``.lstm_toys-<name>.<process>.tmp``; some libraries insist on another suffix."""

SEAL = "sha256"
"""Key under which a JSON object stores the digest of its other entries."""

SCHEMA = 2
"""Version of all files of a run; increase it when files of earlier versions can no longer be read correctly."""

NUMBERS = "biufc"

TEXT, DOCUMENT = 2**26, 2**30
"""Most bytes of a text that people write, which Python reads cell by cell, and of a JSON document, such as the
description of millions of networks."""

UNLOCKED = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
"""Numbers of the errors of file systems that have no locks, such as some network file systems."""

UNPACKED = 2**30
"""Most bytes by which arrays may exceed their file: what is written here is not compressed."""


class Damaged(OSError, CommandError):
    """The content of a file is not what was written; the message names the file and the reason.

    Example:
        >>> try:
        ...     lt.load_results(lt.__file__)
        ... except lt.errors.Damaged as error:
        ...     print(error.strerror[:10])
        is damaged
    """

    advice = "move its folder elsewhere, or make it again with --restart"

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(None, printable(what), str(path))

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


class Entries(dict[str, Any]):
    """A JSON object of a file; a missing entry is damage."""

    def __init__(self, path: Path, entries: dict[str, Any]) -> None:
        super().__init__(entries)
        self.path = path

    def __missing__(self, name: str) -> Any:
        raise Damaged(self.path, f"is damaged, or another version of lstm_toys wrote it: it has no entry {name!r}")


@contextmanager
def telling_damage(path: Path) -> Iterator[None]:
    """Raises Damaged for any exception in a block that reads a file: exceptions of libraries have no common type."""
    try:
        yield
    except Damaged:
        raise
    except Exception as error:
        raise Damaged(path, f"is damaged: {message(error)}") from None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Writes a file atomically: yields a temporary path next to ``path`` that replaces it if the block succeeds.

    The content is flushed to disk before the file is renamed; if the block raises, the temporary file is removed.
    Raises OSError for a folder, a pipe, a device and the like, which are not replaced.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EEXIST, "is not a regular file", str(path))
    temporary = path.with_name(f".lstm_toys-{path.name}.{os.getpid()}.tmp")
    _unfinished.add(temporary)
    try:
        yield temporary
        flush(temporary)
        os.replace(temporary, path)
        flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)
        _unfinished.discard(temporary)


def abandon() -> None:
    """Removes the unfinished files of this process; call it only when the process is about to end."""
    for temporary in tuple(_unfinished):
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Locks a file, created if missing, against other processes; the lock ends with the process.

    On a file system without locks, nothing is locked: two processes may then write the same files, each of them whole.
    Raises BlockingIOError if another process holds the lock, OSError if the file cannot be created.
    """
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in UNLOCKED:
                raise
        yield


def flush(path: Path) -> None:
    """Flushes a file, or the entries of a folder, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def clean(folder: Path, *, below: bool = True) -> None:
    """Removes unfinished files of killed processes from a folder, and ``below`` it, except in hidden folders and links.

    Unfinished files of a process that is still writing there are removed, too, and its writing fails.
    """
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if below and not name.startswith(".")]
        for name in filter(TEMPORARY.fullmatch, names):
            Path(parent, name).unlink()


def cache_folder() -> Path:
    """The library's folder in the user's cache folder, which may not exist."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "lstm_toys"


def is_plain(name: Any) -> bool:
    """Whether a name is the plain name of a file, rather than a path into another folder."""
    text = isinstance(name, str) and printable(name) == name
    return text and name not in ("", ".", "..") and os.path.basename(name) == name


def check_writable(folder: Path) -> None:
    """Raises OSError if a folder cannot be written to, or cannot be created; leaves nothing there."""
    for there in (folder, *folder.parents):
        with suppress(FileNotFoundError):
            there.lstat()
            break
    with tempfile.TemporaryFile(dir=there):
        pass


@contextmanager
def opened(path: Path | str, most: int | None = None) -> Iterator[BufferedReader]:
    """Opens a file that a user names, without waiting for anything.

    Raises OSError if it cannot be opened, and Damaged if it is a pipe, a device or a file of the kernel, or has more
    than ``most`` bytes.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        status = os.fstat(file.fileno())
        regular = stat.S_ISREG(status.st_mode)
        if regular and not status.st_size:  # A file of the kernel has no size, but content, which may not end.
            try:
                regular = not file.peek(1)
            except OSError:
                regular = False
        if not regular:
            raise Damaged(Path(path), "is not a regular file")
        if most is not None and status.st_size > most:
            raise Damaged(Path(path), f"has {status.st_size:,} bytes, more than the {most:,} that are read")
        yield file


def content(path: Path | str, most: int = TEXT) -> bytes:
    """Reads a file of at most ``most`` bytes; raises as `opened`."""
    with opened(path, most) as file:
        return file.read(most)


def check_unpacked(file: BinaryIO, sizes: Iterable[int]) -> None:
    """Raises ValueError if arrays of these sizes in bytes are much larger than their file."""
    total, size = sum(sizes), os.fstat(file.fileno()).st_size
    if total > size + UNPACKED:
        raise ValueError(f"its arrays would take {total:,} bytes of memory, but the file has {size:,}")


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal digits; raises as `opened`."""
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked(path: Path, digest: str | None) -> Path:
    """Returns the path of a file whose SHA-256 this is; raises Damaged if it is not, and OSError without the file."""
    if sha256(path) != digest:
        raise Damaged(path, "is damaged or belongs to another run: it is not what was written")
    return path


def write_text(path: Path, text: str) -> None:
    """Writes text atomically."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Writes JSON atomically; see `as_text` for errors."""
    write_text(path, as_text(value))


def as_text(value: Any) -> str:
    """Formats JSON; raises ValueError if it cannot represent a number, such as NaN."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object; raises OSError if the file does not exist, and Damaged for other content."""
    if not isinstance(value := parsed(path), dict):
        raise Damaged(path, "is damaged: not a JSON object")
    return value


def write_sealed(path: Path, value: dict[str, Any]) -> None:
    """Writes a JSON object atomically, with its schema version and its digest. See `as_text` for errors."""
    value = {**value, "schema": SCHEMA}
    write_json(path, {**value, SEAL: _seal(value)})


def read_sealed(path: Path) -> dict[str, Any]:
    """Reads what `write_sealed` wrote; raises as `read_json`, and Damaged for a file of another version."""
    value = read_json(path)
    if value.pop(SEAL, None) != _seal(value):
        raise Damaged(path, "is damaged: it is not what was written")
    if (schema := value.pop("schema", None)) != SCHEMA:
        raise Damaged(path, f"has file version {schema}; this version of lstm_toys reads file version {SCHEMA}")
    return value


def _seal(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def parsed(path: Path) -> Any:
    """Reads JSON, which has no NaN and no infinity; None if the file's content is not JSON."""
    raw = content(path, DOCUMENT)
    try:
        return json.loads(raw.decode("utf-8"), object_hook=partial(Entries, path), parse_constant=_not_json)
    except (ValueError, RecursionError):
        return None


def _not_json(constant: str) -> None:
    raise ValueError(constant)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Reads the arrays of an npz archive by name, without unpickling.

    Raises OSError if the file does not exist, and Damaged if it is not an archive of arrays.
    """
    with opened(path) as file, telling_damage(path), np.load(file) as archive:
        check_unpacked(file, (member.file_size for member in archive.zip.infolist()))
        return dict(archive)
