"""Manifests: the files that a finished run was made of. One that nobody touched answers without JAX.

A manifest lies in the folder of its run and is found by the run's settings. Of files of installed packages, sizes and
times are compared; of all others, contents. A manifest that cannot tell everything is incomplete, says why, and never
answers.
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

from lstm_toys import opened
from lstm_toys.execution.switches import environment
from lstm_toys.files import SCHEMA, replacing

PREFIX = "loaded-"
"""What the names of manifests begin with: compressed JSON."""

KEPT = 8
"""Manifests of a run, at most: those of the commands and states of the code that came last."""

ABSENT, OTHER = "absent", "not a file"

PASSING = ("/proc/", "/sys/", os.devnull, "/dev/random", "/dev/urandom")
"""What is no file, or no one's."""

CACHES = ("lstm_toys", "jax", "matplotlib", "fontconfig")
"""Folders below the user's cache folder that hold no data. Other folders there may: some packages download into it."""

ADDRESS = re.compile(" at 0x[0-9a-fA-F]+")
"""What an object has in its description that says nothing of itself."""

HERE, LIBRARY = "./", "lstm_toys/"
"""How paths in the current folder and in the library begin, so that a copied folder has the same ones."""


class FoundManifest(NamedTuple):
    """A manifest of a run with given settings.

    Attributes:
        folder: of its run.
        touched: files that are not as they were, or are new; none: the manifest answers, if it is complete.
        incomplete: why it does not tell everything; None: it does.
        own: digests of all files but those of installed packages.
        alike: whether the run is declared as the one that is asked for.
    """

    folder: Path
    touched: list[str]
    incomplete: str | None
    own: dict[str, str]
    alike: bool

    @property
    def answers(self) -> bool:
        """Whether nothing has to be computed to know that the run is the one that is asked for."""
        return self.alike and not self.touched and self.incomplete is None


def key(settings: Mapping[str, Any]) -> str:
    """What manifests are found by, from the settings of a run."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:10]


def find(runs: Path, name: str, key: str, declared: str) -> list[FoundManifest]:
    """The manifests of a key: those that say most of the run that is asked for first, then the newest.

    Args:
        runs: the folder of all runs.
        name: of the experiment or the study.
        key: see there.
        declared: what tells two declarations with the same settings apart; see there.
    """
    paths = [(path.stat().st_mtime_ns, path) for path in runs.glob(f"{name}-*/{PREFIX}{key}-*.json.gz")]
    every = (_read(path, declared) for _, path in sorted(paths, reverse=True))
    return sorted((each for each in every if each is not None), key=lambda each: (not each.alike, bool(each.touched)))


def _read(path: Path, declared: str) -> FoundManifest | None:
    """A manifest, compared with what is there and asked for now; None if it cannot be read."""
    runs = path.parent.parent
    try:
        told = json.loads(gzip.decompress(path.read_bytes()))
        own, conditions, incomplete = dict(told["own"]), dict(told["conditions"]), told["incomplete"]
        installed = {
            f"{place}{name}": state for place, each in told["installed"].items() for name, state in each.items()
        }
        if told["schema"] != SCHEMA:
            return None
    except (OSError, EOFError, zlib.error, KeyError, AttributeError, TypeError, ValueError):
        return None
    touched = [name for name, state in own.items() if _state(_place(name)) != state]
    touched += [name for name, state in installed.items() if _state(name) != state]
    touched += [name for name, value in _conditions().items() if conditions.get(name) != value]
    touched += sorted(
        {_name(path) for path in _sources_so_far(runs) if not path.startswith(opened.OURS[0])} - own.keys()
    )
    return FoundManifest(path.parent, touched, incomplete, own, told["declared"] == declared)


def write(folder: Path, key: str, declared: str, earlier: Iterable[str] = ()) -> None:
    """Leaves a manifest in the folder of a run, of everything that this process has read so far.

    Args:
        folder: of the run.
        key: see there.
        declared: see there.
        earlier: further files that it is to tell of, as `FoundManifest.own` names them.
    """
    paths = _read_so_far(folder.parent)
    silent = declared.partition(" ")[2]
    incomplete = opened.unseen() or (f"{silent} does not say what it holds" if silent else None)
    if changed := sorted(path for path in paths if opened.changed(path)):
        incomplete = f"{_name(changed[0])} was changed while this ran"
    own = {_name(path): _fresh(path) for path in paths if not opened.installed(path)}
    if strange := [name for name, state in own.items() if state == OTHER]:
        incomplete = f"{strange[0]}, which was read, is not a file"
    own |= {_name(path): _fresh(path) for path in opened.missed()}
    own |= {name: _fresh(_place(name)) for name in earlier if name not in own}
    installed: dict[str, dict[str, str]] = {}
    for path in sorted(filter(opened.installed, paths)):
        place, name = os.path.split(path)
        installed.setdefault(f"{place}{os.sep}", {})[name] = _fresh(path)
    told = {
        "schema": SCHEMA,
        "incomplete": incomplete,
        "declared": declared,
        "conditions": _conditions(),
        "own": dict(sorted(own.items())),
        "installed": installed,
    }
    content = json.dumps(told).encode()
    kept = folder / f"{PREFIX}{key}-{hashlib.sha256(content).hexdigest()[:10]}.json.gz"
    if not kept.exists():
        with replacing(kept) as temporary:
            temporary.write_bytes(gzip.compress(content, mtime=0))
        every = sorted(folder.glob(f"{PREFIX}{key}-*"), key=lambda path: path.stat().st_mtime_ns)
        for old in every[:-KEPT]:
            old.unlink(missing_ok=True)


def _read_so_far(runs: Path) -> list[str]:
    """Files that this process has read, except for caches, results that it wrote, and what it reads to find a run."""
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
    """Files of one's own that this process has read, but for those of runs, which commands read too."""
    own = f"{os.path.abspath(runs)}{os.sep}"
    return (path for path in _read_so_far(runs) if not opened.installed(path) and not path.startswith(own))


