"""Writes and reads labeled arrays as netCDF, and parameters as npz.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     lt.save_results(lt.Results({"answer": ("time", [0.1, 0.2])}), f"{folder}/results.nc")
...     lt.save_parameters({"readout": {"bias": np.zeros((2, 4))}}, f"{folder}/parameters.npz")
...     lt.load_parameters(f"{folder}/parameters.npz")["readout"]["bias"].shape
(2, 4)
"""

import io
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import h5netcdf
import h5py
import numpy as np
import xarray as xr
from jaxtyping import Float, PyTree
from xarray.backends import H5NetCDFStore

from lstm_toys import arguments, files
from lstm_toys.text import message

VARIABLES = {"seed", "step", "time", "feature", "family", "input", "answer", "diverged", "sound_step"} | {
    f"train_{name}" for name in ("loss", "target", "answer")
}
"""Variables in every file of labeled arrays; those in ``TEXT`` are not numbers."""

TEXT = {"feature", "family"}

T = TypeVar("T")
Params: TypeAlias = PyTree[Float[np.ndarray, "S ..."]]


def save_results(results: xr.Dataset, path: Path | str) -> None:
    """Writes labeled arrays as netCDF, atomically; raises ValueError if they could not be read back."""
    path, content = arguments.path("path", path), encoded(results)
    with files.replacing(path) as temporary:
        temporary.write_bytes(content)


def encoded(results: xr.Dataset) -> bytes:
    """Encodes labeled arrays as netCDF in memory; raises ValueError if `load_results` would not read them back.

    In memory, since HDF5 reports a full disk late and not always as an exception.
    """
    arguments.instance("results", results, xr.Dataset, "labeled results, an xarray.Dataset")
    try:
        content = io.BytesIO()
        # Not `to_netcdf`, which loads Dask to choose a lock.
        with H5NetCDFStore.open(content, mode="w", lock=False) as store:
            results.dump_to_store(store)
        with _decoded(content):
            return content.getvalue()
    except MemoryError:
        raise
    except Exception as error:  # Errors of HDF5, h5netcdf and xarray have no common type.
        raise ValueError(f"results cannot be saved as netCDF: {message(error)}") from None


def load_results(path: Path | str, variables: Set[str] = VARIABLES, without: Set[str] = frozenset()) -> xr.Dataset:
    """Reads labeled arrays from netCDF into memory; see `lstm_toys.runs.loading.load_results`."""
    path = arguments.path("path", path)
    required, without = {*arguments.names("variables", variables)}, {*arguments.names("without", without)}
    with files.opened(path, links=True) as file, files.telling_damage(path), _decoded(file, without) as results:
        if missing := required - set(results.variables):
            raise ValueError(f"{min(missing)} is missing")
        loaded = results.load()
    # Some files have them as 0 and 1, whose inverse would choose other seeds.
    return loaded.assign(diverged=loaded.diverged.astype(bool)) if "diverged" in loaded else loaded


@contextmanager
def _decoded(file: files.Content, without: Set[str] = frozenset()) -> Iterator[xr.Dataset]:
    """Decodes labeled arrays, which are loaded lazily; raises various exceptions if the content is something else."""
    check_whole(file, without)
    # `units` is for readers, not for decoding dates; without `phony_dims`, h5netcdf warns of unlabeled axes.
    options: dict[str, Any] = {"decode_times": False, "phony_dims": "access", "drop_variables": without}
    with xr.open_dataset(file, engine="h5netcdf", **options) as results:
        for name in (VARIABLES - TEXT) & set(results.variables):
            kind = results[name].dtype
            if kind not in (bool, np.int8) if name == "diverged" else kind.kind not in "biuf":
                raise ValueError(f"{name} has values of type {kind}")
        if not isinstance(json.loads(results.attrs.get("flags", "{}")), dict):
            raise ValueError("flags are not a JSON object")
        yield results


def check_whole(file: files.Content, without: Set[str] = frozenset()) -> None:
    """Raises ValueError if arrays of an HDF5 file, except ``without``, lie in other files or are too large for it."""

    def look(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
            raise ValueError(f"{name} lies in another file")

    def size(group: h5netcdf.Group) -> int:
        # Not of the HDF5 datasets: h5netcdf fills them up to the length of their axes.
        own = [each for name, each in group.variables.items() if name not in without]
        values = sum(math.prod(each.shape) * max(1, np.dtype(each.dtype).itemsize) for each in own)
        return values + sum(map(size, group.groups.values()))

    with h5py.File(file, "r") as content:
        content.visititems(look)
    with h5netcdf.File(file, "r", phony_dims="access") as content:
        if size(content) > file.seek(0, os.SEEK_END) + files.EXPANSION:
            raise ValueError("its arrays are too large for it")


def save_parameters(params: Params, path: Path | str) -> None:
    """Writes a tree of parameters as npz, each leaf under its path: ``lstm_0/kernel``.

    Raises ValueError if params is not a tree of dictionaries of arrays of numbers, or a name contains a slash.
    """
    arguments.mapping("params", params, "parameters by layer, each a dictionary of arrays by name")
    leaves, path = dict(_flat(params)), arguments.path("path", path)
    for name, leaf in leaves.items():
        if leaf.dtype.kind not in files.NUMBERS:
            raise ValueError(f"parameters are saved as numbers of NumPy's own types, not {leaf.dtype}, as in {name}")
    with files.replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **leaves)


def load_parameters(path: Path | str) -> Params:
    """Reads a tree of parameters, for `lt.answers`.

    Raises:
        OSError: the file does not exist.
        Damaged: the file does not contain what `save_parameters` writes.
    """
    return checked_parameters(arguments.path("path", path), lambda _: None)


def checked_parameters(path: Path, check: Callable[[PyTree[files.ArrayHeader]], None]) -> Params:
    """Reads a tree of parameters after ``check`` has seen their shapes; raises Damaged if that raises an exception."""
    with files.opened(path, links=True) as file:
        headers = files.array_headers(path, file)
        with files.telling_damage(path):
            check(_tree(headers))
        return _tree(files.read_arrays(path, file))


def _tree(leaves: Mapping[str, T]) -> dict[str, Any]:
    """Makes a tree of dictionaries from leaves by path; raises ValueError for conflicting or empty names."""
    tree = dict[str, Any]()
    for path, leaf in leaves.items():
        *above, name = path.split("/")
        place = tree
        for each in above:
            place = place.setdefault(each, {})
            if not isinstance(place, dict):
                raise ValueError(f"{each} is both an array and a folder of arrays")
        if not name or name in place:
            raise ValueError(f"{path} is not the name of an array of its own")
        place[name] = leaf
    return tree


def _flat(params: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yields the leaves of a tree of dictionaries with their paths; raises ValueError for other trees."""
    if not isinstance(params, Mapping):
        yield above, np.asarray(params)
        return
    for name, inner in params.items():
        if not isinstance(name, str) or not name or "/" in name:
            raise ValueError(f"parameters are saved under names without a slash, not {name!r}")
        yield from _flat(inner, f"{above}/{name}" if above else name)
