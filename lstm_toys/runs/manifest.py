"""Manifests record what a finished run was made from, so that an unchanged run is found without JAX.

A manifest lies in the folder of its run and is found by the run's settings. It records the content of all files outside
of installed packages that were opened or imported, and the names and versions of packages. If an access cannot be
attributed to a file, the manifest says so, and never matches.
"""

import dataclasses
import gzip
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from types import CellType, FunctionType, MethodType
from typing import Any, NamedTuple

import numpy as np

from lstm_toys import files, opened
from lstm_toys.execution import switches

PREFIX = "loaded-"
"""Beginning of the file names of manifests, which are compressed JSON."""

ABSENT, OTHER = "absent", "not a file"
PASSING = ("/proc/", "/sys/", os.devnull, "/dev/random", "/dev/urandom")
"""States of paths that are not files, and paths that are not recorded."""

ADDRESS = re.compile(" at 0x[0-9a-fA-F]+")
"""Part of an object's repr without information about its content."""

PLACES = {"lstm_toys/": opened.OURS[0], "experiments/": opened.OURS[1]}

HERE = "./"
"""Beginning of the names of files in the current folder, so that a copied folder has the same names."""


class Manifest(NamedTuple):
    """A manifest of a run with the requested settings, compared with the present files and conditions.

    Attributes:
        own: digests of files by name.
        edited: files and conditions that have changed, or are new.
        incomplete: why the manifest does not record everything; None if it does.
        declared: whether the run's declaration is the requested one.
    """

    folder: Path
    own: dict[str, str]
    edited: list[str]
    incomplete: str | None
    declared: bool

    @property
    def answers(self) -> bool:
        """Whether the manifest alone shows that the run is the requested one."""
        return self.declared and not self.edited and self.incomplete is None


def find(runs: Path, name: str, key: str, declared: str) -> list[Manifest]:
    """Returns the manifests with a key: first those of the same declaration, of these those with the fewest edits."""
    _state.cache_clear()  # An earlier command of this process may have run.
    paths = [(path.lstat().st_mtime_ns, path) for path in runs.glob(f"{name}-*/{PREFIX}{key}-*.json.gz")]
    conditions = _conditions() if paths else {}
    users = [name for name in _names() if not name.startswith((*PLACES,))]
    every = (_read(path, declared, conditions, users) for _, path in sorted(paths, reverse=True))
    return sorted(filter(None, every), key=lambda each: (not each.declared, len(each.edited)))


def _read(path: Path, declared: str, present: Mapping[str, Any], users: Iterable[str]) -> Manifest | None:
    """Compares a manifest with the present state; None if unreadable. ``users``: the user's files opened so far."""
    try:
        record = json.loads(gzip.decompress(path.read_bytes()))
        if record["schema"] != files.SCHEMA:
            return None
    except Exception:  # Damaged in any way: the run is compared, and another manifest written.
        return None
    folder, own = os.path.abspath(path.parent), record["own"]  # Files of the folder are what the run wrote.
    edited = [name for name, state in own.items() if state != _state(name)]
    edited += [name for name, value in present.items() if record["conditions"].get(name) != value]
    edited += [name for name in users if name not in own and not _path(name).startswith(f"{folder}{os.sep}")]
    return Manifest(path.parent, own, edited, record["incomplete"], record["declared"] == declared)


