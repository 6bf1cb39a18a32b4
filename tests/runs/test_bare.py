"""An experiment that declares its task alone: what is reported without a goal, without probes and without figures."""

import dataclasses
import json
from pathlib import Path

import parity
import pytest
from commands import claims, sweep

import lstm_toys as lt
from conftest import carry_out, refusal
from lstm_toys.cli import command
from lstm_toys.runs import flags
from lstm_toys.runs.experiment import flags_of, parse

BARE = lt.Experiment(
    name="bare",
    doc="One line, to be returned as it is.",
    defaults={"steps": 3, "learning_rate": 0.1, "hidden": (3,), "timesteps": 12, "seeds": 2},
    task=lambda x: lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, x),
)
BITS = dataclasses.replace(
    parity.EXPERIMENT, name="bare", goal=None, draw=lambda results, _: {"loss.png": lt.figures.loss(results, "Parity")}
)


def rmse(curves):
    return lt.claims.per_curve(curves, lt.measures.rmse).max(axis=1)


def claims_about(experiment, **more):
    claim = lt.claims.Claim(
        "returned", "The line is returned", "RMSE", rmse, (lt.claims.Source("bare", "training"),), high=9.0
    )
    return lt.claims.Claims("bare", (claim,), {"bare": (experiment, [])}, **more)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to be in, and a function with which flags that name a module get declarations."""
    monkeypatch.chdir(tmp_path)
    return lambda **declared: monkeypatch.setattr(command, "declared", lambda _, name, *__: declared[name])


def read(pattern):
    (path,) = Path("results/runs").glob(pattern)
    return json.loads(path.read_text())


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("experiment", [BARE, BITS])
def test_without_a_goal_nothing_is_said_of_learning(experiment, capsys):
    assert carry_out(experiment, ["--seeds=2", "--steps=3"]) == 0
    printed = capsys.readouterr().out
    assert "2 of 2 networks after 3 steps" in printed
    assert "learned" not in printed
    assert "goal" not in printed
    metrics = read("bare-*/metrics.json")
    assert not {"goal", "converged", "steps_to_goal"} & metrics.keys()
    assert not [name for name in metrics["summary"] if "learned" in name]
    assert metrics["figures"] == (["loss.png", "answers.png"] if experiment is BARE else ["loss.png"])


def test_without_a_goal_a_sweep_does_not_count_who_learned(here, capsys):
    here(EXPERIMENT=BARE)
    assert carry_out(sweep, ["--task=bare", "--grid=steps=2 3"]) == 0
    printed = capsys.readouterr().out
    assert "2 settings, 2 seeds each" in printed
    assert "learned" not in printed
    assert all("learned" not in row for row in read("sweep-*/metrics.json")["rows"])


def test_without_a_goal_claims_are_judged_of_all_networks(here):
    here(CLAIMS=claims_about(BARE))
    assert carry_out(claims, ["--claims=bare", "--seeds=6", "--quiet"]) == 0
    (path,) = Path().glob("results/runs/claims*/claims.json")
    (judged,) = lt.claims.rows(lt.claims.read(path))
    assert (judged.verdict, judged.counted) == ("supported", 6)


def test_what_needs_a_goal_is_refused_without_one(here, capsys):
    with pytest.raises(flags.UsageError, match="flag --early_stopping=2: the experiment bare declares no goal"):
        parse(BARE, ["--early_stopping=2"])
    here(CLAIMS=claims_about(BARE, variants={"gru": lt.claims.Variant(lambda _, usual: usual, networks="learned")}))
    assert carry_out(claims, ["--claims=bare", "--variants"]) == 2
    assert "variant 'gru' counts networks that learned, but bare declares no goal" in refusal(capsys)


DEFAULTS = [
    ({"hidden": (4,)}, {"hidden": (4,)}),
    ({"hidden": "4"}, {"hidden": (4,)}),
    ({"hidden": ()}, {"hidden": ()}),
    ({"hidden": [8, 4], "keep_steps": (0, 2)}, {"hidden": (8, 4), "keep_steps": (0, 2)}),
    ({"hidden": 4, "timesteps": "1e1"}, {"hidden": (4,), "timesteps": 10}),
    ({"momentum": None, "block": None}, {"momentum": None, "block": None}),
    ({"block": "auto"}, {"block": None}),
    ({"optimizer": "adam", "decay": 0.5}, {"decay": 0.5}),
]


@pytest.mark.parametrize(("declared", "expected"), DEFAULTS)
def test_defaults_are_values_of_python_or_text(declared, expected):
    experiment = dataclasses.replace(BARE, defaults=BARE.defaults | declared)
    settings, _ = parse(experiment, [])
    assert {name: getattr(settings, name) for name in expected} == expected
    assert experiment.timesteps == settings.timesteps
    written = [f"--{name}={each.usual}" for name, each in flags_of(experiment).items() if name in declared]
    assert parse(BARE, written)[0] == settings  # The help shows them as they are typed.


@pytest.mark.parametrize("value", [None, (4.5,), True, {"units": 4}, (0,)])
def test_a_default_of_a_wrong_type_is_refused_in_one_line(value):
    with pytest.raises(flags.UsageError, match=r"^bare: invalid default: flag --hidden=[^\n]* integers from 1 to "):
        parse(dataclasses.replace(BARE, defaults=BARE.defaults | {"hidden": value}), [])
