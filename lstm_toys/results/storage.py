"""Writes and reads labeled arrays as netCDF, and parameters as npz."""

import json
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
import xarray as xr
from jaxtyping import Float, PyTree

from lstm_toys import arguments
from lstm_toys.files import Damaged, read_arrays, replacing

VARIABLES = {"seed", "step", "time", "feature", "family", "input", "answer", "diverged", "sound_step"} | {
    f"train_{name}" for name in ("loss", "target", "answer")
}
"""Variables in every file of labeled arrays."""


def save_results(results: xr.Dataset, path: Path | str) -> None:
    """Writes labeled arrays as netCDF, atomically.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import lstm_toys as lt
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lt.save_results(lt.Results({"answer": ("time", [0.1, 0.2])}), Path(folder, "results.nc"))
    """
    arguments.instance("results", results, xr.Dataset, "labeled results, an xarray.Dataset")
    path = arguments.path("path", path)
    # Encoded in memory, since HDF5 reports a full disk late and not always as an exception.
    encoded = results.to_netcdf(engine="h5netcdf")
    with replacing(path) as temporary:
        temporary.write_bytes(encoded)


def load_results(path: Path | str, variables: Set[str] = VARIABLES, without: Set[str] = frozenset()) -> xr.Dataset:
    """Reads labeled arrays from netCDF into memory, by default those of a training.

    The arguments are those of `lstm_toys.runs.loading.load_results`.

    Raises:
        OSError: the file does not exist.
        Damaged: a variable is missing, or the file is not a file of labeled arrays.
    """
    path = arguments.path("path", path)
    required, without = {*arguments.names("variables", variables)}, {*arguments.names("without", without)}
    with path.open("rb") as file, telling_damage(path):
        _check_whole(file)
        with xr.open_dataset(file, engine="h5netcdf", drop_variables=without) as results:
            loaded = results.load()
        flags = json.loads(loaded.attrs["flags"])
    missing = required - set(loaded.variables)
    if missing or not isinstance(flags, dict):
        raise Damaged(path, f"is damaged: {min(missing, default='flags')} is missing")
    return loaded


@contextmanager
def telling_damage(path: Path) -> Iterator[None]:
    """Raises Damaged for any exception in a block that reads a file of labeled arrays."""
    try:
        yield
    except Exception as error:  # Errors of HDF5, h5netcdf and xarray have no common type.
        raise Damaged(path, f"is damaged: {' '.join(str(error).split()) or type(error).__name__}") from None


def _check_whole(file: BinaryIO) -> None:
    """Raises ValueError if an HDF5 file refers to data in other files, before HDF5 reads them."""

    def look(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
            raise ValueError(f"{name} lies in another file")

    with h5py.File(file, "r") as content:
        content.visititems(look)


def save_parameters(params: PyTree[Float[np.ndarray, "S ..."]], path: Path | str) -> None:
    """Writes a tree of parameters as npz, each leaf under its path: ``lstm_0/kernel``.

    Raises:
        ValueError: params is not a tree of dictionaries, or a name contains a slash.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lt.save_parameters({"readout": {"bias": np.zeros((2, 4))}}, Path(folder, "parameters.npz"))
    """
    arguments.mapping("params", params, "parameters by layer, each a dictionary of arrays by name")
    leaves, path = dict(_flat(params)), arguments.path("path", path)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **leaves)


def load_parameters(path: Path | str) -> PyTree[Float[np.ndarray, "S ..."]]:
    """Reads a tree of parameters, for `lstm_toys.populations.answering.answers`.

    Raises:
        OSError: the file does not exist.
        Damaged: the file does not contain what `save_parameters` writes.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lt.save_parameters({"readout": {"bias": np.zeros((2, 4))}}, Path(folder, "parameters.npz"))
        ...     lt.load_parameters(Path(folder, "parameters.npz"))["readout"]["bias"].shape
        (2, 4)
    """
    path, params = arguments.path("path", path), dict[str, Any]()
    for key, leaf in read_arrays(path, path.read_bytes()).items():
        *above, name = key.split("/")
        place = params
        for each in above:
            place = place.setdefault(each, {})
            if not isinstance(place, dict):
                raise Damaged(path, f"is damaged: {each} is both an array and a folder of arrays")
        place[name] = leaf
    return params


def _flat(params: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yields the leaves of a tree of dictionaries with their paths; raises ValueError for other trees."""
    if not isinstance(params, Mapping):
        yield above, np.asarray(params)
        return
    for name, inner in params.items():
        if not isinstance(name, str) or not name or "/" in name:
            raise ValueError(f"parameters are saved under names without a slash, not {name!r}")
        yield from _flat(inner, f"{above}/{name}" if above else name)
