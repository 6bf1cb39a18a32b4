"""The command that evaluates a population on grids: its flags, what it refuses, and what it leaves."""

import dataclasses
import re

import numpy as np
import pytest
from commands import generalization

import lstm_toys as lt
from conftest import carry_out, refusal
from experiments import hill
from lstm_toys.cli import command
from lstm_toys.tasks.parameters import Span

UNTRACED = lt.Family(lambda x, rate: np.exp(rate * x), (lt.Parameter("rate", 0.0, 1.0),))


def planned(*arguments):
    """The evaluation that a command line asks for."""
    return command.only(command.plan(generalization, arguments)).settings


def other_curves(x):
    return lt.reproduce("line", {"slope": 0.3, "intercept": 0.1}, x, ("x", "y"))


def of_plane(*plane):
    return {"planes": lambda _: [lt.grids.Plane(*plane)]}


@pytest.mark.usefixtures("as_users_have_it")
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"task": other_curves}, "other training curves than its task has"),
        (of_plane(UNTRACED, ("rate", "length")), "the family <lambda> cannot .*use jax.numpy"),
        (of_plane("line", "slope"), "made: ValueError: a plane must have two axes, each an"),
        (of_plane("line", ("slope", "x")), "there is no 'x'; its family has slope, intercept,"),
        (of_plane("line", ("length", "spacing")), "two different axes, one of them a param"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(changes, told, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "declared", lambda *_: dataclasses.replace(hill.EXPERIMENT, **changes))
    assert carry_out(generalization, ["--task=hill", "--timesteps=20", f"--results_dir={tmp_path}"]) == 2
    assert re.search(told, refusal(capsys))


def test_flags_of_the_training_and_of_the_grids_stand_in_any_order_and_move_the_training_curves():
    make, asked = command.plan(
        generalization, ["--seeds", "3", "--amplitude", "0.2:0.4:3", "--quiet", "--frequency=20", "--steps", "7"]
    )
    (study,) = make()
    settings = study.settings
    assert (settings.trained.seeds, settings.trained.steps, asked.options.quiet) == (3, 7, True)
    by_name = {grid.name: grid for grid in settings.grids}
    assert by_name["amplitude_frequency"].shape == (3, 1)
    assert dict(by_name["amplitude_phase"].parameters) == {"frequency": 20.0, "offset": "amplitude"}
    trained = {"curve": 0, "set": 0, "amplitude": 0.3, "frequency": 10, "phase": 0, "offset": 0.3, "length": 100}
    assert by_name["training"].cells(0, 1, 100, Span()) == {
        **{name: [value] for name, value in trained.items()},
        "spacing": [pytest.approx(1 / 99)],
    }
    work = command.only(command.plan(generalization, ["--train_amplitude", "0.6"]))
    assert work.subject.trained_on("sine")["offset"] == (0.6, 0.6)
    assert work.settings.grids[0].cells(0, 1, 100, Span())["offset"] == [0.6]


def test_an_experiment_without_planes_has_those_of_the_family_that_it_trains_on():
    for task, trained in {"line": {"slope": 0.176, "intercept": 0.3}, "hill_y": {"height": 0.3, "base": 0.3}}.items():
        (first, second), (training, *others) = trained, planned("--task", task).grids
        assert [grid.name for grid in others] == [f"{first}_{second}", f"length_{first}", f"spacing_{first}"]
        cells = training.cells(0, 1, 100, Span())
        assert {name: cells[name].tolist() for name in trained} == {name: [value] for name, value in trained.items()}


def test_where_every_network_draws_its_curves_others_of_the_same_ranges_stand_for_them():
    cells = planned("--task", "slope_intercept").grids[0].cells(0, 256, 100, Span())
    for name in ("slope", "intercept"):
        assert 0 <= cells[name].min() < 0.02
        assert 0.98 < cells[name].max() < 1
    assert abs(np.corrcoef(cells["slope"], cells["intercept"])[0, 1]) < 0.15
