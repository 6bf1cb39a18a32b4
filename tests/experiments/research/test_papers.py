"""The papers' claims: their numbers against plain loops, and whole commands with few steps."""

import dataclasses
import json
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

import experiments.research.papers.__main__ as papers
import lstm_toys as lt
from conftest import carry_out, rarely
from experiments.research.papers import counting, languages, memory, tune
from experiments.research.papers.populations import changed, fewer
from lstm_toys.cli import command
from lstm_toys.runs.experiment import parse
from lstm_toys.runs.preparation import Prepared


def known(probe):
    """What is right about a probe; NaN where it does not count."""
    counts = lt.Examples(probe.inputs, probe.targets, probe.lengths, probe.weights).counts
    return np.where(counts > 0, probe.targets, np.nan)


def answered(right, probe):
    """A curve set in which each network answers a probe right where ``right`` ``[S, C, T]`` says so."""
    sign = np.where(probe.targets[None] > 0.5, 1.0, -1.0)
    logits = np.where(right[..., None], sign, -sign)
    axes = ("curve", "time", "output_feature")
    return xr.Dataset(
        {
            "answer": (("seed", *axes), logits, {"loss": "binary_cross_entropy"}),
            "truth": (axes, known(probe)),
            "input": (("curve", "time", "feature"), probe.inputs),
            "diverged": ("seed", np.zeros(len(right), bool)),
        },
        {f"parameter_{name}": ("curve", column) for name, column in probe.parameters.items()},
    )


def test_the_largest_n_is_the_last_one_before_the_first_wrong_string():
    probes = languages.powers_probes("anbn", None)
    rng = np.random.default_rng(0)
    sets, wrong = [], [set(), {1}, {60, 77}, {104, 101}]
    for probe in probes:
        right = np.ones((4, *probe.inputs.shape[:2]), bool)
        for seed, several in enumerate(wrong):
            for number in several:
                for place in np.flatnonzero(probe.parameters["n"] == number):
                    right[seed, place, rng.integers(2 * number + 1)] = False
        padding = np.isnan(known(probe)).all(-1)
        sets.append(answered(right & ~padding[None], probe))  # Whatever is answered to padding does not count.
    every = [int(n) for probe in probes for n in probe.parameters["n"]]
    assert every == [*range(1, 101), *range(104, 257, 4)]
    assert languages.reached(*sets).tolist() == [256, 0, 59, 100]


@pytest.mark.parametrize(("experiment", "symbols"), [(counting.EXPERIMENT, "ab"), *rarely((counting.CONTEXT, "abc"))])
def test_strings_are_those_of_the_language_and_the_answer_to_the_start_does_not_count(experiment, symbols):
    for probe in experiment.probes(lt.time_points(5)):
        for n, inputs, targets in zip(probe.parameters["n"], probe.inputs, known(probe), strict=True):
            string = "^" + "".join(each * int(n) for each in symbols)
            length = len(string)
            assert "".join(("^" + symbols)[place] for place in inputs[:length].argmax(axis=1)) == string
            following = [*inputs[2:length].argmax(axis=1) - 1, len(symbols)]
            assert (targets[range(1, length), following] == 1).all()
            assert np.isnan(targets[[0, *range(length, len(targets))]]).all()


