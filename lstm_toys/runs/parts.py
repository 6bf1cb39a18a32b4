"""Parts: what takes seconds in users' Python, and is found again if nothing that it was computed from has changed."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from lstm_toys import modules
from lstm_toys.execution import code, lowering
from lstm_toys.files import read_sealed, sha256, write_sealed
from lstm_toys.runs.context import Refused
from lstm_toys.runs.folder import Run


class Parts:
    """The parts of a study.

    Args:
        runs: the folder of all runs.
        study: its name.
        tell: called with one line for each part that is computed.
        folders: folders of the library whose code the parts depend on, in addition to `code.BELOW`.
    """

    def __init__(self, runs: Path, study: str, tell: Callable[[str], None], *folders: str) -> None:
        self._folder, self._study, self._tell, self._folders = runs / ".parts", study, tell, folders
        self._named: set[str] = set()

    def keep(self, name: str, inputs: Sequence[Any], compute: Callable[[], Any]) -> Any:
        """Computes a part, or finds it; see `lstm_toys.studies.analysis.ask.Keep`."""
        if name in self._named:
            raise Refused(f"{self._study}: two parts are named {name!r}; a part has a name of its own")
        self._named.add(name)
        told = jax.tree.map(partial(self._told, name), list(inputs))
        own = [name, lowering.digest(told), code.library(*self._folders), modules.packages()]
        digest = hashlib.sha256(json.dumps(own).encode()).hexdigest()[:16]
        path, before = self._folder / f"{self._study}-{digest}.json", _loaded()
        if before is not None:
            with suppress(OSError, KeyError):  # A damaged part is computed again.
                found = read_sealed(path)
                if _current(found["modules"], before):
                    return found["part"]
        made = json.loads(json.dumps(compute()))
        self._tell(f"{self._study}: {name}")
        if (after := _loaded()) is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_sealed(path, {"modules": after, "part": made})
        return made

    def _told(self, name: str, value: Any) -> Any:
        """An input within lists and dictionaries: a run by its name, a path by the file's content, or a value."""
        if isinstance(value, Run):
            return {"run": value.folder.name}
        if isinstance(value, Path):
            if not value.is_file():
                raise Refused(f"{self._study}: {value}, an input of the part {name!r}, is not a file")
            return {"file": sha256(value)}
        if isinstance(value, np.ndarray | jax.Array | str | int | float):
            return value
        what = f"runs, paths, arrays and JSON values, not {type(value).__name__}"
        raise Refused(f"{self._study}: the inputs of the part {name!r} must be {what}")


def _loaded() -> dict[str, str] | None:
    """Digests of the imported modules of the user and of experiments, by path; None if they may not be what runs."""
    paths = {*modules.imported()}
    if modules.interactive() or any(map(modules.changed, paths)):
        return None
    here = os.getcwd() + os.sep  # Paths in the current folder are as in a copy of this folder.
    return {path.removeprefix(here): sha256(Path(path)) for path in sorted(paths)}


def _current(recorded: Mapping[str, str], loaded: Mapping[str, str]) -> bool:
    """Whether all modules that are loaded were recorded, and those that were are as they were."""
    return loaded.keys() <= recorded.keys() and all(sha256(Path(path)) == each for path, each in recorded.items())
