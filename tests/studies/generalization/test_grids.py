"""Evaluation on grids: bits that do not depend on how much is evaluated, against answers computed one by one."""

import dataclasses

import h5netcdf
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.execution.here import Here
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import answering
from lstm_toys.runs.trained import Evaluated
from lstm_toys.statistics import measures
from lstm_toys.studies.generalization import grids, results
from lstm_toys.studies.generalization.settings import TRAINING, Grid
from lstm_toys.tasks import supervision
from lstm_toys.tasks.families import FAMILIES
from lstm_toys.tasks.planes import Axis
from lstm_toys.tasks.span import Span

AMPLITUDE = Axis("amplitude", 0.1, 1.0, 5)
FREQUENCY = Axis("frequency", 5.0, 40.0, 3)
SINES = (("phase", 0.3), ("offset", "amplitude"))
TIMESTEPS = 30


@pytest.fixture(scope="module")
def params():
    """Seven untrained networks."""
    model, keys = Stack(1, (6,)), jax.random.split(jax.random.key(0), 7)
    tree = jax.lax.map(lambda key: model.init(key, jnp.zeros((1, 2, 1)))["params"], keys)
    return jax.tree.map(lambda leaf: 3 * np.asarray(leaf), tree)


SAME = supervision.reproduce_curves(jnp.zeros((1, 2, 1)), ("y",))
UNIT = Span()
READ = dataclasses.replace(SAME, output_features=("amplitude",), sequence=False)


def written(tmp_path, params, grid, *, seeds=7, task=SAME, span=UNIT, more=()):
    """What an evaluation writes of one grid, by measure."""
    model = Stack(1, (6,), sequence=task.sequence)
    some = jax.tree.map(lambda leaf: leaf[:seeds], params)
    space, counted = grids.CurveSpace(task, TIMESTEPS, span, FAMILIES, more), []
    trained = Evaluated(some, np.arange(seeds) == 1, 4, {})
    path = tmp_path / "results.nc"
    grids.write(model, space, (grid,), trained, path, {"flags": {}}, Here(), counted.append, lambda: False)
    assert counted[-1] == seeds * grid.shape[0] * grid.shape[1]
    with h5netcdf.File(tmp_path / "results.nc", "r") as file:
        group = file[grid.name]
        return {name: group[name][...] for name in grids.measure_names(task, more)}


def one_by_one(params, curves):
    """Answers to curves of any lengths, each on its own."""
    model = Stack(1, (6,))
    answer = jax.jit(lambda one, curve: model.apply({"params": one}, curve[None, :, None])[0, :, 0])
    return [[answer(jax.tree.map(lambda leaf, s=s: leaf[s], params), jnp.asarray(c)) for c in curves] for s in range(7)]


def test_a_grid_has_the_measures_of_answers_that_are_computed_one_by_one(tmp_path, params):
    found = written(tmp_path, params, Grid("plane", "sine", (AMPLITUDE, FREQUENCY), SINES))
    x = jnp.linspace(0.0, 1.0, TIMESTEPS)
    pairs = [(a, w) for a in AMPLITUDE.values for w in FREQUENCY.values]
    curves = [np.float32(a + a * np.sin(w * np.asarray(x) + 0.3)) for a, w in pairs]
    measure = jax.jit(measures.every)
    for seed, answers in enumerate(one_by_one(params, curves)):
        for cell, (answer, curve) in enumerate(zip(answers, curves, strict=True)):
            for name, value in measure(answer, jnp.asarray(curve), x).items():
                place = (seed, *divmod(cell, 3))
                np.testing.assert_allclose(found[name][place], value, rtol=2e-3, atol=2e-4, err_msg=f"{name} {place}")


def test_bits_do_not_depend_on_the_number_of_networks_and_curves(tmp_path, params):
    grid = Grid("plane", "sine", (AMPLITUDE, FREQUENCY), SINES)
    whole = written(tmp_path, params, grid)
    fewer = written(tmp_path, params, grid, seeds=2)
    row = written(tmp_path, params, Grid("row", "sine", (Axis("amplitude", 0.55, 0.55, 1), FREQUENCY), SINES))
    for name, values in whole.items():
        np.testing.assert_array_equal(fewer[name], values[:2], err_msg=name)
        np.testing.assert_array_equal(row[name], values[:, 2:3], err_msg=name)


@pytest.mark.long
def test_bits_do_not_depend_on_where_a_large_grid_is_cut(tmp_path, params):
    axis = Axis("frequency", 5.0, 40.0, 500)
    many = Grid("plane", "sine", (Axis("amplitude", 0.1, 0.2, 2), axis), SINES)
    last = Grid("row", "sine", (Axis("amplitude", 0.2, 0.2, 1), axis), SINES)
    whole, row = written(tmp_path, params, many), written(tmp_path, params, last)
    assert grids.TILE_POINTS // TIMESTEPS < 2 * 500
    for name, values in whole.items():
        np.testing.assert_array_equal(row[name], values[:, 1:], err_msg=name)


@pytest.mark.long
def test_a_longer_sequence_is_measured_over_its_last_points(tmp_path, params):
    lengths = Axis("length", 30.0, 70.0, 3)
    rest = (("frequency", 12.0), ("phase", 0.0), ("offset", "amplitude"))
    found = written(tmp_path, params, Grid("length", "sine", (lengths, AMPLITUDE), rest))
    x = np.arange(70) / 29
    curves = [np.float32(a + a * np.sin(12 * x)) for a in AMPLITUDE.values]
    for seed, answers in enumerate(one_by_one(params, curves)):
        for row, length in enumerate((30, 50, 70)):
            for column, (answer, curve) in enumerate(zip(answers, curves, strict=True)):
                wrong = (np.asarray(answer) - curve)[length - 30 : length][x[:30] >= 0.1]
                assert found["rmse"][seed, row, column] == pytest.approx(np.sqrt(np.mean(wrong**2)), rel=1e-3)


