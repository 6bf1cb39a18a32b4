"""Writes and reads labeled arrays as netCDF, whole or region by region, and parameters as npz."""

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import h5netcdf
import h5py
import numpy as np
import xarray as xr
from flax import traverse_util
from jaxtyping import Float, Int, PyTree

from lstm_toys import arguments, files
from lstm_toys.results.arrays import nodes_of
from lstm_toys.tasks.parameters import PART

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


class Regions:
    """A file of labeled arrays that is filled region by region; it is written whole when `written` ends.

    Args:
        settings: the coordinates of each setting; None: there is a single one, and no axis ``setting``. Settings with
            different ``timesteps`` are in children, which are named after these.
        networks: coordinates of the networks of each setting, by name; ``seed`` are their numbers.
        steps: recorded steps of all trainings.
    """

    def __init__(
        self,
        settings: Sequence[Mapping[str, Any]] | None,
        networks: Mapping[str, Sequence[Any]],
        steps: Int[np.ndarray, " R"],
    ) -> None:
        self._settings, self._steps = settings, steps
        self._of_networks = {name: ("seed", [*each]) for name, each in networks.items()}
        self._file: Any = None
        self._allocated = set[str]()
        points = [setting["timesteps"] for setting in settings or ()]
        names = [f"/{PART}{count}" if len({*points}) > 1 else "" for count in points]
        self._numbers: dict[str, list[int]] = {name: [] for name in names or [""]}
        self._places = dict[int, tuple[str, int]]()
        for number, name in enumerate(names):
            self._places[number] = name, len(self._numbers[name])
            self._numbers[name].append(number)

    def write(self, setting: int, rows: slice, results: xr.DataTree) -> None:
        """Writes the results of some networks of the setting with this number."""
        part, row = self._places.get(setting, ("", None))
        place = (rows,) if row is None else (row, rows)
        nodes = {_place(part, name): self._aligned(node) for name, node in nodes_of(results).items()}
        if part not in self._allocated:
            self._allocate(part, nodes)
        for group, node in nodes.items():
            for name, array in _of_networks(node).items():
                self._group(group).variables[name][(*place, *map(slice, array.shape[1:]))] = array.values

    @contextmanager
    def written(self, path: Path) -> Iterator["Regions"]:
        """Writes the file during a block; it appears at ``path`` when the block ends without an error.

        HDF5 reports a full disk late and not always, so a single setting is written into memory first.
        """
        with files.replacing(path) as temporary:
            self._target: Any = BytesIO() if self._settings is None else temporary
            try:
                yield self
            finally:
                self.close()
            if isinstance(self._target, BytesIO):
                temporary.write_bytes(self._target.getbuffer())

    def describe(self, attributes: Mapping[str, str]) -> None:
        """Writes attributes of all results."""
        for part in {"", *self._numbers}:
            self._group(_place(part, "/")).attrs.update(attributes)

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()

    def _group(self, path: str) -> Any:
        return self._file if path == "/" else self._file[path]

    def _aligned(self, node: xr.Dataset) -> xr.Dataset:
        """A node with the recorded steps of all trainings; NaN where this one has no record."""
        return node.reindex(step=self._steps, copy=False) if "step" in node.indexes else node

    def _allocate(self, part: str, nodes: Mapping[str, xr.Dataset]) -> None:
        """Writes the labels of results, and allocates the variables of all networks."""
        labels: dict[str, Any] = {**self._of_networks}
        if self._settings is not None:
            settings = [self._settings[number] for number in self._numbers[part]]
            labels |= {"setting": self._numbers[part]}
            labels |= {name: ("setting", np.array([setting[name] for setting in settings])) for name in settings[0]}
        shared = {group: node.drop_dims("seed", errors="ignore") for group, node in nodes.items()}
        root = _place(part, "/")
        shared[root] = shared[root].assign_coords(labels)
        self.close()
        xr.DataTree.from_dict(shared).to_netcdf(self._target, "a" if self._allocated else "w", engine="h5netcdf")
        self._allocated.add(part)
        self._file = h5netcdf.File(self._target, "a")
        lead = () if self._settings is None else ("setting",)
        for group, node in nodes.items():
            for name, array in _of_networks(node).items():
                kind, attributes = array.dtype, {**array.attrs}
                if kind.kind == "b":
                    kind, attributes["dtype"] = np.dtype("i1"), "bool"  # xarray's mark.
                elif kind.kind in "OU":
                    kind = h5py.string_dtype()
                missing = np.nan if kind.kind == "f" else None
                variable = self._group(group).create_variable(name, (*lead, *array.dims), kind, fillvalue=missing)
                variable.attrs.update(attributes)


def _place(part: str, name: str) -> str:
    """The path of a node of a part in the file."""
    return (part if name == "/" else f"{part}/{name}") or "/"


def _of_networks(node: xr.Dataset) -> dict[str, xr.DataArray]:
    """The variables of a node with values of each network, along ``seed`` first."""
    return {str(name): array for name, array in node.data_vars.items() if array.dims[:1] == ("seed",)}
