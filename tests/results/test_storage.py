"""Files of labeled results and parameters give back what was written, and nothing else."""

import math
import os
import pickle
import warnings
from functools import partial
from pathlib import Path

import h5py
import jax
import jax.numpy as jnp
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


def unlimited(path):
    """Arrays that take no space in the file."""
    with h5py.File(path, "a") as file:
        file.create_dataset("more", (2**40,), "f4")


def compressed(path):
    with h5py.File(path, "a") as file:
        file.create_dataset("more", (2**25,), "f4", chunks=(2**22,), compression="gzip", fillvalue=0)


@pytest.mark.parametrize("write", [unlimited, compressed])
def test_arrays_that_a_small_file_expands_to_are_not_read(hand_made, tmp_path, write):
    path = tmp_path / "results.nc"
    storage.save_results(hand_made(), path)
    write(path)
    with pytest.raises(Damaged, match=r"results\.nc: is damaged: its arrays are too large for it"):
        storage.load_results(path)


@pytest.mark.parametrize(
    ("name", "values"),
    [("diverged", np.array([1, 0])), ("answer", np.array(["a", "b"])), ("train_loss", np.array([1j, 2j]))],
)
def test_variables_that_are_not_numbers_are_damaged_and_not_written(hand_made, tmp_path, name, values):
    results = hand_made().isel(seed=slice(2))
    results[name] = ("seed", values)
    with pytest.raises(ValueError, match=rf"results cannot be saved as netCDF: .*({name}|COMPLEX|complex)"):
        storage.save_results(results, tmp_path / "results.nc")
    assert not list(tmp_path.iterdir())
    with warnings.catch_warnings(action="ignore"):
        results.to_netcdf(tmp_path / "results.nc", engine="h5netcdf", invalid_netcdf=True)
    with pytest.raises(Damaged, match=r"results\.nc: is damaged"):
        storage.load_results(tmp_path / "results.nc")


@pytest.mark.parametrize(
    ("attribute", "told"), [({"flags": "["}, "Expecting value"), ({"flags": "3"}, "flags"), ({"more": {}}, "more")]
)
def test_attributes_that_could_not_be_read_back_are_not_written(hand_made, tmp_path, attribute, told):
    with pytest.raises(ValueError, match=f"results cannot be saved as netCDF: .*{told}"):
        storage.save_results(hand_made().assign_attrs(attribute), tmp_path / "results.nc")
    assert not list(tmp_path.iterdir())


def test_what_is_written_without_flags_is_read(tmp_path):
    results = xr.Dataset({"answer": ("time", [0.1, 0.2])}, {"time": ("time", [0.0, 1.0], {"units": "days since 1900"})})
    storage.save_results(results, tmp_path / "results.nc")
    xr.testing.assert_identical(storage.load_results(tmp_path / "results.nc", {"answer"}), results)


def test_files_that_a_user_links_are_read(hand_made, tmp_path):
    storage.save_results(hand_made(), tmp_path / "mine.nc")
    storage.save_parameters({"a": np.zeros(2)}, tmp_path / "mine.npz")
    for name in ("mine.nc", "mine.npz"):
        (tmp_path / f"link-{name}").symlink_to(name)
    storage.load_results(tmp_path / "link-mine.nc")
    storage.load_parameters(tmp_path / "link-mine.npz")


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir])
def test_what_is_no_file_is_not_opened(tmp_path, make):
    make(tmp_path / "file")
    for load in (storage.load_results, storage.load_parameters):
        with pytest.raises(Damaged, match="file: is a folder, a pipe or a device"):
            load(tmp_path / "file")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("a", "a/b"), "a is both an array and a folder"),
        (("a/b", "a"), "a is not the name of an array of its own"),
        (("/",), "/ is not the name"),
        (("a\n\x1b[31m", "a\n\x1b[31m/b"), r"a \\x1b\[31m is both"),
    ],
)
def test_an_archive_that_is_no_tree_is_damaged(tmp_path, names, told):
    np.savez(tmp_path / "parameters.npz", **dict.fromkeys(names, np.zeros(2)))
    with pytest.raises(Damaged, match=rf"parameters\.npz: is damaged: {told}"):
        storage.load_parameters(tmp_path / "parameters.npz")


def test_parameters_of_a_type_that_could_not_be_read_back_are_not_written(tmp_path):
    params = {"layer": {"kernel": np.asarray(jnp.zeros(2, jnp.bfloat16))}}
    with pytest.raises(ValueError, match="numbers of NumPy's own types, not bfloat16, as in layer/kernel"):
        storage.save_parameters(params, tmp_path / "parameters.npz")
    assert not list(tmp_path.iterdir())
