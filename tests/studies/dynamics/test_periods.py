"""Slow points in named periods: from the command to results, against steps of the networks and maps in closed form."""

import json

import jax
import jax.numpy as jnp
import majority
import numpy as np
import pytest
from drawn import assert_legible
from maps import linear, rotation

import lstm_toys as lt
from conftest import carry_out, reported
from experiments import dynamics
from lstm_toys.populations.states import inside
from lstm_toys.results import storage
from lstm_toys.studies.dynamics import periods, slow_figures
from lstm_toys.studies.dynamics.analysis import AnalyzedNetworks

HELD = {"zero": 0.0, "one": 1.0}


@pytest.fixture(scope="module")
def studied(world):
    return world("dynamics_majority")


@pytest.fixture(scope="module")
def found(studied):
    return storage.load_results(studied.run / "results.nc", set())


@pytest.fixture(scope="module")
def saved(world):
    return lt.load(world("majority").run)


def flat(found, states):
    """States by layer and name in the order of the file's states."""
    places = [each.split("/") for each in found.state.values]
    return np.stack([states[layer][name][..., int(unit)] for layer, name, unit in places], axis=-1)


def test_slow_points_move_in_a_step_of_their_network_as_far_as_the_file_says(saved, found):
    assert found.period.values.tolist() == [*HELD]
    before = found.slow_state.values
    for place, constant in enumerate(HELD.values()):
        initial = {}
        for number, (layer, name, _) in enumerate(each.split("/") for each in found.state.values):
            initial.setdefault(layer, {}).setdefault(name, []).append(before[:, place, :, number])
        initial = {layer: {name: np.stack(each, -1) for name, each in own.items()} for layer, own in initial.items()}
        shown = jnp.full((before.shape[2], 1, 1), constant, jnp.float32)
        after = []
        for seed in range(len(before)):
            own = jax.tree.map(lambda leaf, seed=seed: jnp.asarray(leaf[seed], jnp.float32), (saved.params, initial))
            after.append(flat(found, inside(saved.model, own[0], shown, own[1])[1])[:, 0])
        moved = np.linalg.norm(after - before[:, place], axis=-1)
        np.testing.assert_allclose(found.q[:, place], moved**2 / 2, atol=1e-6)
        np.testing.assert_allclose(found.speed[:, place], moved / float(found.time[1]), atol=2e-2)


def test_descents_begin_in_states_before_the_ends_of_sequences_where_inputs_are_those_of_the_period(saved, found):
    _, task = majority.EXPERIMENT.at(20)
    made = task.made(jax.random.key(0), {})
    every = flat(found, lt.states(saved.model, saved.params, made.inputs))
    for name, constant in HELD.items():
        visited = every[:, np.asarray(made.within & (made.inputs[..., 0] == constant))]
        begun = found.start.sel(period=name).values
        assert begun.shape[1] == 32
        assert np.abs(begun[:, :, None] - visited[:, None]).max(axis=-1).min(axis=-1).max() < 1e-5


def test_the_summary_counts_points_and_networks(studied, found):
    metrics = json.loads((studied.run / "metrics.json").read_text())
    summary = metrics["summary"]
    below = np.median((found.smallest_q.sel(period="one").values <= 1e-6).mean(axis=1))
    assert summary["one: share of descents to q of at most 1e-06"]["median"] == pytest.approx(below)
    shares = [row["median"] for name, row in summary.items() if name.startswith("zero: share with")]
    assert sum(shares) == pytest.approx(1)
    (table, *_) = reported(
        dynamics.plan(studied.arguments).asks[0], json.loads((studied.run / "metrics.json").read_text())
    )
    assert [cell.plain for cell in table.columns[0].cells] == [*summary]


def test_maps_in_closed_form_have_their_modes_and_lie_as_they_do():
    system, params = linear(np.diag([1.0, 0.5]), rotation(0.3, 0.9))
    curves = np.random.default_rng(0).normal(size=(4, 10, 1)).astype(np.float32)
    within = np.ones((4, 10), bool)
    analysis = periods.PeriodAnalysis(system.model, curves, within, np.zeros((1, 1)), 5, 1.0, 8)
    found = analysis.analyzed(AnalyzedNetworks(slice(0, 2), {0: params}))
    found = found.assign_coords(period=["quiet"], time=np.arange(10.0))
    np.testing.assert_allclose(periods.moduli(found)[:, 0, 0], [[1, 0.5], [0.9, 0.9]], rtol=1e-6)
    np.testing.assert_allclose(periods.shares(found)[0, 0], [1, 0], atol=1e-3)
    line, point = (periods.measured(found.isel(seed=[seed]))["summary"] for seed in range(2))
    modes = "quiet: modes of a slow point that outlast a sequence"
    assert (line[modes]["median"], point[modes]["median"]) == (1, 0)  # exp(-1 / 10) is 0.905.
    assert point["quiet: share with 1 stable point"]["median"] == 1


def test_every_figure_is_drawn_and_legible(studied, found):
    drawn = slow_figures.draw(found)
    assert {path.name for path in studied.run.glob("*.png")} == drawn.keys()
    for figure in drawn.values():
        assert_legible(figure)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--hold=zero"], "takes NAME=number,number,..."),
        (["--hold=zero=0", "--hold=zero=1"], "the period zero is given twice"),
        (["--hold=zero=0", "--inputs=0:1:2"], "flag --inputs: has no effect with --hold"),
        (["--hold=zero=0", "--keep_steps=1"], "flag --keep_steps: has no effect with --hold"),
        (["--hold=zero=0,1"], "the input of the period zero must be 1 number, for bit, not 2"),
    ],
)
def test_a_period_that_cannot_be_held_is_refused_in_one_line(flags, said, tmp_path, capsys):
    assert carry_out(dynamics, ["--task=majority", *flags, f"--results_dir={tmp_path}"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
