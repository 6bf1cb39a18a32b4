"""Writes a tree of labeled arrays region by region: the results of some seeds of a setting, as these finish."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import h5netcdf
import h5py
import numpy as np
import xarray as xr
from jaxtyping import Int

from lstm_toys import files
from lstm_toys.results.arrays import nodes_of
from lstm_toys.tasks.parameters import PART

Settings = Sequence[Mapping[str, Any]]
"""The coordinates of each setting, by name."""


class Regions:
    """A file of labeled arrays that is filled region by region.

    Args:
        target: the file, or a buffer in memory.
        settings: the coordinates of each setting; None: there is a single one, and no axis ``setting``. Settings with
            different ``timesteps`` are in children, which are named after these.
        seeds: number of networks of each setting.
        labels: coordinates of each network, by name.
        steps: recorded steps of all trainings.
    """

    def __init__(
        self,
        target: Path | BytesIO,
        settings: Settings | None,
        seeds: int,
        labels: Mapping[str, Sequence[Any]],
        steps: Int[np.ndarray, " R"],
    ) -> None:
        self._target, self._settings, self._steps = target, settings, steps
        self._of_networks = {"seed": np.arange(seeds), **{name: ("seed", [*each]) for name, each in labels.items()}}
        self._file: Any = None
        self._allocated = set[str]()
        points = [setting["timesteps"] for setting in settings or ()]
        names = [f"/{PART}{count}" if len({*points}) > 1 else "" for count in points]
        self._numbers: dict[str, list[int]] = {name: [] for name in names or [""]}
        self._places = dict[int, tuple[str, int]]()
        for number, name in enumerate(names):
            self._places[number] = name, len(self._numbers[name])
            self._numbers[name].append(number)

    def write(self, setting: int, seeds: slice, results: xr.DataTree) -> None:
        """Writes the results of some seeds of the setting with this number."""
        part, row = self._places.get(setting, ("", None))
        place = (seeds,) if row is None else (row, seeds)
        nodes = {_place(part, name): self._aligned(node) for name, node in nodes_of(results).items()}
        if part not in self._allocated:
            self._allocate(part, nodes)
        for group, node in nodes.items():
            for name, array in _of_networks(node).items():
                self._group(group).variables[name][(*place, *map(slice, array.shape[1:]))] = array.values

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


@contextmanager
def writing(
    path: Path,
    settings: Settings | None,
    seeds: int,
    labels: Mapping[str, Sequence[Any]],
    steps: Int[np.ndarray, " R"],
) -> Iterator[Regions]:
    """Opens a file to be written by regions; it appears at ``path`` when the block ends without an error.

    HDF5 reports a full disk late and not always, so a single setting is written into memory first.
    """
    with files.replacing(path) as temporary:
        buffer = BytesIO() if settings is None else None
        regions = Regions(temporary if buffer is None else buffer, settings, seeds, labels, steps)
        try:
            yield regions
        finally:
            regions.close()
        if buffer is not None:
            temporary.write_bytes(buffer.getbuffer())