def remove(folder: Path) -> None:
    """Removes the manifests of a run."""
    for path in folder.glob(f"{PREFIX}*"):
        path.unlink(missing_ok=True)


_imported: list[str] = []


def begin() -> None:
    """Takes down what a command has imported, and forgets how files were found; others may have come before it."""
    _state.cache_clear()
    modules = (path for path in opened.modules() if not opened.installed(path) and not path.startswith(opened.OURS))
    _imported[:] = sorted({_name(path) for path in modules})


def untouched_sources(found: FoundManifest) -> bool:
    """Whether all files but those of installed packages are as they were."""
    return all(_state(_place(name)) == state for name, state in found.own.items())


def sources(runs: Path, touched: Iterable[str]) -> str:
    """A digest of all files of one's own that this process has read.

    Args:
        runs: the folder of all runs.
        touched: further files, as `FoundManifest.touched` names them.
    """
    own = {name: _fresh(_place(name)) for name in touched}
    own |= {_name(path): _fresh(path) for path in _sources_so_far(runs)}
    return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()[:16]


def _conditions() -> dict[str, Any]:
    """What decides which files are loaded, what they do, and how programs are compiled, as JSON has it."""
    places = [os.path.abspath(each) + os.sep for each in sys.path]
    return {
        "Python": [sys.version, sys.flags.optimize],
        "the folders of modules": [_name(each) for each in places if not opened.installed(each)],
        "what is imported": _imported,
        "switches of JAX": environment(),
        "XLA_FLAGS": opened.XLA_FLAGS,
    }


def _caches() -> Iterator[str]:
    """Folders of caches of the library, of JAX and of what draws, but for those that this runs in."""
    places = [os.environ.get(name) for name in ("JAX_COMPILATION_CACHE_DIR", "MPLCONFIGDIR")]
    if jax := sys.modules.get("jax"):
        places.append(jax.config.jax_compilation_cache_dir)
    above = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    places += [os.path.join(above, name) for name in CACHES]
    folders = {f"{os.path.abspath(place)}{os.sep}" for place in places if place}
    yield from (each for each in folders if not f"{os.getcwd()}{os.sep}".startswith(each))


def _name(path: str) -> str:
    """A path as manifests have it."""
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
    """A digest that tells declarations apart that are made by the same files: of what functions are bound to.

    The first object that says nothing of itself stands behind it: no manifest answers for what it may hold.
    """
    silent: list[str] = []
    told = repr([_told(value, silent) for value in values])
    return " ".join([hashlib.sha256(told.encode()).hexdigest()[:10], *silent[:1]])


def _told(value: Any, silent: list[str], around: tuple[int, ...] = ()) -> Any:
    """A value in words.

    Args:
        value: to tell of.
        silent: objects are added that say nothing of themselves.
        around: numbers of the objects that it was found in.
    """
    if id(value) in around:
        return around.index(id(value))

    def told(*parts: Any) -> list[Any]:
        return [_told(part, silent, (*around, id(value))) for part in parts]

    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return (value.dtype.str, value.shape, hashlib.sha256(value.tobytes()).hexdigest())
    if isinstance(value, Mapping):
        return [*zip(told(*value), told(*value.values()), strict=True)]
    if isinstance(value, list | tuple):
        return told(*value)
    if isinstance(value, set | frozenset):
        return sorted(map(repr, told(*value)))
    if isinstance(value, partial):
        return told(value.func, value.args, value.keywords)
    if isinstance(value, MethodType):
        return told(value.__func__, value.__self__)
    if isinstance(value, FunctionType):
        place = (value.__module__, value.__qualname__, value.__code__.co_firstlineno)
        return [place, *told(*map(_held, value.__closure__ or ()), value.__defaults__, value.__kwdefaults__)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [each.name for each in dataclasses.fields(value)]
        return [type(value).__qualname__, *zip(names, told(*(getattr(value, name) for name in names)), strict=True)]
    said = repr(value)
    if ADDRESS.search(said):
        silent.append(ADDRESS.sub("", said))
    return ADDRESS.sub("", said)


def _held(cell: CellType) -> Any:
    """What a function finds in a cell; None where nothing is in it yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


@cache
def _state(path: str) -> str:
    """What a file is compared by; asked once, since many manifests name the same files."""
    return _fresh(path)


def _fresh(path: str) -> str:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return OTHER
        if opened.installed(path):
            return f"{status.st_size} {status.st_mtime_ns}"
        return opened.digest(path)
    except OSError:
        return ABSENT
