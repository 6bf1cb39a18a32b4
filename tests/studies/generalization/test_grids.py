"""Evaluation on grids: bits that do not depend on how much is evaluated, against answers and plain formulas."""

import dataclasses
import json
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

import lstm_toys as lt
from experiments import sine
from experiments.research.papers import memory
from lstm_toys.cli import command
from lstm_toys.execution.devices import Executor
from lstm_toys.populations import answering
from lstm_toys.results import arrays
from lstm_toys.runs.experiment import parse
from lstm_toys.runs.flags import UsageError
from lstm_toys.runs.study import Refused
from lstm_toys.statistics import measures
from lstm_toys.studies.generalization import measuring
from lstm_toys.studies.generalization.settings import Evaluation, Grid, grids_of
from lstm_toys.studies.generalization.study import of
from lstm_toys.tasks.families import FAMILIES
from lstm_toys.tasks.parameters import TRAINING, Axis

SAME = lt.reproduce(np.zeros((1, 20, 1)))


def test_lengths_begin_at_that_of_the_training():
    study = lt.ask(memory.EXPERIMENT, "--timesteps=60", study="generalization")
    assert study.settings.lengths == tuple(range(60, 601, 60))


@pytest.fixture(scope="module")
def saved(world):
    return lt.load(world("sine").run)


@pytest.fixture(scope="module")
def evaluated(world):
    return lt.load_results(world("generalization").run / "results.nc")


def answers_to(saved, curves):
    return lt.answers(saved, np.float32(curves)[:, :, None])[..., 0]


def test_a_grid_has_the_measures_of_answers_to_its_curves(saved, evaluated):
    found = evaluated["amplitude_frequency"]
    x = np.linspace(0, 1, 20, dtype=np.float32)
    cells = [(a, w) for a in found.parameter_amplitude.values for w in found.parameter_frequency.values]
    curves = np.float32([a + a * np.sin(w * x) for a, w in cells])
    measure = jax.jit(lambda *one: measures.all_measures(measures.AnsweredCurve.copied(*one)))
    for seed, answers in enumerate(answers_to(saved, curves)):
        for cell, (answer, curve) in enumerate(zip(answers, curves, strict=True)):
            for name, value in measure(jnp.asarray(answer), jnp.asarray(curve), jnp.asarray(x)).items():
                own = found[name].values[seed].flat[cell]
                np.testing.assert_allclose(own, value, rtol=2e-3, atol=2e-4, err_msg=f"{name} of {cells[cell]}")


def test_errors_are_taken_over_the_last_points_of_longer_sequences_and_the_same_x_at_other_spacings(saved, evaluated):
    x = np.arange(40) / 19
    longer, denser = evaluated["length_amplitude"], evaluated["spacing_frequency"]
    for length in longer.length.values.astype(int):
        curves = np.array([a + a * np.sin(10 * x[:length]) for a in longer.parameter_amplitude.values])
        wrong = (answers_to(saved, curves) - curves)[:, :, length - 20 :][:, :, x[:20] >= 0.1]
        np.testing.assert_allclose(longer.rmse.sel(length=length), np.sqrt((wrong**2).mean(-1)), rtol=1e-3)
    for spacing in denser.spacing.values:
        x = np.arange(round(1 / spacing) + 1) * spacing
        curves = np.array([0.3 + 0.3 * np.sin(w * x) for w in denser.parameter_frequency.values])
        wrong = (answers_to(saved, curves) - curves)[:, :, x >= 0.1]
        np.testing.assert_allclose(denser.rmse.sel(spacing=spacing), np.sqrt((wrong**2).mean(-1)), rtol=1e-3)


def test_metrics_and_report_are_about_the_goal_and_about_grids_with_frequencies(world, evaluated):
    ran = world("generalization")
    metrics, found = json.loads((ran.run / "metrics.json").read_text()), evaluated["amplitude_frequency"]
    share = np.median((found.goal_error.values <= 0.02).mean(axis=(1, 2)))
    assert metrics["summary"]["amplitude x frequency, RMSE, share below 0.02"]["median"] == share
    error = np.median(found.rmse.values, axis=(1, 2))
    assert metrics["summary"]["amplitude x frequency, RMSE"]["median"] == pytest.approx(np.median(error))
    assert metrics["sines"].keys() == {"amplitude_frequency", "spacing_frequency"}
    drawn = evaluated.children.keys() - {"training"} | {"axes"}
    assert {path.name for path in ran.run.glob("*.png")} == {f"{name}.png" for name in drawn}
    gain = metrics["sines"]["amplitude_frequency"]["largest_gain"]
    assert gain["median"] == pytest.approx(np.median(found.gain.values, axis=0).max())
    assert f"amplitude x frequency: largest median gain {gain['median']:.3g} at" in " ".join(ran.printed.split())


