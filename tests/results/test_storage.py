"""Files of labeled results and parameters give back what was written, and nothing else."""

import math
import pickle
from functools import partial

import h5py
import jax
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn

import lstm_toys as lt
from lstm_toys.files import Damaged
from lstm_toys.results import storage

floats = st.floats(width=32)


def test_a_file_gives_back_the_results(hand_made, tmp_path):
    labeled = hand_made()
    storage.save_results(labeled, tmp_path / "results.nc")
    loaded = storage.load_results(tmp_path / "results.nc")
    xr.testing.assert_identical(loaded, labeled)
    assert {name: loaded[name].dtype for name in loaded.variables if name not in ("family", "feature")} == {
        name: labeled[name].dtype for name in labeled.variables if name not in ("family", "feature")
    }
    assert [path.name for path in tmp_path.iterdir()] == ["results.nc"]


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_file_gives_back_any_numbers(hand_made, tmp_path_factory, data):
    path = tmp_path_factory.mktemp("results") / "results.nc"
    labeled = hand_made()
    for name in ("train_loss", "train_answer"):
        variable = labeled[name]
        labeled[name] = (variable.dims, data.draw(drawn.arrays(np.float32, variable.shape, elements=floats)))
    storage.save_results(labeled, path)
    xr.testing.assert_identical(storage.load_results(path), labeled)


def trees(seeds):
    """Parameters of that many seeds, of any shapes."""
    leaf = drawn.array_shapes(min_dims=0, max_dims=2).flatmap(
        lambda shape: drawn.arrays(np.float32, (seeds, *shape), elements=floats)
    )
    layer = st.dictionaries(st.sampled_from(["kernel", "recurrent_kernel", "bias"]), leaf, min_size=1)
    return st.dictionaries(st.sampled_from(["lstm_0", "lstm_1", "readout"]), layer)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 3).flatmap(trees))
def test_a_file_gives_back_the_parameters(tmp_path_factory, params):
    path = tmp_path_factory.mktemp("parameters") / "parameters.npz"
    storage.save_parameters(params, path)
    loaded = storage.load_parameters(path)
    assert jax.tree.structure(loaded) == jax.tree.structure(params)
    jax.tree.map(lambda ours, theirs: np.testing.assert_array_equal(ours, theirs, strict=True), loaded, params)


def test_nothing_is_read_from_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        storage.load_results(tmp_path / "results.nc")
    with pytest.raises(FileNotFoundError):
        storage.load_parameters(tmp_path / "parameters.npz")


def other_netcdf(path):
    xr.Dataset({"answer": ("x", np.zeros(3))}, attrs={"flags": "{}"}).to_netcdf(path, engine="h5netcdf")


def replaced(path, **options):
    """Answers that another file holds, in one of the ways that HDF5 has for that."""
    elsewhere = path.with_name("elsewhere.nc")
    elsewhere.write_bytes(path.read_bytes())
    with h5py.File(path, "a") as file:
        shape = file["answer"].shape
        del file["answer"]
        if options.get("linked"):
            file["answer"] = h5py.ExternalLink(str(elsewhere), "/answer")
        elif options.get("virtual"):
            layout = h5py.VirtualLayout(shape, "f4")
            layout[:] = h5py.VirtualSource(str(elsewhere), "answer", shape)
            file.create_virtual_dataset("answer", layout)
        else:
            file.create_dataset("answer", shape, "f4", external=[(str(elsewhere), 0, 4 * math.prod(shape))])


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("not netCDF"),
        lambda path: path.write_bytes(pickle.dumps({"answer": 1})),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        other_netcdf,
        partial(replaced, linked=True),
        partial(replaced, virtual=True),
        replaced,
    ],
    ids=["empty", "text", "pickle", "cut", "other netCDF", "link", "virtual", "external"],
)
def test_what_is_no_results_file_is_damaged(hand_made, tmp_path, write):
    path = tmp_path / "results.nc"
    storage.save_results(hand_made(), path)
    write(path)
    with pytest.raises(Damaged, match=r"results\.nc: is damaged"):
        storage.load_results(path)


@pytest.mark.parametrize("name", sorted(storage.VARIABLES))
def test_results_without_a_part_are_damaged(hand_made, tmp_path, name):
    storage.save_results(hand_made().drop_vars(name), tmp_path / "results.nc")
    with pytest.raises(Damaged, match=f"{name} is missing"):
        storage.load_results(tmp_path / "results.nc")


def test_results_of_any_run_are_read_and_what_they_lack_is_said(tmp_path):
    sweep = lt.Results({"learned": (("setting", "seed"), [[1.0]])}, attrs={"flags": "{}"})
    lt.save_results(sweep, tmp_path / "results.nc")
    xr.testing.assert_identical(lt.load_results(tmp_path / "results.nc"), sweep)
    with pytest.raises(ValueError, match=r"results\.nc has no variable answer; it has learned"):
        lt.load_results(tmp_path / "results.nc", {"answer", "learned"})


def test_an_archive_that_is_no_tree_is_damaged(tmp_path):
    np.savez(tmp_path / "parameters.npz", **{"a": np.zeros(2), "a/b": np.zeros(2)})
    with pytest.raises(Damaged, match="a is both an array and a folder"):
        storage.load_parameters(tmp_path / "parameters.npz")
