"""Writes files atomically, and reads them as data, never as code. Imports nothing heavy."""

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

_unfinished: set[Path] = set()

TEMPORARY = re.compile(r"\.lstm_toys-.+\.\d+\.\w+")
"""Names of unfinished files: ``.lstm_toys-<name>.<process>.tmp``; some libraries insist on another suffix."""

SEAL = "sha256"
"""Key under which a JSON object stores the digest of its other entries."""

SCHEMA = 2
"""Version of all files of a run; increase it when files of earlier versions can no longer be read correctly."""


class Damaged(OSError):
    """A file whose content is not what was written.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import lstm_toys as lt
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "parameters.npz").write_text("no parameters")
        ...     try:
        ...         lt.load_parameters(Path(folder, "parameters.npz"))
        ...     except lt.Damaged as error:
        ...         print(Path(error.filename).name)
        parameters.npz
    """

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(None, what, str(path))

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


class OtherSchema(Damaged):
    """A file of a run that another version of the library wrote."""

    def __init__(self, path: Path, schema: Any) -> None:
        reason = f"has file version {schema}" if schema else "was written by an earlier version of lstm_toys"
        super().__init__(path, f"{reason}; this version reads file version {SCHEMA}")


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
def locked(path: Path, patience: float = 0.0) -> Iterator[Callable[[], bool]]:
    """Locks a file, created if missing, against other processes. The lock ends with the process in any case.

    Yields a function that checks whether the path still names the locked file, which may have been removed or moved.

    Raises:
        BlockingIOError: another process still holds the lock after ``patience`` seconds.
        OSError: the file cannot be created.
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
    """Flushes a file, or the entries of a folder, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def leftovers(folder: Path) -> list[Path]:
    """Finds unfinished files of killed processes in a folder and its subfolders, except in hidden folders and links."""
    paths = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [Path(parent, name) for name in names if TEMPORARY.fullmatch(name)]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def clean(folder: Path) -> None:
    """Removes `leftovers`; call it only while a lock keeps other writers away."""
    for path in leftovers(folder):
        path.unlink()


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Writes JSON atomically; raises ValueError if JSON cannot represent a number, such as NaN."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object; raises OSError if the file does not exist, and Damaged if it is not a JSON object."""
    value = _parsed(path)
    if not isinstance(value, dict):
        raise Damaged(path, "is damaged: not a JSON object")
    return value


def write_sealed(path: Path, value: dict[str, Any]) -> None:
    """Writes a JSON object atomically, with its schema version and its digest. See `write_json` for errors."""
    value = {**value, "schema": SCHEMA}
    write_json(path, {**value, SEAL: _seal(value)})


def read_sealed(path: Path) -> dict[str, Any]:
    """Reads what `write_sealed` wrote.

    Raises:
        OSError: the file does not exist.
        Damaged: the content is not what was written.
        OtherSchema: another version of the library wrote the file.
    """
    value = read_json(path)
    if value.pop(SEAL, None) != _seal(value):
        raise Damaged(path, "is damaged: it is not what was written")
    if (schema := value.pop("schema", None)) != SCHEMA:
        raise OtherSchema(path, schema)
    return value


def _seal(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def read_json_list(path: Path) -> list[dict[str, Any]]:
    """Reads a JSON list of objects; raises OSError if the file does not exist, and Damaged if it is another value."""
    value = _parsed(path)
    if not (isinstance(value, list) and all(isinstance(each, dict) for each in value)):
        raise Damaged(path, "is damaged: not a list of JSON objects")
    return value


def _parsed(path: Path) -> Any:
    """The content of a JSON file; None if it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return None


def read_arrays(path: Path, content: bytes) -> dict[str, np.ndarray]:
    """Reads the named arrays of an npz archive without unpickling; raises Damaged, with ``path``, if it is invalid."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            loaded = {name: arrays[name] for name in arrays}
    except (OSError, ValueError, TypeError, EOFError, MemoryError, zipfile.BadZipFile) as error:
        raise Damaged(path, f"is damaged: {error}") from None
    if not all(isinstance(array, np.ndarray) for array in loaded.values()):
        raise Damaged(path, "is damaged: it contains more than arrays")
    return loaded
