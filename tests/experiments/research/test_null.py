"""Random networks: that they are drawn one by one, and judged like networks of a run, in parts that are continued."""

import dataclasses
import re
from types import SimpleNamespace

import jax
import numpy as np
import pytest
import whole_parity
import xarray as xr
from own_claims import declare

import lstm_toys as lt
from conftest import carry_out, carry_out_without_jax, rarely
from experiments.post.claims import CLAIMS
from experiments.research import null
from experiments.research.papers import counting


@pytest.mark.parametrize("name", ["whole_parity", "own", *rarely("majority", "sine")])
def test_the_answers_are_those_that_a_run_has_of_the_same_networks(name, world, monkeypatch):
    """One answer per sequence of several lengths, scaled curves, classes, and curves."""
    monkeypatch.setattr(null, "parameters", lambda own, _, chosen: jax.tree.map(lambda leaf: leaf[[*chosen]], own))
    networks = lt.load(world(name).run)
    found = null.answered(networks, null.drawn(networks, 1.0, [1]), [1])
    for each in networks.results.children:
        ours, expected = (lt.probed(results, each) for results in (found, networks.results.isel(seed=[1])))
        xr.testing.assert_allclose(ours, expected, atol=1e-6)
        assert ours.attrs == expected.attrs


def test_networks_that_answer_infinity_count_as_diverged(world):
    networks = lt.load(world("whole_parity").run)
    found = null.answered(networks, null.drawn(networks, np.inf, [0, 2]), [0, 2])
    assert found.diverged.values.tolist() == [True, True]


def test_random_networks_are_scaled_ones_with_random_biases_and_do_not_depend_on_each_other(world):
    untrained = lt.load(world("whole_parity").run).params
    several, twice, alone = (null.parameters(untrained, *each) for each in ((1.0, [0, 1, 2]), (2.0, [2]), (1.0, [2])))
    jax.tree.map(lambda one, every: np.testing.assert_array_equal(one[0], every[2]), alone, several)
    jax.tree.map(lambda one, scaled: np.testing.assert_array_equal(2 * one, scaled), alone, twice)
    for layer, own in several.items():
        for name, leaf in own.items():
            assert leaf.dtype == np.float32
            assert np.array_equal(leaf, untrained[layer][name]) == (name != "bias")
            assert name != "bias" or len(np.unique(leaf)) == leaf.size


def test_random_networks_are_judged_as_trained_ones_are(world):
    networks, claim = lt.load(world("whole_parity").run), dataclasses.replace(whole_parity.CLAIMS.claims[1], low=0.5)
    shown = lt.probed(networks.results, "two")
    random = networks.model, null.parameters(networks.params, 2.0, range(3))
    answered = shown.answer.copy(data=lt.answers(random, shown.input.values, block=networks.block))
    expected = int((whole_parity.right(shown.assign(answer=answered)) >= 0.5).sum())
    found = null.judged([claim], {"a": SimpleNamespace(folder=world("whole_parity").run)}, 2.0, range(3))
    assert found == {"two": {"met": expected, "known": 3}}


def test_random_networks_are_judged_in_parts_that_are_continued(tmp_path, monkeypatch, capsys):
    declare(monkeypatch, "one_claim", dataclasses.replace(whole_parity.CLAIMS, claims=whole_parity.CLAIMS.claims[1:]))
    monkeypatch.setattr(null, "BATCH", 2)
    asked = []

    def judged(_, needs, scale, numbers):
        assert [*needs] == ["a"]
        asked.append((scale, *numbers))
        if len(asked) == 5:
            raise OSError("full")
        return {"two": {"met": len(numbers) - 1, "known": len(numbers)}}

    monkeypatch.setattr(null, "judged", judged)
    line = ["--claims=one_claim", "--networks=3", "--change=learning_rate=0.1", f"--results_dir={tmp_path}"]
    assert [carry_out(null.null, line) for _ in range(2)] == [1, 0]
    parts = [(scale, *numbers) for scale in null.SCALES for numbers in ((0, 1), (2,))]
    assert asked == [*parts[:5], *parts[4:]]
    assert re.search(r"two( +33\.3){5}", capsys.readouterr().out)
    assert [null.brief(count, 256, 256) for count in (0, 1, 256)] == ["≤ 1.5", "0.4", "≥ 98.5"]
    assert [null.brief(count, 133, 256) for count in (132, 0)] == ["99.2 (133)", "≤ 2.8 (133)"]
    assert null.brief(0, 0, 256) == "– (0)"


def test_untrained_networks_have_the_flags_of_their_population_and_those_that_are_given():
    analysis = null.null("papers.counting", 3)
    assert (analysis.name, analysis.settings) == ("null_experiments_papers_counting", {"networks": 3})
    of_each = {name: study.settings for name, study in analysis.needs.items()}
    assert {(each.seeds, each.steps) for each in of_each.values()} == {(3, 0)}
    assert (of_each["lstm_hard"].gates, of_each["lstm"].gates, of_each["dyck"].hidden) == ("hard", "sigmoid", (1,))
    changed = null.null(networks=3, change=("cell=gru", "steps=9"))
    assert (changed.name, changed.settings) == ("null", {"networks": 3, "flags": ["--steps=9", "--cell=gru"]})
    assert {(each.settings.cell, each.settings.steps) for each in changed.needs.values()} == {("gru", 0)}
    with pytest.raises(lt.errors.UsageError, match=r"^flag --cell=gru: the population \w+ is defined by "):
        null.null("papers.memory", change=("cell=gru",))


def test_random_networks_judge_no_claim_that_networks_fail_at_something():
    asked = {claim.id for claims in (CLAIMS, counting.CLAIMS) for claim in null.judgeable(claims)}
    assert not asked & {"hill-second-layer", "slope-large", "gru-does-not-count-on", "dyck-not-much-longer"}
    assert {"lines-same-factor", "amplitude-diverges-from", "lstm-counts-on", "dyck-one-unit"} <= asked


def test_neither_a_refusal_nor_help_waits_for_jax():
    lines = ["--networks=0"], ["--networks=none"], ["--cell=gru"], ["--help"]
    assert re.findall("^[012]$", carry_out_without_jax("research.null", *lines), re.MULTILINE) == [*"2220"]
