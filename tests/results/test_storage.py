"""Files of labeled results and parameters give back what was written, and nothing else."""

import math
import warnings
from functools import partial

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
from conftest import ROOT, process
from lstm_toys.files import Damaged
from lstm_toys.results import storage

floats = st.floats(width=32)


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
    return storage.load_results(path, {"answer"})


def test_a_file_gives_back_the_results(hand_made, tmp_path):
    labeled = hand_made()
    storage.save_results(labeled, tmp_path / "results.nc")
    loaded = storage.load_results(tmp_path / "results.nc")
    xr.testing.assert_identical(loaded, labeled)
    numbers = labeled.variables.keys() - {"family", "feature"}
    assert {name: loaded[name].dtype for name in numbers} == {name: labeled[name].dtype for name in numbers}
    assert [path.name for path in tmp_path.iterdir()] == ["results.nc"]


SAVING = """
import sys
import xarray as xr
from lstm_toys.results import storage
storage.encoded(xr.Dataset({"answer": ("time", [0.5])}))
assert "distributed" not in sys.modules
"""


def test_a_file_has_the_bytes_that_xarray_writes_without_loading_dask_s_scheduler(hand_made):
    labeled = hand_made()
    assert storage.encoded(labeled) == bytes(labeled.to_netcdf(engine="h5netcdf"))
    assert process("-c", SAVING, cwd=ROOT).stderr == ""


@settings(max_examples=10, deadline=None)
@given(drawn.arrays(np.float32, (2, 3), elements=floats))
def test_a_file_gives_back_any_numbers(tmp_path_factory, answer):
    path = tmp_path_factory.mktemp("results") / "results.nc"
    storage.save_results(results_of(answer), path)
    xr.testing.assert_identical(load(path), results_of(answer))


def trees(seeds):
    """Parameters of that many seeds, of any shapes."""
    leaf = drawn.array_shapes(min_dims=0, max_dims=2).flatmap(
        lambda shape: drawn.arrays(np.float32, (seeds, *shape), elements=floats)
    )
    layer = st.dictionaries(st.sampled_from(["kernel", "recurrent_kernel", "bias"]), leaf, min_size=1)
    deeper = st.builds(lambda leaf: {"a": {"b": leaf}}, leaf)
    return st.dictionaries(st.sampled_from(["lstm_0", "readout"]), layer | deeper)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 3).flatmap(trees))
def test_a_file_gives_back_the_parameters(tmp_path_factory, params):
    path = tmp_path_factory.mktemp("parameters") / "parameters.npz"
    storage.save_parameters(params, path)
    loaded = storage.load_parameters(path)
    assert jax.tree.structure(loaded) == jax.tree.structure(params)
    jax.tree.map(partial(np.testing.assert_array_equal, strict=True), loaded, params)


def other_netcdf(path):
    xr.Dataset({"other": ("x", np.zeros(3))}, attrs={"flags": "{}"}).to_netcdf(path, engine="h5netcdf")


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


def expanding(path, shape, **options):
    """Adds an array that takes much less space in the file."""
    with h5py.File(path, "a") as file:
        file.create_dataset("more", shape, "f4", **options)


TOO_LARGE = "its arrays are too large for it"
BROKEN = {
    "text": (lambda path: path.write_text("not netCDF"), ""),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), ""),
    "other netCDF": (other_netcdf, "answer is missing"),
    "link": (partial(replaced, linked=True), ""),
    "virtual": (partial(replaced, virtual=True), ""),
    "external": (replaced, ""),
    "unlimited": (partial(expanding, shape=(2**40,)), TOO_LARGE),
    "compressed": (partial(expanding, shape=(2**25,), chunks=(2**22,), compression="gzip", fillvalue=0), TOO_LARGE),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_results_file_is_damaged(path, case):
    write, told = BROKEN[case]
    write(path)
    with pytest.raises(Damaged, match=rf"results\.nc: is damaged: {told}"):
        load(path)


@pytest.mark.parametrize("name", ["answer", "diverged", "train_loss"])
def test_results_of_a_training_without_a_part_are_damaged(hand_made, tmp_path, name):
    storage.save_results(hand_made().drop_vars(name), tmp_path / "results.nc")
    with pytest.raises(Damaged, match=f"{name} is missing"):
        storage.load_results(tmp_path / "results.nc")


def test_results_of_any_run_are_read(tmp_path):
    times = {"time": ("time", [0.0, 1.0], {"units": "days since 1900"})}
    results = lt.Results({"learned": (("setting", "seed"), [[1.0]])}, times)
    lt.save_results(results, tmp_path / "results.nc")
    xr.testing.assert_identical(lt.load_results(tmp_path / "results.nc"), results)


@pytest.mark.parametrize("values", [{"diverged": [1, 0]}, {"answer": ["a", "b"]}, {"train_loss": [1j, 2j]}])
def test_variables_that_are_not_numbers_are_damaged_and_not_written(tmp_path, values):
    (name,) = values
    results = results_of(np.ones((2, 3))).assign({name: ("seed", values[name])})
    with pytest.raises(ValueError, match=rf"results cannot be saved as netCDF: .*({name}|COMPLEX|complex)"):
        storage.save_results(results, tmp_path / "results.nc")
    assert not list(tmp_path.iterdir())
    with warnings.catch_warnings(action="ignore"):
        results.to_netcdf(tmp_path / "results.nc", engine="h5netcdf", invalid_netcdf=True)
    with pytest.raises(Damaged, match=r"results\.nc: is damaged"):
        load(tmp_path / "results.nc")


@pytest.mark.parametrize(("own", "told"), [({"flags": "["}, "Expecting"), ({"flags": "3"}, "flags"), ({"a": {}}, "a")])
def test_attributes_that_could_not_be_read_back_are_not_written(tmp_path, own, told):
    with pytest.raises(ValueError, match=f"results cannot be saved as netCDF: .*{told}"):
        storage.save_results(results_of(np.ones((2, 3))).assign_attrs(own), tmp_path / "results.nc")
    assert not list(tmp_path.iterdir())


def test_files_that_a_user_links_are_read(path, tmp_path):
    storage.save_parameters({"a": np.zeros(2)}, tmp_path / "parameters.npz")
    for name, read in ((path.name, load), ("parameters.npz", storage.load_parameters)):
        (tmp_path / f"link-{name}").symlink_to(name)
        read(tmp_path / f"link-{name}")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("a", "a/b"), "a is both an array and a folder"),
        (("a/b", "a"), "a is not the name of an array of its own"),
        (("/",), "/ is not the name"),
    ],
)
def test_an_archive_that_is_no_tree_is_damaged(tmp_path, names, told):
    np.savez(tmp_path / "parameters.npz", **dict.fromkeys(names, np.zeros(2)))
    with pytest.raises(Damaged, match=rf"parameters\.npz: is damaged: {told}"):
        storage.load_parameters(tmp_path / "parameters.npz")


@pytest.mark.parametrize("params", [{"a/b": np.ones(2)}, {"": np.ones(2)}, {"a": np.asarray(jnp.ones(2, "bfloat16"))}])
def test_parameters_that_could_not_be_read_back_are_not_written(tmp_path, params):
    with pytest.raises(ValueError, match=r"names without a slash|numbers of NumPy's own types, not bfloat16, as in a"):
        storage.save_parameters(params, tmp_path / "parameters.npz")
    assert not list(tmp_path.iterdir())
