"""Loads populations and labeled results for users."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import flax.linen as nn

from lstm_toys.files import read_sealed
from lstm_toys.populations.trained import Networks
from lstm_toys.results import saving, storage
from lstm_toys.runs.folder import CONFIG, METRICS, UNFINISHED, Run, verified


def load(folder: Path | str, trust: Collection[str] = ()) -> Networks:
    """Loads trained networks: those that `lt.save` saved, or those of a run.

    Loading executes no code from the files. The class of the model is taken from this library, or from a module that
    the program has already imported.

    Args:
        folder: the folder of `lt.save`, or of the run of an experiment, or of a sweep that kept its networks. Such a
            sweep describes the networks of each model, such as a cell and a size, in a file ``population-N.json``. If
            there are several, load one of these files instead of the folder; `Networks.sel` then selects a setting.
        trust: names of further modules whose code may be imported, such as ``("mylab.cells",)``, for a model or a cell
            that is defined there; by default none.

    Returns:
        The networks. Results and parameters after earlier steps are read when they are needed.

    Raises:
        OSError: a file is missing, or the run is not finished or has no networks, such as of claims, or of a sweep that
            kept none.
        Damaged: the content of a file is not what was written.
        Untrusted: a ValueError: the model or its cell is from a module that is not trusted, or not a Flax module.
        ValueError: the model cannot be rebuilt; the message names it. Or a sweep has networks of several models.

    Example:
        >>> lt.load("nowhere")
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere/population.json'
    """
    folder = Path(folder)
    if (folder / CONFIG).is_file() and not any(folder.glob("population*.json")):
        if not (folder / METRICS).is_file():
            raise FileNotFoundError(f"{folder}: {UNFINISHED}")
        metrics = read_sealed(folder / METRICS)
        read = f", such as {folder.parent / metrics['population']}" if "population" in metrics else ""
        arrays = ", or read the arrays of this one by lt.load_results" if saving.RESULTS in metrics["files"] else ""
        instead = f"load the run of an experiment{read}{arrays}"
        if "keep_networks" in metrics.get("flags", {}):
            instead = "repeat the sweep with --keep_networks"
        if saving.ABOUT not in metrics["files"]:
            raise FileNotFoundError(f"{folder}: this run saved no networks; {instead}")
    return saving.load(folder, trust)


def networks_of(run: Run, model: nn.Module) -> Networks:
    """Loads the networks of a finished run, whose model is known; raises Damaged if one of its files is damaged."""
    return saving.load(run.checked(saving.ABOUT).parent, model=model)


def load_results(path: Path | str) -> Any:
    """Reads labeled arrays from netCDF into memory.

    Args:
        path: the ``results.nc`` of any run, or a file that `lt.save_results` wrote. It is read as data, never as code.

    Returns:
        An `xarray.DataTree` of a training, a sweep or an evaluation on grids, see `lt.probed`; an `xarray.Dataset` of
        dynamics, and of an evaluation at several lengths.

    Raises:
        OSError: the file does not exist.
        Damaged: the file is not a file of labeled arrays, or was changed after the run had written it.

    Example:
        >>> import tempfile
        >>> results = lt.Results.from_dict({"training": xr.Dataset({"train_loss": ("step", [0.2, 0.1])})})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lt.save_results(results, f"{folder}/results.nc")
        ...     lt.load_results(f"{folder}/results.nc").training.train_loss.values.tolist()
        [0.2, 0.1]
    """
    return storage.load_results(verified(Path(path)))
