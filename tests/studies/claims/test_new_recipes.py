"""Claims are tested on networks of new recipes, too, model by model, and say so next to the verdict."""

import dataclasses
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import recipe_claims
from commands import claims
from recipe_claims import CHOICES, CLAIMS, RECIPES

import lstm_toys as lt
from conftest import carry_out, refusal
from lstm_toys.statistics import recipes
from lstm_toys.studies.claims import exploring, judging
from lstm_toys.studies.claims.columns import DIVERGED, EXCLUDED, PRESENT, Numbers
from lstm_toys.studies.claims.declaration import RECIPES as RECIPES_COLUMN
from lstm_toys.studies.claims.declaration import Column

COUNT = 3
ARGUMENTS = ("--claims=recipe_claims", "--seeds=3", f"--recipes={COUNT}")


@pytest.fixture(scope="module")
def judged(world, tmp_path_factory):
    results = shutil.copytree(world("sine").results, tmp_path_factory.mktemp("drawn") / "results")
    assert carry_out(claims, [*ARGUMENTS, f"--results_dir={results}"]) == 0
    (run,) = (results / "runs").glob("claims_recipe_claims-*")
    return run


@pytest.fixture(scope="module")
def table(judged):
    return lt.claims.read(judged / "claims.json")


def swept(judged):
    """The results of the networks of recipes, of both populations."""
    found = [lt.load_results(path) for path in judged.parent.glob("sine_recipes-*/results.nc")]
    return sorted(found, key=lambda each: -float(each.train_amplitude[0]))


def test_numbers_are_those_of_the_networks_of_each_recipe(judged, table):
    ours, theirs = swept(judged)
    for results, name in ((ours, "number"), (theirs, "other_number")):
        expected = lt.probed(results, "line").answer.values.max(axis=(1, 2, 3))
        np.testing.assert_array_equal(
            table[name].sel(claim="higher", column="new recipes").values[: 2 * COUNT],
            np.where(results.learned.values.astype(bool), expected, np.nan),
        )
    drawn = [RECIPES.draw(0, recipe) for recipe in range(COUNT)]
    assert ours.learning_rate.values.tolist() == [*np.repeat([each["learning_rate"] for each in drawn], 2)]


def test_networks_that_did_not_learn_decide_nothing_and_both_bounds_are_reported(table):
    bounded = lt.claims.rows(table)[1].recipes["new recipes"]
    assert bounded.learners == bounded.known < 2 * COUNT
    assert bounded.outside[0].value < bounded.share.value <= bounded.outside[1].value
    assert bounded.verdict == ""
    assert sum(bounded.agreement) == pytest.approx(1)


def test_both_answers_stand_side_by_side_with_the_distribution_and_a_page_explores_what_numbers_go_with(judged, table):
    text = (judged / "claims.md").read_text()
    assert "| of new recipes (95 % interval) | their median | both, one, none |" in text
    assert "drawn, two networks each, from small (optimizer, learning rate: adam 0.003 to 0.03 (log) or sgd" in text
    assert table.attrs["recipes"][0] in text
    said = lt.claims.sentences(lt.claims.rows(table)[1])
    assert any(sentence.startswith("Of new recipes, in which") for sentence in said)
    text = (judged / "recipes.md").read_text()
    assert text.count("## ") == 3
    assert "This is exploratory" in text
    assert "| learning rate | rank correlation |" in text
    assert "minus that of other" in text


def test_the_same_command_again_trains_nothing(judged, capsys):
    assert carry_out(claims, [*ARGUMENTS, "--no_training", f"--results_dir={judged.parent.parent}"]) == 0
    assert "already finished" in capsys.readouterr().out


def numbers(values, states=PRESENT, **others):
    nothing = {"other_number": np.zeros(0), "other_state": np.zeros(0, np.uint8), "baselines": {}}
    state = np.broadcast_to(np.uint8(states), len(values)).copy()
    return Numbers(np.array(values, float), state, **{**nothing, **others})


def test_shares_over_recipes_are_those_of_the_statistics():
    claim = dataclasses.replace(CLAIMS.claims[1], high=0.5)
    values = judging.judged(claim, numbers([0.1, 0.2, 0.4, 0.9, 0.8, 0.7]), of_recipes=True)
    met = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(values["share"][0], recipes.share(met))
    assert values["agreement"] == (1 / 3, 1 / 3, 1 / 3)
    assert values["verdict"] == ""
    assert values["median"].value == 0.55


