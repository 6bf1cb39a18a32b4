"""Loads populations and labeled results, and says what a folder holds instead."""

import errno
import os
from collections.abc import Collection, Set
from pathlib import Path

import xarray as xr

from lstm_toys import arguments, opened
from lstm_toys.files import Damaged, read_json
from lstm_toys.results import population, storage
from lstm_toys.results.population import Saved
from lstm_toys.runs.folder import CONFIG, METRICS


def load(folder: Path | str, trust: Collection[str] = ()) -> Saved:
    """Loads a population that was saved by `save`, or the run of an experiment.

    Loading executes no code from the files. The class of the model is taken from this library, or from a module that
    the program has already imported; other modules, such as ``"mylab.cells"``, only if ``trust`` names them.

    Raises:
        OSError: a file is missing, or the folder contains something else, such as a sweep.
        Damaged: the content of a file is not what was written.
        Untrusted: a ValueError: the model or its cell is from a module that is not trusted, or not a Flax module.
        ValueError: the model cannot be rebuilt; the message names it.

    Example:
        >>> lt.load("nowhere")
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere/population.json'
    """
    folder = Path(folder)
    opened.note(folder / population.ABOUT)  # Which has the digests of the others.
    if folder.is_dir() and not os.path.lexists(folder / population.ABOUT):
        raise FileNotFoundError(errno.ENOENT, _held(folder), str(folder))
    return population.load(folder, trust)


def _held(folder: Path) -> str:
    """Describes a folder without a population, and how to get what it holds."""
    try:
        name = read_json(folder / CONFIG)["experiment"]
    except (Damaged, FileNotFoundError, KeyError):
        here = "this folder holds neither networks that lt.save saved nor a finished run of an experiment"
        return f"{here}, such as those in results/runs"
    if not (folder / METRICS).is_file():
        return f"this folder is an unfinished run of {name}; the command that began it finishes it"
    if (folder / population.RESULTS).is_file():
        read = f"lt.load_results({str(folder / population.RESULTS)!r}) reads its results"
    else:
        read = f"its numbers are in {METRICS}"
    return f"this folder is a run of {name} and holds no networks; {read}"


def load_results(path: Path | str, variables: Set[str] = frozenset(), without: Set[str] = frozenset()) -> xr.Dataset:
    """Reads labeled arrays from netCDF into memory: the ``results.nc`` of any run, or what `save_results` wrote.

    Args:
        variables: names of variables that the file must contain.
        without: names of variables that are not loaded.

    Raises:
        OSError: the file does not exist.
        Damaged: the file is not a file of labeled arrays.
        ValueError: the file has no variable of a name in ``variables``.

    Example:
        >>> import tempfile
        >>> results = lt.Results({"answer": ("time", [0.1, 0.2])}, attrs={"flags": "{}"})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lt.save_results(results, f"{folder}/results.nc")
        ...     lt.load_results(f"{folder}/results.nc").answer.values.tolist()
        [0.1, 0.2]
    """
    required = {*arguments.names("variables", variables)}
    loaded = storage.load_results(path, set(), without)
    opened.note(path)
    if missing := sorted(required - set(loaded.variables)):
        raise ValueError(f"{path} has no variable {missing[0]}; it has {', '.join(map(str, loaded.variables))}")
    return loaded
