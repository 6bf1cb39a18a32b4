"""Evaluation on grids: bits that do not depend on how much is evaluated, against answers computed one by one."""

import json
from pathlib import Path

import h5netcdf
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from experiments import generalization as experiment
from experiments.commands import flags
from lstm_toys.figures.style import save
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import answering
from lstm_toys.statistics import measures
from lstm_toys.studies.generalization import figures, results, tiles
from lstm_toys.studies.generalization.settings import Axis, Grid
from lstm_toys.tasks.families import FAMILIES

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


def written(tmp_path, params, grid, *, seeds=7, model=None, asked=("y",)):
    """What an evaluation writes of one grid, by measure."""
    model = model or Stack(1, (6,))
    some = jax.tree.map(lambda leaf: leaf[:seeds], params)
    counted = []
    swept = tiles.Sweep(model, asked, some, np.arange(seeds) == 1, TIMESTEPS, 4, counted.append)
    swept.write((grid,), tmp_path / "results.nc", {"flags": {}})
    assert sum(counted) == seeds * grid.shape[0] * grid.shape[1]
    with h5netcdf.File(tmp_path / "results.nc", "r") as file:
        group = file[grid.name]
        return {name: group[name][...] for name in tiles.measure_names(asked, model.sequence)}


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


def test_bits_do_not_depend_on_where_a_large_grid_is_cut(tmp_path, params):
    axis = Axis("frequency", 5.0, 40.0, 500)
    many = Grid("plane", "sine", (Axis("amplitude", 0.1, 0.2, 2), axis), SINES)
    last = Grid("row", "sine", (Axis("amplitude", 0.2, 0.2, 1), axis), SINES)
    whole, row = written(tmp_path, params, many), written(tmp_path, params, last)
    assert tiles.TILE_POINTS // TIMESTEPS < 2 * 500
    for name, values in whole.items():
        np.testing.assert_array_equal(row[name], values[:, 1:], err_msg=name)


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


def test_what_is_read_off_a_curve_is_held_against_its_parameters(tmp_path, params):
    model = Stack(1, (6,), sequence=False)
    grid = Grid("plane", "sine", (AMPLITUDE, FREQUENCY), SINES)
    found = written(tmp_path, params, grid, model=model, asked=("amplitude",))
    x = jnp.linspace(0.0, 1.0, TIMESTEPS)
    a, w = (axis.ravel() for axis in np.meshgrid(AMPLITUDE.values, FREQUENCY.values, indexing="ij"))
    curves = FAMILIES["sine"].curves(x, {"amplitude": a, "frequency": w, "phase": 0.3, "offset": a})
    answers = answering.answers(model, params, curves[:, :, None])[..., 0]
    np.testing.assert_allclose(found["answer_amplitude"].reshape(7, -1), answers, atol=1e-5)
    np.testing.assert_allclose(found["error_amplitude"].reshape(7, -1), np.abs(answers - a), atol=1e-5)


def test_a_file_is_read_back_labeled_without_the_seeds_that_diverged(tmp_path, params):
    written(tmp_path, params, Grid(results.TRAINING, "sine", (AMPLITUDE, FREQUENCY), SINES))
    with results.opened(tmp_path / "results.nc") as found:
        assert found.seeds.tolist() == [0, 2, 3, 4, 5, 6]
        assert found.training.rmse.dims == ("seed", "amplitude", "frequency")
        np.testing.assert_allclose(found.training.amplitude, AMPLITUDE.values)
        expected = np.median(found.training.rmse.values[found.seeds], axis=0)
        np.testing.assert_array_equal(results.over_seeds(found.training.rmse, found.seeds, results.median), expected)


def test_a_median_needs_a_number_of_half_of_the_seeds():
    values = np.array([[1.0, 1.0, np.nan], [np.nan, 3.0, np.nan], [np.nan, 5.0, np.nan], [4.0, np.nan, np.nan]])
    np.testing.assert_array_equal(results.median(values), [2.5, 3.0, np.nan])


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "results.nc").write_bytes(b"nothing")
    with pytest.raises(results.Damaged, match="is damaged"), results.opened(tmp_path / "results.nc"):
        pass


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--amplitude", "2:1:3"], "--amplitude=2:1:3: takes low:high:count"),
        (["--amplitude", "1:2"], "takes low:high:count"),
        (["--frequency", "1:2:0"], "takes low:high:count"),
        (["--frequency", "nan"], "takes low:high:count"),
        (["--phase", "1:2:1"], "takes low:high:count"),
        (["--length", "50:100:3"], "no fewer points than the training curves"),
        (["--spacing", "0"], "from 1e-05 to 0.1"),
        (["--task", "hill"], "takes one of sine, amplitude, slope_intercept"),
        (["--timesteps", "5"], "at least 10"),
        (["--seeds", "0"], "--seeds=0"),
        (["--nothing", "1"], "Unknown command line flag 'nothing'"),
        (["64"], "stray argument '64'"),
        (["--curve", "/nowhere.csv"], "No such file"),
    ],
)
def test_a_wrong_flag_is_told_in_one_line(arguments, told):
    with pytest.raises(flags.Bad, match=r"^[^\n]*$") as raised:
        experiment.parse(arguments)
    assert told in str(raised.value)


