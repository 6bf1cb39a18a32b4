"""Experiments that train on from another run, or with a penalty."""

import dataclasses
import sys

import jax
import jax.numpy as jnp
import numpy as np

import lstm_toys as lt
from conftest import carry_out, context, refusal
from lstm_toys.runs.experiment import parse
from lstm_toys.runs.lifecycle import Lifecycle
from lstm_toys.runs.origin import Command
from lstm_toys.studies.sweep.settings import SweepSettings, expand
from lstm_toys.studies.sweep.study import Sweep

SINE = {"amplitude": 0.3, "frequency": 4.0, "phase": 0.0, "offset": 0.3}
SHARED = {"steps": 5, "learning_rate": 0.1, "hidden": (3,), "timesteps": 12}


def task(x):
    return lt.reproduce("sine", SINE, x)


def other(x):
    return lt.reproduce("sine", {**SINE, "frequency": 8.0}, x)


def weights(params, _, numbers):
    return numbers["cost"] * sum(jnp.sum(jnp.square(leaf)) for leaf in jax.tree.leaves(params))


def third(settings):
    return {"third": (dataclasses.replace(FIRST, name="third"), dataclasses.replace(settings, experiment="third"))}


FIRST = lt.Experiment(name="first", doc="A sine.", defaults=SHARED, task=task, companions=third)
SECOND = lt.Experiment(
    name="second",
    doc="A faster sine.",
    defaults=SHARED,
    task=other,
    numbers={"cost": 0.01},
    penalty=weights,
    initial=lambda settings: lt.ask(FIRST, f"--seeds={settings.seeds}"),
)


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
    assert {*runs} == {path.parent.name.split("-")[0] for path in tmp_path.glob("runs/*/report.json")}
    assert {*runs} == {"first", "second"}
    monkeypatch.setattr(sys.modules[__name__], "FIRST", dataclasses.replace(FIRST, task=other))
    assert carry_out(SECOND, [*arguments, "--train_cost=0.001", "--no_training"]) == 2
    assert "would be trained" in refusal(capsys)


def test_a_run_is_drawn_once_with_the_companion_that_trains_on_from_it(tmp_path):
    drawn = []

    def draw(_, companions):
        drawn.append([*companions])
        return {}

    def later(settings):
        return {"later": (second, parse(second, [f"--seeds={settings.seeds}"])[0])}

    first = dataclasses.replace(FIRST, draw=draw, companions=later)
    second = dataclasses.replace(SECOND, initial=lambda settings: lt.ask(first, f"--seeds={settings.seeds}"))
    assert carry_out(first, ["--seeds=2", f"--results_dir={tmp_path}", "--quiet"]) == 0
    assert drawn == [["later"]]
    assert {path.parent.name.split("-")[0] for path in tmp_path.glob("runs/*/report.json")} == {"first", "second"}


def test_populations_of_a_sweep_train_on_from_the_run_of_their_own_settings(tmp_path):
    def initial(settings):
        return lt.ask(FIRST, f"--seeds={settings.seeds}", f"--learning_rate={settings.learning_rate}")

    second, axes = dataclasses.replace(SECOND, initial=initial), [("learning_rate", ["0.1", "0.3"]), ("steps", "24")]
    settings, _ = expand(second, axes, {"seeds": 2})
    asked, every = context(tmp_path, 3), [Sweep(second, SweepSettings("sweep", settings=settings))]
    with jax.numpy_dtype_promotion("standard"):
        (study,) = Lifecycle(Command(asked.options), asked.console, asked.interruption).carry_out(lambda: every)
    assert len([*(tmp_path / "runs").glob("first-*")]) == 2
    swept = lt.load(study.run.folder)
    options = {"seeds": 2, "steps": (2, 4), "penalty": weights, "numbers": SECOND.numbers, "block": swept.block}
    for own in settings[::2]:
        (first,) = lt.find([initial(own)], tmp_path)
        rate = own.learning_rate
        alone = lt.train(
            other(lt.time_points(12)), swept.model, initial=lt.load(first.folder), learning_rate=rate, **options
        )
        for steps in (2, 4):
            same, expected = swept.sel(learning_rate=rate).at(steps), alone.at(steps)
            jax.tree.map(np.testing.assert_array_equal, same.params, expected.params)
        losses = alone.results.training.train_loss
        np.testing.assert_array_equal(same.results.training.train_loss.sel(step=losses.step), losses)
