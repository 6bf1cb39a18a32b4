"""Locates the experiments that come with the library. Imports nothing heavy."""

import importlib.util
from functools import cache
from pathlib import Path

import lstm_toys

EXPERIMENTS = "experiments"


@cache
def home() -> tuple[str, Path]:
    """Returns the package and the folder of the experiments that come with the library.

    In a clone the package is ``experiments``; where the library is installed it is ``lstm_toys.experiments``, so that
    users may have their own folder ``experiments``.

    Raises:
        ImportError: another folder ``experiments`` hides the folder of a clone.
    """
    clone = Path(lstm_toys.__file__).resolve().parents[1] / EXPERIMENTS
    for name in (EXPERIMENTS, f"lstm_toys.{EXPERIMENTS}"):
        spec = importlib.util.find_spec(name)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            if name != EXPERIMENTS or Path(folder).resolve() == clone:
                return name, Path(folder)
    raise ImportError(f"another folder {EXPERIMENTS} hides the one in {clone.parent}; run from a different folder")


def canonical(module: str) -> str:
    """Returns the name that a module has in a clone, wherever it is installed."""
    return module.removeprefix("lstm_toys.") if module.startswith(f"lstm_toys.{EXPERIMENTS}.") else module