def test_flags_of_the_training_and_of_the_grids_stand_in_any_order():
    _, settings, options = experiment.parse(
        ["--seeds", "3", "--amplitude", "0.2:0.4:3", "--publish", "--frequency=20", "--steps", "7", "--quiet"]
    )
    assert (settings.trained.seeds, settings.trained.steps, options.publish, options.quiet) == (3, 7, True, True)
    by_name = {grid.name: grid for grid in settings.grids}
    assert by_name["amplitude_frequency"].shape == (3, 1)
    assert dict(by_name["amplitude_phase"].parameters) == {"frequency": 20.0, "offset": "amplitude"}
    assert dict(by_name["offset_amplitude"].parameters) == {"frequency": 20.0, "phase": 0.0}
    assert by_name["training"].cells(0, 1, 100) == {
        "amplitude": [0.3],
        "frequency": [10.0],
        "phase": [0.0],
        "offset": [0.3],
        "length": [100.0],
        "spacing": [pytest.approx(1 / 99)],
    }


def test_another_training_amplitude_moves_the_training_point():
    subject, settings, _ = experiment.parse(["--train_amplitude", "0.6"])
    assert experiment.trained_on(subject, settings.trained)["offset"] == (0.6, 0.6)
    assert settings.grids[0].cells(0, 1, 100)["offset"] == [0.6]


def test_the_help_names_every_flag():
    with pytest.raises(flags.Help) as raised:
        experiment.parse(["--task", "amplitude", "--help"])
    assert all(f"--{name}\n" in str(raised.value) for name in (*experiment.FLAGS, "seeds", "steps"))


