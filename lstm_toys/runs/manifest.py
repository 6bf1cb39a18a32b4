"""Manifests record the files that a finished run was made from, so that an unchanged run is found without JAX.

A manifest lies in the folder of its run and is found by the run's settings. Files of installed packages are compared by
size and time, all others by content. A manifest that cannot record everything is incomplete, says why, and never
matches.
"""

import dataclasses
import gzip
import hashlib
import json
import os
import re
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from types import CellType, FunctionType, MethodType
from typing import Any, NamedTuple

import numpy as np

from lstm_toys import files, opened
from lstm_toys.execution.switches import environment

PREFIX = "loaded-"
"""Beginning of the file names of manifests, which are compressed JSON."""

KEPT = 8
"""Most manifests that a run keeps, for the most recent commands and states of the code."""

MOST_BYTES = 2**23
"""Maximum size of a manifest in bytes, when it is not compressed."""

GZIP = 16 + zlib.MAX_WBITS
"""What zlib calls the format."""

ABSENT, OTHER = "absent", "not a file"

PASSING = ("/proc/", "/sys/", os.devnull, "/dev/random", "/dev/urandom")
"""States of paths that are not files."""

CACHES = ("lstm_toys", "jax", "matplotlib", "fontconfig")
"""Folders in the user's cache folder without data; others may contain some, since packages download into it."""

ADDRESS = re.compile(" at 0x[0-9a-fA-F]+")
"""Part of an object's repr without information about its content."""

FOLDERS, IMPORTED = "the folders of modules", "what is imported"
"""Conditions that differ between ways to give the same command."""

HERE, LIBRARY = "./", "lstm_toys/"
"""Prefixes of paths in the current folder and in the library, so that a copied folder has the same paths."""


class FoundManifest(NamedTuple):
    """A manifest of a run with the requested settings.

    Attributes:
        touched: files and conditions that are new or have changed, and files that were not read then.
        edited: those that a user knows to be changed; in another folder, or with other folders of modules, a file that
            is missing at its former place is not among them.
        incomplete: why the manifest does not record everything; None if it does.
        own: digests of all files outside installed packages.
        alike: whether the run's declaration is the requested one.
    """

    folder: Path
    touched: list[str]
    edited: list[str]
    incomplete: str | None
    own: dict[str, str]
    alike: bool

    @property
    def answers(self) -> bool:
        """Whether the manifest alone shows that the run is the requested one."""
        return self.alike and not self.touched and self.incomplete is None