@pytest.mark.long
def test_another_spacing_holds_the_curve_over_the_same_x(tmp_path, params):
    spacings = Axis("spacing", 0.024, 0.048, 2)
    rest = (("amplitude", 0.3), ("phase", 0.0), ("offset", "amplitude"))
    found = written(tmp_path, params, Grid("spacing", "sine", (spacings, FREQUENCY), rest))
    for row, spacing in enumerate((0.024, 0.048)):
        x = np.arange(round(1 / spacing) + 1) * spacing
        curves = [np.float32(0.3 + 0.3 * np.sin(w * x)) for w in FREQUENCY.values]
        for seed, answers in enumerate(one_by_one(params, curves)):
            for column, (answer, curve) in enumerate(zip(answers, curves, strict=True)):
                wrong = (np.asarray(answer) - curve)[x >= 0.1]
                assert found["rmse"][seed, row, column] == pytest.approx(np.sqrt(np.mean(wrong**2)), rel=1e-3)


@pytest.mark.long
def test_x_over_another_range_only_scales_what_has_its_unit(tmp_path, params):
    """Sines over x from 2 to 7 that have the same values as others over x from 0 to 1."""
    rest = (("phase", 0.3 - 2.0 * 1.0), ("offset", "amplitude"))
    usual = (("phase", 0.3), ("offset", "amplitude"))
    stretched = written(
        tmp_path, params, Grid("a", "sine", (AMPLITUDE, Axis("frequency", 1.0, 1.0, 1)), rest), span=Span(2, 7)
    )
    plain = written(tmp_path, params, Grid("b", "sine", (AMPLITUDE, Axis("frequency", 5.0, 5.0, 1)), usual))
    for name in ("rmse", "gain", "offset_added", "valley_depth", "nonlinearity", "peak_to_peak"):
        np.testing.assert_allclose(stretched[name], plain[name], rtol=2e-3, atol=2e-4, err_msg=name)
    np.testing.assert_allclose(stretched["frequency_answered"], plain["frequency_answered"] / 5, rtol=2e-3)
    np.testing.assert_allclose(stretched["delay"], plain["delay"] * 5, rtol=2e-2, atol=1e-2)
    np.testing.assert_allclose(stretched["valley_place"], 2 + plain["valley_place"] * 5, rtol=2e-3)


def test_what_is_read_off_a_curve_is_held_against_its_parameters(tmp_path, params):
    model = Stack(1, (6,), sequence=False)
    grid = Grid("plane", "sine", (AMPLITUDE, FREQUENCY), SINES)
    found = written(tmp_path, params, grid, task=READ)
    x = jnp.linspace(0.0, 1.0, TIMESTEPS)
    a, w = (axis.ravel() for axis in np.meshgrid(AMPLITUDE.values, FREQUENCY.values, indexing="ij"))
    curves = FAMILIES["sine"].curves(x, {"amplitude": a, "frequency": w, "phase": 0.3, "offset": a})
    answers = answering.answers(model, params, curves[:, :, None])[..., 0]
    np.testing.assert_allclose(found["answer_amplitude"].reshape(7, -1), answers, atol=1e-5)
    np.testing.assert_allclose(found["error_amplitude"].reshape(7, -1), np.abs(answers - a), atol=1e-5)


def test_a_file_is_read_back_labeled_without_the_seeds_that_diverged(tmp_path, params):
    written(tmp_path, params, Grid(TRAINING, "sine", (AMPLITUDE, FREQUENCY), SINES))
    with results.opened(tmp_path / "results.nc") as found:
        assert found.seeds.tolist() == [0, 2, 3, 4, 5, 6]
        assert found.training.rmse.dims == ("seed", "amplitude", "frequency")
        np.testing.assert_allclose(found.training.amplitude, AMPLITUDE.values)
        expected = np.median(found.training.rmse.values[found.seeds], axis=0)
        np.testing.assert_array_equal(results.over_seeds(found.training.rmse, found.seeds, results.median), expected)


LARGEST = lt.Measure("largest", lambda answer, truth: jnp.nanmax(jnp.abs(answer - truth)), "largest error")


@pytest.mark.parametrize("second", [FREQUENCY, Axis("spacing", 0.02, 0.1, 2), Axis("length", 30, 41, 2)])
def test_a_user_defined_measure_sees_the_measured_time_points_alone(tmp_path, params, second):
    grid = Grid("plane", "sine", (AMPLITUDE, second), (*SINES, *(() if second is FREQUENCY else (("frequency", 9.0),))))
    found = written(tmp_path, params, grid, more=(LARGEST,))["largest"]
    cells = grid.cells(0, AMPLITUDE.count * second.count, TIMESTEPS, UNIT)
    curves = []
    for a, w, spacing, length in zip(*(cells[n] for n in ("amplitude", "frequency", "spacing", "length")), strict=True):
        curves.append(np.float32(a + a * np.sin(w * spacing * np.arange(int(length)) + 0.3)))
    window = slice(None) if second.name == "spacing" else slice(-TIMESTEPS, None)
    for seed, answers in enumerate(one_by_one(params, curves)):
        expected = [np.abs(a - c)[window].max() for a, c in zip(answers, curves, strict=True)]
        np.testing.assert_allclose(found[seed].ravel(), expected, rtol=1e-3, atol=1e-4)
