"""Loads populations and labeled results for users."""

from collections.abc import Collection
from pathlib import Path

import xarray as xr

from lstm_toys.results import population, storage
from lstm_toys.results.population import Saved


def load(folder: Path | str, trust: Collection[str] = ()) -> Saved:
    """Loads a population that was saved by `save`, or the run of an experiment.

    Loading executes no code from the files. The class of the model is taken from this library, or from a module that
    the program has already imported; other modules, such as ``"mylab.cells"``, only if ``trust`` names them.

    Raises:
        OSError: a file is missing, as in the run of a sweep, which has no networks.
        Damaged: the content of a file is not what was written.
        Untrusted: a ValueError: the model or its cell is from a module that is not trusted, or not a Flax module.
        ValueError: the model cannot be rebuilt; the message names it.

    Example:
        >>> lt.load("nowhere")
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere/population.json'
    """
    return population.load(Path(folder), trust)


def load_results(path: Path | str) -> xr.Dataset:
    """Reads labeled arrays from netCDF into memory: the ``results.nc`` of any run, or what `save_results` wrote.

    Raises:
        OSError: the file does not exist.
        Damaged: the file is not a file of labeled arrays.

    Example:
        >>> import tempfile
        >>> results = lt.Results({"answer": ("time", [0.1, 0.2])}, attrs={"flags": "{}"})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lt.save_results(results, f"{folder}/results.nc")
        ...     lt.load_results(f"{folder}/results.nc").answer.values.tolist()
        [0.1, 0.2]
    """
    return storage.load_results(path, set())
