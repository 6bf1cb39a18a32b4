"""Experiments that train on from another run, or with a penalty."""

import dataclasses
import sys

import jax
import jax.numpy as jnp
import numpy as np

import lstm_toys as lt
from conftest import carry_out, context
from lstm_toys.runs import lifecycle
from lstm_toys.runs.origin import Command
from lstm_toys.studies.sweep.settings import SweepSettings, expand
from lstm_toys.studies.sweep.study import Sweep
from lstm_toys.studies.training.study import Training

SINE = {"amplitude": 0.3, "frequency": 4.0, "phase": 0.0, "offset": 0.3}
SHARED = {"steps": 5, "learning_rate": 0.1, "hidden": (3,), "timesteps": 12}


def task(x):
    return lt.reproduce("sine", SINE, x)


def other(x):
    return lt.reproduce("sine", {**SINE, "frequency": 8.0}, x)


def weights(params, _, numbers):
    return numbers["cost"] * sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(params))


FIRST = lt.Experiment(name="first", doc="A sine.", defaults=SHARED, task=task)
SECOND = lt.Experiment(
    name="second",
    doc="A faster sine.",
    defaults=SHARED,
    task=other,
    numbers={"cost": 0.01},
    penalty=weights,
    initial=lambda settings: lt.ask(FIRST, f"--seeds={settings.seeds}"),
)


def third(settings):
    return {"third": (dataclasses.replace(FIRST, name="third"), dataclasses.replace(settings, experiment="third"))}


def test_a_run_trains_on_from_another_without_its_companions_and_is_named_by_its_networks(
    tmp_path, monkeypatch, capsys
):
    arguments = ["--seeds=2", f"--results_dir={tmp_path}", "--quiet"]
    assert carry_out(SECOND, [*arguments, "--train_cost=0.001"]) == 0
    runs = {path.name.split("-")[0]: path for path in (tmp_path / "runs").iterdir()}
    first, second = lt.load(runs["first"]), lt.load(runs["second"])
    x = lt.time_points(12)
    options = {"seeds": 2, "steps": 5, "learning_rate": 0.1, "penalty": weights, "numbers": {"cost": 0.001}}
    expected = lt.train(other(x), first.model, initial=first, block=second.block, **options)
    jax.tree.map(np.testing.assert_array_equal, second.params, expected.params)
    np.testing.assert_allclose(second.results.training.train_penalty, expected.results.training.train_penalty)
    capsys.readouterr()
    assert carry_out(SECOND, [*arguments, "--train_cost=0.001"]) == 0
    assert capsys.readouterr().out.split() == [str(runs["second"])]
    monkeypatch.setattr(sys.modules[__name__], "FIRST", dataclasses.replace(FIRST, task=other, companions=third))
    assert carry_out(SECOND, [*arguments, "--train_cost=0.001"]) == 0
    reported = [path.parent.name.split("-")[0] for path in tmp_path.glob("runs/*/report.json")]
    assert sorted(reported) == ["first", "first", "second", "second"]
    assert len([*(tmp_path / "runs").iterdir()]) == 4


def test_populations_of_a_sweep_train_on_from_the_run_of_their_own_settings(tmp_path):
    def initial(settings):
        return lt.ask(FIRST, f"--seeds={settings.seeds}", f"--learning_rate={settings.learning_rate}")

    second, axes = dataclasses.replace(SECOND, initial=initial), [("learning_rate", ["0.1", "0.3"]), ("steps", "24")]
    settings, _ = expand(second, axes, {"seeds": 2})
    every = [Sweep(second, SweepSettings("sweep", settings=settings)), *(Training(second, each) for each in settings)]
    asked = context(tmp_path, 4)
    with jax.numpy_dtype_promotion("standard"):
        studies = lifecycle.Work(Command(asked.options), asked.console, asked.interruption).carry_out(lambda: every)
    assert len([*(tmp_path / "runs").glob("first-*")]) == 2
    swept, *alone = (lt.load(study.run.folder) for study in studies)
    for each, own in zip(alone, settings, strict=True):
        same = swept.sel(learning_rate=own.learning_rate).at(own.steps)
        jax.tree.map(np.testing.assert_array_equal, same.params, each.params)
        losses = each.results.training.train_loss
        np.testing.assert_array_equal(same.results.training.train_loss.sel(step=losses.step), losses)
