"""Writes files atomically, and reads them as data, never as code. Imports nothing heavy.

Files may come from anywhere: only regular ones are opened, their size is compared with what they claim to contain
before anything is read into memory, and what they say is shown without control characters.
"""

import fcntl
import hashlib
import io
import json
import math
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from lstm_toys.text import message, printable

Content: TypeAlias = io.BufferedReader | io.BytesIO

_unfinished: set[Path] = set()

TEMPORARY = re.compile(r"\.lstm_toys-.+\.\d+\.\w+")
"""Names of unfinished files: ``.lstm_toys-<name>.<process>.tmp``; some libraries insist on another suffix."""

SEAL = "sha256"
"""Key under which a JSON object stores the digest of its other entries."""

SCHEMA = 2
"""Version of all files of a run; increase it when files of earlier versions can no longer be read correctly."""

MOST_JSON = 2**23
"""Default for the maximum size of a JSON file in bytes; its values take up to twenty times as much memory."""

EXPANSION = 2**26
"""Bytes by which the arrays of a file may exceed the file. Our own files are not compressed."""

NUMBERS = "biufc"


class Damaged(OSError):
    """A file whose content is not what was written.

    Example:
        >>> try:
        ...     lt.load_parameters(lt.__file__)
        ... except lt.Damaged as error:
        ...     print(error.strerror)
        is damaged: File is not a zip file
    """

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(None, printable(what), str(path))

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


class OtherSchema(Damaged):
    """A file of a run that another version of the library wrote."""

    def __init__(self, path: Path, schema: Any) -> None:
        reason = f"has file version {schema}" if schema else "was written by an earlier version of lstm_toys"
        super().__init__(path, f"{reason}; this version reads file version {SCHEMA}")


@contextmanager
def telling_damage(path: Path) -> Iterator[None]:
    """Raises Damaged for any exception in a block that reads a file: those of its libraries have no common type."""
    try:
        yield
    except Exception as error:
        raise Damaged(path, f"is damaged: {message(error)}") from None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Writes a file atomically: yields a temporary path next to ``path`` that replaces it if the block succeeds.

    The content is flushed to disk before the file is renamed; if the block raises, the temporary file is removed.
    """
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
    """Locks a file, created if missing, against other processes. The lock ends with the process in any case.

    Raises BlockingIOError if another process holds the lock, OSError if the file cannot be created, Damaged if it is
    not a regular file.
    """
    if os.path.lexists(path):
        ensure_regular(path)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
        for path in (Path(parent, name) for name in names if TEMPORARY.fullmatch(name)):
            if path.is_file() and not path.is_symlink():
                path.unlink()


def opened(path: Path, *, links: bool = False) -> io.BufferedReader:
    """Opens a regular file for reading; opening another kind may block, and reading it may never end.

    ``links``: whether the file itself may be a symbolic link, because a user named it; its folders always may. Raises
    OSError if it does not exist or cannot be read, Damaged if it is not a regular file.
    """
    ensure_regular(path, links=links)
    return path.open("rb")


def ensure_regular(path: Path, *, links: bool = False) -> None:
    """Raises as `opened` does, without opening the file."""
    mode = path.stat().st_mode if links else path.lstat().st_mode
    if not stat.S_ISREG(mode):
        raise Damaged(
            path, f"is {'a link' if stat.S_ISLNK(mode) else 'a folder, a pipe or a device'}, not a regular file"
        )


def cache_folder() -> Path:
    """The library's folder in the user's cache folder, which may not exist."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "lstm_toys"


def sha256(path: Path, *, links: bool = False) -> str:
    """The SHA-256 of a file's content, in hexadecimal digits. See `opened` for the argument and errors."""
    with opened(path, links=links) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Writes JSON atomically; raises ValueError if JSON cannot represent a number, such as NaN."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path, most: int = MOST_JSON) -> dict[str, Any]:
    """Reads a JSON object of at most ``most`` bytes; raises as `opened`, and Damaged for other content."""
    value = _read(path, most)
    if not isinstance(value, dict):
        raise Damaged(path, "is damaged: not a JSON object")
    return value


def write_sealed(path: Path, value: dict[str, Any]) -> None:
    """Writes a JSON object atomically, with its schema version and its digest. See `write_json` for errors."""
    value = {**value, "schema": SCHEMA}
    write_json(path, {**value, SEAL: _seal(value)})


def read_sealed(path: Path, most: int = MOST_JSON) -> dict[str, Any]:
    """Reads what `write_sealed` wrote; raises as `read_json`, and OtherSchema for a file of another version."""
    value = read_json(path, most)
    try:
        intact = value.pop(SEAL, None) == _seal(value)
    except RecursionError:
        intact = False
    if not intact:
        raise Damaged(path, "is damaged: it is not what was written")
    if (schema := value.pop("schema", None)) != SCHEMA:
        raise OtherSchema(path, schema)
    return value


def _seal(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def read_json_list(path: Path) -> list[dict[str, Any]]:
    """Reads a JSON list of objects; raises OSError if the file does not exist, and Damaged if it is another value."""
    value = _read(path, MOST_JSON)
    if not (isinstance(value, list) and all(isinstance(each, dict) for each in value)):
        raise Damaged(path, "is damaged: not a list of JSON objects")
    return value


def _read(path: Path, most: int) -> Any:
    with opened(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Damaged(path, f"is damaged: it has more than {most:,} bytes")
    return parsed(content)


def parsed(content: bytes) -> Any:
    """Parses JSON, which has no NaN and no infinity; None if it is not JSON."""
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_not_json)
    except (ValueError, RecursionError):
        return None


def _not_json(constant: str) -> None:
    raise ValueError(constant)


def read_arrays(path: Path, file: Content) -> dict[str, np.ndarray]:
    """Reads the arrays of an npz archive by name, without unpickling.

    Raises Damaged, with ``path``, if something in the archive is not an array of numbers, two arrays have the same
    name, or they are too large for the file.
    """
    with _archive(path, file) as (archive, entries):
        arrays = dict[str, np.ndarray]()
        for name, entry in entries.items():
            _header(archive, entry)
            with archive.open(entry) as content:
                arrays[name] = np.lib.format.read_array(content, allow_pickle=False)
        return arrays


@contextmanager
def _archive(path: Path, file: Content) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    """Opens an archive; yields it and its entries by name, and raises Damaged for any exception in the block."""
    size = file.seek(0, os.SEEK_END)
    with telling_damage(path), zipfile.ZipFile(file) as archive:
        every = archive.infolist()
        entries = {each.filename.removesuffix(".npy"): each for each in every}
        if len(entries) < len(every):
            raise ValueError("two of its arrays have the same name")
        if sum(each.file_size for each in every) > size + EXPANSION:
            raise ValueError("its arrays are too large for it")
        yield archive, entries


def _header(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Reads the header of an array; raises ValueError if it is not an array of numbers, or has another size."""
    with archive.open(entry) as file:
        if np.lib.format.read_magic(file) != (1, 0):  # Others are for headers that are long or not ASCII.
            raise ValueError(f"{entry.filename} is not an array of numbers")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        if dtype.kind not in NUMBERS or math.prod(shape) * dtype.itemsize != entry.file_size - file.tell():
            raise ValueError(f"{entry.filename} is not an array of numbers, or not of the size that its header says")