@pytest.mark.usefixtures("few_parentheses")
def test_parentheses_are_balanced_and_as_long_as_declared():
    for name in (*languages.DYCK, "joined"):
        probe = lt.Probe.of(name, languages.DRAWS[name](jax.random.key(7)))
        fewest, most, count = (13, 17, 5) if name == "joined" else languages.DYCK[name]
        lengths = (~np.isnan(known(probe)[:, :, 0])).sum(axis=1)
        assert len(probe.inputs) == count
        assert (fewest <= (lengths - 1) // 2).all()
        assert ((lengths - 1) // 2 <= most).all()
        for length, inputs, targets in zip(lengths, probe.inputs, probe.targets, strict=True):
            depths = np.cumsum([0, *(1 if place == 1 else -1 for place in inputs[1:length].argmax(axis=1))])
            np.testing.assert_array_equal(targets[:length], [[1, depth > 0, depth == 0] for depth in depths])
            assert name != "joined" or max(depths) <= 5  # No deeper than those of the training.


def test_memories_are_the_eight_and_last_until_the_first_wrong_bit():
    probe = lt.Probe.of("silent", memory.silence(jax.random.key(5), 40))
    assert probe.inputs.shape == (8, memory.BEFORE + 40, 3)
    assert not probe.inputs[:, memory.BEFORE :].any()
    held = np.zeros((8, 3))
    for place in range(memory.BEFORE + 40):
        held = np.where(probe.inputs[:, place] != 0, probe.inputs[:, place], held)
        np.testing.assert_array_equal(probe.targets[:, place], held > 0)
    assert len({*map(tuple, held.tolist())}) == 8

    first = memory.BEFORE
    right = np.ones((4, 8, memory.BEFORE + 40), bool)
    right[1, 3, first] = False
    right[2, 5, first + 7] = right[2, 1, first + 20] = False
    right[3, 2, first - 1] = False  # Before the silence, which does not count.
    curves = answered(right, probe)
    assert memory.lasting(curves).tolist() == [40, 0, 7, 40]
    np.testing.assert_allclose(memory.bits_right(curves), right.mean(axis=(1, 2)))
    faded = curves.assign(answer=curves.answer * np.linspace(2, 1, right.shape[2])[None, None, :, None])
    fraction = np.linspace(2, 1, right.shape[2])[[first, -1]]
    assert memory.margin_left(faded)[0] == pytest.approx(fraction[1] / fraction[0])


def test_a_string_is_accepted_loosely_if_each_next_symbol_has_some_probability():
    probe = lt.Probe.of("some", languages.powers(jnp.array([1, 2, 3]), 7, 2), {"n": jnp.array([1, 2, 3])})
    edge = np.log(languages.LEAST_PROBABILITY / (1 - languages.LEAST_PROBABILITY))
    logits = np.full((3, *probe.targets.shape), edge + 0.01)  # Illegal symbols are accepted as well.
    logits[1, 1, 3, 1] = edge - 0.01  # The second b of aabb.
    logits[2, 2, 6, 2] = edge - 0.01  # The end of aaabbb.
    logits[2, 2, 1, 2] = edge - 0.01  # An end that is not there.
    curves = answered(np.ones((3, *probe.targets.shape[:2]), bool), probe).assign(
        answer=(("seed", "curve", "time", "output_feature"), logits, {"loss": "binary_cross_entropy"})
    )
    assert languages.reached_loosely(curves).tolist() == [3, 1, 2]


def test_other_cells_are_as_large_and_a_forget_gate_begins_at_zero():
    def initial(settings):
        return partial(Prepared(counting.EXPERIMENT, settings).model.init, jax.random.key(0), jnp.zeros((1, 4, 3)))

    def count(settings):
        return sum(leaf.size for leaf in jax.tree.leaves(jax.eval_shape(initial(settings))))

    usual = parse(counting.EXPERIMENT, [])[0]
    for name in ("gru", "rnn"):
        large = counting.as_large(name, parse(counting.EXPERIMENT, counting.POPULATIONS[name][1])[0])
        assert abs(count(large) - count(usual)) < 0.06 * count(usual)
    both = (initial(each)()["params"].values() for each in (counting.forget_zero("lstm", usual), usual))
    zero, one = (next(iter(layers))["bias"] for layers in both)
    assert (zero.any(), one.any(), zero.shape) == (False, True, one.shape)


def test_populations_that_are_compared_are_shown_with_their_recipes():
    shown = papers.PAPERS["counting"].shown
    assert (shown["lstm"], shown["gru"]) == ("LSTMs of 10 units (RMSprop 0.1)", "GRUs (Adam 0.01)")
    assert papers.PAPERS["memory"].shown["rnn"] == "vanilla RNNs (RMSprop 0.01)"


def test_every_population_has_the_same_grid_on_other_seeds_ranked_by_the_median_loss():
    study = command.only(command.plan(tune.recipes, ["--task=memory", "--seeds=3"]))
    grid = [(name, rate) for name in ("adam", "rmsprop") for rate in (0.003, 0.01, 0.03, 0.1)]
    for sweep in study.needs.values():
        every = sweep.settings.settings
        assert {(each.seeds, each.base_seed, each.steps) for each in every} == {(3, 100, 1_000)}
        assert [(each.optimizer, each.learning_rate) for each in every] == grid
    rows = [
        {"rate": rate, "train_loss": {"median": median}, "learned": 1, "diverged_seeds": []}
        for rate, median in ((1.0, 0.5), (2.0, None), (3.0, 0.1))
    ]
    found = tune.ranked({"varied": ["rate"], "rows": rows})
    assert [each["settings"]["rate"] for each in found] == [3.0, 1.0, 2.0]


@pytest.mark.long
def test_all_about_a_paper_is_in_one_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(languages, "REACHES", {"anbn": (4, 6, 10)})
    (declared,) = (claim for claim in counting.CLAIMS.claims if claim.id == "rnn-does-not-count-on")
    few_claims = dataclasses.replace(
        counting.CLAIMS,
        claims=(declared, dataclasses.replace(declared, id="rnn-within", fails=False)),
        populations={"rnn": (counting.EXPERIMENT, ["--steps=3", "--timesteps=9", "--cell=rnn"])},
        controls={},
        variants={"fewer": fewer(changed())},
        recipes={"rnn": lt.claims.Recipes("small", {"learning_rate": (0.01, 0.02)})},
    )
    monkeypatch.setattr(counting, "CLAIMS", few_claims)
    finding = papers.PAPERS["counting"]
    paper = finding._replace(shown={"rnn": "vanilla RNNs"}, measured=("rnn",))
    monkeypatch.setattr(papers, "PAPERS", {"counting": paper})
    monkeypatch.chdir(tmp_path)
    assert carry_out(papers.paper_report, ["--seeds=3", "--random=2", "--variants", "--recipes=2", "--publish"]) == 0
    folder = tmp_path / "results" / "papers" / "counting"
    pictures = {"finding.png", "claims.png", "numbers.png"}
    assert {path.name for path in folder.iterdir()} == {
        "paper.md",
        "metrics.json",
        "manifest.json",
        "report.json",
        *pictures,
    }
    metrics = json.loads((folder / "metrics.json").read_text())["numbers"]
    runs = map(lt.load, tmp_path.glob("results/runs/counting-*"))
    (results,) = (each.results for each in runs if each.results.sizes["seed"] == 3)
    assert (
        metrics["numbers"]["rnn"]
        == languages.reached(*(lt.probed(results, each) for each in languages.POWERS)).tolist()
    )
    fails, within = (metrics["claims"][name] for name in ("rnn-does-not-count-on", "rnn-within"))
    assert (fails["random"], within["random"]) == (None, {"met": 5 * [2], "known": 5 * [2]})
    assert (within["counted"], within["variants"]["fewer"]["counted"]) == (3, 1)
    (of_recipes,) = within["recipes"].values()
    assert (of_recipes["counted"], of_recipes["share"]) == (0, None)  # None of them learned.
    text = (folder / "paper.md").read_text()
    assert "rnn-within | 100 (34–100)" in text
    assert "| rnn-does-not-count-on |" not in text
