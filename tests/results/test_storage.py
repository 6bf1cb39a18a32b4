"""Files of labeled results and parameters give back what was written, and nothing else."""

import math
from functools import partial

import h5py
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

import lstm_toys as lt
from lstm_toys.files import Damaged
from lstm_toys.results import storage


def results_of(answer):
    """The answers of two networks."""
    return xr.Dataset(
        {"answer": (("seed", "time"), answer), "diverged": ("seed", [True, False])}, attrs={"flags": "{}"}
    )


@pytest.fixture
def path(tmp_path):
    """A file of results."""
    storage.save_results(results_of(np.ones((2, 3), np.float32)), tmp_path / "results.nc")
    return tmp_path / "results.nc"


def load(path):
    return storage.load_results(path)


def test_a_file_gives_back_the_results(hand_made, tmp_path):
    labeled = hand_made()
    storage.save_results(labeled, tmp_path / "results.nc")
    loaded = storage.load_results(tmp_path / "results.nc")
    xr.testing.assert_identical(loaded, labeled)
    for ours, theirs in zip(loaded.subtree, labeled.subtree, strict=True):
        kinds = ({name: each[name].dtype for name in each.variables if name != "feature"} for each in (ours, theirs))
        assert next(kinds) == next(kinds)
    assert [path.name for path in tmp_path.iterdir()] == ["results.nc"]


def replaced(path, linked=False):
    """Answers that another file holds, in two of the ways that HDF5 has for that."""
    elsewhere = path.with_name("elsewhere.nc")
    elsewhere.write_bytes(path.read_bytes())
    with h5py.File(path, "a") as file:
        shape = file["answer"].shape
        del file["answer"]
        if linked:
            file["answer"] = h5py.ExternalLink(str(elsewhere), "/answer")
        else:
            file.create_dataset("answer", shape, "f4", external=[(str(elsewhere), 0, 4 * math.prod(shape))])


BROKEN = {
    "text": (lambda path: path.write_text("not netCDF"), ""),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), ""),
    "link": (partial(replaced, linked=True), ""),
    "external": (replaced, ""),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_results_file_is_damaged(path, case):
    write, told = BROKEN[case]
    write(path)
    with pytest.raises(Damaged, match=rf"results\.nc: is damaged: {told}"):
        load(path)


def test_results_of_any_run_are_read(tmp_path):
    times = {"time": ("time", [0.0, 1.0], {"units": "days since 1900"})}
    results = xr.Dataset({"learned": (("setting", "seed"), [[1.0]])}, times)
    lt.save_results(results, tmp_path / "results.nc")
    xr.testing.assert_identical(lt.load_results(tmp_path / "results.nc"), results)


def test_what_is_no_tree_of_numbers_is_neither_read_nor_written(tmp_path):
    path = tmp_path / "parameters.npz"
    with pytest.raises(ValueError, match="numbers of NumPy's own types, not bfloat16, as in a"):
        storage.save_parameters({"a": np.asarray(jnp.ones(2, "bfloat16"))}, path)
    assert not path.exists()
    np.savez(path, **dict.fromkeys(("a", "a/b"), np.zeros(2)))
    with pytest.raises(Damaged, match=r"parameters\.npz: is damaged"):
        storage.load_parameters(path)
