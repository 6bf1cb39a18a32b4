"""Claims about networks themselves, alone and beside answers, in every column that has networks."""

import dataclasses

import numpy as np
import pytest
from commands import claims as command
from own_claims import EXPERIMENT, FLAGS, declare

import lstm_toys as lt
from conftest import carry_out

CALLS = []


def weights(networks):
    """The largest recurrent weight; NaN of the second network."""
    CALLS.append(len(networks))
    found = np.abs(np.asarray(networks.params["lstm_0"]["recurrent_kernel"], float)).max(axis=(1, 2))
    return np.where(networks.seeds == 1, np.nan, found)


def later(networks, lines):
    """By how much answers change when the hidden states begin at one."""
    shown = lines.input.values.astype(np.float32)
    begun = {
        layer: {name: np.ones_like(each[:, :, 0]) for name, each in states.items()}
        for layer, states in lt.states(networks, shown).items()
    }
    moved = lt.answers(networks, shown, initial=begun) - lines.answer.values
    return np.abs(moved).max(axis=(1, 2, 3))


AXES = ("curve", "time", "feature")
OF, LINES = lt.claims.Source("line", "networks"), lt.claims.Source("line", "line")
CLAIMS = lt.claims.Claims(
    "networks",
    (
        lt.claims.Claim("weights", "Weights are small", "largest weight", weights, (OF,), high=9.0),
        lt.claims.Claim("moved", "States matter", "change", later, (OF, LINES), low=1e-6),
        lt.claims.Claim("larger", "Weights grow", "largest weight", weights, (OF,), against="untrained"),
        lt.claims.Claim("low", "Answers are low", "largest", lambda lines: lines.answer.max(AXES), (LINES,), high=9.0),
    ),
    {"line": (EXPERIMENT, FLAGS), "untrained": (EXPERIMENT, [*FLAGS[:-1], "--steps=0"])},
    controls={"not trained": lambda _, settings: dataclasses.replace(settings, steps=0)},
    variants={"more": lambda _, settings: dataclasses.replace(settings, steps=30)},
    during={"line": (5, 20)},
)


@pytest.fixture
def declared(monkeypatch):
    declare(monkeypatch, "of_networks", CLAIMS)
    CALLS.clear()


@pytest.mark.usefixtures("declared")
def test_numbers_are_computed_from_networks_in_every_column_and_kept(tmp_path, capsys):
    arguments = ["--claims=of_networks", "--seeds=6", "--variants", f"--results_dir={tmp_path}"]
    assert carry_out(command, arguments) == 0
    (entries,) = tmp_path.glob("runs/claims_*/claims.json")
    found = {entry.id: entry for entry in lt.claims.rows(lt.claims.read(entries))}
    (asked,) = lt.find([lt.ask(EXPERIMENT, *FLAGS, "--seeds=6")], tmp_path)
    networks = lt.load(asked.folder)
    np.testing.assert_allclose(found["weights"].number, weights(networks), rtol=1e-6)
    np.testing.assert_allclose(found["moved"].number, later(networks, networks.results["line"]), rtol=1e-4)
    assert found["weights"].undefined == 1
    assert {*found["weights"].controls} == {"not trained"}
    assert {*found["weights"].variants} == {"more"}
    assert [*found["weights"].during] == ["5", "20"]
    assert not found["weights"].null
    assert "| not applicable |" in entries.with_name("claims.md").read_text()
    assert found["larger"].other_number is not None
    capsys.readouterr()
    CALLS.clear()
    assert carry_out(command, arguments) == 0
    assert "already finished" in capsys.readouterr().out
    assert not CALLS


def test_infinite_numbers_and_functions_without_a_name_are_kept(monkeypatch, tmp_path):
    baseline = lt.claims.Baseline("nothing", lambda networks: np.zeros(len(networks)), (OF,))
    never = [lambda networks: np.full(len(networks), np.inf), lambda networks: np.full(len(networks), -np.inf)]
    one = lt.claims.Claim("never", "It never ends", "end", never[0], (OF,), low=1.0, baselines=(baseline,))
    other = lt.claims.Claim("always", "It ends", "end", never[1], (OF,), low=1.0)
    declare(monkeypatch, "without_names", lt.claims.Claims("networks", (one, other), {"line": (EXPERIMENT, FLAGS)}))
    assert carry_out(command, ["--claims=without_names", "--seeds=6", f"--results_dir={tmp_path}"]) == 0
    (entries,) = tmp_path.glob("runs/claims_*/claims.json")
    found = lt.claims.rows(lt.claims.read(entries))
    assert [(each.verdict, each.counted, each.median.value) for each in found] == [
        ("supported", 6, np.inf),
        ("refuted", 6, -np.inf),
    ]
    assert found[0].baselines["nothing"].value == 0.0


def test_a_claim_about_networks_is_judged_by_those_that_are_given():
    networks = lt.train(
        EXPERIMENT.task(lt.time_points(12)), lt.Stack(2, (3,), "dense"), seeds=3, steps=2, learning_rate=0.1
    )
    results = {"line": networks.results}
    assert lt.claims.judge(CLAIMS.claims[0], results) is None
    judged = lt.claims.judge(CLAIMS.claims[0], results, networks={"line": networks})
    np.testing.assert_allclose(judged.number, weights(networks))
