"""Labeled results and parameters: what they hold, that files give back what was written, and the summary."""

import json
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn

from experiments.sine import EXPERIMENT
from lstm_toys.files import Damaged
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import train
from lstm_toys.results import arrays, storage, summary
from lstm_toys.tasks.families import time_points
from lstm_toys.tasks.goal import Goal

FAMILIES = {"line": 5, "line_origin": 6, "amplitude": 6, "phase": 6, "frequency": 6}
floats = st.floats(width=32)


def test_everything_is_labeled():
    x = time_points(20)
    task, probes = EXPERIMENT.task(x), EXPERIMENT.probes(x)
    networks = train.train(task, Stack(1, (6,)), seeds=3, steps=40, learning_rate=0.1)
    random = np.random.default_rng(0)
    train_answer, answer = random.normal(size=(3, 20, 1)), random.normal(size=(3, 29, 20, 1))
    examples = task.examples(jax.random.key(0), jnp.float32(0.3))
    labeled = arrays.dataset(networks, np.asarray(x), examples, train_answer, probes, answer, {"flags": {"seeds": 3}})
    np.testing.assert_array_equal(labeled.train_loss.sel(seed=1, step=17), networks.train_loss[1, 17])
    np.testing.assert_allclose(labeled.train_target.sel(feature="y"), 0.3 + 0.3 * np.sin(10 * labeled.time), atol=1e-6)
    np.testing.assert_array_equal(labeled.train_answer, train_answer)
    np.testing.assert_array_equal(labeled.answer, answer)
    assert dict(zip(*np.unique(labeled.family, return_counts=True), strict=True)) == FAMILIES
    lines, sines = (labeled.isel(curve=labeled.family.str.startswith("line") == is_line) for is_line in (True, False))
    expected = {
        "line": lines.slope * lines.time + lines.intercept,
        "sine": sines.offset + sines.amplitude * np.sin(sines.frequency * sines.time + sines.phase),
    }
    np.testing.assert_allclose(lines.input.sel(feature="y"), expected["line"], atol=1e-5)
    np.testing.assert_allclose(sines.input.sel(feature="y"), expected["sine"], atol=1e-5)
    for name in ("amplitude", "frequency", "phase", "offset"):
        assert np.isnan(lines[name]).all()
    for name in ("slope", "intercept"):
        assert np.isnan(sines[name]).all()
    assert json.loads(labeled.attrs["flags"]) == {"seeds": 3}


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


def linked_elsewhere(path):
    """HDF5 may point into another file, which must not be taken for the results."""
    import h5py

    with h5py.File(path, "w") as file:
        file["answer"] = h5py.ExternalLink("/etc/hostname", "/answer")


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("not netCDF"),
        lambda path: path.write_bytes(pickle.dumps({"answer": 1})),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        other_netcdf,
        linked_elsewhere,
    ],
    ids=["empty", "text", "pickle", "cut", "other netCDF", "link"],
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


def test_errors_are_taken_over_all_curves_of_a_family(hand_made):
    labeled = hand_made()
    errors = summary.family_rmse(labeled)
    first = 0
    for family, count in FAMILIES.items():
        part = slice(first, first + count)
        difference = labeled.answer.values[:, part] - labeled.input.values[part]
        np.testing.assert_allclose(errors[family], np.sqrt(np.mean(difference**2, axis=(1, 2, 3))))
        first += count
    assert list(errors) == list(FAMILIES)


def strict_json(value):
    return json.loads(json.dumps(value, allow_nan=False))


def test_metrics_leave_out_diverged_seeds(hand_made):
    labeled = hand_made(6, diverged=(1, 4))
    metrics = strict_json(summary.metrics(labeled, EXPERIMENT.goal))
    assert metrics["diverged_seeds"] == [1, 4]
    assert (metrics["experiment"], metrics["seeds"], metrics["steps"]) == ("sine", 6, 100)
    final = labeled.train_loss.values[:, -1]
    assert metrics["train_mse"] == [None if seed in (1, 4) else final[seed] for seed in range(6)]
    rows = metrics["summary"]
    kept = np.delete(final, (1, 4))
    low, median, high = np.quantile(kept, (0.25, 0.5, 0.75))
    assert rows["train MSE"]["median"] == pytest.approx(median)
    assert rows["train MSE"]["low"] == pytest.approx(low)
    assert rows["train MSE"]["high"] == pytest.approx(high)
    for family, errors in summary.family_rmse(labeled).items():
        row = rows[f"{family}, RMSE to input"]
        assert row["median"] == pytest.approx(np.median(np.delete(errors, (1, 4))))
        assert 0.15 < row["low"] <= row["median"] <= row["high"] < 0.25
        assert row["interval"] == "95 % bootstrap"


def test_metrics_without_a_seed_left_are_null(hand_made):
    metrics = strict_json(summary.metrics(hand_made(2, diverged=(0, 1)), EXPERIMENT.goal))
    assert metrics["diverged_seeds"] == [0, 1]
    assert metrics["train_mse"] == [None, None]
    assert metrics["converged"] == 0
    assert {row[part] for row in metrics["summary"].values() for part in ("median", "low", "high")} == {None}


def test_a_seed_has_learned_when_it_meets_the_goal_for_good(hand_made):
    labeled = hand_made(5, diverged=(4,))
    steps = labeled.step.values
    losses = np.tile(np.linspace(1.0, 0.0, len(steps)), (5, 1))
    losses[1, 8] = 0.9  # Falls back once.
    losses[2] = 0.5  # Never gets there.
    losses[3] = 0.0  # Is there from the beginning.
    labeled["train_loss"][:] = losses
    labeled["train_rmse"][:] = losses[:, :, None]
    expected = [steps[7], steps[9], np.inf, steps[0], np.inf]
    for goal in (Goal(0.31), Goal(0.31, ("y",))):
        np.testing.assert_array_equal(summary.steps_to_goal(labeled, goal), expected)
        metrics = strict_json(summary.metrics(labeled, goal))
        assert metrics["steps_to_goal"] == [70, 90, None, 0, None]
        assert metrics["converged"] == 3
        row = metrics["summary"]["steps until learned"]
        assert (row["low"], row["median"], row["high"]) == (0, 70, 90)
