"""Writes and reads labeled arrays as netCDF, and parameters as npz."""

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import h5py
import numpy as np
import xarray as xr
from flax import traverse_util
from jaxtyping import Float, PyTree

from lstm_toys import arguments, files

Params: TypeAlias = PyTree[Float[np.ndarray, "S ..."]]


def save_results(results: xr.DataTree | xr.Dataset, path: Path | str) -> None:
    """Writes labeled arrays as netCDF.

    An interruption leaves either the earlier file or the complete new one.

    Args:
        results: labeled results, such as ``networks.results`` or what `lt.claims.labeled` returns.
        path: the file, such as ``"results.nc"``; an earlier file is replaced.

    Raises:
        OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lt.save_results(lt.Results(xr.Dataset({"diverged": ("seed", [False])})), f"{folder}/results.nc")
        ...     lt.load_results(f"{folder}/results.nc").diverged.values.tolist()
        [False]
    """
    arguments.kinds(locals(), results=xr.DataTree | xr.Dataset)
    content = bytes(results.to_netcdf(engine="h5netcdf"))  # HDF5 reports a full disk late and not always.
    with files.replacing(Path(path)) as temporary:
        temporary.write_bytes(content)


def load_results(path: Path | str, without: Set[str] = frozenset()) -> Any:
    """Reads labeled arrays from netCDF into memory, but for some variables; see `lstm_toys.runs.loading.load_results`.

    Returns an `xarray.DataTree` if the file has groups, else its only dataset.
    """
    path = Path(path)
    # `units` is for readers, not for decoding dates; without `phony_dims`, h5netcdf warns of unlabeled axes.
    options: dict[str, Any] = {"decode_times": False, "phony_dims": "access", "drop_variables": without}
    with files.opened(path) as file, files.telling_damage(path):
        check_whole(file)
        with xr.open_datatree(file, engine="h5netcdf", **options) as tree:
            loaded = xr.DataTree.from_dict(
                {name: _whole(node.to_dataset(inherit=False)) for name, node in tree.subtree_with_keys}
            )
    return loaded if loaded.children else loaded.to_dataset()


def _whole(results: xr.Dataset) -> xr.Dataset:
    """Loads results into memory. Some files have booleans as 0 and 1, whose inverse would choose other seeds."""
    loaded = results.load()
    return loaded.assign(diverged=loaded.diverged.astype(bool)) if "diverged" in loaded else loaded


def check_whole(file: BinaryIO) -> None:
    """Raises ValueError if arrays of an HDF5 file lie in other files, or are much larger than the file."""
    sizes = list[int]()

    def look(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual:
                raise ValueError(f"{name} lies in another file")
            sizes.append(item.nbytes or 0)

    with h5py.File(file, "r") as content:
        content.visititems(look)
    files.check_unpacked(file, sizes)


def save_parameters(params: Params, path: Path | str) -> None:
    """Writes a tree of parameters as an npz archive, each leaf under its path, such as ``lstm_0/kernel``.

    The model is not saved; `lt.save` saves both.

    Args:
        params: dictionaries within dictionaries, whose leaves are arrays ``[S, ...]``, such as ``networks.params``.
        path: the file, such as ``"parameters.npz"``; an earlier file is replaced.

    Raises:
        ValueError: the tree has other nodes than dictionaries, or a leaf is not an array of numbers of NumPy's own
            types.
        OSError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_parameters({"readout": {"bias": np.zeros((2, 4))}}, f"{folder}/parameters.npz")
        ...     sorted(np.load(f"{folder}/parameters.npz"))
        ['readout/bias']
    """
    arguments.kinds(locals(), params=Mapping)
    flat: dict[str, Any] = traverse_util.flatten_dict(params, sep="/")
    for name, leaf in flat.items():
        arguments.expect(not isinstance(leaf, list | tuple), f"params: {name}", "an array", leaf)
    leaves: dict[str, Any] = {name: np.asarray(leaf) for name, leaf in flat.items()}
    for name, leaf in leaves.items():
        if leaf.dtype.kind not in files.NUMBERS:
            raise ValueError(f"parameters are saved as numbers of NumPy's own types, not {leaf.dtype}, as in {name}")
    with files.replacing(Path(path)) as temporary, temporary.open("wb") as file:
        np.savez(file, **leaves)


def load_parameters(path: Path | str) -> Params:
    """Reads a tree of parameters, which with its model can be passed to `lt.answers`.

    Args:
        path: a file that `save_parameters` wrote, or the ``parameters.npz`` of a run. It is read as data, never as
            code.

    Returns:
        Dictionaries within dictionaries, whose leaves are arrays ``[S, ...]``.

    Raises:
        OSError: the file does not exist.
        Damaged: the file does not contain what `save_parameters` writes.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_parameters({"readout": {"bias": np.zeros((2, 4))}}, f"{folder}/parameters.npz")
        ...     load_parameters(f"{folder}/parameters.npz")["readout"]["bias"].shape
        (2, 4)
    """
    path = Path(path)
    leaves = files.read_arrays(path)
    with files.telling_damage(path):
        return traverse_util.unflatten_dict(leaves, sep="/")
