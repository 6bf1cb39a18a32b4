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
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any, NamedTuple

import numpy as np

from lstm_toys import opened
from lstm_toys.files import replacing
from lstm_toys.populations.numerics import environment

SCHEMA = 1

PREFIX = "loaded-"
"""What the names of manifests begin with: compressed JSON."""

KEPT = 8
"""Manifests of a run, at most: those of the commands and states of the code that came last."""

ABSENT, OTHER = "absent", "not a file"

PASSING = ("/proc/", "/sys/", "/dev/")
"""Folders of what is no file."""

SUMMARIES = ("config.json", "metrics.json")
"""Files of other runs that are read to find one's own."""

HERE, LIBRARY = "./", "lstm_toys/"
"""How paths in the current folder and in the library begin, so that a copied folder has the same ones."""


class Found(NamedTuple):
    """A manifest of a run with given settings.

    Attributes:
        folder: of its run.
        touched: files that are not as they were, or are new; none: the manifest answers, if it is complete.
        incomplete: why it does not tell everything; None: it does.
        own: digests of all files but those of installed packages.
    """

    folder: Path
    touched: list[str]
    incomplete: str | None
    own: dict[str, str]

    @property
    def answers(self) -> bool:
        """Whether nothing has to be computed to know that the run is the one that is asked for."""
        return not self.touched and self.incomplete is None


def key(settings: Mapping[str, Any], declared: str) -> str:
    """What manifests are found by.

    Args:
        settings: of a run.
        declared: what tells two declarations with the same settings apart.
    """
    told = json.dumps([settings, declared], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:10]


def find(runs: Path, name: str, key: str) -> list[Found]:
    """The manifests of a key, the newest first.

    Args:
        runs: the folder of all runs.
        name: of the experiment or the study.
        key: see there.
    """
    paths = [(path.stat().st_mtime_ns, path) for path in runs.glob(f"{name}-*/{PREFIX}{key}-*.json.gz")]
    return [found for _, path in sorted(paths, reverse=True) if (found := _read(path)) is not None]


def _read(path: Path) -> Found | None:
    """A manifest, compared with what is there now; None if it cannot be read."""
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
    loaded = (path for path in _read_so_far(runs) if not opened.installed(path))
    touched += sorted({_name(path) for path in loaded if not path.startswith(opened.OURS[0])} - own.keys())
    return Found(path.parent, touched, incomplete, own)


def write(folder: Path, key: str, earlier: Iterable[str] = ()) -> None:
    """Leaves a manifest in the folder of a run, of everything that this process has read so far.

    Args:
        folder: of the run.
        key: see there.
        earlier: further files that it is to tell of, as `Found.own` names them.
    """
    paths = _read_so_far(folder.parent)
    incomplete = opened.unseen()
    if changed := sorted(path for path in paths if opened.changed(path)):
        incomplete = f"{_name(changed[0])} was changed while this ran"
    own = {_name(path): _fresh(path) for path in (*paths, *opened.missed()) if not opened.installed(path)}
    own |= {name: _fresh(_place(name)) for name in earlier if name not in own}
    installed: dict[str, dict[str, str]] = {}
    for path in sorted(filter(opened.installed, paths)):
        place, name = os.path.split(path)
        installed.setdefault(f"{place}{os.sep}", {})[name] = _fresh(path)
    told = {
        "schema": SCHEMA,
        "incomplete": incomplete,
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
    """Files that this process has read, but for caches and what it looks up itself in the folder of all runs."""
    ignored, own = (*PASSING, *_caches()), f"{os.path.abspath(runs)}{os.sep}"
    return [
        path
        for path in opened.files()
        if not path.startswith(ignored)
        and (opened.installed(path) or not os.path.isdir(path))
        and not (path.startswith(own) and os.path.basename(path).startswith((PREFIX, *SUMMARIES)))
    ]


def remove(folder: Path) -> None:
    """Removes the manifests of a run."""
    for path in folder.glob(f"{PREFIX}*"):
        path.unlink(missing_ok=True)


def look_again() -> None:
    """Forgets how files were found, for a command that may come after others in one process."""
    _state.cache_clear()


def untouched_sources(found: Found) -> bool:
    """Whether all files but those of installed packages are as they were."""
    return all(_state(_place(name)) == state for name, state in found.own.items())


def sources(runs: Path) -> str:
    """A digest of all files of one's own that this process has read."""
    own = {_name(path): _fresh(path) for path in _read_so_far(runs) if not opened.installed(path)}
    return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()[:16]


def _conditions() -> dict[str, Any]:
    """What decides which files are loaded, and how programs are compiled, as JSON has it."""
    places = [os.path.abspath(each) + os.sep for each in sys.path]
    folders = [_name(each) for each in places if not opened.installed(each)]
    told = {"python": sys.version, "folders": folders, "switches": environment(), "XLA_FLAGS": opened.XLA_FLAGS}
    found: dict[str, Any] = json.loads(json.dumps(told))
    return found


def _caches() -> Iterator[str]:
    """Folders of caches, of Python's, JAX's and others'."""
    places = [os.environ.get(name) for name in ("XDG_CACHE_HOME", "JAX_COMPILATION_CACHE_DIR", "MPLCONFIGDIR")]
    if jax := sys.modules.get("jax"):
        places.append(jax.config.jax_compilation_cache_dir)
    yield from (f"{os.path.abspath(place)}{os.sep}" for place in places if place)
    home = os.path.expanduser("~")
    yield f"{home}{os.sep}.cache{os.sep}"


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

    Objects that say nothing of themselves get another one in every process, so that no manifest answers for them.
    """
    return hashlib.sha256(repr([_told(value) for value in values]).encode()).hexdigest()[:10]


def _told(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, hashlib.sha256(value.tobytes()).hexdigest())
    if isinstance(value, Mapping):
        return [(key, _told(each)) for key, each in value.items()]
    if isinstance(value, list | tuple):
        return [_told(each) for each in value]
    if isinstance(value, partial):
        return [_told(value.func), _told(value.args), _told(value.keywords)]
    if isinstance(value, MethodType):
        return [_told(value.__func__), _told(value.__self__)]
    if isinstance(value, FunctionType):
        cells = [each.cell_contents for each in value.__closure__ or () if each.cell_contents is not value]
        place = (value.__module__, value.__qualname__, value.__code__.co_firstlineno)
        return [place, _told([cells, value.__defaults__, value.__kwdefaults__])]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [(each.name, _told(getattr(value, each.name))) for each in dataclasses.fields(value)]
        return [type(value).__qualname__, fields]
    return repr(value)


@cache
def _state(path: str) -> str:
    """What a file is compared by; asked once, since many manifests name the same files."""
    return _fresh(path)


def _fresh(path: str) -> str:
    try:
        status = os.stat(path)
        if not os.path.isfile(path):
            return OTHER
        if opened.installed(path):
            return f"{status.st_size} {status.st_mtime_ns}"
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]
    except OSError:
        return ABSENT