def test_curves_are_the_columns_of_a_table(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("up, down\n0,1\n0.5,0.5\n\n1,0\n")
    assert [(c.name, c.values) for c in experiment.read_curves(path)] == [("up", (0, 0.5, 1)), ("down", (1, 0.5, 0))]
    path.write_text("0.1\n0.2\n")
    assert [(c.name, c.values) for c in experiment.read_curves(path)] == [("curve 1", (0.1, 0.2))]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "at least 2 rows"),
        (b"y\n0.1\n", "at least 2 rows of numbers, the y of successive time points; has 1"),
        (b"0.1,0.2\n0.3\n", "row 2 has 1 columns, and the first has 2"),
        (b"y\n0.1\nhigh\n", "row 3 holds 'high'"),
        (b"0.1\nnan\n", "row 2 holds 'nan'"),
        (b"0.1\ninf\n", "row 2 holds 'inf'"),
        (b"a,a\n1,2\n3,4\n", "the same name"),
        (b"\xff\xfe\x00", "is no CSV file"),
    ],
)
def test_a_bad_table_is_told_in_one_line(tmp_path, content, told):
    (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(flags.Bad, match=r"^flag --curve=[^\n]*$") as raised:
        experiment.read_curves(tmp_path / "mine.csv")
    assert told in str(raised.value)


SMALL = [*("--seeds", "3", "--steps", "20", "--timesteps", "20", "--hidden", "5", "--quiet")]
AXES = [
    *("--amplitude", "0.1:0.5:4", "--frequency", "5:15:3", "--phase", "0", "--offset", "0.3"),
    *("--slope=-1:1:3", "--intercept=-1:1:3", "--length", "20", "--spacing", "0.05"),
]


def run(folder, *arguments):
    return experiment.run_all([*SMALL, *arguments, "--results_dir", str(folder)])


def folder_of(results: Path) -> Path:
    (folder,) = (results / "runs").glob("generalization_*")
    return folder


def test_a_small_run_from_flags_to_figures(tmp_path, capsys):
    arguments = ("--task", "slope_intercept", *AXES)
    with jax.numpy_dtype_promotion("standard"):  # Optax's Adam mixes types.
        assert run(tmp_path, *arguments, "--publish") == 0
    folder = folder_of(tmp_path)
    assert {path.name for path in folder.glob("*.png")} == {"axes.png", "seeds.png", "slope_intercept.png"}
    assert (tmp_path / "generalization_slope_intercept" / "axes.png").is_file()
    metrics = json.loads((folder / "metrics.json").read_text())
    with results.opened(folder / "results.nc") as found:
        assert list(found.grids) == ["slope_intercept", "length_slope", "spacing_slope"]
        for grid in found.grids.values():
            assert grid.error_slope.dims == ("seed", *results.axes(grid))
            assert np.isfinite(grid.error_slope.values).all()
        medians = np.median(found.training.error_slope.values, axis=(1, 2))
    assert metrics["summary"]["training, error of slope"]["median"] == pytest.approx(np.median(medians))
    before = (folder / "results.nc").stat().st_mtime_ns
    (folder / "axes.png").unlink()
    assert run(tmp_path, *arguments, "--replot") == 0
    assert (folder / "axes.png").is_file()
    assert (folder / "results.nc").stat().st_mtime_ns == before
    assert capsys.readouterr().err == ""


@pytest.fixture
def hand_made():
    """Results on two planes, with numbers that are known and some that are missing."""
    random = np.random.default_rng(0)

    def grid(**axes):
        shape = tuple(len(values) for values in axes.values())
        columns = {
            name: (("seed", *axes), random.uniform(0.5, 1.5, (6, *shape)).astype(np.float32))
            for name in measures.MEASURES
        }
        columns["delay"][1][:, 0] = np.nan
        return xr.Dataset(columns, axes)

    sines = grid(amplitude=np.linspace(0.1, 1.0, 4), frequency=np.linspace(5, 40, 5))
    sines["rmse"] = sines.rmse * sines.amplitude
    training = grid(amplitude=[0.3], frequency=[10.0])
    training["rmse"][:] = [[[0.1]], [[0.2]], [[0.3]], [[0.4]], [[9.0]], [[0.3]]]
    lines = grid(slope=np.linspace(-1, 1, 3), intercept=np.linspace(-1, 1, 4))
    planes = {"amplitude_frequency": sines, "slope_intercept": lines}
    return results.Maps(np.array([0, 1, 2, 3, 5]), xr.Dataset(), training, planes)


TRAINED = {"amplitude": (0.3, 0.3), "frequency": (10.0, 10.0)}


def test_errors_are_held_against_the_median_seed_on_the_training_curve(hand_made):
    assert results.doubled(hand_made, "rmse") == pytest.approx(0.6)
    rows = results.summary(hand_made)
    share = (hand_made.grids["amplitude_frequency"].rmse.values[hand_made.seeds] < 0.6).mean(axis=(1, 2))
    assert rows["amplitude x frequency, RMSE, share below twice"].value == pytest.approx(np.median(share))


def test_heat_maps_show_medians_mark_the_training_point_and_where_the_error_doubles(hand_made):
    figure = figures.heat_maps(hand_made, "amplitude_frequency", TRAINED, {"phase": 0.0, "offset": "amplitude"})
    panels = {axes.get_title(): axes for axes in figure.axes if axes.get_title()}
    assert len(panels) == 4
    rmse = panels["RMSE over x ≥ 0.1"]
    expected = np.median(hand_made.grids["amplitude_frequency"].rmse.values[hand_made.seeds], axis=0)
    np.testing.assert_allclose(rmse.collections[0].get_array(), expected)
    assert [line.get_xydata().tolist() for line in rmse.lines] == [[[10.0, 0.3]]]
    assert sum(hasattr(each, "levels") for each in rmse.collections) == 1
    assert np.isnan(np.ma.filled(panels["Delay in x"].collections[0].get_array(), np.nan)[0]).all()
    assert "offset = A" in figure.get_suptitle()
    lines = figures.heat_maps(hand_made, "slope_intercept", TRAINED, {})
    assert not [line for axes in lines.axes if axes.get_title() for line in axes.lines]


def test_lines_go_through_the_training_point(hand_made):
    through = {"amplitude": 0.41, "frequency": 14.0, "slope": 0.0, "intercept": 0.3}
    figure = figures.along_axes(hand_made, TRAINED, through)
    along = {axes.get_xlabel(): axes for axes in figure.axes if axes.get_visible()}
    assert list(along) == ["amplitude A", "frequency ω (rad per x)", "slope", "intercept"]
    rmse = hand_made.grids["amplitude_frequency"].rmse.values[hand_made.seeds]
    np.testing.assert_allclose(along["amplitude A"].lines[0].get_ydata(), np.median(rmse[:, :, 1], axis=0))
    np.testing.assert_allclose(along["frequency ω (rad per x)"].lines[0].get_ydata(), np.median(rmse[:, 1], axis=0))


def test_every_seed_has_a_map_of_its_own(hand_made, tmp_path):
    figure = figures.seeds_apart(hand_made, "amplitude_frequency", TRAINED)
    seen = [axes for axes in figure.axes if axes.get_visible() and axes.texts]
    assert [axes.texts[0].get_text() for axes in seen] == [f"seed {seed}" for seed in hand_made.seeds]
    save(figure, tmp_path / "seeds.png")


@pytest.mark.long
def test_curves_of_ones_own_are_answered_with_bands(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("up,down\n" + "\n".join(f"{k / 29},{1 - k / 29}" for k in range(30)))
    assert run(tmp_path, "--curve", str(path)) == 0
    folder = folder_of(tmp_path)
    assert (folder / "curves.png").is_file()
    with results.opened(folder / "results.nc") as found:
        assert found.root.answer.dims == ("seed", "curve", "time")
        assert found.root.curve.values.tolist() == ["up", "down"]
        np.testing.assert_allclose(found.root.time, np.arange(30) / 19, rtol=1e-6)
        wrong = np.square(found.root.answer - found.root.input).values[:, :, np.arange(30) / 19 >= 0.1]
        np.testing.assert_allclose(found.root.rmse, np.sqrt(wrong.mean(axis=-1)), rtol=1e-4)


def test_nothing_to_redraw_is_told(tmp_path, capsys):
    assert run(tmp_path, *AXES, "--replot") == 2
    assert "there is no finished run to redraw" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
