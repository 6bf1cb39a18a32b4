"""Writes a tree of labeled arrays region by region: the results of a setting and of some seeds, as these finish."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5netcdf
import numpy as np
import xarray as xr

from lstm_toys import files

TEXTS = ("U", "O")
"""Kinds of text, whose room cannot be allocated."""


class Regions:
    """A file that is filled setting by setting; the first region, which must have the most records, allocates it.

    Args:
        path: the file.
        settings: coordinates along ``setting``.
        seeds: number of networks of each setting.
        attributes: of the root.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any], seeds: int, attributes: Mapping[str, Any]) -> None:
        self._path, self._seeds, self._attributes = path, seeds, attributes
        self._settings = settings
        self._file: Any = None

    def write(self, setting: int, seeds: slice, results: xr.DataTree) -> None:
        """Writes the results of some seeds of the setting with this number."""
        if self._file is None:
            self._file = self._allocated(results)
        for node in results.subtree:
            for name, each in _of_networks(node).items():
                place = (setting, seeds, *map(slice, each.shape[1:]))
                _group(self._file, node).variables[name][place] = each.values

    def close(self) -> None:
        """Ends writing."""
        if self._file is not None:
            self._file.close()

    def _allocated(self, results: xr.DataTree) -> Any:
        """The file with the labels of results, and with room for those of all networks."""
        nodes = {
            node.path: node.to_dataset(inherit=False).drop_dims("seed", errors="ignore") for node in results.subtree
        }
        count = len(next(iter(self._settings.values())))
        whole = {"seed": np.arange(self._seeds), "setting": np.arange(count)}
        named = {name: ("setting", np.asarray(each)) for name, each in self._settings.items()}
        nodes["/"] = nodes["/"].assign_coords({**whole, **named}).assign_attrs(self._attributes)
        xr.DataTree.from_dict(nodes).to_netcdf(self._path, engine="h5netcdf")
        file = h5netcdf.File(self._path, "a")
        for node in results.subtree:
            for name, each in _of_networks(node).items():
                truths = each.dtype.kind == "b"
                made = _group(file, node).create_variable(
                    name,
                    ("setting", *each.dims),
                    "i1" if truths else each.dtype,
                    fillvalue=np.nan if each.dtype.kind == "f" else None,
                )
                made.attrs.update({**each.attrs, **({"dtype": "bool"} if truths else {})})  # xarray's mark.
        return file


def _group(file: Any, node: xr.DataTree) -> Any:
    return file if node.path == "/" else file[node.path]


def _of_networks(node: xr.DataTree) -> dict[str, xr.DataArray]:
    """The variables of a node that networks have, along ``seed`` first."""
    own = node.to_dataset(inherit=False).data_vars
    return {
        str(name): each for name, each in own.items() if each.dims[:1] == ("seed",) and each.dtype.kind not in TEXTS
    }


@contextmanager
def writing(path: Path, settings: Mapping[str, Any], seeds: int, attributes: Mapping[str, Any]) -> Iterator[Regions]:
    """Fills a file by regions, which appears at ``path`` when the block ends without an error; see `Regions`."""
    with files.replacing(path) as temporary:
        regions = Regions(temporary, settings, seeds, attributes)
        try:
            yield regions
        finally:
            regions.close()
