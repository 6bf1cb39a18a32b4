"""Files that are written as a whole or not at all, and read as data. Imports nothing heavy."""

import fcntl
import hashlib
import io
import json
import os
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

_unfinished: set[Path] = set()  # What this process is writing.

TEMPORARY = re.compile(r"\.lstm_toys-.+\.\d+\.\w+")
"""Names of half-written files: ``.lstm_toys-<name>.<process>.tmp``; a library may insist on a suffix of its own."""


SEAL = "sha256"
"""Under what name a JSON object holds the digest of all else in it."""

SCHEMA = 2
"""The version of all files of a run. Another one is needed where files of before cannot be read as what they are."""


class Damaged(OSError):
    """A file that does not hold what was written into it."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(None, what, str(path))

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


class OtherSchema(Damaged):
    """A file of a run that another version of the library wrote."""

    def __init__(self, path: Path, schema: Any) -> None:
        told = f"has version {schema} of the files of a run" if schema else "is of an earlier version of lstm_toys"
        super().__init__(path, f"{told}; this one reads version {SCHEMA}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside ``path`` that replaces it when the block ends well, and goes away otherwise.

    What was written is flushed to the disk before it takes its name.
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
    """Removes what this process is writing; only when it is about to end."""
    for temporary in tuple(_unfinished):
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def locked(path: Path, patience: float = 0.0) -> Iterator[Callable[[], bool]]:
    """Keeps other processes out of a block by a lock on a file, which ends with the process, however that ends.

    Args:
        path: of the file; made if it is not there.
        patience: seconds to wait for another process.

    Yields:
        What tells whether the file of this name is still the one that is locked: it may be removed or moved.

    Raises:
        BlockingIOError: another process still holds the lock.
        OSError: the file cannot be made.
    """
    deadline = time.monotonic() + patience
    with path.open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.05)

        def held() -> bool:
            try:
                return os.path.samestat(os.fstat(lock.fileno()), path.stat())
            except OSError:
                return False

        yield held


def flush(path: Path) -> None:
    """Returns once a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def leftovers(folder: Path) -> list[Path]:
    """Files that a killed process left half-written, in a folder and the folders in it.

    Hidden folders and links belong to others and are not looked into.
    """
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in names if TEMPORARY.fullmatch(name)]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def clean(folder: Path) -> None:
    """Removes `leftovers`; only while a lock keeps away whoever else writes there."""
    for path in leftovers(folder):
        path.unlink()


def sha256(path: Path) -> str:
    """The SHA-256 of what a file holds, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Writes JSON as a whole or not at all.

    Raises:
        ValueError: the value holds a number that JSON has no word for, such as NaN.
    """
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object.

    Raises:
        OSError: there is no such file.
        Damaged: it is not a JSON object.
    """
    value = _parsed(path)
    if not isinstance(value, dict):
        raise Damaged(path, "is damaged: not a JSON object")
    return value


def write_sealed(path: Path, value: dict[str, Any]) -> None:
    """Writes a JSON object with a digest of itself, as a whole or not at all.

    Raises:
        ValueError: see `write_json`.
    """
    value = {**value, "schema": SCHEMA}
    write_json(path, {**value, SEAL: _seal(value)})


def read_sealed(path: Path) -> dict[str, Any]:
    """Reads what `write_sealed` wrote.

    Raises:
        OSError: there is no such file.
        Damaged: it is not what was written.
        OtherSchema: another version of the library wrote it.
    """
    value = read_json(path)
    seal = value.pop(SEAL, None)
    if seal != _seal(value) and (seal or "schema" in value):
        raise Damaged(path, "is damaged: it is not what was written")
    if (schema := value.pop("schema", None)) != SCHEMA:
        raise OtherSchema(path, schema)
    return value


def _seal(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def read_json_list(path: Path) -> list[dict[str, Any]]:
    """Reads a JSON list of objects.

    Raises:
        OSError: there is no such file.
        Damaged: it is not a list of JSON objects.
    """
    value = _parsed(path)
    if not (isinstance(value, list) and all(isinstance(each, dict) for each in value)):
        raise Damaged(path, "is damaged: not a list of JSON objects")
    return value


def _parsed(path: Path) -> Any:
    """What a JSON file holds; None if it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None


def read_arrays(path: Path, content: bytes) -> dict[str, np.ndarray]:
    """Reads the named arrays of an npz archive; nothing is unpickled.

    Args:
        path: where it came from, for the message.
        content: the archive.

    Raises:
        Damaged: it is not an archive of arrays of numbers.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            loaded = {name: arrays[name] for name in arrays}
    except (OSError, ValueError, TypeError, EOFError, MemoryError, zipfile.BadZipFile) as error:
        raise Damaged(path, f"is damaged: {error}") from None
    if not all(isinstance(array, np.ndarray) for array in loaded.values()):
        raise Damaged(path, "is damaged: it holds something else than arrays")
    return loaded
