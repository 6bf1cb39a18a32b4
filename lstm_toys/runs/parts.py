"""Parts: what takes seconds in users' Python, and is found again if nothing that it was computed from has changed."""

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import jax
import numpy as np

from lstm_toys import modules
from lstm_toys.execution import code, lowering
from lstm_toys.files import read_sealed, sha256, write_sealed
from lstm_toys.results.summary import jsonable
from lstm_toys.runs.context import Refused
from lstm_toys.runs.folder import Run

PUBLIC = ("dynamics", "studies")
"""Folders with functions of the library that users call in parts, in addition to `code.BELOW`."""


class Parts:
    """The parts of a study.

    Args:
        runs: the folder of all runs.
        study: its name.
        tell: called with one line for each part that is computed.
    """

    def __init__(self, runs: Path, study: str, tell: Callable[[str], None]) -> None:
        self._folder, self._study, self._tell = runs / ".parts", study, tell
        self._named: set[str] = set()

    def keep(self, name: str, inputs: Sequence[Any], compute: Callable[[], Any]) -> Any:
        """Computes a part, or finds it; see `lstm_toys.studies.analysis.settings.Keep`."""
        if name in self._named:
            raise Refused(f"{self._study}: two parts are named {name!r}; a part has a name of its own")
        self._named.add(name)
        own: list[Any] = [name, [self._key(name, each) for each in inputs], code.library(*PUBLIC), packages()]
        own.append(lowering.computed_by_numpy())
        digest = hashlib.sha256(json.dumps(own).encode()).hexdigest()[:16]
        path, before = self._folder / f"{self._study}-{digest}.json", _loaded()
        if before is not None:
            with suppress(OSError, KeyError):  # A damaged part is computed again.
                found = read_sealed(path)
                if _current(found["modules"], found["others"], before):
                    return found["part"]
        made = json.loads(json.dumps(jsonable(compute())))
        self._tell(f"{self._study}: {name}")
        if (after := _loaded()) is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_sealed(path, {"modules": after, "others": sorted(_others(after)), "part": made})
        return made

    def _key(self, name: str, value: Any) -> Any:
        """Describes an input by its value: a run by its name, a path by the file's content."""
        if isinstance(value, Run):
            return {"run": value.folder.name}
        if isinstance(value, Path):
            try:
                return {"file": sha256(value)}
            except OSError as error:
                raise Refused(f"{self._study}: {value}, an input of the part {name!r}: {error.strerror}") from None
        if isinstance(value, np.ndarray | jax.Array) and not np.asarray(value).dtype.hasobject:
            array = np.asarray(value)
            return {"array": [array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).hexdigest()]}
        if isinstance(value, Mapping):
            return {"entries": [[key, self._key(name, each)] for key, each in value.items()]}
        if isinstance(value, list | tuple):
            return [self._key(name, each) for each in value]
        if value is None or isinstance(value, str | int | float):
            return value
        what = f"runs, paths, arrays and JSON values, not {type(value).__name__}"
        raise Refused(f"{self._study}: the inputs of the part {name!r} must be {what}")


@cache
def packages() -> list[str]:
    """The names and versions of all installed packages."""
    places = [each for each in map(os.path.abspath, sys.path) if f"{each}{os.sep}".startswith(modules.INSTALLED)]
    return sorted({f"{each.name} {each.version}" for each in distributions(path=places)})


def _loaded() -> dict[str, str] | None:
    """Digests of the imported modules of the user and of experiments, by path; None if they may not be what runs."""
    paths = {*modules.imported()}
    if modules.interactive() or any(map(modules.changed, paths)):
        return None
    return {_relative(path): sha256(Path(path)) for path in sorted(paths)}


def _current(recorded: Mapping[str, str], others: Sequence[str], loaded: Mapping[str, str]) -> bool:
    """Whether modules are as they were recorded, and no new one next to them may be imported in another's place."""
    if not loaded.keys() <= recorded.keys():
        return False
    contents = {path: Path(path).read_bytes() for path in recorded}
    if any(hashlib.sha256(source).hexdigest() != recorded[path] for path, source in contents.items()):
        return False
    words = {word.decode() for source in contents.values() for word in re.findall(rb"\w+", source)}
    return not words & (_others(recorded) - {*others})


def _others(recorded: Mapping[str, str]) -> set[str]:
    """The names under which more may be imported: of files and folders next to modules, and where Python searches."""
    places = {os.path.dirname(os.path.abspath(path)) for path in recorded}
    places |= {os.path.abspath(each) for each in sys.path if modules.users(os.path.abspath(each) + os.sep)}
    names = (name.split(".") for place in places if os.path.isdir(place) for name in os.listdir(place))
    return {first for first, *rest in names if rest[-1:] in ([], ["py"], ["so"])}


def _relative(path: str) -> str:
    """A path in the current folder as it is in a copy of this folder, too."""
    return path.removeprefix(os.getcwd() + os.sep)
