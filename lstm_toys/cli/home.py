"""Where the experiments lie that come with the library. Imports nothing heavy."""

import importlib.util
from functools import cache
from pathlib import Path

import lstm_toys

EXPERIMENTS = "experiments"


@cache
def home() -> tuple[str, Path]:
    """The package of the experiments that come with the library, and its folder.

    In a clone the package is ``experiments``; where the library is installed it is ``lstm_toys.experiments``, so that a
    folder of the user's own may be called ``experiments``.

    Raises:
        ImportError: such a folder hides that of a clone.
    """
    beside = Path(lstm_toys.__file__).resolve().parents[1] / EXPERIMENTS
    for name in (EXPERIMENTS, f"lstm_toys.{EXPERIMENTS}"):
        spec = importlib.util.find_spec(name)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            if name != EXPERIMENTS or Path(folder).resolve() == beside:
                return name, Path(folder)
    raise ImportError(f"a folder {EXPERIMENTS} hides that of lstm_toys in {beside.parent}; start from another folder")


def canonical(module: str) -> str:
    """The name of a module, which is the same in a clone and where the library is installed."""
    return module.removeprefix("lstm_toys.") if module.startswith(f"lstm_toys.{EXPERIMENTS}.") else module
