"""Keeps what is computed from finished runs, and finds it again if nothing that it depends on has changed."""

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from lstm_toys import modules
from lstm_toys.execution import code, lowering
from lstm_toys.files import read_sealed, sha256, write_sealed

PUBLIC = ("dynamics", "studies")
"""Folders with functions of the library that users call on finished runs, in addition to `code.BELOW`."""


def key(inputs: Sequence[Any], *folders: str) -> str:
    """Digests inputs, the library's code, also in these folders, the versions of packages, and NumPy's kernels."""
    everything = [*inputs, code.library(*PUBLIC, *folders), packages(), lowering.computed_by_numpy()]
    return hashlib.sha256(json.dumps(everything).encode()).hexdigest()[:16]


def kept(
    path: Path,
    key: str,
    compute: Callable[[], Any],
    *,
    usable: Callable[[Any], bool] = lambda _: True,
    opened: Callable[[], Iterable[str]] | None = None,
    writable: bool = True,
) -> Any:
    """Returns the value that a file keeps, or computes it if the key or the user's code is another one.

    The value is not kept in an interactive session, or if a module changed after the process began.

    Args:
        path: the file.
        key: digest of everything that the value depends on but the user's code; see `key`.
        compute: computes the value, which JSON can store.
        usable: whether a kept value can be used.
        opened: the files that the user's code has opened, if the value depends on them, too.
        writable: whether the file can be written.
    """
    before = _read(opened)
    if before is not None:
        with suppress(OSError, KeyError):  # A damaged file is written again.
            record = read_sealed(path)
            if record["key"] == key and _current(record["read"], record["others"], before) and usable(record["value"]):
                return record["value"]
    value = json.loads(json.dumps(compute()))
    if writable and (after := _read(opened)) is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_sealed(path, {"key": key, "read": after, "others": sorted(_others(after)), "value": value})
    return value


@cache
def packages() -> list[str]:
    """The names and versions of all installed packages that have them."""
    places, found = map(os.path.abspath, sys.path), set[str]()
    for package in distributions(path=[each for each in places if f"{each}{os.sep}".startswith(modules.INSTALLED)]):
        with suppress(OSError, KeyError):  # Its metadata are missing.
            found.add(f"{package.name} {package.version}")
    return sorted(found)


def _read(opened: Callable[[], Iterable[str]] | None) -> dict[str, str] | None:
    """Digests of the user's modules and of files that they opened, by path; None if they may not be what was read."""
    paths = {*modules.imported(), *(opened() if opened else ())}
    unknown = modules.interactive() or (opened is not None and modules.preceded())
    if unknown or any(map(modules.changed, paths)):
        return None
    with suppress(OSError):  # Of what is not a regular file.
        return {_relative(path): sha256(Path(path)) for path in sorted(paths)}
    return None


def _current(recorded: Mapping[str, str], others: Sequence[str], read: Mapping[str, str]) -> bool:
    """Whether all files are as they were recorded, and no new module may be imported in another's place."""
    if not read.keys() <= recorded.keys() or any(sha256(Path(path)) != recorded[path] for path in recorded):
        return False
    sources = (Path(path).read_bytes() for path in recorded if path.endswith(".py"))
    words = {word.decode() for source in sources for word in re.findall(rb"\w+", source)}
    return not words & (_others(recorded) - {*others})


def _others(paths: Iterable[str]) -> set[str]:
    """The names under which more may be imported: of files and folders next to modules, and where Python searches."""
    places = {os.path.dirname(os.path.abspath(path)) for path in paths if path.endswith(".py")}
    places |= {os.path.abspath(place) for place in sys.path if modules.users(os.path.abspath(place) + os.sep)}
    names = (name.split(".") for place in places if os.path.isdir(place) for name in os.listdir(place))
    return {first for first, *rest in names if rest[-1:] in ([], ["py"], ["so"])}


def _relative(path: str) -> str:
    """A path in the current folder as it is in a copy of this folder, too."""
    return path.removeprefix(os.getcwd() + os.sep)