def test_a_network_that_diverged_counts_nowhere(world, evaluated, tmp_path):
    lost = arrays.of_networks(evaluated, {"diverged": ("seed", np.arange(3) == 1)})
    lt.save_results(lost, path := tmp_path / "results.nc")
    study = command.only(command.plan(Evaluation, world("generalization").arguments)).placed(tmp_path, {})
    vars(study)["run"] = SimpleNamespace(checked=lambda _: path)
    error = np.median(evaluated[TRAINING].rmse.values[[0, 2]])
    assert study.metrics()["summary"]["training, RMSE"]["median"] == pytest.approx(error)


AMPLITUDE = Axis("amplitude", 0.1, 1.0, 5)
FREQUENCY = Axis("frequency", 5.0, 40.0, 3)
SINES = (("phase", 0.3), ("offset", "amplitude"))
PLANE = Grid(TRAINING, "sine", (AMPLITUDE, FREQUENCY), SINES)
UNIT = lt.Span()


@pytest.fixture(scope="module")
def params():
    """Seven untrained networks."""
    model, keys = lt.Stack(1, (4,)), jax.random.split(jax.random.key(0), 7)
    tree = jax.lax.map(lambda key: model.init(key, jnp.zeros((1, 2, 1)))["params"], keys)
    return jax.tree.map(lambda leaf: 3 * np.asarray(leaf), tree)


def measured(params, grid, *, seeds=7, task=SAME, span=UNIT):
    """What an evaluation finds on one grid, by measure."""
    model, every = lt.Stack(1, (4,), sequence=task.sequence), np.arange(len(jax.tree.leaves(params)[0]))
    trained = lt.Networks(model, params, diverged=every == 1)[:seeds]
    about = {"task": task, "goal": lt.Goal(rmse=0.02), "span": span, "timesteps": 20}
    job = measuring.GridMeasures(**about, grids=(grid,), families=FAMILIES)
    counted = []
    found = job.measured(trained, Executor(), counted.append)[grid.name]
    assert counted[-1] == seeds * grid.shape[0] * grid.shape[1]
    return {name: each.values for name, each in found.data_vars.items()}


def test_each_plane_has_a_name_of_its_own():
    planes = [lt.grids.Plane("sine", ("amplitude", "frequency"), at={"offset": each}) for each in (0.1, 0.3, 0.5, 0.7)]
    experiment = dataclasses.replace(sine.EXPERIMENT, planes=lambda _: planes)
    _, (_, *grids) = grids_of(experiment, parse(experiment, [])[0], {})
    plain = "amplitude_frequency"
    assert [each.name for each in grids] == [plain, *(f"sine_{plain}{end}" for end in ("", "_2", "_3"))]
    assert [dict(each.parameters)["offset"] for each in grids] == [0.1, 0.3, 0.5, 0.7]


@pytest.mark.parametrize(
    ("at", "held"),
    [
        ({"offset": "phase", "phase": "amplitude"}, {"offset": "amplitude", "phase": "amplitude"}),
        ({"offset": "phase", "phase": 0.3}, {"offset": "phase", "phase": 0.3}),
        ({"offset": "phase", "phase": "offset"}, "phase = offset = phase is a circle; hold one of them at a number"),
        ({"offset": "offset"}, "offset = offset is a circle"),
    ],
)
def test_a_parameter_is_held_at_another_that_is_held_at_one(at, held):
    plane = lt.grids.Plane("sine", ("amplitude", "frequency"), at=at)
    experiment = dataclasses.replace(sine.EXPERIMENT, planes=lambda _: [plane])
    settings = parse(experiment, [])[0]
    if isinstance(held, str):
        with pytest.raises(UsageError, match=held):
            grids_of(experiment, settings, {})
        return
    _, (_, grid) = grids_of(experiment, settings, {})
    assert dict(grid.parameters) == held
    cells = grid.cells(0, 5, 20, experiment.span)
    np.testing.assert_array_equal(cells["offset"], cells["phase"])