def write(folder: Path, key: str, declared: str, earlier: Iterable[str] = ()) -> None:
    """Writes a manifest of all files opened so far, and of ``earlier`` ones, into the folder of a run."""
    names = [name for name in _names() if not _path(name).startswith(f"{os.path.abspath(folder)}{os.sep}")]
    silent = declared.partition(" ")[2]
    incomplete = opened.unseen() or (f"the repr of {silent} does not describe its content" if silent else None)
    if changed := sorted(path for path in opened.files() if opened.changed(path)):
        incomplete = f"{_name(changed[0])} was changed during the run"
    own = {name: _fresh(name) for name in {*names, *earlier}}
    if strange := [name for name in names if own[name] == OTHER]:
        incomplete = f"{strange[0]}, which was read, is not a file"
    record = {
        "schema": files.SCHEMA,
        "incomplete": incomplete,
        "declared": declared,
        "conditions": _conditions(),
        "own": dict(sorted(own.items())),
    }
    content = json.dumps(record).encode()
    kept = folder / f"{PREFIX}{key}-{hashlib.sha256(content).hexdigest()[:10]}.json.gz"
    if not kept.exists():
        with files.replacing(kept) as temporary:
            temporary.write_bytes(gzip.compress(content, mtime=0))
        every = sorted(folder.glob(f"{PREFIX}{key}-*"), key=lambda path: path.lstat().st_mtime_ns)
        for old in every[:-8]:  # Others are for recent commands and states of the code.
            old.unlink(missing_ok=True)


def sources(edited: Iterable[str] = ()) -> str:
    """Returns a digest of all files opened or imported so far, and of ``edited`` ones."""
    own = {name: _fresh(name) for name in {*_names(), *edited}}
    return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()[:16]


def _names() -> list[str]:
    return sorted(_name(path) for path in opened.files() if not path.startswith(PASSING))


def _conditions() -> dict[str, Any]:
    """What else decides which files are loaded, what they do, and how programs are compiled, as JSON."""
    return {
        "Python": [sys.version, sys.flags.optimize],
        "installed packages": opened.packages(),
        "switches of JAX": switches.variables(),
        "XLA_FLAGS": opened.XLA_FLAGS,
    }


def _name(path: str) -> str:
    for beginning, folder in {**PLACES, HERE: os.getcwd() + os.sep}.items():
        if path.startswith(folder):
            return beginning + path.removeprefix(folder)
    return path


def _path(name: str) -> str:
    for beginning, folder in {**PLACES, HERE: os.getcwd() + os.sep}.items():
        if name.startswith(beginning):
            return folder + name.removeprefix(beginning)
    return name


def _fresh(name: str) -> str:
    """The state of a file: its digest, or `ABSENT` or `OTHER`."""
    path = _path(name)
    if os.path.isfile(path):
        return opened.digest(path)
    return OTHER if os.path.exists(path) else ABSENT


_state = cache(_fresh)
"""The state of a file at the beginning of a command, since many manifests name the same files."""


def declared(*values: Any) -> str:
    """Returns a digest of the values that functions are bound to, which distinguishes declarations in the same files.

    If the repr of an object does not describe its content, the first such repr follows the digest, and the manifest is
    incomplete.
    """
    silent: list[str] = []
    text = repr([_told(value, silent) for value in values])
    return " ".join([hashlib.sha256(text.encode()).hexdigest()[:10], *silent[:1]])


def _told(value: Any, silent: list[str], around: tuple[int, ...] = ()) -> Any:
    """Describes a value; adds objects without an informative repr to ``silent``. ``around``: enclosing objects' ids."""
    if id(value) in around:
        return around.index(id(value))
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return value.dtype.str, value.shape, hashlib.sha256(value.tobytes()).hexdigest()
    if isinstance(value, Path):
        return _name(os.path.abspath(value))
    if (parts := _parts(value)) is not None:
        return [type(value).__qualname__, *(_told(each, silent, (*around, id(value))) for each in parts)]
    text = repr(value)
    if ADDRESS.search(text):
        silent.append(ADDRESS.sub("", text))
    return ADDRESS.sub("", text)


def _parts(value: Any) -> Iterable[Any] | None:
    """What describes the content of a container, a function or an instance of a dataclass; None for other values."""
    if isinstance(value, Mapping):
        return [*value.items()]
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    if isinstance(value, partial):
        return value.func, value.args, value.keywords
    if isinstance(value, MethodType):
        return value.__func__, value.__self__
    if isinstance(value, FunctionType):
        cells = (each.cell_contents for each in value.__closure__ or () if each != CellType())  # Some are empty.
        line = value.__code__.co_firstlineno
        return value.__module__, value.__qualname__, line, *cells, value.__defaults__, value.__kwdefaults__
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, each.name) for each in dataclasses.fields(value)]
    return None