def key(settings: Mapping[str, Any]) -> str:
    """Returns a digest of a run's settings, by which manifests are found."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:10]


def find(runs: Path, name: str, key: str, declared: str) -> list[FoundManifest]:
    """Returns the manifests with a key: first those of the same declaration, then untouched ones, then the newest."""
    paths = [(path.lstat().st_mtime_ns, path) for path in runs.glob(f"{name}-*/{PREFIX}{key}-*.json.gz")]
    every = (_read(path, declared) for _, path in sorted(paths, reverse=True))
    return sorted((each for each in every if each is not None), key=lambda each: (not each.alike, bool(each.touched)))


def _read(path: Path, declared: str) -> FoundManifest | None:
    """Reads a manifest and compares it with the present files and declaration; None if it cannot be read."""
    runs = path.parent.parent
    try:
        with files.opened(path) as file:
            content = (whole := zlib.decompressobj(GZIP)).decompress(file.read(MOST_BYTES), MOST_BYTES)
        record = files.parsed(content) if whole.eof else {}
        own, conditions, incomplete = dict(record["own"]), dict(record["conditions"]), record["incomplete"]
        installed = {
            f"{place}{name}": state for place, each in record["installed"].items() for name, state in each.items()
        }
        if record["schema"] != files.SCHEMA:
            return None
    except (OSError, zlib.error, KeyError, AttributeError, TypeError, ValueError):
        return None
    states = {name: (state, _state(_place(name))) for name, state in own.items()}
    states |= {name: (state, _state(name)) for name, state in installed.items()}
    changed = [name for name, (before, now) in states.items() if before != now]
    others = [name for name, value in _conditions().items() if conditions.get(name) != value]
    elsewhere = FOLDERS in others
    edited = [name for name in changed if not (elsewhere and ABSENT in states[name])]
    edited += [name for name in others if name not in (FOLDERS, IMPORTED)]
    unread = sorted({_name(path) for path in _sources_so_far(runs) if not path.startswith(opened.OURS[0])} - own.keys())
    alike = record["declared"] == declared
    return FoundManifest(path.parent, [*changed, *others, *unread], edited, incomplete, own, alike)


def write(folder: Path, key: str, declared: str, earlier: Iterable[str] = ()) -> None:
    """Writes a manifest of all files read so far, and of ``earlier`` ones, into the folder of a run."""
    paths = _read_so_far(folder.parent)
    silent = declared.partition(" ")[2]
    incomplete = opened.unseen() or (f"the repr of {silent} does not describe its content" if silent else None)
    if changed := sorted(path for path in paths if opened.changed(path)):
        incomplete = f"{_name(changed[0])} was changed during the run"
    own = {_name(path): _fresh(path) for path in paths if not opened.installed(path)}
    if strange := [name for name, state in own.items() if state == OTHER]:
        incomplete = f"{strange[0]}, which was read, is not a file"
    own |= {_name(path): _fresh(path) for path in opened.missed()}
    own |= {name: _fresh(_place(name)) for name in earlier if name not in own}
    installed: dict[str, dict[str, str]] = {}
    for path in sorted(filter(opened.installed, paths)):
        place, name = os.path.split(path)
        installed.setdefault(f"{place}{os.sep}", {})[name] = _fresh(path)
    record = {
        "schema": files.SCHEMA,
        "incomplete": incomplete,
        "declared": declared,
        "conditions": _conditions(),
        "own": dict(sorted(own.items())),
        "installed": installed,
    }
    content = json.dumps(record).encode()
    kept = folder / f"{PREFIX}{key}-{hashlib.sha256(content).hexdigest()[:10]}.json.gz"
    if not kept.exists():
        with files.replacing(kept) as temporary:
            temporary.write_bytes(gzip.compress(content, mtime=0))
        every = sorted(folder.glob(f"{PREFIX}{key}-*"), key=lambda path: path.lstat().st_mtime_ns)
        for old in every[:-KEPT]:
            old.unlink(missing_ok=True)


def _read_so_far(runs: Path) -> list[str]:
    """Files that this process has read, except caches, results that it wrote, and files that it reads to find a run."""
    ignored, own = (*PASSING, *_caches()), f"{os.path.abspath(runs)}{os.sep}"
    results = f"{os.path.dirname(os.path.abspath(runs))}{os.sep}"
    return [
        path
        for path in opened.files()
        if not path.startswith(ignored)
        and not (path.startswith(results) and opened.written(path))
        and not (path.startswith(own) and (os.path.basename(path).startswith(PREFIX) or opened.looked_up(path)))
    ]


def _sources_so_far(runs: Path) -> Iterator[str]:
    """Files outside installed packages that this process has read, except files of runs, which commands read too."""
    own = f"{os.path.abspath(runs)}{os.sep}"
    return (path for path in _read_so_far(runs) if not opened.installed(path) and not path.startswith(own))


def remove(folder: Path) -> None:
    """Removes the manifests of a run."""
    for path in folder.glob(f"{PREFIX}*"):
        path.unlink(missing_ok=True)


_imported: list[str] = []


def begin() -> None:
    """Records the modules imported so far, and clears cached states of files, since an earlier command may have run."""
    _state.cache_clear()
    modules = (path for path in opened.modules() if not opened.installed(path) and not path.startswith(opened.OURS))
    _imported[:] = sorted({_name(path) for path in modules})


def untouched_sources(found: FoundManifest) -> bool:
    """Whether all files outside installed packages are unchanged."""
    return all(_state(_place(name)) == state for name, state in found.own.items())


def sources(runs: Path, touched: Iterable[str]) -> str:
    """Returns a digest of all files outside installed packages read so far, and of ``touched`` ones."""
    own = {name: _fresh(_place(name)) for name in touched}
    own |= {_name(path): _fresh(path) for path in _sources_so_far(runs)}
    return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()[:16]


def _conditions() -> dict[str, Any]:
    """Conditions that decide which files are loaded, what they do, and how programs are compiled, as JSON."""
    places = [os.path.abspath(each) + os.sep for each in sys.path]
    return {
        "Python": [sys.version, sys.flags.optimize],
        FOLDERS: [_name(each) for each in places if not opened.installed(each)],
        IMPORTED: _imported,
        "switches of JAX": environment(),
        "XLA_FLAGS": opened.XLA_FLAGS,
    }


def _caches() -> Iterator[str]:
    """Cache folders of the library, JAX and drawing packages, except those that contain the current folder."""
    places = [os.environ.get(name) for name in ("JAX_COMPILATION_CACHE_DIR", "MPLCONFIGDIR")]
    if jax := sys.modules.get("jax"):
        places.append(jax.config.jax_compilation_cache_dir)
    above = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    places += [os.path.join(above, name) for name in CACHES]
    folders = {f"{os.path.abspath(place)}{os.sep}" for place in places if place}
    yield from (each for each in folders if not f"{os.getcwd()}{os.sep}".startswith(each))


def _name(path: str) -> str:
    """A path in the form that manifests store."""
    library, here = opened.OURS[0], os.getcwd() + os.sep
    if path.startswith(library):
        return LIBRARY + path.removeprefix(library)
    return HERE + path.removeprefix(here) if path.startswith(here) else path


def _place(name: str) -> str:
    """The path of a name in a manifest."""
    if name.startswith(LIBRARY):
        return opened.OURS[0] + name.removeprefix(LIBRARY)
    return os.path.join(os.getcwd(), name.removeprefix(HERE)) if name.startswith(HERE) else name


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

    def nested(*parts: Any) -> list[Any]:
        return [_told(part, silent, (*around, id(value))) for part in parts]

    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return (value.dtype.str, value.shape, hashlib.sha256(value.tobytes()).hexdigest())
    if isinstance(value, Mapping):
        return [*zip(nested(*value), nested(*value.values()), strict=True)]
    if isinstance(value, list | tuple):
        return nested(*value)
    if isinstance(value, set | frozenset):
        return sorted(map(repr, nested(*value)))
    if isinstance(value, partial):
        return nested(value.func, value.args, value.keywords)
    if isinstance(value, MethodType):
        return nested(value.__func__, value.__self__)
    if isinstance(value, FunctionType):
        place = (value.__module__, value.__qualname__, value.__code__.co_firstlineno)
        return [place, *nested(*map(_held, value.__closure__ or ()), value.__defaults__, value.__kwdefaults__)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [each.name for each in dataclasses.fields(value)]
        return [type(value).__qualname__, *zip(names, nested(*(getattr(value, name) for name in names)), strict=True)]
    text = repr(value)
    if ADDRESS.search(text):
        silent.append(ADDRESS.sub("", text))
    return ADDRESS.sub("", text)


def _held(cell: CellType) -> Any:
    """The content of a closure's cell; None if it is empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


@cache
def _state(path: str) -> str:
    """The state of a file; cached, since many manifests name the same files."""
    return _fresh(path)


def _fresh(path: str) -> str:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or os.path.abspath(path).startswith(PASSING):
            return OTHER
        if opened.installed(path):
            return f"{status.st_size} {status.st_mtime_ns}"
        return opened.digest(path)
    except (OSError, ValueError):  # A manifest may name what cannot be a path.
        return ABSENT