def test_curves_shorter_than_those_of_the_training_and_scaled_ones_are_refused():
    shorter = lt.grids.Plane("sine", ("amplitude", lt.grids.Axis(lt.grids.LENGTH, 10, 40, 4)))
    experiment = dataclasses.replace(sine.EXPERIMENT, planes=lambda _: [shorter])
    with pytest.raises(UsageError, match="--length: must be at least 20, the number of points of the training curves"):
        Evaluation.parse(experiment, {"timesteps": 20})
    scaled = dataclasses.replace(sine.EXPERIMENT, scaling=lt.Scaling.fitted(np.arange(5.0)[None, :, None]))
    subject, settings, _ = Evaluation.parse(scaled, {})
    with pytest.raises(Refused, match="its networks are shown scaled curves"):
        of(subject, settings).check()


def test_frequencies_of_sines_are_in_rad():
    grid = xr.Dataset(coords={measuring.FREQUENCY: (measuring.FREQUENCY, [1.0, 2.0], {"units": "rad/s"})})
    assert measuring.of_sines(grid)
    grid[measuring.FREQUENCY].attrs["units"] = "Hz"
    assert not measuring.of_sines(grid)


def test_what_is_read_off_a_curve_is_held_against_its_parameters(params):
    read = dataclasses.replace(SAME, output_features=("amplitude",), sequence=False, reproduces=False)
    found = measured(params, PLANE, task=read)
    x = jnp.linspace(0.0, 1.0, 20)
    a, w = (axis.ravel() for axis in np.meshgrid(AMPLITUDE.values, FREQUENCY.values, indexing="ij"))
    curves = FAMILIES["sine"].curves(x, {"amplitude": a, "frequency": w, "phase": 0.3, "offset": a})
    answers = answering.answers((lt.Stack(1, (4,), sequence=False), params), curves[:, :, None])[..., 0]
    np.testing.assert_allclose(found["answer"].reshape(7, -1), answers, atol=1e-5)
    np.testing.assert_allclose(found["error"].reshape(7, -1), np.abs(answers - a), atol=1e-5)


@pytest.mark.long
def test_bits_do_not_depend_on_the_number_of_networks_and_curves_nor_where_a_large_grid_is_cut(params):
    axis = Axis("frequency", 5.0, 40.0, 750)
    many = Grid(TRAINING, "sine", (Axis("amplitude", 0.1, 0.2, 2), axis), SINES)
    last = Grid("row", "sine", (Axis("amplitude", 0.2, 0.2, 1), axis), SINES)
    assert measuring.TILE_POINTS // 20 < 2 * 750
    row, fewer = measured(params, last), measured(params, many, seeds=2)
    whole = measured(params, many)
    for name, values in whole.items():
        np.testing.assert_array_equal(row[name], values[:, 1:], err_msg=name)
        np.testing.assert_array_equal(fewer[name], values[:2], err_msg=name)


@pytest.mark.long
def test_x_over_another_range_only_scales_what_has_its_unit(params):
    """Sines over x from 2 to 7 that have the same values as others over x from 0 to 1."""
    found = []
    for frequency, phase, span in ((1.0, 0.3 - 2.0 * 1.0, lt.Span(2, 7)), (5.0, 0.3, UNIT)):
        axes = (AMPLITUDE, Axis("frequency", frequency, frequency, 1))
        grid = Grid("plane", "sine", axes, (("phase", phase), ("offset", "amplitude")))
        found.append(measured(params, grid, span=span))
    stretched, plain = found
    scaled = {"delay": plain["delay"] * 5, "valley_place": 2 + plain["valley_place"] * 5}
    scaled["frequency_answered"] = plain["frequency_answered"] / 5
    for name in ("rmse", "gain", "offset_added", "valley_depth", "nonlinearity", "peak_to_peak", *scaled):
        tolerance = {"rtol": 2e-2, "atol": 1e-2} if name == "delay" else {"rtol": 2e-3, "atol": 2e-4}
        np.testing.assert_allclose(stretched[name], scaled.get(name, plain[name]), err_msg=name, **tolerance)
