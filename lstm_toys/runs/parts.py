"""Parts: what takes seconds in users' Python, and is found again if nothing that it was computed from has changed."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from lstm_toys.files import sha256
from lstm_toys.results.summary import jsonable
from lstm_toys.runs import derived
from lstm_toys.runs.folder import Run
from lstm_toys.runs.study import Refused


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
        key = derived.key([name, [self._described(name, value) for value in inputs]])

        def computed() -> Any:
            part = jsonable(compute())
            self._tell(f"{self._study}: {name}")
            return part

        return derived.kept(self._folder / f"{self._study}-{key}.json", key, computed)

    def _described(self, name: str, value: Any) -> Any:
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
            return {"entries": [[key, self._described(name, entry)] for key, entry in value.items()]}
        if isinstance(value, list | tuple):
            return [self._described(name, entry) for entry in value]
        if value is None or isinstance(value, str | int | float):
            return value
        what = f"runs, paths, arrays and JSON values, not {type(value).__name__}"
        raise Refused(f"{self._study}: the inputs of the part {name!r} must be {what}")
