"""Slow points in named periods: from the command to results, against steps of the networks and maps in closed form."""

import json

import jax
import majority
import numpy as np
import pytest
from commands import dynamics
from drawn import assert_legible
from maps import linear, rotation

import lstm_toys as lt
from conftest import reported
from lstm_toys.cli import command
from lstm_toys.dynamics.system import each_network, once, system_of
from lstm_toys.results import storage
from lstm_toys.studies.dynamics import analysis, figures

HELD = {"zero": 0.0, "one": 1.0}


@pytest.mark.long
def test_the_command_finds_slow_points_that_move_in_a_step_of_their_network_as_far_as_the_file_says(world):
    """Descents begin in states before the ends of sequences, where inputs are those of the period."""
    studied, saved = world("dynamics_majority"), lt.load(world("majority").run)
    found = storage.load_results(studied.run / "results.nc", set())
    assert found.period.values.tolist() == [*HELD]
    system, (_, task) = system_of(saved, 1), majority.EXPERIMENT.at(20)
    made = task.training_set(jax.random.key(0), {})
    states = lt.states(saved, made.inputs)
    places = [each.split("/") for each in found.state.values]
    every = np.stack([states[layer][name][..., int(unit)] for layer, name, unit in places], axis=-1)
    for place, constant in enumerate(HELD.values()):
        before = found.slow_state.values[:, [place]]
        after, _ = each_network(once, system, saved.params, before, np.array([[constant]]))
        moved = np.linalg.norm(after - before, axis=-1)[:, 0]
        np.testing.assert_allclose(found.q[:, place], moved**2 / 2, atol=1e-9)
        np.testing.assert_allclose(found.speed[:, place], moved / float(found.time[1]), rtol=1e-6)
        visited = every[:, np.asarray(made.within & (made.inputs[..., 0] == constant))]
        begun = found.start.values[:, place]
        assert begun.shape[1] == 32
        assert np.abs(begun[:, :, None] - visited[:, None]).max(axis=-1).min(axis=-1).max() < 1e-5
    metrics = json.loads((studied.run / "metrics.json").read_text())
    below = np.median((found.smallest_q.sel(period="one").values <= 1e-6).mean(axis=1))
    median = metrics["summary"]["one: share of descents to q of at most 1e-06"]["median"]
    assert median == pytest.approx(below)
    (table, *_) = reported(command.only(command.plan(dynamics, studied.arguments)), metrics)
    assert [cell.plain for cell in table.columns[0].cells] == [*metrics["summary"]]


def test_maps_in_closed_form_have_their_modes_and_lie_as_they_do():
    system, params = linear(np.diag([1.0, 0.5]), rotation(0.3, 0.9))
    curves = np.random.default_rng(0).normal(size=(4, 10, 1)).astype(np.float32)
    within = np.ones((4, 10), bool)
    job = analysis.PeriodAnalysis(curves, np.zeros((1, 1)), 5, 1.0, within)
    found = job.analyzed(lt.Networks(system.model, params, block=8))
    found = found.assign_coords(period=["quiet"], time=np.arange(10.0))
    np.testing.assert_allclose(analysis.moduli(found)[:, 0, 0], [[1, 0.5], [0.9, 0.9]], rtol=1e-6)
    line, point = (analysis.period_summary(found.isel(seed=[seed])) for seed in range(2))
    assert line["quiet: variance of slow points along one direction"]["median"] == pytest.approx(1, abs=1e-3)
    modes = "quiet: modes of a slow point that outlast a sequence"
    assert (line[modes]["median"], point[modes]["median"]) == (1, 0)  # exp(-1 / 10) is 0.905.
    assert point["quiet: share with 1 stable point"]["median"] == 1
    np.testing.assert_allclose(found.exponent[:, 0], [0, np.log(0.9)], atol=1e-6)
    assert line["quiet: share whose largest exponent is not told apart from 0"]["median"] == 1
    assert point["quiet: share whose largest exponent is below 0"]["median"] == 1
    for figure in figures.draw(found).values():
        assert_legible(figure)
