"""Files that are written as a whole or not at all, and read as data. Imports nothing heavy."""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np


class Damaged(OSError):
    """A file that does not hold what was written into it."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(None, what, str(path))

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside ``path`` that replaces it when the block ends well, and goes away otherwise.

    What was written is flushed to the disk before it takes its name.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
        _flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Any) -> None:
    """Writes JSON as a whole or not at all.

    Raises:
        ValueError: the value holds a number that JSON has no word for, such as NaN.
    """
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n")


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
        return json.loads(path.read_text())
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