def test_networks_are_compared_with_those_of_the_same_recipe():
    other = {"other_number": np.array([0.0, 0.0, 9.0, 9.0]), "other_state": np.full(4, PRESENT, np.uint8)}
    values = judging.judged(CLAIMS.claims[2], numbers([1.0, 1.0, 2.0, 2.0], **other), of_recipes=True)
    assert values["share"][0][0] == 0.5
    assert values["agreement"] == (0.5, 0.0, 0.5)
    tied = judging.judged(CLAIMS.claims[2], numbers([0.0, 1.0, np.nan, 9.0], **other), of_recipes=True)
    assert tied["share"][0][0] == pytest.approx((0.5 + 1 + 0.5) / 3)


def test_diverged_networks_fail_a_claim_that_something_was_learned_and_count_in_bounds_elsewhere():
    states = [PRESENT, PRESENT | DIVERGED, PRESENT | DIVERGED | EXCLUDED, PRESENT]
    found = numbers([0.1, np.nan, np.nan, 0.1], states)
    learned = judging.judged(dataclasses.replace(CLAIMS.claims[1], learned=True), found, of_recipes=True)
    assert learned["share"][0][0] == 0.5
    other = judging.judged(CLAIMS.claims[1], found, of_recipes=True)
    assert other["share"][0][0] == 1.0
    assert other["share"][1:3, 0].tolist() == [pytest.approx(2 / 3), 1.0]
    assert other["share"][3:, 0].tolist() == [pytest.approx(2 / 3), 1.0]


def test_networks_that_did_not_learn_count_where_the_claim_is_about_learning():
    column, (learned, bounded, _) = Column(RECIPES_COLUMN, "recipes", "learned"), CLAIMS.claims
    history = (lt.claims.Source("sine", "history"),)
    failing = dataclasses.replace(bounded, fails=True)
    assert [column.only_learned(claim) for claim in (bounded, failing)] == [True, True]
    assert not column.only_learned(dataclasses.replace(learned, learned=True))
    assert not column.only_learned(dataclasses.replace(failing, sources=history))


def test_findings_are_corrected_for_all_claims_together():
    random = np.random.default_rng(0)
    rates = np.repeat([RECIPES.draw(0, recipe)["learning_rate"] for recipe in range(32)], 2)
    values = rates + 0.0001 * random.random(64)
    about = {"id": "bounded", "against": "", "recipes": {"new recipes": SimpleNamespace(number=values)}}
    row = SimpleNamespace(**about)
    once, twice = (exploring.explored(CLAIMS, 0, [row] * count)[0].findings for count in (1, 2))
    (of_one,), (of_two,) = ([each for each in found if each.setting == "learning_rate"] for found in (once, twice))
    assert of_one.effect > 0.9
    assert of_one.corrected == pytest.approx(2 * of_one.p)
    assert of_two.corrected == pytest.approx(4 * of_two.p)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"train_size": [1.0]}, "recipe 0 of sine: "),
        ({"gates": ["hard"], "cell": ["rnn"]}, "recipe 0 of sine: flag --gates=hard: has no effect with --cell=rnn"),
    ],
)
def test_recipes_that_a_population_cannot_have_are_refused_before_training(monkeypatch, capsys, choices, message):
    recipes_of = dict.fromkeys(CLAIMS.populations, lt.claims.Recipes("wrong", choices))
    monkeypatch.setattr(recipe_claims, "CLAIMS", dataclasses.replace(CLAIMS, recipes=recipes_of))
    assert carry_out(claims, ["--claims=recipe_claims", "--recipes=4"]) == 2
    assert message in refusal(capsys)


def test_two_distributions_of_one_name_are_refused():
    others = lt.claims.Recipes("small", {"optimizer": ["adam", "sgd"]})
    with pytest.raises(ValueError, match="two recipes named 'small' draw differently; rename one"):
        dataclasses.replace(CLAIMS, recipes={"sine": RECIPES, "other": others})
    with pytest.raises(ValueError, match="a name in recipes must be"):
        dataclasses.replace(CLAIMS, recipes={"none": RECIPES})


def test_populations_with_recipes_of_different_names_are_not_compared():
    alone = lt.claims.Recipes("others", CHOICES)
    declared = dataclasses.replace(CLAIMS, recipes={"sine": RECIPES, "other": alone})
    assert [declared.alike(claim) for claim in CLAIMS.claims] == [{"sine"}, {"sine"}, set()]


def test_a_plan_says_what_networks_decide(capsys):
    assert carry_out(claims, ["--claims=recipe_claims", "--plan"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert "      16  28–72  56–93  73–99  0.17  0.45  0.80  0.98" in printed
    assert "     32        64  38–62 / 33–67  68–88 / 63–91   86–98 / 81–99" in printed
    assert "31 %" in "".join(printed)
